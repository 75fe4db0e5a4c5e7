from odoo import models

VALIDATING_GROUPS = (
    "facturation_collab.group_user",
    "account.group_account_invoice",
    "account.group_account_readonly",
)


class ResUsers(models.Model):
    _inherit = "res.users"

    def _filter_validation_users(self):
        """Keep the users who can be asked to validate invoices: active, internal, with access to collaborative
        invoicing or to accounting.
        """
        get_id = self.env["ir.model.data"]._xmlid_to_res_id
        groups = {get_id(xmlid, raise_if_not_found=True) for xmlid in VALIDATING_GROUPS}
        return self.sudo().filtered(
            lambda user: user.active and not user.share and not groups.isdisjoint(user.all_group_ids._ids)
        )
