import io

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from odoo import models
from odoo.tools import format_amount, format_date


class AccountValidationDemo(models.AbstractModel):
    _inherit = "account.validation.demo"

    def _attach_document(self, move):
        """Attach the vendor's paper to a bill, as the preview beside the form shows it."""
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                {
                    "name": f"{move.ref}.pdf",
                    "raw": self._print_document(move),
                    "mimetype": "application/pdf",
                    "res_model": move._name,
                    "res_id": move.id,
                },
            )
        )
        move.sudo().message_main_attachment_id = attachment

    def _print_document(self, move):
        """Return the PDF that the vendor would have sent for a bill: bytes."""
        output = io.BytesIO()
        page = Canvas(output, pagesize=A4, invariant=1)
        page.setTitle(move.ref)
        vendor, company = move.commercial_partner_id, move.company_id.partner_id
        address = [vendor.name, vendor.street, f"{vendor.zip} {vendor.city}", f"TVA {vendor.vat}"]
        self._print_lines(page, 20, 275, address)
        self._print_lines(page, 120, 245, [company.name, company.street, f"{company.zip} {company.city}"], bold=False)
        title = "AVOIR" if move.move_type == "in_refund" else "FACTURE"
        date = format_date(self.env, move.invoice_date, lang_code="fr_FR")
        self._print_lines(page, 20, 215, [f"{title} {move.ref}", f"Date : {date}"], size=14)
        top = 190
        for line in move.invoice_line_ids:
            self._print_row(page, top, line.name, self._format(move, line.price_subtotal))
            top -= 8
        page.line(20 * mm, top * mm, 190 * mm, top * mm)
        for label, amount in (
            ("Total HT", move.amount_untaxed),
            ("TVA", move.amount_tax),
            ("Total TTC", move.amount_total),
        ):
            top -= 8
            self._print_row(page, top, label, self._format(move, amount))
        bank = vendor.bank_ids[:1].acc_number or ""
        self._print_lines(page, 20, 30, [f"Paiement à 30 jours par virement, IBAN {bank}"], bold=False)
        page.save()
        return output.getvalue()

    def _format(self, move, amount):
        text = format_amount(self.with_context(lang="fr_FR").env, amount, move.currency_id)
        return text.replace("\u202f", " ").replace("\xa0", " ")

    def _print_lines(self, page, left, top, lines, size=11, bold=True):
        for position, text in enumerate(lines):
            page.setFont("Helvetica-Bold" if bold and not position else "Helvetica", size)
            page.drawString(left * mm, (top - 6 * position) * mm, text)

    def _print_row(self, page, top, label, amount):
        page.setFont("Helvetica", 11)
        page.drawString(20 * mm, top * mm, label)
        page.drawRightString(190 * mm, top * mm, amount)
