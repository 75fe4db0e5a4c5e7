from odoo import models
from odoo.fields import Domain


class ResUsers(models.Model):
    _inherit = "res.users"

    def _get_region_domain(self, prefix=""):
        """Invoices (`prefix`: path from another model to them) that regions do not hide from this user.

        Finance and auditors see every region. Whoever takes part in an invoice sees it, wherever it comes from.
        """
        if not self._is_department_user() or self.has_group("facturation_collab.group_auditor"):
            return Domain.TRUE
        region = f"{prefix}partner_id.region_id"
        return (
            Domain(region, "=", False)
            | Domain(f"{region}.user_ids", "in", self.id)
            | Domain(f"{prefix}validation_participant_ids", "in", self.id)
        )
