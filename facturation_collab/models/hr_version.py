from odoo import api, models


class HrVersion(models.Model):
    """An employee's department is held by the version of the employee record that is in force."""

    _inherit = "hr.version"

    @api.model_create_multi
    def create(self, vals_list):
        versions = super().create(vals_list)
        versions.sudo().employee_id._get_synchronized_departments()._sync_members()
        return versions

    def write(self, vals):
        if not vals.keys() & {"department_id", "employee_id", "date_version", "active"}:
            return super().write(vals)
        employees = self.sudo().employee_id
        departments = employees._get_synchronized_departments()
        result = super().write(vals)
        employees |= self.sudo().employee_id
        (departments | employees._get_synchronized_departments())._sync_members()
        return result

    def unlink(self):
        employees = self.sudo().employee_id
        departments = employees._get_synchronized_departments()
        result = super().unlink()
        (departments | employees.exists()._get_synchronized_departments())._sync_members()
        return result
