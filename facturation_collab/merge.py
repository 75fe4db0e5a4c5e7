"""Merging what two people made of the same invoice: plain values, no database.

A *content* has the values of the invoice and those of each of its lines:
`{"move": {field: value}, "lines": {line: {field: value}}}`. What is empty is left out. Totals are no part of it: they
follow from the rest.

A *change* says what became of a content, so compactly that it can be kept, and undone:
`{"move": {field: [before, after]}, "lines": {line: ...}}`, where a line has its fields in the same way, or all of its
values as `{"added": {...}}` or `{"removed": {...}}`.
A line is named by a text, since a change is kept as JSON.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

Values = Mapping[str, Any]
Content = Mapping[str, Any]
Change = dict[str, dict[str, Any]]

MINE = "mine"
THEIRS = "theirs"


class Conflict(NamedTuple):
    """What both changed, each in their own way. None stands for a line that is not there.

    The key is the name of a field, a line, or both: `"ref"`, `"12"`, `"12/quantity"`.
    """

    key: str
    base: Any
    theirs: Any
    mine: Any


class Merge(NamedTuple):
    content: dict[str, dict[str, Any]]
    conflicts: list[Conflict]


def difference(before: Content, after: Content) -> Change:
    """Return what became of a content; empty when nothing did.

    >>> difference(
    ...     {"move": {"ref": "A", "date": "2026-01-01"}, "lines": {"1": {"quantity": "1"}, "2": {"quantity": "2"}}},
    ...     {"move": {"ref": "B", "date": "2026-01-01"}, "lines": {"1": {"quantity": "3"}, "4": {"quantity": "4"}}},
    ... )
    {'move': {'ref': ['A', 'B']}, 'lines': {'1': {'quantity': ['1', '3']}, '2': {'removed': {'quantity': '2'}}, \
'4': {'added': {'quantity': '4'}}}}
    >>> difference({"move": {}, "lines": {}}, {"move": {}, "lines": {}})
    {}
    """
    lines: dict[str, Any] = {}
    for line in _union(before["lines"], after["lines"]):
        if line not in after["lines"]:
            lines[line] = {"removed": dict(before["lines"][line])}
        elif line not in before["lines"]:
            lines[line] = {"added": dict(after["lines"][line])}
        elif changed := _changed(before["lines"][line], after["lines"][line]):
            lines[line] = changed
    change = {"move": _changed(before["move"], after["move"]), "lines": lines}
    return {part: values for part, values in change.items() if values}


def undone(content: Content, changes: Iterable[Change]) -> dict[str, dict[str, Any]]:
    """Return what a content was before some changes, which are given in the order in which they were made.

    >>> before = {"move": {"ref": "A"}, "lines": {"1": {"quantity": "1"}, "2": {"quantity": "2"}}}
    >>> after = {"move": {"ref": "B"}, "lines": {"1": {"quantity": "3"}, "4": {"quantity": "4"}}}
    >>> undone(after, [difference(before, after)]) == before
    True
    """
    move = dict(content["move"])
    lines = {line: dict(values) for line, values in content["lines"].items()}
    for change in reversed(list(changes)):
        move |= {name: before for name, (before, _after) in change.get("move", {}).items()}
        for line, values in change.get("lines", {}).items():
            if "added" in values:
                lines.pop(line, None)
            elif "removed" in values:
                lines[line] = dict(values["removed"])
            elif line in lines:
                lines[line] |= {name: before for name, (before, _after) in values.items()}
    return {"move": _present(move), "lines": {line: _present(values) for line, values in lines.items()}}


def merge(base: Content, theirs: Content, mine: Content, choices: Mapping[str, str] | None = None) -> Merge:
    """Return what becomes of a content that two people changed, and what somebody has to choose.

    Where one of them changed something, that is what stays. Where both did, each in their own way, it is a conflict
    until `choices` (`{key: "mine" or "theirs"}`) decides it; until then the content holds theirs.

    >>> base = {"move": {"ref": "A", "note": "M"}, "lines": {"1": {"quantity": "1", "price": "10"}}}
    >>> theirs = {"move": {"ref": "B", "note": "M"}, "lines": {"1": {"quantity": "2", "price": "10"}}}
    >>> lines = {"1": {"quantity": "1", "price": "9"}, "new": {"price": "5"}}
    >>> mine = {"move": {"ref": "A", "note": "N"}, "lines": lines}
    >>> merge(base, theirs, mine)
    Merge(content={'move': {'ref': 'B', 'note': 'N'}, 'lines': {'1': {'quantity': '2', 'price': '9'}, \
'new': {'price': '5'}}}, conflicts=[])
    >>> merge(base, theirs, {**mine, "move": {"ref": "C", "note": "M"}}).conflicts
    [Conflict(key='ref', base='A', theirs='B', mine='C')]
    >>> merge(base, theirs, {**mine, "move": {"ref": "C", "note": "M"}}, {"ref": "mine"}).content["move"]["ref"]
    'C'

    A line that one deleted and the other changed is a conflict; one that both deleted is gone.

    >>> merge(base, theirs, {**base, "lines": {}}).conflicts
    [Conflict(key='1', base={'quantity': '1', 'price': '10'}, theirs={'quantity': '2', 'price': '10'}, mine=None)]
    >>> merge(base, {**base, "lines": {}}, {**base, "lines": {}}).content["lines"]
    {}
    """
    choices = choices or {}
    move, conflicts = _merge_values(base["move"], theirs["move"], mine["move"], choices)
    lines: dict[str, dict[str, Any]] = {}
    for line in _union(base["lines"], theirs["lines"], mine["lines"]):
        kept, found = _merge_line(line, *(content["lines"].get(line) for content in (base, theirs, mine)), choices)
        conflicts += found
        if kept is not None:
            lines[line] = kept
    return Merge({"move": move, "lines": lines}, conflicts)


def linked(ids: Iterable[int], commands: Sequence[Sequence[Any]]) -> list[int]:
    """Return the ids of a many2many field after commands on it, as Odoo gives them.

    >>> linked([1, 2], [(3, 1), (4, 5)]), linked([1, 2], [(6, 0, [7])]), linked([1], [(5,)])
    ([2, 5], [7], [])
    """
    kept = set(ids)
    for command in commands:
        if command[0] in (2, 3):
            kept.discard(command[1])
        elif command[0] == 4:
            kept.add(command[1])
        elif command[0] in (5, 6):
            kept = set(command[2]) if command[0] == 6 else set()
    return sorted(kept)


def _merge_line(line, base, theirs, mine, choices) -> tuple[dict[str, Any] | None, list[Conflict]]:
    """Return what becomes of one line (None: nothing), and its conflicts."""
    if theirs is not None and mine is not None:
        return _merge_values(base or {}, theirs, mine, choices, f"{line}/")
    if theirs == base:
        return mine and dict(mine), []
    if mine == base or mine == theirs:
        return theirs and dict(theirs), []
    if line in choices:
        chosen = mine if choices[line] == MINE else theirs
        return chosen and dict(chosen), []
    return theirs and dict(theirs), [Conflict(line, base, theirs, mine)]


def _merge_values(base, theirs, mine, choices, prefix="") -> tuple[dict[str, Any], list[Conflict]]:
    merged, conflicts = {}, []
    for name in _union(theirs, mine):
        before, their, my = (values.get(name) for values in (base, theirs, mine))
        choice = choices.get(prefix + name)
        if their in (before, my):
            merged[name] = my
        elif my == before or choice == THEIRS:
            merged[name] = their
        elif choice == MINE:
            merged[name] = my
        else:
            merged[name] = their
            conflicts.append(Conflict(prefix + name, before, their, my))
    return _present(merged), conflicts


def _present(values: Values) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _changed(before: Values, after: Values) -> dict[str, list[Any]]:
    return {
        name: [before.get(name), after.get(name)]
        for name in _union(before, after)
        if before.get(name) != after.get(name)
    }


def _union(*mappings: Mapping[str, Any]) -> list[str]:
    """Return the keys of some mappings, each once, in order."""
    return list(dict.fromkeys(key for mapping in mappings for key in mapping))
