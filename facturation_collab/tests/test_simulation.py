from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .validation_common import ValidationCase


@tagged("post_install", "-at_install")
class TestSimulation(ValidationCase):
    """What would happen is told before, and is what happens then."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # An administrator reads invoices like a user: this one is finance as well.
        cls.administrator.group_ids += cls.env.ref("account.group_account_invoice")
        cls.Simulation = cls.env["account.validation.simulation"].with_user(cls.administrator)

    def _simulate(self, **vals):
        vals = {"submitter_id": self.contributor.id, "company_id": self.company.id, **vals}
        return self.Simulation.create({**vals, "currency_id": vals.get("currency_id", self.company.currency_id.id)})

    def _type_in(self, **vals):
        return self._simulate(
            department_id=self.marketing.id, partner_id=self.partner_a.id, amount=1000.0, **vals
        ).forecast

    def test_a_real_invoice_takes_the_circuit_that_was_told(self):
        bill = self._create_bill()
        forecast = self._simulate(move_id=bill.id).forecast
        self.assertEqual(forecast["policy"], "Marketing bills")
        self.assertFalse(forecast["problem"])
        request = self._submit(bill)
        steps = request.step_ids.sorted("sequence")
        self.assertEqual([level["name"] for level in forecast["levels"]], steps.mapped("name"))
        self.assertEqual([level["user_ids"] for level in forecast["levels"]], [step.approver_ids.ids for step in steps])
        self.assertEqual([level["reason"] for level in forecast["levels"]], [step._get_reason_text() for step in steps])

    def test_typed_values_take_the_same_circuit(self):
        typed, real = self._type_in(), self._simulate(move_id=self._create_bill().id).forecast
        self.assertEqual(typed["policy"], real["policy"])
        self.assertEqual(
            [(level["name"], level["user_ids"]) for level in typed["levels"]],
            [(level["name"], level["user_ids"]) for level in real["levels"]],
        )

    def test_typed_amounts_meet_the_levels_of_the_amount(self):
        self.policy.level_ids[1].amount_min = 5000
        self.assertEqual([level["name"] for level in self._type_in()["levels"]], ["Manager"])
        large = self._simulate(department_id=self.marketing.id, partner_id=self.partner_a.id, amount=5000.0)
        self.assertEqual([level["name"] for level in large.forecast["levels"]], ["Manager", "Finance"])

    def test_typed_amounts_are_in_their_currency(self):
        gold = self.setup_other_currency("EUR", rates=[("2025-01-01", 2.0)])
        self.policy.amount_min = 600
        self.assertIsNone(self._type_in(currency_id=gold.id)["policy"])
        self.policy.amount_min = 500
        self.assertEqual(self._type_in(currency_id=gold.id)["policy"], "Marketing bills")

    def test_the_policies_before_say_why_they_do_not_fit(self):
        self._create_policy(
            "Large", self._level(user_ids=self.director.ids, approver_type="user"), amount_min=9000, sequence=1
        )
        forecast = self._type_in()
        self.assertEqual(forecast["passed_over"][0]["name"], "Large")
        self.assertEqual(forecast["passed_over"][0]["reason"], "It is for other amounts.")

    def test_whoever_submits_is_left_out(self):
        forecast = self._simulate(move_id=self._create_bill().id, submitter_id=self.manager.id).forecast
        self.assertIn("Manager", forecast["problem"])
        self.assertEqual(forecast["levels"][0]["people"], [])

    def test_dates_follow_each_other(self):
        self.policy.level_ids[0].deadline_hours = 8
        self.policy.level_ids[1].deadline_hours = 4
        forecast = self._type_in()
        first, second = (level["deadline"] for level in forecast["levels"])
        self.assertLess(fields.Datetime.to_string(fields.Datetime.now()), first)
        self.assertLess(first, second)
        self.assertEqual(forecast["end"], second)

    def test_drafts_can_be_tried(self):
        draft = self._create_policy(
            "Draft", self._level("Director", approver_type="user", user_ids=self.director.ids), mode="off"
        )
        forecast = self._type_in(policy_ids=[(6, 0, draft.ids)])
        self.assertEqual((forecast["policy"], forecast["levels"][0]["people"]), ("Draft", ["Director"]))

    def test_the_screen_says_it_in_words(self):
        with Form(self.Simulation) as form:
            form.department_id = self.marketing
            form.partner_id = self.partner_a
            form.submitter_id = self.contributor
            self.assertIn("Marketing bills", form.answer)
            self.assertIn("Manager", form.answer)
        self.policy.mode = "off"
        self.assertIn("No policy fits", self._simulate(move_id=self._create_bill().id).answer)

    def test_nothing_is_written(self):
        bill = self._create_bill()
        tables = ("account_move", "account_validation_request", "account_validation_step", "account_validation_event")
        before = self._count(tables)
        self._simulate(move_id=bill.id).mapped("answer")
        self._type_in()
        self.assertEqual(self._count(tables), before)
        self.assertFalse(bill.sudo().validation_request_id)

    def _count(self, tables):
        self.env.flush_all()
        counts = []
        for table in tables:
            self.env.cr.execute(f"SELECT COUNT(*), MAX(write_date) FROM {table}")  # pylint: disable=sql-injection
            counts.append(self.env.cr.fetchone())
        return counts

    def test_only_administrators_simulate(self):
        for user in (self.manager, self.finance, self.auditor):
            self.assertRefused(AccessError, "", self.Simulation.with_user(user).create, {})

    def test_an_invoice_that_one_may_not_read_is_not_simulated(self):
        payroll = self._create_department("Payroll", is_confidential=True)
        bill = self._create_move(department=payroll)
        simulation = self._simulate(move_id=bill.id)
        self.env.invalidate_all()
        self.assertRefused(AccessError, "", lambda: simulation.forecast)
