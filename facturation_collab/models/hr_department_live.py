from odoo import models

from .account_move_live import CHANNELS, RECORD


class HrDepartment(models.Model):
    """Whoever comes to read the invoices of a department, or ceases to, subscribes anew."""

    _inherit = "hr.department"

    def _refresh_roles(self):
        before = self.sudo().reader_ids
        super()._refresh_roles()
        now = self.sudo().reader_ids
        for user in (before | now) - (before & now):
            self.env["bus.bus"]._sendone((user, RECORD), CHANNELS, {})
