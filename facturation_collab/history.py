"""What became of an invoice, version by version: plain values, no database.

A *version* is the content of an invoice after one of its changes, and has the number of that change; version 0 is what
it was when it was created. Contents and changes are those of `merge`. A *place* is where something changed, as text:
a field (`"ref"`), a line (`"12"`), or a field of a line (`"12/quantity"`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from . import merge

ANY_LINE = "lines"
PAUSE = timedelta(minutes=10)
"""Between two changes of somebody who goes on working at the same."""
STRETCH = timedelta(hours=1)
"""How long such work is kept as one change at most."""


class Row(NamedTuple):
    """One kept change: `number` is that of its version; `restored` the version that it brought back, if any; `since`
    when the first was made of several that are kept as this one.
    """

    number: int
    author: int
    way: str
    date: datetime
    change: Mapping[str, Any]
    restored: int | None = None
    since: datetime | None = None


class Edit(NamedTuple):
    """What became of one place; None stands for nothing there."""

    place: str
    kind: str
    before: Any
    after: Any


def edits(change: Mapping[str, Any]) -> list[Edit]:
    """Return what a change did, place by place.

    >>> for edit in edits({"move": {"ref": ["A", "B"]}, "lines": {"1": {"quantity": ["1", "2"]}, "2": {"added": {}}}}):
    ...     print(edit)
    Edit(place='ref', kind='changed', before='A', after='B')
    Edit(place='1/quantity', kind='changed', before='1', after='2')
    Edit(place='2', kind='added', before=None, after={})
    """
    found = [Edit(name, "changed", *pair) for name, pair in change.get("move", {}).items()]
    for line, values in change.get("lines", {}).items():
        if "added" in values:
            found.append(Edit(line, "added", None, values["added"]))
        elif "removed" in values:
            found.append(Edit(line, "removed", values["removed"], None))
        else:
            found += [Edit(f"{line}/{name}", "changed", *pair) for name, pair in values.items()]
    return found


def concerns(change: Mapping[str, Any], place: str) -> bool:
    """Tell whether a change touched a place: a field of the invoice, one line, or any line.

    >>> change = {"lines": {"12": {"quantity": ["1", "2"]}}}
    >>> [concerns(change, place) for place in ("12", "12/quantity", "lines", "1", "ref")]
    [True, True, True, False, False]
    """
    if place == ANY_LINE:
        return bool(change.get("lines"))
    return any(edit.place == place or edit.place.startswith(f"{place}/") for edit in edits(change))


def composed(first: Mapping[str, Any], second: Mapping[str, Any]) -> merge.Change:
    """Return the one change that does what two do, one after the other; empty when the second undoes the first.

    >>> composed({"move": {"ref": [None, "A"]}}, {"move": {"ref": ["A", "AB"], "note": [None, "N"]}})
    {'move': {'ref': [None, 'AB'], 'note': [None, 'N']}}
    >>> composed({"lines": {"1": {"added": {"quantity": "1"}}}}, {"lines": {"1": {"quantity": ["1", "2"]}}})
    {'lines': {'1': {'added': {'quantity': '2'}}}}
    >>> composed({"lines": {"1": {"quantity": ["1", "2"]}}}, {"lines": {"1": {"removed": {"quantity": "2"}}}})
    {'lines': {'1': {'removed': {'quantity': '1'}}}}
    >>> composed({"lines": {"1": {"added": {}}}}, {"lines": {"1": {"removed": {}}}})
    {}
    """
    lines = {}
    changed = first.get("lines", {}), second.get("lines", {})
    for line in dict.fromkeys([*changed[0], *changed[1]]):
        if found := _composed_line(*(values.get(line) for values in changed)):
            lines[line] = found
    change = {"move": _composed_values(first.get("move", {}), second.get("move", {})), "lines": lines}
    return {part: values for part, values in change.items() if values}


def contents(now: merge.Content, rows: Iterable[Row]) -> Iterator[tuple[int, merge.Content]]:
    """Yield (number, content) of each version, the newest first, down to version 0.

    >>> rows = [Row(1, 7, "screen", datetime(2026, 1, 1), {"move": {"ref": [None, "A"]}})]
    >>> list(contents({"move": {"ref": "A"}, "lines": {}}, rows))
    [(1, {'move': {'ref': 'A'}, 'lines': {}}), (0, {'move': {}, 'lines': {}})]
    """
    content = merge.undone(now, [])
    for row in sorted(rows, reverse=True, key=lambda row: row.number):
        yield row.number, content
        content = merge.undone(content, [row.change])
    yield 0, content


def stretches(rows: Iterable[Row], kept: Collection[int], state: str) -> list[list[Row]]:
    """Return which changes of one invoice can be kept as one: successive ones of the same person, through the same way,
    while it was a draft, with short pauses.

    :param rows: the changes, by number
    :param kept: numbers of the versions that something refers to: nothing goes on after one of these
    :param state: the present state of the invoice

    >>> def row(number, minute, author=7):
    ...     return Row(
    ...         number, author, "screen", datetime(2026, 1, 1, 9, minute), {"move": {"ref": [None, str(number)]}}
    ...     )
    >>> rows = [row(1, 0), row(2, 3), row(3, 5), row(4, 30), row(5, 31, author=8), row(6, 32, author=8)]
    >>> [[row.number for row in found] for found in stretches(rows, {2}, "draft")]
    [[1, 2], [5, 6]]
    """
    found: list[list[Row]] = []
    for row, is_draft in _with_drafts(list(rows), state):
        if not is_draft or row.restored is not None:
            found.append([])
        elif found and found[-1] and _goes_on(found[-1], row, kept):
            found[-1].append(row)
        else:
            found.append([row])
    return [stretch for stretch in found if len(stretch) > 1]


def whole(stretch: Iterable[Row]) -> merge.Change:
    """Return the one change that a stretch of changes made."""
    change: merge.Change = {}
    for row in stretch:
        change = composed(change, row.change)
    return change


def _goes_on(stretch, row, kept):
    first, last = stretch[0], stretch[-1]
    same = (last.author, last.way) == (row.author, row.way) and last.number not in kept
    return same and (row.since or row.date) - last.date <= PAUSE and row.date - (first.since or first.date) <= STRETCH


def _with_drafts(rows, state):
    """Return each change with whether the invoice was a draft before and after it."""
    states = [row.change.get("move", {}).get("state") for row in rows]
    known = next((pair[0] for pair in states if pair), state)
    result = []
    for row, pair in zip(rows, states, strict=True):
        result.append((row, known == "draft" and not pair))
        known = pair[1] if pair else known
    return result


def _composed_line(first, second):
    if first is None or second is None:
        return dict(second if first is None else first)
    if "removed" in second:
        if "added" in first:
            return {}
        before = first.get("removed") or _overlaid(second["removed"], {name: pair[0] for name, pair in first.items()})
        return {"removed": before}
    if "added" in first:
        return {"added": _overlaid(first["added"], {name: pair[1] for name, pair in second.items()})}
    if "removed" in first:
        content = [{"move": values, "lines": {}} for values in (first["removed"], second["added"])]
        return merge.difference(*content).get("move", {})
    return _composed_values(first, second)


def _composed_values(first, second):
    both = {
        name: [first.get(name, second.get(name))[0], second.get(name, first.get(name))[1]]
        for name in dict.fromkeys([*first, *second])
    }
    return {name: pair for name, pair in both.items() if pair[0] != pair[1]}


def _overlaid(values, others):
    return {name: value for name, value in {**values, **others}.items() if value is not None}
