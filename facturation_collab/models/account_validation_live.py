from odoo import models

from .account_move_live import INBOX, RECORD


class AccountValidationRequest(models.Model):
    """Whoever an invoice begins or ceases to wait for hears of it on their own channel."""

    _inherit = "account.validation.request"

    def write(self, vals):
        if "waiting_user_ids" not in vals:
            return super().write(vals)
        before = {request: request.waiting_user_ids for request in self}
        result = super().write(vals)
        concerned = {}
        for request, users in before.items():
            now = request.waiting_user_ids
            for user in (users | now) - (users & now):
                concerned.setdefault(user, []).append(request.move_id.id)
        for user, move_ids in concerned.items():
            self.env["bus.bus"]._sendone((user, RECORD), INBOX, {"ids": move_ids, "user": self.env.uid})
        return result
