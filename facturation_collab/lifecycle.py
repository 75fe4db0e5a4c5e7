"""Rules of the validation that need no database: states, their order, and what they lead to.

Plain functions on plain values, so that they can be read, tested and reasoned about without Odoo.
"""

from collections.abc import Collection, Mapping, Sequence

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
