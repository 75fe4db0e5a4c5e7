from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..calls import check_call
from ..models.hr_department import ADMINISTRATOR


class AccountValidationDelegate(models.TransientModel):
    """The dialog in which somebody says who decides for them, or for somebody whom they may speak for."""

    _name = "account.validation.delegate"
    _inherit = "account.validation.terms"
    _description = "Have somebody decide"

    from_user_id = fields.Many2one(ondelete="cascade")
    to_user_id = fields.Many2one(ondelete="cascade")
    is_for_others = fields.Boolean(
        compute="_compute_is_for_others", help="The present user may also speak for somebody else."
    )

    @api.depends_context("uid")
    def _compute_is_for_others(self):
        managed = (
            self.env["account.department.member"]
            .sudo()
            .search_count(
                [("user_id", "=", self.env.uid), ("role", "=", "manager"), ("is_current", "=", True)], limit=1
            )
        )
        self.is_for_others = bool(managed) or self.env.user.has_group(ADMINISTRATOR)

    def action_delegate(self):
        """Give the delegation. Invoices that wait now follow at once.

        :raises AccessError: when the present user may not speak for that person
        :raises UserError: when the days, or the person who would decide, do not fit; says why
        """
        check_call(self, single=True)
        approver, delegate = self.from_user_id, self.to_user_id
        if refusal := approver._get_delegating_refusal(self.env.user, self.department_ids):
            raise AccessError(refusal)
        delegations = self.env["account.validation.delegation"]
        if refusal := self._get_days_refusal(delegations._get_today(approver)):
            raise UserError(refusal)
        moments = delegations._get_moments(approver, self.date_from, self.date_to)
        if refusal := delegations._get_people_refusal(approver, delegate, **moments):
            raise UserError(refusal)
        delegations._give(self._get_terms())
        return {"type": "ir.actions.act_window_close"}

    def _get_days_refusal(self, today):
        """Return why the days or the amount do not fit, or an empty text."""
        if self.amount_max < 0:
            return self.env._("The amount up to which somebody decides cannot be negative.")
        if not self.date_to:
            return ""
        if self.date_to < self.date_from:
            return self.env._("The delegation ends before it begins: correct its days.")
        if self.date_to < today:
            return self.env._("The last day is over: choose a later one.")
        return ""
