"""What an edit of an invoice touches, which levels it concerns, and which approvals stand after it.

Plain functions on plain values, as in `lifecycle`. A *facet* is a part of the content that a level may depend on.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from .comparison import differences, paired_rows
from .fingerprints import canonical, fingerprint
from .seating import unmet_level

FACETS = ("partner", "bank", "amounts", "lines", "dates", "analytic", "texts")
"""What a level may depend on, in the order in which screens name it."""
DOCUMENT = "document"
"""What every level depends on: kind, journal, company and currency, and whatever is not named below. An addon that adds
to the content thereby asks everybody again, until it is named here.
"""
FACETS_VERSION = 1
"""Version of the mapping below. What was carried over is verified again with the same version only."""

MOVE_FACETS: Mapping[str, str] = {
    "partner_id": "partner",
    "fiscal_position_id": "partner",
    "partner_bank_id": "bank",
    "partner_bank_number": "bank",
    "payment_reference": "bank",
    "amount_untaxed": "amounts",
    "amount_tax": "amounts",
    "amount_total": "amounts",
    "invoice_currency_rate": "amounts",
    "invoice_date": "dates",
    "date": "dates",
    "invoice_date_due": "dates",
    "invoice_payment_term_id": "dates",
    "department_id": "analytic",
    "ref": "texts",
}
LINE_FACETS: Mapping[str, str] = {
    "product_id": "lines",
    "account_id": "lines",
    "quantity": "lines",
    "product_uom_id": "lines",
    "tax_ids": "lines",
    "price_unit": "amounts",
    "discount": "amounts",
    "price_subtotal": "amounts",
    "price_total": "amounts",
    "analytic_distribution": "analytic",
    "percent": "analytic",
    "department_id": "analytic",
    "name": "texts",
}


def facets_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> frozenset[str]:
    """Return the facets in which two snapshots of an invoice differ; never none for snapshots that differ.

    >>> sorted(facets_changed({"ref": "A", "partner_id": 1}, {"ref": "B", "partner_id": 2}))
    ['partner', 'texts']
    >>> sorted(facets_changed({"currency_id": 1}, {"currency_id": 2}))
    ['document']
    >>> old = {"lines": [{"display_type": "product", "name": "A", "quantity": "1"}]}
    >>> new = {"lines": [{"display_type": "product", "name": "A", "quantity": "2"}]}
    >>> sorted(facets_changed(old, new)), sorted(facets_changed(old, {"lines": []}))
    (['lines'], ['amounts', 'lines'])
    >>> facets_changed(old, old)
    frozenset()
    """
    if before == after:
        return frozenset()
    parts = {"lines": _line_facets, "entries": _entry_facets, "instalments": _instalment_facets}
    changed: set[str] = set()
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if old != new:
            changed |= parts[name](old, new) if name in parts else {MOVE_FACETS.get(name, DOCUMENT)}
    return frozenset(changed or {DOCUMENT})


def _line_facets(before: list | None, after: list | None) -> set[str]:
    pairs = paired_rows(before or [], after or [])
    # Nothing but the order of the lines changed.
    return set().union(*(_row_facets(old, new) for _position, old, new in pairs)) if pairs else {"texts"}


def _row_facets(old: Mapping | None, new: Mapping | None) -> set[str]:
    """Return what one line touches that was changed, added or removed. Sections and notes are texts."""
    rows = [row for row in (old, new) if row is not None]
    if rows[0].get("display_type") != "product":
        return {"texts"}
    if len(rows) == 1:
        charged = any(rows[0].get(name) for name in LINE_FACETS if LINE_FACETS[name] == "analytic")
        return {"lines", "amounts"} | ({"analytic"} if charged else set())
    names = rows[0].keys() | rows[1].keys()
    return {LINE_FACETS.get(name, DOCUMENT) for name in names if rows[0].get(name) != rows[1].get(name)}


def _entry_facets(before: list | None, after: list | None) -> set[str]:
    """Tax entries and the account of the partner. How the total is split into instalments is said by these."""
    changed: set[str] = set()
    for kind in {row[0] for row in (before or []) + (after or [])}:
        old, new = (_entry_totals(rows or [], kind) for rows in (before, after))
        if old.keys() != new.keys():
            changed.add("partner" if kind == "payment_term" else "lines")
        if sorted(old.values()) != sorted(new.values()) or (old.keys() == new.keys() and old != new):
            changed.add("amounts")
    return changed


def _entry_totals(rows: Iterable[Sequence], kind: str) -> dict[Any, Decimal]:
    """Return {account: amount} of the entries of a kind."""
    return _totals((account, amount) for own, account, amount in rows if own == kind)


def _totals(pairs: Iterable[tuple[Any, str]]) -> dict[Any, Decimal]:
    totals: Counter = Counter()
    for key, amount in pairs:
        totals[key] += Decimal(amount)
    return dict(totals)


def _instalment_facets(before: list | None, after: list | None) -> set[str]:
    days = [[row[0] for row in rows or []] for rows in (before, after)]
    return {"dates"} if days[0] != days[1] or before is None or after is None else {"amounts"}


# Tolerance


def amount_moved(before: Mapping[str, Any], after: Mapping[str, Any], was: float, now: float) -> Decimal:
    """Return by how much the amounts of two snapshots differ, in the company's currency.

    It is the largest of: the difference of the totals, and the sums of the differences of lines, of tax entries and of
    instalments. What is taken from one line and put on another counts, although the total stays.

    :param was: total of the invoice before, in the company's currency and without sign
    :param now: the same after

    >>> old, new = ({"amount_total": total, "lines": []} for total in ("1000.00", "1030.00"))
    >>> amount_moved(old, new, 1000.0, 1030.0)
    Decimal('30.0000')
    >>> old, new = ({"amount_total": "9.00", "lines": [{"price_total": p}, {"price_total": "5.00"}]} for p in "42")
    >>> amount_moved(old, new, 9.0, 9.0)
    Decimal('2.0000')
    """
    totals = [Decimal(snapshot.get("amount_total") or 0) for snapshot in (before, after)]
    pairs = paired_rows(before.get("lines") or [], after.get("lines") or [])
    lines = sum(abs(_price(new) - _price(old)) for _position, old, new in pairs)
    rows = [[row for row in snapshot.get("entries") or [] if row[0] != "payment_term"] for snapshot in (before, after)]
    taxes = sum(
        _distance(*(_entry_totals(side, kind) for side in rows)) for kind in {row[0] for row in rows[0] + rows[1]}
    )
    terms = [_totals(map(tuple, snapshot.get("instalments") or [])) for snapshot in (before, after)]
    moved = max(
        abs(totals[1] - totals[0]), lines, taxes, _distance(*terms) if terms[0].keys() == terms[1].keys() else 0
    )
    entered = Decimal(after.get("invoice_currency_rate") or 0)
    rate = Decimal(str(now)) / abs(totals[1]) if totals[1] else 1 / (entered or Decimal(1))
    return max(moved * rate, abs(Decimal(str(now)) - Decimal(str(was)))).quantize(Decimal("0.0001"))


def _price(row: Mapping | None) -> Decimal:
    return Decimal((row or {}).get("price_total") or 0)


def _distance(old: Mapping[Any, Decimal], new: Mapping[Any, Decimal]) -> Decimal:
    return sum((abs(new.get(key, 0) - old.get(key, 0)) for key in old.keys() | new.keys()), Decimal(0))


def is_tolerated(moved: Decimal, approved: float, percent: float, amount: float) -> bool:
    """Tell whether a level tolerates that an amount which it approved has moved. Where both limits are set, both hold.

    :param percent: of the approved total, 0 for no such limit
    :param amount: in the company's currency, 0 for no such limit

    >>> is_tolerated(Decimal(30), 1000, 5, 0), is_tolerated(Decimal(60), 1000, 5, 0)
    (True, False)
    >>> is_tolerated(Decimal(30), 1000, 5, 20)
    False
    >>> is_tolerated(Decimal(0), 1000, 0, 0)
    False
    """
    limits = [Decimal(str(percent)) * Decimal(str(approved)) / 100] if percent > 0 else []
    limits += [Decimal(str(amount))] if amount > 0 else []
    return bool(limits) and moved <= min(limits)


def facets_concerning(changed: Collection[str], facets: Collection[str], tolerated: bool) -> frozenset[str]:
    """Return which of the changed facets make a level be asked again.

    >>> facets_concerning({"amounts", "texts"}, {"amounts", "partner"}, tolerated=True)
    frozenset()
    >>> sorted(facets_concerning({"amounts", "document"}, {"partner"}, tolerated=True))
    ['document']
    """
    concerning = frozenset(changed) & {*facets, DOCUMENT}
    return concerning - {"amounts"} if tolerated else concerning


# What stands


def standing_levels(
    levels: Sequence[tuple[int, Collection[Hashable], Collection[Hashable]]], distinct: bool
) -> list[int]:
    """Return the positions of the levels whose earlier approval stands.

    An approval stands when all who gave it may still decide, and when they are as many as the level asks for. Where
    people must differ, nobody counts twice, and the other levels must still find enough people: the level that stands
    in their way is asked again, the last one first.

    :param levels: (voices required, persons who may decide, persons whose approval could stand)

    >>> standing_levels([(1, {"ann", "bob"}, {"ann"}), (1, {"cid"}, ())], distinct=True)
    [0]
    >>> standing_levels([(1, {"bob"}, {"ann"}), (2, {"cid", "dan"}, {"dan"})], distinct=True)
    []
    >>> standing_levels([(1, {"ann", "bob"}, {"ann"}), (1, {"cid"}, {"cid"}), (1, {"ann"}, ())], distinct=True)
    [1]
    """
    standing = [
        position
        for position, (required, people, voters) in enumerate(levels)
        if voters and len(voters) >= required and set(voters) <= set(people)
    ]
    while distinct and standing and not _is_fillable(levels, standing):
        without = ([other for other in standing if other != position] for position in reversed(standing))
        standing = next((others for others in without if _is_fillable(levels, others)), standing[:-1])
    return standing


def _is_fillable(levels: Sequence[tuple[int, Collection, Collection]], standing: Collection[int]) -> bool:
    voices = [person for position in standing for person in levels[position][2]]
    used = set(voices)
    others = [(required, set(people) - used) for position, (required, people, _voters) in enumerate(levels)]
    others = [level for position, level in enumerate(others) if position not in standing]
    return len(used) == len(voices) and unmet_level(others) is None


def difference_hash(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what differs between two snapshots: what somebody had before their eyes who decided on it.

    >>> difference_hash({"ref": "A"}, {"ref": "A"}) == fingerprint("[]")
    True
    """
    return fingerprint(canonical([[list(path), old, new] for path, old, new in differences(before, after)]))
