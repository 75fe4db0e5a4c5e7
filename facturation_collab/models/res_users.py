from odoo import models

USER = "facturation_collab.group_user"


class ResUsers(models.Model):
    _inherit = "res.users"

    def _filter_validation_users(self):
        """Keep the users who can be asked to validate invoices: active, internal, with access to collaborative
        invoicing or to accounting.
        """
        groups = self.env["res.groups"]
        for xmlid in (
            "facturation_collab.group_user",
            "account.group_account_invoice",
            "account.group_account_readonly",
        ):
            groups |= self.env.ref(xmlid)
        return self.sudo().filtered(lambda user: user.active and not user.share and user.all_group_ids & groups)
