from odoo import models
from odoo.fields import Domain

from .account_validation_delegation_follow import SLICE


class ResUsers(models.Model):
    """Somebody who is archived is no longer waited for; somebody who comes back is, where their place is still free."""

    _inherit = "res.users"

    def write(self, vals):
        active = vals.get("active")
        changed = self.filtered(lambda user: user.active != active) if "active" in vals else self.browse()
        result = super().write(vals)
        if changed:
            # Whoever may archive a user may do what follows from it.
            self.env["account.validation.request"].sudo()._follow_archiving(changed.sudo())
        return result


class AccountValidationRequest(models.Model):
    _inherit = "account.validation.request"

    def _follow_archiving(self, users):
        """Store anew who can act on the requests under way that ask users who were archived or came back, or those
        who delegated to them. Who may decide is computed at each decision; this is what lists show.
        """
        delegations = self.env["account.validation.delegation"].search(Domain("to_user_id", "in", users.ids))
        asked = users | delegations.from_user_id
        domain = Domain("state", "=", "pending")
        domain &= Domain("step_ids", "any", [("state", "=", "open"), ("approver_ids", "in", asked.ids)])
        requests = self.search(domain, order="id")
        for position in range(0, len(requests), SLICE):
            part = requests[position : position + SLICE]
            part._lock()
            part._refresh_actors()
