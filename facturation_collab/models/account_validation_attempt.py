import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.http import request

_logger = logging.getLogger(__name__)

LOCK = 4711
"""Names the advisory lock of these counts among those of the database."""


class AccountValidationAttempt(models.Model):
    """Each time somebody was asked to prove who they are, and whether they did. Limits wrong answers.

    Written in a transaction of its own before the answer is looked at: what fails afterwards does not erase it, and
    many answers sent at once do not pass the limit.
    """

    _name = "account.validation.attempt"
    _inherit = "account.validation.record"
    _description = "Proof of identity"
    _order = "id desc"
    _rec_name = "user_id"

    _max_failures = 5
    _window = timedelta(minutes=15)
    _kept = timedelta(days=365)

    user_id = fields.Many2one("res.users", required=True, readonly=True, index=True, ondelete="cascade")
    date = fields.Datetime(required=True, readonly=True)
    method = fields.Selection(
        [("totp", "Authenticator app"), ("passkey", "Passkey"), ("password", "Password")], required=True, readonly=True
    )
    state = fields.Selection([("failed", "Failed"), ("accepted", "Accepted")], required=True, readonly=True)
    ip = fields.Char("IP address", readonly=True)

    @api.model
    def _begin(self, method):
        """Record that the present user answers, as failed until it is accepted. Survives a rollback.

        :returns: id of the attempt
        :raises UserError: when there were too many wrong answers
        """
        with self.env.registry.cursor() as cr:
            attempts = self.with_env(self.env(cr=cr))
            cr.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, self.env.uid])
            blocked = attempts._count_failures() >= self._max_failures
            attempt_id = None if blocked else attempts._engine().create(attempts._prepare_vals(method)).id
        if blocked:
            _logger.info("Proof of identity: BLOCKED for %s (%s)", self.env.user.login, method)
            raise UserError(
                self.env._(
                    "There were too many wrong answers: wait %s minutes, then try again. If it was not you who gave "
                    "them, change your password and tell an administrator.",
                    int(self._window.total_seconds() // 60),
                )
            )
        return attempt_id

    @api.model
    def _accept(self, attempt_id):
        """Record that the answer was right. Earlier wrong ones no longer count."""
        with self.env.registry.cursor() as cr:
            self.with_env(self.env(cr=cr)).browse(attempt_id)._engine().write({"state": "accepted"})

    def _prepare_vals(self, method):
        return {
            "user_id": self.env.uid,
            "date": fields.Datetime.now(),
            "method": method,
            "state": "failed",
            "ip": request.httprequest.remote_addr if request else False,
        }

    def _count_failures(self):
        """Return the number of wrong answers of the present user in the window, since the last right one."""
        mine = Domain("user_id", "=", self.env.uid) & Domain("date", ">", fields.Datetime.now() - self._window)
        accepted = self.sudo().search(mine & Domain("state", "=", "accepted"), limit=1)
        return self.sudo().search_count(mine & Domain("state", "=", "failed") & Domain("id", ">", accepted.id or 0))

    @api.autovacuum
    def _gc_attempts(self):
        old = self.sudo().search([("date", "<", fields.Datetime.now() - self._kept)], limit=10000)
        old._engine().unlink()
