"""Three departments on one bill, each person on the screen that they use, in a real Chromium."""

from odoo import Command
from odoo.tests import HttpCase, tagged

from .test_shares import ShareCase
from .test_tours import DESKTOP, PHONE


@tagged("post_install", "-at_install")
class TestShareTours(ShareCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vendor = cls.env["res.partner"].sudo().create({"name": "Tour Vendor", "supplier_rank": 1})
        # The welcome of the bot opens by itself and covers the screen of a phone.
        (cls.contributor | cls.manager | cls.head | cls.planner).sudo().odoobot_state = "disabled"

    def _create_tour_bill(self):
        lines = (
            ("Posters", 300, self.marketing),
            ("Pallets", 50, self.logistics),
            ("Van", 200, self.logistics),
            ("Stand", 100, self.events),
        )
        commands = [
            {"name": name, "price_unit": price, "department_id": owner.id, "tax_ids": [Command.clear()]}
            for name, price, owner in lines
        ]
        bill = self._create_bill(
            partner_id=self.vendor.id, invoice_line_ids=[Command.create(line) for line in commands]
        )
        self._submit(bill)
        return bill.sudo()

    def _play(self, tour, user, size=DESKTOP, path="/odoo"):
        self.browser_size = size
        self.touch_enabled = size == PHONE
        self.start_tour(path, f"facturation_collab_{tour}", login=user.login)
        self.env.invalidate_all()

    def test_three_departments_on_one_bill(self):
        bill = self._create_tour_bill()
        self._approve(bill, self.manager)
        self._play("head_refuses_a_line", self.head, path="/odoo/to-validate")
        self.assertEqual(bill.validation_state, "pending")
        self._approve(bill, self.planner)
        self.assertRecordValues(bill.validation_request_id, [{"state": "returned", "refused_amount": 50.0}])
        self._play("contributor_takes_refused_lines_out", self.contributor, path=f"/odoo/account.move/{bill.id}")
        self.assertEqual(bill.amount_total, 600.0)
        self.assertEqual(bill.validation_waiting_user_ids, self.head)
        self._approve(bill, self.head, self.controller)
        self.assertEqual(bill.validation_state, "approved")

    def test_a_line_is_refused_on_a_phone(self):
        bill = self._create_tour_bill()
        self._play("head_refuses_a_line_on_a_phone", self.head, PHONE, "/odoo/to-validate")
        step = self._step_of(bill, self.head)
        self.assertEqual([reason for _line, reason, _user in step.refused], ["Never delivered"])

    def test_whoever_must_not_see_other_lines_decides_on_the_share_alone(self):
        self.logistics.sudo().is_confidential = True
        bill = self._create_tour_bill()
        step = self._step_of(bill, self.planner)
        self.assertEqual(step.confined_user_ids, self.planner)
        self._play("planner_decides_a_share_alone", self.planner)
        self.assertEqual(step.state, "approved")
