from odoo import models


class ResUsers(models.Model):
    _inherit = "res.users"

    def _sees_amounts(self):
        """Finance does, and department users who have the group."""
        return not self._is_department_user() or self.has_group("facturation_example_hide_amounts.group_amounts")
