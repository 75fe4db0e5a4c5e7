from odoo import api, fields, models
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

    @api.depends("is_within_confidential")
    def _compute_is_encryption_missing(self):
        confidential = self._get_confidential_ids()
        missing = bool(confidential) and not self._has_encryption_key()
        for department in self:
            department.is_encryption_missing = missing and department._origin.id in confidential

    def _on_secrecy_changed(self, changed):
        """The documents follow: encrypted from now on, or readable again."""
        super()._on_secrecy_changed(changed)
        if changed:
            self.env["ir.attachment"]._settle_later()

    @api.model
    def _has_encryption_key(self):
        try:
            return bool(self.env["ir.attachment"]._get_encryption_keys())
        except UserError:
            return False
