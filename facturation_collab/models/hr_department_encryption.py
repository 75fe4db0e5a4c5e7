from odoo import api, fields, models, tools
from odoo.exceptions import UserError

from .hr_department import ADMINISTRATOR


class HrDepartment(models.Model):
    """Whose invoices' documents are encrypted: those of confidential departments and of the ones below."""

    _inherit = "hr.department"

    is_encryption_missing = fields.Boolean(
        compute="_compute_is_encryption_missing",
        compute_sudo=True,
        groups=ADMINISTRATOR,
        help="Confidential, while the server has no key: the documents are not encrypted.",
    )

    @api.depends("is_confidential", "parent_path")
    def _compute_is_encryption_missing(self):
        confidential = self._get_confidential_ids()
        missing = bool(confidential) and not self._has_encryption_key()
        for department in self:
            department.is_encryption_missing = missing and department._origin.id in confidential

    @api.model_create_multi
    def create(self, vals_list):
        departments = super().create(vals_list)
        if departments.sudo().filtered(lambda department: department.is_confidential or department.parent_id):
            self.env.registry.clear_cache()
        return departments

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"is_confidential", "parent_id"}:
            self.env.registry.clear_cache()
            if "is_confidential" in vals or self._get_confidential_ids():
                self.env["ir.attachment"]._settle_later()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    @api.model
    @tools.ormcache()
    def _get_confidential_ids(self):
        """Ids of the departments that are confidential, by themselves or by one above; kept until one changes."""
        departments = self.sudo().with_context(active_test=False)
        marked = departments.search([("is_confidential", "=", True)])
        return frozenset(departments.search([("id", "child_of", marked.ids)]).ids) if marked else frozenset()

    @api.model
    def _has_encryption_key(self):
        try:
            return bool(self.env["ir.attachment"]._get_encryption_keys())
        except UserError:
            return False
