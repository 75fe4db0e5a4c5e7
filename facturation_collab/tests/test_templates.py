"""Making invoices from templates, and templates from invoices."""

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .template_common import TemplateCase
from .validation_common import day


@tagged("post_install", "-at_install")
class TestTemplateUse(TemplateCase):
    def test_a_new_invoice_is_what_the_template_says(self):
        move = self._use()
        lines = move.invoice_line_ids.sorted("sequence")
        self.assertEqual((move.state, move.create_uid, move.move_type), ("draft", self.contributor, "in_invoice"))
        self.assertEqual((move.partner_id, move.department_id), (self.landlord, self.marketing))
        self.assertEqual(move.invoice_payment_term_id, self.terms)
        self.assertEqual(lines.mapped("display_type"), ["line_section", "product", "line_note"])
        self.assertEqual((lines[1].price_unit, lines[1].quantity, lines[1].tax_ids), (1200.0, 1.0, lines.tax_ids[:0]))
        self.assertEqual((move.amount_total, move.sudo().template_id), (1200.0, self.rent))

    def test_sections_subsections_notes_accounts_taxes_and_analytics(self):
        tax = self.company_data["default_tax_purchase"]
        account = self.company_data["default_account_expense"].copy()
        plan = self.env["account.analytic.plan"].sudo().create({"name": "Plan"})
        analytic = self.env["account.analytic.account"].sudo().create({"name": "Project", "plan_id": plan.id})
        template = self._create_template(
            "Full",
            line_ids=[
                self._template_line("Part", display_type="line_section"),
                self._template_line("Half", display_type="line_subsection"),
                self._template_line(
                    "Work",
                    price_unit=100.0,
                    quantity=2.0,
                    discount=10.0,
                    tax_ids=[Command.set(tax.ids)],
                    account_id=account.id,
                    analytic_distribution={str(analytic.id): 100},
                    department_id=self.events.id,
                ),
            ],
        )
        move = self._use(template)
        line = move.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        self.assertEqual(move.invoice_line_ids.sorted("sequence").mapped("name"), ["Part", "Half", "Work"])
        self.assertEqual((line.tax_ids, line.account_id, line.department_id), (tax, account, self.events))
        self.assertEqual(line.analytic_distribution, {str(analytic.id): 100})
        self.assertEqual((line.price_subtotal, move.amount_untaxed), (180.0, 180.0))

    def test_a_line_that_is_as_its_product_gets_what_the_product_has_today(self):
        product = self.product_a
        template = self._create_template(
            "Goods", line_ids=[Command.create({"product_id": product.id, "follows_product": True, "quantity": 3})]
        )
        product.standard_price = 55.0
        line = self._use(template).invoice_line_ids
        self.assertEqual((line.product_id, line.price_unit, line.quantity), (product, 55.0, 3.0))
        self.assertEqual(line.tax_ids, product.supplier_taxes_id.filtered(lambda tax: tax.company_id == self.company))

    def test_texts_are_in_the_language_of_the_partner_with_placeholders_filled_in(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.landlord.lang = "fr_FR"
        template = self._create_template(
            "Loyer",
            state="draft",
            department_id=self.marketing.id,
            narration="<p>Rent of {partner}</p>",
            legal_mentions="<p>Due {due_date}, number {number}</p>",
            line_ids=[self._template_line("Rent of {month} {year}", price_unit=10.0)],
        )
        template.line_ids.with_context(lang="fr_FR").name = "Loyer de {month} {year}"
        template.update_field_translations("narration", {"fr_FR": {"Rent of {partner}": "Loyer pour {partner}"}})
        template.action_activate()
        bill = self._create_bill(partner_id=self.landlord.id, invoice_date=day("2026-03-10"))
        self._apply(bill, template)
        self.assertEqual(bill.invoice_line_ids.name, "Loyer de mars 2026 2026")
        self.assertIn("Loyer pour Landlord", bill.narration)
        self.assertIn("number {number}", bill.legal_mentions)

    def test_choosing_the_partner_afterwards_keeps_terms_and_speaks_their_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        partner = self.env["res.partner"].create({"name": "A & B", "lang": "fr_FR"})
        template = self._create_template(
            "Text", narration="<p>For {partner}</p>", payment_term_id=self.terms.id, move_type="out_invoice"
        )
        template.update_field_translations("narration", {"fr_FR": {"For {partner}": "Pour {partner}"}})
        move = self._use(template)
        self.assertIn("For {partner}", move.narration)
        move.partner_id = partner
        self.assertIn("Pour A &amp; B", move.narration)
        self.assertEqual(move.invoice_payment_term_id, self.terms)

    def test_what_is_known_at_posting_is_filled_in_then(self):
        self.policy.mode = "off"
        template = self._create_template(
            "Late",
            move_type="out_invoice",
            legal_mentions="<p>{number} of {date}, due {due_date}, {reference}</p>",
            line_ids=[self._template_line("Work", price_unit=10.0)],
        )
        move = self._use(template).sudo()
        move.write({"partner_id": self.partner_a.id, "invoice_date": day("2026-03-10"), "ref": "<R1>"})
        self.assertIn("{due_date}", move.legal_mentions)
        move.action_post()
        self.assertIn(f"{move.name} of 03/10/2026, due ", move.legal_mentions)
        self.assertIn("&lt;R1&gt;", move.legal_mentions)
        self.assertNotIn("{", move.legal_mentions)
        self.env["res.lang"]._activate_lang("fr_FR")
        before = move.legal_mentions
        self.partner_a.lang = "fr_FR"
        self.env.flush_all()
        self.assertEqual(move.legal_mentions, before, "What was posted stays.")

    def test_an_unknown_placeholder_is_refused_with_those_that_exist(self):
        cases = (
            ({"narration": "<p>{owner}</p>"}, "{owner}.*{partner}.*{due_date}"),
            ({"line_ids": [self._template_line("{due_date}")]}, "{due_date}.*{partner}.*{year}"),
        )
        for vals, pattern in cases:
            self.assertRefused(ValidationError, pattern, self._create_template, "Wrong", **vals)
        self._create_template("Right", narration="<p>{ } {1} {partner}</p>")

    def test_questions_are_asked_with_the_template(self):
        kind = self.env["account.invoice.question.kind"].sudo().create({"name": "Test price", "code": "test_price"})
        question = Command.create({"kind_id": kind.id, "text": "Is the index right?"})
        template = self._create_template("Asking", department_id=self.marketing.id, question_ids=[question])
        move = self._use(template)
        asked = move.sudo().question_ids
        self.assertEqual((asked.name, asked.kind_id, asked.asker_id), ("Is the index right?", kind, self.contributor))
        self.assertEqual(asked.department_id, self.marketing)
        self._apply(move, template)
        self.assertEqual(move.sudo().question_ids, asked, "It waits for its answer already.")

    def test_who_may_not_make_an_invoice_makes_none_from_a_template(self):
        for user in (self.reader, self.outsider, self.auditor):
            self.assertRefused(AccessError, "", self._use, self.rent, user)
        self.assertEqual(self._use(user=self.finance).department_id, self.marketing)

    def test_a_template_is_used_in_its_time_and_while_it_is_in_use(self):
        draft = self._create_template("Later", state="draft")
        self.assertRefused(UserError, "is not in use", self._use, draft)
        self.common.date_to = day("2026-01-31")
        bill = self._create_bill(invoice_date=day("2026-02-01"))
        self.assertRefused(UserError, "is not for invoices of 2026-02-01", self._apply, bill, self.common)
        bill.invoice_date = day("2026-01-31")
        self._apply(bill, self.common)

    def test_the_use_of_a_template_is_not_written_by_hand(self):
        bill = self._create_bill()
        for user in (self.contributor, self.finance, self.env.user):
            for vals in ({"template_id": self.rent.id}, {"template_digest": "x"}, {"template_changed": True}):
                self.assertRefused(AccessError, "", bill.with_user(user).write, vals)
        self.assertRefused(AccessError, "", self._create_bill, template_id=self.rent.id)
        self.assertFalse(self._use().copy().template_id)

    def test_a_posted_invoice_takes_no_template(self):
        bill = self._create_approved()
        bill.action_post()
        self.assertRefused(UserError, "", self._apply, bill, self.common, self.finance)

    def test_a_template_of_another_kind_is_refused(self):
        refund = self._create_bill(move_type="in_refund")
        self.assertRefused(UserError, "another kind of document", self._apply, refund, self.common)

    def test_a_journal_of_the_wrong_kind_is_refused(self):
        journal = self.company_data["default_journal_sale"]
        self.assertRefused(ValidationError, "not for this kind", self._create_template, "Wrong", journal_id=journal.id)


@tagged("post_install", "-at_install")
class TestSaveAsTemplate(TemplateCase):
    def _save(self, move, user=None):
        action = move.with_user(user or self.manager).action_save_as_template()
        return self.env["account.invoice.template"].sudo().browse(action["res_id"])

    def test_a_template_of_an_invoice_makes_the_same_invoice(self):
        tax = self.company_data["default_tax_purchase"]
        lines = [
            Command.create({"display_type": "line_section", "name": "Part"}),
            Command.create({"name": "Work", "price_unit": 50.0, "quantity": 2.0, "tax_ids": [Command.set(tax.ids)]}),
            Command.create({"name": "Free", "price_unit": 5.0, "tax_ids": [Command.clear()], "discount": 20.0}),
        ]
        bill = self._create_bill(invoice_line_ids=lines, narration="<p>Thanks</p>")
        template = self._save(bill)
        self.assertEqual(
            (template.state, template.department_id, template.create_uid.name), ("draft", self.marketing, "Manager")
        )
        template.action_activate()
        made = self._use(template)
        self.assertEqual(made.partner_id, bill.partner_id)
        self.assertEqual(made.amount_total, bill.amount_total)
        self.assertEqual(made.narration, bill.narration)
        names = ("name", "display_type", "price_unit", "quantity", "discount", "tax_ids", "account_id")
        for line, copy in zip(bill.invoice_line_ids, made.invoice_line_ids, strict=True):
            self.assertEqual([line[name] for name in names], [copy[name] for name in names])

    def test_who_may_not_make_templates_is_told_whom_to_ask(self):
        bill = self._create_bill()
        for user in (self.contributor, self.reader, self.auditor):
            self.assertRefused(UserError, "Only managers of the department", self._save, bill, user)
        self.assertRefused(AccessError, "", self._save, bill, self.outsider)
        self.assertEqual(self._save(bill, self.finance).department_id, self.marketing)
