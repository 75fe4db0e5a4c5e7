"""B decides for A: A's place is used, B counts once, separation of duties holds for both, and the records say so."""

import json

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .. import chains
from ..audit import verify
from .delegation_common import DelegationCase


class VoiceCase(DelegationCase):
    def _ask(self, users, **vals):
        """The first level asks these users."""
        vals = {"approver_type": "user", "user_ids": [Command.set(users.ids)], **vals}
        self.policy.level_ids[0].write(vals)

    def _approval(self, request):
        return request.event_ids.filtered(lambda event: event.type == "approved").sorted("sequence")[-1:]


@tagged("post_install", "-at_install")
class TestDelegatedDecision(VoiceCase):
    def test_an_absence_in_the_middle_of_a_circuit(self):
        bill, request = self._submit_bill()
        self._approve(bill, self.manager)
        delegation = self._delegate(self.controller, self.deputy)
        self._approve(bill, self.deputy)
        step = request.step_ids.sorted("sequence")[1]
        self.assertEqual((request.state, step.voter_ids), ("approved", self.deputy))
        self.assertEqual(step.represented_ids, self.controller)
        event = self._approval(request)
        self.assertEqual(event.user_id, self.deputy)
        self.assertEqual(event.data, {"for": self.controller.id, "delegation": delegation.id})
        self.assertTrue(request.event_ids._is_chain_intact())
        bill.with_user(self.finance).action_post()
        self.assertEqual(bill.sudo().state, "posted")

    def test_returning_and_rejecting_are_for_somebody_too(self):
        self._delegate()
        for outcome, state in (("return", "returned"), ("reject", "rejected")):
            bill, request = self._submit_bill()
            getattr(bill.with_user(self.deputy), f"action_{outcome}")("Wrong price")
            event = request.event_ids.filtered(lambda event, state=state: event.type == state)
            self.assertEqual((request.state, event.data["for"]), (state, self.manager.id))
            self.assertFalse(request.step_ids.represented_ids)

    def test_the_one_who_delegated_still_decides(self):
        self._delegate()
        bill, request = self._submit_bill()
        self._approve(bill, self.manager)
        self.assertFalse(self._approval(request).data)
        self.assertRefused(UserError, "not the turn|not among", bill.with_user(self.deputy).action_approve)

    # ---- one place, one voice

    def test_a_place_is_used_once(self):
        self._ask(self.manager | self.validator, quorum="all")
        self._delegate()
        bill, request = self._submit_bill()
        self._approve(bill, self.deputy)
        self.assertEqual(request.waiting_user_ids, self.validator)
        self.assertRefused(
            UserError, "Deputy has already approved this invoice for you", bill.with_user(self.manager).action_approve
        )
        self.assertRefused(UserError, "already approved", bill.with_user(self.deputy).action_approve)
        self._approve(bill, self.validator)
        self.assertEqual(request.step_ids[0].state, "approved")

    def test_the_delegate_of_two_people_counts_once(self):
        self._ask(self.manager | self.validator, quorum="all")
        self._delegate()
        self._delegate(self.validator, self.deputy)
        bill, request = self._submit_bill()
        self._approve(bill, self.deputy)
        self.assertEqual(request.step_ids[0].state, "open")
        self.assertRefused(UserError, "already approved", bill.with_user(self.deputy).action_approve)
        used = request.step_ids[0].represented_ids
        self.assertEqual(request.waiting_user_ids, (self.manager | self.validator) - used)
        self._approve(bill, (self.manager | self.validator) - used)
        self.assertEqual(request.step_ids[0].state, "approved")

    def test_an_approver_uses_their_own_place_first_and_no_other(self):
        self._ask(self.manager | self.validator, quorum="all")
        self._delegate(self.manager, self.validator)
        bill, request = self._submit_bill()
        self._approve(bill, self.validator)
        self.assertFalse(self._approval(request).data)
        self.assertEqual(request.waiting_user_ids, self.manager)
        self.assertRefused(UserError, "already approved", bill.with_user(self.validator).action_approve)

    def test_a_second_account_of_an_approver_is_no_second_voice(self):
        self._ask(self.manager | self.validator, quorum="all")
        self._delegate()
        self.deputy.partner_id = self.validator.partner_id
        bill, request = self._submit_bill()
        self.assertEqual(request.waiting_user_ids, self.manager | self.validator)
        self.assertIn("one person is one voice", request.step_ids[0]._can_decide(self.deputy)[1])

    def test_a_quorum_counts_delegates_as_persons(self):
        self._ask(self.manager | self.validator | self.director, quorum="count", quorum_count=2)
        self._delegate()
        self._delegate(self.validator, self.other)
        bill, request = self._submit_bill()
        self._approve(bill, self.deputy)
        self.assertEqual(request.waiting_user_ids, self.validator | self.other | self.director)
        self._approve(bill, self.other)
        step = request.step_ids[0]
        self.assertEqual((step.state, step.voter_ids), ("approved", self.deputy | self.other))

    # ---- separation of duties, both ways

    def test_a_delegate_who_entered_or_submitted_it_does_not_decide(self):
        self._give_role(self.deputy, self.marketing, "contributor")
        self._delegate()
        entered = self._create_bill(self.deputy)
        self._submit(entered)
        self.assertEqual(entered.sudo().validation_waiting_user_ids, self.manager)
        for action in (entered.with_user(self.deputy).action_approve,):
            self.assertRefused(UserError, "You entered or submitted", action)
        self.assertRefused(UserError, "You entered or submitted", entered.with_user(self.deputy).action_return, "No")
        submitted = self._create_bill()
        self._submit(submitted, self.deputy)
        self.assertRefused(UserError, "You entered or submitted", submitted.with_user(self.deputy).action_approve)

    def test_nobody_decides_for_an_approver_who_is_excluded(self):
        self._ask(self.finance)
        self._delegate(self.finance, self.deputy)
        bill, request = self._submit_bill()
        self.assertTrue(self._can_approve(bill, self.deputy))
        bill.with_user(self.finance).invoice_line_ids.write({"name": "Other"})
        bill.with_user(self.finance).invoice_line_ids.write({"name": "Line"})
        self.assertTrue(request._is_content_unchanged())
        self.assertRefused(
            UserError, "Finance, for whom you decide, entered, changed", bill.with_user(self.deputy).action_approve
        )

    def test_different_people_at_each_level_counts_the_delegate(self):
        self._delegate()
        self._delegate(self.controller, self.deputy)
        bill, request = self._submit_bill()
        self._approve(bill, self.deputy)
        self.assertEqual(request.waiting_user_ids, self.controller)
        self.assertRefused(UserError, "different people", bill.with_user(self.deputy).action_approve)

    def test_a_delegate_whom_a_later_level_needs_is_spared(self):
        self._delegate(self.manager, self.controller)
        bill, request = self._submit_bill()
        self.assertEqual(request.waiting_user_ids, self.manager)
        self.assertRefused(UserError, "needed at a later level", bill.with_user(self.controller).action_approve)
        self._approve(bill, self.manager, self.controller)
        self.assertEqual(request.state, "approved")

    def test_the_same_people_may_where_the_policy_allows_it(self):
        self.policy.distinct_approvers = False
        self._delegate()
        self._delegate(self.controller, self.deputy)
        bill, request = self._submit_bill()
        self._approve(bill, self.deputy, self.deputy)
        self.assertEqual(request.state, "approved")

    def test_a_delegate_without_access_is_not_asked(self):
        self._delegate()
        bill, request = self._submit_bill()
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.deputy.sudo().write({"company_ids": [(6, 0, elsewhere.ids)], "company_id": elsewhere.id})
        request._refresh_waiting()
        self.assertEqual(request.waiting_user_ids, self.manager)
        self.deputy.sudo().write({"company_ids": [(4, self.company.id)], "active": False})
        request._refresh_waiting()
        self.assertEqual(request.waiting_user_ids, self.manager)

    def test_an_archived_approver_has_nobody_decide(self):
        self._delegate()
        bill, request = self._submit_bill()
        self.manager.sudo().active = False
        self.assertFalse(self._can_approve(bill, self.deputy))

    # ---- what people read

    def test_the_chatter_the_panel_and_the_reason_say_for_whom(self):
        self._ask(self.manager | self.validator, quorum="all")
        self._delegate()
        bill, request = self._submit_bill()
        step = request.step_ids[0]
        self.assertIn("Deputy can decide for Manager.", step._get_reason_text())
        self._approve(bill, self.deputy)
        self.assertIn("Approved for Manager at level “Manager”.", "".join(bill.sudo().message_ids.mapped("body")))
        self.assertIn("Deputy decided for Manager.", step._get_reason_text())
        self.env.invalidate_all()
        people = bill.with_user(self.validator).validation_panel["steps"][0]["people"]
        self.assertEqual(
            sorted((person["name"], person["state"]) for person in people),
            [("Deputy for Manager", "approved"), ("Validator", "waiting")],
        )
        self.assertEqual(self._approval(request)._get_label(), "Approved for Manager")

    def test_the_trail_and_the_table_of_decisions_say_for_whom(self):
        self._delegate()
        bill, _request = self._submit_bill()
        self._approve(bill, self.deputy)
        report = self.env["ir.actions.report"].with_user(self.auditor)
        html = report._render_qweb_html("facturation_collab.report_validation_trail", bill.ids)[0].decode()
        self.assertIn("Approved for Manager", html)
        table = self.env["account.validation.archive"]._get_decisions(bill.sudo().validation_request_ids).decode()
        self.assertIn("collab_deputy,,Manager", table)

    # ---- cost

    def _count(self, function):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        function()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _submit_many(self, count):
        vals = [self._get_move_vals(department_id=self.marketing.id) for _bill in range(count)]
        bills = self.env["account.move"].with_user(self.contributor).create(vals)
        requests = self._submit(bills)
        requests._assign()  # As the job does for many: a few have their activities already.
        return bills, requests

    def test_the_queries_of_a_batch_do_not_grow(self):
        self._delegate()
        self._delegate(self.controller, self.other)
        self._submit_many(2)
        cost = {}
        for count in (5, 25):
            bills, requests = self._submit_many(count)
            cost["refresh", count] = self._count(requests._refresh_actors)
            cost["approve", count] = self._count(bills.with_user(self.deputy).action_approve)
            self.assertEqual(requests.step_ids.represented_ids, self.manager)
        for operation in ("refresh", "approve"):
            growth = (cost[operation, 25] - cost[operation, 5]) / 20
            self.assertLess(growth, 0.2, (operation, cost))

    def test_nothing_is_looked_up_where_nobody_delegates(self):
        _bill, request = self._submit_bill()
        self.assertFalse(self.env["account.validation.delegation"]._has_any())
        actors = request.step_ids._get_actors()
        self.env["res.users"]._get_persons()
        with self.assertQueryCount(0):
            self.assertEqual(request.step_ids._get_actors(), actors)


@tagged("post_install", "-at_install")
class TestDelegatedDecisionVerified(VoiceCase):
    """A decision for somebody else is intact as it was recorded, and a forged one is found."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.verifier = cls.env["account.validation.verifier"]

    def setUp(self):
        super().setUp()
        self._delegate()
        self.bill, self.request = self._submit_bill()
        self._approve(self.bill, self.deputy)
        self.step = self.request.step_ids.sorted("sequence")[0]

    def _codes(self):
        return [found["code"] for found in self.verifier._verify_requests(self.request)]

    def _sentences(self):
        wording = self.env["account.validation.wording"].with_user(self.auditor)
        return " ".join(wording._describe_break(found) for found in self.verifier._verify_requests(self.request))

    def _check_pack(self):
        """What the program in the pack says of the request."""
        values = json.loads(json.dumps(self.env["account.validation.archive"]._get_request(self.request)))
        return " ".join(verify.check_request(values))

    def _sql(self, query, *params):
        self.env.flush_all()
        self.env.cr.execute(query, params)
        self.env.invalidate_all()

    def _rewrite_chain(self):
        previous = ""
        for event in self.request.event_ids.sorted("sequence"):
            hash_ = chains.chained_hash(previous, event._get_payload(event._get_hashed_values()))
            self._sql(
                "UPDATE account_validation_event SET previous_hash = %s, hash = %s WHERE id = %s",
                previous,
                hash_,
                event.id,
            )
            previous = hash_

    def test_it_is_intact(self):
        self.assertEqual((self._codes(), self._check_pack()), ([], ""))

    def test_a_place_that_is_said_to_be_used_and_is_not(self):
        table = "account_validation_step_represented_rel"
        self._sql(f"DELETE FROM {table} WHERE account_validation_step_id = %s", self.step.id)
        self.assertEqual(self._codes(), ["represented"])
        self.assertIn("approved for nobody, and its events say for Manager", self._sentences())
        self.assertIn("counts voices for other people", self._check_pack())

    def test_for_whom_is_covered_by_the_hash(self):
        event = self._approval(self.request)
        self._sql(
            "UPDATE account_validation_event SET data = jsonb_set(data::jsonb, '{for}', %s::jsonb) WHERE id = %s",
            str(self.controller.id),
            event.id,
        )
        self.assertIn("event_changed", self._codes())
        self.assertIn("is not what its hash says", self._check_pack())

    def test_a_voter_who_was_never_asked(self):
        """The whole chain computed anew, by somebody who knows the rules: the plan tells."""
        event = self._approval(self.request)
        self._sql("UPDATE account_validation_event SET data = NULL WHERE id = %s", event.id)
        table = "account_validation_step_represented_rel"
        self._sql(f"DELETE FROM {table} WHERE account_validation_step_id = %s", self.step.id)
        self._rewrite_chain()
        self.assertEqual(self._codes(), ["place"])
        self.assertIn("Approved, Deputy", self._sentences())
        self.assertIn("decides for somebody who was not asked", self._check_pack())

    def test_a_voice_that_is_given_twice(self):
        other = self._create_bill()
        self._ask(self.manager | self.validator, quorum="all")
        self.request = self._submit(other)
        self._approve(other, self.deputy, self.validator)
        event = self._approval(self.request)
        self.assertEqual(self._codes(), [])
        self._sql(
            "UPDATE account_validation_event SET data = %s WHERE id = %s",
            json.dumps({"for": self.manager.id}),
            event.id,
        )
        self._rewrite_chain()
        self.assertIn("place", self._codes())
        self.assertIn("or had decided", self._check_pack())
