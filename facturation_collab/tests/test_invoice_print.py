"""The printed invoice: what is in its PDF, as text and as pictures."""

import base64
import hashlib
import io
import json
import re
import unittest
from pathlib import Path

from PIL import Image
from pypdf import PdfReader

from odoo import Command
from odoo.tests import tagged

from .template_common import TemplateCase
from .validation_common import day

EXPECTED = Path(__file__).parent / "invoice_print.json"
STYLE_SHEETS = re.compile("<link[^>]*stylesheet[^>]*>")
"""Fonts that come with them are printed as outlines, of which no text can be read again."""
REPORT = "account.report_invoice"
LAYOUTS = ("standard", "striped", "boxed", "bold", "folder", "wave", "bubble")


def make_logo(*colours):
    """A logo of upright stripes, as base64."""
    picture = Image.new("RGB", (40 * len(colours), 40))
    for position, colour in enumerate(colours):
        picture.paste(colour, (40 * position, 0, 40 * (position + 1), 40))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue())


class PrintCase(TemplateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.mode = "off"
        contact = {"name": "Emma of Marketing", "phone": "+1 555 0100", "email": "emma@example.com"}
        cls.contact = cls.env["res.partner"].sudo().create(contact)
        cls.company.sudo().write(
            {"name": "Example Company", "logo": make_logo("green"), "external_report_layout_id": False}
        )
        cls.marketing.sudo().write({"invoice_contact_id": cls.contact.id, "invoice_logo": make_logo("red", "blue")})
        cls.customer = cls.env["res.partner"].sudo().create({"name": "Customer", "city": "Ghent"})

    def _create_printed(self, department=None, **vals):
        """A posted customer invoice with its fixed date and number."""
        vals = {"move_type": "out_invoice", "partner_id": self.customer.id, "invoice_date": day("2026-01-15"), **vals}
        vals["invoice_payment_term_id"] = self.terms.id
        move = self._create_move(department=department or self.marketing, **vals)
        move.action_post()
        return move

    def _render(self, move, user=None):
        report = self.env["ir.actions.report"].with_user(user or self.finance)
        return report._render_qweb_html(REPORT, move.ids)[0].decode()


@tagged("post_install", "-at_install")
class TestInvoicePrint(PrintCase):
    def test_the_department_shows_its_contact_and_its_logo_in_every_layout(self):
        move = self._create_printed()
        for name in LAYOUTS:
            with self.subTest(name):
                self.company.sudo().external_report_layout_id = self.env.ref(f"web.external_layout_{name}")
                page = self._render(move)
                self.assertIn("Emma of Marketing", page)
                self.assertIn("emma@example.com", page)
                self.assertIn(self.marketing.sudo().invoice_logo.decode(), page)
                self.assertNotIn(self.company.sudo().logo.decode(), page)

    def test_nothing_changes_without_contact_logo_layout_and_mentions(self):
        move = self._create_printed(self.logistics)
        for name in LAYOUTS:
            with self.subTest(name):
                self.company.sudo().external_report_layout_id = self.env.ref(f"web.external_layout_{name}")
                page = self._render(move)
                self.assertNotIn("Your contact", page)
                self.assertIn(self.company.sudo().logo.decode(), page)
        views = self.env["ir.ui.view"].sudo().search([("key", "=like", "facturation_collab.%"), ("type", "=", "qweb")])
        ours = views.filtered(lambda view: view.inherit_id.key in (f"web.external_layout_{name}" for name in LAYOUTS))
        self.assertEqual(len(ours), len(LAYOUTS))
        with_ours = self._render(move)
        document = self.env.ref("facturation_collab.report_invoice_document")
        (ours | document | self.env.ref("facturation_collab.external_layout")).sudo().active = False
        self.assertEqual(_without_space(self._render(move)), _without_space(with_ours))

    def test_a_vendor_bill_shows_nothing_of_the_department(self):
        bill = self._create_bill()
        page = self._render(bill.sudo())
        self.assertNotIn("Your contact", page)
        self.assertNotIn(self.marketing.sudo().invoice_logo.decode(), page)

    def test_the_template_chooses_the_layout_and_the_mentions(self):
        layout = self.env.ref("web.report_layout_bold")
        template = self._create_template(
            "Letter",
            move_type="out_invoice",
            report_layout_id=layout.id,
            legal_mentions="<p>Late payment of {partner}: 40</p>",
            line_ids=[self._template_line("Work", price_unit=100.0)],
        )
        move = self._use(template).sudo()
        move.write({"partner_id": self.customer.id, "invoice_date": day("2026-01-15")})
        page = self._render(move)
        self.assertIn("o_report_layout_bold", page)
        self.assertIn("Late payment of Customer: 40", page)
        self.assertNotIn("o_report_layout_bold", self._render(self._create_printed()))

    def test_whoever_may_read_the_invoice_prints_it_so(self):
        move = self._create_printed()
        for user in (self.reader, self.contributor, self.auditor):
            self.assertIn("Emma of Marketing", self._render(move, user))

    def test_many_invoices_read_their_departments_together(self):
        moves = self.env["account.move"].union(*(self._create_printed() for _index in range(4))).sudo()
        self.env.flush_all()
        self.env.invalidate_all()
        moves.mapped("move_type")
        moves.mapped("department_id.invoice_contact_id.name")
        moves.mapped("report_layout_id")
        moves.department_id.mapped("invoice_logo")
        with self.assertQueryCount(0):
            for move in moves:
                self.assertTrue(move._get_print_contact() and move._get_print_logo())
                self.assertFalse(move._get_print_layout())


@tagged("post_install", "-at_install")
class TestInvoicePdf(PrintCase):
    """The PDF against `invoice_print.json`. Odoo prints header and body apart; so does this, whatever program prints.

    Without style sheets, so that the title of a section, which Odoo writes for wide and for narrow screens, is there
    twice. After a wanted change, copy what the failure shows into the file.
    """

    maxDiff = None

    def _print(self, move):
        """Return what is in the PDF of the header and of the body: text, and pictures with their size and pixels."""
        report = self.env["ir.actions.report"].sudo()
        html = report.with_context(lang="en_US")._render_qweb_html(REPORT, move.ids)[0]
        bodies, _ids, header, _footer, args = report._prepare_html(html)
        found = {}
        for name, page in (("header", header), ("body", bodies[0])):
            pdf = report._run_wkhtmltopdf([STYLE_SHEETS.sub("", page)], specific_paperformat_args=args)
            found[name] = {"text": self._get_text(pdf), "pictures": self._get_pictures(pdf)}
        return found

    @staticmethod
    def _get_text(pdf):
        return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())

    @staticmethod
    def _get_pictures(pdf):
        pictures = []
        for page in PdfReader(io.BytesIO(pdf)).pages:
            for found in page.images:
                picture = found.image.convert("RGB")
                pictures.append([*picture.size, hashlib.sha256(picture.tobytes()).hexdigest()[:16]])
        return pictures

    def test_the_pdf_is_as_expected(self):
        if self.env["ir.actions.report"].get_wkhtmltopdf_state() == "install":
            raise unittest.SkipTest("wkhtmltopdf is not installed")
        move = self._create_printed(
            ref="PO 42",
            legal_mentions="<p>Late payment: 40 for each invoice.</p>",
            invoice_line_ids=[
                Command.create({"display_type": "line_section", "name": "Campaign"}),
                Command.create({"name": "Posters", "quantity": 3, "price_unit": 100.0, "tax_ids": [Command.clear()]}),
            ],
        )
        other = self._create_printed(self.logistics)
        found = {"department": self._print(move), "company": self._print(other)}
        self.assertEqual(found, json.loads(EXPECTED.read_text()))


def _without_space(page):
    return " ".join(page.split())
