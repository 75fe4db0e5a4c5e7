from odoo import api, fields, models
from odoo.exceptions import UserError

from ..notification import get_notification


class AccountPaymentRegister(models.TransientModel):
    """Paying several invoices pays those that are approved and names the others."""

    _inherit = "account.payment.register"

    validation_left_out = fields.Text(readonly=True, help="The invoices that are not paid, and why.")

    @api.model
    def default_get(self, fields_list):
        res = super().default_get(fields_list)
        lines = self.env["account.move.line"].browse(
            line_id for command in res.get("line_ids") or () if command[0] == 6 for line_id in command[2]
        )
        refusals = lines.move_id._get_payment_refusals()
        if refusals:
            kept = lines.filtered(lambda line: line.move_id.id not in refusals)
            if not kept:
                raise UserError(lines.move_id._describe_payment_refusals(refusals))
            res["line_ids"] = [(6, 0, kept.ids)]
            if "validation_left_out" in fields_list:
                res["validation_left_out"] = lines.move_id._describe_payment_refusals(refusals)
        return res

    def _create_payments(self):
        moves = self.line_ids.move_id
        if refusals := moves._get_payment_refusals():
            raise UserError(moves._describe_payment_refusals(refusals))
        return super()._create_payments()

    def action_create_payments(self):
        action = super().action_create_payments()
        if not self.validation_left_out:
            return action
        return get_notification(
            self.validation_left_out,
            is_warning=True,
            title=self.env._("Not paid"),
            then=action if isinstance(action, dict) else {"type": "ir.actions.act_window_close"},
        )
