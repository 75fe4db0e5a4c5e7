from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .validation_common import ValidationCase

REASON = "The vendor cuts the power tonight, and both approvers are on a plane."


class BreakGlassCase(ValidationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = "account.group_account_invoice,facturation_collab.group_administrator"
        cls.chief = cls._create_user("chief", groups=groups)

    def _force(self, bill, user=None, reason=REASON):
        bill.with_user(user or self.chief).action_force(reason)
        return bill.sudo().validation_request_ids.filtered("review_state")

    def _wizard(self, bill, user, outcome, comment):
        wizards = self.env["account.validation.decision.wizard"].with_user(user)
        vals = {"move_ids": [(6, 0, bill.ids)], "outcome": outcome, "comment": comment}
        wizards.create(vals).action_confirm()


@tagged("post_install", "-at_install")
class TestBreakGlass(BreakGlassCase):
    def test_a_bill_that_was_never_submitted(self):
        bill = self._create_bill().sudo()
        self.assertTrue(bill.with_user(self.chief).validation_can_force)
        request = self._force(bill)
        self.assertEqual((bill.state, bill.validation_state), ("posted", "forced"))
        self.assertEqual(request.event_ids.sorted("sequence").mapped("type"), ["recorded", "forced"])
        self.assertEqual(request.event_ids.sorted("sequence")[-1].comment, REASON)
        self.assertEqual((request.forced_by_id, request.policy_id), (self.chief, self.policy))
        self.assertEqual(request.review_state, "to_review")
        self.assertTrue(request.event_ids._is_chain_intact())

    def test_a_bill_under_validation_keeps_its_request(self):
        bill = self._create_bill().sudo()
        request = self._submit(bill)
        self.assertEqual(self._force(bill), request)
        self.assertEqual((request.state, request.submitter_id), ("forced", self.contributor))
        self.assertEqual(set(request.step_ids.mapped("state")), {"cancelled"})
        self.assertFalse(request.waiting_user_ids)
        self.assertNotIn("Manager", self._get_activities(bill))
        self.assertRefused(UserError, "", bill.with_user(self.manager).action_approve)

    def test_a_confidential_bill_is_told_to_nobody_who_may_not_read_it(self):
        self._give_role(self.chief, self.marketing, "reader")
        self.marketing.sudo().is_confidential = True
        bill = self._create_bill().sudo()
        request = self._force(bill)
        self.assertNotIn(self.administrator, request.participant_ids)
        self.assertFalse(bill.with_user(self.administrator).has_access("read"))
        self.assertNotIn("Administrator", self._get_review_names(bill))
        self.assertIn("Auditor", self._get_review_names(bill))

    def _get_review_names(self, bill):
        """Names of the users who are asked to review that a bill was posted without validation."""
        review = self.env.ref("facturation_collab.mail_activity_type_review")
        domain = [("res_model", "=", "account.move"), ("res_id", "=", bill.id), ("activity_type_id", "=", review.id)]
        return self.env["mail.activity"].sudo().search(domain).mapped("user_id.name")

    def test_a_bill_changed_under_validation_gets_another_request(self):
        bill = self._create_bill().sudo()
        first = self._submit(bill)
        bill.ref = "Other"
        request = self._force(bill)
        self.assertEqual((first.state, request.state, bill.state), ("cancelled", "forced", "posted"))

    def test_a_bill_held_back_by_a_policy_that_was_switched_off(self):
        bill = self._create_bill().sudo()
        self._submit(bill)
        self.policy.mode = "off"
        bill.ref = "Other"
        self.assertEqual((self._force(bill).mode, bill.state), ("enforce", "posted"))

    def test_returned_and_outdated_bills(self):
        returned, outdated = self._create_bill().sudo(), self._create_approved()
        self._submit(returned)
        returned.with_user(self.manager).action_return("no")
        outdated.ref = "Other"
        (returned | outdated).with_user(self.chief).action_force(REASON)
        self.assertEqual((returned | outdated).mapped("state"), ["posted", "posted"])

    def test_a_rejected_bill_is_not_posted_even_so(self):
        bill = self._create_bill().sudo()
        self._submit(bill)
        bill.with_user(self.manager).action_reject("no")
        self.assertFalse(bill.with_user(self.chief).validation_can_force)
        self.assertRefused(UserError, "rejected", self._force, bill)

    def test_nothing_to_force(self):
        approved, free = self._create_approved(), self._create_bill(self.outsider, self.logistics).sudo()
        for bill in (approved, free):
            self.assertFalse(bill.with_user(self.chief).validation_can_force)
            self.assertRefused(UserError, "Nothing holds it back", self._force, bill)
        bill = self._create_bill().sudo()
        self._force(bill)
        self.assertRefused(UserError, "no longer a draft", self._force, bill)

    def test_only_administrators_who_are_accounting(self):
        bill = self._create_bill().sudo()
        for user in (self.finance, self.manager, self.contributor, self.controller):
            self.assertFalse(bill.with_user(user).validation_can_force)
            self.assertRefused(UserError, "Only an administrator", self._force, bill, user)
            self.assertRefused(UserError, "Only an administrator", self._wizard, bill, user, "force", REASON)
        self._give_role(self.administrator, self.marketing, "manager")
        for user in (self.administrator, self.auditor):
            self.assertRefused(UserError, "Only an administrator", self._force, bill, user)
        self.assertRefused((AccessError, UserError), "", self._force, bill, self.outsider)
        self.assertFalse(bill.validation_request_ids)
        self.assertEqual(bill.state, "draft")

    def test_elevated_rights_do_not_make_an_administrator(self):
        bill = self._create_bill().with_user(self.finance).sudo()
        self.assertRefused(UserError, "Only an administrator", bill.action_force, REASON)

    def test_a_reason_is_needed(self):
        bill = self._create_bill().sudo()
        for reason in (None, "", "urgent", " " * 40):
            self.assertRefused(UserError, "at least 20 characters", self._force, bill, reason=reason)
        self.assertEqual(bill.state, "draft")

    def test_nobody_writes_a_forced_request_by_hand(self):
        bill = self._create_bill().sudo()
        request = self._submit(bill)
        for user in (self.chief, self.env.ref("base.user_root")):
            for vals in ({"state": "forced"}, {"review_state": "reviewed"}, {"forced_by_id": user.id}):
                self.assertRefused(AccessError, "", request.with_user(user).write, vals)
                self.assertRefused(AccessError, "", request.with_user(user).sudo().write, vals)

    def test_the_gate_compares_the_content_as_after_an_approval(self):
        bill = self._create_bill().sudo()
        self._force(bill)
        self.assertRefused(UserError, "stays as it was approved", bill.write, {"ref": "Other"})
        bill.with_user(self.finance).button_draft()
        bill.ref = "Other"
        self.assertRefused(UserError, "changed after it was approved", bill.with_user(self.finance).action_post)

    def test_through_the_dialog(self):
        bill = self._create_bill().sudo()
        action = bill.with_user(self.chief).with_context(default_outcome="force").action_open_decision_wizard()
        self.assertEqual(action["context"]["default_outcome"], "force")
        self._wizard(bill, self.chief, "force", REASON)
        self.assertEqual(bill.state, "posted")

    def test_the_button_is_for_them_alone(self):
        bill = self._create_bill().sudo()
        for user, count in ((self.chief, 1), (self.finance, 0), (self.contributor, 0)):
            arch = bill.with_user(user).get_view(view_type="form")["arch"]
            self.assertEqual(arch.count("'default_outcome': 'force'"), count, user.name)
        self.assertTrue(Form(bill.with_user(self.chief)).validation_can_force)

    def test_managers_and_administrators_are_told(self):
        bill = self._create_bill().sudo()
        self._force(bill)
        for user in (self.manager, self.administrator, self.auditor):
            message = self.env["mail.message"].sudo().search([("partner_ids", "in", user.partner_id.ids)], limit=1)
            self.assertIn("without their validation", message.body, user.name)
        activity_type = self.env.ref("facturation_collab.mail_activity_type_review")
        activities = bill.activity_ids.filtered(lambda activity: activity.activity_type_id == activity_type)
        self.assertLessEqual({self.administrator, self.auditor}, set(activities.user_id))
        self.assertNotIn(self.chief, activities.user_id)
        self.assertEqual(bill.with_user(self.administrator).state, "posted")
        self.assertIn(REASON, "".join(bill.message_ids.mapped("body")))

    def test_a_forced_bill_is_paid(self):
        bill = self._create_bill().sudo()
        self._force(bill)
        self.assertFalse(bill._get_payment_refusals())


@tagged("post_install", "-at_install")
class TestReview(BreakGlassCase):
    def test_somebody_else_reviews(self):
        bill = self._create_bill().sudo()
        request = self._force(bill)
        for user in (self.administrator, self.auditor):
            self.assertTrue(bill.with_user(user).validation_can_review)
        bill.with_user(self.auditor).action_review("Called the vendor: all is well")
        self.assertEqual((request.review_state, request.reviewer_id), ("reviewed", self.auditor))
        event = request.event_ids.sorted("sequence")[-1]
        self.assertEqual((event.type, event.comment), ("reviewed", "Called the vendor: all is well"))
        self.assertTrue(request.event_ids._is_chain_intact())
        activity_type = self.env.ref("facturation_collab.mail_activity_type_review")
        self.assertNotIn(activity_type, bill.activity_ids.activity_type_id)
        self.assertRefused(UserError, "was reviewed by", bill.with_user(self.administrator).action_review, "Again")

    def test_not_who_did_it_nor_people_without_the_right(self):
        bill = self._create_bill().sudo()
        self._force(bill)
        self.assertFalse(bill.with_user(self.chief).validation_can_review)
        self.assertRefused(UserError, "somebody else", bill.with_user(self.chief).action_review, "All is well")
        for user in (self.finance, self.manager, self.contributor):
            self.assertFalse(bill.with_user(user).validation_can_review)
            self.assertRefused(
                UserError, "Only administrators and auditors", bill.with_user(user).action_review, "All is well"
            )

    def test_a_comment_is_needed(self):
        bill = self._create_bill().sudo()
        self._force(bill)
        self.assertRefused(UserError, "what your review found", bill.with_user(self.auditor).action_review, " ")

    def test_nothing_to_review(self):
        bill = self._create_approved()
        self.assertRefused(UserError, "nothing to review", bill.with_user(self.auditor).action_review, "Well")

    def test_through_the_list(self):
        bill = self._create_bill().sudo()
        request = self._force(bill)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "facturation_collab.account_validation_request_action_forced"
        )
        self.assertIn("graph,pivot", action["view_mode"])
        Request = self.env["account.validation.request"].with_user(self.auditor)
        self.assertEqual(Request.search([("review_state", "!=", False)]).ids, request.ids)
        groups = Request._read_group([("review_state", "!=", False)], ["forced_by_id", "forced_at:month"], ["__count"])
        self.assertEqual([(user.id, count) for user, _month, count in groups], [(self.chief.id, 1)])
        dialog = request.with_user(self.auditor).action_open_review_wizard()
        self.assertEqual(dialog["context"], {"default_move_ids": bill.ids, "default_outcome": "review"})
        self._wizard(bill, self.auditor, "review", "Checked with the vendor")
        self.assertEqual(request.review_state, "reviewed")

    def test_other_departments_do_not_see_it(self):
        bill = self._create_bill().sudo()
        self._force(bill)
        Request = self.env["account.validation.request"].with_user(self.outsider)
        self.assertFalse(Request.search([("review_state", "!=", False)]))
        self.assertRefused(AccessError, "", bill.with_user(self.outsider).action_review, "All is well")
