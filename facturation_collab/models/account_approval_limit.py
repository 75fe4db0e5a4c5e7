import math
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..limits import Limit


class AccountApprovalLimit(models.Model):
    """Up to which amount a person, a role or a department may approve: what a chain of managers climbs by."""

    _name = "account.approval.limit"
    _inherit = "mail.thread"
    _description = "Approval limit"
    _order = "company_id, department_id, role, user_id, date_from, id"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        tracking=True,
        ondelete="cascade",
        help="The limit holds for this company and its branches. That of the branch comes first.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        domain=[("share", "=", False)],
        index="btree_not_null",
        tracking=True,
        ondelete="cascade",
        help="A limit of a person comes before those of their roles and departments.",
    )
    department_id = fields.Many2one(
        "hr.department",
        check_company=True,
        tracking=True,
        ondelete="cascade",
        help="With a role: whoever has it in this department. Alone: whoever has a role or is employed there. The "
        "departments below are not meant.",
    )
    role = fields.Selection(
        [("validator", "Validator"), ("manager", "Manager")],
        tracking=True,
        help="Without a department: whoever has this role in any department.",
    )
    unlimited = fields.Boolean("Any amount", tracking=True)
    amount = fields.Monetary(
        string="Up to", tracking=True, help="Total with taxes, in the company's currency. 0 means: may approve nothing."
    )
    date_from = fields.Date(string="From", tracking=True, help="First day of the limit. Empty: it has no beginning.")
    date_to = fields.Date(string="To", tracking=True, help="Last day of the limit. Empty: it has no end.")

    _holder_check = models.Constraint(
        "CHECK ((user_id IS NOT NULL) <> (department_id IS NOT NULL OR role IS NOT NULL))",
        "A limit is for a person, or for a role, a department, or a role in a department. Say which, and not both.",
    )
    _amount_positive = models.Constraint("CHECK (amount >= 0)", "The amount of a limit cannot be negative.")
    _dates_check = models.Constraint(
        "CHECK (date_from <= date_to)", "The last day of a limit cannot be before its first day."
    )

    @api.depends_context("lang")
    @api.depends("user_id", "department_id", "role")
    def _compute_display_name(self):
        roles = dict(self._fields["role"]._description_selection(self.env))
        for limit in self:
            role, department = roles.get(limit.role), limit.department_id.name
            both = self.env._("%(role)s of %(department)s", role=role, department=department)
            limit.display_name = limit.user_id.name or (both if role and department else role or department)

    @api.constrains("company_id", "user_id", "department_id", "role", "date_from", "date_to")
    def _check_overlap(self):
        for limit in self:
            if other := self.sudo().search(limit._get_overlap_domain(), limit=1):
                raise ValidationError(
                    self.env._(
                        "%(who)s already has a limit of %(amount)s on some of these days: end that one first, or "
                        "change its amount.",
                        who=other.display_name,
                        amount=other._get_amount_text(),
                    )
                )

    def _get_overlap_domain(self):
        """Return the domain of other limits for the same people on one of the days of this one."""
        self.ensure_one()
        domain = Domain("id", "!=", self.id)
        for name in ("company_id", "user_id", "department_id"):
            domain &= Domain(name, "=", self[name].id)
        domain &= Domain("role", "=", self.role)
        if self.date_to:
            domain &= Domain("date_from", "=", False) | Domain("date_from", "<=", self.date_to)
        if self.date_from:
            domain &= Domain("date_to", "=", False) | Domain("date_to", ">=", self.date_from)
        return domain

    def _get_amount_text(self):
        """Return the amount of one limit, for people."""
        self.ensure_one()
        if self.unlimited:
            return self.env._("any amount")
        return self.env["account.validation.wording"]._describe_amount(self.amount, self.currency_id)

    # Business

    @api.model
    def _get_current_limits(self, companies):
        """Return {company: [Limit]} of what holds today in each company, from its own limits and those of the companies
        above it, in one query. The amount is infinite where there is no limit.
        """
        today = fields.Date.today()
        domain = Domain("company_id", "in", companies.parent_ids.ids)
        domain &= Domain("date_from", "=", False) | Domain("date_from", "<=", today)
        domain &= Domain("date_to", "=", False) | Domain("date_to", ">=", today)
        found = self.sudo().search(domain).grouped("company_id")
        return {
            company: [
                limit._get_plain(len(above.parent_ids))
                for above in company.parent_ids
                for limit in found.get(above, ())
            ]
            for company in companies
        }

    def _get_plain(self, depth):
        """Return one limit as a plain value, for a company at some depth."""
        self.ensure_one()
        return Limit(
            amount=math.inf if self.unlimited else self.amount,
            user=self.user_id.id or None,
            department=self.department_id.id or None,
            role=self.role or None,
            company=depth,
        )

    @api.model
    def _get_positions(self, users):
        """Return {user id: {(department id, role)}}: the roles that users have today, and (department id, None) where
        they are employed. A constant number of queries.
        """
        positions = defaultdict(set)
        domain = Domain("user_id", "in", users.ids) & Domain("is_current", "=", True)
        members = self.env["account.department.member"].sudo()
        for user, department, role in members._read_group(domain, ["user_id", "department_id", "role"]):
            positions[user.id].add((department.id, role))
        for employee in self.env["hr.employee"].sudo().search([("user_id", "in", users.ids)]):
            if employee.department_id:
                positions[employee.user_id.id].add((employee.department_id.id, None))
        return positions
