from odoo import api, models


class AccountAccessReason(models.AbstractModel):
    _inherit = "account.access.reason"

    @api.model
    def _get_facts(self, source, move, user):
        facts = super()._get_facts(source, move, user)
        region = move.partner_id.region_id
        if source != "facturation_example_region.account_move_rule_region" or not region:
            return facts
        names = {"user": user.name, "region": region.name}
        if user in region.user_ids:
            return [*facts, self.env._("%(user)s works in the region %(region)s.", **names)]
        return [*facts, self.env._("The partner is in the region %(region)s, where %(user)s does not work.", **names)]
