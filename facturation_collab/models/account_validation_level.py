from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .. import lifecycle
from .account_validation_record import ARCHIVED_TOO


class AccountValidationLevel(models.Model):
    """One line of a policy: who must agree, how many of them, from which amount, until when."""

    _name = "account.validation.level"
    _description = "Validation level"
    _order = "policy_id, sequence, id"

    policy_id = fields.Many2one("account.validation.policy", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="policy_id.company_id")
    currency_id = fields.Many2one(related="policy_id.currency_id")
    sequence = fields.Integer(
        default=10, help="Levels follow each other in this order; equal numbers are asked at the same time."
    )
    name = fields.Char(required=True, translate=True)
    approver_type = fields.Selection(
        [
            ("user", "Named users"),
            ("role", "Role in the invoice's department"),
            ("parent_role", "Role in the department above"),
            ("group", "Members of a group"),
            ("field", "User named on the invoice"),
        ],
        string="Approvers",
        required=True,
        default="role",
    )
    user_ids = fields.Many2many("res.users", string="Users", domain="[('share', '=', False)]")
    role = fields.Selection([("validator", "Validator"), ("manager", "Manager")], default="manager")
    group_id = fields.Many2one("res.groups", ondelete="restrict")
    field_id = fields.Many2one(
        "ir.model.fields",
        string="Field of the invoice",
        domain="[('model', '=', 'account.move'), ('relation', '=', 'res.users'), "
        "('ttype', 'in', ('many2one', 'many2many'))]",
        ondelete="cascade",
    )
    quorum = fields.Selection(
        [("any", "Any one of them"), ("count", "A number of them"), ("all", "All of them")],
        required=True,
        default="any",
    )
    quorum_count = fields.Integer(string="Number of approvals", default=1)
    amount_min = fields.Monetary(string="From", help="Total with taxes, in the company's currency. 0 means no limit.")
    amount_max = fields.Monetary(string="Up to", help="Total with taxes, in the company's currency. 0 means no limit.")
    deadline_hours = fields.Float(
        string="Deadline (working hours)",
        help="Counted in the working hours of the people asked, from the moment the level opens. 0 means none.",
    )
    comment_required = fields.Boolean(string="Comment required", help="Approving at this level asks for a comment.")
    summary = fields.Char(compute="_compute_summary")

    _quorum_count_positive = models.Constraint(
        "CHECK(quorum <> 'count' OR quorum_count > 0)",
        "The number of approvals of a level must be at least 1.",
    )
    _amount_range = models.Constraint(
        "CHECK(amount_min >= 0 AND amount_max >= 0 AND (amount_max = 0 OR amount_max >= amount_min))",
        "The amounts of a level must be positive, and the upper one not below the lower one.",
    )
    _deadline_positive = models.Constraint("CHECK(deadline_hours >= 0)", "The deadline of a level cannot be negative.")

    @api.depends_context("lang")
    @api.depends(
        "name",
        "approver_type",
        "user_ids",
        "role",
        "group_id",
        "field_id",
        "quorum",
        "quorum_count",
        "amount_min",
        "amount_max",
    )
    def _compute_summary(self):
        wording = self.env["account.validation.wording"]
        for level in self:
            level.summary = wording._describe_level(level)

    @api.constrains("approver_type", "user_ids", "role", "group_id", "field_id")
    def _check_approver(self):
        needed = self._get_needed_fields()
        for level in self:
            name = needed.get(level.approver_type)
            if name and not level[name]:
                raise ValidationError(self.env._("Say who approves at level “%s”.", level.name))
            field = level.field_id.sudo()
            if level.approver_type == "field" and (field.model, field.relation) != ("account.move", "res.users"):
                raise ValidationError(self.env._("The field of level “%s” must name users of the invoice.", level.name))

    @api.constrains("quorum", "quorum_count", "approver_type", "user_ids")
    def _check_quorum(self):
        for level in self.filtered(lambda level: level.quorum == "count" and level.approver_type == "user"):
            if level.quorum_count > len(level.user_ids):
                raise ValidationError(
                    self.env._(
                        "Level “%(level)s” asks for %(count)s approvals and names only %(users)s users.",
                        level=level.name,
                        count=level.quorum_count,
                        users=len(level.user_ids),
                    ),
                )

    @api.model
    def _get_needed_fields(self):
        """Return {approver type: the field of the level that says who it is}. An addon merges its own types."""
        return {"user": "user_ids", "role": "role", "parent_role": "role", "group": "group_id", "field": "field_id"}

    def _get_least_voices(self):
        """Return how many persons there have to be, so that this level can be approved at all."""
        return lifecycle.required_voices(self.quorum, self.quorum_count, 1)

    def _applies_to(self, move):
        """Tell whether the amount of an invoice is in the range of this level."""
        return self.policy_id._is_amount_within(move, self.amount_min, self.amount_max)

    def _get_approvers(self, moves):
        """Return {move id: res.users} of who could approve at this level, before absences of right are taken out.

        Constant number of queries per call. An approver type `x` is answered by the method `_get_approvers_x(moves)`.
        """
        self.ensure_one()
        return getattr(self.sudo(), f"_get_approvers_{self.approver_type}")(moves.sudo())

    def _get_candidates(self, moves):
        """Return {move id: [(res.users, facts)]}: for each step that this level opens for an invoice, who could approve
        it, and plain values about it that the plan keeps.

        By default one step for the whole invoice.
        """
        return {id_: [(users, {})] for id_, users in self._get_approvers(moves).items()}

    def _get_choice(self, moves):
        """Return a function that chooses among those who may approve an invoice at this level: from (move, res.users)
        to (res.users, facts). Facts are plain values that the reason of the step repeats.

        Constant number of queries per call. By default everybody is asked; an approver type `x` that asks some of them
        is answered by the method `_get_choice_x(moves)`.
        """
        self.ensure_one()
        choose = getattr(self.sudo(), f"_get_choice_{self.approver_type}", None)
        return choose(moves.sudo()) if choose else lambda _move, users: (users, {})

    def _get_lack_reason(self, move, candidates, facts):
        """Return what keeps this level from finding its approvers for an invoice, and what to do, or an empty text.

        An approver type `x` is answered by the method `_get_lack_reason_x(move, candidates, facts)`, if it has one.
        """
        self.ensure_one()
        explain = getattr(self.sudo(), f"_get_lack_reason_{self.approver_type}", None)
        return explain(move, candidates, facts) if explain else ""

    def _get_lack_reason_role(self, move, candidates, facts):
        return "" if move.department_id else self.env._("this invoice has no department: choose its department.")

    def _get_lack_reason_parent_role(self, move, candidates, facts):
        if move.department_id and not move.department_id.parent_id:
            return self.env._(
                "there is no department above %(department)s: an administrator must say who approves there.",
                department=move.department_id.name,
            )
        return self._get_lack_reason_role(move, candidates, facts)

    def _get_approvers_user(self, moves):
        """Archived ones too: the engine leaves them out, and says so."""
        return dict.fromkeys(moves._ids, self.with_context(**ARCHIVED_TOO).user_ids.with_env(self.env))

    def _get_approvers_group(self, moves):
        return dict.fromkeys(moves._ids, self.group_id.all_user_ids)

    def _get_approvers_field(self, moves):
        return {move.id: move[self.field_id.name] for move in moves}

    def _get_approvers_role(self, moves):
        return self._get_role_holders({move.id: move.department_id for move in moves})

    def _get_approvers_parent_role(self, moves):
        return self._get_role_holders({move.id: move.department_id.parent_id for move in moves})

    def _get_role_holders(self, departments):
        """Return {key: res.users} holding the level's role today, from {key: department}, in one query."""
        roles = ["manager"] if self.role == "manager" else ["validator", "manager"]
        ids = {department.id for department in departments.values() if department}
        today = fields.Date.context_today(self)
        domain = Domain("department_id", "in", list(ids)) & Domain("role", "in", roles)
        domain &= Domain("date_from", "=", False) | Domain("date_from", "<=", today)
        domain &= Domain("date_to", "=", False) | Domain("date_to", ">=", today)
        holders = defaultdict(self.env["res.users"].browse)
        for department, users in self.env["account.department.member"]._read_group(
            domain, ["department_id"], ["user_id:recordset"]
        ):
            holders[department.id] = users
        return {key: holders[department.id] for key, department in departments.items()}
