"""The history of a bill in a real Chromium: edit, look, compare, bring back."""

from odoo.tests import HttpCase, tagged

from .validation_common import ValidationCase


@tagged("post_install", "-at_install")
class TestHistoryTours(ValidationCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill = cls._create_bill(ref="Before")
        cls.contributor.sudo().odoobot_state = "disabled"

    def _play(self, size):
        self.browser_size = size
        self.touch_enabled = size == "375x667"
        tour = "facturation_collab_history_is_read_and_a_version_brought_back"
        self.start_tour(f"/odoo/collaborative-bills/{self.bill.id}", tour, login=self.contributor.login)
        self.env.invalidate_all()
        revisions = self.bill.sudo().revision_ids.sorted("number")
        self.assertEqual(self.bill.ref, "Before")
        self.assertEqual(revisions.mapped("through"), ["screen", "screen"])
        self.assertEqual((revisions[1].is_restored, revisions[1].restored_number), (True, 0))

    def test_a_version_is_looked_at_and_brought_back_on_a_desktop(self):
        self._play("1366x768")

    def test_a_version_is_looked_at_and_brought_back_on_a_phone(self):
        self._play("375x667")
