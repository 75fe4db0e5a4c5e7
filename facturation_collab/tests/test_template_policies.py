"""Policies for what is made from a template: never a way to less than the rules ask."""

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .template_common import TemplateCase
from .validation_common import day


@tagged("post_install", "-at_install")
class TestTemplatePolicies(TemplateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.short = cls._create_policy(
            "Rent", cls._level("Manager", role="manager"), sequence=1, template_ids=cls.rent.ids
        )

    def test_what_is_made_from_the_template_goes_by_its_policy(self):
        made, other = self._use(), self._create_bill(partner_id=self.landlord.id)
        self.assertEqual(self._match(made | other), {made: self.short, other: self.policy})
        made.invoice_date = day("2026-01-15")
        self._submit(made)
        self.assertEqual(made.sudo().validation_policy_id, self.short)
        self.assertIn("Template: Rent", made.validation_panel["policy"]["criteria"])
        self.assertIn("made from the template Rent", self.short.summary)
        self.assertEqual(self.rent.policy_ids, self.short)

    def test_whatever_its_version(self):
        version = self.rent.browse(self.rent.action_new_version()["res_id"])
        version.action_activate()
        made = self._use(version)
        self.assertEqual(self._match(made), {made: self.short})

    def test_what_was_changed_goes_by_the_other_policies(self):
        made = self._use()
        made.invoice_line_ids[1].price_unit = 50000.0
        self.assertEqual(self._match(made), {made: self.policy})
        made.invoice_line_ids[1].price_unit = 1200.0
        self.assertEqual(self._match(made), {made: self.short})
        made.write({"invoice_line_ids": [Command.create({"name": "More", "price_unit": 1.0})]})
        self.assertEqual(self._match(made), {made: self.policy})
        self.short.template_unchanged = False
        self.assertEqual(self._match(made), {made: self.short})

    def test_a_template_on_top_of_other_lines_is_no_way_around(self):
        bill = self._create_bill(partner_id=self.landlord.id, amount=9000.0)
        self._apply(bill, self.rent, replace=False)
        self.assertEqual(bill.amount_total, 10200.0)
        self.assertEqual(self._match(bill), {bill: self.policy})

    def test_a_change_after_submission_is_held_as_any_other(self):
        made = self._use()
        made.invoice_date = day("2026-01-15")
        self._submit(made)
        self._approve(made, self.manager)
        made.sudo().invoice_line_ids[1].price_unit = 50000.0
        self.assertTrue(made.sudo()._get_posting_refusals())

    def test_such_a_policy_enforces(self):
        self.assertRefused(ValidationError, "not only observe", self.short.write, {"mode": "observe"})
        self.assertRefused(
            ValidationError,
            "not only observe",
            self.policy.write,
            {"mode": "observe", "template_ids": [Command.set(self.rent.ids)]},
        )

    def test_policies_name_no_confidential_template(self):
        payroll = self._create_department("Payroll", is_confidential=True)
        secret = self._create_template("Secret", department_id=payroll.id)
        self.assertRefused(
            ValidationError, "confidential department", self.short.write, {"template_ids": [Command.link(secret.id)]}
        )

    def test_a_policy_is_exported_and_imported_with_the_names_of_its_templates(self):
        files = self.env["account.validation.policy.file"].sudo()
        text = files._export(self.short)
        self.assertIn('"template_ids": [\n        "Rent"\n      ]', text)
        self.short.template_ids = False
        files._import(text, self.company)
        self.assertEqual(self.short.template_ids, self.rent)
        self.rent.sudo().name = "Renamed"
        with self.assertRaisesRegex(Exception, "“Rent” does not exist here"):
            files._import(text, self.company)

    def test_matching_many_costs_the_same(self):
        moves = self.env["account.move"].union(*(self._use() for _index in range(6)))

        def count(moves):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._match(moves)
            return self.env.cr.sql_log_count - before

        count(moves)
        self.assertEqual(count(moves), count(moves[:1]))
