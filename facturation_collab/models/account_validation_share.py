from fractions import Fraction

from odoo import api, fields, models
from odoo.tools import format_amount, format_list

from .. import shares
from .account_validation_build import Planned

SHARED = ("department_lines", "analytic_lines")
"""Approver types of levels that open one step for each share of an invoice."""


class AccountValidationPolicy(models.Model):
    """Planning shares: those that the same people decide on become one."""

    _inherit = "account.validation.policy"

    partial_outcome = fields.Selection(
        [("return", "Return it, with what was refused"), ("approve", "Go on; a credit note is expected for it")],
        string="Some lines refused",
        required=True,
        default="return",
        help="Departments approve their lines of an invoice, and refuse some. Return it: whoever submitted it corrects "
        "the invoice, and what others approved stands. Go on: it can be posted as it is, and accounting makes the "
        "credit note for what was refused. An invoice of which every line was refused is rejected.",
    )

    def _settle(self, plans, moves, eligible):
        plans = super()._settle(plans, moves, eligible)
        if not any(level._is_shared() for level in self.level_ids):
            return plans
        return {move_id: self._unite_shares(plan) for move_id, plan in plans.items()}

    def _unite_shares(self, plan):
        """Return a plan in which nobody is asked twice at one level for want of others.

        Shares of a level that ask the same people become one step. Where people must differ, shares that different
        people cannot fill become one, too, for those who may decide on all of it.
        """
        grouped = {}
        for planned in plan:
            level, users = planned
            key = (level.id, users if level._is_shared() else len(grouped))
            grouped.setdefault(key, []).append(planned)
        plan = [self._unite(group) for group in grouped.values()]
        for level in self.level_ids.filtered(lambda level: self.distinct_approvers and level._is_shared()):
            own = [planned for planned in plan if planned[0] == level]
            while (pair := self._get_inseparable(own)) is not None:
                united = self._unite([own[position] for position in pair])
                plan = [united if planned is own[pair[0]] else planned for planned in plan]
                plan = [planned for planned in plan if planned is not own[pair[1]]]
                own = [planned for planned in plan if planned[0] == level]
        return plan

    def _get_inseparable(self, planned):
        """Return the positions of two shares of one level, of which the second has nobody left besides the first."""
        position = self._get_unmet(planned)
        if position is None:
            return None
        level, users = planned[position]
        found = (
            other
            for other, (_level, people) in enumerate(planned)
            if other != position and (people & users)._count_persons() >= level._get_least_voices()
        )
        other = next(found, None)
        return None if other is None else sorted((other, position))

    def _unite(self, planned):
        """Return planned shares of one level as one, which those decide on who may decide on each of them."""
        if len(planned) == 1:
            return planned[0]
        level, users = planned[0]
        facts = {}
        for other in planned:
            users &= other[1]
            facts |= other.facts
        return Planned(level, users, {**facts, "share": shares.united([one.facts["share"] for one in planned])})

    def _prepare_planned_vals(self, planned, move):
        """Give the step of a share its name, its key and its amounts."""
        vals = super()._prepare_planned_vals(planned, move)
        share = planned.facts.get("share")
        if not share:
            return vals
        names = format_list(self.env, share["names"])
        told = {"names": share["names"], "total": share["total"], "currency": move.currency_id.id}
        return {
            **vals,
            "name": self.env._("%(level)s, %(share)s", level=vals["name"], share=names),
            "share": share,
            "share_key": " ".join(share["keys"]),
            "reason": {**vals["reason"], "share": told},
        }


class AccountValidationLevel(models.Model):
    """Levels that share out an invoice: each department, or whoever owns an analytic account, decides on its lines."""

    _inherit = "account.validation.level"

    approver_type = fields.Selection(
        selection_add=[
            ("department_lines", "Each department, for its lines"),
            ("analytic_lines", "Owner of each analytic account, for its part"),
        ],
        ondelete=dict.fromkeys(SHARED, "cascade"),
    )
    share_plan_id = fields.Many2one(
        "account.analytic.plan",
        string="Analytic plan",
        domain="[('parent_id', '=', False)]",
        ondelete="restrict",
        help="The plan whose accounts share out an invoice, where lines name accounts of several plans.",
    )

    @api.depends("approver_type")
    def _compute_summary(self):
        super()._compute_summary()

    @api.model
    def _get_needed_fields(self):
        return {**super()._get_needed_fields(), "department_lines": "role"}

    def _is_shared(self):
        """Tell whether this level opens one step for each share of an invoice."""
        return self.approver_type in SHARED

    def _get_candidates(self, moves):
        if not self._is_shared():
            return super()._get_candidates(moves)
        level, moves = self.sudo(), moves.sudo()
        cut = getattr(level, f"_cut_{self.approver_type}")(moves)
        records = {record for own in cut.values() for record, _share in own if record}
        users = getattr(level, f"_get_share_owners_{self.approver_type}")(records)
        nobody = self.env["res.users"].sudo()
        return {
            id_: [(users.get(record, nobody), {"share": share}) for record, share in own] for id_, own in cut.items()
        }

    def _cut_department_lines(self, moves):
        """Return {move id: [(hr.department, share)]}: each line belongs to its department, else to the invoice's."""
        return {
            move.id: move._cut(
                "department", lambda line: [(line.department_id or line.move_id.department_id, Fraction(1))]
            )
            for move in moves
        }

    def _cut_analytic_lines(self, moves):
        """Return {move id: [(account.analytic.account, share)]}, by the analytic distribution of the lines."""
        accounts = self.env["account.analytic.account"].union(*moves._get_analytic_accounts().values())
        known = accounts.with_context(active_test=False).exists()
        return {move.id: move._cut("analytic", lambda line: self._get_analytic_parts(line, known)) for move in moves}

    def _get_analytic_parts(self, line, known):
        """Return [(account.analytic.account, part)] of a line; what no account has goes to none.

        Of several accounts in one key of the distribution (Odoo writes them with commas) one that somebody owns
        counts. A line that is distributed more than once, over several plans, is shared out in proportion.
        """
        parts = {}
        for key, percent in (line.analytic_distribution or {}).items():
            named = known & known.browse(int(id_) for id_ in key.split(",") if id_.isdigit())
            if self.share_plan_id:
                named = named.filtered(lambda account: account.root_plan_id == self.share_plan_id)
            account = (named.filtered("validation_owner_id") or named)[:1]
            if account:
                parts[account] = parts.get(account, 0) + Fraction(str(percent)) / 100
        whole = sum(parts.values(), Fraction(0))
        if whole < 1:
            parts[known.browse()] = 1 - whole
        return [(account, part / max(whole, 1)) for account, part in parts.items() if part]

    def _get_share_owners_department_lines(self, departments):
        return self._get_role_holders({department: department for department in departments})

    def _get_share_owners_analytic_lines(self, accounts):
        return {account: account.validation_owner_id for account in accounts}

    def _get_approvers_shared(self, moves):
        """Everybody who is asked about some share of an invoice."""
        nobody = self.env["res.users"]
        return {
            id_: nobody.union(*(users for users, _facts in own)) for id_, own in self._get_candidates(moves).items()
        }

    _get_approvers_department_lines = _get_approvers_analytic_lines = _get_approvers_shared

    def _get_lack_reason_department_lines(self, move, candidates, facts):
        names = facts["share"]["names"]
        if not any(names):
            return self.env._(
                "some lines have no department (%s): choose the department of the invoice, or an analytic account of "
                "one on these lines.",
                self._get_line_labels(move, facts),
            )
        return (
            ""
            if candidates
            else self.env._(
                "nobody in %s has the role: an administrator must give it to somebody.", format_list(self.env, names)
            )
        )

    def _get_lack_reason_analytic_lines(self, move, candidates, facts):
        names = facts["share"]["names"]
        if not any(names):
            return self.env._(
                "some lines, or a part of them, have no analytic account (%s): distribute them.",
                self._get_line_labels(move, facts),
            )
        wording = self.env["account.validation.wording"]
        return "" if candidates else wording._get_orphaned_links()["analytic"] % format_list(self.env, names)

    def _get_line_labels(self, move, facts):
        lines = move._get_content_lines()
        labels = [lines[row["line"]].name or "" for row in facts["share"]["rows"] if row["line"] < len(lines)]
        return format_list(self.env, dict.fromkeys(label.split("\n")[0] for label in labels[:5]))

    def _get_possible_approvers_department_lines(self):
        """Lines may concern departments that the policy does not name."""
        return self._get_role_holders_below(self.env["hr.department"])

    def _get_possible_approvers_analytic_lines(self):
        return self._get_possible_approvers_analytic()


class AccountValidationStep(models.Model):
    """The share of an invoice that a step asks about: a frozen part of the invoice, that its plan covers."""

    _inherit = "account.validation.step"

    share = fields.Json(readonly=True, help="Lines and amounts that this step asks about, as `shares.cut` gives them.")
    share_key = fields.Char(
        readonly=True, help="What the share is cut by. Empty: the step asks about the whole invoice."
    )

    def _narrow(self, snapshot, amount, share):
        """Return a snapshot and a total in the company's currency, as far as they concern a share."""
        if not share:
            return snapshot, amount
        return shares.narrowed(snapshot, share), abs(float(share["company"]))


class AccountValidationWording(models.AbstractModel):
    _inherit = "account.validation.wording"

    @api.model
    def _describe_approvers_department_lines(self, values):
        roles = {
            "validator": self.env._("a validator of each department, for its lines"),
            "manager": self.env._("the manager of each department, for its lines"),
        }
        return roles.get(values["role"], "")

    @api.model
    def _describe_approvers_analytic_lines(self, values):
        return self.env._("the owner of each analytic account, for their part")

    @api.model
    def _describe_why_department_lines(self, reason):
        return self.env._(
            "%(role)s of %(department)s, for its lines (%(amount)s), asked by the policy “%(policy)s”",
            **{**self._get_role_names(reason), **self._get_share_names(reason)},
        )

    @api.model
    def _describe_why_analytic_lines(self, reason):
        names = self._get_share_names(reason)
        return self.env._(
            "Answers for %(department)s, for this part (%(amount)s), asked by the policy “%(policy)s”",
            policy=reason["policy"],
            **names,
        )

    @api.model
    def _get_share_names(self, reason):
        share = reason["share"]
        currency = self.env["res.currency"].browse(share["currency"])
        return {
            "department": format_list(self.env, share["names"]),
            "amount": format_amount(self.env, float(share["total"]), currency),
        }
