"""Ranges of amounts that policies cover. Plain functions on plain values, as in `lifecycle`."""

from collections.abc import Iterable


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
