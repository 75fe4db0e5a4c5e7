import functools

from odoo import Command, models
from odoo.tools import format_list

from .. import fingerprints, lifecycle, seating

FROZEN_FIELDS = (
    "move_id",
    "policy_id",
    "mode",
    "company_id",
    "department_id",
    "submitter_id",
    "distinct_approvers",
    "merge_decisions",
    "match_reason",
    "on_change",
    "previous_id",
)
"""Values of a request that its plan repeats, so that the chain of events covers them."""


class Planned(tuple):
    """A level and whom it asks, as (level, res.users), with `facts`: plain values that the reason of its step repeats
    besides those of the level.
    """

    def __new__(cls, level, users, facts=None):
        planned = super().__new__(cls, (level, users))
        planned.facts = dict(facts or {})
        return planned


class AccountValidationPolicy(models.Model):
    """Building requests: who would be asked at each level of an invoice, and the frozen copy of it."""

    _inherit = "account.validation.policy"

    def _plan(self, moves):
        """Find the approvers of each level for invoices that this policy covers. Reads only.

        :returns: ({move id: [Planned]}, {move id: sentence that says which level lacks whom})
        """
        self.ensure_one()
        if not self.level_ids:
            lack = self.env._("Policy “%s” has no level: an administrator must add one, or switch it off.", self.name)
            return dict.fromkeys(moves._ids, []), dict.fromkeys(moves._ids, lack)
        plans, problems = {move.id: [] for move in moves}, {}
        covered = {level: moves.filtered(level._applies_to) for level in self.level_ids}
        candidates = {level: level._get_candidates(level_moves) for level, level_moves in covered.items()}
        choices = {level: level._get_choice(level_moves) for level, level_moves in covered.items()}
        users = (users for by_move in candidates.values() for found in by_move.values() for users, _facts in found)
        eligible = self._get_replacements().union(*users)._filter_validation_users()
        # Read once for all invoices who is the same person as whom.
        (eligible | moves.create_uid | moves.content_editor_id | self.env.user)._get_persons()
        for move in moves:
            for level in self._get_levels(move):
                for found, facts in candidates[level][move.id]:
                    choice = functools.partial(_choose, choices[level], facts)
                    planned, lack = self._plan_level(level, move, found, eligible, choice)
                    plans[move.id].append(planned)
                    if lack:
                        problems.setdefault(move.id, lack)
        plans = self._settle(plans, moves, eligible)
        if self.distinct_approvers:
            problems = self._get_overlaps(plans) | problems
        return plans, problems

    def _plan_level(self, level, move, candidates, eligible, choice):
        """Return whom a level asks about an invoice, and the sentence that says whom it lacks, or an empty text.

        :param candidates: res.users, as the approver type found them
        :param eligible: res.users of all candidates who can be asked to validate anything
        :param choice: as `account.validation.level._get_choice` returned it, with the facts about the step
        :returns: (Planned, text)
        """
        approvers = self._filter_approvers(candidates & eligible, move, level)
        approvers, facts = choice(move, approvers)
        return Planned(level, approvers, facts), self._get_lack(level, move, candidates, approvers, facts)

    def _get_replacements(self):
        """Return the users who may be asked besides those that the levels name. Hook."""
        return self.env["res.users"]

    def _settle(self, plans, moves, eligible):
        """Return the plans as they stand once all levels of an invoice are known. Hook: choices that depend on more
        than one level.
        """
        return plans

    def _filter_approvers(self, users, move, level):
        """Keep the users who may decide on an invoice at a level: access to its company, and nothing in what they did
        with it that keeps them from approving.
        """
        return level._filter_duties(users.filtered(lambda user: move.company_id in user.company_ids), move)

    def _get_lack(self, level, move, candidates, approvers, facts):
        """Return the sentence that says whom a level of this policy lacks for an invoice, or an empty text."""
        if approvers._count_persons() >= level._get_least_voices():
            return ""
        names = {"policy": self.name, "level": level.name, "who": level.summary}
        reason = level._get_lack_reason(move, candidates, facts)
        if reason:
            return self.env._("Level “%(level)s” of policy “%(policy)s” asks for %(who)s: %(why)s", why=reason, **names)
        if not candidates:
            return self.env._(
                "Level “%(level)s” of policy “%(policy)s” asks for %(who)s, and nobody is: an administrator must give "
                "the role to somebody.",
                **names,
            )
        return self.env._(
            "Level “%(level)s” of policy “%(policy)s” asks for %(who)s: of %(people)s, too few can decide on this "
            "invoice. Whoever entered, "
            "changed or submits it cannot, nor users without access to collaborative invoicing or to its company; "
            "several users of one person count as one. An "
            "administrator must name others.",
            people=format_list(self.env, candidates.mapped("name")),
            **names,
        )

    def _get_overlaps(self, plans):
        """Return {move id: sentence} of the plans whose levels cannot be approved by different people."""
        overlaps = {}
        # Of a batch, many plans ask the same people.
        get_unmet = functools.cache(self._get_unmet)
        for move_id, plan in plans.items():
            position = get_unmet(tuple(plan))
            if position is not None:
                overlaps[move_id] = self.env._(
                    "Policy “%(policy)s” asks for different people at each level, and level “%(level)s” has nobody "
                    "left: "
                    "an administrator must name more approvers.",
                    policy=self.name,
                    level=plan[position][0].name,
                )
        return overlaps

    def _get_unmet(self, plan):
        """Return the position of the first level of a plan that different people cannot fill, or None."""
        persons = self.env["res.users"].union(*(users for _level, users in plan))._get_persons()
        people = [(level, {persons[user_id] for user_id in users.ids}) for level, users in plan]
        return seating.unmet_level(
            [
                (lifecycle.required_voices(level.quorum, level.quorum_count, len(voices)), voices)
                for level, voices in people
            ]
        )

    def _start(self, moves, criteria, plans, comment=None, first_event="submitted"):
        """Create the requests of invoices under this policy, with their steps and first event, in batch.

        :param criteria: names of the criteria that matched, as `_match` returned them
        :param plans: {move id: [Planned]}, as `_plan` returned them, without a problem
        :param first_event: "recorded" for a request that only keeps what happened, and is ended at once by its caller
        :returns: account.validation.request, as the present user with sudo
        """
        self.ensure_one()
        Request = self.env["account.validation.request"].sudo()
        # A request that ended in this very transaction leaves the index of pending ones before the next enters it.
        Request.flush_model(["state"])
        carry = first_event == "submitted"
        moves.sudo().validation_request_id._read_approvals()
        requests = Request._engine().create(
            [self._prepare_run_vals(move, criteria, plans[move.id], carry) for move in moves]
        )
        requests = Request.browse(requests.ids)
        self.env["account.validation.event"].sudo()._append(
            [entry for request in requests for entry in request._prepare_first_events(first_event, comment)]
        )
        return requests

    def _get_frozen_policy(self, request):
        """Return what the plan of a request keeps of this policy.

        :param request: the values of the new request
        """
        return {"version": 1, "policy": self.name}

    def _prepare_run_vals(self, move, criteria, plan, carry=False):
        """Return the values of a new request with its steps, and of both their canonical form, which the first event
        covers.

        :param plan: [Planned]
        :param carry: whether approvals of the request before may stand
        """
        request = self.env["account.validation.request"]._prepare_request_vals(self, move, criteria)
        steps = [self._prepare_planned_vals(planned, move) for planned in plan]
        if carry:
            steps = self.env["account.validation.request"]._carry_over(move, request, plan, steps)
        frozen = {name: request[name] for name in FROZEN_FIELDS} | self._get_frozen_policy(request)
        frozen["steps"] = [
            {
                name: _get_command_ids(value) if name in ("approver_ids", "voter_ids") else value
                for name, value in step.items()
            }
            for step in steps
        ]
        return {
            **request,
            "plan": fingerprints.canonical(frozen, default=str),
            "step_ids": [Command.create({**step, "move_id": move.id}) for step in steps],
        }

    def _prepare_planned_vals(self, planned, move):
        """Return the values of the frozen copy of a planned level, with the facts of its plan in the reason."""
        level, users = planned
        vals = self.env["account.validation.request"]._prepare_step_vals(level, move, users)
        return {**vals, "reason": {**vals["reason"], **planned.facts}}


def _choose(choice, facts, move, users):
    """Return (res.users, facts) that a level chose, with what is known of the step."""
    chosen, more = choice(move, users)
    return chosen, {**facts, **more}


def _get_command_ids(commands):
    """Return the sorted ids that commands on an empty many2many value lead to."""
    ids = set()
    for command, record_id, record_ids in commands:
        ids |= set(record_ids) if command == Command.SET else {record_id}
    return sorted(ids)
