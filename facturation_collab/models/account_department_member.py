from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain


class AccountDepartmentMember(models.Model):
    _name = "account.department.member"
    _description = "Role in a department"
    _order = "department_id, user_id"
    _rec_name = "user_id"

    department_id = fields.Many2one("hr.department", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="department_id.company_id")
    user_id = fields.Many2one(
        "res.users",
        required=True,
        index=True,
        ondelete="cascade",
        domain=[("share", "=", False)],
        help="Giving a role also gives the group Collaborative Invoicing / User. Removing the last role does not take "
        "the group away.",
    )
    role = fields.Selection(
        [("reader", "Reader"), ("contributor", "Contributor"), ("validator", "Validator"), ("manager", "Manager")],
        required=True,
        default="contributor",
        help="Reader: reads the department's invoices.\n"
        "Contributor: also enters, edits and submits its draft invoices.\n"
        "Validator: reads them, and approves where a policy asks the department's validators.\n"
        "Manager: all of this, also in the departments below.",
    )
    date_from = fields.Date(string="From", help="First day of the role. Empty: it has no beginning.")
    date_to = fields.Date(string="To", help="Last day of the role. Empty: it has no end.")
    source = fields.Selection(
        [("manual", "Given by hand"), ("hr", "Follows employees")],
        required=True,
        default="manual",
        readonly=True,
        copy=False,
    )
    is_current = fields.Boolean(compute="_compute_is_current", search="_search_is_current")

    _department_user_uniq = models.Constraint(
        "UNIQUE (department_id, user_id)",
        "A person holds one role in a department. Change the existing role instead of adding a second one.",
    )
    _dates_check = models.Constraint(
        "CHECK (date_from <= date_to)",
        "The last day of a role cannot be before its first day.",
    )

    @api.depends("date_from", "date_to")
    def _compute_is_current(self):
        today = fields.Date.today()
        for member in self:
            begun = not member.date_from or member.date_from <= today
            member.is_current = begun and (not member.date_to or member.date_to >= today)

    def _search_is_current(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.today()
        current = (Domain("date_from", "=", False) | Domain("date_from", "<=", today)) & (
            Domain("date_to", "=", False) | Domain("date_to", ">=", today)
        )
        return Domain.OR(current if wanted else ~current for wanted in value)

    @api.constrains("user_id", "department_id")
    def _check_user(self):
        for member in self.sudo():
            if refusal := member.user_id._get_role_refusal(member.department_id):
                raise ValidationError(refusal)

    @api.model_create_multi
    def create(self, vals_list):
        """Give the roles, and with them the group. Only the engine makes rows that follow HR."""
        if not self.env.su:
            vals_list = [{**vals, "source": "manual"} for vals in vals_list]
        members = super().create(vals_list)
        members.user_id._grant_department_access()
        members.department_id._refresh_roles()
        return members

    def write(self, vals):
        """Change roles. A row that follows HR and is changed by a person is theirs from then on."""
        if not self.env.su and vals.keys() & {"department_id", "user_id", "role", "date_from", "date_to", "source"}:
            vals = {**vals, "source": "manual"}
        departments = self.department_id
        result = super().write(vals)
        if "user_id" in vals:
            self.user_id._grant_department_access()
        (departments | self.department_id)._refresh_roles()
        return result

    def unlink(self):
        departments = self.department_id
        result = super().unlink()
        departments._refresh_roles()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_synchronized(self):
        """A role that follows HR would come back with the next change there: say so instead."""
        for member in self.sudo():
            if not self.env.su and member.source == "hr" and member.department_id.sync_members:
                raise UserError(
                    self.env._(
                        "The role of %(user)s in %(department)s follows the employee records and would come back. "
                        "Change the employee's department, or change this role to make it one given by hand.",
                        user=member.user_id.name,
                        department=member.department_id.name,
                    )
                )
