from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import clean_context, email_normalize

from ..calls import check_call


class AccountDepartmentInvite(models.TransientModel):
    _name = "account.department.invite"
    _description = "Invite people into a department"

    department_id = fields.Many2one("hr.department", required=True)
    user_ids = fields.Many2many(
        "res.users",
        string="People",
        domain=[("share", "=", False)],
        help="Internal users who receive the role.",
    )
    new_name = fields.Char(string="Name", help="Name of a person who does not have a user account yet.")
    new_email = fields.Char(string="E-mail", help="The invitation goes to this address, which is also the login.")
    role = fields.Selection(
        selection=lambda self: self.env["account.department.member"]._fields["role"].selection,
        required=True,
        default="contributor",
    )
    date_from = fields.Date(string="From")
    date_to = fields.Date(string="To")
    can_invite_new = fields.Boolean(compute="_compute_can_invite_new")

    @api.depends("department_id")
    @api.depends_context("uid")
    def _compute_can_invite_new(self):
        for wizard in self:
            department = wizard.department_id
            wizard.can_invite_new = bool(department) and not department._get_invite_refusal("reader", new_user=True)

    def action_invite(self):
        """Give the chosen people the role, with the group and, for a new person, the user account and its invitation.

        Raises an access error for whoever may not give that role there.
        """
        check_call(self, single=True)
        new_user = bool(self.new_name or self.new_email)
        if refusal := self.department_id._get_invite_refusal(self.role, new_user=new_user):
            raise AccessError(refusal)
        users = self.user_ids
        if new_user:
            users |= self._create_user()
        if not users:
            raise UserError(self.env._("Choose at least one person, or enter the name and e-mail of a new one."))
        self._give_role(users)
        return {"type": "ir.actions.act_window_close"}

    def _give_role(self, users):
        """Create or change the role of these users. Elevated: department managers have no access to roles as such."""
        members = self.env["account.department.member"].sudo()
        vals = {"role": self.role, "date_from": self.date_from, "date_to": self.date_to, "source": "manual"}
        existing = members.search([("department_id", "=", self.department_id.id), ("user_id", "in", users.ids)])
        if refused := self._get_role_change_refusal(existing):
            raise AccessError(refused)
        existing.write(vals)
        members.create(
            [{**vals, "department_id": self.department_id.id, "user_id": user.id} for user in users - existing.user_id]
        )

    def _get_role_change_refusal(self, members):
        """Why the present user may not replace these roles: a manager's role is an administrator's affair."""
        refusals = (self.department_id._get_invite_refusal(member.role) for member in members)
        return next(filter(None, refusals), "")

    def _create_user(self):
        """Create the internal user, natively invited by e-mail.

        Administrators of this app need not be allowed to create users: elevated after the check in `action_invite`, and
        limited to an internal user in our group, in the department's company. Defaults that come with the client's
        context are dropped.
        """
        name, email = (self.new_name or "").strip(), email_normalize(self.new_email or "")
        if not name or not email:
            raise UserError(self.env._("Enter the name and a valid e-mail address of the new person."))
        users = self.env["res.users"].sudo().with_context(clean_context(self.env.context), no_reset_password=False)
        known = users.with_context(active_test=False).search([("login", "=ilike", email)], limit=1)
        if known:
            raise UserError(
                self.env._(
                    "There is already a user with the login %(email)s: choose %(name)s in the list of people instead.",
                    email=email,
                    name=known.name,
                )
            )
        company = self.department_id.company_id or self.env.company
        groups = self.env.ref("base.group_user") | self.env.ref("facturation_collab.group_user")
        return users.create(
            {
                "name": name,
                "login": email,
                "email": email,
                "company_id": company.id,
                "company_ids": [(6, 0, company.ids)],
                "group_ids": [(6, 0, groups.ids)],
            }
        ).sudo(False)
