from odoo import api, fields, models

from .. import credentials

AUTHENTICATIONS = [("password", "Password again"), ("second_factor", "Second factor")]


class AccountValidationPolicy(models.Model):
    _inherit = "account.validation.policy"

    api_key_allowed = fields.Boolean(
        "Programs may approve",
        help="Where a level asks for a password or a second factor, an API key of the approver satisfies it, too. "
        "Otherwise such a level is only approved by a person in Odoo.",
    )


class AccountValidationLevel(models.Model):
    """What a level asks for as a proof of who approves."""

    _inherit = "account.validation.level"

    authentication = fields.Selection(
        [("none", "None"), *AUTHENTICATIONS],
        string="Proof of identity",
        required=True,
        default="none",
        help="What an approver has to enter when approving at this level. Password again: the password, or a second "
        "factor. Second factor: the code of an authenticator app, or a passkey.",
    )
    authentication_amount = fields.Monetary(
        string="Proof from", help="Total with taxes, in the company's currency. 0 means for every invoice."
    )

    _authentication_amount_positive = models.Constraint(
        "CHECK(authentication_amount >= 0)", "The amount from which a level asks for a proof cannot be negative."
    )

    @api.depends("authentication")
    def _compute_summary(self):
        super()._compute_summary()
        for level in self.filtered(lambda level: level.authentication == "second_factor"):
            level.summary = self.env._("%s, with a second factor", level.summary)

    def _get_authentication(self, move):
        """Return what this level asks of an approver of an invoice: password, second_factor, or False."""
        self.ensure_one()
        asked = self.authentication != "none" and self.policy_id._is_amount_within(move, self.authentication_amount, 0)
        return self.authentication if asked else False

    def _get_possible_approvers(self):
        """Return the users who may come to approve at these levels, whatever the invoice.

        An approver type `x` is answered by the method `_get_possible_approvers_x()` of one level.
        """
        return self.env["res.users"].union(
            *(getattr(level.sudo(), f"_get_possible_approvers_{level.approver_type}")() for level in self)
        )

    def _get_possible_approvers_user(self):
        return self.user_ids

    def _get_possible_approvers_group(self):
        return self.group_id.all_user_ids

    def _get_possible_approvers_field(self):
        """Whoever an invoice may name cannot be told in advance."""
        return self.env["res.users"]

    def _get_possible_approvers_role(self):
        return self._get_role_holders_below(self.policy_id.department_ids)

    def _get_possible_approvers_parent_role(self):
        return self._get_role_holders_below(self.policy_id.department_ids.parent_id)

    def _get_role_holders_below(self, departments):
        """Return the users who hold the level's role in departments or below them; everywhere without departments."""
        domain = [("id", "child_of", departments.ids)] if departments else [("company_id", "in", self._get_companies())]
        found = self.env["hr.department"].sudo().search(domain)
        return self.env["res.users"].union(*self._get_role_holders({dep.id: dep for dep in found}).values())

    def _get_companies(self):
        return [False, *self.env["res.company"].sudo().search([("id", "child_of", self.company_id.id)]).ids]


class AccountValidationStep(models.Model):
    """What was asked when the invoice was submitted, and whether it is proven."""

    _inherit = "account.validation.step"

    authentication = fields.Selection(
        AUTHENTICATIONS, string="Proof of identity", readonly=True, help="What its approvers have to enter."
    )
    api_key_allowed = fields.Boolean("Programs may approve", readonly=True)

    def _get_proven(self, outcome, proof=None):
        """Return {step: method} of those of these steps on which the present user may decide as far as it is known who
        they are; the method is False where nothing is asked. Only an approval asks for a proof.

        :param proof: credentials.Proof, or None
        """
        proven = {step: False for step in self if outcome != "approve" or not step.authentication}
        asked = [step for step in self if step not in proven]
        if isinstance(proof, credentials.Proof):
            proven |= {
                step: proof.method
                for step in asked
                if proof.covers(self.env.uid, outcome, step.authentication, step.id, step.request_id.sudo().fingerprint)
            }
        for_programs = [step for step in asked if step not in proven and step.api_key_allowed]
        if for_programs and self.env.user._has_api_key():
            proven |= dict.fromkeys(for_programs, "api_key")
        return proven

    def _get_authentication_refusal(self):
        """Return the sentence for whoever approved this step without the proof that it asks for."""
        self.ensure_one()
        if self.authentication == "password":
            return self.env._(
                "Level “%s” asks you to enter your password again: approve this invoice in Odoo itself.", self.name
            )
        return self.env._("Level “%s” asks for a second factor: approve this invoice in Odoo itself.", self.name)


class AccountValidationRequest(models.Model):
    _inherit = "account.validation.request"

    def _get_unproven_step(self):
        """Return the open step on which the present user can decide, and that asks for a proof; empty when none is."""
        self.ensure_one()
        if not any(step.authentication for step in self.step_ids):
            return self.step_ids.browse()
        step, _refusal = self._get_decidable_step(self.env.user)
        return step.filtered("authentication")
