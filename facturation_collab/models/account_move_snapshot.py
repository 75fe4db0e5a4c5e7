import json
from datetime import timedelta

from odoo import fields, models
from odoo.tools import float_compare

from .. import comparison, fingerprints
from .plain_values import number, plain_rows

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
                "move_type",
                "partner_id",
                "partner_bank_id",
                "journal_id",
                "company_id",
                "currency_id",
                "department_id",
                "invoice_date",
                "date",
                "invoice_date_due",
                "invoice_payment_term_id",
                "fiscal_position_id",
                "ref",
                "amount_untaxed",
                "amount_tax",
                "amount_total",
            ],
            "line": [
                "display_type",
                "product_id",
                "name",
                "account_id",
                "quantity",
                "product_uom_id",
                "price_unit",
                "discount",
                "tax_ids",
                "analytic_distribution",
                "department_id",
                "price_subtotal",
                "price_total",
            ],
        }

    def _get_snapshot(self):
        """Return the content of one invoice as plain values: ids, ISO dates, and amounts as text in the invoice's
        currency.

        The bank account is there with its number, so that a changed number is a changed content. What follows from the
        date is null while the invoice has none.
        """
        self.ensure_one()
        names = self._snapshot_fields()
        digits = self.currency_id.decimal_places
        [content] = plain_rows(self, names["move"], digits)
        content |= self._get_snapshot_dates()
        content["version"] = comparison.SNAPSHOT_VERSION
        content["partner_bank_number"] = self.partner_bank_id.sanitized_acc_number or None
        if self.is_purchase_document(include_receipts=True):
            content["payment_reference"] = self.payment_reference or None
        lines = self.line_ids
        rows = dict(zip(lines._ids, plain_rows(lines, names["line"], digits), strict=True))
        content["lines"] = [rows[line.id] for line in self._get_content_lines()]
        content["entries"] = sorted(
            [line.display_type, line.account_id.id or 0, number(line.amount_currency, digits)]
            for line in lines
            if line.display_type not in INVOICE_LINES + ADDED_BY_POSTING
        )
        content["instalments"] = (
            self._get_instalments() if self.invoice_date or not self.invoice_payment_term_id else None
        )
        return content

    def _get_content_lines(self):
        """Return the lines of this invoice as its snapshot lists them: the position there is the position here.

        A list, not a new recordset, which would lose the lines of other invoices to read along with.
        """
        self.ensure_one()
        lines = (line for line in self.line_ids if line.display_type in INVOICE_LINES)
        return sorted(lines, key=lambda line: (line.sequence, line.id))

    def _get_instalments(self):
        """Return when which amount is to be paid, in the currency of the invoice."""
        digits = self.currency_id.decimal_places
        return sorted(
            [fields.Date.to_string(line.date_maturity) or "", number(line.amount_currency, digits)]
            for line in self.line_ids
            if line.display_type == "payment_term"
        )

    def _get_snapshot_dates(self):
        """Return the values of the snapshot that depend on the invoice's date: null while there is none.

        A currency rate that somebody entered stays, whatever the date (as native posting has it).
        """
        dates = {"invoice_currency_rate": None}
        if self.currency_id != self.company_currency_id and (self.invoice_date or self._has_manual_rate()):
            dates["invoice_currency_rate"] = number(self.invoice_currency_rate, 6)
        if not self.invoice_date:
            dates["date"] = None
            if self.invoice_payment_term_id:
                dates["invoice_date_due"] = None
        return dates

    def _has_manual_rate(self):
        day = (self.create_date or fields.Datetime.now()).date()
        return (
            float_compare(self.invoice_currency_rate, self._get_expected_currency_rate_at(day), precision_digits=6) != 0
        )

    def _is_content(self, request):
        """Tell whether this invoice has the content that a request froze, but for what posting itself changes."""
        self.ensure_one()
        current = self._get_snapshot()
        if fingerprints.fingerprint(fingerprints.canonical(current)) == request.fingerprint:
            return True
        approved = json.loads(request.snapshot)
        same = comparison.comparable(approved, current, self._get_values_by_posting(approved))
        return fingerprints.fingerprint(fingerprints.canonical(same)) == request.fingerprint

    def _get_values_by_posting(self, approved):
        """Return {field: values} that posting gives by itself today to an invoice that was approved with a snapshot.

        * An invoice without a date takes the day of posting, in the time zone of whoever posts; accounting date, due
          date and currency rate follow from it.
        * An accounting date inside a locked period moves to an open day, not later than today.
        """
        now = fields.Datetime.now()
        days = {(now + timedelta(hours=hours)).date() for hours in (-12, 0, 14)}
        if approved.get("invoice_date") is not None:
            return {"date": self._get_open_days(fields.Date.to_date(approved["date"]), days)}
        if self.invoice_date not in days:
            return {}
        terms = [
            (term["date_maturity"], amounts["amount_currency"])
            for term, amounts in (self.needed_terms or {}).items()
            if term
        ]
        due = max((day for day, _amount in terms), default=None)
        digits = self.currency_id.decimal_places
        instalments = sorted([fields.Date.to_string(day), number(amount, digits)] for day, amount in terms)
        return {
            "invoice_date": {fields.Date.to_string(self.invoice_date)},
            "date": {fields.Date.to_string(self.invoice_date)} | self._get_open_days(self.invoice_date, days),
            "invoice_date_due": {due and fields.Date.to_string(due)}
            if approved.get("invoice_date_due") is None
            else set(),
            "instalments": [instalments] if approved.get("instalments") is None else [],
            "invoice_currency_rate": {number(self.expected_currency_rate, 6)}
            if approved.get("invoice_currency_rate") is None
            else set(),
        }

    def _get_open_days(self, date, days):
        """Return this invoice's accounting date (ISO) in a set, where posting may have moved it there from a locked
        date.
        """
        locks = date and self._get_violated_lock_dates(date, self._affect_tax_report())
        first = locks and locks[-1][0] + timedelta(days=1)
        return {fields.Date.to_string(self.date)} if locks and first <= self.date <= max(first, *days) else set()
