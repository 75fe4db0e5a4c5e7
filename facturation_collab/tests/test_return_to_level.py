from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .changes_common import ChangesCase


@tagged("post_install", "-at_install")
class TestReturnToLevel(ChangesCase):
    def _create_at_the_third_level(self):
        bill = self._create_bill()
        self._submit(bill)
        self._approve(bill, self.manager, self.controller)
        return bill

    def _step(self, bill, name):
        steps = bill.sudo().validation_request_id._get_live_steps()
        return steps.filtered(lambda step: step.name == name)

    def _return_to(self, bill, name, user=None, comment="Look at the quantity."):
        step_id = self._step(bill, name).id
        return bill.with_user(user or self.director).action_return(comment, step_id=step_id)

    def test_returned_to_level_one_and_back(self):
        bill = self._create_at_the_third_level()
        request = bill.sudo().validation_request_id
        first = self._step(bill, "Manager")
        self.assertFalse(self._return_to(bill, "Manager"))
        self.assertEqual((request.state, bill.sudo().validation_request_id), ("pending", request))
        self.assertEqual(self._states(bill), {"Manager": "open", "Finance": "approved", "Direction": "waiting"})
        self.assertEqual((first.state, first.voter_ids), ("superseded", self.manager), "what was decided stays")
        self.assertEqual(bill.sudo().validation_waiting_user_ids, self.manager)
        self.assertEqual(self._get_activities(bill), ["Manager"])
        self._approve(bill, self.manager)
        self.assertEqual(bill.sudo().validation_waiting_user_ids, self.director, "it comes back to who returned it")
        self._approve(bill, self.director)
        self.assertEqual((bill.validation_state, len(request.step_ids)), ("approved", 5))
        types = ["submitted", "opened", "approved", "opened", "approved", "opened"]
        types += ["returned_to", "opened", "approved", "opened", "approved", "closed"]
        self.assertEqual(self._events(bill), types)
        event = request.event_ids.filtered(lambda event: event.type == "returned_to")
        self.assertEqual((event.comment, event.user_id), ("Look at the quantity.", self.director))
        bill.with_user(self.finance).action_post()
        self.assertEqual(bill.state, "posted")

    def test_from_there_it_may_go_back_to_the_submitter(self):
        bill = self._create_at_the_third_level()
        self._return_to(bill, "Manager")
        bill.with_user(self.manager).action_return("Right: correct it.")
        self.assertEqual(bill.validation_state, "returned")
        self.assertEqual(self._states(bill), {"Manager": "returned", "Finance": "approved", "Direction": "cancelled"})
        bill.with_user(self.contributor).ref = "INV-9"
        self._submit(bill)
        self.assertEqual(self._carried(bill), ["Finance"], "the level between stands")
        self.assertEqual(bill.sudo().validation_waiting_user_ids, self.manager)
        self._approve(bill, self.manager)
        self.assertEqual(bill.sudo().validation_waiting_user_ids, self.director)

    def test_a_level_that_decided_anew_is_what_the_next_submission_takes_over(self):
        bill = self._create_at_the_third_level()
        self._return_to(bill, "Manager")
        self._approve(bill, self.manager)
        anew = self._step(bill, "Manager")
        bill.with_user(self.director).action_return("Correct it.")
        self._submit(bill)
        self.assertEqual(self._carried(bill), ["Manager", "Finance"])
        self.assertEqual(self._step(bill, "Manager").previous_step_id, anew)
        self._return_to(bill, "Manager")
        self.assertEqual(self._step(bill, "Manager").previous_step_id, anew, "an approval that stands is reopened, too")
        self._approve(bill, self.manager, self.director)
        self.assertEqual(bill.validation_state, "approved")

    def test_again_and_again(self):
        bill = self._create_at_the_third_level()
        for _round in range(3):
            self._return_to(bill, "Finance")
            self._approve(bill, self.controller)
        self._approve(bill, self.director)
        self.assertEqual(bill.validation_state, "approved")

    def test_levels_at_the_same_time_wait_together(self):
        self.policy.level_ids = [
            self._level("Audit", sequence=30, approver_type="user", user_ids=self.finance.ids),
        ]
        bill = self._create_at_the_third_level()
        self._return_to(bill, "Manager")
        expected = {"Manager": "open", "Finance": "approved", "Direction": "waiting", "Audit": "waiting"}
        self.assertEqual(self._states(bill), expected)
        self._approve(bill, self.manager, self.finance, self.director)
        self.assertEqual(bill.validation_state, "approved")

    def test_a_comment_is_required(self):
        bill = self._create_at_the_third_level()
        for comment in ("", " ", None):
            self.assertRefused(
                UserError, "Say what has to be looked at", self._return_to, bill, "Manager", comment=comment
            )
        self.assertEqual(self._step(bill, "Direction").state, "open")

    def test_only_to_an_earlier_level_that_has_approved_it(self):
        bill = self._create_at_the_third_level()
        other = self._create_at_the_third_level()
        refused = bill.with_user(self.director).action_return
        for step in (self._step(bill, "Direction"), self._step(other, "Manager")):
            self.assertRefused(UserError, "only to Manager or Finance", refused, "no", step_id=step.id)
        for step_id in ("because", 1.5, [1], True):
            self.assertRefused(UserError, "id of the step", refused, "no", step_id=step_id)
        fresh = self._create_bill()
        self._submit(fresh)
        step_id = self._step(fresh, "Finance").id
        self.assertRefused(
            UserError, "No earlier level", fresh.with_user(self.manager).action_return, "no", step_id=step_id
        )

    def test_only_by_who_decides_now(self):
        bill = self._create_at_the_third_level()
        self.assertRefused(UserError, "already approved", self._return_to, bill, "Manager", self.controller)
        self.assertRefused(UserError, "not among the approvers", self._return_to, bill, "Manager", self.finance)
        self.assertRefused(AccessError, "", self._return_to, bill, "Manager", self.outsider)

    def test_an_unsubmitted_invoice_is_not_returned(self):
        bill = self._create_bill()
        self.assertRefused(UserError, "not submitted", bill.with_user(self.contributor).action_return, "no", step_id=1)

    def test_the_dialog_offers_the_levels(self):
        bill = self._create_at_the_third_level()
        wizard = self.env["account.validation.decision.wizard"].with_user(self.director)
        wizard = wizard.create({"move_ids": [Command.set(bill.ids)], "outcome": "return", "comment": "Look again."})
        self.assertEqual(wizard.return_step_ids.mapped("name"), ["Manager", "Finance"])
        wizard.return_step_id = wizard.return_step_ids[1]
        wizard.action_confirm()
        self.assertEqual(self._states(bill), {"Manager": "approved", "Finance": "open", "Direction": "waiting"})

    def test_the_dialog_offers_nothing_to_others(self):
        bill = self._create_at_the_third_level()
        wizard = self.env["account.validation.decision.wizard"]
        vals = {"move_ids": [Command.set(bill.ids)], "outcome": "return"}
        self.assertFalse(wizard.with_user(self.finance).create(vals).return_step_ids)
        self.assertRefused(AccessError, "", wizard.with_user(self.outsider).create, vals)
        many = wizard.with_user(self.director).create(
            {"move_ids": [Command.set((bill | self._create_at_the_third_level()).ids)], "outcome": "return"}
        )
        self.assertFalse(many.return_step_ids)

    def test_to_validate_offers_the_levels_to_who_decides_now_and_to_nobody_else(self):
        bill = self._create_at_the_third_level()
        targets = [{"id": self._step(bill, name).id, "name": name} for name in ("Manager", "Finance")]
        self.assertEqual(bill.with_user(self.director).validation_return_targets, targets)
        for user in (self.manager, self.controller, self.finance):
            self.assertFalse(bill.with_user(user).validation_return_targets, user.name)
        first = self._create_bill()
        self.assertFalse(first.with_user(self.manager).validation_return_targets)
        self._submit(first)
        self.assertFalse(first.with_user(self.manager).validation_return_targets)

    def test_the_panel_shows_the_steps_that_count_and_what_was_said(self):
        bill = self._create_at_the_third_level()
        self._return_to(bill, "Manager")
        panel = bill.with_user(self.manager).validation_panel
        self.assertEqual([step["state"] for step in panel["steps"]], ["open", "approved", "waiting"])
        self.assertEqual(panel["comments"][-1]["text"], "Look at the quantity.")
        self.assertEqual(panel["comments"][-1]["type_label"], "Returned to an earlier level")
