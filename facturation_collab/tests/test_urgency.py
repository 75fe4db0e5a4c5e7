"""The order of queues, why something is urgent, and how late it is."""

from datetime import date

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .time_common import TimeCase

MONDAY = "2026-03-02 07:00:00"


class UrgencyCase(TimeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fiscal_country = cls.company.account_fiscal_country_id
        cls.company.sudo().account_fiscal_country_id = cls.env.ref("base.us")
        cls.in_thirty = cls._create_terms(nb_days=30)

    @classmethod
    def _create_terms(cls, discount=None, **line):
        line = {"value": "percent", "value_amount": 100, **line}
        vals = {"name": "Terms", "line_ids": [Command.create(line)], "company_id": cls.company.id}
        if discount:
            percent, days = discount
            vals |= {"early_discount": True, "discount_percentage": percent, "discount_days": days}
        return cls.env["account.payment.term"].sudo().create(vals)

    @classmethod
    def _create_due(cls, day="2026-03-01", terms=None, **vals):
        """A bill of a day, under terms of payment."""
        terms = terms or cls.in_thirty
        return cls._create_bill(invoice_date=date.fromisoformat(day), invoice_payment_term_id=terms.id, **vals)

    def _submit_bill(self, bill, *levels, at=MONDAY, **vals):
        return self._submit_at(at, *(levels or [self._named(self.ann)]), bills=bill, **vals)

    def assertUrgent(self, request, moment, reason, sentence=""):
        self.assertEqual((str(request.urgent_at), (request.urgency or {}).get("reason")), (moment, reason))
        move = request.move_id
        self.assertEqual(move.validation_urgency, request.urgent_at)
        with freeze_time(MONDAY):
            move.invalidate_recordset(["validation_urgency_reason"])
            self.assertRegex(move.with_user(self.ann).validation_urgency_reason, sentence or ".")


@tagged("post_install", "-at_install")
class TestUrgency(UrgencyCase):
    def test_the_due_date_of_the_bill(self):
        self.assertUrgent(self._submit_bill(self._create_due()), "2026-03-31 23:59:59", "due", "due on 03/31/2026")

    def test_each_level_that_follows_takes_a_day(self):
        levels = [
            self._named(self.ann, "A"),
            self._named(self.bob, "B", sequence=20),
            self._named(self.controller, "C", sequence=20),
            self._named(self.director, "D", sequence=30),
        ]
        request = self._submit_bill(self._create_due(), *levels)
        self.assertUrgent(request, "2026-03-29 23:59:59", "due")
        self._approve(request.move_id, self.ann)
        self.assertUrgent(request, "2026-03-30 23:59:59", "due")

    def test_an_early_payment_discount(self):
        terms = self._create_terms((2, 10), nb_days=30)
        request = self._submit_bill(self._create_due(terms=terms))
        self.assertUrgent(request, "2026-03-11 23:59:59", "discount", r"Paid by 03/11/2026, it is 2 % cheaper")
        with freeze_time("2026-03-20 08:00:00"):
            request.move_id.invalidate_recordset(["validation_urgency_reason"])
            self.assertRegex(request.move_id.validation_urgency_reason, r"discount of 2 % ended on 03/11/2026")

    def test_the_deadline_of_the_level(self):
        request = self._submit_bill(self._create_due(), self._named(self.ann, deadline_hours=8))
        self.assertUrgent(request, "2026-03-02 16:00:00", "deadline", "An answer is expected by")

    def test_french_law_limits_what_terms_allow(self):
        self.company.sudo().account_fiscal_country_id = self.env.ref("base.fr")
        request = self._submit_bill(self._create_due(terms=self._create_terms(nb_days=90)))
        self.assertUrgent(request, "2026-04-30 23:59:59", "law", "By law it must be paid by 04/30/2026")

    def test_french_law_counts_the_end_of_the_month_as_the_terms_do(self):
        self.company.sudo().account_fiscal_country_id = self.env.ref("base.fr")
        for delay, day in (
            ("days_after_end_of_month", date(2026, 5, 15)),
            ("days_end_of_month_on_the", date(2026, 4, 30)),
            ("days_after", date(2026, 4, 30)),
        ):
            terms = self._create_terms(nb_days=120, delay_type=delay)
            self.assertEqual(self._create_due(terms=terms).sudo()._get_legal_payment_date(), day, delay)

    def test_terms_within_the_law_stay_what_they_are(self):
        self.company.sudo().account_fiscal_country_id = self.env.ref("base.fr")
        self.assertUrgent(self._submit_bill(self._create_due()), "2026-03-31 23:59:59", "due")

    def test_other_countries_have_no_limit_of_ours(self):
        request = self._submit_bill(self._create_due(terms=self._create_terms(nb_days=90)))
        self.assertUrgent(request, "2026-05-30 23:59:59", "due")

    def test_what_the_company_does_not_pay_has_no_payment_date(self):
        for move_type in ("out_invoice", "in_refund"):
            bill = self._create_due(move_type=move_type)
            self.assertEqual(bill.sudo()._get_payment_dates(), {})
        request = self._submit_bill(bill, apply_in_refund=True)
        self.assertFalse(request.urgent_at)
        self.assertFalse(bill.sudo().validation_urgency_reason)

    def test_what_is_decided_is_not_urgent(self):
        request = self._submit_bill(self._create_due())
        self._approve(request.move_id, self.ann)
        self.assertFalse(request.move_id.validation_urgency)
        self.assertFalse(request.move_id.validation_urgency_reason)

    def test_the_most_urgent_comes_first_and_what_has_no_date_last(self):
        days = {"late": "2026-01-01", "soon": "2026-02-01", "later": "2026-03-01"}
        bills = {name: self._create_due(day) for name, day in days.items()}
        bills["never"] = self._create_due(move_type="in_refund")
        moves = self.env["account.move"].union(*bills.values())
        self._submit_bill(moves, apply_in_refund=True)
        arch = self.env.ref("facturation_collab.account_move_view_list_validation_time").arch
        order = arch.split('default_order">')[1].split("<")[0]
        found = self.env["account.move"].with_user(self.ann).search([("id", "in", moves.ids)], order=order)
        self.assertEqual(found.ids, [bills[name].id for name in ("late", "soon", "later", "never")])

    def test_urgency_costs_the_same_for_one_invoice_and_for_many(self):
        terms = self._create_terms((2, 10), nb_days=30)
        moves = self.env["account.move"].union(*(self._create_due(terms=terms) for _bill in range(10)))
        requests = self._submit_bill(moves)
        few, many = (
            self._count_queries(requests.browse(ids)._get_waiting_vals) for ids in (requests.ids[:1], requests.ids)
        )
        self.assertEqual(few, many)

    def test_the_filter_of_this_week(self):
        bills = {day: self._create_due(day) for day in ("2026-01-05", "2026-02-03", "2026-02-08")}
        moves = self.env["account.move"].union(*bills.values())
        self._submit_bill(moves)
        arch = self.env.ref("facturation_collab.view_account_invoice_filter_time").arch
        domain = safe_eval(arch.split('domain="')[1].split('"')[0].replace("&lt;", "<"))
        with freeze_time("2026-03-04 08:00:00"):  # a Wednesday; due on February 4th, March 5th and 10th
            found = self.env["account.move"].with_user(self.ann).search([*domain, ("id", "in", moves.ids)])
        self.assertEqual(found, bills["2026-01-05"] | bills["2026-02-03"])


@tagged("post_install", "-at_install")
class TestLateness(UrgencyCase):
    def _lateness(self, move, moment):
        with freeze_time(moment):
            move.invalidate_recordset(["validation_lateness", "validation_is_late"])
            return move.with_user(self.ann).validation_lateness

    def test_lateness_is_told_in_working_time(self):
        # The deadline is Thursday at five in Paris; four o'clock in UTC.
        move = self._submit_at("2026-03-05 07:00:00", self._named(self.ann, deadline_hours=8)).move_id
        for moment, text in (
            ("2026-03-05 15:59:00", False),
            ("2026-03-05 22:00:00", "Late"),
            ("2026-03-06 08:30:00", "Late by one working hour"),
            ("2026-03-06 12:00:00", "Late by 4 working hours"),
            ("2026-03-06 17:00:00", "Late by one working day"),
            ("2026-03-08 17:00:00", "Late by one working day"),
            ("2026-03-09 17:00:00", "Late by 2 working days"),
        ):
            self.assertEqual(self._lateness(move, moment), text, moment)
        self._approve(move, self.ann)
        self.assertFalse(self._lateness(move, "2026-03-09 17:00:00"))

    def test_the_panel_says_how_late_and_why_it_is_urgent(self):
        request = self._submit_bill(self._create_due(), self._named(self.ann, deadline_hours=8))
        with freeze_time("2026-03-04 17:00:00"):
            panel = request.move_id.with_user(self.ann).validation_panel
        self.assertEqual(panel["steps"][0]["lateness"], "Late by 2 working days")
        self.assertRegex(panel["urgency"], "An answer is expected by")
        with freeze_time("2026-03-02 09:00:00"):
            request.move_id.invalidate_recordset(["validation_panel"])
            panel = request.move_id.with_user(self.ann).validation_panel
        self.assertFalse(panel["steps"][0]["lateness"])

    def test_lists_cost_the_same_for_one_late_invoice_and_for_many(self):
        moves = self.env["account.move"].union(*(self._create_bill() for _bill in range(8)))
        self._submit_at(MONDAY, self._named(self.ann, deadline_hours=8), bills=moves)
        names = {"validation_lateness": {}, "validation_urgency": {}, "validation_urgency_reason": {}}

        def read(limit):
            domain = [("id", "in", moves.ids)]
            self.env["account.move"].with_user(self.ann).web_search_read(domain, names, limit=limit)

        with freeze_time("2026-03-09 17:00:00"):
            read(1)
            few, many = self._count_queries(read, 1), self._count_queries(read, 8)
        self.assertLessEqual(many, few + 1)
