"""Which templates are proposed for an invoice, and what applying one would change."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .template_common import TemplateCase
from .validation_common import day


@tagged("post_install", "-at_install")
class TestTemplateProposals(TemplateCase):
    def _propose(self, move, user=None):
        move = move.with_user(user or self.contributor)
        return self.env["account.invoice.template"].with_user(move.env.user)._propose(move)[move].mapped("name")

    def test_the_closest_comes_first(self):
        tag = self.env["res.partner.category"].create({"name": "Services"})
        below = self.env["res.partner.category"].create({"name": "Cleaning", "parent_id": tag.id})
        self.landlord.category_id = below
        self._create_template("Tagged", partner_category_ids=[Command.set(tag.ids)])
        self._create_template("Above", department_id=self.direction.id)
        self._create_template("Elsewhere", department_id=self.logistics.id)
        self._create_template("Other partner", partner_ids=[Command.set(self.partner_b.ids)])
        self._create_template("Refund", move_type="in_refund")
        self._create_template("Draft", state="draft")
        self._create_template("Past", date_to=day("2026-01-01"))
        bill = self._create_bill(partner_id=self.landlord.id)
        expected = ["Rent", "Tagged", "Above", "Cleaning"]
        self.assertEqual(self._propose(bill, self.director), expected)
        self.assertEqual(self._propose(bill), ["Rent", "Tagged", "Cleaning"], "Not what one may not read.")
        self.assertEqual(self._propose(self._create_bill()), ["Cleaning"])

    def test_a_contact_of_the_partner_gets_the_same(self):
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": self.landlord.id})
        self.assertEqual(self._propose(self._create_bill(partner_id=contact.id)), ["Rent", "Cleaning"])

    def test_templates_for_some_people_are_proposed_to_them(self):
        self.common.user_ids = self.manager
        bill = self._create_bill()
        self.assertEqual(self._propose(bill), [])
        self.assertEqual(self._propose(bill, self.manager), ["Cleaning"])

    def test_proposing_costs_the_same_for_many_invoices(self):
        bills = self.env["account.move"].union(*(self._create_bill(partner_id=self.landlord.id) for _index in range(8)))
        templates = self.env["account.invoice.template"].with_user(self.contributor)

        def count(moves):
            self.env.flush_all()
            self.env.invalidate_all()
            moves = moves.with_user(self.contributor)
            before = self.env.cr.sql_log_count
            templates._propose(moves)
            return self.env.cr.sql_log_count - before

        count(bills)
        self.assertEqual(count(bills), count(bills[:1]))

    def test_an_empty_draft_names_its_templates_and_no_other_invoice_searches(self):
        form = Form(self.env["account.move"].with_user(self.contributor).with_context(default_move_type="in_invoice"))
        form.department_id = self.marketing
        self.assertEqual(form.template_proposals, "Cleaning")
        form.partner_id = self.landlord
        self.assertEqual(form.template_proposals, "Rent, Cleaning")
        bill = self._create_bill().with_user(self.contributor)
        bill.read(["state", "move_type", "invoice_line_ids"])
        with self.assertQueryCount(0):
            self.assertFalse(bill.template_proposals)


@tagged("post_install", "-at_install")
class TestTemplateDialog(TemplateCase):
    def _open(self, move, user=None, **vals):
        dialogs = self.env["account.invoice.template.dialog"].with_user(user or self.contributor)
        return dialogs.create({"move_id": move.id, **vals})

    def test_the_preview_says_what_applying_does(self):
        bill = self._create_bill(partner_id=self.landlord.id)
        before = bill.read()
        dialog = self._open(bill)
        self.assertEqual(dialog.template_id, self.rent)
        text = dialog.preview
        for part in (
            "Payment Terms",
            "30 Days",
            "1,000.00",
            "1,200.00",
            "Lines that go",
            "Offices",
            "Rent of January 2026",
        ):
            self.assertIn(part, text)
        self.env.flush_all()
        self.assertEqual(bill.read(), before, "Showing it writes nothing.")
        dialog.action_confirm()
        self.assertEqual((bill.amount_total, bill.invoice_payment_term_id), (1200.0, self.terms))
        self.assertEqual(bill.invoice_line_ids.mapped("name"), ["Offices", "Rent of January 2026", "As agreed"])
        again = self._open(bill)
        self.assertNotIn("Payment Terms", again.preview)

    def test_lines_may_follow_those_that_are_there(self):
        bill = self._create_bill(partner_id=self.landlord.id)
        dialog = self._open(bill, replace=False)
        self.assertNotIn("Lines that go", dialog.preview)
        self.assertIn("2,200.00", dialog.preview)
        dialog.action_confirm()
        self.assertEqual(bill.amount_total, 2200.0)
        names = bill.invoice_line_ids.sorted("sequence").mapped("name")
        self.assertEqual(names, ["Line", "Offices", "Rent of January 2026", "As agreed"])

    def test_taxes_and_due_dates_are_computed_natively(self):
        tax = self.company_data["default_tax_purchase"]
        line = self._template_line("Work", price_unit=100.0, tax_ids=[Command.set(tax.ids)])
        template = self._create_template("Taxed", payment_term_id=self.terms.id, line_ids=[line])
        bill = self._create_bill()
        for text in ("02/14/2026", "115.00"):
            self.assertIn(text, self._open(bill, template_id=template.id).preview)
        self._apply(bill, template)
        self.assertEqual((bill.amount_total, bill.invoice_date_due), (115.0, day("2026-02-14")))

    def test_an_invoice_that_may_not_be_edited_takes_no_template(self):
        bill = self._create_bill()
        for user in (self.reader, self.outsider, self.auditor, self.validator):
            self.assertRefused(AccessError, "", bill.with_user(user).action_open_template_dialog)
            self.assertRefused(AccessError, "", self._apply, bill, self.common, user)
            self.assertRefused(AccessError, "", lambda user=user: self._open(bill, user).preview)
        self._submit(bill)
        self.assertRefused(AccessError, "", self._apply, bill, self.common)

    def test_nonsense_is_refused(self):
        bill = self._create_bill().with_user(self.contributor)
        for value in (0, -1, None, "1", True, 2**40, [1], 999_999_999):
            self.assertRefused(UserError, "Choose one of the templates", bill.action_apply_template, value)
        self.assertEqual(bill.amount_total, 1000.0)

    def test_a_dialog_is_its_owners(self):
        dialog = self._open(self._create_bill())
        self.assertFalse(dialog.with_user(self.manager).has_access("read"))
