"""Figures that Odoo computes over all entries of a journal, without regard to access rights: less what is kept from the
reader.
"""

import json
from datetime import timedelta

from babel.dates import format_datetime

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import get_lang


class AccountJournal(models.Model):
    _inherit = "account.journal"

    @api.depends_context("uid")
    def _kanban_dashboard(self):
        return super()._kanban_dashboard()

    @api.depends_context("uid")
    def _kanban_dashboard_graph(self):
        return super()._kanban_dashboard_graph()

    @api.depends_context("uid")
    def _get_json_activity_data(self):
        """Activities of invoices are natively listed with their titles, whoever may read the invoices."""
        super()._get_json_activity_data()
        if not self.env.user._is_kept_from_confidential(reading=True):
            return
        for journal in self:
            data = json.loads(journal.json_activity_data)
            on_moves = [item["res_id"] for item in data["activities"] if item["res_model"] == "account.move"]
            hidden = set(self.env["account.move"].browse(on_moves)._get_hidden().ids)
            kept = [
                item
                for item in data["activities"]
                if item["res_model"] != "account.move" or item["res_id"] not in hidden
            ]
            if len(kept) < len(data["activities"]):
                journal.json_activity_data = json.dumps({**data, "activities": kept})

    def _get_draft_sales_purchases_query(self):
        return self._without_hidden(super()._get_draft_sales_purchases_query())

    def _get_open_sale_purchase_query(self, journal_type):
        query, selects = super()._get_open_sale_purchase_query(journal_type)
        return self._without_hidden(query), selects

    def _without_hidden(self, query):
        """Narrow a query over invoices that ignores access rights."""
        user = self.env.user
        if user._is_kept_from_confidential(reading=True):
            hidden = self.env["account.move"].sudo()._search(~user._get_confidential_domain(reading=True))
            query.add_where(SQL("%s NOT IN %s", SQL.identifier(query.table, "id"), hidden.subselect()))
        return query

    def _get_hidden_moves(self, domain):
        """Entries of these journals that secrecy keeps from the present user, with elevated rights."""
        user = self.env.user
        moves = self.env["account.move"].sudo()
        if not user._is_kept_from_confidential(reading=True):
            return moves
        own = Domain("journal_id", "in", self.ids) & Domain("company_id", "in", self.env.companies.ids)
        return moves.search(own & domain & ~user._get_confidential_domain(reading=True))

    def _get_sale_purchase_graph_data(self):
        """Take the open amounts of hidden invoices out of the six weeks that the native query sums up."""
        result = super()._get_sale_purchase_graph_data()
        domain = Domain("state", "=", "posted") & Domain("payment_state", "in", ("not_paid", "partial"))
        domain &= Domain("move_type", "in", self.env["account.move"].get_invoice_types(True))
        for journal, hidden in self._get_hidden_moves(domain).grouped("journal_id").items():
            [graph] = result[journal.id]
            if graph["is_sample_data"]:
                continue
            currency = journal.currency_id or journal.company_id.sudo().currency_id
            sign = 1 if journal.type == "sale" else -1
            for move in hidden.filtered("invoice_date_due"):
                bar = graph["values"][self._get_week_of_graph(move.invoice_date_due)]
                bar["value"] = currency.round(bar["value"] - sign * move.amount_residual_signed)
        return result

    def _get_week_of_graph(self, date):
        """Index of the bar of the native graph in which an amount due at `date` counts."""
        today = fields.Date.today()
        day_of_week = int(format_datetime(today, "e", locale=get_lang(self.env).code))
        monday = today + timedelta(days=1 - day_of_week)
        starts = [monday + timedelta(days=days) for days in (-7, 0, 7, 14, 21)]
        return sum(date >= start for start in starts)

    def _get_direct_bank_payments(self):
        return self._without_hidden_payments(super()._get_direct_bank_payments(), matched=True)

    def _get_journal_dashboard_outstanding_payments(self):
        return self._without_hidden_payments(super()._get_journal_dashboard_outstanding_payments(), matched=False)

    def _without_hidden_payments(self, result, matched):
        """Take hidden payments out of the number and the amount natively given for each journal."""
        moves = self._get_hidden_moves(Domain("state", "=", "posted") & Domain("origin_payment_id", "!=", False))
        payments = moves.origin_payment_id.filtered(lambda payment: bool(payment.is_matched) == matched)
        if matched:
            payments = payments.filtered(
                lambda payment: payment.outstanding_account_id == payment.journal_id.default_account_id
            )
        for journal, hidden in payments.grouped("journal_id").items():
            currency = journal.currency_id or journal.company_id.sudo().currency_id
            signs = [(payment, -1 if payment.payment_type == "outbound" else 1) for payment in hidden]
            rows = [
                {
                    "company_id": payment.company_id.id,
                    "currency": payment.currency_id.id,
                    "amount_total": sign * payment.amount,
                    "amount_total_company": payment.amount_company_currency_signed,
                }
                for payment, sign in signs
            ]
            count, amount = self._count_results_and_sum_amounts(rows, currency)
            natively = result[journal.id]
            # Natively the number is that of groups of currencies: only whether there are any is shown.
            left = natively[0] if self._has_visible_payments(journal, hidden, matched) else 0
            result[journal.id] = (left, currency.round(natively[1] - amount) if count else natively[1])
        return result

    def _has_visible_payments(self, journal, hidden, matched):
        domain = Domain("journal_id", "=", journal.id) & Domain("is_matched", "=", matched)
        domain &= Domain("move_id.state", "=", "posted") & Domain("id", "not in", hidden.ids)
        return bool(self.env["account.payment"].sudo().search_count(domain, limit=1))
