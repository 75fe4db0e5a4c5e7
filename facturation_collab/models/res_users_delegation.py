from odoo import fields, models
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import format_list

from .hr_department import ADMINISTRATOR


class ResUsers(models.Model):
    """Who decides for whom today, and who may say so."""

    _inherit = "res.users"

    running_delegation_ids = fields.Many2many(
        "account.validation.delegation",
        compute="_compute_running_delegation_ids",
        groups=NO_ACCESS,
        help="Delegations of this user that run now.",
    )

    def _compute_running_delegation_ids(self):
        """One query for all users."""
        delegations = self.env["account.validation.delegation"].sudo()
        domain = Domain("from_user_id", "in", self.ids) & Domain("state", "in", ("running",))
        found = dict(delegations._read_group(domain, ["from_user_id"], ["id:recordset"]))
        for user in self:
            user.running_delegation_ids = found.get(user._origin, delegations)

    def _get_delegating_refusal(self, giver, departments):
        """Return why a user may not have somebody else decide for this one, or an empty text: oneself, administrators,
        and managers for the invoices of the departments that they manage.

        :param departments: to which the delegation is limited; none means that it is not
        """
        self.ensure_one()
        if self == giver or giver.has_group(ADMINISTRATOR):
            return ""
        names = {"approver": self.sudo().name}
        if self.sudo().has_group("account.group_account_invoice"):
            return self.env._(
                "%(approver)s also approves for accounting: only they themselves or an administrator say who decides "
                "for them.",
                **names,
            )
        managed = self._get_departments_managed_by(giver)
        if not managed:
            return self.env._(
                "Only %(approver)s, the manager of one of their departments or an administrator says who decides for "
                "%(approver)s.",
                **names,
            )
        if not departments or departments - managed:
            return self.env._(
                "As a manager you say who decides for %(approver)s in your own departments: limit the delegation to "
                "%(departments)s.",
                departments=format_list(self.env, managed.sudo().mapped("name"), "or"),
                **names,
            )
        return ""

    def _get_departments_managed_by(self, manager):
        """Return the departments where this user has a role today and the other one is manager, there or above, with
        those below.
        """
        members = self.env["account.department.member"].sudo()
        found = members.search(Domain("user_id", "=", self.id) & Domain("is_current", "=", True)).department_id
        common = found & manager._get_managed_departments()
        return common.search(Domain("id", "child_of", common.ids)) if common else common

    def _get_managed_departments(self):
        """Return, with elevated rights, the departments that this user manages today, with those below."""
        self.ensure_one()
        members = self.env["account.department.member"].sudo()
        domain = Domain("user_id", "=", self.id) & Domain("role", "=", "manager") & Domain("is_current", "=", True)
        found = members.search(domain).department_id
        return found.search(Domain("id", "child_of", found.ids)) if found else found

    def _get_managed_people(self):
        """Return {user id: ids of the departments that this user manages and where the other one has a role today}."""
        members = self.env["account.department.member"].sudo()
        domain = Domain("department_id", "in", self._get_managed_departments().ids) & Domain("is_current", "=", True)
        groups = members._read_group(domain, ["user_id"], ["department_id:array_agg"])
        return {user.id: set(department_ids) for user, department_ids in groups}
