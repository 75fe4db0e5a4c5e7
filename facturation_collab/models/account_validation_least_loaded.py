from collections import Counter

from odoo import api, fields, models

from .. import lifecycle, seating
from .account_validation_build import Planned


class AccountValidationLevel(models.Model):
    """Levels that ask the member of a group who has the fewest decisions before them."""

    _inherit = "account.validation.level"

    approver_type = fields.Selection(
        selection_add=[("group_least_loaded", "Least loaded member of a group")],
        ondelete={"group_least_loaded": "cascade"},
    )

    @api.model
    def _get_needed_fields(self):
        return {**super()._get_needed_fields(), "group_least_loaded": "group_id"}

    def _get_approvers_group_least_loaded(self, moves):
        """All members: the policy chooses once it knows whom the other levels ask."""
        return self._get_approvers_group(moves)

    def _get_possible_approvers_group_least_loaded(self):
        return self._get_possible_approvers_group()


class AccountValidationPolicy(models.Model):
    _inherit = "account.validation.policy"

    def _settle(self, plans, moves, eligible):
        """Choose the least loaded members, evenly over the invoices of a batch."""
        plans = super()._settle(plans, moves, eligible)
        levels = self.level_ids.filtered(lambda level: level.approver_type == "group_least_loaded")
        if not levels:
            return plans
        users = self.env["res.users"].union(
            *(users for plan in plans.values() for level, users in plan if level in levels)
        )
        loads = users._get_validation_loads()
        return {move_id: self._spread(plan, levels, loads) for move_id, plan in plans.items()}

    def _spread(self, plan, levels, loads):
        """Return a plan in which some levels ask no more people than they need, those with the smallest loads; these
        then count one more. Ties go by id.

        Where people must differ, whom another level has to have is left to it.
        """
        people = [(level, users.sorted(lambda user: (loads[user.id], user.id))) for level, users in plan]
        chosen = self._get_assigned(people, levels)
        settled = []
        for planned, (level, users) in zip(plan, people, strict=True):
            if level not in levels:
                settled.append(planned)
                continue
            asked = chosen[level] or users[: level._get_least_voices()]
            loads.update(asked.ids)
            settled.append(Planned(level, asked, {**planned.facts, "among": len(users)}))
        return settled

    def _get_assigned(self, people, levels):
        """Return {level: res.users} of whom each of some levels asks, the first ones of those that it may ask.

        :param people: [(level, res.users)] of all levels of a plan, in order of preference
        """
        nobody = self.env["res.users"]
        persons = nobody.union(*(users for _level, users in people))._get_persons()
        first = sorted(people, key=lambda entry: entry[0] not in levels)
        wanted = [
            (
                level._get_least_voices()
                if level in levels
                else lifecycle.required_voices(level.quorum, level.quorum_count, users._count_persons()),
                [persons[user_id] for user_id in users.ids],
            )
            for level, users in first
        ]
        if not self.distinct_approvers:
            # Each level for itself: whom one of them takes, another may take again.
            assigned = [seating.assigned_persons([entry])[0] for entry in wanted]
        else:
            assigned = seating.assigned_persons(wanted)
        return {
            level: nobody.union(*(next(user for user in users if persons[user.id] == person) for person in found))
            for (level, users), found in zip(first, assigned, strict=True)
        }


class ResUsers(models.Model):
    _inherit = "res.users"

    def _get_validation_loads(self):
        """Return a counter {user id: steps under way that ask them and that they have not decided}, in one query.

        Reads the requests under way, which have an index of their own, and none of those that ended.
        """
        self.env["account.validation.step"].flush_model(["request_id", "state"])
        self.env["account.validation.request"].flush_model(["state"])
        self.env.cr.execute(
            """SELECT asked.res_users_id, COUNT(*)
                 FROM account_validation_request AS request
                 JOIN account_validation_step AS step ON step.request_id = request.id
                 JOIN account_validation_step_approver_rel AS asked ON asked.account_validation_step_id = step.id
            LEFT JOIN account_validation_step_voter_rel AS voter
                   ON voter.account_validation_step_id = step.id AND voter.res_users_id = asked.res_users_id
                WHERE request.state = 'pending'
                  AND step.state IN ('waiting', 'open')
                  AND voter.res_users_id IS NULL
                  AND asked.res_users_id = ANY(%s)
             GROUP BY asked.res_users_id""",
            [self.ids],
        )
        return Counter(dict(self.env.cr.fetchall()))


class AccountValidationWording(models.AbstractModel):
    _inherit = "account.validation.wording"

    @api.model
    def _describe_approvers_group_least_loaded(self, values):
        return self.env._("the least loaded member of “%s”", values["group"])

    @api.model
    def _describe_why_group_least_loaded(self, reason):
        return self.env._(
            "The member of “%(group)s” with the fewest invoices to decide (of %(count)s), asked by the policy "
            "“%(policy)s”",
            group=reason["group"],
            count=reason.get("among", 1),
            policy=reason["policy"],
        )
