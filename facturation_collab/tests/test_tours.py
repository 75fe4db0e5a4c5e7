"""The stories of the product in a real Chromium, each person on the screen that they use."""

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .test_step_up import SECRET
from .validation_common import ValidationCase

DESKTOP = "1366x768"
PHONE = "375x667"


@tagged("post_install", "-at_install")
class TestTours(ValidationCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vendor = cls.env["res.partner"].sudo().create({"name": "Tour Vendor", "supplier_rank": 1})
        # The welcome of the bot opens by itself and covers the screen of a phone.
        users = cls.contributor | cls.manager | cls.controller | cls.administrator | cls.auditor
        users.sudo().odoobot_state = "disabled"

    def _play(self, tour, user, size=DESKTOP, path="/odoo"):
        """Play a tour as a user, with a mouse on a desktop or with a finger on a phone."""
        self.browser_size = size
        self.touch_enabled = size == PHONE
        self.start_tour(path, f"facturation_collab_{tour}", login=user.login)
        self.env.invalidate_all()

    def test_bill_is_submitted_approved_on_a_phone_and_posted(self):
        self._play("contributor_submits", self.contributor)
        bill = self.env["account.move"].sudo().search([("ref", "=", "TOUR-1")])
        self.assertEqual(bill.validation_waiting_user_ids, self.manager)

        self._play("manager_approves_on_a_phone", self.manager, PHONE, "/odoo/to-validate")
        self.assertEqual(bill.validation_waiting_user_ids, self.controller)

        self._play("finance_approves_and_posts", self.controller)
        self.assertRecordValues(bill, [{"state": "posted", "validation_state": "approved"}])

    def test_bill_is_returned_with_a_reason_corrected_and_submitted_again(self):
        bill = self._create_bill(partner_id=self.vendor.id, ref="TOUR-2").sudo()
        self._submit(bill)

        self._play("manager_returns_on_a_phone", self.manager, PHONE, "/odoo/to-validate")
        self.assertEqual(bill.validation_state, "returned")

        self._play("contributor_corrects", self.contributor)
        self._play("manager_approves_the_correction", self.manager, PHONE, "/odoo/to-validate")
        self.assertEqual(bill.validation_waiting_user_ids, self.controller)
        self.assertEqual(bill.amount_total, 900.0)

    def test_administrator_reads_policies_and_writes_one(self):
        self._play("administrator_writes_a_policy", self.administrator)
        policy = self.env["account.validation.policy"].sudo().search([("name", "=", "Large bills")])
        self.assertRecordValues(policy.level_ids, [{"name": "Manager", "sequence": 10, "approver_type": "role"}])

    def test_auditor_verifies_a_bill_and_makes_a_pack(self):
        bill = self._create_bill(partner_id=self.vendor.id, ref="TOUR-3")
        self._submit(bill)
        self._play("auditor_verifies_and_makes_a_pack", self.auditor)
        pack = self.env["account.validation.pack"].sudo().search([("user_id", "=", self.auditor.id)])
        self.assertRecordValues(pack, [{"invoice_count": 1, "request_count": 1}])

    def _create_submitted(self, **vals):
        bill = self._create_bill(partner_id=self.vendor.id, **vals).sudo()
        self._submit(bill)
        return bill

    def _get_proof(self, bill):
        """How the last approval of a bill was proven."""
        events = bill.validation_request_id.event_ids.filtered(lambda event: event.type == "approved")
        return events[-1:].data

    @mute_logger("odoo.http")
    def test_bill_is_approved_with_a_code_on_a_phone(self):
        self.policy.level_ids[0].authentication = "second_factor"
        self.manager.sudo().totp_secret = SECRET
        bill = self._create_submitted()
        self._play("manager_approves_with_a_code_on_a_phone", self.manager, PHONE, "/odoo/to-validate")
        self.assertEqual(bill.validation_waiting_user_ids, self.controller)
        self.assertEqual(self._get_proof(bill), {"authentication": "totp"})

    def test_bill_is_approved_with_the_password_in_the_form(self):
        self.policy.level_ids[1].write({"authentication": "password", "comment_required": True})
        bill = self._create_submitted()
        self._approve(bill, self.manager)
        path = f"/odoo/collaborative-bills/{bill.id}"
        self._play("finance_approves_with_the_password_in_the_form", self.controller, path=path)
        self.assertEqual(bill.validation_state, "approved")
        self.assertEqual(self._get_proof(bill), {"authentication": "password"})

    def test_who_lacks_a_second_factor_is_led_to_set_one_up_and_comes_back(self):
        self.policy.level_ids[0].authentication = "second_factor"
        bill = self._create_submitted()
        self._play("manager_sets_up_a_second_factor", self.manager, path=f"/odoo/collaborative-bills/{bill.id}")
        self.assertEqual(bill.validation_waiting_user_ids, self.manager)
