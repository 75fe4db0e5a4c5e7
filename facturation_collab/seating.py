"""Who fills which level, who is one person, and who has a voice. Plain functions on plain values, as in `lifecycle`."""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence


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
