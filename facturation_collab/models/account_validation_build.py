import json
from collections import defaultdict

from odoo import Command, models
from odoo.tools import format_list

from .. import lifecycle

FROZEN_FIELDS = (
    "move_id",
    "policy_id",
    "mode",
    "company_id",
    "department_id",
    "submitter_id",
    "distinct_approvers",
    "match_reason",
)
"""Values of a request that its plan repeats, so that the chain of events covers them."""


class AccountValidationPolicy(models.Model):
    """Building requests: who would be asked at each level of an invoice, and the frozen copy of it."""

    _inherit = "account.validation.policy"

    def _plan(self, moves):
        """Find the approvers of each level for invoices that this policy covers. Reads only.

        :returns: ({move id: [(level, res.users)]}, {move id: sentence that says which level lacks whom})
        """
        self.ensure_one()
        if not self.level_ids:
            lack = self.env._("Policy “%s” has no level: an administrator must add one, or switch it off.", self.name)
            return dict.fromkeys(moves._ids, []), dict.fromkeys(moves._ids, lack)
        plans, problems = defaultdict(list), {}
        candidates = {level: level._get_approvers(moves.filtered(level._applies_to)) for level in self.level_ids}
        users = (users for by_move in candidates.values() for users in by_move.values())
        eligible = self.env["res.users"].union(*users)._filter_validation_users()
        # Read once for all invoices who is the same person as whom.
        (eligible | moves.create_uid | moves.content_editor_id | self.env.user)._get_persons()
        for move in moves:
            for level in self._get_levels(move):
                approvers = self._filter_approvers(candidates[level][move.id] & eligible, move, level)
                plans[move.id].append((level, approvers))
                lack = self._get_lack(level, move, candidates[level][move.id], approvers)
                if lack:
                    problems.setdefault(move.id, lack)
        if self.distinct_approvers:
            problems = self._get_overlaps(plans) | problems
        return plans, problems

    def _filter_approvers(self, users, move, level):
        """Keep the users who may decide on an invoice at a level: access to its company, and nothing in what they did
        with it that keeps them from approving.
        """
        return level._filter_duties(users.filtered(lambda user: move.company_id in user.company_ids), move)

    def _get_lack(self, level, move, candidates, approvers):
        """Return the sentence that says whom a level of this policy lacks for an invoice, or an empty text."""
        required = lifecycle.required_voices(level.quorum, level.quorum_count, 1)
        if approvers._count_persons() >= required:
            return ""
        names = {"policy": self.name, "level": level.name, "who": level.summary}
        if level.approver_type in ("role", "parent_role") and not move.department_id:
            return self.env._(
                "Level “%(level)s” of policy “%(policy)s” asks for %(who)s, and this invoice has no department: "
                "choose its department.",
                **names,
            )
        if level.approver_type == "parent_role" and not move.department_id.parent_id:
            return self.env._(
                "Level “%(level)s” of policy “%(policy)s” asks for %(who)s, and there is no department above "
                "%(department)s: an administrator "
                "must say who approves there.",
                department=move.department_id.name,
                **names,
            )
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
        for move_id, plan in plans.items():
            persons = self.env["res.users"].union(*(users for _level, users in plan))._get_persons()
            people = [(level, {persons[user_id] for user_id in users.ids}) for level, users in plan]
            wanted = [
                (lifecycle.required_voices(level.quorum, level.quorum_count, len(voices)), voices)
                for level, voices in people
            ]
            position = lifecycle.unmet_level(wanted)
            if position is not None:
                overlaps[move_id] = self.env._(
                    "Policy “%(policy)s” asks for different people at each level, and level “%(level)s” has nobody "
                    "left: "
                    "an administrator must name more approvers.",
                    policy=self.name,
                    level=plan[position][0].name,
                )
        return overlaps

    def _start(self, moves, criteria, plans, comment=None, first_event="submitted"):
        """Create the requests of invoices under this policy, with their steps and first event, in batch.

        :param criteria: names of the criteria that matched, as `_match` returned them
        :param plans: {move id: [(level, res.users)]}, as `_plan` returned them, without a problem
        :param first_event: "recorded" for a request that only keeps what happened, and is ended at once by its caller
        :returns: account.validation.request, as the present user with sudo
        """
        self.ensure_one()
        Request = self.env["account.validation.request"].sudo()
        # A request that ended in this very transaction leaves the index of pending ones before the next enters it.
        Request.flush_model(["state"])
        requests = Request._engine().create([self._prepare_run_vals(move, criteria, plans[move.id]) for move in moves])
        requests = Request.browse(requests.ids)
        self.env["account.validation.event"].sudo()._append(
            [
                request._prepare_event_vals(
                    first_event,
                    comment=comment,
                    data={"fingerprint": request.fingerprint, "plan": lifecycle.fingerprint(request.plan)},
                )
                for request in requests
            ],
        )
        return requests

    def _get_frozen_policy(self, request):
        """Return what the plan of a request keeps of this policy.

        :param request: the values of the new request
        """
        return {"version": 1, "policy": self.name}

    def _prepare_run_vals(self, move, criteria, plan):
        """Return the values of a new request with its steps, and of both their canonical form, which the first event
        covers.

        :param plan: [(level, res.users)]
        """
        Request = self.env["account.validation.request"]
        request = Request._prepare_request_vals(self, move, criteria)
        steps = [Request._prepare_step_vals(level, move, users) for level, users in plan]
        frozen = {name: request[name] for name in FROZEN_FIELDS} | self._get_frozen_policy(request)
        frozen["steps"] = [
            {
                name: _get_command_ids(value) if name in ("approver_ids", "voter_ids") else value
                for name, value in step.items()
            }
            for step in steps
        ]
        plain = json.loads(json.dumps(frozen, default=str))
        return {**request, "plan": lifecycle.canonical(plain), "step_ids": [Command.create(step) for step in steps]}


def _get_command_ids(commands):
    """Return the sorted ids that commands on an empty many2many value lead to."""
    ids = set()
    for command, record_id, record_ids in commands:
        ids |= set(record_ids) if command == Command.SET else {record_id}
    return sorted(ids)
