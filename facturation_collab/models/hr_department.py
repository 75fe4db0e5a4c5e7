from odoo import api, fields, models
from odoo.fields import Domain

from ..calls import check_call

ADMINISTRATOR = "facturation_collab.group_administrator"
# Who counts as holding a role: a manager may do what a validator or a contributor does, everybody reads.
ROLES_INCLUDED = {
    "reader": ("reader", "contributor", "validator", "manager"),
    "contributor": ("contributor", "manager"),
    "validator": ("validator", "manager"),
    "manager": ("manager",),
}


class HrDepartment(models.Model):
    _inherit = "hr.department"

    # Not `member_ids`: natively that name holds the employees of the department.
    account_member_ids = fields.One2many("account.department.member", "department_id", string="Invoice Roles")
    sync_members = fields.Boolean(
        string="Roles Follow Employees",
        groups=ADMINISTRATOR,
        help="Employees of this department receive the role below, and the department's manager becomes manager, as "
        "long as this is switched on; their roles change with the employee records. Roles given by hand are never "
        "touched. Switching off keeps the existing roles as they are until somebody changes them or switches on again.",
    )
    sync_role = fields.Selection(
        [("reader", "Reader"), ("contributor", "Contributor")],
        string="Role of Employees",
        default="contributor",
        required=True,
        groups=ADMINISTRATOR,
        help="The role that employees of this department receive while roles follow employees.",
    )
    reader_ids = fields.Many2many(
        "res.users",
        "account_department_reader_rel",
        "department_id",
        "user_id",
        string="May Read Invoices",
        compute="_compute_role_user_ids",
        store=True,
        groups=ADMINISTRATOR,
        help="Everybody with a current role here, and the managers of the departments above.",
    )
    contributor_ids = fields.Many2many(
        "res.users",
        "account_department_contributor_rel",
        "department_id",
        "user_id",
        string="May Edit Draft Invoices",
        compute="_compute_role_user_ids",
        store=True,
        groups=ADMINISTRATOR,
        help="Current contributors and managers here, and the managers of the departments above.",
    )
    manager_ids = fields.Many2many(
        "res.users",
        "account_department_manager_rel",
        "department_id",
        "user_id",
        string="May Manage Invoices",
        compute="_compute_role_user_ids",
        store=True,
        groups=ADMINISTRATOR,
        help="Current managers here and in the departments above.",
    )
    is_mine = fields.Boolean(
        string="My Department",
        compute="_compute_is_mine",
        search="_search_is_mine",
        help="Whether the present person reads the department's invoices.",
    )
    can_invite = fields.Boolean(compute="_compute_can_invite")

    # Roles do not appear as dependencies: their changes reach the whole tree below through `_refresh_roles`.
    @api.depends("parent_path")
    def _compute_role_user_ids(self):
        """Expand current roles down the hierarchy; one query to read, one per distinct set of people to write."""
        ancestors = {department: department._get_ancestor_ids() for department in self}
        holders = self._get_role_holders({id_ for ids in ancestors.values() for id_ in ids})
        nobody = self.env["res.users"]
        readers, contributors, managers = {}, {}, {}
        for department in self:
            above = nobody.union(*(holders.get((id_, "manager"), nobody) for id_ in ancestors[department]))
            here = {role: holders.get((department._origin.id, role), nobody) for role in ROLES_INCLUDED}
            readers[department] = above.union(*here.values()).sorted("id")
            contributors[department] = (above | here["contributor"]).sorted("id")
            managers[department] = above.sorted("id")
        found = {"reader_ids": readers, "contributor_ids": contributors, "manager_ids": managers}
        for name, people in found.items():
            for users, departments in self.grouped(people.get).items():
                departments[name] = users

    @api.depends_context("uid")
    @api.depends("reader_ids")
    def _compute_is_mine(self):
        for department in self:
            department.is_mine = self.env.user in department.sudo().reader_ids

    def _search_is_mine(self, operator, value):
        if operator != "in":
            return NotImplemented
        mine = self.sudo()._search(Domain("reader_ids", "in", self.env.uid))
        return Domain.OR(Domain("id", "in" if wanted else "not in", mine) for wanted in value)

    @api.depends_context("uid")
    def _compute_can_invite(self):
        for department in self:
            department.can_invite = not department._get_invite_refusal("reader")

    @api.model_create_multi
    def create(self, vals_list):
        departments = super().create(vals_list)
        departments._sync_members()
        return departments

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"manager_id", "sync_members", "sync_role"}:
            self._sync_members()
        if "parent_id" in vals:
            self._refresh_roles()
        return result

    def action_invite_members(self):
        """Open the dialog that gives people a role in this department."""
        check_call(self, single=True)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Invite into %(department)s", department=self.name),
            "res_model": "account.department.invite",
            "view_mode": "form",
            "target": "new",
            "context": {"default_department_id": self.id},
        }

    def _get_ancestor_ids(self):
        """Ids of this department and the ones above it, the topmost first."""
        self.ensure_one()
        return [int(id_) for id_ in (self.parent_path or "").split("/") if id_]

    @api.model
    def _get_role_holders(self, department_ids):
        """Current holders by (department id, role); one query for all departments."""
        domain = Domain("department_id", "in", list(department_ids)) & Domain("is_current", "=", True)
        groups = (
            self.env["account.department.member"]
            .sudo()
            ._read_group(domain, ["department_id", "role"], ["user_id:recordset"])
        )
        return {(department.id, role): users for department, role, users in groups}

    def _get_role_users(self, role):
        """Active users who hold `role` today in one of these departments.

        `validator` and `contributor` include managers, `reader` everybody with a role. Managers of the departments
        above are not included: a level that wants them names the parent department.
        """
        domain = Domain("department_id", "in", self.ids) & Domain("is_current", "=", True)
        domain &= Domain("role", "in", ROLES_INCLUDED[role])
        members = self.env["account.department.member"].sudo().search(domain)
        return members.user_id.filtered("active").sudo(self.env.su)

    @api.model
    def _has_roles(self):
        """Whether anybody has a role anywhere: without, nothing is worth computing."""
        return bool(self.env["account.department.member"].sudo().search_count([], limit=1))

    @api.model
    def _get_own_departments(self, user):
        """Departments where `user` edits drafts by a role of their own, the one where they are employed first."""
        domain = Domain("user_id", "=", user.id) & Domain("is_current", "=", True)
        domain &= Domain("role", "in", ROLES_INCLUDED["contributor"]) & Domain("department_id.active", "=", True)
        departments = self.env["account.department.member"].sudo().search(domain).department_id
        if len(departments) > 1:
            departments = (departments & user.sudo().employee_ids.department_id) | departments
        return departments

    def _get_invite_refusal(self, role, new_user=False):
        """Why the present user may not give `role` in this department; empty when they may.

        Administrators give every role and invite new users. A department's managers, here or above, give existing
        users a role below their own.
        """
        self.ensure_one()
        if self.env.su or self.env.user.has_group(ADMINISTRATOR):
            return ""
        if self.env.uid not in self._get_managers_above().ids:
            return self.env._("Only an administrator or a manager of %(name)s may give roles there.", name=self.name)
        if new_user:
            return self.env._("Only an administrator may invite people who do not have a user account yet.")
        if role == "manager":
            return self.env._("Only an administrator may name managers of a department.")
        return ""

    def _get_managers_above(self):
        """Users who are manager today in this department or in one above it."""
        self.ensure_one()
        return self.browse(self.sudo()._get_ancestor_ids())._get_role_users("manager")

    def _refresh_roles(self):
        """Recompute the stored expansion for these departments and all below them.

        At once: record rules read the relation in SQL, where a pending computation would not be seen.
        """
        if not self:
            return
        domain = Domain("id", "child_of", self.ids)
        tree = self.sudo().with_context(active_test=False).search(domain)
        names = ["reader_ids", "contributor_ids", "manager_ids"]
        for name in names:
            self.env.add_to_compute(self._fields[name], tree)
        tree._recompute_recordset(names)
        # Who reads the invoices follows, and is no dependency either: those of a department are too many to be marked.
        self.env["account.move"].invalidate_model(["department_reader_ids"], flush=False)

    def _sync_members(self):
        """Bring the roles that follow HR in step with employees and managers.

        Called after every HR change, whoever made it: works with elevated rights on the departments where an
        administrator switched it on, and touches only rows whose source is HR.
        """
        departments = self.sudo().filtered("sync_members")
        if not departments:
            return
        expected = departments._get_hr_roles()
        members = departments.account_member_ids
        from_hr = members.filtered(lambda member: member.source == "hr")
        stale = from_hr.filtered(lambda member: (member.department_id, member.user_id) not in expected)
        for member in from_hr - stale:
            role = expected[member.department_id, member.user_id]
            if member.role != role:
                member.role = role
        taken = {(member.department_id, member.user_id) for member in members}
        stale.unlink()
        self.env["account.department.member"].sudo().create(
            [
                {"department_id": department.id, "user_id": user.id, "role": role, "source": "hr"}
                for (department, user), role in expected.items()
                if (department, user) not in taken
            ]
        )

    def _get_hr_roles(self):
        """Roles that HR gives in these departments: {(department, user): role}. Call with elevated rights."""
        domain = Domain("department_id", "in", self.ids) & Domain("user_id", "!=", False) & Domain("active", "=", True)
        employees = self.env["hr.employee"].search(domain)
        roles = {(employee.department_id, employee.user_id): employee.department_id.sync_role for employee in employees}
        roles |= {
            (department, department.manager_id.user_id): "manager" for department in self if department.manager_id
        }
        return {
            (department, user): role
            for (department, user), role in roles.items()
            if user.active and not user._get_role_refusal(department)
        }

    @api.model
    def _cron_refresh_roles(self):
        """Once a day: follow HR changes that take effect by date, and roles that begin or end today."""
        departments = self.with_context(active_test=False)
        departments.search(Domain("sync_members", "=", True))._sync_members()
        concerned = Domain("account_member_ids", "!=", False) | Domain("reader_ids", "!=", False)
        departments.search(concerned)._refresh_roles()
