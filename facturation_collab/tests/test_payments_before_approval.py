from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .validation_common import ValidationCase


class PaymentCase(ValidationCase):
    def _unapproved(self):
        """Bills that were never submitted, are pending, returned, and rejected."""
        bills = [self._create_bill(ref=f"U{index}").sudo() for index in range(4)]
        for bill in bills[1:]:
            self._submit(bill)
        bills[2].with_user(self.manager).action_return("no")
        bills[3].with_user(self.manager).action_reject("no")
        return bills

    def _register(self, bills, user=None):
        wizards = self.env["account.payment.register"].with_user(user or self.finance)
        return wizards.with_context(active_model="account.move", active_ids=bills.ids)

    def _payment_vals(self, bills):
        return {
            "payment_type": "outbound",
            "partner_type": "supplier",
            "partner_id": self.partner_a.id,
            "amount": sum(bills.mapped("amount_total")),
            "journal_id": self.company_data["default_journal_bank"].id,
        }

    def _payable(self, bill):
        return bill.line_ids.filtered(lambda line: line.display_type == "payment_term")

    def _counterpart(self, bill):
        """A posted payable item for the amount of a bill."""
        payable = self._payable(bill).account_id
        amount = bill.amount_total
        vals = {
            "move_type": "entry",
            "line_ids": [
                Command.create({"account_id": payable.id, "partner_id": bill.partner_id.id, "balance": amount}),
                Command.create({"account_id": self.company_data["default_account_revenue"].id, "balance": -amount}),
            ],
        }
        entry = self.env["account.move"].sudo().create(vals)
        entry.action_post()
        return entry.line_ids.filtered(lambda line: line.account_id == payable)

    def _statement_line(self, bill):
        """Match a bank transaction with a bill, as bank reconciliation does: its open item takes the bill's account."""
        vals = {
            "journal_id": self.company_data["default_journal_bank"].id,
            "amount": -bill.amount_total,
            "date": "2026-01-20",
            "payment_ref": "Transfer",
            "partner_id": bill.partner_id.id,
        }
        transaction = self.env["account.bank.statement.line"].sudo().create(vals)
        _liquidity, suspense, _other = transaction._seek_for_lines()
        suspense.account_id = self._payable(bill).account_id
        (suspense | self._payable(bill)).with_env(bill.env).reconcile()

    def _ways(self, bill):
        """(name, function) of each way to pay a bill, in its environment."""
        env = bill.env
        Payment = env["account.payment"]
        item, counterpart = self._payable(bill), self._counterpart(bill).with_env(env)
        partial = {"debit_move_id": counterpart.id, "credit_move_id": item.id}
        amounts = dict.fromkeys(
            ("amount", "debit_amount_currency", "credit_amount_currency"), abs(counterpart.amount_residual)
        )
        payment = Payment.create(self._payment_vals(bill))
        register = env["account.payment.register"]
        wizard_vals = {"line_ids": [Command.set(item.ids)]}
        yield "wizard", lambda: self._run(register.with_context(active_model="account.move", active_ids=bill.ids))
        yield (
            "wizard on lines",
            lambda: self._run(register.with_context(active_model="account.move.line", active_ids=item.ids)),
        )
        yield "wizard with values", lambda: self._run(register, wizard_vals)
        yield "payment", lambda: Payment.create({**self._payment_vals(bill), "invoice_ids": [Command.set(bill.ids)]})
        yield "link from a payment", lambda: payment.write({"invoice_ids": [Command.link(bill.id)]})
        yield "link from the bill", lambda: bill.write({"matched_payment_ids": [Command.link(payment.id)]})
        yield "payment state", lambda: bill.write({"payment_state": "paid"})
        yield "reconcile", lambda: (item | counterpart).reconcile()
        yield "partial", lambda: env["account.partial.reconcile"].create({**partial, **amounts})
        yield "bank transaction", lambda: self._statement_line(bill)

    def _run(self, wizards, vals=None):
        wizards.create(vals or {}).action_create_payments()


@tagged("post_install", "-at_install")
class TestPaymentsBeforeApprovalAreRefused(PaymentCase):
    def test_every_way_as_finance_and_elevated(self):
        for bill in self._unapproved():
            for form in (bill.with_user(self.finance), bill.with_user(self.finance).sudo(), bill):
                savepoint = self.env.cr.savepoint()
                for name, pay in self._ways(form):
                    with self.subTest(state=bill.validation_state, way=name, su=form.env.su):
                        self.assertRefused(UserError, "before it is approved", pay)
                savepoint.close(rollback=True)
                self.env.invalidate_all()
            self.assertFalse(bill.matched_payment_ids or self._payable(bill).matched_debit_ids)

    def test_each_way_is_open_to_an_approved_bill(self):
        """Otherwise the test above would prove nothing."""
        bill = self._create_approved(ref="A").with_user(self.finance).sudo()
        for index in range(10):
            savepoint = self.env.cr.savepoint()
            name, pay = list(self._ways(bill))[index]
            with self.subTest(way=name):
                pay()
                self.env.flush_all()
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def test_a_partial_is_not_moved_to_an_unapproved_bill(self):
        approved, bill = self._create_approved(ref="A"), self._create_bill(ref="B").sudo()
        approved.with_user(self.finance).action_post()
        counterpart = self._counterpart(approved)
        (self._payable(approved) | counterpart).reconcile()
        partial = counterpart.matched_credit_ids
        self.assertRefused(
            UserError, "before it is approved", partial.write, {"credit_move_id": self._payable(bill).id}
        )

    def test_a_new_bill_does_not_come_with_a_payment(self):
        payment = (
            self.env["account.payment"].with_user(self.finance).create(self._payment_vals(self._create_bill().sudo()))
        )
        vals = self._get_move_vals(department_id=self.marketing.id, matched_payment_ids=[Command.link(payment.id)])
        self.assertRefused(
            UserError, "before it is approved", self.env["account.move"].with_user(self.finance).create, vals
        )

    def test_in_a_batch_the_others_are_paid_and_those_left_out_named(self):
        approved = self._create_approved(ref="A")
        approved.with_user(self.finance).action_post()
        bill = self._create_bill(ref="LEFT-OUT").sudo()
        wizard = Form(self._register(approved | bill)).save()
        self.assertIn("LEFT-OUT", wizard.validation_left_out)
        self.assertEqual(wizard.line_ids.move_id.sudo(), approved)
        self.assertEqual(wizard.amount, approved.amount_total)
        action = wizard.action_create_payments()
        self.assertIn("LEFT-OUT", action["params"]["message"])
        self.assertEqual(action["params"]["next"]["res_model"], "account.payment")
        self.assertIn(approved.payment_state, ("paid", "in_payment"))
        self.assertFalse(bill.matched_payment_ids)

    def test_a_changed_bill_is_not_paid_as_approved(self):
        bill = self._create_approved(ref="A")
        bill.ref = "B"
        self.assertRefused(UserError, "changed after it was approved", self._run, self._register(bill))

    def test_without_a_policy_a_draft_is_paid_as_natively(self):
        self.policy.mode = "off"
        bill = self._create_bill(ref="A").with_user(self.finance).sudo()
        for index in range(10):
            savepoint = self.env.cr.savepoint()
            name, pay = list(self._ways(bill))[index]
            with self.subTest(way=name):
                pay()
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def test_an_observing_policy_holds_no_payment(self):
        self.policy.mode = "observe"
        bill = self._create_bill(ref="A").sudo()
        self._submit(bill)
        self._run(self._register(bill))
        self.assertTrue(bill.matched_payment_ids or self._payable(bill).matched_debit_ids)

    def test_unlinking_a_payment_is_free(self):
        self.policy.mode = "off"
        bill = self._create_bill(ref="A").sudo()
        payment = self.env["account.payment"].sudo().create(self._payment_vals(bill))
        bill.matched_payment_ids = payment
        self.policy.mode = "enforce"
        bill.with_user(self.finance).write({"matched_payment_ids": [Command.clear()]})
        self.assertFalse(bill.matched_payment_ids)


@tagged("post_install", "-at_install")
class TestPaymentsBeforeApprovalAreRecorded(PaymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.early_payment = "record"

    def _paid_early(self, bill):
        return bill.sudo().validation_request_ids.event_ids.filtered(lambda event: event.type == "paid_early")

    def test_the_payment_passes_and_is_an_event_once(self):
        for bill in self._unapproved()[:3]:
            state = bill.validation_state
            self._run(self._register(bill))
            event = self._paid_early(bill)
            self.assertEqual(len(event), 1, state)
            self.assertEqual(event.user_id, self.finance)
            self.assertTrue(event.request_id.event_ids._is_chain_intact())
            self.assertTrue(bill.matched_payment_ids or self._payable(bill).matched_debit_ids)

    def test_a_rejected_bill_is_not_paid(self):
        bill = self._unapproved()[3]
        self.assertRefused(UserError, "rejected", self._run, self._register(bill))

    def test_a_recorded_payment_does_not_open_the_gate(self):
        bill = self._create_bill(ref="A").sudo()
        self._run(self._register(bill))
        self.assertRefused(UserError, "must be validated", bill.with_user(self.finance).action_post)
        self._submit(bill)
        self._approve(bill, self.manager, self.controller)
        self.assertEqual(bill.validation_state, "approved")
