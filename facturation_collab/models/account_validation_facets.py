from odoo import fields, models

from .. import facets


class AccountValidationPolicy(models.Model):
    """What becomes of approvals when an invoice is corrected and submitted again."""

    _inherit = "account.validation.policy"

    on_change = fields.Selection(
        [("concerned", "Ask only the levels that the change concerns"), ("restart", "Start again")],
        string="A correction under way",
        required=True,
        default="concerned",
        help="An invoice was returned, taken back or changed, and is submitted again. Ask only the levels that the "
        "change concerns: what others approved stands. Start again: everybody is asked again.",
    )


class AccountValidationLevel(models.Model):
    """What a level depends on: its approval stands as long as nothing of this changes, but for what it tolerates."""

    _inherit = "account.validation.level"

    depends_on_partner = fields.Boolean("Partner", default=True, help="Customer or vendor, and fiscal position.")
    depends_on_bank = fields.Boolean("Bank account", default=True, help="Bank account, its number, payment reference.")
    depends_on_amounts = fields.Boolean("Amounts", default=True, help="Totals, prices, discounts, taxes, rate.")
    depends_on_lines = fields.Boolean(
        "Lines", default=True, help="Lines added or removed, products, quantities, accounts, kinds of taxes."
    )
    depends_on_dates = fields.Boolean("Dates", default=True, help="Dates, payment terms, instalments.")
    depends_on_analytic = fields.Boolean("Analytic", default=True, help="Department and analytic distribution.")
    depends_on_texts = fields.Boolean("Texts", help="Reference, labels, notes, and the order of lines.")
    tolerance_percent = fields.Float(
        "Tolerance (%)",
        help="By how much amounts may change, in percent of the approved total, before this level is asked again. "
        "Changes add up since its approval. 0 means no such tolerance.",
    )
    tolerance_amount = fields.Monetary(
        "Tolerance (amount)",
        help="By how much amounts may change, in the company's currency, before this level is asked again. Changes add "
        "up since its approval. 0 means no such limit; where both are set, both hold.",
    )

    _tolerance_positive = models.Constraint(
        "CHECK(tolerance_percent >= 0 AND tolerance_amount >= 0)", "The tolerance of a level cannot be negative."
    )

    def _get_facets(self):
        """Return the names of the parts of the content that this level depends on."""
        self.ensure_one()
        return [facet for facet in facets.FACETS if self[f"depends_on_{facet}"]]


class AccountValidationRequest(models.Model):
    _inherit = "account.validation.request"

    on_change = fields.Selection(
        [("concerned", "Ask only the levels that the change concerns"), ("restart", "Start again")],
        string="A correction under way",
        readonly=True,
    )

    def _prepare_request_vals(self, policy, move, criteria):
        return {**super()._prepare_request_vals(policy, move, criteria), "on_change": policy.on_change}

    def _prepare_step_vals(self, level, move, approvers):
        return {
            **super()._prepare_step_vals(level, move, approvers),
            "facets": level._get_facets(),
            "tolerance_percent": level.tolerance_percent,
            "tolerance_amount": level.tolerance_amount,
        }


class AccountValidationStep(models.Model):
    """The frozen choice of the level."""

    _inherit = "account.validation.step"

    facets = fields.Json(string="Depends on", readonly=True)
    tolerance_percent = fields.Float("Tolerance (%)", readonly=True)
    tolerance_amount = fields.Float("Tolerance (amount)", readonly=True, help="In the company's currency.")
