from fractions import Fraction

from odoo import models
from odoo.tools import float_repr, format_amount

from .. import shares


class AccountMove(models.Model):
    """Sharing out an invoice: the lines that cost something, at their positions in the snapshot, and its amounts."""

    _inherit = "account.move"

    def _cut(self, kind, parts):
        """Return [(record, share)] of this invoice, in the order of its lines; the shares add up to it exactly.

        :param kind: what it is cut by, as the keys of shares name it
        :param parts: function from a line to [(record, part as a Fraction)], the parts adding up to 1
        """
        self.ensure_one()
        digits = self.currency_id.decimal_places, self.company_currency_id.decimal_places
        priced = [
            (position, line)
            for position, line in enumerate(self._get_content_lines())
            if line.display_type == "product"
        ]
        lines = [
            (position, float_repr(line.price_subtotal, digits[0]), float_repr(line.price_total, digits[0]))
            for position, line in priced
        ]
        totals = {
            "untaxed": float_repr(self.amount_untaxed, digits[0]),
            "tax": float_repr(self.amount_tax, digits[0]),
            "company": float_repr(-self.direction_sign * self.amount_total_signed, digits[1]),
            "rate": str(Fraction(1) / Fraction(self.invoice_currency_rate or 1)),
        }
        by_line = {position: parts(line) for position, line in priced}
        if not lines:
            # An invoice of which only the amount is known: nobody submits one, but its circuit can be told.
            total = float_repr(self.amount_total, digits[0])
            lines, by_line = [(0, total, total)], {0: parts(self.line_ids.browse().new({"move_id": self.id}))}
            totals |= {"untaxed": total, "tax": float_repr(0, digits[0])}
        found = shares.share_out(lines, by_line, totals, digits)
        records = {record: None for own in by_line.values() for record, _part in own}
        return [
            (record, shares.cut(f"{kind}:{record.id or 0}", record.name or "", found[record])) for record in records
        ]

    def _get_panel_past(self, request):
        """Add what was refused of the last submission, for whoever corrects it or makes the credit note."""
        steps = request._get_live_steps() if request.refused_amount else request.step_ids.browse()
        refused = [text for step in steps.with_env(self.env).sudo() if (text := step._describe_refused())]
        return {**super()._get_panel_past(request), "refused": refused}

    def _get_panel_step(self, step):
        return {**super()._get_panel_step(step), "share": self._get_panel_share(step) if step.share else None}

    def _get_panel_share(self, step):
        """Return what the panel shows of the share that a step asks about: its amount, its lines, what was refused."""
        step = step.with_env(self.env).sudo()
        reasons = {position: reason for position, reason, _user in step.refused or []}
        labels = step._get_share_lines()
        return {
            "amount": self.env._(
                "%(amount)s of %(total)s",
                amount=step._format_share(step.share["total"]),
                total=format_amount(self.env, self.amount_total, self.currency_id),
            ),
            "lines": [
                {
                    "position": row["line"],
                    "label": labels.get(row["line"], ""),
                    "percent": "" if row["percent"] == "100" else f"{row['percent']} %",
                    "amount": step._format_share(row["total"]),
                    "refused": reasons.get(row["line"]),
                }
                for row in step.share["rows"]
            ],
        }
