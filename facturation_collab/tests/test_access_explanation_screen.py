"""The screen that explains an access: what it shows, in which language, and to whom it is closed."""

from odoo.exceptions import AccessError
from odoo.tests import Form, HttpCase, tagged

from .validation_common import ValidationCase


@tagged("post_install", "-at_install")
class TestAccessExplanationDialog(ValidationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.employee = cls._create_user("employee")

    def test_screen_is_empty_until_everything_is_chosen(self):
        bill = self._create_bill(ref="A-77")
        with Form(self.env["account.access.explanation"].with_user(self.auditor)) as form:
            self.assertIn("Choose a person", form.answer)
            form.user_id = self.outsider
            form.reference = "  "
            self.assertIn("Choose a person", form.answer)
            form.reference = bill.ref
            self.assertIn("No: Outsider cannot read this invoice.", form.answer)
            form.user_id = self.contributor
            form.operation = "submit"
            self.assertIn("Yes: Contributor can submit this invoice.", form.answer)
            self.assertIn("alert-success", form.answer)

    def test_answer_is_in_the_language_of_whoever_asks(self):
        bill = self._create_bill()
        self._submit(bill)
        self.reader.lang = "en_US"
        vals = {"user_id": self.reader.id, "reference": str(bill.id), "operation": "approve"}
        wizards = self.env["account.access.explanation"].with_user(self.auditor).with_context(lang="fr_FR")
        explanation = wizards.create(vals).explanation
        self.assertEqual(
            explanation["verdict"], "Non\N{NO-BREAK SPACE}: Reader ne peut pas approuver cette facture maintenant."
        )
        self.assertRegex(explanation["decisive"][0], "Reader lit.*Vous ")

    def test_screen_opens_from_an_invoice(self):
        bill = self._create_bill()
        action = self.env["ir.actions.actions"].with_user(self.auditor).get_bindings("account.move")["action"]
        xmlid = "facturation_collab.account_access_explanation_action_move"
        self.assertIn(self.env.ref(xmlid).id, [binding["id"] for binding in action])
        context = {"default_reference": bill.id}
        with Form(self.env["account.access.explanation"].with_user(self.auditor).with_context(**context)) as form:
            self.assertEqual(form.reference, str(bill.id))

    def test_screen_is_closed_to_everybody_else(self):
        menu = self.env.ref("facturation_collab.menu_access_explanation").id
        action = self.env.ref("facturation_collab.account_access_explanation_action_move").id
        for user in (self.reader, self.manager, self.director, self.finance, self.employee):
            wizards = self.env["account.access.explanation"].with_user(user)
            vals = {"user_id": user.id, "reference": "1", "operation": "read"}
            self.assertRefused(AccessError, "Explanation of an access", wizards.create, vals)
            self.assertRefused(AccessError, "", wizards.onchange, vals, ["reference"], {"answer": {}})
            self.assertRefused(AccessError, "", lambda wizards=wizards, vals=vals: wizards.new(vals).explanation)
            self.assertNotIn(menu, self.env["ir.ui.menu"].with_user(user)._visible_menu_ids())
            bindings = self.env["ir.actions.actions"].with_user(user).get_bindings("account.move")["action"]
            self.assertNotIn(action, [binding["id"] for binding in bindings])
        self.assertIn(menu, self.env["ir.ui.menu"].with_user(self.administrator)._visible_menu_ids())

    def test_a_dialog_belongs_to_whoever_opened_it(self):
        vals = {"user_id": self.reader.id, "reference": "1"}
        wizard = self.env["account.access.explanation"].with_user(self.auditor).create(vals)
        for operation in ("read", "write"):
            self.assertTrue(wizard.has_access(operation))
            self.assertFalse(wizard.with_user(self.administrator).has_access(operation))
        self.assertFalse(wizard.has_access("unlink"))


@tagged("post_install", "-at_install")
class TestAccessExplanationScreen(ValidationCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.administrator | cls.auditor).sudo().odoobot_state = "disabled"

    def test_administrator_explains_an_access_from_the_menu(self):
        self._create_bill().sudo().name = "TOUR-9"
        self.browser_size = "1366x768"
        self.start_tour("/odoo", "facturation_collab_administrator_explains_an_access", login=self.administrator.login)

    def test_auditor_explains_an_access_from_an_invoice_on_a_phone(self):
        bill = self._create_bill()
        self.browser_size, self.touch_enabled = "375x667", True
        path = f"/odoo/collaborative-bills/{bill.id}"
        self.start_tour(path, "facturation_collab_auditor_explains_an_access_on_a_phone", login=self.auditor.login)
