"""Templates as a file: out of one database, into another."""

import base64
import json

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .template_common import TemplateCase


@tagged("post_install", "-at_install")
class TestTemplateFiles(TemplateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = cls.env["account.invoice.template.file"].sudo()
        tax = cls.company_data["default_tax_purchase"]
        plan = cls.env["account.analytic.plan"].sudo().create({"name": "Plan"})
        cls.project = cls.env["account.analytic.account"].sudo().create({"name": "Project", "plan_id": plan.id})
        kind = cls.env["account.invoice.question.kind"].sudo().create({"name": "Test price", "code": "test_price"})
        cls.full = cls._create_template(
            "Full",
            state="draft",
            department_id=cls.events.id,
            partner_ids=[Command.set(cls.landlord.ids)],
            journal_id=cls.company_data["default_journal_purchase"].id,
            payment_term_id=cls.terms.id,
            report_layout_id=cls.env.ref("web.report_layout_bold").id,
            narration="<p>For {partner}</p>",
            question_ids=[Command.create({"kind_id": kind.id, "text": "Is it right?"})],
            line_ids=[
                cls._template_line("Part", display_type="line_section"),
                cls._template_line(
                    "Work",
                    price_unit=100.0,
                    tax_ids=[Command.set(tax.ids)],
                    account_id=cls.company_data["default_account_expense"].id,
                    analytic_distribution={str(cls.project.id): 100},
                ),
            ],
        )

    def _get_text(self, **changes):
        content = json.loads(self.files._export(self.full))
        content["templates"][0] |= changes
        return json.dumps(content, indent=2)

    def _import(self, text, user=None):
        files = self.files.with_user(user).sudo(False) if user else self.files
        return files._import(text, self.company)

    def test_a_file_names_things_as_people_know_them(self):
        content = json.loads(self.files._export(self.full))
        template = content["templates"][0]
        self.assertEqual((content["format"], content["version"]), ("facturation_collab.templates", 1))
        self.assertEqual(template["department_id"], "Direction / Marketing / Events")
        self.assertEqual(template["journal_id"], self.company_data["default_journal_purchase"].code)
        self.assertEqual(template["report_layout_id"], "web.report_layout_bold")
        line = template["lines"][1]
        self.assertEqual(
            (line["account_id"], line["tax_ids"]), (self.full.line_ids[1].account_id.code, ["15% (purchase)"])
        )
        self.assertEqual(line["analytic_distribution"], {"Project": 100})
        self.assertNotIn("company_id", template)

    def test_a_template_comes_back_as_it_was(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.full.update_field_translations("narration", {"fr_FR": {"For {partner}": "Pour {partner}"}})
        self.full.line_ids[1].with_context(lang="fr_FR").name = "Travail"
        text = self.files._export(self.full)
        self.full.name = "Other"
        template = self._import(text)
        self.assertEqual((template.name, template.state, template.version), ("Full", "draft", 1))
        self.assertEqual(self.files._export(template), text)
        self.assertEqual(template.line_ids.mapped("name"), ["Part", "Work"])
        self.assertEqual(template.line_ids[1].with_context(lang="fr_FR").name, "Travail")
        self.assertIn("Pour {partner}", template.with_context(lang="fr_FR").narration)

    def test_a_template_of_the_same_name_gets_its_next_version(self):
        text = self.files._export(self.full)
        self.assertRefused(UserError, "is being prepared", self._import, text)
        self.full.action_activate()
        template = self._import(text)
        self.assertEqual((template.version, template.previous_version_id, template.state), (2, self.full, "draft"))
        self.assertEqual(self.full.state, "active")

    def test_everything_that_is_wrong_is_said_and_nothing_is_imported(self):
        before = self.env["account.invoice.template"].sudo().search([])
        cases = (
            ({"journal_id": "XXX"}, "“XXX” does not exist here"),
            ({"department_id": "Nowhere"}, "“Nowhere” does not exist here"),
            ({"move_type": "entry"}, "“entry” is not one of"),
            ({"colour": "red"}, "There is no field “colour”"),
            ({"lines": {}}, "“lines” must be a list"),
            ({"lines": [{"quantity": "2"}]}, "A number is expected here"),
            ({"lines": [{"name": "{owner}"}]}, "is no placeholder"),
            ({"lines": [{"name": "A", "analytic_distribution": {"Nothing": 100}}]}, "“Nothing” does not exist here"),
            ({"lines": [{"name": "A", "analytic_distribution": [1]}]}, "A share for each analytic account"),
            ({"questions": [{"kind_id": "None", "text": "?"}]}, "“None” does not exist here"),
            ({"name": ""}, "“name” is missing"),
        )
        for changes, pattern in cases:
            with self.subTest(pattern):
                self.assertRefused(UserError, pattern, self._import, self._get_text(**{"name": "New", **changes}))
        for text, pattern in (("{", "no valid JSON"), ("{}", "no file of invoice templates"), ("[]", "no file")):
            self.assertRefused(UserError, pattern, self._import, text)
        both = json.loads(self._get_text(name="New"))
        both["templates"] += [{**both["templates"][0], "journal_id": "XXX"}]
        self.assertRefused(UserError, r"Line \d+, templates\[2\].journal_id", self._import, json.dumps(both, indent=2))
        self.assertEqual(self.env["account.invoice.template"].sudo().search([]), before)

    def test_people_import_where_they_may_make_templates(self):
        text = self._get_text(name="New")
        for user in (self.contributor, self.outsider, self.auditor):
            self.assertRefused(UserError, "", self._import, text, user)
        self.assertEqual(self._import(text, self.manager).department_id, self.events)
        self.assertRefused(UserError, "", self._import, self._get_text(name="New", department_id=None), self.manager)

    def test_the_dialog_exports_checks_and_imports(self):
        dialogs = self.env["account.invoice.template.transfer"].with_user(self.manager)
        dialog = dialogs.create({"template_ids": self.full.ids})
        dialog.action_export()
        self.assertIn(b'"Full"', base64.b64decode(dialog.file))
        wrong = dialogs.create({"file": base64.b64encode(self._get_text(name="New", journal_id="XXX").encode())})
        wrong.action_try()
        self.assertTrue(wrong.is_wrong)
        self.assertIn("“XXX” does not exist", wrong.result)
        right = dialogs.create({"file": base64.b64encode(self._get_text(name="New").encode())})
        right.action_try()
        self.assertIn("New", right.result)
        self.assertFalse(self.env["account.invoice.template"].sudo().search([("name", "=", "New")]))
        domain = right.action_import()["domain"]
        self.assertEqual(self.env["account.invoice.template"].search(domain).name, "New")
        self.assertFalse(dialog.with_user(self.finance).has_access("read"))

    def test_nobody_exports_what_they_may_not_read(self):
        dialogs = self.env["account.invoice.template.transfer"].with_user(self.outsider)
        with self.assertRaises(AccessError):
            dialogs.create({"template_ids": [Command.link(self.full.id)]})
        dialog = dialogs.create({})
        dialog.sudo().template_ids = self.full
        dialog.invalidate_recordset()
        with self.assertRaises(UserError):
            dialog.action_export()
