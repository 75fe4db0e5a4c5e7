"""A dispute from the portal to its credit note, and customer service, in a real Chromium."""

from odoo.tests import tagged

from .portal_common import PortalCase

DESKTOP = "1366x768"
PHONE = "375x667"


@tagged("post_install", "-at_install")
class TestPortalTours(PortalCase):
    def _play(self, tour, user, size, path):
        user.sudo().odoobot_state = "disabled"
        self.browser_size = size
        self.touch_enabled = size == PHONE
        self.start_tour(path, f"facturation_collab_{tour}", login=user.login)
        self.env.invalidate_all()

    def test_a_dispute_goes_from_the_portal_to_its_credit_note(self):
        self._create_policy("Credit notes", self._level("Credit", role="manager"), apply_out_refund=True, sequence=1)
        self._play("customer_disputes", self.clerk, PHONE, f"/my/invoices/{self.invoice.id}")
        dispute = self.invoice.sudo().question_ids
        self.assertEqual((dispute.disputed_amount, dispute.department_id), (50.0, self.marketing))
        self._play(
            "contributor_proposes_a_credit_note", self.contributor, DESKTOP, f"/odoo/invoice-questions/{dispute.id}"
        )
        note = dispute.credit_move_id
        self.assertEqual((note.amount_total, note.validation_state), (50.0, "pending"))
        self._approve(note, self.manager)
        note.with_user(self.finance).action_post()
        dispute.with_user(self.contributor).action_answer("You are right: here is the credit note.")
        path = f"/my/invoices/{self.invoice.id}/questions/{dispute.id}"
        self._play("customer_accepts_the_credit_note", self.clerk, PHONE, path)
        self.assertEqual(dispute.state, "accepted")
        self.assertFalse(self.invoice.validation_is_disputed)

    def test_customer_service_answers_from_one_screen(self):
        service = self._create_user("service", groups="facturation_collab.group_customer_service")
        responses = self.env["mail.canned.response"].with_user(service)
        responses.create({"source": "price", "substitution": "The price is that of your order."})
        question = self.invoice._ask_from_outside(self.customer, self.kind.id, "Is the price right?")
        self._play("service_answers_a_customer", service, DESKTOP, "/odoo/customer-service")
        self.assertEqual((question.state, question.answer), ("answered", "The price is that of your order."))
