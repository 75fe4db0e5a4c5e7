from odoo import fields, models
from odoo.tools import SQL


class ResCompany(models.Model):
    """Whether people see who works on an invoice at the same time."""

    _inherit = "res.company"

    has_presence = fields.Boolean(
        "Show who works on an invoice",
        default=True,
        help="Whoever reads an invoice sees who else has it open. Without, nothing about it is kept.",
    )

    def write(self, vals):
        result = super().write(vals)
        if "has_presence" in vals and not vals["has_presence"]:
            moves = SQL("SELECT id FROM account_move WHERE company_id = ANY(%s)", list(self.ids))
            left = self.env["account.move.presence"]._forget(SQL("move_id IN (%s)", moves))
            self.env["account.move"].browse(left)._send_presence("mode")
        return result


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    has_presence = fields.Boolean(related="company_id.has_presence", readonly=False)
