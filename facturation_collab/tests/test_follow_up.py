"""Reminders and escalations: when, to whom, how often, and what the chain of events says of it."""

import json
from datetime import datetime
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..audit import verify
from ..models import account_validation_follow_up
from .time_common import TimeCase

MONDAY = "2026-03-02 07:00:00"  # eight o'clock in Paris: eight hours end at 16:00 UTC
REMINDER = {"deadline_hours": 8, "reminder": "before", "reminder_hours": 2}
ESCALATION = {"deadline_hours": 8, "escalation_hours": 2}


@tagged("post_install", "-at_install")
class TestReminders(TimeCase):
    def test_a_reminder_comes_before_the_deadline_once(self):
        request = self._submit_at(MONDAY, self._named(self.ann, **REMINDER))
        before = len(self._get_messages(self.ann))
        self._follow_up_at("2026-03-02 13:59:00")
        self.assertFalse(self._events(request, "reminded"))
        for _run in range(2):
            self._follow_up_at("2026-03-02 14:00:00")
            event = self._events(request, "reminded")
            self.assertEqual(event.data, {"number": 1, "users": self.ann.ids})
            self.assertEqual(len(self._get_messages(self.ann)), before + 1)
        self.assertIn("still wait for your validation", self._get_messages(self.ann)[0].body)
        self.assertFalse(request.step_ids.next_reminder_at)

    def test_reminders_are_repeated_in_working_hours_up_to_their_number(self):
        request = self._submit_at(MONDAY, self._named(self.ann, reminder_interval=4, reminder_count=3, **REMINDER))
        # Two hours on Monday and two on Tuesday; four on Tuesday, over lunch.
        for moment in ("2026-03-02 14:00:00", "2026-03-03 09:00:00", "2026-03-03 14:00:00"):
            self.assertEqual(str(request.step_ids.next_reminder_at), moment)
            self._follow_up_at(moment)
        self.assertFalse(request.step_ids.next_reminder_at)
        self._follow_up_at("2026-03-20 09:00:00")
        numbers = [event.data["number"] for event in self._events(request, "reminded")]
        self.assertEqual(numbers, [1, 2, 3])

    def test_a_reminder_after_the_deadline(self):
        vals = {**REMINDER, "reminder": "after"}
        request = self._submit_at("2026-03-06 07:00:00", self._named(self.ann, **vals))
        self.assertEqual(request.step_ids.next_reminder_at, datetime(2026, 3, 9, 9), "not on a weekend")

    def test_only_whoever_can_still_act_is_reminded(self):
        level = self._named(self.ann | self.bob, quorum="all", **REMINDER)
        request = self._submit_at(MONDAY, level)
        self._approve(request.move_id, self.bob)
        self._follow_up_at("2026-03-02 14:00:00")
        self.assertEqual(self._events(request, "reminded").data["users"], self.ann.ids)

    def test_nobody_is_reminded_of_what_is_decided(self):
        request = self._submit_at(MONDAY, self._named(self.ann, **REMINDER))
        self._approve(request.move_id, self.ann)
        self._follow_up_at("2026-03-02 14:00:00")
        self.assertFalse(self._events(request, "reminded"))

    def test_the_next_level_counts_from_its_own_opening(self):
        request = self._submit_at(MONDAY, self._named(self.bob), self._named(self.ann, sequence=20, **REMINDER))
        later = request.step_ids.sorted("sequence")[1]
        self.assertFalse(later.next_reminder_at)
        with freeze_time("2026-03-03 07:00:00"):
            self._approve(request.move_id, self.bob)
        self.assertEqual(later.next_reminder_at, datetime(2026, 3, 3, 14))

    def test_a_person_gets_one_reminder_for_many_invoices(self):
        bills = self._create_bill() | self._create_bill() | self._create_bill()
        requests = self._submit_at(MONDAY, self._named(self.ann, **REMINDER), bills=bills)
        before = len(self._get_messages(self.ann))
        self._follow_up_at("2026-03-02 14:00:00")
        self.assertEqual(len(self._get_messages(self.ann)), before + 1)
        for request in requests:
            self.assertEqual(len(self._events(request, "reminded")), 1)
            self.assertIn(f"/odoo/account.move/{request.move_id.id}", self._get_messages(self.ann)[0].body)
            self.assertTrue(request.event_ids._is_chain_intact())

    def test_a_request_keeps_the_choice_with_which_it_was_submitted(self):
        request = self._submit_at(MONDAY, self._named(self.ann, **REMINDER))
        level = request.step_ids.level_id
        level.sudo().write({"reminder": "none", "reminder_count": 9})
        self.assertEqual(request.step_ids.follow_up["reminder"], "before")
        self._follow_up_at("2026-03-02 14:00:00")
        self.assertTrue(self._events(request, "reminded"))
        planned = json.loads(request.plan)["steps"][0]
        self.assertEqual(planned["follow_up"], request.step_ids.follow_up)

    # ---- the job

    def _submit_many(self, count, **vals):
        bills = self._create_bill()
        for _bill in range(count - 1):
            bills |= self._create_bill()
        return self._submit_at(MONDAY, self._named(self.ann, **vals), bills=bills)

    def test_the_job_works_in_slices_and_goes_on_where_it_stopped(self):
        requests = self._submit_many(5, **REMINDER)
        self.patch(account_validation_follow_up, "BATCH", 2)
        self.time_left = 0
        self._follow_up_at("2026-03-02 14:00:00")
        self.assertFalse(self._events(requests, "reminded"))
        self.time_left = 60
        self.progress.clear()
        self._follow_up_at("2026-03-02 14:00:00")
        self.assertEqual(self.progress, [(0, 5), (2, None), (2, None), (1, None), (0, 0)])
        self.assertEqual(len(self._events(requests, "reminded")), 5)

    def test_what_cannot_be_followed_up_does_not_hold_up_the_others(self):
        requests = self._submit_many(3, **REMINDER)
        broken = requests.step_ids.sorted("id")[0]
        self.patch(account_validation_follow_up, "BATCH", 1)
        remind = type(broken)._remind

        def fail(steps):
            if broken in steps:
                steps.copy()
            return remind(steps)

        with (
            patch.object(type(broken), "_remind", fail),
            mute_logger("odoo.addons.facturation_collab.models.account_validation_follow_up"),
        ):
            self._follow_up_at("2026-03-02 14:00:00")
        self.assertEqual(len(self._events(requests, "reminded")), 2)
        self.assertFalse(broken.reminders_sent)
        self._follow_up_at("2026-03-02 14:15:00")
        self.assertEqual(len(self._events(requests, "reminded")), 3)

    def test_reminders_cost_the_same_for_few_and_for_many(self):
        self._submit_many(13, **REMINDER)
        steps = self.env["account.validation.step"].sudo().search([("next_reminder_at", "!=", False)])
        with freeze_time("2026-03-02 14:00:00"):
            few = self._count_queries(steps[:3]._remind)
            many = self._count_queries(steps[3:]._remind)
        self.assertLessEqual(many, few + 2)

    def test_the_job_finds_nothing_with_one_query_for_each_kind(self):
        self._follow_up_at(MONDAY)
        with freeze_time(MONDAY), self.assertQueryCount(2):
            self.env["account.validation.step"]._cron_follow_up()


@tagged("post_install", "-at_install")
class TestEscalation(TimeCase):
    def _escalate(self, *levels, at="2026-03-03 09:00:00", **vals):
        """Submit on Monday at eight; the deadline is the evening, and ten on Tuesday is two hours later."""
        request = self._submit_at(MONDAY, *levels, **vals)
        self._follow_up_at(at)
        return request

    def assertIntact(self, request):
        self.assertEqual(self.env["account.validation.verifier"]._verify_requests(request), [])
        self.assertFalse(list(verify.check_request(self._get_packed(request))))

    def _get_packed(self, request):
        return json.loads(json.dumps(self.env["account.validation.archive"]._get_request(request.sudo())))

    def test_a_late_level_also_asks_the_manager_of_the_department(self):
        request = self._submit_at(MONDAY, self._named(self.ann, escalation="manager", **ESCALATION))
        self._follow_up_at("2026-03-03 08:59:00")
        self.assertFalse(self._events(request, "escalated"))
        for _run in range(2):
            self._follow_up_at("2026-03-03 09:00:00")
            event = self._events(request, "escalated")
            self.assertEqual(event.data, {"number": 1, "to": "manager", "seats": {"out": [], "in": self.manager.ids}})
        self.assertEqual(request.step_ids.approver_ids, self.ann | self.manager)
        self.assertEqual(request.waiting_user_ids, self.ann | self.manager)
        self.assertIn(self.manager, request.participant_ids)
        self.assertEqual(self._get_activities(request.move_id), ["Ann", "Manager"])
        self.assertIn("is late: you can now approve", self._get_messages(self.manager)[0].body)
        self.assertIn("Manager can now approve, too", request.move_id.message_ids[0].body)
        reason = request.step_ids._get_reason_text()
        self.assertIn("The answer was late: Manager can approve, too.", reason)
        self.assertIntact(request)
        self._approve(request.move_id, self.manager)
        self.assertEqual(request.state, "approved")
        self.assertIntact(request)

    def test_it_goes_up_the_departments_and_ends_at_the_top(self):
        level = self._named(self.ann, escalation="manager", escalation_count=9, **ESCALATION)
        request = self._escalate(level)
        self.assertEqual(request.step_ids.next_escalation_at, datetime(2026, 3, 3, 11))
        self._follow_up_at("2026-03-03 11:00:00")
        self.assertEqual(request.step_ids.approver_ids, self.ann | self.manager | self.director)
        self._follow_up_at("2026-03-03 14:00:00")
        self.assertFalse(request.step_ids.next_escalation_at)
        self.assertIn("there is nobody further to ask", request.move_id.message_ids[0].body)
        self._follow_up_at("2026-03-30 14:00:00")
        added = [event.data["seats"]["in"] for event in self._events(request, "escalated")]
        self.assertEqual(added, [self.manager.ids, self.director.ids])
        self.assertIntact(request)

    def test_it_goes_no_further_than_the_level_says(self):
        level = self._named(self.ann, escalation="manager", escalation_count=1, **ESCALATION)
        self.assertFalse(self._escalate(level).step_ids.next_escalation_at)

    def test_managers_who_were_asked_already_are_passed_over(self):
        level = self._level(role="manager", escalation="manager", **ESCALATION)
        self.assertEqual(self._escalate(level).step_ids.approver_ids, self.manager | self.director)

    def test_the_next_level_is_asked_as_far_as_it_can_spare_people(self):
        first = self._named(self.ann, "First", escalation="next", **ESCALATION)
        request = self._escalate(first, self._named(self.bob | self.director, sequence=20))
        step = request.step_ids.sorted("sequence")[0]
        self.assertEqual(step.approver_ids, self.ann | self.bob | self.director)
        self._approve(request.move_id, self.bob)
        self.assertEqual(request.waiting_user_ids, self.director)
        self.assertIntact(request)

    def test_whoever_alone_fills_the_next_level_is_not_asked_at_this_one(self):
        first = self._named(self.ann, "First", escalation="next", **ESCALATION)
        request = self._escalate(first, self._named(self.bob, sequence=20))
        self.assertFalse(self._events(request, "escalated"))
        self.assertIn("there is nobody further to ask", request.move_id.message_ids[0].body)

    def test_one_person_may_decide_twice_where_the_policy_allows_it(self):
        first = self._named(self.ann, "First", escalation="next", **ESCALATION)
        request = self._escalate(first, self._named(self.bob, sequence=20), distinct_approvers=False)
        self.assertEqual(self._events(request, "escalated").data["seats"]["in"], self.bob.ids)

    def test_a_named_user_is_asked(self):
        level = self._named(self.ann, escalation="user", escalation_user_id=self.director.id, **ESCALATION)
        self.assertEqual(self._events(self._escalate(level), "escalated").data["seats"]["in"], self.director.ids)

    def test_nobody_is_asked_who_could_not_approve(self):
        gone = self._create_user("gone", groups="facturation_collab.group_user")
        gone.sudo().active = False
        for user in (self.contributor, gone):
            level = self._named(self.ann, escalation="user", escalation_user_id=user.id, **ESCALATION)
            request = self._escalate(level, sequence=1)
            self.assertEqual(request.step_ids.approver_ids, self.ann, user.name)
            self.assertFalse(self._events(request, "escalated"))
            self.env["account.validation.policy"].sudo().search([("name", "=", "Policy")]).mode = "off"

    def test_nobody_is_asked_about_what_is_decided(self):
        request = self._submit_at(MONDAY, self._named(self.ann, escalation="manager", **ESCALATION))
        self._approve(request.move_id, self.ann)
        self._follow_up_at("2026-03-03 09:00:00")
        self.assertFalse(self._events(request, "escalated"))

    def test_parallel_levels_escalate_each_for_itself(self):
        level = {"escalation": "manager", **ESCALATION}
        request = self._escalate(
            self._named(self.ann, "A", **level), self._named(self.bob, "B", **level), distinct_approvers=False
        )
        self.assertEqual(len(self._events(request, "escalated")), 2)
        body = request.move_id.message_ids[0].body
        self.assertIn("level “A” is late", body)
        self.assertIn("level “B” is late", body)
        self.assertIntact(request)

    # ---- what was not recorded is found

    def _sql(self, query, *params):
        self.env.flush_all()
        self.env.cr.execute(query, params)
        self.env.invalidate_all()

    def _get_breaks(self, request):
        return [values["code"] for values in self.env["account.validation.verifier"]._verify_requests(request)]

    def test_an_approver_without_an_event_is_found(self):
        request = self._escalate(self._named(self.ann, escalation="manager", **ESCALATION))
        step = request.step_ids
        self._sql("INSERT INTO account_validation_step_approver_rel VALUES (%s, %s)", step.id, self.bob.id)
        self.assertEqual(self._get_breaks(request), ["step_changed"])
        self.assertRegex("\n".join(verify.check_request(self._get_packed(request))), "asks other people")

    def test_an_approver_who_was_taken_away_is_found(self):
        request = self._escalate(self._named(self.ann, escalation="manager", **ESCALATION))
        self._sql("DELETE FROM account_validation_step_approver_rel WHERE res_users_id = %s", self.manager.id)
        self.assertEqual(self._get_breaks(request), ["step_changed"])
        self.assertRegex("\n".join(verify.check_request(self._get_packed(request))), "asks other people")

    def test_an_event_that_names_somebody_else_is_found(self):
        request = self._escalate(self._named(self.ann, escalation="manager", **ESCALATION))
        event = self._events(request, "escalated")
        data = json.dumps({**event.data, "seats": {"out": [], "in": self.bob.ids}})
        self._sql("UPDATE account_validation_event SET data = %s WHERE id = %s", data, event.id)
        self.assertEqual(self._get_breaks(request), ["event_changed", "step_changed"])


@tagged("post_install", "-at_install")
class TestFollowUpRefusals(TimeCase):
    def test_a_level_that_is_followed_up_has_a_deadline(self):
        for vals in ({"reminder": "before"}, {"escalation": "manager"}):
            self.assertViolates(
                "follow_up_needs_deadline", self._create_policy, "Policy", self._named(self.ann, **vals)
            )

    def test_hours_and_numbers_are_positive(self):
        for name in ("reminder_hours", "reminder_interval", "escalation_hours"):
            self.assertViolates(
                "follow_up_positive", self._create_policy, "Policy", self._named(self.ann, **{name: -1})
            )
        for name in ("reminder_count", "escalation_count", "escalation_hours"):
            self.assertViolates("follow_up_positive", self._create_policy, "Policy", self._named(self.ann, **{name: 0}))

    def test_escalating_to_a_named_user_names_one(self):
        level = self._named(self.ann, escalation="user", deadline_hours=8)
        self.assertViolates("escalation_user_named", self._create_policy, "Policy", level)

    def test_only_administrators_choose(self):
        level = self._create_policy("Policy", self._named(self.ann)).level_ids
        for user in (self.manager, self.finance, self.auditor):
            self.assertRefused(AccessError, "", level.with_user(user).write, {"escalation_count": 3})
        level.with_user(self.administrator).write({"escalation_count": 3})

    def test_nobody_moves_a_reminder_or_an_escalation(self):
        step = self._submit_at(MONDAY, self._named(self.ann, escalation="manager", **ESCALATION)).step_ids
        values = {
            "next_reminder_at": False,
            "next_escalation_at": False,
            "reminders_sent": 9,
            "escalations_done": 9,
            "follow_up": {"escalation": "none"},
            "deadline": "2030-01-01 00:00:00",
        }
        for user in (self.ann, self.finance, self.administrator):
            for name, value in values.items():
                self.assertRefused(AccessError, "", step.with_user(user).write, {name: value})
                self.assertRefused(AccessError, "", step.with_user(user).sudo().write, {name: value})
        for name, value in (("urgent_at", "2030-01-01 00:00:00"), ("urgency", {})):
            self.assertRefused(AccessError, "", step.request_id.with_user(self.finance).sudo().write, {name: value})
