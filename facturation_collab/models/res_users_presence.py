from odoo import fields, models
from odoo.tools import SQL


class ResUsers(models.Model):
    """Whether somebody is shown to others on the invoices that they have open: their own choice."""

    _inherit = "res.users"

    has_presence = fields.Boolean(
        "Show others which invoices I have open",
        default=True,
        help="Without, others do not see you on an invoice, and nothing about it is kept. You still see the others.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return [*super().SELF_READABLE_FIELDS, "has_presence"]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return [*super().SELF_WRITEABLE_FIELDS, "has_presence"]

    def write(self, vals):
        result = super().write(vals)
        if "has_presence" in vals and not vals["has_presence"]:
            left = self.env["account.move.presence"]._forget(SQL("user_id = ANY(%s)", list(self.ids)))
            self.env["account.move"].browse(left)._send_presence("mode")
        return result
