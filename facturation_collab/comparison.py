"""Comparing snapshots: of what was approved, of policies, of invoices. Plain functions, as in `lifecycle`."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from .fingerprints import canonical

SNAPSHOT_VERSION = 1
"""Version of the canonical form. A change of the form is a new version: old requests keep the one they were hashed
with.
"""

SET_BY_POSTING = frozenset({"invoice_date", "date", "invoice_date_due", "instalments", "invoice_currency_rate"})
"""Content that posting itself gives to an invoice that was approved without it."""


def comparable(
    approved: Mapping[str, Any], current: Mapping[str, Any], by_posting: Mapping[str, Collection[Any]]
) -> dict:
    """Return the present snapshot without the differences that posting itself makes, to compare it with the approved
    one.

    :param by_posting: the values that posting gives to a field, for the fields that it may set

    >>> comparable(
    ...     {"invoice_date": None, "ref": "A"},
    ...     {"invoice_date": "2026-01-31", "ref": "B"},
    ...     {"invoice_date": {"2026-01-31"}},
    ... )
    {'invoice_date': None, 'ref': 'B'}
    >>> comparable({"date": "2025-12-31"}, {"date": "2027-01-01"}, {"date": {"2026-01-01"}})
    {'date': '2027-01-01'}
    """
    return {name: approved.get(name) if value in by_posting.get(name, ()) else value for name, value in current.items()}


def changed_content(approved: Mapping[str, Any], posted: Mapping[str, Any]) -> list[str]:
    """Return the names of what differs between the approved and the posted content, but for what posting sets.

    Posting fills what was empty (`SET_BY_POSTING`), and moves an accounting date out of a locked period, to a later
    day. What only one of both knows does not count: an addon that adds to the content changes nothing in the past.

    >>> changed_content(
    ...     {"invoice_date": None, "amount_total": "10.00"}, {"invoice_date": "2026-01-31", "amount_total": "11.00"}
    ... )
    ['amount_total']
    >>> changed_content({"date": "2026-01-15"}, {"date": "2026-02-01"}), changed_content({"date": "2"}, {"date": "1"})
    ([], ['date'])
    >>> changed_content({"lines": [{"name": "a"}]}, {"lines": [{"name": "a", "later": 1}]})
    []
    """
    names = (set(approved) & set(posted)) - {"version"}
    return sorted(name for name in names if not _is_same(name, approved[name], posted[name]))


def _is_same(name: str, before: Any, after: Any) -> bool:
    if before is None and name in SET_BY_POSTING:
        return True
    if name == "date":
        return before <= (after or "")
    if name == "lines":
        return len(before) == len(after) and all(
            all(old[key] == new[key] for key in set(old) & set(new)) for old, new in zip(before, after, strict=True)
        )
    return before == after


def paired_rows(before: Sequence[Mapping], after: Sequence[Mapping]) -> list[tuple[int, Any, Any]]:
    """Return the rows in which two lists differ, whatever their order: (position, row before, row after).

    Rows that are the same in both are left out, the others are paired with those of their kind (`display_type`), in
    their order; None stands for a row that one of the lists has not. The position is that in the list after, else
    before.

    >>> paired_rows([{"a": 1}, {"a": 2}, {"a": 3}], [{"a": 1}, {"a": 3}])
    [(1, {'a': 2}, None)]
    >>> paired_rows([{"a": 1}, {"a": 2}], [{"a": 2}, {"a": 3}])
    [(1, {'a': 1}, {'a': 3})]
    >>> paired_rows([{"a": 1}, {"a": 2}], [{"a": 2}, {"a": 1}])
    []
    """
    sides = [_rows_beside(before, after), _rows_beside(after, before)]
    pairs: list = []
    for kind in dict.fromkeys(row.get("display_type") for side in sides for _position, row in side):
        own = ([item for item in side if item[1].get("display_type") == kind] for side in sides)
        pairs += zip_longest(*own, fillvalue=(None, None))
    found = [(was if new is None else position, old, new) for (was, old), (position, new) in pairs]
    return sorted(found, key=lambda pair: pair[0])


def _rows_beside(rows: Sequence[Mapping], others: Sequence[Mapping]) -> list[tuple[int, Mapping]]:
    """Return (position, row) of the rows that the other list has not, as often as it has not."""
    spare = Counter(map(canonical, others))
    found = []
    for position, row in enumerate(rows):
        text = canonical(row)
        if spare[text]:
            spare[text] -= 1
        else:
            found.append((position, row))
    return found


def differences(before: Any, after: Any, path: tuple = ()) -> list[tuple[tuple, Any, Any]]:
    """Return what differs between two snapshots: (path, value before, value after), None where there is none.

    >>> differences({"ref": "A", "lines": [{"quantity": "1"}]}, {"ref": "A", "lines": [{"quantity": "2"}]})
    [(('lines', 0, 'quantity'), '1', '2')]
    >>> differences({"lines": [], "tax_ids": [1]}, {"lines": [{"quantity": "1"}], "tax_ids": [1, 2]})
    [(('lines', 0), None, {'quantity': '1'}), (('tax_ids',), [1], [1, 2])]
    """
    if before == after:
        return []
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        keys: Iterable = sorted(set(before) | set(after))
        pairs = [(key, before.get(key), after.get(key)) for key in keys]
    elif isinstance(before, list) and isinstance(after, list) and isinstance((before + after)[0], Mapping):
        pairs = paired_rows(before, after) or list(zip(range(len(after)), before, after, strict=True))
    else:
        return [(path, before, after)]
    return [difference for key, old, new in pairs for difference in differences(old, new, (*path, key))]


def changed_values(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list]:
    """Return what differs between two snapshots: {name: [before, after]}, in the order of names.

    >>> changed_values({"ref": "A", "lines": [1]}, {"ref": "B", "lines": [1]})
    {'ref': ['A', 'B']}
    """
    names = sorted(before.keys() | after.keys())
    return {name: [before.get(name), after.get(name)] for name in names if before.get(name) != after.get(name)}


def value_at(data: Any, path: Sequence) -> Any:
    """Return what lies at a path of nested mappings, None where there is nothing.

    >>> value_at({"levels": {"1": {"name": "A"}}}, ("levels", "1", "name")), value_at({}, ("levels", "1"))
    ('A', None)
    """
    for key in path:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data


def merged(base: Mapping[str, Any], changes: Iterable[tuple[Sequence, Any]]) -> dict:
    """Return nested mappings with other values at some paths; a mapping that becomes None goes away.

    >>> merged({"a": 1, "levels": {"1": {"n": 1}, "2": {}}}, [(("levels", "1", "n"), 2), (("levels", "2"), None)])
    {'a': 1, 'levels': {'1': {'n': 2}}}
    """
    result = json.loads(json.dumps(base))
    for path, value in changes:
        place = result
        for key in path[:-1]:
            place = place.setdefault(key, {})
        if value is None and isinstance(place.get(path[-1]), Mapping):
            del place[path[-1]]
        else:
            place[path[-1]] = value
    return result
