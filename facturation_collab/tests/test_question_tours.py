"""A question that is answered by e-mail, and the step going on, in a real Chromium."""

from odoo.tests import HttpCase, tagged

from .question_common import QuestionCase

DESKTOP = "1366x768"
PHONE = "375x667"


@tagged("post_install", "-at_install")
class TestQuestionTours(QuestionCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vendor = cls.env["res.partner"].sudo().create({"name": "Tour Vendor", "supplier_rank": 1})
        # The welcome of the bot opens by itself and covers the screen of a phone.
        cls.manager.sudo().odoobot_state = "disabled"

    def _play(self, tour, size, path):
        self.browser_size = size
        self.touch_enabled = size == PHONE
        self.start_tour(path, f"facturation_collab_{tour}", login=self.manager.login)
        self.env.invalidate_all()

    def test_a_question_is_answered_by_mail_and_the_step_goes_on(self):
        bill = self._create_bill(partner_id=self.vendor.id)
        self._submit(bill)
        self._play("manager_asks_on_a_phone", PHONE, "/odoo/to-validate")
        question = bill.sudo().question_ids
        self.assertEqual((question.state, question.user_id), ("open", self.contributor))
        self._reply(question, self.contributor.email)
        self.assertEqual(question.state, "answered")
        self._play("manager_goes_on_after_the_answer", DESKTOP, "/odoo/to-validate")
        self.assertEqual(bill.validation_waiting_user_ids, self.controller)
        self._play("manager_accepts_the_answer", DESKTOP, f"/odoo/invoice-questions/{question.id}")
        self.assertEqual(question.state, "accepted")
