"""When people hear of what waits for them: at once, once a day, and not in their quiet hours."""

from datetime import datetime

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..models import account_validation_assignment, account_validation_notice
from ..models.account_validation_record import ENGINE_KEY
from .time_common import TimeCase

MONDAY = "2026-03-02 09:00:00"  # ten o'clock in Paris
DIGEST = {"validation_notification": "digest", "validation_digest_hour": 8.0}
QUIET = {"validation_quiet_from": 20.0, "validation_quiet_to": 7.0}


@tagged("post_install", "-at_install")
class TestNotificationPreferences(TimeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ann.sudo().tz = "Europe/Paris"
        cls.notices = cls.env["account.validation.notice"].sudo()

    def _prefer(self, user, **vals):
        user.with_user(user).write(vals)

    def _send_at(self, moment):
        with freeze_time(moment):
            self.env["account.validation.notice"]._cron_send()
        self.env.invalidate_all()

    def _submit_named(self, moment=MONDAY, bills=None, **vals):
        return self._submit_at(moment, self._named(self.ann, **vals), bills=bills)

    # ---- one message a day

    def test_the_job_makes_activities_in_slices_and_goes_on_where_it_stopped(self):
        self.patch(account_validation_assignment, "AT_ONCE", 2)
        self.patch(account_validation_assignment, "BATCH", 2)
        requests = self._submit_named(bills=self._create_bill() | self._create_bill() | self._create_bill())
        self.time_left = 0
        self._send_at(MONDAY)
        self.assertEqual(len(requests.filtered("activities_due")), 3)
        self.assertFalse(self._get_messages(self.ann))
        self.time_left = 60
        self.progress.clear()
        self._send_at(MONDAY)
        self.assertEqual(self.progress[:3], [(0, 3), (2, None), (1, None)])
        self.assertEqual([self._get_activities(move) for move in requests.move_id], [["Ann"]] * 3)

    def test_who_prefers_nothing_is_told_at_once(self):
        self._submit_named()
        self.assertEqual(len(self._get_messages(self.ann)), 1)
        self.assertFalse(self.notices.search([]))

    def test_many_invoices_are_told_in_the_background_in_one_message(self):
        self.patch(account_validation_assignment, "AT_ONCE", 2)
        job = self.env.ref("facturation_collab.ir_cron_send_notices").sudo()
        before = self.env["ir.cron.trigger"].sudo().search_count([("cron_id", "=", job.id)])
        bills = self._create_bill() | self._create_bill() | self._create_bill()
        requests = self._submit_named(bills=bills)
        self.assertEqual(bills.sudo().validation_waiting_user_ids, self.ann)
        self.assertEqual(self._get_activities(bills), [])
        self.assertFalse(self._get_messages(self.ann))
        self.assertGreater(self.env["ir.cron.trigger"].sudo().search_count([("cron_id", "=", job.id)]), before)
        self._approve(bills[0], self.ann)
        self._send_at(MONDAY)
        self.assertEqual([self._get_activities(bill) for bill in bills], [[], ["Ann"], ["Ann"]])
        self.assertFalse(requests.filtered("activities_due"))
        [message] = self._get_messages(self.ann)
        self.assertIn("2 invoices wait for your validation", message.subject)
        for request in requests[1:]:
            self.assertIn(f"/odoo/account.move/{request.move_id.id}", message.body)
        self.assertFalse(self.notices.search([]))

    def test_many_invoices_at_the_next_level_pass_their_activities_on_in_the_background(self):
        bills = self._create_bill() | self._create_bill() | self._create_bill()
        self._submit_at(MONDAY, self._named(self.ann), self._named(self.bob, sequence=20), bills=bills)
        self.patch(account_validation_assignment, "AT_ONCE", 2)
        before = bills.sudo().activity_ids
        self.assertEqual(len(before), 3)
        self._approve(bills, self.ann)
        self.assertEqual(self._get_activities(bills), ["Ann"])
        self._send_at(MONDAY)
        self.assertEqual([self._get_activities(bill) for bill in bills], [["Bob"]] * 3)
        self.assertEqual(bills.sudo().activity_ids, before)

    def test_what_was_returned_before_the_job_came_asks_its_submitter_only(self):
        self.patch(account_validation_assignment, "AT_ONCE", 2)
        bills = self._create_bill() | self._create_bill() | self._create_bill()
        self._submit_named(bills=bills)
        bills[0].with_user(self.ann).action_return("Which event?")
        bills[1].with_user(self.contributor).action_cancel_validation()
        self._send_at(MONDAY)
        self.assertEqual([self._get_activities(bill) for bill in bills], [["Contributor"], [], ["Ann"]])

    def test_quiet_hours_hold_many_invoices_back_too(self):
        self.patch(account_validation_assignment, "AT_ONCE", 2)
        self._prefer(self.ann, **DIGEST)
        self._submit_named(bills=self._create_bill() | self._create_bill() | self._create_bill())
        self.assertEqual(set(self.notices.search([]).mapped("send_at")), {datetime(2026, 3, 3, 7)})

    def test_a_digest_comes_once_a_day_with_everything_that_waits(self):
        self._prefer(self.ann, **DIGEST)
        first = self._submit_named()
        with freeze_time("2026-03-02 15:00:00"):
            second = self._submit(self._create_bill())
        self.assertFalse(self._get_messages(self.ann))
        self.assertEqual(set(self.notices.search([]).mapped("send_at")), {datetime(2026, 3, 3, 7)})
        self._send_at("2026-03-03 06:59:00")
        self.assertFalse(self._get_messages(self.ann))
        for _run in range(2):
            self._send_at("2026-03-03 07:00:00")
            [message] = self._get_messages(self.ann)
            self.assertIn("2 invoices wait for your validation", message.subject)
            for request in first | second:
                self.assertIn(f"/odoo/account.move/{request.move_id.id}", message.body)
        self.assertFalse(self.notices.search([]))

    def test_an_activity_is_there_at_once(self):
        self._prefer(self.ann, **DIGEST)
        self.assertEqual(self._get_activities(self._submit_named().move_id), ["Ann"])

    def test_what_was_decided_meanwhile_is_dropped(self):
        self._prefer(self.ann, **DIGEST)
        kept = self._submit_named()
        with freeze_time(MONDAY):
            decided, taken_back = self._submit(self._create_bill()), self._submit(self._create_bill())
        self._approve(decided.move_id, self.ann)
        taken_back.move_id.with_user(self.contributor).action_cancel_validation()
        self._send_at("2026-03-03 07:00:00")
        [message] = self._get_messages(self.ann)
        self.assertIn(f"/odoo/account.move/{kept.move_id.id}", message.body)
        for gone in decided | taken_back:
            self.assertNotIn(f"/odoo/account.move/{gone.move_id.id}", message.body)

    def test_nothing_is_sent_when_everything_was_decided(self):
        self._prefer(self.ann, **DIGEST)
        self._approve(self._submit_named().move_id, self.ann)
        self._send_at("2026-03-03 07:00:00")
        self.assertFalse(self._get_messages(self.ann))
        self.assertFalse(self.notices.search([]))

    def test_others_are_told_at_once_all_the_same(self):
        self._prefer(self.ann, **DIGEST)
        self._submit_at(MONDAY, self._named(self.ann | self.bob))
        self.assertEqual((len(self._get_messages(self.ann)), len(self._get_messages(self.bob))), (0, 1))

    def test_a_message_is_held_back_once(self):
        self._prefer(self.ann, **DIGEST)
        request = self._submit_named()
        with freeze_time("2026-03-02 11:00:00"):
            request._notify_actors()
        self.assertEqual(len(self.notices.search([])), 1)

    # ---- how validations ended

    def _end(self, request, outcome, moment=MONDAY):
        """Ann decides on a bill of the contributor."""
        arguments = [] if outcome == "approve" else ["The price is wrong."]
        with freeze_time(moment):
            getattr(request.move_id.with_user(self.ann), f"action_{outcome}")(*arguments)
        self.env.invalidate_all()

    def _get_told(self, user):
        """Messages about outcomes that reached a user, the latest first."""
        partners = user.partner_id.ids
        domain = [("notified_partner_ids", "in", partners), ("author_id", "=", self.ann.partner_id.id)]
        return self.env["mail.message"].sudo().search(domain, order="id desc")

    def test_how_a_validation_ended_comes_at_once_without_a_preference(self):
        request = self._submit_named()
        request.move_id.sudo().message_subscribe(self.bob.partner_id.ids)
        self._end(request, "approve")
        for user in (self.contributor, self.bob):
            self.assertIn("The validation is complete", self._get_told(user).body)
        self.assertFalse(self.notices.search([]))

    def test_how_validations_ended_comes_with_the_one_message_of_the_day(self):
        self._prefer(self.contributor, tz="Europe/Paris", **DIGEST)
        approved, returned, rejected = (self._submit_named(bills=self._create_bill(ref=ref)) for ref in "abc")
        for request, outcome in ((approved, "approve"), (returned, "return"), (rejected, "reject")):
            self._end(request, outcome)
        self.assertFalse(self._get_told(self.contributor))
        self.assertEqual(set(self.notices.search([]).mapped("kind")), {"approved", "returned", "rejected"})
        self._send_at("2026-03-03 07:00:00")
        message = self._get_messages(self.contributor)[0]
        self.assertEqual(message.subject, "How the validation of 3 invoices ended")
        complete, back, final = message.body.split("<p>")[1:]
        for part, sentence, request in (
            (complete, "validation of these invoices is complete", approved),
            (back, "returned, to be corrected", returned),
            (final, "rejected for good", rejected),
        ):
            self.assertIn(sentence, part)
            self.assertIn(f"/odoo/account.move/{request.move_id.id}", part)
            self.assertEqual("The price is wrong." in part, request != approved)
        self.assertFalse(self.notices.search([]))

    def test_what_waits_and_what_ended_come_in_one_message(self):
        self._prefer(self.manager, tz="Europe/Paris", **DIGEST)
        ended = self._submit_named(bills=self._create_bill(ref="ended"))
        ended.move_id.sudo().message_subscribe(self.manager.partner_id.ids)
        self._end(ended, "approve")
        self.env["account.validation.policy"].sudo().search([("name", "=", "Policy")]).mode = "off"
        waiting = self._submit_at(MONDAY, self._named(self.manager), bills=self._create_bill(ref="waiting"))
        self._send_at("2026-03-03 07:00:00")
        [message] = self._get_messages(self.manager)
        self.assertEqual(message.subject, "1 invoices to decide, 1 decided")
        first, second = message.body.split("<p>")[1:]
        self.assertIn(f"/odoo/account.move/{waiting.move_id.id}", first)
        self.assertIn(f"/odoo/account.move/{ended.move_id.id}", second)

    def test_a_follower_who_prefers_otherwise_hears_at_once_and_the_submitter_later(self):
        self._prefer(self.contributor, tz="Europe/Paris", **DIGEST)
        request = self._submit_named()
        request.move_id.sudo().message_subscribe(self.bob.partner_id.ids)
        self._end(request, "approve")
        self.assertIn("The validation is complete", self._get_told(self.bob).body)
        self.assertFalse(self._get_told(self.contributor))
        self.assertEqual(self.notices.search([]).mapped("user_id"), self.contributor)
        self.assertIn("The validation is complete", "".join(request.move_id.sudo().message_ids.mapped("body")))

    def test_several_that_ended_at_once_wait_too(self):
        self._prefer(self.contributor, tz="Europe/Paris", **DIGEST)
        bills = self._create_bill(ref="one") | self._create_bill(ref="two")
        self._end(self._submit_named(bills=bills), "approve")
        self.assertFalse(self._get_told(self.contributor))
        self._send_at("2026-03-03 07:00:00")
        self.assertEqual(self._get_messages(self.contributor)[0].subject, "How the validation of 2 invoices ended")

    def test_an_outcome_that_no_longer_holds_is_dropped(self):
        self._prefer(self.contributor, tz="Europe/Paris", **DIGEST)
        request = self._submit_named()
        self._end(request, "return")
        with freeze_time(MONDAY):
            self._submit(request.move_id)
        self._send_at("2026-03-03 07:00:00")
        self.assertFalse(self._get_messages(self.contributor))
        self.assertFalse(self.notices.search([]))

    def test_who_may_no_longer_read_the_invoice_hears_nothing(self):
        self._prefer(self.reader, tz="Europe/Paris", **DIGEST)
        request = self._submit_named()
        request.move_id.sudo().message_subscribe(self.reader.partner_id.ids)
        self._end(request, "approve")
        self.assertEqual(self.notices.search([]).user_id, self.reader)
        members = self.env["account.department.member"].sudo()
        members.search([("user_id", "=", self.reader.id)]).unlink()
        self._send_at("2026-03-03 07:00:00")
        self.assertFalse(self._get_messages(self.reader))

    def test_a_returned_bill_is_to_be_corrected_at_once(self):
        self._prefer(self.contributor, tz="Europe/Paris", **DIGEST)
        request = self._submit_named()
        self._end(request, "return")
        self.assertEqual(self._get_activities(request.move_id), ["Contributor"])

    # ---- quiet hours

    def test_quiet_hours_hold_messages_back_until_they_end(self):
        self._prefer(self.ann, **QUIET)
        self._submit_named("2026-03-02 21:00:00")
        self.assertFalse(self._get_messages(self.ann))
        self._send_at("2026-03-03 05:59:00")
        self.assertFalse(self._get_messages(self.ann))
        self._send_at("2026-03-03 06:00:00")
        self.assertEqual(len(self._get_messages(self.ann)), 1)

    def test_outside_quiet_hours_messages_come_at_once(self):
        self._prefer(self.ann, **QUIET)
        self._submit_named()
        self.assertEqual(len(self._get_messages(self.ann)), 1)

    # ---- reminders and escalations

    def test_reminders_obey(self):
        self._prefer(self.ann, **DIGEST)
        self._submit_named(deadline_hours=8, reminder="before", reminder_hours=2)
        self._send_at("2026-03-03 07:00:00")
        self.assertEqual(len(self._get_messages(self.ann)), 1)
        self._prefer(self.ann, validation_digest_hour=20.0)
        self._follow_up_at("2026-03-03 07:30:00")
        self.assertEqual(self.notices.search([]).mapped("kind"), ["reminded"])
        self.assertEqual(len(self._get_messages(self.ann)), 1)
        self._send_at("2026-03-03 19:00:00")
        self.assertEqual(len(self._get_messages(self.ann)), 2)

    def test_escalations_do_not_wait(self):
        self._prefer(self.manager, **DIGEST, validation_quiet_from=0.0, validation_quiet_to=23.0)
        self._submit_named(deadline_hours=4, escalation="manager", escalation_hours=1)
        self._follow_up_at("2026-03-03 12:00:00")
        self.assertIn("is late", self._get_messages(self.manager)[0].body)

    # ---- the job

    def test_the_job_works_in_slices_and_goes_on_where_it_stopped(self):
        users = self.ann | self.bob | self.director
        for user in users:
            self._prefer(user, tz="UTC", **DIGEST)
        self.patch(account_validation_notice, "BATCH", 2)
        self._submit_at(MONDAY, self._named(users))
        self.time_left = 0
        self._send_at("2026-03-03 08:00:00")
        self.assertFalse(any(self._get_messages(user) for user in users))
        self.time_left, self.progress = 60, []
        self._send_at("2026-03-03 08:00:00")
        self.assertEqual(self.progress, [(0, 3), (2, None), (1, None)])
        self.assertEqual([len(self._get_messages(user)) for user in users], [1, 1, 1])

    def test_holding_back_costs_one_query_however_many(self):
        self._prefer(self.ann, **DIGEST)
        bills = self._create_bill() | self._create_bill() | self._create_bill()
        requests = self._submit_named(bills=bills)
        readers = {self.ann.sudo(): requests}
        self.ann.sudo().fetch(["validation_notification", "partner_id"])
        self.ann.sudo().partner_id.fetch(["tz"])
        with freeze_time(MONDAY), self.assertQueryCount(1):
            self.assertEqual(requests._split_readers(readers, "reminded"), {})
        with freeze_time(MONDAY), self.assertQueryCount(0):
            self.assertEqual(requests._split_readers(readers, None), readers)

    # ---- refusals

    def test_ones_own_notices_are_read_by_nobody_else(self):
        self._prefer(self.ann, **DIGEST)
        self._submit_named()
        notice = self.notices.search([])
        self.assertTrue(notice.with_user(self.ann).has_access("read"))
        for user in (self.bob, self.manager, self.finance, self.auditor, self.administrator):
            self.assertFalse(notice.with_user(user).has_access("read"), user.name)
            self.assertFalse(notice.with_user(user).search([("id", "=", notice.id)]))
        employee = self._create_user("employee")
        self.assertRefused(AccessError, "", notice.with_user(employee).search, [])

    def test_nobody_writes_notices(self):
        self._prefer(self.ann, **DIGEST)
        request = self._submit_named()
        notice = self.notices.search([])
        vals = {"user_id": self.bob.id, "request_id": request.id, "kind": "asked", "send_at": MONDAY}
        for user in (self.ann, self.finance, self.administrator):
            for form in (notice.with_user(user), notice.with_user(user).sudo()):
                form = form.with_context(**{ENGINE_KEY: True})
                self.assertRefused(AccessError, "", form.write, {"send_at": MONDAY})
                self.assertRefused(AccessError, "", form.unlink)
                self.assertRefused(AccessError, "", form.create, vals)

    def test_preferences_are_ones_own(self):
        self.assertRefused(AccessError, "", self.ann.with_user(self.bob).write, DIGEST)
        self._prefer(self.ann, **DIGEST)
        [values] = self.ann.with_user(self.ann).read(["validation_notification"])
        self.assertEqual(values["validation_notification"], "digest")

    def test_an_hour_is_one_of_a_day(self):
        for name in ("validation_digest_hour", "validation_quiet_from", "validation_quiet_to"):
            for hour in (-1.0, 24.0):
                self.assertViolates("validation_hours", self.ann.sudo().write, {name: hour})
