from odoo import api, models
from odoo.fields import Domain


class HrEmployee(models.Model):
    _inherit = "hr.employee"

    @api.model_create_multi
    def create(self, vals_list):
        employees = super().create(vals_list)
        employees._get_synchronized_departments()._sync_members()
        return employees

    def write(self, vals):
        if not vals.keys() & {"user_id", "active"}:
            return super().write(vals)
        departments = self._get_synchronized_departments()
        result = super().write(vals)
        (departments | self._get_synchronized_departments())._sync_members()
        return result

    def unlink(self):
        departments = self._get_synchronized_departments()
        result = super().unlink()
        departments._sync_members()
        return result

    def _get_synchronized_departments(self):
        """Departments whose roles follow these employees: where they work, and those they manage."""
        departments = self.env["hr.department"].sudo().with_context(active_test=False)
        synchronized = departments.search(Domain("sync_members", "=", True))
        if not synchronized:
            return departments
        work = self.sudo().department_id
        return synchronized.filtered(lambda department: department in work or department.manager_id in self)
