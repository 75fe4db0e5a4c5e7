"""Shares of an invoice: which lines concern whom, with amounts that add up to the invoice to the last cent.

Plain functions on plain values, as in `lifecycle`. A *share* is what one department, or whoever owns an analytic
account, decides of an invoice. Its *rows* are lines of the invoice, or parts of them: a position in the `lines` of the
snapshot, a percentage, and amounts. Amounts are texts, as in a snapshot.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

AMOUNTS = ("untaxed", "tax", "total", "company")
"""Amounts of a row and of a share: without taxes, taxes, with taxes (in the invoice's currency); with taxes, in the
company's currency. Signed as on the invoice.
"""
WHOLE, PARTIAL, REFUSED = "whole", "partial", "refused"
"""What became of an invoice whose lines could be refused."""


def fitted(parts: Sequence[Fraction], total: str, digits: int) -> list[str]:
    """Return parts that are rounded and add up to a total exactly.

    What is missing is spread in proportion to the parts, and its last units go to the largest remainders (Hamilton's
    method), the first ones where they are equal.

    :param parts: exact, of either sign
    :param total: what they are to add up to, with that many digits

    >>> fitted([Fraction(100, 3)] * 3, "100.00", 2)
    ['33.34', '33.33', '33.33']
    >>> fitted([Fraction(10), Fraction(20)], "30.01", 2), fitted([Fraction(10), Fraction(-10)], "0.00", 2)
    (['10.00', '20.01'], ['10.00', '-10.00'])
    >>> fitted([Fraction(0), Fraction(0)], "0.05", 2), fitted([], "5.00", 2)
    (['0.05', '0.00'], [])
    """
    if not parts:
        return []
    unit = 10**digits
    wanted = int(Fraction(total) * unit)
    weight = sum(map(abs, parts))
    missing = Fraction(wanted, unit) - sum(parts)
    exact = [(part + (missing * abs(part) / weight if weight else 0)) * unit for part in parts]
    floors = [value.numerator // value.denominator for value in exact]
    by_remainder = sorted(range(len(parts)), key=lambda position: floors[position] - exact[position])
    if not weight:
        floors[0] = wanted
    for position in by_remainder[: wanted - sum(floors)]:
        floors[position] += 1
    return [_text(Decimal(value).scaleb(-digits), digits) for value in floors]


def _text(amount: Decimal, digits: int) -> str:
    return f"{amount:.{digits}f}"


def share_out(
    lines: Sequence[tuple[int, str, str]],
    parts: Mapping[int, Sequence[tuple[Any, Fraction]]],
    totals: Mapping[str, str],
    digits: tuple[int, int],
) -> dict[Any, list[dict]]:
    """Return {key: rows} of an invoice that is shared out: every cent of it in exactly one row.

    :param lines: (position, amount without taxes, amount with taxes) of the lines that cost something
    :param parts: {position: [(key, part)]}, the parts of a line adding up to 1
    :param totals: of the invoice: `untaxed`, `tax`, `company`, its total in the company's currency, and `rate`, what
        one unit of its currency is worth there, which counts where the total is zero
    :param digits: of the invoice's currency and of the company's

    >>> totals = {"untaxed": "30.00", "tax": "6.01", "company": "36.01"}
    >>> lines = [(0, "10.00", "12.00"), (2, "20.00", "24.00")]
    >>> half = [("A", Fraction(1, 2)), ("B", Fraction(1, 2))]
    >>> rows = share_out(lines, {0: half, 2: [("B", Fraction(1))]}, totals, (2, 2))
    >>> [(key, [(row["line"], row["percent"], row["total"]) for row in own]) for key, own in rows.items()]
    [('A', [(0, '50', '6.00')]), ('B', [(0, '50', '6.00'), (2, '100', '24.01')])]
    """
    places = [(key, line, part) for line in lines for key, part in parts[line[0]]]
    untaxed = fitted([Fraction(line[1]) * part for _key, line, part in places], totals["untaxed"], digits[0])
    taxes = [(Fraction(line[2]) - Fraction(line[1])) * part for _key, line, part in places]
    tax = fitted(taxes, totals["tax"], digits[0])
    with_tax = [Decimal(one) + Decimal(other) for one, other in zip(untaxed, tax, strict=True)]
    whole = Fraction(totals["untaxed"]) + Fraction(totals["tax"])
    rate = Fraction(totals["company"]) / whole if whole else Fraction(totals.get("rate", 1))
    company = fitted([Fraction(amount) * rate for amount in with_tax], totals["company"], digits[1])
    found: dict[Any, list[dict]] = {}
    for place, *amounts in zip(places, untaxed, tax, with_tax, company, strict=True):
        key, (position, *_prices), part = place
        amounts[2] = _text(amounts[2], digits[0])
        row = {"line": position, "percent": _percent(part), **dict(zip(AMOUNTS, amounts, strict=True))}
        found.setdefault(key, []).append(row)
    return found


def _percent(part: Fraction) -> str:
    """Return a part in percent, without zeros at its end.

    >>> _percent(Fraction(1)), _percent(Fraction(1, 3)), _percent(Fraction(1, 8))
    ('100', '33.3333', '12.5')
    """
    return f"{float(part * 100):.4f}".rstrip("0").rstrip(".")


def added(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the sums of the amounts of rows or shares, with as many digits as they have.

    >>> added([{"untaxed": "1.00", "tax": "0.20", "total": "1.20", "company": "1.20"}] * 2)
    {'untaxed': '2.00', 'tax': '0.40', 'total': '2.40', 'company': '2.40'}
    """
    rows = list(rows)
    return {name: str(sum((Decimal(row[name]) for row in rows[1:]), Decimal(rows[0][name]))) for name in AMOUNTS}


def cut(key: str, name: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a share of an invoice.

    :param key: what it is cut by, as `department:5`
    :param name: how people call it

    >>> cut("department:5", "IT", [{"line": 0, "untaxed": "1", "tax": "0", "total": "1", "company": "1"}])["total"]
    '1'
    """
    return {"keys": [key], "names": [name], "rows": list(rows), **added(rows)}


def united(shares: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return several shares of one invoice as one, for those who decide on all of them.

    >>> one, other = (cut(k, k, [{"line": 0, **dict.fromkeys(AMOUNTS, "1")}]) for k in ("b", "a"))
    >>> united([one, other])["keys"], united([one, other])["total"]
    (['a', 'b'], '2')
    """
    shares = sorted(shares, key=lambda one: one["keys"])
    joined = {name: [item for one in shares for item in one[name]] for name in ("keys", "names", "rows")}
    return {**joined, **added(shares)}


def refused_rows(share: Mapping[str, Any], refused: Collection[int]) -> list[Mapping[str, Any]]:
    """Return the rows of a share whose lines were refused."""
    return [row for row in share["rows"] if row["line"] in refused]


def outcome(shares: Sequence[tuple[Mapping[str, Any], Collection[int]]]) -> str:
    """Return what became of an invoice, from its shares and the positions of the lines refused in each.

    >>> one = {"rows": [{"line": 0}, {"line": 1}]}
    >>> outcome([(one, ())]), outcome([(one, {1})]), outcome([(one, {0, 1})])
    ('whole', 'partial', 'refused')
    >>> outcome([(one, {0, 1}), ({"rows": [{"line": 0}]}, ())]), outcome([])
    ('partial', 'whole')
    """
    rows = sum(len(share["rows"]) for share, _refused in shares)
    against = sum(len(refused_rows(share, refused)) for share, refused in shares)
    if not against:
        return WHOLE
    return REFUSED if against == rows else PARTIAL


NOTHING: Mapping[str, Any] = {"untaxed": None, "tax": None, "total": None, "rows": []}
"""The share of whoever was not asked."""


def narrowed(snapshot: Mapping[str, Any], share: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return what of a snapshot a share depends on: its lines, its amounts, and the head of the invoice.

    >>> snapshot = {"ref": "A", "amount_total": "9.00", "lines": [{"name": "a"}, {"name": "b"}], "entries": [1]}
    >>> share = {"untaxed": "4.00", "tax": "0.00", "total": "4.00", "rows": [{"line": 1, "percent": "100"}]}
    >>> narrowed(snapshot, share)["lines"], narrowed(snapshot, share)["amount_total"], narrowed(snapshot, None)["ref"]
    ([{'name': 'b', 'percent': '100'}], '4.00', 'A')
    """
    if not share:
        return snapshot
    lines = snapshot.get("lines") or []
    own = [{**lines[row["line"]], "percent": row["percent"]} for row in share["rows"] if row["line"] < len(lines)]
    amounts = {"amount_untaxed": share["untaxed"], "amount_tax": share["tax"], "amount_total": share["total"]}
    return {**snapshot, **amounts, "lines": own, "entries": [], "instalments": None}
