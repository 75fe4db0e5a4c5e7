from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .. import fingerprints, lifecycle
from .account_validation_replay import COUNTS, MOST_PROBLEMS


class AccountValidationReplayRun(models.AbstractModel):
    """The counting of a replay: a slice of invoices under a set of policies, by the methods that submitting uses."""

    _name = "account.validation.replay.run"
    _description = "Counting of a replay"

    @api.model
    def _count(self, figures, side, moves, policies):
        """Add to the figures what a set of policies would have meant for invoices.

        Elevated: the caller has searched the invoices as the user who asks.

        :param figures: {"<side>:<count>": number, "people": {key: values of a line}}; changed
        :param moves: account.move as sudo
        :param policies: the policies to try, in order; None for those in force
        """
        counts = dict.fromkeys(COUNTS, 0)
        counts["invoice_count"] = len(moves)
        people, problems = figures.setdefault("people", {}), figures.setdefault(f"{side}:problems", [])
        matches = self.env["account.validation.policy"]._match(moves, policies)
        covered = moves.filtered(lambda move: move.id in matches)
        counts["covered_count"] = len(covered)
        plans = []
        for policy, policy_moves in covered.grouped(lambda move: matches[move.id][0]).items():
            automatic = self._get_automatic(policy, policy_moves)
            counts["automatic_count"] += len(automatic)
            for submitter, submitted in policy_moves.grouped(self._get_submitter).items():
                found, refused = policy.with_user(submitter).sudo()._plan(submitted)
                counts["conflict_count"] += len(self._get_conflicts(policy, submitted, submitter))
                counts["no_approver_count"] += len(refused)
                problems += [move_id for move_id in refused if len(problems) < MOST_PROBLEMS]
                plans += [(policy, plan) for move_id, plan in found.items() if move_id not in {*refused, *automatic}]
        self._add_people(side, people, plans, counts)
        for name, count in counts.items():
            key = f"{side}:{name}"
            figures[key] = figures.get(key, 0) + count

    @api.model
    def _get_automatic(self, policy, moves):
        """Return the ids of the invoices that nobody would have been asked about."""
        against = policy._get_automatic_refusals(moves)
        return {
            move_id
            for move_id in moves.ids
            if move_id not in against and not fingerprints.is_sampled(f"{move_id}:{policy.id}", policy.auto_sample)
        }

    @api.model
    def _get_submitter(self, move):
        """Return who submitted an invoice, or would have: whoever entered it."""
        return move.validation_request_id.submitter_id or move.create_uid

    @api.model
    def _get_conflicts(self, policy, moves, submitter):
        """Return the ids of the invoices on which somebody who entered, changed or submitted them would have had to
        approve them, without separation of duties.
        """
        conflicts = set()
        for level in policy.level_ids:
            concerned = moves.filtered(level._applies_to)
            candidates = level._get_approvers(concerned)
            for move in concerned - concerned.browse(conflicts):
                holders = move.create_uid | move.content_editor_id | submitter
                if set(candidates[move.id]._ids) & set(holders._ids):
                    conflicts.add(move.id)
        return conflicts

    @api.model
    def _add_people(self, side, people, plans, counts):
        """Add the steps, the load and the delay of plans.

        :param plans: [(policy, [(level, res.users)])]
        """
        ids = {user_id for _policy, plan in plans for _level, users in plan for user_id in users._ids}
        speeds = self._get_speeds(sorted(ids))
        for policy, plan in plans:
            stages = {}
            for level, users in plan:
                required = lifecycle.required_voices(level.quorum, level.quorum_count, len(users))
                counts["step_count"] += 1
                for user_id in users._ids:
                    key = f"{side}:{policy.id}:{level.id}:{user_id}"
                    line = people.setdefault(key, self._prepare_line(side, policy, level, user_id, speeds))
                    line["step_count"] += 1
                    line["load"] += required / len(users)
                known = sorted(speeds[user_id] for user_id in users._ids if user_id in speeds)
                if known:
                    hours = known[min(required, len(known)) - 1]
                    stages[level.sequence] = max(stages.get(level.sequence, 0), hours)
            if stages:
                counts["timed_count"] += 1
                counts["hours"] += sum(stages.values())

    @api.model
    def _prepare_line(self, side, policy, level, user_id, speeds):
        return {
            "side": side,
            "policy_id": policy.id,
            "level": level.with_env(self.env).sudo().name,
            "user_id": user_id,
            "step_count": 0,
            "load": 0.0,
            "hours": round(speeds.get(user_id, 0.0), 2),
        }

    @api.model
    def _get_speeds(self, user_ids):
        """Return {user id: hours from the opening of a step to this person's approval, on average} of the last 12
        months, over what the present user may read, in one query.
        """
        if not user_ids:
            return {}
        since = fields.Datetime.now() - relativedelta(months=12)
        readable = self.env["account.validation.step"].sudo(False)._search([("opened_at", ">=", since)])
        self.env["account.validation.event"].flush_model(["step_id", "type", "user_id", "date"])
        rows = self.env.execute_query(
            SQL(
                """SELECT event.user_id, AVG(EXTRACT(EPOCH FROM event.date - step.opened_at)) / 3600
                   FROM account_validation_event event JOIN account_validation_step step ON step.id = event.step_id
                   WHERE event.type IN ('approved', 'returned', 'rejected') AND event.user_id = ANY(%s)
                     AND step.id IN %s
                   GROUP BY event.user_id""",
                user_ids,
                readable.subselect(),
            )
        )
        return {user_id: float(hours) for user_id, hours in rows}
