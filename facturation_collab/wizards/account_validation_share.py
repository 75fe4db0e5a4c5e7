from odoo import Command, api, fields, models

from ..calls import check_call


class AccountValidationShareWizard(models.TransientModel):
    """The dialog in which an approver refuses single lines of their share, and approves the others."""

    _name = "account.validation.share.wizard"
    _description = "Refusing lines of a share"

    step_id = fields.Many2one("account.validation.step", required=True, readonly=True)
    title = fields.Char(compute="_compute_title")
    comment = fields.Text()
    comment_required = fields.Boolean(related="step_id.comment_required")
    line_ids = fields.One2many("account.validation.share.wizard.line", "wizard_id", string="Lines")

    @api.model
    def default_get(self, fields):
        """The lines of the share, as they were submitted, for whoever may read the step."""
        values = super().default_get(fields)
        step = self.env["account.validation.step"].browse(values.get("step_id")).exists()
        if "line_ids" in fields and step:
            step.check_access("read")
            values["line_ids"] = self.line_ids._prepare_lines(step.sudo())
        return values

    @api.depends("step_id")
    def _compute_title(self):
        for wizard in self:
            wizard.step_id.check_access("read")
            wizard.title = wizard.step_id.sudo()._get_share_title() if wizard.step_id else False

    def action_confirm(self):
        """Approve the share without the lines that are marked, through the same public method as everything else."""
        check_call(self, single=True)
        refused = [{"line": line.position, "reason": line.reason or ""} for line in self.line_ids if line.is_refused]
        action = self.step_id.action_refuse_lines(refused, self.comment)
        return action or {"type": "ir.actions.act_window_close"}


class AccountValidationShareWizardLine(models.TransientModel):
    """One line of the share. What it shows comes from the step; only the mark and the reason are the user's."""

    _name = "account.validation.share.wizard.line"
    _description = "Line that may be refused"
    _order = "position"

    wizard_id = fields.Many2one("account.validation.share.wizard", required=True, ondelete="cascade")
    position = fields.Integer(required=True)
    label = fields.Char(string="Line")
    amount = fields.Char(string="Your part")
    is_refused = fields.Boolean(string="Refuse")
    reason = fields.Char(help="Goes to whoever corrects the invoice or makes the credit note.")

    @api.model
    def _prepare_lines(self, step):
        """Return commands that create the lines of a step's share, each line of the invoice once."""
        found = {}
        for line in step.move_id._get_panel_share(step)["lines"]:
            entry = found.setdefault(line["position"], {"position": line["position"], "label": line["label"]})
            part = f"{line['amount']} ({line['percent']})" if line["percent"] else line["amount"]
            entry["amount"] = f"{entry['amount']} + {part}" if "amount" in entry else part
        return [Command.create(vals) for vals in found.values()]


class AccountValidationShareDecision(models.TransientModel):
    """The dialog that asks for a comment before a decision on a share."""

    _name = "account.validation.share.decision"
    _description = "Decision on a share"

    step_id = fields.Many2one("account.validation.step", required=True, readonly=True)
    outcome = fields.Selection(
        [("approve", "Approve"), ("return", "Return"), ("reject", "Reject")], required=True, default="approve"
    )
    comment = fields.Text()

    def action_confirm(self):
        """Decide on the step with the comment, through the same public methods as the buttons."""
        check_call(self, single=True)
        action = getattr(self.step_id, f"action_{self.outcome}")(self.comment)
        return action or {"type": "ir.actions.act_window_close"}
