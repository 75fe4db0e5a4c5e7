from odoo import api, models


class AccountValidationWording(models.AbstractModel):
    _inherit = "account.validation.wording"

    @api.model
    def _describe_reason(self, reason):
        """Why somebody was asked, without the amount of the invoice."""
        if not self.env.user._sees_amounts():
            reason = {**reason, "amount_min": 0, "amount_max": 0, "limit": 0}
        return super()._describe_reason(reason)
