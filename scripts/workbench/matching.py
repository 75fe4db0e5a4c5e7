"""Which suites hold a test of some name, told from the sources without starting anything."""

from __future__ import annotations

import re
from pathlib import Path

from .layout import ROOT, addons

OPERATORS = {"and", "or", "not"}


def words(expression: str) -> list[str]:
    """The names in an expression of pytest's ``-k``.

    >>> words("test_a and not (slow or TestB)")
    ['test_a', 'slow', 'testb']
    """
    return [word.lower() for word in re.findall(r"[\w@./-]+", expression) if word not in OPERATORS]


def suites_with(expression: str) -> set[str]:
    """``all`` (the addons' Python tests), ``hoot``, ``blackbox``: those whose sources have one of the names."""
    places = {
        "all": [path for addon in addons() for path in (addon / "tests").rglob("test_*.py")],
        "hoot": [path for addon in addons() for path in addon.glob("static/tests/**/*.test.js")],
        "blackbox": list((ROOT / "tests").rglob("test_*.py")),
    }
    wanted = words(expression)
    return {suite for suite, paths in places.items() if any(_mentions(path, wanted) for path in paths)}


def _mentions(path: Path, wanted: list[str]) -> bool:
    text = path.read_text(encoding="utf-8", errors="replace")
    names = re.findall(
        r"^\s*(?:async )?(?:def|class) (\w+)|^\s*(?:test|describe)\w*\(\s*[\"'`](.+?)[\"'`]", text, re.MULTILINE
    )
    known = f"{path.stem} {' '.join(one or two for one, two in names)}".lower()
    return any(word in known for word in wanted)
