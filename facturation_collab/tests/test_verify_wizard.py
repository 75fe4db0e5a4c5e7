import json
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..wizards import account_validation_verify
from .integrity_common import IntegrityCase


@tagged("post_install", "-at_install")
class TestVerifyWizard(IntegrityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill = cls._create_bill()
        cls.bill.with_user(cls.contributor).action_submit()
        cls.bill = cls.bill.sudo()

    def _wizard(self, user=None, **vals):
        vals = {"company_id": self.company.id, **vals}
        return self.env["account.validation.verify.wizard"].with_user(user or self.auditor).create(vals)

    def _break(self):
        event = self.bill.validation_request_id.event_ids[0]
        self._sql("UPDATE account_validation_event SET comment = 'other' WHERE id = %s", event.id)

    def test_an_auditor_verifies_a_company(self):
        wizard = self._wizard()
        action = wizard.action_verify()
        self.assertEqual((action["res_id"], wizard.state, wizard.break_count), (wizard.id, "done", 0))
        self.assertEqual((wizard.request_count, wizard.unsealed_count, wizard.progress), (1, 1, 100))
        self.assertFalse(wizard.report)
        self._seal()
        wizard.action_verify()
        self.assertEqual((wizard.seal_count, wizard.unsealed_count), (1, 0))

    def test_the_report_names_the_first_broken_link(self):
        self._break()
        wizard = self._wizard(move_ids=[Command.set(self.bill.ids)])
        wizard.action_verify()
        self.assertEqual(wizard.break_count, 1)
        self.assertIn("event 1 (Submitted, Contributor) was changed", wizard.report)

    def test_the_report_escapes_what_people_wrote(self):
        self.bill.validation_request_id.step_ids[0]
        self._sql(
            "UPDATE res_partner SET name = '<b>x</b>', complete_name = '<b>x</b>' WHERE id = %s", self.partner_a.id
        )
        self._break()
        wizard = self._wizard()
        wizard.action_verify()
        self.assertNotIn("<b>", str(wizard.report))

    def test_the_report_is_in_the_language_of_its_reader(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self._break()
        wizard = self._wizard().with_context(lang="fr_FR")
        self.assertEqual(wizard.action_verify()["name"], "Vérifier les validations")
        self.assertIn("événement 1", wizard.report)

    def test_an_invoice_that_the_reader_may_not_read_has_no_name(self):
        self._break()
        self.bill.ref = "SECRET-42"
        wizard = self._wizard(self.administrator)
        wizard.action_verify()
        self.assertEqual(wizard.break_count, 1)
        self.assertIn(f"Invoice no. {self.bill.id}", wizard.report)
        self.assertNotIn("SECRET", wizard.report)

    def test_the_amounts_of_an_invoice_stay_out_of_the_dialog(self):
        """It belongs to an administrator, who may not read the invoice."""
        posted = self._create_posted()
        self._sql("UPDATE account_move SET ref = 'SECRET-42' WHERE id = %s", posted.id)
        wizard = self._wizard(self.administrator)
        wizard.action_verify()
        self.assertEqual([found["code"] for found in wizard.breaks], ["content"])
        self.assertNotIn("SECRET", json.dumps(wizard.breaks))

    def test_only_auditors_and_administrators_verify(self):
        for user in (self.reader, self.contributor, self.manager, self.finance):
            self.assertRefused(AccessError, "", self._wizard, user)
        forged = self.env["account.validation.verify.wizard"].sudo().create({"company_id": self.company.id})
        self.assertRefused(
            AccessError, "Only auditors and administrators", forged.with_user(self.finance).sudo().action_verify
        )

    def test_what_a_client_enters_as_found_is_never_worded(self):
        """The sentences name records that their reader may not read: only a verification chooses these."""
        forged = [{"code": "event_missing", "request_id": self.bill.validation_request_id.id, "event": 1, "move_id": 1}]
        wizard = self._wizard(self.administrator)
        self.assertRefused(AccessError, "cannot be entered", wizard.write, {"breaks": forged})
        self.assertRefused(AccessError, "cannot be entered", self._wizard, self.administrator, breaks=forged)
        wizards = wizard.with_context(default_breaks=forged)
        self.assertRefused(AccessError, "cannot be entered", wizards.create, {})
        for record in (wizard, wizard.browse()):
            result = record.onchange({"breaks": forged}, ["breaks"], {"breaks": {}, "report": {}})
            self.assertFalse(result["value"].get("report"))

    def test_nobody_opens_the_dialog_of_somebody_else(self):
        wizard = self._wizard(self.administrator)
        self.assertRefused(AccessError, "", wizard.with_user(self.auditor).read, ["breaks"])
        self.assertRefused(AccessError, "", wizard.with_user(self.auditor).action_verify)

    def test_invoices_and_companies_without_access_are_refused(self):
        self.assertRefused(AccessError, "", self._wizard, self.administrator, move_ids=[Command.set(self.bill.ids)])
        wizard = self._wizard(self.administrator)
        wizard.sudo().move_ids = self.bill
        self.assertRefused(AccessError, "", wizard.action_verify)
        wizard = self._wizard()
        wizard.sudo().company_id = self.other_company
        self.assertRefused(AccessError, "no access to that company", wizard.action_verify)

    def test_a_period_that_ends_before_it_begins_is_refused(self):
        wizard = self._wizard(date_from="2026-02-01", date_to="2026-01-01")
        self.assertRefused(UserError, "ends before it begins", wizard.action_verify)

    def test_a_long_verification_goes_on_in_the_background(self):
        self._break()
        cron = self.env.ref("facturation_collab.ir_cron_verify")
        with patch.object(account_validation_verify, "AT_ONCE", 0):
            wizard = self._wizard()
            wizard.action_verify()
        self.assertEqual((wizard.state, wizard.progress), ("running", 0))
        triggers = self.env["ir.cron.trigger"].sudo().search([("cron_id", "=", cron.id)])
        self.assertTrue(triggers)
        with patch.object(type(self.env["res.users"]), "_bus_send") as send:
            wizard.sudo()._cron_verify()
        self.assertEqual((wizard.state, wizard.break_count, wizard.request_count), ("done", 1, 1))
        self.assertIn("1 broken links", send.call_args.args[1]["message"])

    def test_the_background_stops_when_its_time_is_over_and_goes_on_later(self):
        with patch.object(account_validation_verify, "AT_ONCE", 0):
            wizard = self._wizard()
            wizard.action_verify()
        self.time_left = 0
        wizard.sudo()._cron_verify()
        self.assertEqual(wizard.state, "running")
        self.time_left = 60
        wizard.sudo()._cron_verify()
        self.assertEqual(wizard.state, "done")

    def test_the_background_asks_again_what_its_user_may_do(self):
        with patch.object(account_validation_verify, "AT_ONCE", 0):
            wizard = self._wizard()
            wizard.action_verify()
        wizard.sudo().company_id = self.other_company
        wizard.sudo()._cron_verify()
        self.assertEqual((wizard.state, wizard.request_count), ("draft", 0))

    def test_the_menu_of_an_invoice_offers_it_to_auditors_only(self):
        actions = ["facturation_collab.account_move_action_verify", "facturation_collab.account_move_action_pack"]
        ids = {self.env.ref(action).id for action in actions}
        for user, expected in ((self.auditor, ids), (self.administrator, ids), (self.finance, set())):
            bindings = self.env["ir.actions.actions"].with_user(user).get_bindings("account.move")
            self.assertEqual({action["id"] for action in bindings.get("action", ())} & ids, expected)

    def test_the_period_is_that_of_the_person(self):
        self.assertEqual(
            self._wizard(date_from="2026-01-01")._get_scope(),
            {"company_ids": self.company.ids, "move_ids": False, "date_from": "2026-01-01", "date_to": False},
        )
        self.assertEqual(fields.Date.to_string(self._wizard(date_to="2026-01-31").date_to), "2026-01-31")
