import io
import zipfile

from PIL import Image

from odoo.http import Request
from odoo.tests import HttpCase, tagged

from .encryption_common import LOGGER, EncryptionCase


@tagged("post_install", "-at_install")
class TestEncryptionWeb(EncryptionCase, HttpCase):
    """Encrypted documents through the browser: the server decrypts, and serves them as any other."""

    def setUp(self):
        super().setUp()
        self.pdf = self._make_pdf()
        self.attachment = self._attach(self.bill, raw=self.pdf, name="bill.pdf", mimetype="application/pdf")
        self.url = f"/web/content/{self.attachment.id}"
        self.authenticate(self.manager.login, self.manager.login)

    def test_download(self):
        response = self.url_open(f"{self.url}?download=true")
        self.assertEqual((response.status_code, response.content), (200, self.pdf))
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        self.assertIn("bill.pdf", response.headers["Content-Disposition"])
        self.assertIn("private", response.headers["Cache-Control"])
        self.assertHidden()

    def test_preview(self):
        """What the viewer beside the invoice loads."""
        response = self.url_open(f"/web/content/ir.attachment/{self.attachment.id}/raw/bill.pdf")
        self.assertEqual(response.content, self.pdf)

    def test_part_of_a_file(self):
        response = self.url_open(self.url, headers={"Range": "bytes=10-19"})
        self.assertEqual((response.status_code, response.content), (206, self.pdf[10:20]))
        self.assertEqual(response.headers["Content-Range"], f"bytes 10-19/{len(self.pdf)}")

    def test_not_modified(self):
        etag = self.url_open(self.url).headers["ETag"]
        self.assertEqual(self.url_open(self.url, headers={"If-None-Match": etag}).status_code, 304)
        self.attachment.raw = self.pdf + b"\n%more"
        self.env.flush_all()
        response = self.url_open(self.url, headers={"If-None-Match": etag})
        self.assertEqual((response.status_code, response.content), (200, self.pdf + b"\n%more"))

    def test_field_of_the_invoice(self):
        self.bill.invoice_pdf_report_file = self.attachment.datas
        self.env.flush_all()
        response = self.url_open(f"/web/content/account.move/{self.bill.id}/invoice_pdf_report_file")
        self.assertEqual(response.content, self.pdf)
        self.assertHidden()

    def test_image(self):
        """A scanned bill, in full and made smaller for the screen."""
        image = io.BytesIO()
        Image.new("RGB", (64, 64), "red").save(image, "PNG")
        scan = self._attach(self.bill, raw=image.getvalue(), name="scan.png")
        for width in (0, 32):
            response = self.url_open(f"/web/image/{scan.id}?width={width}&height={width}")
            self.assertEqual(Image.open(io.BytesIO(response.content)).size, (width or 64,) * 2)
        self.assertEqual(scan.encryption_key, "2026")

    def test_several_in_one_archive(self):
        other = self._attach(self.bill, raw=self.content, name="other.txt")
        ids = f"{self.attachment.id},{other.id}"
        response = self.url_open(f"/account/download_invoice_attachments/{ids}")
        with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
            self.assertEqual(
                {name: archive.read(name) for name in archive.namelist()},
                {"bill.pdf": self.pdf, "other.txt": self.content},
            )

    def test_who_may_not_see_the_invoice(self):
        self.authenticate(self.outsider.login, self.outsider.login)
        response = self.url_open(self.url)
        self.assertEqual(response.status_code, 404)
        self.assertNotIn(self.text.encode(), response.content)

    def test_missing_key(self):
        """The page says what is missing; it is not “not found”."""
        self._use_keys("2027")
        with self.assertLogs(LOGGER, "ERROR"):
            response = self.url_open(self.url)
        self.assertEqual(response.status_code, 503)
        self.assertIn("“2026”, which the server does not have", response.text)
        self.assertNotIn(self.text, response.text)
        self._use_keys("2026")
        self.assertEqual(self.url_open(self.url).content, self.pdf)

    def test_upload(self):
        """A file dropped on the chatter of the invoice."""
        self.authenticate(self.contributor.login, self.contributor.login)
        data = {"thread_id": self.bill.id, "thread_model": "account.move", "csrf_token": Request.csrf_token(self)}
        files = {"ufile": ("dropped.txt", self.content, "text/plain")}
        response = self.url_open("/mail/attachment/upload", data=data, files=files)
        attachment = self.Attachment.search([("name", "=", "dropped.txt"), ("res_id", "=", self.bill.id)])
        self.assertEqual(response.status_code, 200)
        self.assertEqual(attachment.encryption_key, "2026")
        self.assertReadable(attachment)
        self.assertHidden()
