"""The same person needed twice in a row decides once, where the policy says so: counted, recorded, and verified."""

import json

from odoo.exceptions import UserError

from .. import credentials, fingerprints
from ..audit import verify
from .approvers_common import ApproverCase
from .integrity_common import IntegrityCase


class TestMergedDecisions(ApproverCase, IntegrityCase):
    def _request(self, *levels, bill=None, **vals):
        vals = {"merge_decisions": True, "distinct_approvers": False, **vals}
        self._create_policy("Policy", *levels, **vals)
        return self._submit(bill or self._create_bill())

    def _two(self, first=None, second=None, **vals):
        """Two levels of the head, with these values."""
        return self._request(
            self._named(self.head, name="A", **(first or {})),
            self._named(self.head, name="B", sequence=20, **(second or {})),
            **vals,
        )

    def _merged(self, request):
        return request.event_ids.filtered(lambda event: isinstance(event.data, dict) and "merged_from" in event.data)

    def _archive(self, request):
        return json.loads(json.dumps(self.env["account.validation.archive"]._get_request(request), default=str))

    def assertIntact(self, request):
        self.assertFalse(self._verify(request.move_id))
        self.assertFalse(list(verify.check_request(self._archive(request))))

    def _prove(self, request, method="totp"):
        """Approve as the head with a proof for the first step."""
        step = request.step_ids.sorted("sequence")[0]
        proof = credentials.Proof(self.head.id, "approve", method, {step.id: request.fingerprint})
        return request.with_user(self.head).sudo()._decide("approve", "Because.", proof)

    def test_one_decision_counts_at_both_levels_and_the_history_says_so(self):
        request = self._two()
        first, second = request.step_ids.sorted("sequence")
        self._approve(request.move_id, self.head)
        self.assertEqual((request.state, second.state, second.voter_ids), ("approved", "approved", self.head))
        event = self._merged(request)
        self.assertEqual((event.type, event.step_id, event.user_id), ("approved", second, self.head))
        self.assertEqual(event.data, {"merged_from": first.id})
        self.assertIn("Counted from level “A”", event.note)
        self.assertEqual(
            request.event_ids.sorted("sequence").mapped("type"),
            ["submitted", "opened", "approved", "opened", "approved", "closed"],
        )
        self.assertIntact(request)
        self.assertIn("Approved at level “B” as well", "".join(request.move_id.message_ids.mapped("body")))

    def test_without_the_switch_they_decide_twice(self):
        request = self._two(merge_decisions=False)
        self._approve(request.move_id, self.head)
        self.assertEqual((request.state, request.waiting_user_ids), ("pending", self.head))
        self._approve(request.move_id, self.head)
        self.assertEqual(request.state, "approved")
        self.assertFalse(self._merged(request))

    def test_where_people_must_differ_nothing_is_counted_twice(self):
        people = (self.head, self.director)
        request = self._request(
            self._named(*people, name="A"), self._named(*people, name="B", sequence=20), distinct_approvers=True
        )
        self._approve(request.move_id, self.head)
        self.assertEqual((request.state, request.waiting_user_ids), ("pending", self.director))

    def test_three_in_a_row(self):
        levels = [self._named(self.head, name=name, sequence=number) for number, name in enumerate("ABC", start=1)]
        request = self._request(*levels)
        self._approve(request.move_id, self.head)
        self.assertEqual(request.state, "approved")
        self.assertEqual(len(self._merged(request)), 2)
        self.assertIntact(request)

    def test_only_twice_in_a_row(self):
        request = self._request(
            self._named(self.head, name="A"),
            self._named(self.director, name="B", sequence=20),
            self._named(self.head, name="C", sequence=30),
        )
        self._approve(request.move_id, self.head, self.director)
        self.assertEqual((request.state, request.waiting_user_ids), ("pending", self.head))

    def test_of_a_quorum_only_the_voices_of_those_who_are_asked_again(self):
        request = self._request(
            self._named(self.head, self.director, name="A", quorum="all"),
            self._named(self.head, self.controller, name="B", sequence=20, quorum="all"),
        )
        self._approve(request.move_id, self.head, self.director)
        second = request.step_ids.sorted("sequence")[1]
        self.assertEqual((second.state, second.voter_ids), ("open", self.head))
        self.assertEqual(
            (request.waiting_user_ids, self._get_activities(request.move_id)), (self.controller, ["Controller"])
        )
        self._approve(request.move_id, self.controller)
        self.assertEqual(request.state, "approved")
        self.assertIntact(request)

    def test_no_more_voices_than_the_quorum_needs(self):
        people = (self.head, self.director)
        request = self._request(
            self._named(*people, name="A", quorum="all"), self._named(*people, name="B", sequence=20)
        )
        self._approve(request.move_id, *people)
        self.assertEqual(request.step_ids.sorted("sequence")[1].voter_ids, self.head)

    def test_two_accounts_of_one_person_are_one_voice(self):
        request = self._request(
            self._named(self.head, self.director, name="A", quorum="all"),
            self._named(self.head, self.director, name="B", sequence=20, quorum="all"),
        )
        self._approve(request.move_id, self.head)
        self.director.sudo().partner_id = self.head.partner_id
        self.env.invalidate_all()
        first = request.step_ids.sorted("sequence")[0]
        self.assertRefused(UserError, "already approved", self._approve, request.move_id, self.director)
        self.assertEqual(first.voter_ids, self.head)

    def test_a_level_that_asks_for_a_comment(self):
        request = self._two(second={"comment_required": True})
        self._approve(request.move_id, self.head)
        self.assertEqual(request.state, "pending")
        request = self._two(second={"comment_required": True}, sequence=1)
        request.move_id.with_user(self.head).action_approve("Fine.")
        self.assertEqual(request.state, "approved")

    def test_a_level_that_asks_for_more_proof_than_was_given(self):
        for first, answer, second, state in (
            ({}, None, "password", "pending"),
            ({"authentication": "password"}, "password", "second_factor", "pending"),
            ({"authentication": "password"}, "totp", "second_factor", "approved"),
            ({"authentication": "second_factor"}, "totp", "password", "approved"),
        ):
            request = self._two(first, {"authentication": second}, sequence=1)
            refused = self._prove(request, answer or "password")
            self.assertFalse(refused)
            self.assertEqual(request.state, state, (first, answer, second))
            if state == "approved":
                self.assertEqual(self._merged(request).data["authentication"], answer)
            self.assertIntact(request)
            request.policy_id.mode = "off"

    def test_an_approval_by_a_program_counts_where_programs_may_approve(self):
        request = self._two({"authentication": "password"}, {"authentication": "password"}, api_key_allowed=True)
        self.patch(type(self.env["res.users"]), "_has_api_key", lambda _user: True)
        self._approve(request.move_id, self.head)
        self.assertEqual(request.state, "approved")
        self.assertEqual(self._merged(request).data["authentication"], "api_key")

    def test_separation_of_duties_of_the_next_level_is_asked(self):
        """The head changes the invoice between the levels; the first one lets whoever changed it approve."""
        request = self._request(
            self._named(self.head, name="A", exclude_editor=False),
            self._named(self.head, self.director, name="B", sequence=20),
        )
        self._sql("UPDATE account_move SET content_editor_id = %s WHERE id = %s", self.head.id, request.move_id.id)
        self._approve(request.move_id, self.head)
        self.assertEqual(request.state, "pending")
        self.assertFalse(self._merged(request))

    def test_returning_counts_nowhere(self):
        request = self._two()
        request.move_id.with_user(self.head).action_return("No.")
        self.assertEqual(request.state, "returned")
        self.assertFalse(self._merged(request))

    def test_a_change_of_the_policy_does_not_reach_a_request_under_way(self):
        request = self._two()
        request.policy_id.merge_decisions = False
        self._approve(request.move_id, self.head)
        self.assertEqual(request.state, "approved")

    def test_the_switch_is_part_of_the_plan(self):
        self.assertTrue(json.loads(self._two().plan)["merge_decisions"])

    def test_a_counted_approval_that_was_given_nowhere_is_found(self):
        request = self._two()
        self._approve(request.move_id, self.head)
        event, second = self._merged(request), request.step_ids.sorted("sequence")[1]
        values = {**event._get_hashed_values(), "data": {"merged_from": second.id}}
        closed = request.event_ids.sorted("sequence")[-1]
        for forged, vals in ((event, values), (closed, closed._get_hashed_values())):
            before = request.event_ids.filtered(lambda other, forged=forged: other.sequence == forged.sequence - 1)
            hash_ = self._chain(before.hash, event._get_payload(vals))
            self._sql(
                "UPDATE account_validation_event SET data = %s, previous_hash = %s, hash = %s WHERE id = %s",
                json.dumps(vals["data"]),
                before.hash,
                hash_,
                forged.id,
            )
        self.assertEqual(self._codes(request.move_id), ["merged"])
        self.assertRegex(self._sentences(request.move_id)[0], "counts an approval at step “B”")
        problems = list(verify.check_request(self._archive(request)))
        self.assertEqual(len(problems), 1)
        self.assertIn("given nowhere else", problems[0])

    def _chain(self, previous, payload):
        return fingerprints.fingerprint(f"{previous}\n{fingerprints.canonical(payload)}")

    def test_a_batch_costs_no_more_queries(self):
        def count(size):
            vals = [self._get_move_vals(department_id=self.marketing.id) for _bill in range(size)]
            bills = self.env["account.move"].with_user(self.contributor).create(vals)
            bills.action_submit()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            bills.with_user(self.head).action_approve()
            self.env.flush_all()
            self.assertEqual(set(bills.sudo().validation_request_id.mapped("state")), {"approved"})
            return self.env.cr.sql_log_count - before

        self._two()
        count(2)
        growth = (count(12) - count(4)) / 8
        self.assertLess(growth, 0.2)
