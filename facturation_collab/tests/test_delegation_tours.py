"""An absence in the middle of a circuit, in a real Chromium: delegating and deciding on a phone."""

from odoo.tests import HttpCase, tagged

from .delegation_common import DelegationCase

DESKTOP = "1366x768"
PHONE = "375x667"


@tagged("post_install", "-at_install")
class TestDelegationTours(DelegationCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vendor = cls.env["res.partner"].sudo().create({"name": "Tour Vendor", "supplier_rank": 1})
        # The welcome of the bot opens by itself and covers the screen of a phone.
        (cls.manager | cls.deputy | cls.controller).sudo().odoobot_state = "disabled"

    def _play(self, tour, user, size, path):
        self.browser_size = size
        self.touch_enabled = size == PHONE
        self.start_tour(path, f"facturation_collab_{tour}", login=user.login)
        self.env.invalidate_all()

    def test_somebody_away_has_a_colleague_decide(self):
        bill, request = self._submit_bill(partner_id=self.vendor.id)
        self._play("manager_has_somebody_decide_on_a_phone", self.manager, PHONE, "/odoo/my-delegations")
        self.assertEqual(request.waiting_user_ids, self.manager | self.deputy)
        self._play("deputy_approves_for_somebody_on_a_phone", self.deputy, PHONE, "/odoo/to-validate")
        event = request.event_ids.filtered(lambda event: event.type == "approved")
        self.assertEqual((event.user_id, event.data["for"]), (self.deputy, self.manager.id))
        path = f"/odoo/collaborative-bills/{bill.id}"
        self._play("finance_sees_who_decided_for_whom", self.controller, DESKTOP, path)
        self.assertEqual(request.event_ids.sorted("sequence")[-1].type, "advice_asked")
