"""Measurements to a markdown table: medians of the rounds, ratios taken within each round."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from statistics import median

TITLES = {
    "plain": "plain Odoo",
    "unconfigured": "with the addon, no policy",
    "ours": "with the addon, two levels",
    "unchained": "the same, events not chained, no revisions",
    "oca": "with OCA tier validation, two levels, nobody told",
    "oca_notifying": "the same, notifications on",
}
BASE = "plain"
COSTS = ("ms", "cpu", "queries")

Rounds = dict[str, dict[str, dict[int, dict[str, float]]]]


def per_round(rows: Iterable[Mapping]) -> Rounds:
    """Return {operation: {contender: {round: costs for each invoice}}}, without the first round, which warms up.

    >>> rows = [
    ...     {"round": 1, "contender": "plain", "operation": "post", "count": 2, "ms": ms, "cpu": 1, "queries": 4}
    ...     for ms in (10, 30)
    ... ]
    >>> per_round(rows)["post"]["plain"][1]
    {'ms': 10.0, 'cpu': 0.5, 'queries': 2.0}
    """
    samples = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for row in rows:
        if row["round"]:
            samples[row["operation"]][row["contender"]][row["round"]].append(
                {cost: row[cost] / row["count"] for cost in COSTS}
            )
    return {
        operation: {
            contender: {number: _middle(found) for number, found in rounds.items()}
            for contender, rounds in contenders.items()
        }
        for operation, contenders in samples.items()
    }


def with_whole(rounds: Rounds, name: str, parts: Mapping[str, int]) -> Rounds:
    """Return the rounds with one more operation, made of others: what they cost together, for each contender.

    >>> costs = {"ms": 4.0, "cpu": 2.0, "queries": 3.0}
    >>> with_whole({"a": {"ours": {1: costs}}, "b": {"ours": {1: costs}}}, "all", {"a": 1, "b": 3})["all"]
    {'ours': {1: {'ms': 16.0, 'cpu': 8.0, 'queries': 12.0}}}
    """
    whole = defaultdict(lambda: defaultdict(lambda: dict.fromkeys(COSTS, 0.0)))
    for part, times in parts.items():
        for contender, by_round in rounds.get(part, {}).items():
            for number, costs in by_round.items():
                for cost in COSTS:
                    whole[contender][number][cost] += times * costs[cost]
    return {**rounds, name: {contender: dict(by_round) for contender, by_round in whole.items()}} if whole else rounds


def _middle(samples: list[dict[str, float]]) -> dict[str, float]:
    return {cost: median(sample[cost] for sample in samples) for cost in COSTS}


def ratio(rounds: Mapping[int, Mapping], base: Mapping[int, Mapping], cost: str) -> float:
    """Return the median of the ratios within each round.

    >>> ratio({1: {"ms": 4}, 2: {"ms": 9}}, {1: {"ms": 2}, 2: {"ms": 3}}, "ms")
    2.5
    """
    return median(rounds[number][cost] / (base[number][cost] or 1) for number in rounds)


def markdown(rounds: Rounds) -> list[str]:
    """Return the lines of the table: milliseconds / CPU milliseconds / queries, and the ratios to plain Odoo."""
    keys = [key for key in TITLES if any(key in contenders for contenders in rounds.values())]
    header = ["operation", *(TITLES[key] for key in keys)]
    lines = [_line(header), _line(["---"] * len(header))]
    for operation, contenders in rounds.items():
        lines.append(_line([operation, *(_cell(key, contenders) for key in keys)]))
    return lines


def against(rounds: Rounds, key: str, base: str, operations: tuple[str, ...]) -> str:
    """Return a sentence with the ratios of one contender to another, of the operations that begin with some words.

    >>> costs = {"ms": 4.0, "cpu": 2.0, "queries": 3.0}
    >>> against({"submit": {"ours": {1: costs}, "oca": {1: costs}}}, "ours", "oca", ("submit",))
    'submit ×1.00 / 1.00 / 1.00.'
    """
    found = [
        f"{operation} ×{' / '.join(f'{ratio(contenders[key], contenders[base], cost):.2f}' for cost in COSTS)}"
        for operation, contenders in rounds.items()
        if operation.startswith(operations) and key in contenders and base in contenders
    ]
    return f"{'; '.join(found) or 'not measured'}."


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(key: str, contenders: Mapping[str, Mapping]) -> str:
    if key not in contenders:
        return ""
    middle = _middle(list(contenders[key].values()))
    text = " / ".join(_number(middle[cost]) for cost in COSTS)
    if key != BASE and BASE in contenders:
        ratios = [f"{ratio(contenders[key], contenders[BASE], cost):.2f}" for cost in COSTS]
        text += f" (×{' / '.join(ratios)})"
    return text


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"
