"""From a dispute to its credit note."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .question_common import QuestionCase


@tagged("post_install", "-at_install")
class TestDisputeCredit(QuestionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.env["res.partner"].sudo().create({"name": "Azure", "email": "azure@example.com"})
        cls.kind.write({"is_for_customers": True, "department_id": cls.marketing.id})
        cls.tax = cls.company_data["default_tax_sale"]
        cls.invoice = cls._create_invoice()

    @classmethod
    def _create_invoice(cls, taxes=None):
        """A posted invoice of three odd lines with tax."""
        taxes = [Command.set((taxes or cls.tax).ids)]
        lines = [("Chairs", 3, 33.33), ("Desk", 1, 199.99), ("Delivery", 1, 7.07)]
        invoice = cls._create_move(
            department=cls.marketing,
            move_type="out_invoice",
            partner_id=cls.customer.id,
            invoice_line_ids=[
                Command.create({"name": name, "quantity": quantity, "price_unit": price, "tax_ids": taxes})
                for name, quantity, price in lines
            ],
        )
        invoice.action_post()
        return invoice

    def _dispute(self, invoice=None, scope="whole", line_ids=(), amount=None):
        dispute = {"scope": scope, "line_ids": line_ids, "amount": amount}
        return (invoice or self.invoice)._ask_from_outside(self.customer, self.kind.id, "Wrong", dispute=dispute)

    def test_the_whole_is_credited(self):
        question = self._dispute()
        action = question.with_user(self.contributor).action_propose_credit(reason="Not delivered")
        note = question.credit_move_id
        self.assertEqual(action["res_id"], note.id)
        self.assertEqual((note.state, note.move_type, note.department_id), ("draft", "out_refund", self.marketing))
        self.assertEqual(note.amount_total, self.invoice.amount_total)
        self.assertEqual(note.reversed_entry_id, self.invoice)
        self.assertIn("Not delivered", note.ref)

    def test_lines_are_credited(self):
        lines = self.invoice.invoice_line_ids.sorted("sequence")
        desk = lines.filtered(lambda line: line.name == "Desk")
        question = self._dispute(scope="lines", line_ids=desk.ids)
        question.with_user(self.finance).action_propose_credit()
        self.assertEqual(question.credit_move_id.invoice_line_ids.mapped("name"), ["Desk"])
        self.assertEqual(question.credit_move_id.amount_total, desk.price_total)

    def test_an_amount_is_credited_to_the_cent(self):
        included = self.tax.copy({"name": "Included", "price_include_override": "tax_included"})
        for taxes in (self.tax, included):
            for amount in (0.01, 1.0, 33.37, 100.0, 123.45, 200.01):
                invoice = self._create_invoice(taxes)
                question = self._dispute(invoice, "amount", amount=amount)
                question.with_user(self.finance).action_propose_credit()
                self.assertAlmostEqual(question.credit_move_id.amount_total, amount, 2, (taxes.name, amount))

    def test_somebody_may_choose_otherwise(self):
        question = self._dispute()
        action = question.with_user(self.finance).action_open_credit_dialog()
        dialogs = self.env["account.invoice.credit.proposal"].with_user(self.finance).with_context(**action["context"])
        dialog = dialogs.create({"scope": "amount", "amount": 50.0})
        self.assertFalse(dialog.with_user(self.contributor).has_access("read"))
        self.assertRefused(AccessError, "", dialog.unlink)
        dialog.action_confirm()
        self.assertEqual(question.credit_move_id.amount_total, 50.0)

    def test_one_proposal_at_a_time(self):
        first, second = self._dispute(), self._dispute()
        first.with_user(self.finance).action_propose_credit()
        for question in (first, second):
            action = question.with_user(self.finance).action_propose_credit
            self.assertRefused(AccessError, "proposed already", action)
        first.credit_move_id.button_cancel()
        second.with_user(self.finance).action_propose_credit()
        self.assertTrue(second.credit_move_id)

    def test_who_may_not_is_refused(self):
        question = self._dispute()
        for user, reason in (
            (self.reader, "make its credit note|may not make"),
            (self.outsider, ""),
            (self.auditor, "waits for"),
        ):
            action = question.with_user(user).action_propose_credit
            self.assertRefused(AccessError, reason, action)
        plain = self.invoice._ask_from_outside(self.customer, self.kind.id, "Why?")
        self.assertRefused(AccessError, "open dispute", plain.with_user(self.finance).action_propose_credit)
        self.assertFalse(self.invoice.reversal_move_ids)

    def test_values_that_do_not_fit_are_refused(self):
        question = self._dispute().with_user(self.finance)
        for values in (
            {"scope": "half"},
            {"scope": "amount", "amount": 10**6},
            {"scope": "amount", "amount": float("nan")},
            {"scope": "amount", "amount": "12"},
            {"scope": "lines", "line_ids": [1]},
            {"scope": "lines", "line_ids": "1"},
            {"scope": "lines"},
        ):
            self.assertRefused(UserError, "", question.action_propose_credit, **values)

    def test_the_credit_note_goes_through_its_own_policy(self):
        self.policy.mode = "off"
        policy = self._create_policy("Credit notes", self._level("Manager", role="manager"), apply_out_refund=True)
        question = self._dispute()
        question.with_user(self.contributor).action_propose_credit()
        note = question.credit_move_id
        note.invoice_date = "2026-01-20"
        with self.assertRaises(UserError):
            note.with_user(self.finance).action_post()
        self._submit(note)
        self.assertEqual(note.validation_request_id.policy_id, policy)
        self._approve(note, self.manager)
        before = self.env["mail.mail"].sudo().search([])
        note.with_user(self.finance).action_post()
        mail = self.env["mail.mail"].sudo().search([]) - before
        told = mail.filtered(lambda mail: mail.recipient_ids == self.customer)
        self.assertIn(note.name, told.body_html)

    def test_a_marker_cannot_be_written_by_hand(self):
        self._dispute()
        for vals in ({"validation_is_disputed": False}, {"validation_reminders_held": True}):
            self.assertRefused(AccessError, "by hand", self.invoice.with_user(self.finance).write, vals)
