"""The sample of an automatic approval: people review these bills, know that they do, and the history keeps it."""

from unittest.mock import patch

from odoo.tests import tagged

from ..audit import verify
from .automatic_common import AutomaticCase


@tagged("post_install", "-at_install")
class TestAutomaticSample(AutomaticCase):
    def setUp(self):
        super().setUp()
        self.sampled = True

    def _types(self, request):
        return request.event_ids.sorted("sequence").mapped("type")

    def _get_summaries(self, request):
        domain = [("res_model", "=", "account.move"), ("res_id", "=", request.move_id.id)]
        return {activity.user_id: activity.summary for activity in self.env["mail.activity"].sudo().search(domain)}

    def test_the_history_says_that_it_was_drawn_before_people_are_asked(self):
        request = self._submit_bill()
        self.assertGoesToPeople(request)
        self.assertTrue(request.auto_sampled)
        self.assertEqual(self._types(request), ["submitted", "sampled", "opened"])
        event = request.event_ids.filtered(lambda event: event.type == "sampled")
        self.assertEqual((event.user_id, event.data), (self.env.ref("base.user_root"), {"sample": 1}))
        self.assertIn("Drawn for the sample", "".join(request.move_id.message_ids.mapped("body")))

    def test_whoever_reviews_it_has_an_activity_that_says_so_at_each_level(self):
        request = self._submit_bill()
        summary = "Review of the sample: check it, then approve or return"
        self.assertEqual(self._get_summaries(request), {self.manager: summary})
        self._approve(request.move_id, self.manager)
        self.assertEqual(self._get_summaries(request), {self.controller: summary})
        self._approve(request.move_id, self.controller)
        self.assertFalse(self._get_summaries(request))

    def test_the_activity_speaks_the_language_of_its_person(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env.ref("base.module_facturation_collab")._update_translations("fr_FR")
        self.manager.lang = "fr_FR"
        self.assertIn("échantillon", self._get_summaries(self._submit_bill())[self.manager])

    def test_the_card_says_why(self):
        request = self._submit_bill()
        panel = request.move_id.with_user(self.manager).validation_panel
        self.assertIn("It is in the sample", panel["steps"][0]["reason"])

    def test_each_decision_is_recorded_as_the_review(self):
        request = self._submit_bill()
        self._approve(request.move_id, self.manager, self.controller)
        events = request.event_ids.filtered(lambda event: event.type == "approved")
        self.assertEqual(events.mapped("data"), [{"sampled": True}] * 2)
        self.assertEqual(events.mapped("user_id"), self.manager | self.controller)
        self.assertIn("Review of the sample", events[0].note)
        self.assertEqual((request.state, request.auto_approved, request.auto_sampled), ("approved", False, True))

    def test_a_review_that_finds_something_is_recorded_too(self):
        request = self._submit_bill()
        request.move_id.with_user(self.manager).action_return("Not delivered.")
        event = request.event_ids.filtered(lambda event: event.type == "returned")
        self.assertEqual((event.data, event.comment), ({"sampled": True}, "Not delivered."))
        found = self.env["account.validation.request"].sudo().search([("auto_sampled", "=", True)])
        self.assertEqual(found.mapped("state"), ["returned"])

    def test_a_bill_that_people_check_anyway_is_no_part_of_the_sample(self):
        for vals in ({"amount": 5000}, {"partner_id": self.partner_b.id}):
            request = self._submit_bill(**vals)
            self.assertGoesToPeople(request)
            self.assertFalse(request.auto_sampled)
            self.assertEqual(self._types(request), ["submitted", "opened"])
            self.assertEqual(self._get_summaries(request), {self.manager: "Approve or return"})
        self._approve(request.move_id, self.manager)
        self.assertFalse(request.event_ids.filtered(lambda event: event.type == "approved").data)

    def test_a_batch_draws_some_and_approves_the_others(self):
        bills = [self._create_bill(ref=f"bill {number}", amount=500 + number) for number in range(2)]
        drawn = f"{bills[1].id}:{self.policy.id}"
        with patch("odoo.addons.facturation_collab.fingerprints.is_sampled", lambda key, percent: key == drawn):
            requests = self._submit(bills[0] | bills[1])
        self.assertEqual(
            {request.move_id: (request.state, request.auto_sampled) for request in requests},
            {bills[0]: ("approved", False), bills[1]: ("pending", True)},
        )

    def test_verify_accepts_it(self):
        request = self._submit_bill()
        self._approve(request.move_id, self.manager, self.controller)
        with patch.object(verify, "is_sampled", lambda key, percent: True):
            self.assertEqual(self.verifier._verify_requests(request), [])
            self.assertIn("INTACT", self._run_verifier(request.move_id))
