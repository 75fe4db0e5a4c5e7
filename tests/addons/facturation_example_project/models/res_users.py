from odoo import models
from odoo.fields import Domain


class ResUsers(models.Model):
    _inherit = "res.users"

    def _get_invoice_edit_domain(self, prefix=""):
        """Besides the drafts of their departments, department users edit those charged to their projects."""
        return super()._get_invoice_edit_domain(prefix) | (
            Domain(f"{prefix}state", "=", "draft")
            & Domain(f"{prefix}validation_state", "in", (False, "returned", "cancelled"))
            & Domain(f"{prefix}project_account_ids.team_ids", "in", self.id)
        )
