from odoo import api, fields, models

from ..calls import check_call


class AccountValidationHandover(models.TransientModel):
    """The dialog that gives invoices to somebody else, takes them over, or asks for and gives advice."""

    _name = "account.validation.handover"
    _description = "Give, take over or ask for advice"

    move_ids = fields.Many2many("account.move", string="Invoices", required=True)
    operation = fields.Selection(
        [
            ("reassign", "Give to somebody else"),
            ("take_over", "Take over"),
            ("forward", "Ask for advice"),
            ("advise", "Give advice"),
        ],
        required=True,
        default="reassign",
    )
    user_id = fields.Many2one("res.users", string="Person", domain="[('share', '=', False)]")
    approver_id = fields.Many2one(
        "res.users",
        string="In the place of",
        domain="[('id', 'in', possible_approver_ids)]",
        help="Whose place it is, where several people are asked.",
    )
    possible_approver_ids = fields.Many2many("res.users", compute="_compute_possible_approver_ids")
    approver_count = fields.Integer(compute="_compute_possible_approver_ids")
    comment = fields.Text()

    @api.depends_context("uid")
    @api.depends("move_ids", "operation")
    def _compute_possible_approver_ids(self):
        """The approvers who are asked now, on invoices that the present user may read."""
        for wizard in self:
            people = self.env["res.users"]
            if wizard.operation in ("reassign", "take_over"):
                requests = wizard.move_ids._filtered_access("read").sudo().validation_request_id
                people = people.union(*(step._get_free_holders() for step in requests.step_ids))
            wizard.possible_approver_ids = people.with_env(self.env)
            wizard.approver_count = len(people)

    def action_confirm(self):
        """Do it through the same public methods as programs."""
        check_call(self, single=True)
        moves, approver = self.move_ids, self.approver_id.id or None
        match self.operation:
            case "reassign":
                action = moves.action_reassign(self.user_id.id, self.comment, approver)
            case "take_over":
                action = moves.action_take_over(self.comment, approver)
            case "forward":
                action = moves.action_forward(self.user_id.id, self.comment)
            case _:
                action = moves.action_advise(self.comment)
        return action or {"type": "ir.actions.act_window_close"}
