import logging
import os
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import config

from ..hooks import uninstall_hook
from ..models import ir_attachment_encryption
from .encryption_common import EncryptionCase


@tagged("post_install", "-at_install")
class TestEncryptionChanges(EncryptionCase):
    """Departments, keys and files change: documents follow, and nothing is lost."""

    # Invoices and departments

    def test_invoice_changes_department(self):
        """Its documents follow before the transaction ends, in both directions."""
        attachment = self._attach(self.open_bill)
        self.open_bill.department_id = self.marketing
        self._end_transaction()
        self.assertEqual(attachment.encryption_key, "2026")
        self.assertReadable(attachment)
        self._run_job()
        self.assertHidden()
        self.open_bill.department_id = self.logistics
        self._end_transaction()
        self.assertFalse(attachment.encryption_key)
        self.assertEqual(attachment.checksum, self.Attachment._compute_checksum(self.content))
        self.assertIn(self.text, attachment.index_content)
        self.assertReadable(attachment)

    def test_department_computed_for_a_received_document(self):
        """The vendor of a document is known after the file was attached; the department follows from it."""
        bill = self.env["account.move"].sudo().create({"move_type": "in_invoice"})
        self.assertFalse(bill.department_id)
        attachment = self._attach(bill)
        self.assertFalse(attachment.encryption_key)
        vendor = self.env["res.partner"].create({"name": "Confidential vendor"})
        vendor.with_company(self.company).department_id = self.marketing
        bill.partner_id = vendor
        self._end_transaction()
        self.assertEqual(bill.department_id, self.marketing)
        self.assertEqual(attachment.encryption_key, "2026")
        self.assertReadable(attachment)

    def test_many_documents_are_left_to_the_job(self):
        with patch.object(ir_attachment_encryption, "BATCH", 2):
            attachments = self.Attachment.union(*(self._attach(self.open_bill) for _number in range(3)))
            self.open_bill.department_id = self.marketing
            self._end_transaction()
            self.assertEqual(attachments.mapped("encryption_key"), [False] * 3)
            progress = self._run_job()
        self.assertEqual(attachments.mapped("encryption_key"), ["2026"] * 3)
        self.assertHidden()
        # What is left is announced first; then each step says what it did.
        self.assertEqual([call.kwargs or call.args for call in progress.call_args_list], [{"remaining": 3}, (2,), (1,)])

    def test_job_stops_when_its_time_is_over_and_goes_on_later(self):
        attachments = self.Attachment.union(*(self._attach(self.open_bill) for _number in range(3)))
        self.logistics.is_confidential = True
        IrCron = self.env.registry["ir.cron"]
        with (
            patch.object(ir_attachment_encryption, "BATCH", 2),
            patch.object(IrCron, "_commit_progress", side_effect=[60.0, 0.0]),
        ):
            self.Attachment._cron_encrypt_documents()
        self.assertEqual(sorted(attachments.mapped("encryption_key"), key=bool), [False, "2026", "2026"])
        self._run_job()
        self.assertHidden()

    def test_department_becomes_confidential_and_open_again(self):
        """The job does it, in the departments below too; reading works all the time."""
        below = self._create_department("Transport", self.logistics)
        attachments = self._attach(self.open_bill) | self._attach(self._create_move(department=below))
        triggers = self.env["ir.cron.trigger"].sudo()
        cron = self.env.ref("facturation_collab.ir_cron_encrypt_documents")
        self.logistics.is_confidential = True
        self.assertTrue(triggers.search([("cron_id", "=", cron.id)]))
        for attachment in attachments:
            self.assertReadable(attachment)
        self._run_job()
        self.assertEqual(attachments.mapped("encryption_key"), ["2026", "2026"])
        self.assertHidden()
        self.logistics.is_confidential = False
        for attachment in attachments:
            self.assertReadable(attachment)
        self._run_job()
        self.assertEqual(attachments.mapped("encryption_key"), [False, False])
        for attachment in attachments:
            self.assertReadable(attachment)

    def test_department_moves_below_a_confidential_one(self):
        attachment = self._attach(self.open_bill)
        self.logistics.parent_id = self.marketing
        self._run_job()
        self.assertEqual(attachment.encryption_key, "2026")
        self.assertHidden()

    def test_other_documents_are_left_alone(self):
        attachment = self._attach(self.open_bill)
        before = self._get_row(attachment)
        self._run_job()
        self.assertEqual(self._get_row(attachment), before)

    # Keys

    def test_rotation(self):
        """New documents take the new key at once, old ones by the job; then the old key can go."""
        old = self._attach(self.bill, name="old.txt")
        old_path = self._get_path(old)
        self._use_keys("2027", "2026")
        new = self._attach(self.bill, name="new.txt")
        self.assertEqual((old.encryption_key, new.encryption_key), ("2026", "2027"))
        self.assertReadable(old)
        self._run_job()
        self.assertEqual((old.encryption_key, new.encryption_key), ("2027", "2027"))
        self.assertFalse(os.path.exists(old_path))
        self._use_keys("2027")
        self.assertReadable(old)
        self.assertReadable(new)
        self.assertHidden()

    def test_rotation_that_fails_keeps_the_old_file(self):
        """A full disk in the middle: the document is as before, and the job does the others."""
        first, second = self._attach(self.bill), self._attach(self.bill)
        before = self._get_row(first)
        self._use_keys("2027", "2026")
        fsync = os.fsync
        failing = [OSError("No space left on device")]
        with patch("os.fsync", lambda number: fsync(number) if not failing else _raise(failing.pop())), self._quietly():
            self._run_job()
        self.assertEqual(self._get_row(first), before)
        self.assertReadable(first)
        self.assertEqual(second.encryption_key, "2027")
        self._run_job()
        self.assertEqual(first.encryption_key, "2027")
        self.assertReadable(first)

    def test_missing_key(self):
        attachment = self._attach(self.bill)
        self._use_keys("2027")
        self.assertUnreadable(
            "“2026”, which the server does not have.*nothing was changed or lost", attachment, UserError
        )
        with self._quietly():
            self._run_job()
        self._use_keys("2027", "2026")
        self.assertReadable(attachment)

    def test_wrong_key(self):
        attachment = self._attach(self.bill)
        self._use_keys(**{"2026": "another"})
        self.assertUnreadable("another key than the one that the server calls “2026”", attachment, UserError)
        self._use_keys("2026")
        self.assertReadable(attachment)

    def test_keys_that_cannot_be_read(self):
        """Nothing is stored plain because of a typing error."""
        attachment = self._attach(self.bill)
        for text in ("2026", "2026=short", "2026=@@@@", "=AAAA", "a b=c"):
            with self.subTest(text=text), patch.dict(os.environ, {"FACTURATION_COLLAB_KEYS": text}):
                self.assertUnreadable("keys cannot be read", attachment, UserError)
                with self._quietly():
                    self.assertRefused(UserError, "keys cannot be read", self._attach, self.bill)

    def test_lost_keys_never_lead_to_plain_text(self):
        """Without any key left, what must be encrypted is refused rather than stored plain beside the rest."""
        attachment = self._attach(self.bill)
        self._use_keys()
        self.assertRefused(UserError, "lost its keys", self._attach, self.bill)
        self.assertReadable(self._attach(self.open_bill, raw=b"open"), b"open")
        self._run_job()
        self._use_keys("2026")
        self.assertReadable(attachment)
        self.assertHidden()

    def test_without_a_key_from_the_beginning(self):
        """Confidential departments work by access rights alone, and the administrator is told."""
        self._use_keys()
        attachment = self._attach(self.bill)
        self.assertFalse(attachment.encryption_key)
        self.assertReadable(attachment)
        self._run_job()
        self.assertFalse(attachment.encryption_key)
        self.assertTrue(self.marketing.is_encryption_missing)
        self.assertTrue(self.events.is_encryption_missing)
        self.assertFalse(self.logistics.is_encryption_missing)
        self.assertIn("no key", self._open_screen().problem)
        self._use_keys("2026")
        self.env.invalidate_all()
        self.assertFalse(self.marketing.is_encryption_missing)
        self._run_job()
        self.assertEqual(attachment.encryption_key, "2026")
        self.assertHidden()

    def test_key_in_the_configuration_file(self):
        text = os.environ["FACTURATION_COLLAB_KEYS"]
        self._use_keys()
        with patch.dict(config._runtime_options, {"facturation_collab_keys": text}):
            attachment = self._attach(self.bill)
            self.assertReadable(attachment)
        self.assertEqual(attachment.encryption_key, "2026")

    def test_keys_are_never_in_the_database_or_in_the_log(self):
        text = os.environ["FACTURATION_COLLAB_KEYS"].partition("=")[2]
        with self.assertLogs(level=logging.DEBUG) as logs:
            attachment = self._attach(self.bill)
            self._set_blob(attachment, self._get_blob(attachment)[:-1] + b"?")
            self.assertRefused(UserError, "altered", lambda: attachment.raw)
        self.assertNotIn(text, "\n".join(logs.output))
        self.assertNotIn(text, self._dump_attachments())
        self.env.cr.execute("SELECT COUNT(*) FROM ir_config_parameter WHERE POSITION(%s IN value) > 0", [text])
        self.assertEqual(self.env.cr.fetchone(), (0,))

    # Files

    def test_altered_file(self):
        """One changed bit anywhere, or a shorter file, is noticed."""
        attachment = self._attach(self.bill)
        blob = self._get_blob(attachment)
        for position in (0, 5, 6, 12, 25, -len(self.content) - 16, -1):
            changed = bytearray(blob)
            changed[position] ^= 1
            self._set_blob(attachment, bytes(changed))
            with self.subTest(position=position):
                self.assertUnreadable("nothing was changed|altered, cut off or exchanged", attachment, UserError)
        for size in (0, 3, 20, len(blob) - 1):
            self._set_blob(attachment, blob[:size])
            with self.subTest(size=size):
                self.assertUnreadable("altered, cut off or exchanged", attachment, UserError)
        self._set_blob(attachment, blob)
        self.assertReadable(attachment)

    def test_swapped_files(self):
        """An encrypted file in the place of another one is noticed, though the key opens it."""
        first, second = self._attach(self.bill), self._attach(self.bill, raw=b"second")
        self._set_blob(first, self._get_blob(second))
        self.assertUnreadable("altered, cut off or exchanged", first, UserError)

    def test_plain_text_in_the_place_of_an_encrypted_file(self):
        attachment = self._attach(self.bill)
        self._set_blob(attachment, b"planted")
        self.assertUnreadable("altered, cut off or exchanged", attachment, UserError)

    def test_lost_file_is_never_replaced_by_an_empty_one(self):
        """A file that the disk has lost reads as empty, as in Odoo; the job does not take that for its content."""
        attachment = self._attach(self.open_bill)
        path = self._get_path(attachment)
        os.rename(path, f"{path}.away")
        self.logistics.is_confidential = True
        with self.assertLogs("odoo.addons.facturation_collab.models.ir_attachment_encryption", "ERROR") as logs:
            self._run_job()
        self.assertIn("missing or incomplete", logs.output[0])
        self.assertFalse(attachment.encryption_key)
        os.rename(f"{path}.away", path)
        self._run_job()
        self.assertEqual(attachment.encryption_key, "2026")
        self.assertReadable(attachment)

    # Uninstalling

    def test_uninstalling_stores_everything_plain(self):
        attachment = self._attach(self.bill)
        uninstall_hook(self.env)
        self.assertFalse(attachment.encryption_key)
        self.assertReadable(attachment)
        self.assertEqual(attachment.checksum, self.Attachment._compute_checksum(self.content))

    def test_uninstalling_without_the_key_is_refused(self):
        attachment = self._attach(self.bill)
        self._use_keys()
        with self._quietly():
            self.assertRefused(UserError, "“2026”", uninstall_hook, self.env)
        self._use_keys("2026")
        self.assertReadable(attachment)

    # The screen

    def _open_screen(self):
        """What the administrator sees on the screen."""
        return Form(self.env["account.document.encryption"].with_user(self.administrator)).save()

    def test_screen(self):
        self._attach(self.bill)
        plain = self._attach(self.open_bill)
        self.logistics.is_confidential = True
        screen = self._open_screen()
        self.assertEqual(screen.display_name, "Encryption of documents")
        values = {"current_key": "2026", "problem": "", "plain_count": 1, "unsettled_count": 1}
        self.assertRecordValues(screen, [values])
        self.assertRecordValues(screen.line_ids, [{"key": "2026", "document_count": 1, "state": "current"}])
        self._use_keys("2027", "2026")
        plain.unlink()
        screen = self._open_screen()
        self.assertRecordValues(screen, [{"current_key": "2027", "plain_count": 0, "unsettled_count": 1}])
        self.assertEqual(screen.line_ids.state, "older")
        self.assertEqual(screen.action_run()["params"]["type"], "success")
        self._run_job()
        self.assertEqual(self._open_screen().unsettled_count, 0)

    def test_screen_names_keys_that_do_not_work(self):
        self._attach(self.bill)
        self._use_keys("2027")
        self.assertEqual(self._open_screen().line_ids.state, "missing")
        self._use_keys(**{"2026": "another"})
        with self._quietly():
            self.assertEqual(self._open_screen().line_ids.state, "wrong")
        with patch.dict(os.environ, {"FACTURATION_COLLAB_KEYS": "nonsense"}), self._quietly():
            self.assertIn("cannot be read", self._open_screen().problem)

    def test_screen_is_for_administrators(self):
        for user in (self.manager, self.finance, self.auditor):
            screens = self.env["account.document.encryption"].with_user(user)
            lines = self.env["account.document.encryption.line"].with_user(user)
            for call in (
                lambda screens=screens: screens.create({}),
                lambda screens=screens: screens.default_get(["line_ids"]),
                lambda screens=screens: screens.action_run(),
                lambda lines=lines: lines.create({}),
                lambda lines=lines: lines.search([]),
            ):
                self.assertRefused(AccessError, "", call)

    def test_only_administrators_make_a_department_confidential(self):
        for user in (self.manager, self.finance, self.auditor):
            self.assertRefused(AccessError, "", self.logistics.with_user(user).write, {"is_confidential": True})
        self.logistics.with_user(self.administrator).is_confidential = True
        self.assertIn(self.logistics.id, self.env["hr.department"]._get_confidential_ids())


def _raise(error):
    raise error
