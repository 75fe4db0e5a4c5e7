import logging
from datetime import timedelta

from odoo import api, fields, models

_logger = logging.getLogger(__name__)

LOCK = 4712
"""Names the advisory lock of these counts among those of the database."""


class AccountValidationLinkMiss(models.Model):
    """Each time somebody followed a decision link that we did not make. Limits guesses from one address.

    Links that we made are not counted and not limited: nobody blocks an approver who is behind the same address.
    """

    _name = "account.validation.link.miss"
    _inherit = "account.validation.record"
    _description = "Unknown decision link"
    _order = "id desc"
    _rec_name = "ip"

    _max_misses = 20
    _window = timedelta(minutes=15)
    _kept = timedelta(days=30)

    date = fields.Datetime(required=True, readonly=True)
    ip = fields.Char("IP address", readonly=True, index=True)

    @api.model
    def _count(self, ip):
        """Record a miss from an address; tell whether there were too many, which are no longer recorded."""
        misses = self.sudo()
        self.env.cr.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, ip or ""])
        domain = [("ip", "=", ip), ("date", ">", fields.Datetime.now() - self._window)]
        if misses.search_count(domain, limit=self._max_misses) >= self._max_misses:
            return True
        misses._engine().create({"ip": ip, "date": fields.Datetime.now()})
        _logger.info("Decision link: UNKNOWN from %s", ip)
        return False

    @api.autovacuum
    def _gc_misses(self):
        old = self.sudo().search([("date", "<", fields.Datetime.now() - self._kept)], limit=10000)
        old._engine().unlink()
