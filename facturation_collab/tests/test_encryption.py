import base64
import doctest
import io
import zipfile
from email.message import EmailMessage

from PIL import Image

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools.pdf import OdooPdfFileReader, merge_pdf

from .. import encryption
from .encryption_common import EncryptionCase


@tagged("post_install", "-at_install")
class TestEncryption(EncryptionCase):
    """Documents of confidential departments lie nowhere as plain text, and everything goes on working with them."""

    def test_examples_of_the_documentation_hold(self):
        result = doctest.testmod(encryption)
        self.assertGreater(result.attempted, 10)
        self.assertEqual(result.failed, 0)

    def test_plain_text_is_found_where_nothing_is_confidential(self):
        """The search of these tests finds what is there to be found: in a file, and in the text for searching."""
        attachment = self._attach(self.open_bill)
        self.assertEqual(len(self._get_files_with(self.text)), 1)
        self.assertIn(self.text, self._dump_attachments())
        self.assertEqual(attachment.checksum, self.Attachment._compute_checksum(self.content))
        self.assertFalse(attachment.encryption_key)

    def test_file_of_a_confidential_invoice(self):
        attachment = self._attach(self.bill, self.contributor)
        self.assertHidden()
        self.assertReadable(attachment, user=self.manager)
        self.assertEqual(attachment.sudo().encryption_key, "2026")
        self.assertFalse(attachment.index_content)
        self.assertEqual(self._get_blob(attachment)[:5], b"FCENC")

    def test_department_below_a_confidential_one(self):
        attachment = self._attach(self._create_move(department=self.events))
        self.assertHidden()
        self.assertReadable(attachment)

    def test_who_may_not_see_the_invoice_reads_nothing(self):
        attachment = self._attach(self.bill)
        with self.assertRaises(AccessError):
            attachment.with_user(self.outsider).read(["raw"])

    def test_kept_in_the_database(self):
        """The same where Odoo is told to keep files in the database, and when they move from there to files."""
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("ir_attachment.location", "db")
        attachment = self._attach(self.bill)
        plain = self._attach(self.open_bill, raw=b"open")
        self.assertFalse(attachment.store_fname)
        self.assertHidden()
        self.assertReadable(attachment)
        self.assertEqual(self._read_again(plain), b"open")
        parameters.set_param("ir_attachment.location", "file")
        attachment._migrate()
        self.assertTrue(attachment.store_fname)
        self.assertHidden()
        self.assertReadable(attachment)

    def test_written_straight_into_the_database(self):
        created = self.Attachment.create(
            {"name": "a", "res_model": "account.move", "res_id": self.bill.id, "db_datas": self.content}
        )
        self.assertReadable(created)
        created.write({"db_datas": self.content + b"2"})
        self.assertHidden()
        self.assertReadable(created, self.content + b"2")

    def test_content_written_anew(self):
        attachment = self._attach(self.bill, raw=b"first")
        old = attachment.store_fname
        attachment.write({"datas": base64.b64encode(self.content)})
        self.assertNotEqual(attachment.store_fname, old)
        self.assertHidden()
        self.assertReadable(attachment)

    def test_ids_as_text_and_as_defaults(self):
        """However a program or a screen says which invoice it is."""
        defaults = {"default_res_model": "account.move", "default_res_id": self.bill.id}
        attachments = self._attach(self.bill, res_id=str(self.bill.id))
        attachments |= self.Attachment.with_context(**defaults).create({"name": "a", "raw": self.content})
        self.assertEqual(attachments.mapped("encryption_key"), ["2026", "2026"])
        self.assertEqual(attachments.mapped("res_id"), [self.bill.id] * 2)
        self.assertHidden()

    def test_several_created_together_keep_their_order(self):
        records = [self.open_bill, self.bill, self.open_bill, self.bill]
        vals_list = [
            {"name": str(index), "raw": f"{index}".encode(), "res_model": move._name, "res_id": move.id}
            for index, move in enumerate(records)
        ]
        attachments = self.Attachment.create(vals_list)
        self.assertEqual(attachments.mapped("name"), ["0", "1", "2", "3"])
        self.env.invalidate_all()
        self.assertEqual(attachments.mapped("raw"), [b"0", b"1", b"2", b"3"])
        self.assertEqual(attachments.mapped("encryption_key"), [False, "2026", False, "2026"])

    def test_created_with_the_invoice(self):
        command = Command.create({"name": "a.txt", "raw": self.content, "res_model": "account.move"})
        bill = self._create_bill(attachment_ids=[command]).sudo()
        self.assertEqual(bill.attachment_ids.encryption_key, "2026")
        self.assertHidden()
        self.assertReadable(bill.attachment_ids)

    def test_documents_around_the_invoice(self):
        """Of its lines, messages, validation and questions; not of the partner or of another invoice."""
        request = self._submit(self.bill)
        kind = self.env["account.invoice.question.kind"].search([], limit=1)
        self.bill.with_user(self.manager).action_ask(kind.id, "Is it right?", user_id=self.contributor.id)
        question = self.bill.question_ids
        message = self.bill.message_post(body="Here it is")
        steps, events = request.step_ids[:1], request.event_ids[:1]
        for record in (self.bill.invoice_line_ids, request, steps, events, message, question):
            self.assertEqual(self._attach(record).encryption_key, "2026", record)
        self.assertHidden()
        for record in (self.bill.partner_id, self.open_bill, self.open_bill.message_post(body="Open")):
            self.assertFalse(self._attach(record).encryption_key, record)

    def test_generated_documents(self):
        """The PDF that Odoo makes of the invoice is a field kept as an attachment."""
        invoice = self._create_move(department=self.marketing, move_type="out_invoice")
        invoice.invoice_line_ids.name = self.text
        self.policy.mode = "off"
        invoice.action_post()
        invoice._generate_and_send(sending_methods=[])
        self.assertTrue(invoice.invoice_pdf_report_id)
        self.assertEqual(invoice.invoice_pdf_report_id.encryption_key, "2026")
        self.env.invalidate_all()
        self.assertIn(self.text.encode(), base64.b64decode(invoice.invoice_pdf_report_file))
        self.assertHidden()

    def test_pdfs_are_merged_and_zipped(self):
        pdfs = [self._make_pdf(), self._make_pdf()]
        attachments = self.Attachment.union(*(self._attach(self.bill, raw=pdf, name=f"{len(pdf)}.pdf") for pdf in pdfs))
        self.assertHidden()
        self.env.invalidate_all()
        merged = merge_pdf(attachments.mapped("raw"))
        self.assertEqual(OdooPdfFileReader(io.BytesIO(merged)).getNumPages(), 2)
        streams = [io.BytesIO(attachment.raw) for attachment in attachments]
        with self.env["ir.actions.report"]._merge_pdfs(streams) as stream:
            self.assertIn(self.text.encode(), stream.getvalue())
        with zipfile.ZipFile(io.BytesIO(attachments._build_zip_from_attachments())) as archive:
            self.assertIn(self.text.encode(), archive.read(archive.namelist()[0]))

    def test_thumbnails(self):
        attachment = self._attach(self.bill)
        image = io.BytesIO()
        Image.new("RGB", (40, 40), "red").save(image, "PNG")
        attachment.thumbnail = base64.b64encode(image.getvalue())
        self.env.flush_all()
        domain = [("res_model", "=", "ir.attachment"), ("res_id", "=", attachment.id), ("res_field", "=", "thumbnail")]
        thumbnail = self.Attachment.search(domain)
        self.assertEqual(thumbnail.encryption_key, "2026")
        self.env.invalidate_all()
        self.assertEqual(Image.open(io.BytesIO(base64.b64decode(attachment.thumbnail))).size, (40, 40))

    def test_sent_by_mail(self):
        """The recipient gets the document itself."""
        attachment = self._attach(self.bill)
        vals = {"model": "account.move", "res_id": self.bill.id, "email_to": "a@b.example", "subject": "Bill"}
        mail = self.env["mail.mail"].sudo().create({**vals, "attachment_ids": attachment.ids})
        self.env.invalidate_all()
        (outgoing,) = mail._prepare_outgoing_list()
        self.assertEqual([part[1] for part in outgoing["attachments"]], [self.content])
        self.assertHidden()

    def test_pending_upload_is_encrypted_when_it_is_sent(self):
        """Until then it belongs to no invoice; the plain copy goes when the files are collected."""
        attachment = self._attach(None, self.contributor)
        self.assertEqual(len(self._get_files_with(self.text)), 1)
        self.bill.with_user(self.contributor).message_post(body="Here", attachment_ids=attachment.ids)
        self.assertEqual(attachment.sudo().res_id, self.bill.id)
        self.assertEqual(attachment.sudo().encryption_key, "2026")
        self.assertReadable(attachment, user=self.contributor)
        cron = self.env.ref("facturation_collab.ir_cron_encrypt_documents")
        self.assertTrue(self.env["ir.cron.trigger"].sudo().search([("cron_id", "=", cron.id)]))
        self._run_job()
        self.assertHidden()
        self.assertReadable(attachment)

    def test_uploaded_document_becomes_a_bill(self):
        """Uploaded by the button of the list: attached to nothing first, then to the bill that was made of it."""
        attachment = self._attach(None, self.contributor, res_model=False, name="bill.txt")
        env = self.env(user=self.contributor, su=False, context={"allowed_company_ids": self.company.ids})
        journal = env["account.journal"].browse(self.company_data["default_journal_purchase"].id)
        action = journal.with_context(default_move_type="in_invoice").create_document_from_attachment(attachment.ids)
        bill = self.env["account.move"].sudo().browse(action["res_id"])
        self.assertEqual((bill.department_id, bill.attachment_ids.encryption_key), (self.marketing, "2026"))
        self._run_job()
        self.assertHidden()
        self.assertReadable(bill.attachment_ids, user=self.contributor)

    def test_received_by_mail(self):
        """A reply to the invoice, as the mail server hands it to Odoo."""
        message = EmailMessage()
        message["From"] = self.contributor.email_formatted
        message["To"] = "bills@collab.example"
        message["Subject"] = "Re: the bill"
        message["Message-Id"] = f"<{self.text[:12]}@vendor.example>"
        message.set_content("Attached.")
        message.add_attachment(self.content, maintype="text", subtype="plain", filename="received.txt")
        self.env["mail.thread"].message_process("account.move", message.as_string(), thread_id=self.bill.id)
        attachment = self.bill.message_ids.attachment_ids.filtered(lambda file: file.name == "received.txt")
        self.assertEqual(attachment.encryption_key, "2026")
        self.assertHidden()
        self.assertReadable(attachment)

    def test_copies(self):
        """A copy is encrypted when its own invoice asks for it; the copied invoice takes no file with it, as ever."""
        attachment = self._attach(self.bill)
        copy = attachment.copy()
        self.assertNotEqual(copy.store_fname, attachment.store_fname)
        self.assertHidden()
        self.assertReadable(copy)
        self.assertFalse(self.bill.copy().attachment_ids)
        outside = attachment.copy({"res_id": self.open_bill.id})
        self.assertFalse(outside.encryption_key)
        self.assertReadable(outside)

    def test_same_content_twice(self):
        """Two documents with one content share no file with each other, nor with a plain one."""
        plain = self._attach(self.open_bill)
        first, second = self._attach(self.bill), self._attach(self.bill)
        names = {plain.store_fname, first.store_fname, second.store_fname}
        self.assertEqual(len(names), 3)
        self.assertEqual(len({plain.checksum, first.checksum, second.checksum}), 3)
        plain.unlink()
        first.unlink()
        self.Attachment._gc_file_store_unsafe()
        self.assertHidden()
        self.assertReadable(second)

    def test_files_are_collected_when_their_documents_are_deleted(self):
        attachment = self._attach(self.bill)
        path = self._get_path(attachment)
        self.Attachment._gc_file_store_unsafe()
        self.assertReadable(attachment)
        attachment.unlink()
        self.Attachment._gc_file_store_unsafe()
        with self.assertRaises(FileNotFoundError):
            open(path, "rb")

    def test_empty_file(self):
        attachment = self._attach(self.bill, raw=b"")
        self.assertFalse(attachment.raw)
        attachment.raw = self.content
        attachment.raw = b""
        self.assertFalse(self._read_again(attachment))

    def test_nobody_says_that_a_document_is_encrypted(self):
        """Neither values nor a context change what the addon notes, or how a document is stored."""
        vals = {"name": "a", "raw": self.content, "encryption_key": "2026"}
        keys = {"facturation_collab_sealed": True, "default_encryption_key": "2026"}
        attachment = self.env["ir.attachment"].with_user(self.contributor).with_context(**keys).create(vals)
        attachment.write({"encryption_key": "2026"})
        self.assertFalse(attachment.encryption_key)
        self.assertEqual(len(self._get_files_with(self.text)), 1)

    def test_other_attachments_cost_nothing(self):
        """No query more than natively, whether a department is confidential or not."""
        partner = self.bill.partner_id
        self.env["hr.department"]._get_confidential_ids()
        vals = {
            "name": "a",
            "raw": self.content,
            "res_model": "res.partner",
            "res_id": partner.id,
            "mimetype": "text/x",
        }
        for confidential in (True, False):
            self.marketing.is_confidential = confidential
            self.env["hr.department"]._get_confidential_ids()
            self.Attachment.create(dict(vals)).raw = b"warm"
            self.env.flush_all()
            with self.subTest(confidential=confidential):
                with self.assertQueryCount(1):
                    attachment = self.Attachment.create(dict(vals))
                    self.env.flush_all()
                self.env.invalidate_all()
                with self.assertQueryCount(1):
                    self.assertEqual(attachment.raw, self.content)
                with self.assertQueryCount(1):
                    attachment.raw = b"other"
                    self.env.flush_all()
                with self.assertQueryCount(1):
                    attachment.write({"res_model": "res.users", "res_id": self.manager.id})
                    self.env.flush_all()
