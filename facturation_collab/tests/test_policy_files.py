import base64
import doctest
import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .. import positions
from ..models import account_validation_policy_file
from .validation_common import ValidationCase


@tagged("post_install", "-at_install")
class TestPolicyFiles(ValidationCase):
    """Policies go from one database to another as a file, whole or not at all."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = cls.env.ref("account.group_account_manager")
        field = cls.env["ir.model.fields"]._get("account.move", "invoice_user_id")
        cls.policy.level_ids = [
            cls._level("Group", sequence=30, approver_type="group", group_id=group.id),
            cls._level("Seller", sequence=40, approver_type="field", field_id=field.id),
        ]
        cls.policy.write({"partner_ids": cls.partner_a.ids, "amount_min": 100.5})
        cls.policy.journal_ids = cls.company_data["default_journal_purchase"]
        cls.file = cls.env["account.validation.policy.file"].with_user(cls.administrator)

    def _export(self):
        return self.file._export(self.policy)

    def _import(self, text, **kwargs):
        return self.file._import(text, self.company, **kwargs)

    def _changed(self, **vals):
        """The text of the file with other values of its policy."""
        content = json.loads(self._export())
        content["policies"][0] |= vals
        return json.dumps(content, indent=1)

    def assertWrong(self, text, *sentences):
        """The import is refused with these sentences, and nothing stays."""
        before = self.env["account.validation.policy"].search_count([])
        with self.assertRaises(UserError) as refused, self.env.cr.savepoint():
            self._import(text)
        lines = str(refused.exception).splitlines()
        self.assertEqual(len(lines), len(sentences), lines)
        for line, sentence in zip(lines, sentences, strict=True):
            self.assertIn(sentence, line)
        self.assertEqual(self.env["account.validation.policy"].search_count([]), before)

    def _line(self, text, part):
        return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)

    def test_examples(self):
        for module in (positions, account_validation_policy_file):
            result = doctest.testmod(module)
            self.assertTrue(result.attempted)
            self.assertFalse(result.failed)

    def test_a_file_names_records_as_people_do(self):
        policy = json.loads(self._export())["policies"][0]
        self.assertEqual(policy["department_ids"], ["Direction / Marketing"])
        self.assertEqual(policy["partner_ids"], [self.partner_a.display_name])
        self.assertEqual(policy["journal_ids"], [self.company_data["default_journal_purchase"].code])
        self.assertEqual(policy["amount_min"], 100.5)
        levels = {level["name"]: level for level in policy["levels"]}
        self.assertEqual(levels["Finance"]["user_ids"], [self.controller.login])
        self.assertEqual(levels["Group"]["group_id"], "account.group_account_manager")
        self.assertEqual(levels["Seller"]["field_id"], "account.move.invoice_user_id")
        self.assertNotIn("company_id", policy)

    def test_what_was_exported_is_what_is_imported(self):
        definition = self.env["account.validation.definition"]
        text, before = self._export(), definition._read(self.policy)
        self.policy.name = "Old"
        policy = self._import(text, keep_mode=True)
        after = definition._read(policy)
        levels, expected = (list(values.pop("levels").values()) for values in (after, before))
        self.assertEqual(after, before)
        self.assertEqual(levels, expected)

    def test_new_policies_are_off(self):
        text = self._export()
        self.policy.name = "Old"
        self.assertEqual(self._import(text).mode, "off")
        self.assertEqual(self.policy.mode, "enforce")

    def test_a_policy_of_the_same_name_is_changed(self):
        manager = self.policy.level_ids[0]
        text = self._changed(amount_min=7, levels=json.loads(self._export())["policies"][0]["levels"][:1])
        self.assertEqual(self._import(text), self.policy)
        self.assertEqual((self.policy.amount_min, self.policy.mode), (7, "enforce"))
        self.assertEqual(self.policy.level_ids, manager)

    def test_texts_in_several_languages(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.policy.with_context(lang="fr_FR").name = "Factures du marketing"
        self.policy.level_ids[0].with_context(lang="fr_FR").name = "Responsable"
        text = self._export()
        self.policy.with_context(lang="fr_FR").name = "Autre"
        self.policy.level_ids[0].with_context(lang="fr_FR").name = "Autre"
        policy = self._import(text).with_context(lang="fr_FR")
        self.assertEqual((policy.name, policy.level_ids[0].name), ("Factures du marketing", "Responsable"))

    def test_errors_name_line_and_place(self):
        text = self._changed(amount_min="many", mode="sometimes", department_ids=["Direction / Nowhere"], color=1)
        self.assertWrong(
            text,
            *(
                sentence
                for _line, sentence in sorted(
                    [
                        (
                            self._line(text, "many"),
                            f"Line {self._line(text, 'many')}, policies[1].amount_min: A number",
                        ),
                        (self._line(text, "sometimes"), "“sometimes” is not one of"),
                        (
                            self._line(text, "Nowhere"),
                            f"Line {self._line(text, 'Nowhere')}, policies[1].department_ids[1]: Department "
                            "“Direction / Nowhere” does not exist here",
                        ),
                        (self._line(text, '"color"'), "There is no field “color”"),
                    ]
                )
            ),
        )

    def test_errors_inside_levels(self):
        levels = json.loads(self._export())["policies"][0]["levels"]
        levels[1]["user_ids"] = ["stranger"]
        levels[2]["quorum"] = None
        text = self._changed(levels=levels)
        self.assertWrong(
            text,
            f"Line {self._line(text, 'stranger')}, policies[1].levels[2].user_ids[1]: User “stranger” does not exist",
            "policies[1].levels[3].quorum: A value is needed here.",
        )

    @mute_logger("odoo.sql_db")
    def test_what_the_database_refuses_is_said_as_well(self):
        self.assertWrong(self._changed(amount_min=100, amount_max=50), "the upper one not below the lower one")
        levels = json.loads(self._export())["policies"][0]["levels"]
        levels[1]["user_ids"] = []
        self.assertWrong(self._changed(levels=levels), "Say who approves at level “Finance”.")

    @mute_logger("odoo.sql_db")
    def test_nothing_is_half_imported(self):
        content = json.loads(self._export())
        second = {**content["policies"][0], "name": "Second", "amount_min": 100, "amount_max": 50}
        first = {**content["policies"][0], "name": "First"}
        self.assertWrong(json.dumps({**content, "policies": [first, second]}), "the upper one not below")

    def test_what_is_no_file_of_policies(self):
        self.assertWrong("{", "Line 1: This is no valid JSON")
        self.assertWrong('{\n"format": 1,\n]', "Line 3: This is no valid JSON")
        self.assertWrong("[]", "This is no file of validation policies")
        self.assertWrong('{"a": 1,\n"a": 2}', "Line 2: “a” appears twice")
        self.assertWrong("[" * 5000, "no valid JSON")
        head = '{"format": "facturation_collab.policies", "version": 1, "policies": '
        self.assertWrong(head + "[]}", "must be a list of one policy or more")
        self.assertWrong(head + "[1]}", "An object with its fields is expected here")
        self.assertWrong(head + '[{"name": "A"}]}', "“levels” must be a list")
        self.assertWrong(head + '[{"levels": []}]}', "“name” is missing")
        self.assertWrong(head.replace("1,", "2,") + '[{"name": "A", "levels": []}]}', "version of the format")

    def test_a_name_that_means_several_is_not_guessed(self):
        self.partner_b.name = self.partner_a.name
        self.assertWrong(self._export(), "exists several times here")

    def test_names_are_unique_in_a_file(self):
        content = json.loads(self._export())
        levels = content["policies"][0]["levels"]
        self.assertWrong(self._changed(levels=[*levels, levels[0]]), "Another level of this policy is called “Manager”")
        self.assertWrong(
            json.dumps({**content, "policies": content["policies"] * 2}), "Another policy of this file is called"
        )


@tagged("post_install", "-at_install")
class TestPolicyTransfer(ValidationCase):
    def _open(self, user=None, **vals):
        return self.env["account.validation.policy.transfer"].with_user(user or self.administrator).create(vals)

    def _open_with_file(self, name="Imported", **vals):
        export = self._open(policy_ids=[(6, 0, self.policy.ids)])
        export.action_export()
        text = base64.b64decode(export.file).decode().replace("Marketing bills", name)
        return self._open(file=base64.b64encode(text.encode()), company_id=self.company.id, **vals)

    def test_export_and_import_through_the_screens(self):
        wizard = self._open_with_file()
        wizard.action_try()
        self.assertEqual(wizard.is_wrong, False)
        self.assertIn("would create or change: Imported", wizard.result)
        found = [("name", "=", "Imported")]
        self.assertFalse(self.env["account.validation.policy"].search(found))
        action = wizard.action_import()
        policy = self.env["account.validation.policy"].search(found)
        self.assertEqual(action["domain"], [("id", "in", policy.ids)])
        self.assertEqual((policy.mode, policy.create_uid), ("off", self.administrator))

    def test_a_trial_shows_what_is_wrong(self):
        self.controller.login = "renamed"
        wizard = self._open_with_file()
        self.controller.login = "again"
        wizard.action_try()
        self.assertTrue(wizard.is_wrong)
        self.assertIn("User “renamed” does not exist here", wizard.result)

    def test_files_that_are_none(self):
        self.assertRefused(UserError, "Choose the file", self._open().action_import)
        binary = self._open(file=base64.b64encode(b"\xff\xfe"))
        self.assertRefused(UserError, "no text in UTF-8", binary.action_import)
        self.assertRefused(UserError, "Choose the policies", self._open().action_export)

    def test_only_administrators_transfer(self):
        for user in (self.finance, self.manager, self.auditor):
            self.assertRefused(AccessError, "", self._open, user)
        other = self._create_user("administrator_2", groups="facturation_collab.group_administrator")
        self.assertRefused(AccessError, "", self._open_with_file().with_user(other).read, ["file"])

    def test_the_company_is_one_of_the_user(self):
        wizard = self._open_with_file()
        wizard.sudo().company_id = self.env["res.company"].sudo().create({"name": "Elsewhere"})
        self.assertRefused(UserError, "no access to that company", wizard.action_import)
