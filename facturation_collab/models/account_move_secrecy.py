from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import SQL


class AccountMove(models.Model):
    """Confidential invoices, and the entries that would tell of them: of payments, bank lines, exchange, taxes."""

    _inherit = "account.move"

    confidential_invoice_ids = fields.Many2many(
        "account.move",
        "account_move_confidential_rel",
        "entry_id",
        "invoice_id",
        string="Confidential Invoices",
        copy=False,
        groups=NO_ACCESS,
        help="The confidential invoices that this entry settles or belongs to: whoever may not see them does not see "
        "it.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for department_id in {vals["department_id"] for vals in vals_list if vals.get("department_id")}:
            self._check_department_open(department_id)
        return super().create(vals_list)

    def write(self, vals):
        if vals.get("department_id"):
            self._check_department_open(vals["department_id"])
        result = super().write(vals)
        if vals.get("department_id"):
            self._link_confidential_entries()
        return result

    def _check_department_open(self, department_id):
        """Say why an invoice cannot go there, rather than fail when it is gone from the person's sight."""
        department = self.env["hr.department"].browse(department_id)
        participants = self.sudo().filtered(lambda move: self.env.user in move.validation_participant_ids)
        if not self or self - participants:
            department._check_open()

    def _reverse_moves(self, default_values_list=None, cancel=False):
        reversals = super()._reverse_moves(default_values_list, cancel)
        if self.env["hr.department"]._has_confidential():
            for move in reversals.sudo().filtered("reversed_entry_id.confidential_invoice_ids"):
                move.confidential_invoice_ids |= move.reversed_entry_id.confidential_invoice_ids
        return reversals

    def _get_past_departments(self):
        """What a vendor's last bills had is not proposed to whoever may not see those bills."""
        found = super()._get_past_departments()
        closed = self.env["hr.department"].union(*found.values())._get_closed()
        return {move: department for move, department in found.items() if department not in closed}

    def _get_hidden(self):
        """Those of these that secrecy keeps from the present user; elevated rights do not matter."""
        user = self.env.user
        if not self.ids or not user._is_kept_from_confidential(reading=True):
            return self.browse()
        domain = Domain("id", "in", self.ids) & ~user._get_confidential_domain(reading=True)
        return self.browse(self.sudo().search(domain).ids)

    # Entries that settle a confidential invoice

    def _link_confidential_entries(self):
        """Link the entries that settle these invoices to those of them that are confidential.

        A payment's entry belongs to the invoices that it is reconciled with; every other entry also to those of the
        payments that it is reconciled with (a bank line). The link stays when the reconciliation is undone.
        """
        if not self.env["hr.department"]._has_confidential():
            return
        invoices = self.sudo().filtered(
            lambda move: move.department_id.is_within_confidential and move.is_invoice(include_receipts=True)
        )
        if not invoices:
            return
        links = invoices._get_settling_entries()
        for entry, found in links.items():
            if missing := found - entry.confidential_invoice_ids:
                entry.confidential_invoice_ids = [Command.link(id_) for id_ in missing.ids]

    def _get_settling_entries(self):
        """{entry: the invoices among these that it settles}. Call with elevated rights."""
        links = defaultdict(self.browse)
        for invoice, entry in self._get_counterparts():
            links[entry] |= invoice
        payments = self.browse().union(*links).filtered("origin_payment_id")
        for payment, entry in payments._get_counterparts():
            if not entry.origin_payment_id:
                links[entry] |= links[payment]
        for entry in self.search(Domain("tax_cash_basis_origin_move_id", "in", self.ids)):
            links[entry] |= entry.tax_cash_basis_origin_move_id
        return links

    def _get_counterparts(self):
        """Pairs of one of these and an entry that it is reconciled with, in one query."""
        if not self:
            return []
        self.env["account.partial.reconcile"].flush_model(["debit_move_id", "credit_move_id"])
        self.env["account.move.line"].flush_model(["move_id"])
        self.env["account.move"].flush_model(["move_type"])
        sides = [("debit_move_id", "credit_move_id"), ("credit_move_id", "debit_move_id")]
        queries = [
            SQL(
                """
                SELECT line.move_id, other.move_id
                  FROM account_move_line line
                  JOIN account_partial_reconcile partial ON partial.%s = line.id
                  JOIN account_move_line other ON other.id = partial.%s
                  JOIN account_move entry ON entry.id = other.move_id AND entry.move_type = 'entry'
                 WHERE line.move_id IN %s
                """,
                SQL.identifier(here),
                SQL.identifier(there),
                tuple(self.ids),
            )
            for here, there in sides
        ]
        rows = self.env.execute_query(SQL(" UNION ").join(queries))
        return [(self.browse(here), self.browse(there)) for here, there in rows if here != there]


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        if self.env["hr.department"]._has_confidential():
            partials._link_confidential_entries()
        return partials

    def _create_tax_cash_basis_moves(self):
        moves = super()._create_tax_cash_basis_moves()
        if self.env["hr.department"]._has_confidential():
            self._link_confidential_entries()
        return moves

    def _link_confidential_entries(self):
        moves = (self.sudo().debit_move_id | self.sudo().credit_move_id).move_id
        (moves | moves.confidential_invoice_ids)._link_confidential_entries()
