from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_list

from ..calls import check_call
from .hr_department import ADMINISTRATOR


class ResUsers(models.Model):
    """Who needs a second factor to approve, and who lacks one. For administrators."""

    _inherit = "res.users"

    validation_needs_second_factor = fields.Boolean(
        "Needs a second factor",
        compute="_compute_validation_needs_second_factor",
        search="_search_validation_needs_second_factor",
        groups=ADMINISTRATOR,
        help="A level in force asks this user for a second factor.",
    )
    validation_has_second_factor = fields.Boolean(
        "Has a second factor",
        compute="_compute_validation_has_second_factor",
        search="_search_validation_has_second_factor",
        groups=ADMINISTRATOR,
        help="An authenticator app or a passkey is set up.",
    )

    def _compute_validation_needs_second_factor(self):
        approvers = self._get_strong_approvers()
        for user in self:
            user.validation_needs_second_factor = user in approvers

    def _compute_validation_has_second_factor(self):
        holders = self._get_second_factor_holders()
        for user in self:
            user.validation_has_second_factor = user in holders

    def _search_validation_needs_second_factor(self, operator, value):
        return _search_among(self._get_strong_approvers(), operator, value)

    def _search_validation_has_second_factor(self, operator, value):
        return _search_among(self._get_second_factor_holders(), operator, value)

    @api.model
    def _get_strong_approvers(self):
        """Return the users of whom a level in force may ask a second factor."""
        domain = Domain("authentication", "=", "second_factor")
        domain &= Domain("policy_id.active", "=", True) & Domain("policy_id.mode", "!=", "off")
        levels = self.env["account.validation.level"].sudo().search(domain)
        return levels._get_possible_approvers()._filter_validation_users()

    @api.model
    def _get_second_factor_holders(self):
        """Return the users who have an authenticator app or a passkey."""
        self.env.cr.execute("SELECT id FROM res_users WHERE totp_secret IS NOT NULL")
        holders = self.browse(user_id for (user_id,) in self.env.cr.fetchall())
        if "auth.passkey.key" in self.env:
            groups = self.env["auth.passkey.key"].sudo()._read_group([], ["create_uid"])
            holders = holders.union(*(user for (user,) in groups))
        return holders

    def action_validation_invite_second_factor(self):
        """Send Odoo's own invitation to set up a second factor to those of these users who need one and lack it."""
        check_call(self)
        if not self.env.user.has_group(ADMINISTRATOR):
            raise AccessError(self.env._("Only an administrator of collaborative invoicing sends these invitations."))
        users = (self & self._get_strong_approvers()) - self._get_second_factor_holders()
        if not users:
            raise UserError(self.env._("None of these users lacks a second factor: nothing was sent."))
        if without := users.sudo().filtered(lambda user: not user.email):
            raise UserError(
                self.env._("These users have no e-mail address: %s.", format_list(self.env, without.mapped("name")))
            )
        return users.sudo().action_totp_invite()


def _search_among(users, operator, values):
    """Return the domain of a boolean that is true for these users."""
    if operator not in ("in", "not in"):
        return NotImplemented
    return Domain("id", "in" if (operator == "in") == (True in values) else "not in", users.ids)
