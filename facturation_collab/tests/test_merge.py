"""What two people made of the same invoice, merged by `merge` alone: nothing is lost, nothing invented."""

import doctest
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from .. import merge

VALUES = st.sampled_from([None, "A", "B", "C"])
MOVE = st.fixed_dictionaries({name: VALUES for name in ("ref", "note", "partner")})
LINE = st.fixed_dictionaries({name: VALUES for name in ("quantity", "price")})
LINES = st.dictionaries(st.sampled_from(["1", "2", "3"]), LINE)


@st.composite
def histories(draw):
    """A content and what two people made of it; lines that they add have names of their own."""
    base = {"move": draw(MOVE), "lines": draw(LINES)}
    return tuple(map(_without_empty, (base, *(_edit(draw, base, author) for author in ("theirs", "mine")))))


def _edit(draw, base, author):
    move = base["move"] | draw(st.dictionaries(st.sampled_from(sorted(base["move"])), VALUES))
    lines = {}
    for line, values in base["lines"].items():
        if draw(st.booleans()):
            lines[line] = values | draw(st.dictionaries(st.sampled_from(["quantity", "price"]), VALUES))
    if draw(st.booleans()):
        lines[f"new {author}"] = draw(LINE)
    return {"move": move, "lines": lines}


def _without_empty(content):
    """A content as it is read: what is empty is left out."""
    lines = {line: _present(values) for line, values in content["lines"].items()}
    return {"move": _present(content["move"]), "lines": lines}


def _present(values):
    return {name: value for name, value in values.items() if value is not None}


def _get_values(content):
    """Every value of a content by its place; a line that is not there has no places."""
    return {("move", name): value for name, value in content["move"].items()} | {
        (line, name): value for line, values in content["lines"].items() for name, value in values.items()
    }


@tagged("post_install", "-at_install")
class TestMerge(BaseCase):
    def test_examples_of_the_documentation_hold(self):
        result = doctest.testmod(merge)
        self.assertGreater(result.attempted, 10)
        self.assertEqual(result.failed, 0)

    @settings(max_examples=300, deadline=None)
    @given(histories())
    def test_what_somebody_changed_is_there_or_is_asked_about(self, history):
        base, theirs, mine = history
        content, conflicts = merge.merge(base, theirs, mine)
        asked = {conflict.key for conflict in conflicts}
        before, after = _get_values(base), _get_values(content)
        for edited in (theirs, mine):
            values = _get_values(edited)
            for part, name in before.keys() | values.keys():
                key, value = name if part == "move" else f"{part}/{name}", values.get((part, name))
                if before.get((part, name)) != value and not asked & {key, part}:
                    self.assertEqual(after.get((part, name)), value)
            for line in set(base["lines"]) - set(edited["lines"]):
                self.assertTrue(line in asked or line not in content["lines"])

    @settings(max_examples=300, deadline=None)
    @given(histories())
    def test_no_value_is_invented(self, history):
        base, theirs, mine = history
        edits = [_get_values(theirs), _get_values(mine)]
        merged = merge.merge(base, theirs, mine)
        for place, value in _get_values(merged.content).items():
            self.assertIn(value, [edit[place] for edit in edits if place in edit])
        for conflict in merged.conflicts:
            self.assertEqual(len({json.dumps(value) for value in conflict[1:]}), 3)

    @settings(max_examples=300, deadline=None)
    @given(histories())
    def test_both_orders_end_the_same_but_for_what_is_asked(self, history):
        base, theirs, mine = history
        one, other = merge.merge(base, theirs, mine), merge.merge(base, mine, theirs)
        keys = {conflict.key for conflict in one.conflicts}
        self.assertEqual(keys, {conflict.key for conflict in other.conflicts})
        first = merge.merge(base, theirs, mine, dict.fromkeys(keys, merge.MINE))
        second = merge.merge(base, mine, theirs, dict.fromkeys(keys, merge.THEIRS))
        self.assertEqual((first.content, first.conflicts), (second.content, []))

    @settings(max_examples=300, deadline=None)
    @given(histories())
    def test_choosing_decides_every_conflict_and_nothing_else(self, history):
        base, theirs, mine = history
        open_merge = merge.merge(base, theirs, mine)
        keys = {conflict.key for conflict in open_merge.conflicts}
        chosen = merge.merge(base, theirs, mine, dict.fromkeys(keys, merge.THEIRS))
        self.assertEqual((chosen.content, chosen.conflicts), (open_merge.content, []))

    @settings(max_examples=300, deadline=None)
    @given(st.lists(histories(), min_size=1, max_size=4))
    def test_what_is_kept_of_changes_undoes_them(self, histories_):
        contents = [theirs for _base, theirs, _mine in histories_]
        changes = [merge.difference(*pair) for pair in zip(contents, contents[1:], strict=False)]
        kept = json.loads(json.dumps(changes))
        self.assertEqual(merge.undone(contents[-1], kept), contents[0])
        for change, (before, after) in zip(changes, zip(contents, contents[1:], strict=False), strict=True):
            self.assertEqual(bool(change), before != after)
