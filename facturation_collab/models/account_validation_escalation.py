from collections import defaultdict

from odoo import Command, fields, models
from odoo.tools import format_list, frozendict


class AccountValidationStep(models.Model):
    """Asking others when a step is late. It adds people and takes nobody away; the chain of events says whom."""

    _inherit = "account.validation.step"

    def _escalate(self):
        """Ask the next people of these steps, which the caller has locked and found due; record it in the chain.

        They are told at once, whatever their digest and quiet hours.
        """
        added = self._get_escalation_users()
        now = fields.Datetime.now()
        clocks = self._get_clocks(now)
        readers, events, vals = defaultdict(self.request_id.browse), [], {}
        for step in self:
            users, number = added[step], step.escalations_done + bool(added[step])
            goes_on = users and number < step.follow_up["escalation_count"] and clocks[step]
            following = goes_on and clocks[step].after(now, step.follow_up["escalation_hours"])
            vals[step] = frozendict(escalations_done=number, next_escalation_at=following or False)
            if users:
                data = {"number": number, "to": step.follow_up["escalation"], "seats": {"out": [], "in": users.ids}}
                events.append(step.request_id._prepare_event_vals("escalated", step, data=data))
            for user in users:
                readers[user] |= step.request_id
        self.env["account.validation.event"].sudo()._append(events)
        self._write_follow_up(vals)
        self._add_approvers(added)
        self.request_id._on_escalated(added)
        self.request_id._notify_each(
            readers, lambda env: env._("The validation of these invoices is late: you can now approve them, too.")
        )

    def _add_approvers(self, added):
        """Let further people decide on these steps, and refresh who is waited for.

        :param added: {step: res.users}
        """
        for users, steps in self.filtered(lambda step: added[step]).grouped(added.get).items():
            steps._engine().write({"approver_ids": [Command.link(user.id) for user in users]})
        self.request_id._refresh_waiting()
        self.request_id._schedule_activities()

    def _get_reason_text(self):
        text = super()._get_reason_text()
        added = self.env["res.users"].sudo().browse(self._get_escalated_ids())
        if not added:
            return text
        return self.env._(
            "%(reason)s The answer was late: %(people)s can approve, too.",
            reason=text,
            people=format_list(self.env, added.mapped("name")),
        )

    def _get_escalated_ids(self):
        """Return the ids of the users whom the events of this step added to those asked at first."""
        self.ensure_one()
        events = self.request_id.event_ids if self.escalations_done else []
        return [
            user_id
            for event in events
            if event.type == "escalated" and event.step_id == self
            for user_id in event.data["seats"]["in"]
        ]

    def _get_escalation_users(self):
        """Return {step: res.users} of whom to ask next: the nearest circle that holds somebody new who may decide."""
        circles = {}
        for choice, steps in self.grouped(lambda step: step.follow_up["escalation"]).items():
            circles |= getattr(steps.sudo(), f"_get_escalation_circles_{choice}")()
        everybody = self.env["res.users"].union(*(users for found in circles.values() for users in found))
        eligible = everybody.sudo()._filter_validation_users()
        (eligible | self.approver_ids | self.move_id.sudo()._get_concerned_users())._get_persons()
        found = {}
        for step in self:
            possible = (step._filter_escalation(users & eligible) for users in circles[step])
            found[step] = next(filter(None, possible), everybody.browse())
        return found

    def _filter_escalation(self, users):
        """Keep the users who are not asked yet, and whose approval of this step would count."""
        self.ensure_one()
        request = self.request_id
        users -= users._get_same_persons(self.approver_ids)
        if request.distinct_approvers:
            users -= users._get_same_persons(request._get_live_steps().voter_ids)
        return users.filtered(
            lambda user: (
                request.company_id in user.company_ids
                and not self._get_duty_refusal(user)
                and (not request.distinct_approvers or request._is_feasible(self, user))
            )
        )

    # Circles of people, nearest first: {step: [res.users]}; a choice `x` is answered by `_get_escalation_circles_x()`

    def _get_escalation_circles_user(self):
        return {step: [self.env["res.users"].browse(step.follow_up["escalation_user_id"]).exists()] for step in self}

    def _get_escalation_circles_next(self):
        circles = {}
        for step in self:
            later = step.request_id.step_ids.filtered(
                lambda other, step=step: other.state == "waiting" and other.sequence > step.sequence
            )
            circles[step] = [steps.approver_ids for steps in later.sorted("sequence").grouped("sequence").values()]
        return circles

    def _get_escalation_circles_manager(self):
        """The managers of the invoice's department, then of each one above it; two queries for all steps."""
        chains = {step: step.request_id.department_id._get_chain() for step in self}
        departments = self.env["hr.department"].union(*chains.values())
        managers = departments._get_managers()
        return {step: [managers[department] for department in chain] for step, chain in chains.items()}


class AccountValidationRequest(models.Model):
    _inherit = "account.validation.request"

    def _on_escalated(self, added):
        """Called when others were asked because these requests are late; without anybody new, nobody further is there.

        :param added: {step: res.users}
        """
        steps = self.env["account.validation.step"].union(*added).grouped("request_id")
        self._log(lambda request: " ".join(request._describe_escalation(step, added[step]) for step in steps[request]))

    def _describe_escalation(self, step, users):
        if not users:
            return self.env._("The answer at level “%s” is late, and there is nobody further to ask.", step.name)
        return self.env._(
            "The answer at level “%(level)s” is late: %(people)s can now approve, too.",
            level=step.name,
            people=format_list(self.env, users.mapped("name")),
        )


class HrDepartment(models.Model):
    _inherit = "hr.department"

    def _get_chain(self):
        """Return this department and those above it, nearest first."""
        ids = [int(number) for number in (self.parent_path or "").split("/") if number]
        return self.browse(reversed(ids))

    def _get_managers(self):
        """Return {department: res.users} of who manages each of these departments today, in one query."""
        domain = [("department_id", "in", self.ids), ("role", "=", "manager"), ("is_current", "=", True)]
        members = self.env["account.department.member"].sudo().search(domain)
        found = dict.fromkeys(self, self.env["res.users"])
        for department, rows in members.grouped("department_id").items():
            found[department] = rows.user_id
        return found
