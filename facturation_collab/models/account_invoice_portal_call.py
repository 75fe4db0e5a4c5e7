from datetime import timedelta

from odoo import api, fields, models

LOCK = 4713
"""Names the advisory lock of these counts among those of the database."""


class AccountInvoicePortalCall(models.Model):
    """Each thing that somebody sent from the portal. Limits what one customer, one link or one address sends."""

    _name = "account.invoice.portal.call"
    _inherit = "account.validation.record"
    _description = "Message from the portal"
    _order = "id desc"
    _rec_name = "ip"

    _limits = {"partner_id": 20, "move_id": 10, "ip": 60}
    _window = timedelta(hours=1)
    _kept = timedelta(days=7)

    date = fields.Datetime(required=True, readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True, index=True, ondelete="cascade")
    move_id = fields.Many2one("account.move", readonly=True, index=True, ondelete="cascade")
    ip = fields.Char("IP address", readonly=True, index=True)

    @api.model
    def _count(self, partner, move, ip):
        """Record that a company outside sends something on an invoice; tell whether it is too much.

        What is too much is not recorded. A link is counted as its invoice.
        """
        calls = self.sudo()
        vals = {"partner_id": partner.commercial_partner_id.id, "move_id": move.id, "ip": ip or ""}
        self.env.cr.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, vals["partner_id"]])
        since = fields.Datetime.now() - self._window
        for name, limit in self._limits.items():
            if calls.search_count([(name, "=", vals[name]), ("date", ">", since)], limit=limit) >= limit:
                return True
        calls._engine().create({**vals, "date": fields.Datetime.now()})
        return False

    @api.autovacuum
    def _gc_calls(self):
        old = self.sudo().search([("date", "<", fields.Datetime.now() - self._kept)], limit=10000)
        old._engine().unlink()
