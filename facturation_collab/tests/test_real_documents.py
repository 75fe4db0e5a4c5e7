import base64
from email.message import EmailMessage

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools.misc import file_open

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .validation_common import ValidationCase

FOLDER = "l10n_account_edi_ubl_cii_tests/tests/test_files"
UBL = "from_peppol-bis-invoice-3_doc"
CII = "from_factur-x_doc"
# document: (folder, what it becomes)
DOCUMENTS = {
    "bis3_allowance.xml": (UBL, "in_invoice"),
    "bis3_credit_note.xml": (UBL, "in_refund"),
    "bis3_invoice_negative_amounts.xml": (UBL, "in_refund"),
    "bis3_tax_exempt_gbp.xml": (UBL, "in_invoice"),
    "facturx_credit_note_type380.xml": (CII, "in_refund"),
    "facturx_credit_note_type381.xml": (CII, "in_refund"),
    "facturx_invoice_basis_quantity.xml": (CII, "in_invoice"),
    "facturx_invoice_negative_amounts.xml": (CII, "in_refund"),
}
TOTAL = "//*[local-name()='TaxInclusiveAmount' or local-name()='GrandTotalAmount']"


@tagged("post_install", "-at_install")
class TestRealDocuments(ValidationCase):
    """The official sample documents that Odoo ships, from the upload or the e-mail alias to the posted bill."""

    @classmethod
    @AccountTestInvoicingCommon.setup_country("fr")
    def setUpClass(cls):
        super().setUpClass()
        if cls.env["ir.module.module"]._get("account_edi_ubl_cii").state != "installed":
            raise AssertionError(
                "Install the module account_edi_ubl_cii to run this test: it reads electronic invoices."
            )
        cls.policy.write({"apply_in_invoice": True, "apply_in_refund": True})
        cls.journal = cls.company_data["default_journal_purchase"]
        domain = cls.env["mail.alias.domain"].create({"name": "collab.example"})
        cls.company.alias_domain_id = domain
        cls.journal.alias_id.write({"alias_name": "collab-bills", "alias_domain_id": domain.id})
        # What Odoo itself needs to read these documents in full: a finance that may create vendors, and a company with
        # their currencies and rates of tax.
        cls.finance.group_ids |= cls.env.ref("base.group_partner_manager")
        cls.env.ref("base.GBP").active = True
        cls.env["res.currency.rate"].create(
            {
                "name": "2017-01-01",
                "rate": 0.9,
                "currency_id": cls.env.ref("base.GBP").id,
                "company_id": cls.company.id,
            }
        )
        for rate in (25.0, 15.0):
            cls.company_data["default_tax_purchase"].copy({"name": f"{rate} %", "amount": rate})

    def _read(self, name):
        """Content of a sample document; never skipped in silence."""
        path = f"{FOLDER}/{DOCUMENTS[name][0]}/{name}"
        try:
            with file_open(path, "rb") as file:
                return file.read()
        except FileNotFoundError:
            self.fail(
                f"Odoo's sample document {path} is missing: put the module l10n_account_edi_ubl_cii_tests on the path."
            )

    def _upload(self, name, user):
        """Upload as the button of the list does: attachments first, then the call that makes documents of them."""
        env = self.env(user=user, su=False, context={"allowed_company_ids": self.company.ids})
        vals = {"name": name, "mimetype": "application/xml", "datas": base64.b64encode(self._read(name))}
        attachment = env["ir.attachment"].create([vals])
        journals = env["account.journal"].with_context(
            default_move_type="in_invoice", default_journal_id=self.journal.id
        )
        action = journals.create_document_from_attachment(attachment.ids)
        return env["account.move"].browse(action["res_id"]).sudo()

    def _receive(self, *names):
        """Send one e-mail with these documents to the alias of the journal, as the mail server hands it to Odoo."""
        message = EmailMessage()
        message["From"] = "Vendor <invoices@vendor.example>"
        message["To"] = "collab-bills@collab.example"
        message["Subject"] = f"Invoice {names[0]}"
        message["Message-Id"] = f"<{'-'.join(names)}-{self.id()}@vendor.example>"
        message.set_content("Please find our invoice attached.")
        for name in names:
            message.add_attachment(self._read(name), maintype="application", subtype="xml", filename=name)
        last = self.env["account.move"].search([], order="id desc", limit=1).id or 0
        self.env["mail.thread"].message_process(False, message.as_string())
        return self.env["account.move"].search([("id", ">", last), ("journal_id", "=", self.journal.id)], order="id")

    def _assert_is_bill_of(self, bill, name):
        """The bill says what the document says, and is still a draft."""
        self.assertEqual(len(bill), 1)
        self.assertEqual((bill.state, bill.move_type), ("draft", DOCUMENTS[name][1]))
        self.assertTrue(bill.partner_id)
        self.assertTrue(bill.invoice_date)
        total = float(etree.fromstring(self._read(name)).xpath(TOTAL)[0].text)
        self.assertAlmostEqual(bill.amount_total, abs(total), 2)
        self.assertFalse(bill.validation_state)

    def _validate_and_post(self, bill):
        """Submit, have two people approve, and post as a third: nothing shorter posts it."""
        self.assertRefused(UserError, "validated", bill.with_user(self.finance).action_post)
        bill.with_user(self.contributor).action_submit()
        for user in (self.manager, self.controller):
            self.assertRefused(UserError, "validated", bill.with_user(self.finance).action_post)
            bill.with_user(user).action_approve()
        bill.with_user(self.finance).action_post()
        self.assertEqual(bill.state, "posted")
        request = bill.validation_request_id
        self.assertEqual(request.state, "approved")
        self.assertEqual(request.step_ids.voter_ids, self.manager | self.controller)
        self.assertTrue(request.event_ids._is_chain_intact())

    def test_uploaded_by_a_contributor(self):
        """A person without any accounting right uploads each document, and it belongs to their department."""
        for name in DOCUMENTS:
            with self.subTest(document=name):
                bill = self._upload(name, self.contributor)
                self._assert_is_bill_of(bill, name)
                self.assertEqual(bill.department_id, self.marketing)
                self.assertEqual(bill.attachment_ids.mapped("name"), [name])
                self._validate_and_post(bill)

    def test_received_by_alias(self):
        """Each document sent to the journal's alias belongs to the journal's department."""
        self.journal.department_id = self.marketing
        for name in DOCUMENTS:
            with self.subTest(document=name):
                bill = self._receive(name)
                self._assert_is_bill_of(bill, name)
                self.assertEqual(bill.department_id, self.marketing)
                self._validate_and_post(bill)

    def test_received_together(self):
        """One e-mail with two documents makes two bills."""
        bills = self._receive("bis3_allowance.xml", "bis3_tax_exempt_gbp.xml")
        self.assertEqual(len(bills), 2)
        self.assertEqual(len(bills.partner_id), 2)

    def test_belongs_to_the_vendors_department(self):
        """Without a department on the journal, the vendor's decides; without either, finance has to assign it."""
        first = self._receive("bis3_allowance.xml")
        self.assertFalse(first.department_id)
        first.partner_id.with_company(self.company).department_id = self.logistics
        self.assertEqual(self._receive("bis3_credit_note.xml").department_id, self.logistics)

    def test_uploaded_by_finance(self):
        """What finance uploads is received: it goes to the journal's department."""
        self.journal.department_id = self.marketing
        bill = self._upload("bis3_allowance.xml", self.finance)
        self._assert_is_bill_of(bill, "bis3_allowance.xml")
        self.assertEqual(bill.department_id, self.marketing)

    def test_upload_is_not_posted_by_itself(self):
        """A vendor whose bills are posted at once natively does not get around the policy, and the upload succeeds."""
        self.journal.department_id = self.marketing
        vendor = self._upload("bis3_allowance.xml", self.finance).partner_id
        vendor.autopost_bills = "always"
        bill = self._upload("bis3_allowance.xml", self.finance)
        self.assertEqual((bill.partner_id, bill.state), (vendor, "draft"))

    def test_upload_needs_a_role_that_edits(self):
        for user in (self.reader, self.validator, self.auditor):
            with self.subTest(user=user.login):
                self.assertRefused(AccessError, "", self._upload, "bis3_allowance.xml", user)

    def test_a_file_attached_by_an_approver_changes_nothing(self):
        """Only those who may edit the draft have a document read into it."""
        bill = self.env["account.move"].create(
            {"move_type": "in_invoice", "partner_id": self.partner_a.id, "department_id": self.marketing.id},
        )
        attachment = self.env["ir.attachment"].create({"name": "a.xml", "raw": self._read("bis3_allowance.xml")})
        files = bill._to_files_data(attachment)
        bill.with_user(self.validator)._extend_with_attachments(files)
        self.assertFalse(bill.invoice_line_ids)
        bill.with_user(self.contributor)._extend_with_attachments(files)
        self.assertTrue(bill.invoice_line_ids)
