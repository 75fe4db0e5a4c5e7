import json

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .. import credentials, facets
from .changes_common import ChangesCase

OPEN = {"Manager": "open", "Finance": "waiting", "Direction": "waiting"}


@tagged("post_install", "-at_install")
class TestChangesUnderWay(ChangesCase):
    # ---- what stands

    def test_an_edit_after_level_two_asks_only_whom_it_concerns(self):
        self.first.depends_on_partner = False
        vendor = self.partner_a.copy({"name": "Other vendor"})
        vendor.property_supplier_payment_term_id = self.partner_a.property_supplier_payment_term_id
        bill = self._create_returned({"partner_id": vendor.id})
        request = self._submit(bill)
        changed = facets.facets_changed(json.loads(request.previous_id.snapshot), self._snapshot(bill))
        self.assertEqual(changed, {"partner"})
        self.assertEqual(self._states(bill), {"Manager": "approved", "Finance": "open", "Direction": "waiting"})
        self.assertEqual(self._carried(bill), ["Manager"])
        self.assertEqual(request.step_ids.sorted("sequence")[0].voter_ids, self.manager)
        self.assertEqual(self._events(bill), ["submitted", "carried", "opened"])
        self.assertEqual(bill.sudo().validation_waiting_user_ids, self.controller)
        self._approve(bill, self.controller)
        self.assertEqual(bill.sudo().validation_waiting_user_ids, self.director, "it comes back to who returned it")
        self._approve(bill, self.director)
        self.assertEqual(bill.validation_state, "approved")
        bill.with_user(self.finance).action_post()
        self.assertEqual(bill.state, "posted")

    def test_what_changed_nothing_goes_straight_back_to_who_returned_it(self):
        for edit in (None, {"ref": "INV-9"}):
            bill = self._create_returned(edit)
            self._submit(bill)
            self.assertEqual(self._states(bill), {"Manager": "approved", "Finance": "approved", "Direction": "open"})
            self.assertIn("Earlier approvals stand", str(bill.sudo().message_ids.mapped("body")))

    def test_texts_matter_where_a_level_says_so(self):
        self.second.depends_on_texts = True
        bill = self._create_returned({"ref": "INV-9"})
        self._submit(bill)
        self.assertEqual(self._carried(bill), ["Manager"])

    def test_lines_and_amounts_ask_everybody_by_default(self):
        bill = self._create_returned()
        self._set_price(bill, 900)
        self._submit(bill)
        self.assertEqual(self._states(bill), OPEN)
        self.assertFalse(self._carried(bill))

    def test_what_an_approved_invoice_is_changed_by_is_asked_about(self):
        bill = self._create_bill()
        self._submit(bill)
        self._approve(bill, self.manager, self.controller, self.director)
        self.first.depends_on_dates = self.third.depends_on_dates = False
        bill.with_user(self.finance).invoice_date = "2026-02-01"
        self._submit(bill, self.finance)
        self.assertEqual(self._states(bill), {"Manager": "approved", "Finance": "open", "Direction": "approved"})
        self._approve(bill, self.controller)
        self.assertEqual(bill.validation_state, "approved")

    def test_all_approvals_may_stand(self):
        bill = self._create_bill()
        self._submit(bill)
        self._approve(bill, self.manager, self.controller, self.director)
        bill.with_user(self.finance).ref = "INV-9"
        self.assertRefused(UserError, "submit it again", bill.with_user(self.finance).action_post)
        self._submit(bill, self.finance)
        self.assertEqual((bill.validation_state, len(self._carried(bill))), ("approved", 3))
        self.assertEqual(self._events(bill), ["submitted", "carried", "carried", "carried", "closed"])
        bill.with_user(self.finance).action_post()
        self.assertEqual(bill.state, "posted")

    def test_the_gate_holds_after_approvals_that_stand(self):
        bill = self._create_returned({"ref": "INV-9"})
        self._submit(bill)
        self._approve(bill, self.director)
        self.assertEqual(bill.validation_state, "approved")
        bill.with_user(self.finance).invoice_line_ids.price_unit = 5
        self.assertRefused(UserError, "changed after it was approved", bill.with_user(self.finance).action_post)

    def test_taken_back_and_submitted_again_keeps_what_was_approved(self):
        bill = self._create_bill()
        self._submit(bill)
        self._approve(bill, self.manager)
        bill.with_user(self.contributor).action_cancel_validation("wait")
        self._submit(bill)
        self.assertEqual(self._states(bill), {"Manager": "approved", "Finance": "open", "Direction": "waiting"})

    def test_changed_under_way_it_is_submitted_again_by_who_changed_it(self):
        bill = self._create_bill()
        request = self._submit(bill)
        self._approve(bill, self.manager)
        self.assertRefused(UserError, "already being validated", bill.with_user(self.finance).action_submit)
        bill.with_user(self.finance).ref = "INV-9"
        self.assertRefused(UserError, "changed after it was submitted", bill.with_user(self.controller).action_approve)
        self.assertRefused(UserError, "may read it, but not edit it", bill.with_user(self.contributor).action_submit)
        self._submit(bill, self.finance)
        self.assertEqual(request.state, "cancelled")
        self.assertEqual(request.step_ids.sorted("sequence").mapped("state"), ["approved", "cancelled", "cancelled"])
        self.assertEqual(self._states(bill), {"Manager": "approved", "Finance": "open", "Direction": "waiting"})
        self.assertEqual(bill.sudo().validation_waiting_user_ids, self.controller)

    def test_what_was_returned_at_a_level_is_asked_there_again(self):
        bill = self._create_bill()
        self._submit(bill)
        self._approve(bill, self.manager)
        bill.with_user(self.controller).action_return("no")
        self._submit(bill)
        bill.with_user(self.controller).action_return("no, again")
        self._submit(bill)
        self.assertEqual(self._carried(bill), ["Manager"])
        self.assertEqual(bill.sudo().validation_waiting_user_ids, self.controller)
        origin = bill.sudo().validation_request_id.step_ids.filtered("carried").previous_step_id
        self.assertEqual(origin.request_id, min(bill.sudo().validation_request_ids, key=lambda request: request.id))

    # ---- tolerance

    def test_a_change_within_the_tolerance_keeps_the_approval(self):
        (self.first | self.second).tolerance_percent = 5
        bill = self._create_returned()
        self._set_price(bill, 1050)
        self._submit(bill)
        self.assertEqual(self._carried(bill), ["Manager", "Finance"])
        step = bill.sudo().validation_request_id.step_ids.sorted("sequence")[0]
        self.assertEqual((step.carried["moved"], step.carried["approved"]), (50.0, 1000.0))
        panel = bill.with_user(self.director).validation_panel["steps"]
        self.assertIn("Approved at $\xa01,000.00 by Manager", panel[0]["standing"])
        self.assertIn("tolerates 5 %: changed by $\xa050.00", panel[0]["standing"])
        self.assertEqual(panel[0]["people"], [{"id": self.manager.id, "name": "Manager", "state": "approved"}])

    def test_a_change_beyond_the_tolerance_asks_again(self):
        self.first.tolerance_percent = 5
        self.second.tolerance_amount = 51
        bill = self._create_returned()
        self._set_price(bill, 1051)
        self._submit(bill)
        self.assertEqual(self._carried(bill), ["Finance"])

    def test_small_changes_add_up(self):
        """Slice by slice an invoice would grow without end."""
        self.first.tolerance_percent = 5
        bill = self._create_returned()
        for price, stands in ((1040, True), (1050, True), (1080, False), (1120, True), (1140, False)):
            self._set_price(bill, price)
            self._submit(bill)
            self.assertEqual("Manager" in self._carried(bill), stands, price)
            if not stands:
                self._approve(bill, self.manager)
            self._approve(bill, self.controller)
            bill.with_user(self.director).action_return("again")

    def test_what_is_taken_from_one_line_and_put_on_another_counts(self):
        self.first.tolerance_percent = 5
        line = {"quantity": 1, "tax_ids": [Command.clear()]}
        lines = [Command.create({**line, "name": name, "price_unit": 500}) for name in "AB"]
        bill = self._create_returned(invoice_line_ids=lines)
        self._set_price(bill, 900, line=0)
        self._set_price(bill, 100, line=1)
        self.assertEqual(bill.amount_total, 1000)
        self._submit(bill)
        self.assertEqual(self._states(bill), OPEN)

    def test_an_amount_that_meets_another_level_adds_it_and_drops_it(self):
        (self.first | self.second).tolerance_percent = 500
        self.third.amount_min = 5000
        bill = self._create_bill()
        self._submit(bill)
        self._approve(bill, self.manager)
        for price, levels in ((6000, ["Manager", "Finance", "Direction"]), (4000, ["Manager", "Finance"])):
            bill.with_user(self.contributor).action_cancel_validation("wait")
            self._set_price(bill, price)
            self._submit(bill)
            self.assertEqual(list(self._states(bill)), levels)
            self.assertEqual(self._carried(bill), ["Manager"])

    # ---- what never stands

    def test_start_again_asks_everybody(self):
        self.policy.on_change = "restart"
        bill = self._create_returned()
        self._submit(bill)
        self.assertEqual(self._states(bill), OPEN)

    def test_who_was_last_to_edit_does_not_keep_their_approval(self):
        self.second.user_ids = self.controller | self.finance
        bill = self._create_returned()
        bill.with_user(self.controller).ref = "INV-9"
        self._submit(bill)
        self.assertEqual(self._carried(bill), ["Manager"])
        self.assertEqual(bill.sudo().validation_waiting_user_ids, self.finance)

    def test_who_submits_it_now_does_not_keep_their_approval(self):
        self.second.user_ids = self.controller | self.finance
        bill = self._create_returned()
        self._submit(bill, self.controller)
        self.assertEqual(self._carried(bill), ["Manager"])

    def test_who_may_no_longer_decide_does_not_keep_their_approval(self):
        other = self._create_user("other_manager", self.marketing, "manager")
        bill = self._create_returned()
        roles = self.env["account.department.member"].sudo().search([("user_id", "=", self.manager.id)])
        roles.filtered(lambda role: role.department_id == self.marketing).role = "reader"
        self._submit(bill)
        self.assertEqual(self._carried(bill), ["Finance"])
        self.assertEqual(bill.sudo().validation_waiting_user_ids, other)

    def test_a_quorum_that_is_not_complete_does_not_stand(self):
        self.first.write({"approver_type": "user", "user_ids": (self.manager | self.validator).ids, "quorum": "all"})
        bill = self._create_bill()
        self._submit(bill)
        self._approve(bill, self.manager)
        bill.with_user(self.contributor).action_cancel_validation("wait")
        request = self._submit(bill)
        self.assertEqual(self._states(bill), OPEN)
        self.assertFalse(request.step_ids.voter_ids)
        self._approve(bill, self.manager, self.validator)
        bill.with_user(self.controller).action_return("no")
        request = self._submit(bill)
        self.assertEqual(request.step_ids.sorted("sequence")[0].voter_ids, self.manager | self.validator)
        self.assertEqual(self._events(bill), ["submitted", "carried", "carried", "opened"])
        bill.with_user(self.controller).action_return("no")
        self.first.write({"user_ids": (self.manager | self.validator | self.finance).ids})
        self._submit(bill)
        self.assertEqual(self._states(bill), OPEN, "three are asked for now")

    def test_a_level_of_another_policy_does_not_take_over(self):
        bill = self._create_returned()
        self.policy.copy({"sequence": 1}).mode = "enforce"
        self._submit(bill)
        self.assertEqual(self._states(bill), OPEN)

    def test_a_proof_of_identity_covers_no_change(self):
        self.first.write({"authentication": "password", "tolerance_percent": 5})
        bill = self._create_bill()
        request = self._submit(bill)
        step = request.step_ids.sorted("sequence")[0]
        proof = credentials.Proof(self.manager.id, "approve", "password", {step.id: request.fingerprint})
        self.assertFalse(request.with_user(self.manager).sudo()._decide("approve", None, proof))
        bill.with_user(self.controller).action_return("no")
        self._submit(bill)
        self.assertEqual(self._carried(bill), ["Manager"], "nothing changed")
        bill.with_user(self.controller).action_return("no")
        self._set_price(bill, 1010)
        self._submit(bill)
        self.assertEqual(self._states(bill), OPEN)

    def test_an_approval_without_the_proof_that_is_asked_now_does_not_stand(self):
        bill = self._create_returned()
        self.first.authentication = "password"
        self._submit(bill)
        self.assertEqual(self._carried(bill), ["Finance"])

    def test_observing_is_not_approving(self):
        self.policy.mode = "observe"
        bill = self._create_returned()
        self.policy.mode = "enforce"
        self._submit(bill)
        self.assertEqual(self._states(bill), OPEN)

    def test_one_person_is_still_one_voice(self):
        """The manager, whose approval could stand, has become the only one left for the level of the direction."""
        bill = self._create_returned()
        self.third.user_ids = self.manager
        self.first.write({"approver_type": "user", "user_ids": (self.manager | self.validator).ids})
        self._submit(bill)
        self.assertEqual(self._carried(bill), ["Finance"])
        self._approve(bill, self.validator, self.manager)
        self.assertEqual(bill.validation_state, "approved")

    # ---- what people see

    def test_the_approver_sees_and_signs_what_changed(self):
        bill = self._create_returned()
        before = self._snapshot(bill)
        self._set_price(bill, 1200)
        bill.with_user(self.contributor).ref = "INV-9"
        request = self._submit(bill)
        step = next(step for step in bill.with_user(self.manager).validation_panel["steps"] if step["state"] == "open")
        self.assertIn("Changed since Manager approved it at this level", step["difference"]["title"])
        rows = {row["label"]: (row["before"], row["after"]) for row in step["difference"]["rows"]}
        self.assertEqual(rows["Line 1, Unit Price"], ("1000.000000", "1200.000000"))
        self.assertEqual(rows["Reference"], ("", "INV-9"))
        self._approve(bill, self.manager)
        event = request.event_ids.filtered(lambda event: event.type == "approved")
        expected = facets.difference_hash(before, self._snapshot(bill))
        self.assertEqual(event.data, {"difference": expected, "since": request.previous_id.id})

    def test_who_never_approved_sees_what_changed_since_the_last_submission(self):
        bill = self._create_returned({"ref": "INV-9"})
        self._submit(bill)
        step = bill.with_user(self.director).validation_panel["steps"][2]
        self.assertIn("Changed since it was submitted", step["difference"]["title"])
        self.assertEqual([row["label"] for row in step["difference"]["rows"]], ["Reference"])

    def test_a_first_submission_has_nothing_to_compare(self):
        bill = self._create_bill()
        request = self._submit(bill)
        self.assertIsNone(bill.with_user(self.manager).validation_panel["steps"][0]["difference"])
        self._approve(bill, self.manager)
        self.assertFalse(request.event_ids.filtered(lambda event: event.type == "approved").data)

    def test_the_preview_says_what_would_stand(self):
        bill = self._create_returned({"ref": "INV-9"})
        panel = bill.with_user(self.contributor).validation_panel
        self.assertIn("goes to Director", panel["next"])
        self.assertEqual([bool(step["standing"]) for step in panel["steps"]], [True, True, False])
        self.assertIn("nothing that this level depends on has changed", panel["steps"][0]["standing"])

    def test_whoever_comes_late_reads_that_the_approval_stands(self):
        bill = self._create_bill()
        self._submit(bill)
        self._approve(bill, self.manager, self.controller, self.director)
        bill.with_user(self.finance).ref = "INV-9"
        self._submit(bill, self.finance)
        self.assertRefused(UserError, "its approval by .* stands", bill.with_user(self.manager).action_approve)

    # ---- cost

    def test_taking_over_costs_the_same_for_one_and_for_many(self):
        counts = []
        for size in (2, 8):
            bills = self.env["account.move"].union(*(self._create_bill() for _ in range(size)))
            bills.with_user(self.contributor).action_submit()
            bills.with_user(self.manager).action_approve()
            bills.with_user(self.controller).action_return("no")
            self.env.flush_all()
            self.env.invalidate_all()
            moves = bills.with_user(self.contributor).sudo()
            policy = self.policy.with_user(self.contributor).sudo()
            plans, problems = policy._plan(moves)
            self.assertFalse(problems)
            moves.mapped(lambda move: move._get_snapshot())
            moves.validation_request_id.mapped("state")
            before = self.env.cr.sql_log_count
            requests = policy._start(moves, [], plans)
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(requests.step_ids.filtered("carried").mapped("name"), ["Manager"] * size)
            requests._advance()
        self.assertLessEqual(counts[1], counts[0] + 2, counts)

    def test_a_first_submission_costs_nothing_more(self):
        bills = self._create_bill() | self._create_bill()
        moves = bills.with_user(self.contributor).sudo()
        policy = self.policy.with_user(self.contributor).sudo()
        plans, _problems = policy._plan(moves)
        Request = self.env["account.validation.request"].with_user(self.contributor).sudo()
        vals = {move: Request._prepare_request_vals(policy, move, []) for move in moves}
        steps = {
            move: [Request._prepare_step_vals(level, move, users) for level, users in plans[move.id]] for move in moves
        }
        with self.assertQueryCount(0):
            moves.validation_request_id._read_approvals()
            for move in moves:
                carried = Request._carry_over(move, vals[move], plans[move.id], steps[move])
                self.assertFalse(any(step.get("carried") for step in carried))
