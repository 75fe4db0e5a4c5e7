"""What a vendor sees of their bills on the portal, and what they never see."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .portal_common import PDF, PortalCase


@tagged("post_install", "-at_install")
class TestPortalBills(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.portal_bill_page = True
        cls.due = fields.Date.today() + timedelta(days=40)
        vals = {"partner_id": cls.customer.id, "ref": "F-2026-77", "invoice_date_due": cls.due}
        cls.supplied = cls._create_bill(**vals, invoice_payment_term_id=False)
        cls.path = f"/my/bills/{cls.supplied.id}"

    def _get_stage(self):
        return self.supplied.sudo()._get_vendor_stages()[self.supplied]

    def test_a_vendor_follows_a_bill_until_it_is_paid(self):
        self.assertIn("F-2026-77", self._open("/my/bills", self.clerk).text)
        self.assertIn("We have received it.", self._open(self.path, self.clerk).text)
        self._submit(self.supplied)
        self.supplied.with_user(self.manager).action_approve("Secret remark")
        page = self._open(self.path, self.clerk).text
        self.assertIn("are checking it", page)
        for secret in ("Manager", "Secret remark", "Finance", "Controller", "Marketing", "Contributor"):
            self.assertNotIn(secret, page)
        self.assertNotIn("o_bill_expected", page, "Nothing is promised before it is approved.")
        self._approve(self.supplied, self.controller)
        page = self._open(self.path, self.clerk).text
        self.assertIn("It is approved.", page)
        self.assertIn(self.due.strftime("%m/%d/%Y"), page)
        self.supplied.with_user(self.finance).action_post()
        self.assertIn("will be paid", self._open(self.path, self.clerk).text)
        register = self.env["account.payment.register"].sudo()
        register.with_context(active_model="account.move", active_ids=self.supplied.ids).create({})._create_payments()
        self.assertIn(self._get_stage(), ("paid",))

    def test_stages_in_plain_words(self):
        self._submit(self.supplied)
        self.supplied.with_user(self.manager).action_return("Wrong account")
        self.assertEqual(self._get_stage(), "checking", "What is returned inside is none of the vendor's business.")
        self._ask(self.contributor, self.supplied, partner_id=self.customer.id)
        self.assertEqual(self._get_stage(), "waiting")
        self._submit(self.supplied)
        self.supplied.with_user(self.manager).action_reject("No")
        self.assertEqual(self._get_stage(), "refused")

    def test_a_vendor_answers_with_a_document_and_asks(self):
        question = self._ask(self.contributor, self.supplied, partner_id=self.customer.id, text="Where is the order?")
        self.assertIn("Where is the order?", self._open(self.path, self.clerk).text)
        path = f"/my/invoices/{self.supplied.id}/questions/{question.id}"
        self._send(path, self.clerk, operation="answer", text="Here", files=[("files", ("order.pdf", PDF))])
        self.assertEqual((question.state, question.answered_by), ("answered", self.clerk.partner_id))
        self.assertEqual(question.outside_file_ids.mapped("name"), ["order.pdf"])
        self.assertNotIn("Contributor", self._open(path, self.clerk).text)
        _answer, asked = self._ask_outside(invoice=self.supplied, text="When is it paid?")
        self.assertEqual((asked.asker_partner_id, asked.is_dispute), (self.clerk.partner_id, False))
        answer, asked = self._ask_outside(invoice=self.supplied, dispute="1", scope="whole")
        self.assertEqual((answer.status_code, len(asked)), (422, 0), "A vendor does not dispute their own bill.")

    def test_a_question_by_name_is_for_that_person(self):
        colleague = (
            self.env["res.partner"]
            .sudo()
            .create({"name": "Colleague", "parent_id": self.customer.id, "email": "colleague@example.com"})
        )
        question = self._ask(self.contributor, self.supplied, partner_id=colleague.id, text="Only for you?")
        self.assertNotIn("Only for you?", self._open(self.path, self.clerk).text)
        with mute_logger("odoo.http"):
            path = f"/my/invoices/{self.supplied.id}/questions/{question.id}"
            self.assertEqual(self._open(path, self.clerk).status_code, 404)

    def test_bills_of_others_are_not_found(self):
        payroll = self._create_department("Payroll", is_confidential=True)
        secret = self._create_move(department=payroll, partner_id=self.customer.id, ref="SECRET")
        other = self._create_bill(partner_id=self.partner_a.id)
        foreign = self.setup_other_company()["company"]
        self.assertFalse(foreign.portal_bill_page)
        for bill_id in (secret.id, other.id, self.invoice.id, 999999, 2**40):
            with mute_logger("odoo.http"):
                self.assertEqual(self._open(f"/my/bills/{bill_id}", self.clerk).status_code, 404, bill_id)
                self.assertEqual(self._open(f"/my/invoices/{secret.id}/ask", self.clerk).status_code, 404)
        self.assertNotIn("SECRET", self._open("/my/bills", self.clerk).text)
        self.assertNotIn("F-2026-77", self._open("/my/bills", self.stranger).text)
        with mute_logger("odoo.http"):
            self.assertEqual(self._open(self.path, self.stranger).status_code, 404)
            self.assertEqual(self._open(f"/my/invoices/{self.supplied.id}/ask", self.stranger).status_code, 404)
        page = self._open(self.path)
        self.assertIn("/web/login", page.url, "A visitor has to log in.")
        self.assertFalse(self.supplied.with_user(self.clerk).has_access("read"), "The draft itself stays closed.")

    def test_programs_of_vendors_read_nothing_of_ours(self):
        """Natively they read their posted bills, whatever field they name."""
        self._submit(self.supplied)
        self._approve(self.supplied, self.manager, self.controller)
        self.supplied.with_user(self.finance).action_post()
        for record in (self.supplied, self.supplied.line_ids, self.clerk.partner_id):
            mine = record.with_user(self.clerk)
            self.assertTrue(mine.read(["display_name"]))
            ours = [name for name, field in mine._fields.items() if set(field._modules) == {"facturation_collab"}]
            self.assertTrue(ours)
            self.assertFalse(mine.fields_get(ours))
            for name in ours:
                with self.assertRaises(AccessError), mute_logger("odoo.models"):
                    mine.read([name])
        domain = [("validation_submitter_id.name", "=", "Contributor")]
        with self.assertRaises(AccessError):
            self.env["account.move"].with_user(self.clerk).search(domain)
        self.assertEqual(self._open(f"/my/invoices/{self.supplied.id}", self.clerk).status_code, 200)
        self.assertIn("BILL", self._open("/my/invoices", self.clerk).text)
        self.assertEqual(self._open("/my/account", self.clerk).status_code, 200)

    def test_nothing_is_shown_unless_the_company_wants_it(self):
        self.company.portal_bill_page = False
        self.assertNotIn("F-2026-77", self._open("/my/bills", self.clerk).text)
        with mute_logger("odoo.http"):
            self.assertEqual(self._open(self.path, self.clerk).status_code, 404)
            self.assertEqual(self._open(f"/my/invoices/{self.supplied.id}/ask", self.clerk).status_code, 404)

    def test_a_company_says_it_in_its_own_words(self):
        wordings = self.env["account.invoice.vendor.wording"]
        vals = {"stage": "received", "sentence": "Your bill is in good hands.", "company_id": self.company.id}
        for user in (self.manager, self.finance, self.clerk):
            self.assertRefused(AccessError, "", wordings.with_user(user).create, vals)
        wording = wordings.with_user(self.administrator).create(vals)
        self.assertRefused(AccessError, "", wording.with_user(self.finance).write, {"sentence": "No"})
        self.assertIn("in good hands", self._open(self.path, self.clerk).text)
        other = self.setup_other_company()["company"]
        self.finance.company_ids += other
        self.assertFalse(wording.with_user(self.finance).with_context(allowed_company_ids=other.ids).search([]))

    def test_the_list_costs_the_same_queries_for_each_bill(self):
        counts = []
        for _round in range(2):
            bills = self.env["account.move"].sudo().search([("partner_id", "=", self.customer.id)])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            bills._get_vendor_pages()
            counts.append(self.env.cr.sql_log_count - before)
            for _number in range(4):
                self._submit(self._create_bill(partner_id=self.customer.id))
        self.assertLessEqual(counts[1], counts[0] + 1)
