import base64
import hashlib
import io
import os
import uuid
from unittest.mock import patch

from reportlab.pdfgen.canvas import Canvas

from odoo.tools import mute_logger

from .validation_common import ValidationCase

LOGGER = "odoo.addons.facturation_collab.models.ir_attachment"


class EncryptionCase(ValidationCase):
    """Marketing is confidential and the server has a key; Logistics is open.

    Every test has its own secret text, and looks for it in every file of the database and in a dump of all attachments.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marketing.is_confidential = True
        cls.bill = cls._create_bill().sudo()
        cls.open_bill = cls._create_move(department=cls.logistics)

    def setUp(self):
        super().setUp()
        self.Attachment = self.env["ir.attachment"].sudo()
        self.text = f"secret{uuid.uuid4().hex}"
        self.content = f"{self.text} text".encode()
        self._use_keys("2026")

    def _use_keys(self, *names, **others):
        """The server has these keys from now on; `others` are given as {name: name of the key that it really is}."""
        keys = {name: name for name in names} | others
        text = ", ".join(f"{name}={_get_key(source)}" for name, source in keys.items())
        patcher = patch.dict(os.environ, {"FACTURATION_COLLAB_KEYS": text})
        patcher.start()
        self.addCleanup(patcher.stop)

    def _attach(self, record=None, user=None, **vals):
        """Attach a file with the secret text to a record, or to none yet."""
        vals = {
            "name": "secret.txt",
            "raw": self.content,
            "res_model": record._name if record else "mail.compose.message",
            "res_id": record.id if record else 0,
            **vals,
        }
        attachments = self.env["ir.attachment"]
        return (attachments.with_user(user) if user else attachments.sudo()).create(vals)

    def _make_pdf(self):
        """A PDF that shows the secret text, not compressed."""
        buffer = io.BytesIO()
        canvas = Canvas(buffer, pageCompression=0)
        canvas.drawString(100, 700, self.text)
        canvas.save()
        return buffer.getvalue()

    def _run_job(self):
        """Run the scheduled job as it would run, but for its commits, which a test cannot make."""
        IrCron = self.env.registry["ir.cron"]
        Attachment = self.env.registry["ir.attachment"]
        with (
            patch.object(IrCron, "_commit_progress", return_value=60.0) as progress,
            patch.object(Attachment, "_gc_file_store", Attachment._gc_file_store_unsafe),
        ):
            self.Attachment._cron_encrypt_documents()
        self.env.invalidate_all()
        return progress

    def _end_transaction(self):
        """Do what the end of the transaction does before it is committed."""
        self.env.cr.flush()
        self.env.invalidate_all()

    def _read_again(self, attachment):
        """Content of an attachment as a new request reads it."""
        self.env.flush_all()
        self.env.invalidate_all()
        return attachment.raw

    def _get_files_with(self, text):
        """Files of this database that contain the text."""
        found = []
        for folder, _folders, names in os.walk(self.Attachment._filestore()):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    if text.encode() in file.read():
                        found.append(name)
        return found

    def _dump_attachments(self):
        """The table of attachments as a backup of the database holds it."""
        self.env.flush_all()
        dump = io.StringIO()
        self.env.cr.copy_expert("COPY (SELECT * FROM ir_attachment) TO STDOUT", dump)
        return dump.getvalue()

    def assertHidden(self, text=None):
        """No file and no row holds the text, nor its hexadecimal or base64 form."""
        text = text or self.text
        dump = self._dump_attachments()
        self.assertNotIn(text, dump)
        self.assertNotIn(text.encode().hex(), dump)
        self.assertEqual(self._get_files_with(text), [])

    def assertReadable(self, attachment, content=None, user=None):
        """The document is read in full, in each way that Odoo has, by the user."""
        content = self.content if content is None else content
        self.env.flush_all()
        self.env.invalidate_all()
        attachment = attachment.with_user(user) if user else attachment
        self.assertEqual(attachment.raw, content)
        self.assertEqual(base64.b64decode(attachment.datas), content)
        self.assertEqual(attachment.file_size, len(content))

    def assertUnreadable(self, pattern, attachment, error):
        """Reading fails with this sentence, one line in the server's log, and nothing changed."""
        before = self._get_row(attachment), self._get_blob(attachment)
        self.env.invalidate_all()
        with self.assertLogs(LOGGER, "ERROR") as logs:
            self.assertRefused(error, pattern, lambda: attachment.raw)
        self.assertEqual(len(logs.output), 1)
        self.assertNotIn(self.text, logs.output[0])
        self.assertEqual((self._get_row(attachment), self._get_blob(attachment)), before)

    def _get_row(self, attachment):
        self.env.flush_all()
        query = (
            "SELECT store_fname, checksum, encryption_key, file_size, index_content FROM ir_attachment WHERE id = %s"
        )
        self.env.cr.execute(query, [attachment.id])
        return self.env.cr.fetchone()

    def _get_path(self, attachment):
        return self.Attachment._full_path(attachment.sudo().store_fname)

    def _get_blob(self, attachment):
        with open(self._get_path(attachment), "rb") as file:
            return file.read()

    def _set_blob(self, attachment, blob):
        with open(self._get_path(attachment), "wb") as file:
            file.write(blob)
        self.env.invalidate_all()

    @staticmethod
    def _quietly():
        """Do not show the errors that a test provokes on purpose."""
        return mute_logger(LOGGER, "odoo.addons.facturation_collab.models.ir_attachment_encryption")


def _get_key(name):
    return base64.b64encode(hashlib.sha256(name.encode()).digest()).decode()
