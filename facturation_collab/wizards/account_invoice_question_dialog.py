from odoo import api, fields, models

from ..calls import check_call


class AccountInvoiceQuestionDialog(models.TransientModel):
    """The dialog that asks, answers, asks again, or gives a question to somebody else."""

    _name = "account.invoice.question.dialog"
    _description = "Ask or answer a question"

    operation = fields.Selection(
        [("ask", "Ask"), ("answer", "Answer"), ("reopen", "Ask again"), ("assign", "Give to somebody else")],
        required=True,
        default="ask",
    )
    move_ids = fields.Many2many("account.move", string="Invoices")
    question_id = fields.Many2one("account.invoice.question", ondelete="cascade")
    kind_id = fields.Many2one("account.invoice.question.kind", string="About")
    line_id = fields.Many2one(
        "account.move.line",
        domain="[('move_id', 'in', move_ids), ('display_type', '=', 'product')]",
        ondelete="cascade",
    )
    move_count = fields.Integer(compute="_compute_move_count")
    user_id = fields.Many2one("res.users", string="Person", domain="[('share', '=', False)]")
    department_id = fields.Many2one("hr.department")
    partner_id = fields.Many2one("res.partner", string="Outside", help="Answers by a link in an e-mail.")
    is_blocking = fields.Boolean("Hold the approval", compute="_compute_is_blocking", store=True, readonly=False)
    text = fields.Text()
    attachment_ids = fields.Many2many("ir.attachment", string="Files")
    is_from_outside = fields.Boolean(compute="_compute_is_from_outside")
    canned_response_id = fields.Many2one(
        "mail.canned.response", string="Prepared answer", help="Adds its text to your answer; change it as you like."
    )

    @api.depends("move_ids")
    def _compute_move_count(self):
        for dialog in self:
            dialog.move_count = len(dialog.move_ids)

    @api.depends("question_id")
    def _compute_is_from_outside(self):
        for dialog in self:
            dialog.is_from_outside = bool(dialog.question_id.asker_partner_id)

    @api.onchange("canned_response_id")
    def _onchange_canned_response_id(self):
        if self.canned_response_id:
            self.text = "\n".join(filter(None, [self.text, self.canned_response_id.substitution]))

    @api.depends("kind_id")
    def _compute_is_blocking(self):
        for dialog in self:
            dialog.is_blocking = dialog.kind_id.is_blocking

    def action_confirm(self):
        """Do it through the same public methods as programs."""
        check_call(self, single=True)
        question, files = self.question_id, self.attachment_ids.ids
        match self.operation:
            case "ask":
                action = self.move_ids.action_ask(
                    self.kind_id.id,
                    self.text,
                    user_id=self.user_id.id,
                    department_id=self.department_id.id,
                    partner_id=self.partner_id.id,
                    line_id=self.line_id.id,
                    is_blocking=self.is_blocking,
                    correction=self._get_correction(),
                    attachment_ids=files,
                )
            case "answer":
                action = question.action_answer(self.text, files)
            case "reopen":
                action = question.action_reopen(self.text)
            case _:
                action = question.action_assign(self.user_id.id, self.department_id.id)
        return action or {"type": "ir.actions.act_window_close"}
