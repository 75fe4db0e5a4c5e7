from odoo import api, fields, models
from odoo.tools import format_list

from .account_validation_build import Planned


class AccountValidationPolicy(models.Model):
    """Who is asked where a level would have too few people. The reason of the step says so, and who was skipped."""

    _inherit = "account.validation.policy"

    fallback_user_ids = fields.Many2many(
        "res.users",
        "account_validation_policy_fallback_rel",
        string="Otherwise ask",
        domain="[('share', '=', False)]",
        help="Asked at a level that has too few people: nobody has the role, they are archived, have no access, or may "
        "not decide on this invoice. Empty: the invoice cannot be submitted then.",
    )

    def _get_replacements(self):
        return super()._get_replacements() | self.fallback_user_ids

    def _plan_level(self, level, move, candidates, eligible, choice):
        planned, lack = super()._plan_level(level, move, candidates, eligible, choice)
        if not lack or not self.fallback_user_ids:
            return planned, lack
        filled = self._fill(planned, move, candidates, eligible)
        _level, users = filled
        return filled, self._get_lack(level, move, candidates, users, filled.facts)

    def _settle(self, plans, moves, eligible):
        """Fill the levels, too, that different people could not fill otherwise."""
        plans = super()._settle(plans, moves, eligible)
        if not self.distinct_approvers or not self.fallback_user_ids:
            return plans
        by_id = {move.id: move for move in moves}
        return {move_id: self._fill_unmet(plan, by_id[move_id], eligible) for move_id, plan in plans.items()}

    def _fill_unmet(self, plan, move, eligible):
        """Return a plan in which levels that lack a different person ask the replacements, too."""
        plan = list(plan)
        for _attempt in plan:
            position = self._get_unmet(plan)
            if position is None or "fallback" in plan[position].facts:
                break
            plan[position] = self._fill(plan[position], move, plan[position][1], eligible, "elsewhere")
        return plan

    def _fill(self, planned, move, candidates, eligible, why=None):
        """Return a planned level with the replacements who may decide on an invoice, and the facts that say so.

        :param candidates: res.users whom the level would have asked
        :param why: why those who are left do not suffice, or None
        """
        level, users = planned
        added = self._filter_approvers(self.fallback_user_ids & eligible, move, level)
        added -= added._get_same_persons(users)
        if not added:
            return planned
        skipped = [
            [user.name, why or self._get_why_skipped(user, move, level)]
            for user in (candidates if why else candidates - users)
        ]
        facts = {"fallback": added.mapped("name"), "skipped": skipped}
        return Planned(level, users | added, {**planned.facts, **facts})

    def _get_why_skipped(self, user, move, level):
        """Return the name of what keeps a candidate of a level from being asked about an invoice."""
        if not user.active:
            return "inactive"
        if user.share:
            return "portal"
        if not user._filter_validation_users():
            return "access"
        if move.company_id not in user.company_ids:
            return "company"
        return "other" if self._filter_approvers(user, move, level) else "duty"


class AccountValidationLevel(models.Model):
    _inherit = "account.validation.level"

    def _get_possible_approvers(self):
        return super()._get_possible_approvers() | self.sudo().policy_id.fallback_user_ids


class AccountValidationWording(models.AbstractModel):
    _inherit = "account.validation.wording"

    @api.model
    def _get_reason_sentences(self, reason):
        sentences = super()._get_reason_sentences(reason)
        if not reason.get("fallback"):
            return sentences
        people = format_list(self.env, reason["fallback"], "or")
        skipped = format_list(self.env, [self._describe_skipped(*entry) for entry in reason["skipped"]])
        if not skipped:
            return [*sentences, self.env._("The level found nobody: the policy asks %s instead.", people)]
        return [
            *sentences,
            self.env._(
                "The level has too few people: the policy asks %(people)s, too. Skipped: %(skipped)s.",
                people=people,
                skipped=skipped,
            ),
        ]

    @api.model
    def _describe_skipped(self, name, why):
        """Return somebody who was not asked, and why, as a part of a sentence."""
        sentences = {
            "inactive": self.env._("%s (archived)"),
            "portal": self.env._("%s (no internal user)"),
            "access": self.env._("%s (no access to invoices)"),
            "company": self.env._("%s (no access to the company)"),
            "duty": self.env._("%s (entered, changed or submitted the invoice)"),
            "elsewhere": self.env._("%s (needed at another level)"),
        }
        return sentences.get(why, "%s") % name
