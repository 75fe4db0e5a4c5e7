"""What happens in the middle of a circuit, in a real Chromium: an absence, an edit, a question to an earlier level."""

from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from .changes_common import ChangesCase
from .delegation_common import DelegationCase

DESKTOP = "1366x768"
PHONE = "375x667"
TO_VALIDATE = "/odoo/to-validate"


class CircuitTours:
    """What these tours share."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vendor = cls.env["res.partner"].sudo().create({"name": "Tour Vendor", "supplier_rank": 1})
        # The welcome of the bot opens by itself and covers the screen of a phone.
        cls.env["res.users"].sudo().search([("login", "like", "collab_")]).odoobot_state = "disabled"

    def _play(self, tour, user, size=DESKTOP, path="/odoo"):
        """Play a tour as a user, with a mouse on a desktop or with a finger on a phone."""
        self.browser_size = size
        self.touch_enabled = size == PHONE
        self.start_tour(path, f"facturation_collab_{tour}", login=user.login)
        self.env.invalidate_all()

    def _play_on_a_phone(self, tour, user, path=TO_VALIDATE):
        self._play(f"{tour}_on_a_phone", user, PHONE, path)

    def _get_events(self, bill, event_type):
        events = bill.sudo().validation_request_id.event_ids.sorted("sequence")
        return events.filtered(lambda event: event.type == event_type)


@tagged("post_install", "-at_install")
class TestAbsenceTour(CircuitTours, DelegationCase, HttpCase):
    def test_the_approver_of_level_two_goes_away_while_the_bill_waits(self):
        controller = self.controller.with_user(self.controller)
        controller.validation_deputy_id = self.deputy
        bill, request = self._submit_bill(partner_id=self.vendor.id, amount=1500.0)
        self._play_on_a_phone("manager_approves", self.manager)
        self.assertEqual(request.waiting_user_ids, self.controller)

        controller.out_of_office_from = fields.Datetime.now() - timedelta(hours=1)
        self.env.flush_all()
        self._play_on_a_phone("controller_confirms_the_deputy", self.controller, "/odoo/my-delegations")
        self.assertEqual(request.waiting_user_ids, self.controller | self.deputy)
        self._play_on_a_phone("deputy_approves_level_two", self.deputy)
        first, second = self._get_events(bill, "approved")
        self.assertEqual(first.user_id, self.manager)
        self.assertNotIn("for", first.data or {})
        self.assertEqual((second.user_id, second.data["for"]), (self.deputy, self.controller.id))

        controller.write({"out_of_office_from": False})
        self.assertEqual(self.delegations.search([]).mapped("state"), ["revoked"])
        self._play("controller_reads_who_decided", self.controller, path=f"/odoo/collaborative-bills/{bill.id}")
        self.assertEqual(bill.sudo().state, "posted")
        self.assertEqual(self.env["account.validation.verifier"].sudo()._verify_requests(request), [])


@tagged("post_install", "-at_install")
class TestEditTour(CircuitTours, ChangesCase, HttpCase):
    def test_an_edit_after_level_two_asks_level_two_again_and_shows_it_the_difference(self):
        self.first.tolerance_percent = 5.0
        bill = self._create_returned(partner_id=self.vendor.id, amount=1000.0)
        path = f"/odoo/collaborative-bills/{bill.id}"
        self._play("contributor_corrects_within_the_tolerance", self.contributor, path=path)
        self.assertEqual(self._states(bill), {"Manager": "approved", "Finance": "open", "Direction": "waiting"})
        self.assertEqual(self._carried(bill), ["Manager"])

        self._play_on_a_phone("controller_sees_the_difference", self.controller)
        self.assertEqual(bill.sudo().validation_waiting_user_ids, self.director)
        [event] = self._get_events(bill, "approved")
        self.assertEqual(event.user_id, self.controller)
        self.assertTrue(event.data["difference"])

        self._approve(bill, self.director)
        self.assertEqual((bill.sudo().validation_state, bill.sudo().amount_total), ("approved", 1030.0))
        self.assertEqual(
            self.env["account.validation.verifier"].sudo()._verify_requests(bill.sudo().validation_request_id), []
        )

    def test_a_bill_goes_back_to_an_earlier_level_and_comes_back(self):
        bill = self._create_bill(partner_id=self.vendor.id)
        self._submit(bill)
        self._approve(bill, self.manager)
        self._play_on_a_phone("controller_returns_to_the_first_level", self.controller)
        self.assertEqual(bill.sudo().validation_waiting_user_ids, self.manager)
        [event] = self._get_events(bill, "returned_to")
        self.assertEqual((event.user_id, event.comment), (self.controller, "Was all of it delivered?"))

        self._play_on_a_phone("manager_answers_what_came_back", self.manager)
        self.assertEqual(bill.sudo().validation_waiting_user_ids, self.controller)
