"""Giving a place to somebody else, taking one over, and asking for advice: who may, to whom, and what is recorded."""

import json

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..audit import verify
from .delegation_common import DelegationCase


class HandoverCase(DelegationCase):
    def setUp(self):
        super().setUp()
        self.bill, self.request = self._submit_bill()
        self.step = self.request.step_ids.sorted("sequence")[0]

    def _reassign(self, user, successor, reason="She ordered it", approver=None, bills=None):
        bills = bills or self.bill
        return bills.with_user(user).action_reassign(successor.id, reason, approver and approver.id)

    def _event(self, event_type, request=None):
        events = (request or self.request).event_ids
        return events.filtered(lambda event: event.type == event_type).sorted("sequence")[-1:]

    def _codes(self):
        return [found["code"] for found in self.env["account.validation.verifier"]._verify_requests(self.request)]

    def _check_pack(self):
        values = json.loads(json.dumps(self.env["account.validation.archive"]._get_request(self.request)))
        return " ".join(verify.check_request(values))


@tagged("post_install", "-at_install")
class TestReassign(HandoverCase):
    def test_an_approver_gives_their_own_place(self):
        self.assertFalse(self._reassign(self.manager, self.other))
        self.assertEqual(self.step.approver_ids, self.other)
        self.assertEqual(self.request.waiting_user_ids, self.other)
        self.assertEqual(self._get_activities(self.bill), ["Other"])
        event = self._event("reassigned")
        self.assertEqual((event.user_id, event.comment, event.step_id), (self.manager, "She ordered it", self.step))
        self.assertEqual(event.data, {"seats": {"out": self.manager.ids, "in": self.other.ids}})
        self.assertEqual(event._get_label(), "Given to somebody else: Manager → Other")
        self.assertTrue(self.bill.with_user(self.other).has_access("read"))
        self.assertTrue(self.bill.with_user(self.manager).has_access("read"))
        self.assertRefused(UserError, "not among", self.bill.with_user(self.manager).action_approve)
        self._approve(self.bill, self.other, self.controller)
        self.assertEqual(self.request.state, "approved")

    def test_the_verifier_applies_it_on_top_of_the_plan(self):
        plan = self.request.plan
        self._reassign(self.manager, self.other)
        self._approve(self.bill, self.other)
        self.assertEqual(self.request.plan, plan)
        self.assertEqual((self._codes(), self._check_pack()), ([], ""))

    def test_a_place_that_changed_without_an_event_is_found(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_validation_step_approver_rel SET res_users_id = %s WHERE account_validation_step_id = %s",
            [self.other.id, self.step.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self._codes(), ["step_changed"])
        self.assertIn("asks other people", self._check_pack())

    def test_a_manager_gives_the_places_of_their_department(self):
        self.policy.level_ids[0].role = "validator"
        self.bill, self.request = self._submit_bill()
        self._reassign(self.manager, self.other, approver=self.validator)
        self.assertEqual(self.request.waiting_user_ids, self.manager | self.other)
        self._reassign(self.director, self.deputy, approver=self.manager)
        self.assertEqual(self.request.waiting_user_ids, self.deputy | self.other)

    def test_whose_place_has_to_be_said_where_there_are_several(self):
        self.policy.level_ids[0].role = "validator"
        self.bill, self.request = self._submit_bill()
        self.assertRefused(UserError, "Say whose place", self._reassign, self.director, self.other)
        self.assertRefused(
            UserError, "Finance is not asked", self._reassign, self.director, self.other, "x", self.finance
        )

    def test_a_manager_does_not_give_the_places_of_others(self):
        self._approve(self.bill, self.manager)
        for user in (self.manager, self.director):
            self.assertRefused(UserError, "Only Controller", self._reassign, user, self.other)

    def test_an_administrator_gives_any_place_of_an_invoice_that_they_may_read(self):
        self.assertRefused(AccessError, "", self._reassign, self.administrator, self.other)
        self._give_role(self.administrator, self.marketing, "reader")
        self._reassign(self.administrator, self.other)
        self.assertEqual(self.step.approver_ids, self.other)

    def test_others_give_nothing(self):
        for user in (self.contributor, self.validator, self.finance, self.auditor):
            self.assertRefused(UserError, "Only Manager", self._reassign, user, self.other)
        self.assertRefused(AccessError, "", self._reassign, self.outsider, self.other)

    def test_whoever_submitted_it_does_not_choose_who_approves(self):
        bill = self._create_bill(self.director)
        self._submit(bill, self.director)
        self.assertRefused(UserError, "must choose who approves", self._reassign, self.director, self.other, bills=bill)

    def test_nobody_gives_a_place_to_themselves(self):
        self._give_role(self.administrator, self.marketing, "reader")
        self.assertRefused(UserError, "to themselves", self._reassign, self.administrator, self.administrator)

    def test_the_successor_passes_what_is_asked_of_every_approver(self):
        stranger = self._create_user("stranger")
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        abroad = self._create_user(
            "abroad",
            groups="facturation_collab.group_user",
            company_id=elsewhere.id,
            company_ids=[(6, 0, elsewhere.ids)],
        )
        for user, reason in (
            (stranger, "no access to collaborative"),
            (abroad, "no access to the company"),
            (self.contributor, "Contributor entered, changed or submitted"),
            (self.controller, "needed there"),
        ):
            self.assertRefused(UserError, reason, self._reassign, self.manager, user)
        self.policy.level_ids[0].write(
            {"approver_type": "user", "user_ids": [Command.set((self.manager | self.validator).ids)]}
        )
        self.bill, self.request = self._submit_bill()
        self.assertRefused(UserError, "already asked", self._reassign, self.manager, self.validator)
        self.deputy.partner_id = self.validator.partner_id
        self.assertRefused(UserError, "already asked", self._reassign, self.manager, self.deputy)

    def test_whoever_approved_at_another_level_takes_no_place(self):
        self._approve(self.bill, self.manager)
        self.assertRefused(UserError, "at another level", self._reassign, self.controller, self.manager)

    def test_a_reason_and_a_person_are_needed(self):
        for reason in (None, "", "  "):
            self.assertRefused(UserError, "Say why", self._reassign, self.manager, self.other, reason)
        for number in (None, 0, -1, 2**62, "1", True, [1], {}):
            self.assertRefused(
                UserError, "Choose a person", self.bill.with_user(self.manager).action_reassign, number, "because"
            )

    def test_nothing_is_given_when_nobody_is_asked(self):
        draft = self._create_bill()
        self.assertRefused(UserError, "not being validated", self._reassign, self.manager, self.other, bills=draft)

    def test_many_are_given_with_a_report(self):
        bills = self.bill | self._create_bill() | self._create_bill()
        self._submit(bills - self.bill)
        self._approve(self.bill, self.manager)
        action = self._reassign(self.manager, self.other, bills=bills)
        self.assertIn("Invoices given to somebody else: 2.", action["params"]["message"])
        self.assertIn("Only Controller", action["params"]["message"])

    def test_the_queries_of_a_batch_do_not_grow(self):
        cost = {}
        for count in (3, 5, 25):
            vals = [self._get_move_vals(department_id=self.marketing.id) for _bill in range(count)]
            bills = self.env["account.move"].with_user(self.contributor).create(vals)
            self._submit(bills)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._reassign(self.manager, self.other, bills=bills)
            self.env.flush_all()
            cost[count] = self.env.cr.sql_log_count - before
        self.assertLess((cost[25] - cost[5]) / 20, 0.2, cost)

    def test_a_successor_has_others_decide_as_everybody(self):
        self._reassign(self.manager, self.other)
        self._delegate(self.other, self.deputy)
        self.assertEqual(self.request.waiting_user_ids, self.other | self.deputy)

    def test_in_the_dialog(self):
        action = self.bill.with_user(self.manager).with_context(default_operation="reassign")
        action = action.action_open_handover_wizard()
        dialog = self.env["account.validation.handover"].with_user(self.manager).with_context(**action["context"])
        dialog = dialog.create({"user_id": self.other.id, "comment": "Knows it"})
        self.assertEqual(dialog.possible_approver_ids, self.manager)
        dialog.action_confirm()
        self.assertEqual(self.request.waiting_user_ids, self.other)


@tagged("post_install", "-at_install")
class TestTakeOver(HandoverCase):
    def test_a_manager_above_takes_over(self):
        self.bill.with_user(self.director).action_take_over("She is ill")
        self.assertEqual(self.step.approver_ids, self.director)
        event = self._event("taken_over")
        self.assertEqual((event.user_id, event.comment), (self.director, "She is ill"))
        self.assertEqual((self._codes(), self._check_pack()), ([], ""))
        self._approve(self.bill, self.director)
        self.assertEqual(self.step.state, "approved")

    def test_only_a_manager_of_the_approvers_department(self):
        for user in (self.contributor, self.validator, self.finance, self.auditor):
            self.assertRefused(UserError, "Only a manager", self.bill.with_user(user).action_take_over, "Now")
        self._approve(self.bill, self.manager)
        self.assertRefused(UserError, "Only a manager", self.bill.with_user(self.director).action_take_over, "Now")

    def test_a_manager_below_does_not_replace_the_one_above(self):
        self.policy.level_ids[0].approver_type = "parent_role"
        bill, _request = self._submit_bill()
        self.assertRefused(UserError, "Only a manager", bill.with_user(self.manager).action_take_over, "Now")

    def test_duties_hold_for_whoever_takes_over(self):
        bill = self._create_bill()
        self._submit(bill, self.director)
        self.assertRefused(
            UserError, "entered, changed or submitted", bill.with_user(self.director).action_take_over, "x"
        )

    def test_a_reason_is_needed(self):
        self.assertRefused(UserError, "Say why", self.bill.with_user(self.director).action_take_over, " ")


@tagged("post_install", "-at_install")
class TestAdvice(HandoverCase):
    def _forward(self, user=None, adviser=None, question="Was it delivered?"):
        return self.bill.with_user(user or self.manager).action_forward((adviser or self.other).id, question)

    def _advice_activities(self):
        kind = self.env.ref("facturation_collab.mail_activity_type_advise")
        activities = self.env["mail.activity"].sudo()
        return activities.search([("activity_type_id", "=", kind.id), ("res_id", "=", self.bill.id)])

    def test_an_opinion_decides_nothing(self):
        self.assertFalse(self.bill.with_user(self.other).has_access("read"))
        self._forward()
        self.assertTrue(self.bill.with_user(self.other).has_access("read"))
        self.assertTrue(self.bill.with_user(self.other).validation_can_advise)
        self.assertEqual(self._advice_activities().user_id, self.other)
        self.assertEqual(self.request.waiting_user_ids, self.manager)
        self.assertRefused(UserError, "not among", self.bill.with_user(self.other).action_approve)
        self.bill.with_user(self.other).action_advise("Yes, on Monday.")
        self.assertFalse(self._advice_activities())
        self.assertFalse(self.bill.with_user(self.other).validation_can_advise)
        asked, given = self._event("advice_asked"), self._event("advice_given")
        self.assertEqual((asked.comment, asked.data), ("Was it delivered?", {"adviser": self.other.id}))
        self.assertEqual((given.comment, given.data), ("Yes, on Monday.", {"questions": [asked.sequence]}))
        self.assertEqual(self.request.state, "pending")
        self.assertEqual((self._codes(), self._check_pack()), ([], ""))
        comments = self.bill.with_user(self.manager).validation_panel["comments"]
        self.assertEqual([comment["type_label"] for comment in comments], ["Advice asked: Other", "Advice given"])

    def test_whoever_asked_hears_of_it(self):
        self._forward()
        self.bill.with_user(self.other).action_advise("Yes, on Monday.")
        domain = [("notified_partner_ids", "in", self.manager.partner_id.ids)]
        message = self.env["mail.message"].sudo().search(domain, order="id desc", limit=1)
        self.assertIn("Yes, on Monday.", message.body)

    def test_a_delegate_asks_too(self):
        self._delegate()
        self._forward(self.deputy)
        self.assertTrue(self._event("advice_asked"))

    def test_only_whoever_decides_asks(self):
        for user in (self.contributor, self.validator, self.finance):
            self.assertRefused(UserError, "", self._forward, user)
        self.assertRefused(AccessError, "", self._forward, self.outsider)

    def test_who_cannot_be_asked(self):
        stranger = self._create_user("stranger")
        for adviser, reason in ((stranger, "no access to collaborative"), (self.manager, "than yourself")):
            self.assertRefused(UserError, reason, self._forward, self.manager, adviser)
        self._forward()
        self.assertRefused(UserError, "already asked", self._forward)

    def test_only_whoever_was_asked_advises_and_once(self):
        self.assertRefused(
            UserError, "Nobody waits for your advice", self.bill.with_user(self.validator).action_advise, "x"
        )
        self._forward()
        self.bill.with_user(self.other).action_advise("Yes")
        self.assertRefused(
            UserError, "Nobody waits for your advice", self.bill.with_user(self.other).action_advise, "x"
        )

    def test_texts_are_needed(self):
        self.assertRefused(UserError, "what you want to know", self._forward, question=" ")
        self._forward()
        self.assertRefused(UserError, "Write your advice", self.bill.with_user(self.other).action_advise, "")

    def test_nobody_is_asked_any_more_once_it_is_decided(self):
        self._forward()
        self.bill.with_user(self.manager).action_return("No")
        self.assertFalse(self._advice_activities())
        self.assertRefused(UserError, "not being validated", self.bill.with_user(self.other).action_advise, "x")

    def test_activities_for_advice_stay_while_others_decide(self):
        self._forward()
        self._approve(self.bill, self.manager)
        self.assertEqual(self._advice_activities().user_id, self.other)
