from odoo import api, fields, models

from ..calls import check_call


class AccountValidationDecisionWizard(models.TransientModel):
    """The dialog that asks for a comment before a decision on one or several invoices."""

    _name = "account.validation.decision.wizard"
    _description = "Decision on invoices"

    move_ids = fields.Many2many("account.move", string="Invoices", required=True)
    outcome = fields.Selection(
        [
            ("submit", "Submit"),
            ("approve", "Approve"),
            ("return", "Return"),
            ("reject", "Reject"),
            ("cancel", "Cancel the validation"),
            ("force", "Post without validation"),
            ("review", "Review"),
        ],
        required=True,
        default="approve",
    )
    comment = fields.Text()
    comment_required = fields.Boolean(compute="_compute_comment_required")

    @api.depends("outcome", "move_ids")
    def _compute_comment_required(self):
        for wizard in self:
            wizard.comment_required = wizard.outcome in ("return", "reject", "force", "review") or (
                wizard.outcome == "approve" and any(wizard.move_ids.mapped("validation_comment_required"))
            )

    def action_confirm(self):
        """Decide on the invoices with the comment, through the same public methods as the buttons."""
        check_call(self, single=True)
        methods = {"submit": "action_submit", "cancel": "action_cancel_validation"}
        action = getattr(self.move_ids, methods.get(self.outcome, f"action_{self.outcome}"))(comment=self.comment)
        return action or {"type": "ir.actions.act_window_close"}
