from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class AccountValidationScope(models.AbstractModel):
    """What a verification or an audit pack is about: given invoices, or a company and a period."""

    _name = "account.validation.scope"
    _description = "Invoices to verify"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    move_ids = fields.Many2many("account.move", string="Invoices", help="Empty: all of the company in the period.")
    date_from = fields.Date(string="Submitted from")
    date_to = fields.Date(string="Submitted until")

    @api.onchange("date_from", "date_to")
    def _onchange_dates(self):
        if self.date_from and self.date_to and self.date_from > self.date_to:
            self.date_to = self.date_from

    def _get_scope(self):
        """Return the scope as plain values, after the checks that whoever asks may ask it.

        :raises AccessError: for whoever is neither auditor nor administrator, or has no access to the company or to
            one of the invoices
        """
        self.ensure_one()
        self.env["account.validation.pack"]._check_reader()
        moves = self.move_ids
        moves.check_access("read")
        companies = moves.company_id or self.company_id
        if companies - self.env.user.company_ids:
            raise AccessError(self.env._("You have no access to that company: choose one of yours."))
        if self.date_from and self.date_to and self.date_from > self.date_to:
            raise UserError(self.env._("The period ends before it begins: correct its dates."))
        return {
            "company_ids": companies.ids,
            "move_ids": moves.ids or False,
            "date_from": not moves and fields.Date.to_string(self.date_from) or False,
            "date_to": not moves and fields.Date.to_string(self.date_to) or False,
        }

    def _reopen(self):
        """Return the action that shows this dialog again."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env["ir.model"]._get(self._name).name,
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }
