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
    return_step_ids = fields.Many2many(
        "account.validation.step", string="Levels to return to", compute="_compute_return_step_ids"
    )
    return_step_id = fields.Many2one(
        "account.validation.step",
        string="Return to",
        domain="[('id', 'in', return_step_ids)]",
        help="Empty: whoever submitted the invoice corrects it. A level: it decides anew, then the invoice comes back.",
    )

    @api.depends("outcome", "move_ids")
    def _compute_comment_required(self):
        for wizard in self:
            wizard.comment_required = wizard.outcome in ("return", "reject", "force", "review") or (
                wizard.outcome == "approve" and any(wizard.move_ids.mapped("validation_comment_required"))
            )

    @api.depends("outcome", "move_ids")
    def _compute_return_step_ids(self):
        """One invoice can go back to an earlier level, if the present user decides on it now."""
        for wizard in self:
            steps = wizard.return_step_ids.browse()
            if wizard.outcome == "return" and len(wizard.move_ids) == 1:
                steps = wizard.move_ids._origin._filtered_access("read")._get_return_targets().sudo(False)
            wizard.return_step_ids = steps

    def action_confirm(self):
        """Decide on the invoices with the comment, through the same public methods as the buttons."""
        check_call(self, single=True)
        methods = {"submit": "action_submit", "cancel": "action_cancel_validation"}
        arguments = {"comment": self.comment}
        if self.outcome == "return" and self.return_step_id:
            arguments["step_id"] = self.return_step_id.id
        action = getattr(self.move_ids, methods.get(self.outcome, f"action_{self.outcome}"))(**arguments)
        return action or {"type": "ir.actions.act_window_close"}
