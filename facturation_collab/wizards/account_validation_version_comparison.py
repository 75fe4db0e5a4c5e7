from odoo import api, fields, models

SAME_POLICY = "[('policy_id', '=', policy_id)]"


class AccountValidationVersionComparison(models.TransientModel):
    """What differs between two versions of a policy, in words."""

    _name = "account.validation.version.comparison"
    _description = "Comparison of two versions"

    before_id = fields.Many2one(
        "account.validation.policy.version", string="From", required=True, domain=SAME_POLICY, ondelete="cascade"
    )
    after_id = fields.Many2one(
        "account.validation.policy.version", string="To", required=True, domain=SAME_POLICY, ondelete="cascade"
    )
    policy_id = fields.Many2one(related="before_id.policy_id")
    differences = fields.Json(compute="_compute_differences")
    answer = fields.Html(compute="_compute_answer", sanitize=False)

    @api.depends("before_id", "after_id")
    @api.depends_context("uid", "lang")
    def _compute_differences(self):
        for wizard in self:
            before, after = wizard.before_id._origin, wizard.after_id._origin
            (before | after).check_access("read")
            wizard.differences = before._get_differences_to(after)

    @api.depends("differences")
    def _compute_answer(self):
        for wizard in self:
            wizard.answer = self.env["ir.qweb"]._render(
                "facturation_collab.account_validation_version_comparison_answer",
                {"differences": wizard.differences or [], "is_complete": wizard.before_id and wizard.after_id},
            )
