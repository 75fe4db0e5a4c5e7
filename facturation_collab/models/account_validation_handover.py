from collections import defaultdict

from odoo import Command, fields, models
from odoo.tools import format_list

from .. import seating
from .hr_department import ADMINISTRATOR


class AccountValidationEvent(models.Model):
    _inherit = "account.validation.event"

    type = fields.Selection(
        selection_add=[("reassigned", "Given to somebody else"), ("taken_over", "Taken over")],
        ondelete={"reassigned": "cascade", "taken_over": "cascade"},
    )


class AccountValidationStep(models.Model):
    """Giving the place of an approver on an open step to somebody else, for good: an event, on top of the plan."""

    _inherit = "account.validation.step"

    def _get_free_holders(self):
        """Return the approvers of this open step whose voice was not given yet."""
        self.ensure_one()
        holders = self.approver_ids if self.state == "open" else self.approver_ids.browse()
        return holders - holders._get_same_persons(self.voter_ids | self._get_represented())

    def _is_managed_place(self, holder, managed):
        """Tell whether an approver holds a role in the department of the invoice, or in one above it, that somebody
        manages.

        :param managed: what `res.users._get_managed_people` says of that manager
        """
        department = self.request_id.department_id.sudo()
        departments = department._get_ancestor_ids() if department else ()
        return not managed.get(holder.id, set()).isdisjoint(departments)

    def _get_giving_refusal(self, user, holder, managed):
        """Return why a user may not give the place of an approver on this step to somebody else, or an empty text."""
        self.ensure_one()
        if user == holder:
            return ""
        names = {"approver": holder.sudo().name, "level": self.name}
        if not user.has_group(ADMINISTRATOR) and not self._is_managed_place(holder, managed):
            return self.env._(
                "Only %(approver)s, a manager of their department or an administrator gives this place at level "
                "“%(level)s” to somebody else.",
                **names,
            )
        if self._get_duty_refusal(user):
            return self.env._(
                "You entered, changed or submitted this invoice: somebody else must choose who approves it."
            )
        return ""

    def _get_successor_refusal(self, holder, successor):
        """Return why somebody cannot take the place of an approver on this open step, or an empty text: the same
        conditions as for every approver.
        """
        self.ensure_one()
        request = self.request_id
        names = {"person": successor.sudo().name, "level": self.name, "company": request.company_id.sudo().name}
        if not successor._filter_validation_users():
            return self.env._("%(person)s has no access to collaborative invoicing or to accounting.", **names)
        if request.company_id not in successor.sudo().company_ids:
            return self.env._("%(person)s has no access to the company %(company)s.", **names)
        if successor._get_same_persons(self.approver_ids | self.voter_ids):
            return self.env._(
                "%(person)s is already asked at level “%(level)s”, or has approved there: choose somebody else.",
                **names,
            )
        if self._get_duty_refusal(successor):
            return self.env._("%(person)s entered, changed or submitted this invoice: choose somebody else.", **names)
        if request.distinct_approvers and not request._is_feasible_with(self, holder, successor):
            return self.env._(
                "%(person)s approved this invoice at another level, or is needed there, and the policy asks for "
                "different people: choose somebody else.",
                **names,
            )
        return ""

    def _describe_handover(self, holder, successor):
        """Return the sentence of the chatter on a place that was given to somebody else."""
        names = {"approver": holder.sudo().name, "successor": successor.sudo().name, "level": self.name}
        return self.env._("%(successor)s now approves in the place of %(approver)s at level “%(level)s”.", **names)


class AccountValidationRequest(models.Model):
    _inherit = "account.validation.request"

    def _is_feasible_with(self, step, holder, successor):
        """Tell whether different people can still fill all steps once a place was given to somebody else."""
        self.ensure_one()
        voters = self._get_live_steps().voter_ids
        persons = (self.step_ids.approver_ids | voters | successor)._get_persons()
        used = {persons[user_id] for user_id in voters.ids}

        def get_persons(other):
            ids = other._get_open_places(holder if other == step else None)
            return {persons[user_id] for user_id in (*ids, *(successor.ids if other == step else ()))} - used

        wanted = [
            (max(0, other.quorum_required - len(other.voter_ids)), get_persons(other))
            for other in self.step_ids
            if other.state in ("waiting", "open")
        ]
        return persons[successor.id] not in used and seating.unmet_level(wanted) is None

    def _get_place_to_give(self, user, managed, holder=None, take_over=False):
        """Return the place that a user may give to somebody else, or take over, on this request, and why not.

        :param managed: what `res.users._get_managed_people` says of the user
        :param holder: the approver meant; by default the user themselves, else the only one whom the user may give
        :returns: (step, res.users, "") or (empty, empty, sentence)
        """
        self.ensure_one()
        steps, nobody = self.step_ids, self.env["res.users"]
        places = [(step, free) for step in steps if step.state == "open" for free in step._get_free_holders()]
        if not places:
            return steps.browse(), nobody, self.env._("Nobody is asked on it now.")
        meant = [place for place in places if place[1] == (holder or user)] if holder or not take_over else []
        if holder and not meant:
            return steps.browse(), nobody, self.env._("%s is not asked on it now.", holder.sudo().name)
        refusals = {place: self._get_taking_refusal(*place, user, managed, take_over) for place in meant or places}
        allowed = [place for place, refusal in refusals.items() if not refusal]
        if not allowed:
            return steps.browse(), nobody, next(iter(refusals.values()))
        if len(allowed) > 1 and not take_over:
            people = format_list(self.env, [free.sudo().name for _step, free in allowed], "or")
            return steps.browse(), nobody, self.env._("Say whose place you mean: %s.", people)
        return *allowed[0], ""

    def _get_taking_refusal(self, step, holder, user, managed, take_over):
        """Return why a user may not give or take over one place, or an empty text."""
        if not take_over:
            return step._get_giving_refusal(user, holder, managed)
        if not step._is_managed_place(holder, managed):
            return self.env._(
                "Only a manager of the department of %(approver)s takes over their place at level “%(level)s”.",
                approver=holder.sudo().name,
                level=step.name,
            )
        return step._get_successor_refusal(holder, user)

    def _hand_over(self, places, successor, event_type, reason):
        """Give places on open steps to somebody else. The caller holds the locks and has asked the predicates.

        :param places: {step: the approver who leaves}
        :param event_type: reassigned or taken_over
        """
        texts = {step.request_id: step._describe_handover(holder, successor) for step, holder in places.items()}
        data = {step: {"seats": {"out": holder.ids, "in": successor.ids}} for step, holder in places.items()}
        self.env["account.validation.event"].sudo()._append(
            [step.request_id._prepare_event_vals(event_type, step, reason, data[step]) for step in places]
        )
        by_holder = defaultdict(self.env["account.validation.step"].browse)
        for step, holder in places.items():
            by_holder[holder] |= step
        for holder, steps in by_holder.items():
            steps._engine().write({"approver_ids": [Command.unlink(holder.id), Command.link(successor.id)]})
        self._refresh_waiting(since=fields.Datetime.now())
        self._schedule_activities()
        self._log(texts.get, reason)
        if successor != self.env.user:
            self._notify_each({successor.sudo(): self})
