from odoo import api, fields, models
from odoo.exceptions import ValidationError

FIRST_VERSION = [("previous_version_id", "=", False)]


class AccountValidationPolicy(models.Model):
    """The criterion “template”: a policy for the invoices that are made from some templates.

    Who may use a template chooses, with it, this policy. So that nobody gets away with less than the rules of the
    company ask, such a policy enforces; and unless it says otherwise it fits only what still is as the template made
    it: an invoice that was changed since goes by the other policies, as if it had no template.
    """

    _inherit = "account.validation.policy"

    template_ids = fields.Many2many(
        "account.invoice.template",
        "account_validation_policy_template_rel",
        string="Templates",
        domain=FIRST_VERSION,
        help="Invoices made from one of these templates, whatever its version. Empty means all invoices.",
    )
    is_for_templates = fields.Boolean(
        compute="_compute_is_for_templates", store=True, help="At hand, so that matching others costs no query."
    )
    template_unchanged = fields.Boolean(
        "Only as the template made it",
        default=True,
        help="An invoice whose lines, terms, journal, currency or fiscal position were changed since the template goes "
        "by the other policies. Switch it off for policies that ask more than the others.",
    )

    @api.depends("template_ids")
    def _compute_is_for_templates(self):
        for policy in self:
            policy.is_for_templates = bool(policy.template_ids)

    @api.constrains("template_ids", "mode")
    def _check_templates(self):
        for policy in self.sudo().filtered("template_ids"):
            if policy.mode == "observe":
                raise ValidationError(
                    self.env._(
                        "Policy “%s” is for templates, which people choose themselves: it can enforce or be off, not "
                        "only observe.",
                        policy.name,
                    )
                )
            for template in policy.template_ids.filtered("department_id.is_within_confidential"):
                raise ValidationError(
                    self.env._(
                        "“%(template)s” belongs to a confidential department, and everybody reads policies: use the "
                        "department as the criterion of policy “%(policy)s” instead.",
                        template=template.name,
                        policy=policy.name,
                    )
                )

    def _get_match_criteria(self):
        criteria = super()._get_match_criteria()
        return {**criteria, "template": self._match_template} if self.is_for_templates else criteria

    def _match_template(self, moves):
        made = moves.filtered(lambda move: move.template_id.origin_id & self.template_ids.origin_id)
        return made.filtered(lambda move: move._is_as_template()) if self.template_unchanged else made


class AccountInvoiceTemplate(models.Model):
    _inherit = "account.invoice.template"

    policy_ids = fields.Many2many(
        "account.validation.policy",
        string="Validation policies",
        compute="_compute_policy_ids",
        help="The policies that are for invoices made from this template.",
    )

    @api.depends("origin_id")
    def _compute_policy_ids(self):
        policies = self.env["account.validation.policy"].sudo()
        named = policies.search([("template_ids", "in", self.origin_id.ids)])
        for template in self:
            found = named.filtered(lambda policy, template=template: template.origin_id in policy.template_ids)
            template.policy_ids = found.with_env(self.env)


class AccountValidationWording(models.AbstractModel):
    _inherit = "account.validation.wording"

    @api.model
    def _describe_conditions(self, policy):
        names = ", ".join(policy.sudo().template_ids.mapped("name"))
        return [*super()._describe_conditions(policy), names and self.env._("made from the template %s", names)]

    @api.model
    def _get_criteria_values(self, policy, move, names):
        values = super()._get_criteria_values(policy, move, names)
        return {**values, "template": move.sudo().template_id.display_name} if "template" in names else values

    @api.model
    def _describe_criteria(self, criteria):
        found = super()._describe_criteria(criteria)
        return [*found, self.env._("Template: %s", criteria["template"])] if "template" in criteria else found


class AccountValidationForecast(models.AbstractModel):
    _inherit = "account.validation.forecast"

    @api.model
    def _get_criterion_labels(self):
        label = self.env._("It is for invoices made from a template, and as it made them.")
        return super()._get_criterion_labels() | {"template": label}
