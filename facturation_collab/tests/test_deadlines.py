"""Until when a level has to answer: the working hours of the people whom it asks, on their own clock."""

import doctest
from datetime import datetime

from odoo.tests import BaseCase, tagged

from .. import timing
from .time_common import TimeCase


@tagged("post_install", "-at_install")
class TestTiming(BaseCase):
    def test_examples_of_the_documentation_hold(self):
        result = doctest.testmod(timing)
        self.assertGreater(result.attempted, 20)
        self.assertEqual(result.failed, 0)

    def test_quiet_hours_over_midnight(self):
        for hour, until in (
            (20, datetime(2026, 7, 2, 7)),
            (23, datetime(2026, 7, 2, 7)),
            (6, datetime(2026, 7, 1, 7)),
            (7, None),
            (19, None),
        ):
            self.assertEqual(timing.held_until(datetime(2026, 7, 1, hour), "UTC", quiet=(20, 7)), until, hour)

    def test_a_digest_within_quiet_hours_comes_at_their_end(self):
        found = timing.held_until(datetime(2026, 7, 1, 12), "UTC", digest_hour=6, quiet=(20, 7.5))
        self.assertEqual(found, datetime(2026, 7, 2, 7, 30))

    def test_equal_hours_are_no_quiet_hours(self):
        for hour in range(24):
            self.assertIsNone(timing.held_until(datetime(2026, 7, 1, hour), "UTC", quiet=(0, 0)))

    def test_an_hour_that_the_clock_skips_is_the_next_one(self):
        """At two o'clock the clock in Paris was put forward to three."""
        found = timing.held_until(datetime(2026, 3, 28, 23), "Europe/Paris", digest_hour=2.5)
        self.assertEqual(found, datetime(2026, 3, 29, 1, 30))

    def test_the_hour_of_the_digest_itself_waits_for_the_next_day(self):
        found = timing.held_until(datetime(2026, 7, 1, 8), "UTC", digest_hour=8)
        self.assertEqual(found, datetime(2026, 7, 2, 8))


@tagged("post_install", "-at_install")
class TestDeadlines(TimeCase):
    def _deadline(self, moment, users, hours=8):
        return self._submit_at(moment, self._named(users, deadline_hours=hours)).step_ids.deadline

    def _employ(self, user, calendar, **vals):
        vals = {"name": user.name, "user_id": user.id, "company_id": self.company.id, **vals}
        return self.env["hr.employee"].sudo().create({**vals, "resource_calendar_id": calendar.id})

    def _close_office(self, start, end, company=None, **vals):
        vals = {"name": "Closed", "date_from": start, "date_to": end, "time_type": "leave", **vals}
        self.env["resource.calendar.leaves"].sudo().create(vals).company_id = company or self.company

    def test_hours_are_those_of_the_company_for_whoever_has_no_clock(self):
        self.assertEqual(self._deadline("2026-03-02 08:00:00", self.ann), datetime(2026, 3, 3, 8))

    def test_hours_are_on_the_clock_of_the_approver(self):
        self.ann.sudo().tz = "America/Montreal"
        self.assertEqual(self._deadline("2026-03-02 08:00:00", self.ann), datetime(2026, 3, 2, 22))

    def test_of_several_approvers_the_first_to_be_late_counts(self):
        self.ann.sudo().tz = "America/Montreal"
        self.bob.sudo().tz = "Asia/Tokyo"
        self.assertEqual(self._deadline("2026-03-02 23:00:00", self.ann | self.bob), datetime(2026, 3, 3, 8))

    def test_an_employee_works_by_their_own_hours(self):
        self._employ(self.ann, self._create_calendar(days=[2], hours=[(9, 17)]))
        self.assertEqual(self._deadline("2026-03-02 08:00:00", self.ann, 4), datetime(2026, 3, 4, 12))

    def test_the_day_on_which_clocks_are_put_forward(self):
        self.assertEqual(self._deadline("2026-03-27 15:00:00", self.ann), datetime(2026, 3, 30, 14))

    def test_the_day_on_which_clocks_are_put_back(self):
        self.assertEqual(self._deadline("2026-10-23 14:00:00", self.ann), datetime(2026, 10, 26, 15))

    def test_public_holidays_do_not_count(self):
        self._close_office("2026-03-02 00:00:00", "2026-03-02 23:00:00")
        self.assertEqual(self._deadline("2026-03-02 08:00:00", self.ann, 4), datetime(2026, 3, 3, 11))

    def test_holidays_of_another_company_count(self):
        other = self.env["res.company"].sudo().create({"name": "Elsewhere"})
        self._close_office("2026-03-02 00:00:00", "2026-03-02 23:00:00", other)
        self.assertEqual(self._deadline("2026-03-02 08:00:00", self.ann, 3), datetime(2026, 3, 2, 11))

    def test_the_absence_of_a_person_does_not_stop_the_clock(self):
        employee = self._employ(self.ann, self.company.resource_calendar_id)
        self._close_office("2026-03-02 00:00:00", "2026-03-20 23:00:00", resource_id=employee.resource_id.id)
        self.assertEqual(self._deadline("2026-03-02 08:00:00", self.ann, 3), datetime(2026, 3, 2, 11))

    def test_whoever_never_works_is_never_late(self):
        self.company.sudo().resource_calendar_id = self._create_calendar(days=[])
        self.assertFalse(self._deadline("2026-03-02 08:00:00", self.ann))

    def test_deadlines_cost_the_same_for_one_invoice_and_for_many(self):
        self.ann.sudo().tz = "America/Montreal"
        bills = self._create_bill()
        for _bill in range(11):
            bills |= self._create_bill()
        requests = self._submit_at(
            "2026-03-02 08:00:00", self._named(self.ann | self.bob, deadline_hours=8), bills=bills
        )
        steps = requests.step_ids
        few, many = (
            self._count_queries(steps.browse(ids)._get_opening_vals, datetime(2026, 3, 2, 8))
            for ids in (steps.ids[:1], steps.ids)
        )
        self.assertEqual(few, many)

    def test_levels_without_a_deadline_cost_nothing(self):
        steps = self._submit_at("2026-03-02 08:00:00", self._named(self.ann)).step_ids
        steps.fetch(["deadline_hours", "request_id", "follow_up", "approver_ids"])
        steps.request_id.fetch(["company_id"])
        with self.assertQueryCount(0):
            self.assertEqual(steps._get_opening_vals(datetime(2026, 3, 2, 8))[steps], {"deadline": False})
