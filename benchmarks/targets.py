"""What the addon promises, held against the measurements: plain functions from rows to lines of markdown."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from table import Rounds, ratio

SUBMIT, APPROVE = "submit, batches of 100", "approve level {}, batches of 100"
TELL, POST = "tell people of a batch, in the background", "post, batches of 100"
WHOLE = "from submission to posting, batches of 100"
WHOLE_PARTS = {SUBMIT: 1, APPROVE.format(1): 1, APPROVE.format(2): 1, TELL: 3, POST: 1}
"""The operations of a whole circuit, and how often each is done."""
SAVE_FIELD, SAVE_LINE = "save a form, one field", "save a form, one line"
LIST = "list of 80"
MOST_MS, MOST_SECONDS = 5, 60


def decisions(rounds: Rounds) -> list[tuple[str, str, bool]]:
    """Return (target, measured, whether it is met) of submitting and approving in batches.

    >>> costs = {"ms": 4.0, "cpu": 2.0, "queries": 1.0}
    >>> decisions({SUBMIT: {"ours": {1: costs}, "oca": {1: costs}}})[1]
    ('submit: no slower than the peer that tells nobody', '×1.00 of its time, ×1.00 of its CPU time', True)
    """
    found = _queries(rounds, "submit", SUBMIT, 6) + _against(rounds, "submit: no slower than", SUBMIT, ["oca"], 1)
    for level in (1, 2):
        operation, name = APPROVE.format(level), f"approve level {level}"
        found += _queries(rounds, name, operation, 2)
        found += _against(rounds, f"{name}: faster than", operation, ["oca_notifying", "oca"], 0.995)
    found += _against(
        rounds, "submit, approve twice, tell and post: faster than", WHOLE, ["oca_notifying", "oca"], 0.995
    )
    return found


def costs(rounds: Rounds) -> list[tuple[str, str, bool]]:
    """Return (target, measured, whether it is met) of what the addon adds to plain Odoo, and the chain to the addon.

    >>> costs({POST: {key: {1: {"ms": 4.0, "cpu": 2.0, "queries": 1.0}} for key in ("plain", "ours")}})
    [('post in batches: within 1.2 of plain Odoo', '×1.00 of its time, ×1.00 of its CPU time', True)]
    """
    found = []
    for operation, key, base, name, most in (
        (POST, "ours", "plain", "post in batches: within 1.2 of plain Odoo", 1.2),
        (LIST, "ours", "plain", "list of 80: within 1.15 of plain Odoo", 1.15),
        (SAVE_FIELD, "ours", "unchained", f"{SAVE_FIELD}: within 1.05 of the same without revisions", 1.05),
        (SAVE_LINE, "ours", "unchained", f"{SAVE_LINE}: within 1.05 of the same without revisions", 1.05),
        (SUBMIT, "ours", "unchained", "submit: within 1.1 of the same without a chain", 1.1),
        (APPROVE.format(1), "ours", "unchained", "approve level 1: within 1.1 of the same without a chain", 1.1),
        (APPROVE.format(2), "ours", "unchained", "approve level 2: within 1.1 of the same without a chain", 1.1),
    ):
        contenders = rounds.get(operation, {})
        if key in contenders and base in contenders:
            time, cpu = (ratio(contenders[key], contenders[base], cost) for cost in ("ms", "cpu"))
            found.append((name, f"×{time:.2f} of its time, ×{cpu:.2f} of its CPU time", time <= most))
    for operation, base, name, most in (
        (LIST, "plain", "list of 80: at most 4 queries more", 4),
        (SAVE_FIELD, "unchained", f"{SAVE_FIELD}: at most 2 queries more than without revisions", 2),
        (SAVE_LINE, "unchained", f"{SAVE_LINE}: at most 2 queries more than without revisions", 2),
    ):
        contenders = rounds.get(operation, {})
        if "ours" in contenders and base in contenders:
            ours, other = (median(cost["queries"] for cost in contenders[key].values()) for key in ("ours", base))
            found.append((name, f"{ours - other:.0f}", ours - other <= most))
    return found


def _queries(rounds: Rounds, name: str, operation: str, most: int) -> list[tuple[str, str, bool]]:
    ours = rounds.get(operation, {}).get("ours")
    if not ours:
        return []
    queries = median(costs["queries"] for costs in ours.values())
    return [(f"{name}: at most {most} queries for each bill", f"{queries:.1f}", queries <= most)]


def _against(rounds: Rounds, name: str, operation: str, peers: Sequence[str], most: float) -> list:
    contenders = rounds.get(operation, {})
    names = {"oca": "the peer that tells nobody", "oca_notifying": "the peer that tells people, as the addon does"}
    found = []
    for peer in peers:
        if "ours" in contenders and peer in contenders:
            time, cpu = (ratio(contenders["ours"], contenders[peer], cost) for cost in ("ms", "cpu"))
            measured = f"×{time:.2f} of its time, ×{cpu:.2f} of its CPU time"
            found.append((f"{name} {names[peer]}", measured, time <= most))
    return found


def medians(rows: Iterable[Mapping]) -> dict[str, dict[int, dict[str, float]]]:
    """Return {operation: {size of the history: median costs}} of the rows of scale.py.

    >>> medians([{"size": 1, "operation": "a", "ms": ms, "queries": 2} for ms in (1, 2, 9)])
    {'a': {1: {'ms': 2, 'queries': 2}}}
    """
    samples = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if "operation" in row:
            samples[row["operation"]][row["size"]].append(row)
    return {
        operation: {
            size: {cost: median(row[cost] for row in found) for cost in ("ms", "queries")}
            for size, found in sizes.items()
        }
        for operation, sizes in samples.items()
    }


def scale(rows: Sequence[Mapping]) -> list[tuple[str, str, bool]]:
    """Return (target, measured, whether it is met) of what must not grow with the past.

    >>> rows = [{"size": size, "operation": "a member joins", "ms": 9, "queries": 30} for size in (10, 100)]
    >>> scale(rows)
    [('a member joins: the same queries', '30 and 30', True)]
    """
    found = []
    for operation, sizes in medians(rows).items():
        costs = [sizes[size] for size in sorted(sizes)]
        queries = " and ".join(f"{cost['queries']:.0f}" for cost in costs)
        if operation.startswith("what waits"):
            milliseconds = " and ".join(f"{cost['ms']:.1f} ms" for cost in costs)
            met = all(cost["queries"] == 1 and cost["ms"] < MOST_MS for cost in costs)
            found.append((f"{operation}: one query, below {MOST_MS} ms", f"{queries} queries, {milliseconds}", met))
        elif operation.startswith("replay"):
            seconds = [cost["ms"] / 1000 for cost in costs]
            measured = " and ".join(f"{value:.1f} s" for value in seconds)
            found.append((f"{operation}: below {MOST_SECONDS} s", measured, max(seconds) < MOST_SECONDS))
        else:
            is_same = len({cost["queries"] for cost in costs}) == 1
            found.append((f"{operation}: the same queries", queries, is_same))
    return found


def markdown(found: Iterable[tuple[str, str, bool]]) -> list[str]:
    """Return the lines of a table of targets.

    >>> markdown([("fast", "1 ms", True)])[-1]
    '| fast | 1 ms | met |'
    """
    lines = [f"| {target} | {measured} | {'met' if met else '**not met**'} |" for target, measured, met in found]
    return ["| target | measured | |", "| --- | --- | --- |", *lines]


def scale_markdown(rows: Sequence[Mapping]) -> list[str]:
    """Return the lines of a table: milliseconds / queries at each size of the history, then what PostgreSQL read."""
    found = medians(rows)
    sizes = sorted({row["size"] for row in rows})
    lines = [
        f"| operation | {' | '.join(f'{size:,} closed steps' for size in sizes)} |",
        "| --- |" + " --- |" * len(sizes),
    ]
    for operation, by_size in found.items():
        cells = [f"{by_size[size]['ms']:.1f} / {by_size[size]['queries']:.0f}" for size in sizes]
        lines.append(f"| {operation} | {' | '.join(cells)} |")
    lines.append("")
    for row in rows:
        if "plan" in row:
            scanned = ", ".join(row["scanned"]) or "none of the tables that grow"
            lines.append(
                f"- the number for {row['plan']}, {row['size']:,} closed steps: {row['rows']:.0f} rows at most, by "
                f"{', '.join(f'`{name}`' for name in row['indexes'])}; read as a whole: {scanned}."
            )
    return lines
