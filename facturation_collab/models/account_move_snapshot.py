import json
from datetime import timedelta

from odoo import fields, models
from odoo.tools import float_repr

from .. import lifecycle

INVOICE_LINES = ("product", "line_section", "line_subsection", "line_note")
"""Kinds of lines that a snapshot lists in full."""
ADDED_BY_POSTING = ("cogs",)
"""Journal items that posting adds: the valuation of stock. They are no part of a snapshot."""


class AccountMove(models.Model):
    """The content of an invoice that approvers agree to, in canonical form."""

    _inherit = "account.move"

    def _snapshot_fields(self):
        """Return the names of the fields that an approver agrees to: ({"move": [...], "line": [...]})."""
        return {
            "move": [
                "move_type", "partner_id", "partner_bank_id", "journal_id", "company_id", "currency_id", "department_id", "invoice_date", "date",
                "invoice_date_due", "invoice_payment_term_id", "fiscal_position_id", "ref", "amount_untaxed", "amount_tax", "amount_total",
            ],
            "line": [
                "display_type", "product_id", "name", "account_id", "quantity", "product_uom_id", "price_unit", "discount", "tax_ids",
                "analytic_distribution", "department_id", "price_subtotal", "price_total",
            ],
        }

    def _get_snapshot(self):
        """Return the content of one invoice as plain values: ids, ISO dates, and amounts as text in the invoice's currency.

        The bank account is there with its number, so that a changed number is a changed content. What follows from the
        date is null while the invoice has none (see `lifecycle.DATED_FIELDS`).
        """
        self.ensure_one()
        names = self._snapshot_fields()
        digits = self.currency_id.decimal_places
        content = {name: _plain(self[name], self._fields[name], digits) for name in names["move"]}
        content |= self._get_snapshot_dates()
        content["version"] = lifecycle.SNAPSHOT_VERSION
        content["partner_bank_number"] = self.partner_bank_id.sanitized_acc_number or None
        if self.is_purchase_document(include_receipts=True):
            content["payment_reference"] = self.payment_reference or None
        lines = self.line_ids
        line_fields = [(name, lines._fields[name]) for name in names["line"]]
        products = lines.filtered(lambda line: line.display_type in INVOICE_LINES).sorted(lambda line: (line.sequence, line.id))
        content["lines"] = [{name: _plain(line[name], field, digits) for name, field in line_fields} for line in products]
        content["entries"] = sorted(
            [line.display_type, line.account_id.id or 0, float_repr(line.amount_currency, digits)]
            for line in lines
            if line.display_type not in INVOICE_LINES + ADDED_BY_POSTING
        )
        return content

    def _get_snapshot_dates(self):
        """Return the values of the snapshot that depend on the invoice's date: null while there is none."""
        foreign = self.currency_id != self.company_currency_id
        dates = {"invoice_currency_rate": float_repr(self.invoice_currency_rate, 6) if foreign and self.invoice_date else None}
        if not self.invoice_date:
            dates |= {"date": None}
            if self.invoice_payment_term_id:
                dates |= {"invoice_date_due": None}
        return dates

    def _is_content(self, request):
        """Tell whether this invoice has the content that a request froze, but for what posting itself changes."""
        self.ensure_one()
        current = self._get_snapshot()
        if lifecycle.fingerprint(lifecycle.canonical(current)) == request.fingerprint:
            return True
        approved = json.loads(request.snapshot)
        now = fields.Datetime.now()
        days = {fields.Date.to_string((now + timedelta(hours=hours)).date()) for hours in (-12, 0, 14)}
        same = lifecycle.comparable(approved, current, today=days, locked=self._is_locked_on(approved.get("date")))
        return lifecycle.fingerprint(lifecycle.canonical(same)) == request.fingerprint

    def _is_locked_on(self, date):
        """Tell whether an accounting date (ISO) lies in a period that is locked for this invoice."""
        return bool(date and self._get_violated_lock_dates(fields.Date.to_date(date), self._affect_tax_report()))


def _plain(value, field, digits):
    """Return the value of a field for the canonical form."""
    if field.relational:
        return sorted(value.ids) if field.type.endswith("2many") else value.id or None
    if field.type == "monetary":
        return float_repr(value, digits)
    if field.type == "float":
        return float_repr(value, 6)
    if field.type in ("date", "datetime"):
        return field.to_string(value) if value else None
    return value or None
