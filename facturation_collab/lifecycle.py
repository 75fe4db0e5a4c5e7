"""Rules of the validation that need no database: states, order, quorum, voices, canonical form and hashes.

Plain functions on plain values, so that they can be read, tested and reasoned about without Odoo.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

SNAPSHOT_VERSION = 1
"""Version of the canonical form. A change of the form is a new version: old requests keep the one they were hashed
with.
"""

OUTCOME_STATE = {"approve": "approved", "return": "returned", "reject": "rejected"}
"""What a person may decide on an open step, and the state that it leads to."""

STEP_TRANSITIONS: Mapping[str, frozenset[str]] = {
    "waiting": frozenset({"open", "cancelled"}),
    "open": frozenset({"approved", "returned", "rejected", "cancelled", "superseded"}),
    "approved": frozenset({"superseded"}),
}
UNFINISHED = frozenset(state for state, following in STEP_TRANSITIONS.items() if "cancelled" in following)
"""States of a step that is not decided yet."""
REQUEST_TRANSITIONS: Mapping[str, frozenset[str]] = {
    "pending": frozenset({"approved", "returned", "rejected", "cancelled", "forced"}),
}
"""States not named here are final. A return to an earlier level supersedes steps by new ones; what they decided stays.
"""
AGREED = ("approved", "forced")
"""States of a request that let its very content be posted: everybody agreed, or an administrator answers for it."""


def can_move(transitions: Mapping[str, frozenset[str]], old: str, new: str) -> bool:
    """Tell whether a record may go from a state to another one.

    >>> can_move(STEP_TRANSITIONS, "open", "approved"), can_move(STEP_TRANSITIONS, "approved", "open")
    (True, False)
    """
    return new in transitions.get(old, ())


def steps_to_open(steps: Sequence[tuple[int, str]]) -> list[int]:
    """Return the positions of the steps to open now, given the (sequence, state) of all steps of a request.

    Steps of one sequence are parallel; a sequence opens when all the earlier ones are approved.

    >>> steps_to_open([(10, "waiting"), (10, "waiting"), (20, "waiting")])
    [0, 1]
    >>> steps_to_open([(10, "approved"), (10, "open"), (20, "waiting")])
    []
    >>> steps_to_open([(10, "approved"), (20, "waiting")])
    [1]
    >>> steps_to_open([(10, "superseded"), (10, "waiting"), (20, "waiting")])
    [1]
    """
    unfinished = [sequence for sequence, state in steps if state not in ("approved", "superseded")]
    if not unfinished:
        return []
    current = min(unfinished)
    return [i for i, (sequence, state) in enumerate(steps) if sequence == current and state == "waiting"]


def required_voices(quorum: str, count: int, approvers: int) -> int:
    """Return how many persons must approve a step.

    >>> required_voices("any", 0, 3), required_voices("count", 2, 3), required_voices("all", 0, 3)
    (1, 2, 3)
    """
    return {"any": 1, "count": max(1, count), "all": max(1, approvers)}[quorum]


def request_outcome(step_states: Collection[str]) -> str:
    """Return the state of a request, given those of its steps: one refusal is enough, an approval needs all.

    >>> request_outcome(["approved", "open"])
    'pending'
    >>> request_outcome(["approved", "returned", "cancelled"])
    'returned'
    >>> request_outcome(["approved", "approved"]), request_outcome([])
    ('approved', 'approved')
    >>> request_outcome(["superseded", "approved"])
    'approved'
    """
    for refusal in ("rejected", "returned"):
        if refusal in step_states:
            return refusal
    return "approved" if all(state in ("approved", "superseded") for state in step_states) else "pending"


def shared_outcome(outcome: str, shares: Collection[str], partial: str) -> str:
    """Return the state of a request of which lines could be refused, once the levels that share it out have decided.

    :param outcome: what the steps lead to: pending or approved
    :param shares: what became of the shares of each level that has decided: whole, partial or refused
    :param partial: what the policy does where some lines were refused: return or approve

    >>> shared_outcome("pending", ["partial"], "return"), shared_outcome("pending", ["partial"], "approve")
    ('returned', 'pending')
    >>> shared_outcome("approved", ["whole", "refused"], "approve"), shared_outcome("approved", [], "return")
    ('rejected', 'approved')
    """
    if "refused" in shares:
        return "rejected"
    return "returned" if "partial" in shares and partial == "return" else outcome


def return_targets(steps: Sequence[tuple[int, str]], current: int) -> list[int]:
    """Return the positions of the steps to which the one at a position can return: approved, and earlier.

    >>> return_targets([(10, "approved"), (20, "approved"), (20, "open"), (30, "waiting")], 2)
    [0]
    """
    return [
        position
        for position, (sequence, state) in enumerate(steps)
        if state == "approved" and sequence < steps[current][0]
    ]


def steps_to_reopen(steps: Sequence[tuple[int, str]], target: int) -> list[int]:
    """Return the positions of the steps that new ones take the place of when a request returns to one of them: that
    one, and all that are open. What was approved between them stands.

    >>> steps_to_reopen([(10, "approved"), (20, "approved"), (30, "open"), (30, "open"), (40, "waiting")], 0)
    [0, 2, 3]
    """
    return [position for position, (_sequence, state) in enumerate(steps) if position == target or state == "open"]


def unmet_level(levels: Sequence[tuple[int, Iterable[Hashable]]]) -> int | None:
    """Return the position of the first level that different persons cannot fill, or None when all can be.

    Each level is (voices still required, persons who may give one); a person has one voice over all levels. This is a
    maximum bipartite matching by augmenting paths (H. W. Kuhn, 1955), small here: levels and named persons.

    >>> unmet_level([(1, ["ann", "bob"]), (1, ["ann"])]) is None
    True
    >>> unmet_level([(1, ["ann"]), (1, ["ann"])])
    1
    >>> unmet_level([(2, ["ann"])])
    0
    """
    return _fill_levels(levels)[1]


def assigned_persons(levels: Sequence[tuple[int, Iterable[Hashable]]]) -> list[list[Hashable]]:
    """Return who fills each level, everybody at one level at most; too few where different persons cannot.

    Earlier levels choose first and take the first persons that they name, unless a later level has nobody else.

    >>> assigned_persons([(1, ["ann", "bob"]), (1, ["ann", "bob"])])
    [['ann'], ['bob']]
    >>> assigned_persons([(1, ["ann", "bob"]), (1, ["ann"])])
    [['bob'], ['ann']]
    """
    holder, _unmet = _fill_levels(levels)
    return [
        [person for person in dict.fromkeys(people) if holder.get(person) == level]
        for level, (_required, people) in enumerate(levels)
    ]


def _fill_levels(levels: Sequence[tuple[int, Iterable[Hashable]]]) -> tuple[dict[Hashable, int], int | None]:
    """Return the level that each person has a voice at, and the first level that lacks one."""
    holder: dict[Hashable, int] = {}
    candidates = [list(people) for _required, people in levels]

    def give_voice(level: int, seen: set[Hashable]) -> bool:
        free = next((person for person in candidates[level] if person not in holder), None)
        if free is not None:
            holder[free] = level
            return True
        for person in candidates[level]:
            if person not in seen:
                seen.add(person)
                if give_voice(holder[person], seen):
                    holder[person] = level
                    return True
        return False

    unmet = None
    for level, (required, _people) in enumerate(levels):
        for _voice in range(required):
            if not give_voice(level, set()) and unmet is None:
                unmet = level
    return holder, unmet


def group_persons(keys: Mapping[int, Collection[Hashable]]) -> dict[int, int]:
    """Return the person behind each user: the smallest of the users who share a key with each other, directly or over
    others.

    >>> group_persons({1: ["a"], 2: ["b"], 3: ["a", "c"], 4: ["c"]})
    {1: 1, 2: 2, 3: 1, 4: 1}
    """
    persons: dict[int, int] = {}
    holders: dict[Hashable, int] = {}
    for user in sorted(keys):
        joined = {persons[holders[key]] for key in keys[user] if key in holders} | {user}
        person = min(joined)
        persons = {other: person if known in joined else known for other, known in persons.items()} | {user: person}
        holders |= {key: user for key in keys[user] if key not in holders}
    return persons


def closes_circle(edges: Iterable[tuple[Hashable, Hashable]], giver: Hashable, taker: Hashable) -> bool:
    """Tell whether somebody who decides for a giver would, over other delegations, be decided for by that giver.

    :param edges: (giver, taker) of the delegations of the same time

    >>> closes_circle([("bob", "eve"), ("eve", "ann")], "ann", "bob"), closes_circle([("bob", "eve")], "ann", "bob")
    (True, False)
    >>> closes_circle([], "ann", "ann")
    True
    """
    takers: dict[Hashable, set[Hashable]] = {}
    for one, other in edges:
        takers.setdefault(one, set()).add(other)
    reached, found = set(), {taker}
    while found:
        reached |= found
        found = {other for one in found for other in takers.get(one, ())} - reached
    return giver in reached


def seated(planned: Iterable[int], changes: Iterable[Mapping[str, Collection[int]]]) -> set[int]:
    """Return who has a voice on a step: the approvers of its plan, with the places that were given to others since.

    :param changes: what events recorded, in their order: who went (`out`) and who came (`in`)

    >>> sorted(seated([1, 2], [{"out": [1], "in": [3]}, {"out": [3], "in": [4]}]))
    [2, 4]
    """
    seats = set(planned)
    for change in changes:
        seats = (seats - set(change.get("out") or ())) | set(change.get("in") or ())
    return seats


AUTHENTICATION: Mapping[str, Sequence[str]] = {
    "password": ("totp", "webauthn", "password"),
    "second_factor": ("totp", "webauthn"),
}
"""What a level may ask of whoever approves, weakest first, and the kinds of answers that satisfy it."""

AUTHENTICATION_METHOD = {"totp": "totp", "webauthn": "passkey", "password": "password"}
"""Kinds of answers, and the name under which an event records each."""


def strongest_authentication(asked: Iterable[str]) -> str:
    """Return what satisfies several levels at once.

    >>> strongest_authentication(["password", "second_factor", "password"])
    'second_factor'
    """
    return max(asked, key=list(AUTHENTICATION).index)


@dataclass(frozen=True)
class Proof:
    """That a user proved who they are, for one decision on the content that some steps ask about, and for no other.

    It lives as long as the call that verified the answer. A client can send numbers, texts, lists and mappings, never
    one of these.
    """

    user: int
    outcome: str
    answer: str
    steps: Mapping[int, str]

    @property
    def method(self) -> str:
        """The name under which events record it."""
        return AUTHENTICATION_METHOD[self.answer]

    def covers(self, user: int, outcome: str, authentication: str, step: int, content: str) -> bool:
        """Tell whether this proof satisfies what a step asks for the decision of a user on a content.

        >>> proof = Proof(7, "approve", "totp", {1: "abc"})
        >>> proof.covers(7, "approve", "second_factor", 1, "abc"), proof.covers(7, "approve", "second_factor", 2, "abc")
        (True, False)
        >>> Proof(7, "approve", "password", {1: "abc"}).covers(7, "approve", "second_factor", 1, "abc")
        False
        """
        mine = (self.user, self.outcome, self.steps.get(step)) == (user, outcome, content)
        return mine and self.answer in AUTHENTICATION[authentication]


def canonical(data: Any, default: Callable[[Any], Any] | None = None) -> str:
    """Return the canonical JSON text of plain values: sorted keys, no spaces, no escaped characters.

    :param default: what makes a plain value of any other

    >>> canonical({"b": 1, "a": ["é", None]})
    '{"a":["é",null],"b":1}'
    """
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=default)


def fingerprint(text: str) -> str:
    """Return the SHA-256 (FIPS 180-4) of a text in UTF-8, as 64 hexadecimal digits.

    >>> fingerprint("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(text.encode()).hexdigest()


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


SET_BY_POSTING = frozenset({"invoice_date", "date", "invoice_date_due", "instalments", "invoice_currency_rate"})
"""Content that posting itself gives to an invoice that was approved without it."""


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


def uncovered_ranges(
    lower: float, upper: float, ranges: Iterable[tuple[float, float]], step: float
) -> list[tuple[float, float]]:
    """Return the parts of a range of amounts that no other range covers; an upper end of 0 means no limit.

    :param step: the smallest difference of two amounts: ranges that far apart leave nothing between them

    >>> uncovered_ranges(0, 0, [(0, 1000), (1000.01, 0)], 0.01), uncovered_ranges(0, 0, [(500, 0)], 0.01)
    ([], [(0, 500)])
    >>> uncovered_ranges(100, 900, [(0, 300), (400, 500)], 0.01), uncovered_ranges(0, 10, [], 0.01)
    ([(300, 400), (500, 900)], [(0, 10)])
    """
    limit = upper or float("inf")
    covered, gaps = lower, []
    for start, end in sorted((start, end or float("inf")) for start, end in ranges):
        if start - covered > step * 1.5 and (covered < limit or covered == lower):
            gaps.append((covered, min(start, limit)))
        covered = max(covered, end)
    if covered < limit and (limit - covered > step * 1.5 or covered == lower):
        gaps.append((covered, upper))
    return gaps


def is_sampled(key: str, percent: float) -> bool:
    """Tell whether something is in the sample of a share, always with the same answer for the same key.

    >>> [is_sampled(str(number), 100) for number in range(3)], is_sampled("1", 0)
    ([True, True, True], False)
    >>> 80 < sum(is_sampled(str(number), 10) for number in range(1000)) < 120
    True
    """
    return int(fingerprint(key)[:8], 16) * 100 < percent * 16**8
