from odoo import api, fields, models
from odoo.tools import format_list

from .. import intervals, lifecycle
from ..calls import check_call
from ..notification import get_notification
from .account_validation_policy import _is_below

CRITERIA = frozenset({"move_type", "journal", "department", "partner", "partner_category", "amount", "domain", "level"})
"""Criteria of this addon, which can be compared; what another addon adds cannot."""


class AccountValidationPolicy(models.Model):
    """What is wrong with a set of policies before an invoice finds out. Reads only."""

    _inherit = "account.validation.policy"

    check_result = fields.Text(
        string="To correct",
        compute="_compute_check_result",
        groups="facturation_collab.group_administrator",
        help="What would block invoices, or let them pass, without anybody wanting it.",
    )

    @api.depends_context("lang")
    @api.depends("level_ids", "mode", "active", "sequence", "amount_min", "amount_max", "department_ids")
    def _compute_check_result(self):
        problems = self._origin._get_problems()
        for policy in self:
            policy.check_result = "\n".join(
                problem["sentence"] for problem in problems if problem["policy_id"] == policy._origin.id
            )

    def action_check(self):
        """Tell what is wrong with these policies; with all of the user's companies when none is given."""
        check_call(self)
        self.browse().check_access("write")
        policies = self or self.search([("active", "=", True)])
        sentences = [problem["sentence"] for problem in policies._get_problems()]
        return get_notification(
            "\n".join(sentences) or self.env._("Nothing to correct: every level can be reached and has its people."),
            is_warning=bool(sentences),
            title=self.env._("Check of the policies"),
        )

    def _get_problems(self):
        """Return what is wrong with these policies: a list of {"policy_id", "level_id", "code", "sentence"}.

        Policies that are off are checked for their levels, not for the place among the others.
        """
        problems = []
        for policy in self.sudo().with_env(self.env).sudo().filtered("active"):
            found = [*policy._check_ranges(), *policy._check_shadow()]
            for level in policy.level_ids:
                found += level._check_level()
            problems += [{"policy_id": policy.id, "level_id": False, **problem} for problem in found]
        return problems

    def _check_ranges(self):
        """Yield the amounts that this policy covers and none of its levels does."""
        if not self.level_ids:
            return
        wording = self.env["account.validation.wording"]
        gaps = intervals.uncovered_ranges(
            self.amount_min,
            self.amount_max,
            [(level.amount_min, level.amount_max) for level in self.level_ids],
            self.currency_id.rounding,
        )
        for lower, upper in gaps:
            amounts = wording._describe_range(lower, upper, self.currency_id)
            yield {
                "code": "gap",
                "sentence": self.env._(
                    "Policy “%(policy)s” has no level for amounts %(amounts)s: the next policy that fits applies to "
                    "them, or none. Add a level for them, or narrow the amounts of the policy.",
                    policy=self.name,
                    amounts=amounts,
                ),
            }

    def _check_shadow(self):
        """Yield the earlier policy that takes every invoice of this one."""
        if self.mode == "off":
            return
        for earlier in self.browse(self._get_active_ids(self.company_id.id)):
            if earlier == self:
                return
            if earlier._covers(self):
                yield {
                    "code": "shadow",
                    "sentence": self.env._(
                        "Policy “%(policy)s” never applies: “%(earlier)s” comes first and fits all of its invoices. "
                        "Move it above, or archive it.",
                        policy=self.name,
                        earlier=earlier.name,
                    ),
                }
                return

    def _covers(self, other):
        """Tell whether this policy surely fits every invoice that another one fits. When in doubt, it does not."""
        names = set(self._get_match_criteria())
        return (
            names <= CRITERIA
            and set(other._get_move_types()) <= set(self._get_move_types())
            and (not self.domain or self.domain == other.domain)
            and all(
                _is_within(other[name], self[name])
                for name in ("journal_ids", "department_ids", "partner_ids", "partner_category_ids")
            )
            and not intervals.uncovered_ranges(*other._get_range(), self._get_level_ranges(), self.currency_id.rounding)
        )

    def _get_range(self):
        return self.amount_min, self.amount_max

    def _get_level_ranges(self):
        """Return the amounts that this policy takes: those of its levels, within its own."""
        ranges = []
        for level in self.level_ids:
            upper = min(filter(None, (level.amount_max, self.amount_max)), default=0)
            ranges.append((max(level.amount_min, self.amount_min), upper))
        return ranges or [self._get_range()]


class AccountValidationLevel(models.Model):
    _inherit = "account.validation.level"

    def _check_level(self):
        """Return what is wrong with one level."""
        self.ensure_one()
        found = [*self._check_reach(), *(self._check_people() or self._check_departments())]
        return [{"level_id": self.id, **problem} for problem in found]

    def _check_reach(self):
        """Yield that no invoice reaches this level."""
        policy, compare = self.policy_id, self.currency_id.compare_amounts
        above = policy.amount_max and compare(self.amount_min, policy.amount_max) > 0
        below = self.amount_max and compare(self.amount_max, policy.amount_min) < 0
        if above or below:
            yield {
                "code": "unreachable",
                "sentence": self.env._(
                    "No invoice reaches level “%(level)s” of policy “%(policy)s”: its amounts lie outside those of the "
                    "policy. Correct one of them, or delete the level.",
                    level=self.name,
                    policy=policy.name,
                ),
            }

    def _check_people(self):
        """Return who left, and that too few are left to answer."""
        return [*self._check_left(), *self._check_nobody()]

    def _check_departments(self):
        """Yield the departments of the policy in which nobody has the role that this level asks for."""
        if self.approver_type != "role" or not self.policy_id.department_ids:
            return
        domain = [("id", "child_of", self.policy_id.department_ids.ids)]
        departments = self.env["hr.department"].sudo().search(domain)
        holders = self._get_role_holders({department: department for department in departments})
        able = self._filter_able(self.env["res.users"].sudo().union(*holders.values()))
        without = departments.filtered(lambda department: not holders[department] & able)
        if without:
            yield {
                "code": "department",
                "sentence": self.env._(
                    "Level “%(level)s” of policy “%(policy)s” asks for %(who)s, and nobody is in %(departments)s: "
                    "their invoices would be refused. Give the role to somebody there.",
                    level=self.name,
                    policy=self.policy_id.name,
                    who=self.summary,
                    departments=format_list(self.env, without.mapped("name")),
                ),
            }

    def _check_left(self):
        """Yield the people who are named here and left."""
        names = {"level": self.name, "policy": self.policy_id.name}
        named = (
            self.with_context(active_test=False).user_ids if self.approver_type == "user" else self.user_ids.browse()
        )
        left = named - self._filter_able(named)
        if left:
            yield {
                "code": "left",
                "sentence": self.env._(
                    "Level “%(level)s” of policy “%(policy)s” names %(people)s, who cannot approve any more: archived, "
                    "without access to collaborative invoicing, or not of the company. Name somebody else.",
                    people=format_list(self.env, left.mapped("name")),
                    **names,
                ),
            }

    def _check_nobody(self):
        """Yield that too few people can answer here, whatever the invoice."""
        names = {"level": self.name, "policy": self.policy_id.name}
        people = self._get_countable_people()
        if people is None or people >= lifecycle.required_voices(self.quorum, self.quorum_count, 1):
            return
        yield {
            "code": "nobody",
            "sentence": self.env._(
                "Level “%(level)s” of policy “%(policy)s” asks for %(who)s, and %(count)s can approve: every invoice "
                "would be refused there. Give the role to somebody, or name others.",
                who=self.summary,
                count=people,
                **names,
            ),
        }

    def _filter_able(self, users):
        """Keep the users who can be asked at this level, whatever the invoice."""
        companies = self.company_id | self.env["res.company"].sudo().search([("id", "child_of", self.company_id.id)])
        return users._filter_validation_users().filtered(lambda user: user.company_ids & companies)

    def _get_countable_people(self):
        """Return how many persons may come to approve here, or None where that depends on the invoice."""
        answer = getattr(self, f"_get_possible_approvers_{self.approver_type}", None)
        if self.approver_type == "field" or not answer:
            return None
        return self._filter_able(answer().with_env(self.env).sudo())._count_persons()


def _is_within(inner, outer):
    """Tell whether a criterion is at least as narrow as another one; empty means all."""
    if not outer:
        return True
    if not inner:
        return False
    if "parent_path" in outer._fields:
        return all(_is_below(record, outer) for record in inner)
    return inner <= outer
