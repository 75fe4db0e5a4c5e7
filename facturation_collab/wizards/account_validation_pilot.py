from odoo import api, fields, models
from odoo.exceptions import UserError

from ..calls import check_call


class AccountValidationPilot(models.TransientModel):
    """What a policy in observation found, and the switch to enforcing it, with what that changes today."""

    _name = "account.validation.pilot"
    _description = "Pilot of a policy"

    policy_id = fields.Many2one("account.validation.policy", required=True, readonly=True)
    mode = fields.Selection(related="policy_id.mode")
    request_count = fields.Integer(string="Validations", compute="_compute_figures")
    approved_count = fields.Integer(string="Approved", compute="_compute_figures")
    open_count = fields.Integer(string="Still open", compute="_compute_figures")
    blocked_count = fields.Integer(string="Posted before the approval", compute="_compute_figures")
    skipped_count = fields.Integer(string="Posted without submission", compute="_compute_figures")
    overdue_count = fields.Integer(string="With a late answer", compute="_compute_figures")
    hours = fields.Float(string="Average time to decide (hours)", compute="_compute_figures")
    draft_count = fields.Integer(string="Drafts held back from now on", compute="_compute_figures")
    stuck_count = fields.Integer(string="Drafts without possible approver", compute="_compute_figures")
    impact = fields.Text(compute="_compute_figures")

    @api.depends("policy_id")
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_figures(self):
        self.browse().check_access("create")
        for wizard in self:
            policy = wizard.policy_id._origin
            impact = policy._get_enforcement() if policy else {"draft_count": 0, "stuck_count": 0}
            figures = policy._get_pilot_figures() if policy else dict.fromkeys(_FIGURES, 0)
            wizard.update(
                {
                    **figures,
                    "draft_count": impact["draft_count"],
                    "stuck_count": impact["stuck_count"],
                    "impact": policy and policy._describe_enforcement(impact),
                }
            )

    def action_view_drafts(self):
        """Return the list of the drafts that enforcing the policy would hold back."""
        check_call(self, single=True)
        ids = self.policy_id._get_enforcement()["draft_ids"]
        action = self.env["ir.actions.act_window"]._for_xml_id("facturation_collab.account_move_action_validation")
        return action | {"domain": [("id", "in", ids)], "context": {"create": False}}

    def action_enforce(self):
        """Enforce the policy from now on."""
        check_call(self, single=True)
        self.policy_id.check_access("write")
        if self.policy_id.mode != "observe":
            raise UserError(
                self.env._("Policy “%s” does not observe: change its mode in its form.", self.policy_id.name)
            )
        self.policy_id.mode = "enforce"
        return {"type": "ir.actions.client", "tag": "soft_reload"}


_FIGURES = (
    "request_count",
    "approved_count",
    "open_count",
    "blocked_count",
    "skipped_count",
    "overdue_count",
    "hours",
)
