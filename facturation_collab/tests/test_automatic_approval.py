from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ..audit import verify
from ..fingerprints import is_sampled
from .automatic_common import AutomaticCase


@tagged("post_install", "-at_install")
class TestAutomaticApproval(AutomaticCase):
    """Low-risk invoices are approved at once, marked so, and nothing else passes without a voice."""

    def test_a_low_risk_bill_is_approved_at_once(self):
        request = self._submit_bill()
        self.assertEqual((request.state, request.auto_approved), ("approved", True))
        self.assertEqual(request.event_ids.sorted("sequence").mapped("type"), ["submitted", "auto_approved", "closed"])
        event = request.event_ids.filtered(lambda event: event.type == "auto_approved")
        self.assertEqual(event.user_id, self.env.ref("base.user_root"))
        self.assertEqual(event.data["bill_count"], 2)
        self.assertIn("known_partner", event.data["criteria"])
        self.assertFalse(self._get_activities(request.move_id))
        self.assertFalse(request.step_ids.voter_ids)
        request.move_id.with_user(self.finance).action_post()
        self.assertEqual(request.move_id.state, "posted")

    def test_content_is_what_was_approved(self):
        request = self._submit_bill()
        request.move_id.with_user(self.finance).invoice_line_ids.price_unit = 501
        self.assertRefused(
            UserError, "changed after it was approved", request.move_id.with_user(self.finance).action_post
        )

    def test_the_chatter_says_so(self):
        bill = self._submit_bill().move_id
        self.assertIn("Approved automatically", "".join(bill.message_ids.mapped("body")))

    def test_a_large_bill_goes_to_people(self):
        self.assertEqual(self._submit_bill(amount=1000).state, "approved")
        self.assertGoesToPeople(self._submit_bill(amount=1000.01))

    def test_a_partner_who_is_not_known_goes_to_people(self):
        self.assertGoesToPeople(self._submit_bill(partner_id=self.partner_b.id))
        self.policy.auto_bill_count = 3
        self.assertGoesToPeople(self._submit_bill())

    def test_bills_that_are_not_paid_or_long_ago_make_nobody_known(self):
        bills = self.env["account.move"].union(
            *(
                self._create_move(department=self.logistics, partner_id=self.partner_b.id, ref=f"unpaid {number}")
                for number in range(2)
            )
        )
        bills.action_post()
        self.assertGoesToPeople(self._submit_bill(partner_id=self.partner_b.id))
        self._create_paid_bills(2, partner_id=self.partner_b.id, invoice_date="2020-01-15")
        self.assertGoesToPeople(self._submit_bill(partner_id=self.partner_b.id, ref="other"))

    def test_a_new_bank_account_goes_to_people(self):
        bank = (
            self.env["res.partner.bank"]
            .sudo()
            .create({"acc_number": "BE71096123456769", "partner_id": self.partner_a.id})
        )
        self.assertGoesToPeople(self._submit_bill(partner_bank_id=bank.id))

    def test_a_duplicate_goes_to_people(self):
        bill = self._create_bill(ref="twin", amount=500)
        self.assertTrue(bill)
        self.assertGoesToPeople(self._submit_bill(ref="twin"))

    def test_a_level_that_asks_for_a_proof_goes_to_people(self):
        self.policy.level_ids[1].authentication = "second_factor"
        self.assertGoesToPeople(self._submit_bill())

    def test_the_sample_goes_to_people(self):
        self.sampled = True
        self.assertGoesToPeople(self._submit_bill())

    def test_without_the_option_everything_goes_to_people(self):
        self.policy.auto_approve = False
        self.assertGoesToPeople(self._submit_bill())

    def test_submitting_again_does_not_leave_the_sample(self):
        request = self._submit_bill()
        key = request._get_sample_key()
        other = self._create_bill(ref="other")
        self.sampled = True
        first = self._submit(other)
        other.with_user(self.contributor).action_cancel_validation()
        second = self._submit(other)
        self.assertEqual(first._get_sample_key(), second._get_sample_key())
        self.assertNotEqual(key, second._get_sample_key())

    def test_lines_match_their_orders(self):
        self.policy.auto_order = True
        self.assertGoesToPeople(self._submit_bill())
        with patch.object(type(self.env["account.move.line"]), "_is_within_order", lambda line, tolerance: True):
            self.assertEqual(self._submit_bill(ref="matched", amount=400).state, "approved")

    def test_a_batch_has_its_own_answer_for_each(self):
        bills = self._create_bill(ref="small", amount=500) | self._create_bill(ref="large", amount=5000)
        self.assertEqual(self._submit(bills).sorted("amount").mapped("state"), ["approved", "pending"])

    def test_more_bills_cost_no_more_queries_to_judge(self):
        bills = self.env["account.move"].union(*(self._create_bill(ref=f"n{number}") for number in range(6))).sudo()
        policy = self.policy.sudo()
        policy._get_automatic_refusals(bills)
        self.env.flush_all()
        with self.assertQueryCount(4):
            self.assertEqual(policy._get_automatic_refusals(bills), {})

    def test_the_criteria_are_complete(self):
        for vals in ({"auto_amount_max": 0}, {"auto_bill_count": 0}):
            self.assertRefused(ValidationError, "say up to which total", self.policy.write, vals)
        for vals in ({"auto_sample": 0}, {"auto_sample": 101}, {"auto_order_tolerance": -1}):
            self.assertRefused(ValidationError, "the sample lies between 1 % and 100 %", self.policy.write, vals)
        self.policy.write({"auto_approve": False, "auto_sample": 0})

    def test_simulating_tells_it(self):
        bill = self._create_bill(ref="told", amount=500).sudo()
        forecast = self.env["account.validation.forecast"]
        self.assertTrue(forecast._forecast(bill)["automatic"])
        self.sampled = True
        self.assertFalse(forecast._forecast(bill)["automatic"])
        self.sampled = False
        bill.invoice_line_ids.price_unit = 5000
        self.assertFalse(forecast._forecast(bill)["automatic"])

    # Verify

    def assertBroken(self, request, code, sentence):
        codes = [found["code"] for found in self.verifier._verify_requests(request)]
        self.assertIn(code, codes)
        self.assertIn(sentence, self._run_verifier(request.move_id))

    def test_verify_accepts_it(self):
        with patch.object(verify, "is_sampled", lambda key, percent: False):
            request = self._submit_bill()
            self.assertEqual(self.verifier._verify_requests(request), [])
            self.assertIn("INTACT", self._run_verifier(request.move_id))

    def test_verify_finds_an_approval_without_a_voice(self):
        self.policy.auto_approve = False
        request = self._submit_bill()
        self._forge(request, "closed", self.contributor)
        self.assertBroken(request, "auto_missing", "without anybody having approved it")

    def test_verify_finds_an_automatic_approval_that_the_policy_did_not_allow(self):
        self.policy.auto_approve = False
        request = self._submit_bill()
        self._forge(request, "auto_approved", self.env.ref("base.user_root"))
        self.assertBroken(request, "auto_forged", "its policy did not allow that")

    def test_verify_finds_an_automatic_approval_above_the_amount_or_by_a_person(self):
        for vals, user in (({"amount": 5000}, self.env.ref("base.user_root")), ({"amount": 500}, self.contributor)):
            self.sampled = True
            request = self._submit_bill(ref=user.name, **vals)
            self.sampled = False
            self._forge(request, "auto_approved", user)
            with patch.object(verify, "is_sampled", lambda key, percent: False):
                self.assertBroken(request, "auto_forged", "its policy did not allow that")

    def test_verify_finds_an_automatic_approval_of_the_sample(self):
        request = self._submit_bill()
        self.sampled = True
        with patch.object(verify, "is_sampled", lambda key, percent: True):
            self.assertBroken(request, "auto_forged", "its policy did not allow that")

    def test_both_verifiers_draw_the_same_sample(self):
        keys = [f"{number}:1" for number in range(200)]
        drawn = [verify.is_sampled(key, 10) for key in keys]
        self.assertEqual(drawn, [is_sampled(key, 10) for key in keys])
        self.assertTrue(0 < sum(drawn) < 60)

    def _forge(self, request, event_type, user):
        """End a request as somebody would who can write the database and compute hashes."""
        data = {"state": "approved"}
        vals = request.with_user(user).sudo()._prepare_event_vals(event_type, data=data)
        request.env["account.validation.event"].with_user(user).sudo()._append([vals])
        request.step_ids._engine().write({"state": "cancelled"})
        request._engine().write({"state": "approved", "waiting_user_ids": [Command.clear()]})
        self.env.flush_all()
