"""Placeholders in the texts of templates: a fixed list, replaced as text. Nothing is evaluated."""

import re
from collections.abc import Callable, Collection, Mapping

LINE = ("partner", "company", "department", "month", "year")
"""Known when an invoice is made. Approvers agree to the labels of lines, so that these cannot change later."""
LATE = ("number", "date", "due_date", "reference")
"""Known when an invoice is posted. Texts keep them until then."""
TEXT = (*LINE, *LATE)
PATTERN = re.compile(r"\{([A-Za-z_]+)\}")


def unknown(text: str, allowed: Collection[str]) -> list[str]:
    """Return the placeholders of a text that are not allowed there, in order.

    >>> unknown("Rent {month} of {owner}", LINE), unknown("{due_date}", LINE), unknown("{ x } {} {due_date}", TEXT)
    (['owner'], ['due_date'], [])
    """
    return [name for name in dict.fromkeys(PATTERN.findall(text or "")) if name not in allowed]


def fill(text: str, values: Mapping[str, str], escape: Callable[[str], str] = str) -> str:
    """Return a text with those placeholders replaced that have a value; others stay.

    >>> fill("Rent {month}, {number}", {"month": "May", "number": ""})
    'Rent May, {number}'
    >>> fill("{partner}", {"partner": "{month}", "month": "May"})
    '{month}'
    """
    return PATTERN.sub(lambda match: escape(values.get(match[1]) or "") or match[0], text or "")
