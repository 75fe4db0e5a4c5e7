from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..models.account_move_after_posting import WATCH_KEY
from .test_gate import CONTEXTS
from .validation_common import ValidationCase


class AfterPostingCase(ValidationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        banks = cls.env["res.partner.bank"].sudo()
        cls.bank = banks.create({"acc_number": "FR76 0001", "partner_id": cls.partner_a.id})
        cls.other_bank = banks.create({"acc_number": "FR76 0002", "partner_id": cls.partner_a.id})

    def _create_posted(self, **vals):
        """An approved and posted bill, seen by finance."""
        bill = self._create_approved(**{"partner_bank_id": self.bank.id, "ref": "R1", **vals})
        bill.with_user(self.finance).action_post()
        self.assertEqual(bill.state, "posted")
        self.env.flush_all()
        return bill.with_user(self.finance)

    def _types(self, bill):
        return bill.sudo().validation_request_ids.event_ids.sorted("id").mapped("type")

    def _changes(self, bill):
        """{name: function that changes the content of a posted bill}; native Odoo lets each of them pass."""
        line = bill.invoice_line_ids
        term = bill.line_ids.filtered(lambda item: item.display_type == "payment_term")
        account = line.account_id.sudo().copy()
        bill = bill.with_context(skip_readonly_check=True)
        line = line.with_context(skip_readonly_check=True)
        return {
            "bank account": lambda: bill.write({"partner_bank_id": self.other_bank.id}),
            "no bank account": lambda: bill.write({"partner_bank_id": False}),
            "partner": lambda: bill.write({"partner_id": self.partner_b.id}),
            "reference": lambda: bill.write({"ref": "R2"}),
            "payment reference": lambda: bill.write({"payment_reference": "Other"}),
            "due date": lambda: bill.write({"invoice_date_due": "2030-01-01"}),
            "terms": lambda: bill.write({"invoice_payment_term_id": self.pay_terms_b.id}),
            "maturity of an item": lambda: term.write({"date_maturity": "2030-01-01"}),
            "price through the bill": lambda: bill.write(
                {"invoice_line_ids": [Command.update(line.id, {"price_unit": 9})]}
            ),
            "price": lambda: line.write({"price_unit": 9}),
            "quantity": lambda: line.write({"quantity": 9}),
            "label": lambda: line.write({"name": "Other"}),
            "account": lambda: line.write({"account_id": account.id}),
            "analytic": lambda: line.write({"analytic_distribution": {str(self.analytic.id): 100}}),
            "total": lambda: bill.write({"amount_total": 5}),
            "department": lambda: bill.write({"department_id": self.logistics.id}),
            "new line": lambda: line.create({"move_id": bill.id, "name": "Note", "display_type": "line_note"}),
        }

    @property
    def analytic(self):
        plan = self.env["account.analytic.plan"].sudo().create({"name": "Plan"})
        return self.env["account.analytic.account"].sudo().create({"name": "Project", "plan_id": plan.id})


@tagged("post_install", "-at_install")
class TestChangeAfterPostingIsRefused(AfterPostingCase):
    def test_each_part_of_the_content_as_finance_and_elevated(self):
        bill = self._create_posted()
        for user in (bill, bill.sudo()):
            for name, change in self._changes(user).items():
                with self.subTest(change=name, su=user.env.su):
                    self.assertRefused(UserError, "stays as it was approved", self._flushed, change)
        self.assertEqual((bill.ref, bill.amount_total, bill.partner_id), ("R1", 1000, self.partner_a))

    def _flushed(self, change):
        change()
        self.env.flush_all()

    def test_the_same_changes_pass_without_a_policy(self):
        """Otherwise the test above would prove nothing."""
        self.policy.mode = "off"
        bill = self._create_bill(partner_bank_id=self.bank.id, ref="R1").sudo()
        bill.action_post()
        for name, change in self._changes(bill.with_user(self.finance)).items():
            with self.subTest(change=name):
                savepoint = self.env.cr.savepoint()
                self._flushed(change)
                savepoint.close(rollback=True)
                self.env.invalidate_all()

    def test_no_context_of_a_client_opens_it(self):
        bill = self._create_posted()
        forged = {"move_ids": bill.ids}
        for context in (*CONTEXTS, {WATCH_KEY: forged}, {WATCH_KEY: True}):
            with self.subTest(context=context):
                move = bill.with_context(**{**context, "lang": None, "allowed_company_ids": self.company.ids})
                self.assertRefused(UserError, "stays as it was", move.write, {"partner_bank_id": self.other_bank.id})
                self.assertRefused(UserError, "stays as it was", move.invoice_line_ids.write, {"price_unit": 9})

    def test_the_refusal_names_the_invoice_and_what_would_change(self):
        bill = self._create_posted()
        self.assertRefused(UserError, rf"{bill.name}.*Due Date", bill.write, {"invoice_date_due": "2030-01-01"})

    def test_several_bills_in_one_write(self):
        bills = self._create_posted() | self._create_bill().sudo().with_user(self.finance)
        self.assertRefused(UserError, "stays as it was approved", bills.write, {"ref": "R9"})

    def test_number_of_the_account_of_an_unpaid_bill(self):
        bill = self._create_posted()
        hidden = {"acc_number": "FR76 0001", "sanitized_acc_number": "FR769"}
        for number in ({"acc_number": "FR76 9"}, {"sanitized_acc_number": "FR769"}, hidden):
            self.assertRefused(UserError, "Bank account number", self.bank.write, number)
        self.assertEqual(bill.partner_bank_id.acc_number, "FR76 0001")
        self.other_bank.acc_number = "FR76 8"
        self.bank.acc_number = "FR76-0001"
        self.assertEqual(self.bank.acc_number, "FR76-0001")

    def test_number_of_the_account_of_a_paid_bill(self):
        bill = self._create_posted()
        self._pay(bill)
        self.bank.acc_number = "FR76 9"
        self.assertTrue(self.bank.number_changed_at)

    def test_the_date_of_a_changed_number_cannot_be_written(self):
        self.bank.write({"number_changed_at": fields.Datetime.now()})
        self.assertFalse(self.bank.number_changed_at)

    def _pay(self, bill):
        wizard = self.env["account.payment.register"].with_user(self.finance)
        wizard.with_context(active_model="account.move", active_ids=bill.ids).create({}).action_create_payments()
        self.assertIn(bill.payment_state, ("paid", "in_payment"))

    def test_what_odoo_and_people_do_after_posting_keeps_working(self):
        bill = self._create_posted()
        bill.write({"narration": "Called the vendor", "checked": True, "is_move_sent": True, "ref": "R1"})
        bill.message_post(body="Hello")
        self._pay(bill)
        bill.line_ids.remove_move_reconcile()
        self.assertEqual(bill.payment_state, "not_paid")
        reversal = bill._reverse_moves([{"invoice_date": bill.invoice_date}])
        self.assertEqual(reversal.state, "draft")
        self.assertNotIn("changed", self._types(bill))

    def test_a_bill_that_was_posted_before_the_policy_is_not_held(self):
        self.policy.mode = "off"
        bill = self._create_bill().sudo()
        bill.action_post()
        self.policy.mode = "enforce"
        bill.with_user(self.finance).write({"ref": "Other"})
        self.assertEqual(bill.ref, "Other")

    def _count_posting(self, bills):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        bills.with_user(self.finance)._post()
        self.env.flush_all()
        self.assertEqual(set(bills.mapped("state")), {"posted"})
        return self.cr.sql_log_count - before

    def _compare_posting(self, create):
        """Queries to post a batch as it is, and without holding to the content or asking before payments."""
        warm, plain, ours = (
            self.env["account.move"].union(*(create(ref=f"{name}{index}") for index in range(4)))
            for name in ("W", "P", "O")
        )
        self._count_posting(warm)
        Move = self.registry["account.move"]
        with (
            patch.object(Move, "_get_held", lambda moves: moves.browse()),
            patch.object(Move, "_get_leaving", lambda moves, state: moves.browse()),
            patch.object(Move, "_check_payment", lambda moves: None),
        ):
            without = self._count_posting(plain)
        return self._count_posting(ours), without

    def test_posting_approved_bills_costs_at_most_two_queries_more(self):
        ours, without = self._compare_posting(self._create_approved)
        self.assertLessEqual(ours, without + 2)

    def test_posting_without_a_policy_costs_no_query_more(self):
        self.policy.mode = "off"
        ours, without = self._compare_posting(lambda **vals: self._create_bill(**vals).sudo())
        self.assertLessEqual(ours, without)

    def test_holding_many_bills_takes_as_many_queries_as_a_few(self):
        bills = self.env["account.move"].union(*(self._create_posted(ref=f"R{index}") for index in range(4)))
        counts = []
        for batch in (bills[:2], bills):
            self.env.invalidate_all()
            batch.fetch(["narration"])
            before = self.cr.sql_log_count
            with batch._hold_content():
                pass
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])


@tagged("post_install", "-at_install")
class TestChangeAfterPostingIsRecorded(AfterPostingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.posted_change = "record"

    def test_a_change_is_an_event_and_asks_the_approvers_again(self):
        bill = self._create_posted()
        bill.partner_bank_id = self.other_bank
        first, second = bill.sudo().validation_request_ids.sorted("id")
        event = first.event_ids.filtered(lambda event: event.type == "changed")
        self.assertEqual(event.data["changes"]["partner_bank_id"], [self.bank.id, self.other_bank.id])
        self.assertEqual(event.user_id, self.finance)
        self.assertIn("Bank account number", event.comment)
        self.assertEqual((second.state, second.waiting_user_ids), ("pending", self.manager))
        self.assertEqual((bill.state, bill.validation_state), ("posted", "pending"))
        self.assertTrue((first | second).event_ids.grouped("request_id")[first]._is_chain_intact())
        panel = bill.with_user(self.manager).validation_panel
        self.assertIn("Bank account number", str(panel["comments"]))
        self.assertIn("not paid", panel["next"])

    def test_until_it_is_validated_again_it_is_not_paid(self):
        bill = self._create_posted()
        bill.ref = "R2"
        pay = self.env["account.payment.register"].with_user(self.finance)
        pay = pay.with_context(active_model="account.move", active_ids=bill.ids)
        self.assertRefused(UserError, "not validated", pay.create, {})
        self._approve(bill, self.manager, self.controller)
        self.assertEqual(bill.validation_state, "approved")
        pay.create({}).action_create_payments()
        self.assertIn(bill.payment_state, ("paid", "in_payment"))

    def test_returned_and_rejected_changes_stay_unpaid(self):
        for decide in ("action_return", "action_reject"):
            bill = self._create_posted()
            bill.ref = "R2"
            getattr(bill.with_user(self.manager), decide)("Not this")
            self.assertIn(bill.id, bill._get_payment_refusals())
        bill = self._create_posted()
        bill.ref = "R2"
        bill.with_user(self.manager).action_return("Not this")
        bill.action_submit()
        self._approve(bill, self.manager, self.controller)
        self.assertFalse(bill._get_payment_refusals())

    def test_a_second_change_while_the_first_waits(self):
        bill = self._create_posted()
        bill.ref = "R2"
        bill.invoice_line_ids.name = "Other"
        states = bill.sudo().validation_request_ids.sorted("id").mapped("state")
        self.assertEqual(states, ["approved", "cancelled", "pending"])
        self._approve(bill, self.manager, self.controller)

    def test_who_changed_it_does_not_validate_it(self):
        bill = self._create_posted()
        self.policy.level_ids[0].unlink()
        self.assertRefused(UserError, "nobody can", bill.with_user(self.controller).write, {"ref": "R2"})
        self.assertEqual(bill.ref, "R1")

    def test_number_of_the_account(self):
        bill = self._create_posted()
        self.bank.with_user(self.env.user).acc_number = "FR76 9"
        self.assertEqual(bill.validation_state, "pending")
        self.assertIn("changed", self._types(bill))

    def test_a_policy_that_was_switched_off_still_asks_its_approvers(self):
        bill = self._create_posted()
        self.policy.mode = "off"
        bill.ref = "R2"
        request = bill.sudo().validation_request_id
        self.assertEqual((request.state, request.mode, request.waiting_user_ids), ("pending", "enforce", self.manager))

    def test_a_request_keeps_the_choice_it_was_submitted_under(self):
        bill = self._create_posted()
        self.policy.posted_change = "refuse"
        bill.ref = "R2"
        self.assertEqual(bill.validation_state, "pending")


@tagged("post_install", "-at_install")
class TestResetAndCancel(AfterPostingCase):
    def test_reset_to_draft_is_an_event_by_either_way(self):
        for way in (lambda bill: bill.button_draft(), lambda bill: bill.write({"state": "draft"})):
            bill = self._create_posted()
            way(bill)
            self.assertEqual(self._types(bill)[-1], "reset")
            self.assertEqual(bill.sudo().validation_request_id.event_ids.sorted("sequence")[-1].user_id, self.finance)
            bill.action_post()
            self.assertEqual(bill.state, "posted")

    def test_after_a_reset_other_content_needs_another_validation(self):
        bill = self._create_posted()
        bill.button_draft()
        bill.invoice_line_ids.price_unit = 7.0
        self.assertRefused(UserError, "changed after it was approved", bill.action_post)
        self._submit(bill.sudo(), self.finance)
        self._approve(bill, self.manager, self.controller)
        bill.action_post()
        self.assertEqual(bill.state, "posted")

    def test_reset_and_changed_in_one_write(self):
        bill = self._create_posted()
        bill.write({"state": "draft", "ref": "R2"})
        self.assertRefused(UserError, "changed after it was approved", bill.action_post)

    def test_cancelling_is_an_event(self):
        bill = self._create_posted()
        bill.button_draft()
        bill.button_cancel()
        self.assertEqual(self._types(bill)[-2:], ["reset", "invoice_cancelled"])
        bill.button_draft()
        self.assertEqual(self._types(bill)[-1], "reset")

    def test_only_accounting_resets(self):
        bill = self._create_posted()
        for user in (self.contributor, self.manager, self.administrator, self.auditor):
            self.assertRefused((AccessError, UserError), "", bill.with_user(user).write, {"state": "draft"})
            self.assertRefused((AccessError, UserError), "", bill.with_user(user).button_draft)
        self.assertEqual(bill.state, "posted")

    def test_many_resets_in_a_constant_number_of_queries(self):
        bills = self.env["account.move"].union(*(self._create_posted(ref=f"R{index}") for index in range(5)))
        counts = []
        for batch in (bills[:1], bills[1:]):
            self.env.invalidate_all()
            requests = batch.sudo().validation_request_id
            requests.fetch(["state"])
            before = self.cr.sql_log_count
            requests._record_events("reset")
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])
