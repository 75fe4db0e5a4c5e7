"""Deciding on several invoices: what is together, what is apart and why, and that one never stops the others."""

from unittest.mock import patch

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..wizards.account_validation_bulk import SLICE
from .validation_common import ValidationCase


@tagged("post_install", "-at_install")
class TestBulkDecisions(ValidationCase):
    def _create_submitted(self, count=1, **vals):
        bills = self.env["account.move"].union(*(self._create_bill(**vals) for _bill in range(count)))
        self._submit(bills)
        return bills

    def _open(self, bills, user=None, **vals):
        """The dialog that the list opens on these bills."""
        action = bills.with_user(user or self.manager).action_open_bulk_wizard()
        wizard = self.env[action["res_model"]].with_user(user or self.manager)
        return wizard.with_context(**action["context"]).create(vals)

    def _get_reasons(self, wizard):
        return {move["id"]: move["reason"] for move in wizard.summary["apart"]}

    def _decide(self, wizard):
        """Send what the summary names, slice after slice, as the dialog does."""
        clean, done, failed = wizard.summary["clean"], [], []
        for start in range(0, len(clean), SLICE):
            answer = wizard.action_decide_slice(clean[start : start + SLICE])
            done += answer["done"]
            failed += answer["failed"]
        return done, failed

    def test_clean_invoices_are_counted_with_their_totals_by_currency(self):
        bills = self._create_submitted(2) | self._create_submitted(currency_id=self.env.ref("base.GBP").id)
        summary = self._open(bills).summary
        self.assertEqual({move_id for move_id, _request in summary["clean"]}, set(bills.ids))
        self.assertEqual(len(summary["totals"]), 2)
        self.assertIn("2,000.00", " ".join(summary["totals"]))
        self.assertEqual(summary["apart"], [])

    def test_the_others_are_apart_with_the_reason(self):
        clean, changed, decided, foreign, fresh = (self._create_bill() for _bill in range(5))
        self._submit(clean | changed | decided)
        changed.sudo().invoice_line_ids.price_unit = 5
        self._approve(decided, self.manager)
        bank = self.env["res.partner.bank"].sudo().create({"acc_number": "FR76", "partner_id": self.partner_a.id})
        foreign.sudo().partner_bank_id = bank
        self._submit(foreign)
        wizard = self._open(clean | changed | decided | foreign | fresh)
        reasons = self._get_reasons(wizard)
        self.assertIn("changed after it was submitted", reasons[changed.id])
        self.assertIn("level “Finance”", reasons[decided.id])
        self.assertIn("first bill of this vendor", reasons[foreign.id])
        self.assertIn("not submitted", reasons[fresh.id])
        self.assertEqual([move_id for move_id, _request in wizard.summary["clean"]], clean.ids)

    def test_what_asks_for_a_proof_or_a_comment_is_apart(self):
        level = self.policy.level_ids[0]
        level.authentication = "password"
        proof = self._create_submitted()
        level.write({"authentication": "none", "comment_required": True})
        comment = self._create_submitted()
        wizard = self._open(proof | comment)
        reasons = self._get_reasons(wizard)
        self.assertIn("enter your password again", reasons[proof.id])
        self.assertIn("asks for a comment", reasons[comment.id])
        wizard.comment = "All checked."
        self.assertEqual([move_id for move_id, _request in wizard.summary["clean"]], comment.ids)
        wizard.outcome = "return"
        self.assertEqual(len(wizard.summary["clean"]), 2)

    def test_deciding_does_the_clean_ones_and_leaves_the_others(self):
        bills = self._create_submitted(3)
        bills[1].sudo().invoice_line_ids.price_unit = 5
        done, failed = self._decide(self._open(bills, comment="Good."))
        self.assertEqual((set(done), failed), (set((bills[0] | bills[2]).ids), []))
        self.assertEqual((bills[0] | bills[2]).sudo().validation_waiting_user_ids, self.controller)
        self.assertEqual(bills[1].sudo().validation_waiting_user_ids, self.manager)
        events = bills[0].sudo().validation_request_id.event_ids.filtered(lambda event: event.type == "approved")
        self.assertRecordValues(events, [{"user_id": self.manager.id, "comment": "Good."}])

    def test_returning_and_rejecting_need_a_comment(self):
        for outcome, state in (("return", "returned"), ("reject", "rejected")):
            bills = self._create_submitted(2)
            wizard = self._open(bills, outcome=outcome)
            self.assertRefused(UserError, "Say ", self._decide, wizard)
            wizard.comment = "Not ours."
            self._decide(wizard)
            self.assertEqual(set(bills.sudo().mapped("validation_state")), {state})

    def test_one_that_fails_never_stops_the_others(self):
        bills = self._create_submitted(4)
        wizard = self._open(bills)
        requests = self.env["account.validation.request"]
        original = type(requests)._on_decided
        broken = {bills[1]: UserError("Not this one."), bills[2]: ValueError("bug")}

        def fail(self, steps, outcome, comment):
            for bill, error in broken.items():
                if bill.sudo().validation_request_id in self:
                    raise error
            return original(self, steps, outcome, comment)

        with (
            patch.object(type(requests), "_on_decided", fail),
            mute_logger("odoo.addons.facturation_collab.wizards.account_validation_bulk"),
        ):
            done, failed = self._decide(wizard)
        self.assertEqual(set(done), set((bills[0] | bills[3]).ids))
        reasons = {move["id"]: move["reason"] for move in failed}
        self.assertEqual(reasons[bills[1].id], "Not this one.")
        self.assertIn("unexpected error", reasons[bills[2].id])
        self.assertEqual((bills[1] | bills[2]).sudo().validation_waiting_user_ids, self.manager)
        for request in bills.sudo().validation_request_id:
            self.assertTrue(request.event_ids._is_chain_intact())

    def test_what_was_submitted_again_since_the_summary_is_left_out(self):
        bills = self._create_submitted(2)
        wizard = self._open(bills)
        clean = wizard.summary["clean"]
        bills[0].with_user(self.manager).action_return("Wrong.")
        self._submit(bills[0])
        answer = wizard.action_decide_slice(clean)
        self.assertEqual(answer["done"], bills[1].ids)
        self.assertIn("submitted again", answer["failed"][0]["reason"])
        self.assertEqual(bills[0].sudo().validation_waiting_user_ids, self.manager)

    def test_only_what_the_dialog_was_opened_on_is_decided(self):
        bills = self._create_submitted(2)
        wizard = self._open(bills[0])
        pair = [bills[1].id, bills[1].sudo().validation_request_id.id]
        self.assertEqual(wizard.action_decide_slice([pair]), {"done": [], "failed": []})
        self.assertEqual(bills[1].sudo().validation_waiting_user_ids, self.manager)

    def test_nonsense_is_refused(self):
        wizard = self._open(self._create_submitted())
        for pairs in (None, 1, "x", {}, [1], [[1]], [[1, 2, 3]], [["1", 2]], [[True, 1]], [[1, 1]] * (SLICE + 1)):
            self.assertRefused(UserError, "pairs of numbers", wizard.action_decide_slice, pairs)

    def test_the_dialog_of_one_person_is_closed_to_others(self):
        wizard = self._open(self._create_submitted())
        stranger = self._create_user("stranger")
        for user in (self.validator, self.finance, self.administrator):
            self.assertRefused(AccessError, "", wizard.with_user(user).action_decide_slice, [])
        self.assertRefused(AccessError, "", wizard.with_user(stranger).create, {})
        self.assertRefused(AccessError, "", wizard.unlink)
        finance = self._open(self._create_submitted(), self.finance)
        self.assertRefused(AccessError, "", finance.unlink)

    def test_a_batch_costs_a_constant_number_of_queries(self):
        def count(size):
            wizard = self._open(self._create_submitted(size))
            clean = wizard.summary["clean"]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(wizard.summary["clean"]), size)
            summary = self.env.cr.sql_log_count - before
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(wizard.action_decide_slice(clean)["done"]), size)
            self.env.flush_all()
            return summary, self.env.cr.sql_log_count - before

        few, many = count(2), count(SLICE)
        self.assertLessEqual(many[0], few[0])
        self.assertLessEqual(many[1], few[1])

    def test_the_menu_of_the_lists_opens_it(self):
        bills = self._create_submitted(2)
        action = self.env.ref("facturation_collab.account_move_action_decide").with_user(self.manager)
        answer = action.with_context(active_model="account.move", active_ids=bills.ids, active_id=bills[0].id).run()
        self.assertEqual(answer["context"], {"default_move_ids": bills.ids})

    def test_the_header_of_the_lists_opens_it_too(self):
        for name in ("account_move_view_list_in", "account_move_view_list_out", "account_move_view_list_validation"):
            view = self.env.ref(f"facturation_collab.{name}")
            arch = self.env["account.move"].with_user(self.manager).get_view(view.id, "list")["arch"]
            buttons = etree.fromstring(arch).xpath("//header/button/@name")
            self.assertIn("action_open_bulk_wizard", buttons)
            self.assertNotIn("action_approve", buttons)
