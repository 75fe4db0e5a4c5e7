from odoo import fields, models

from ..calls import check_call


class AccountInvoiceCreditProposal(models.TransientModel):
    """The dialog that proposes the credit note of a dispute."""

    _name = "account.invoice.credit.proposal"
    _description = "Propose a credit note"

    question_id = fields.Many2one("account.invoice.question", required=True, ondelete="cascade")
    move_id = fields.Many2one(related="question_id.move_id")
    currency_id = fields.Many2one(related="question_id.currency_id")
    scope = fields.Selection(
        [("whole", "The whole invoice"), ("lines", "Some lines"), ("amount", "An amount")],
        string="Credit",
        required=True,
        default="whole",
    )
    line_ids = fields.Many2many(
        "account.move.line", string="Lines", domain="[('move_id', '=', move_id), ('display_type', '=', 'product')]"
    )
    amount = fields.Monetary(help="With taxes, in the currency of the invoice.")
    reason = fields.Char()

    def action_confirm(self):
        """Propose it through the same public method as programs."""
        check_call(self, single=True)
        return self.question_id.action_propose_credit(self.scope, self.line_ids.ids, self.amount, self.reason or None)
