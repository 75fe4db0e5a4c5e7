"""Customer service: reads the invoices of customers, answers what customers ask, and does nothing else."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .question_common import QuestionCase

RIGHTS = ("read", "write", "create", "unlink")


@tagged("post_install", "-at_install")
class TestCustomerService(QuestionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = cls._create_user("service", groups="facturation_collab.group_customer_service")
        cls.customer = cls.env["res.partner"].sudo().create({"name": "Azure", "email": "azure@example.com"})
        cls.kind.write({"is_for_customers": True, "department_id": cls.marketing.id})
        cls.invoice = cls._create_invoice(cls.marketing)
        cls.question = cls.invoice._ask_from_outside(cls.customer, cls.kind.id, "Is the price right?")

    @classmethod
    def _create_invoice(cls, department, **vals):
        invoice = cls._create_move(
            department=department, move_type="out_invoice", partner_id=cls.customer.id, amount=100.0, **vals
        )
        invoice.action_post()
        return invoice

    def _get_rights(self, record):
        record = record.with_user(self.service)
        return "".join(right[0] for right in RIGHTS if record.has_access(right))

    def test_they_read_invoices_of_customers_and_change_none(self):
        draft = self._create_move(department=self.logistics, move_type="out_invoice", partner_id=self.customer.id)
        for invoice in (self.invoice, draft):
            self.assertEqual(self._get_rights(invoice), "r")
            self.assertEqual(self._get_rights(invoice.line_ids), "r")
        found = self.env["account.move"].with_user(self.service).search([("partner_id", "=", self.customer.id)])
        self.assertEqual(found, self.invoice | draft)
        self.assertEqual(self._get_rights(self.question), "r")
        for action in ("action_post", "action_submit", "button_draft"):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                getattr(self.invoice.with_user(self.service), action)()

    def test_they_read_nothing_else(self):
        payroll = self._create_department("Payroll", is_confidential=True)
        secret = self._create_invoice(payroll)
        asked = secret._ask_from_outside(self.customer, self.kind.id, "Secret?")
        entry = self.env["account.move"].sudo().create({"move_type": "entry"})
        bill_question = self._ask(self.manager, self.bill, user_id=self.contributor.id)
        for record in (secret, secret.line_ids, asked, self.bill, self.bill.line_ids, bill_question):
            self.assertEqual(self._get_rights(record), "", record)
            self.assertFalse(record.with_user(self.service).search([("id", "in", record.ids)]))
        self.assertFalse(entry.with_user(self.service).has_access("read"))
        for model in ("account.payment.register", "account.move.reversal", "account.invoice.report"):
            self.assertFalse(self.env[model].with_user(self.service).has_access("create"))
        with self.assertRaises(AccessError):
            asked.with_user(self.service).action_answer("It is.")

    def test_they_read_their_companies_only(self):
        other = self.setup_other_company()["company"]
        self.service.company_ids += other
        elsewhere = self.invoice.with_user(self.service).with_context(allowed_company_ids=other.ids)
        self.assertFalse(elsewhere.has_access("read"))

    def test_they_answer_what_customers_ask_with_a_prepared_answer(self):
        responses = self.env["mail.canned.response"].with_user(self.service)
        prepared = responses.create({"source": "price", "substitution": "The price is that of your order."})
        action = self.question.with_user(self.service).action_open_dialog()
        dialogs = self.env["account.invoice.question.dialog"].with_user(self.service).with_context(**action["context"])
        dialog = dialogs.new({"text": "Dear customer,"})
        dialog.canned_response_id = prepared
        dialog._onchange_canned_response_id()
        self.assertEqual(dialog.text, "Dear customer,\nThe price is that of your order.")
        self.assertTrue(dialog.is_from_outside)
        dialogs.create({"text": dialog.text}).action_confirm()
        self.assertEqual((self.question.state, self.question.answered_by), ("answered", self.service.partner_id))

    def test_they_answer_no_question_between_colleagues(self):
        question = self._ask(self.reader, self.invoice, user_id=self.contributor.id)
        with self.assertRaisesRegex(AccessError, "waits for Contributor"):
            question.with_user(self.service).action_answer("It is.")

    def test_they_propose_no_credit_note(self):
        dispute = self.invoice._ask_from_outside(
            self.customer, self.kind.id, "Wrong", dispute={"scope": "whole", "line_ids": [], "amount": None}
        )
        self.assertFalse(dispute.with_user(self.service).can_propose_credit)
        with self.assertRaisesRegex(AccessError, "may not make"):
            dispute.with_user(self.service).action_propose_credit()

    def test_their_screen_opens(self):
        action = self.env["ir.actions.act_window"].with_user(self.service)
        action = action._for_xml_id("facturation_collab.account_move_service_action")
        moves = self.env["account.move"].with_user(self.service)
        views = moves.get_views([*action["views"], (False, "search")])["views"]
        self.assertEqual(set(views), {"list", "kanban", "form", "search"})
        names = moves.fields_get().keys() & {"payment_state", "validation_question_count", "amount_residual"}
        self.assertEqual(len(self.invoice.with_user(self.service).read(names)), 1)
