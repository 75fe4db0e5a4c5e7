"""What a level asks as a proof of identity, and that nothing else passes for one."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError

from .. import credentials
from ..models import account_validation_attempt
from .validation_common import ValidationCase

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


class StepUpCase(ValidationCase):
    """The manager's level asks for a second factor."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.level = cls.policy.level_ids[0]
        cls.level.authentication = "second_factor"


class TestProofOfIdentity(StepUpCase):
    def _decide(self, bill, proof, outcome="approve", user=None):
        """What is refused when a user decides with a proof."""
        request = bill.with_user(user or self.manager).sudo().validation_request_id
        return request._decide(outcome, "Because.", proof).get(request, "")

    def _prove(self, bill, user=None, outcome="approve", answer="totp", **steps):
        step = bill.sudo().validation_request_id.step_ids[0]
        contents = {step.id: step.request_id.fingerprint, **steps}
        return credentials.Proof((user or self.manager).id, outcome, answer, contents)

    def _create_submitted(self, **vals):
        bill = self._create_bill(**vals)
        self._submit(bill)
        return bill

    def test_nothing_is_approved_without_a_proof(self):
        bill = self._create_submitted()
        self.assertRefused(UserError, "second factor", bill.with_user(self.manager).action_approve)
        self.assertFalse(bill.sudo().validation_request_id.step_ids.voter_ids)

    def test_with_its_proof_it_is_approved_and_the_event_says_how(self):
        bill = self._create_submitted()
        self.assertFalse(self._decide(bill, self._prove(bill)))
        events = bill.sudo().validation_request_id.event_ids
        approval = events.filtered(lambda event: event.type == "approved")
        self.assertEqual(approval.data, {"authentication": "totp"})
        self.assertTrue(events._is_chain_intact())
        self.env.cr.execute(
            "UPDATE account_validation_event SET data = %s WHERE id = %s",
            ['{"authentication": "passkey"}', approval.id],
        )
        self.env.invalidate_all()
        self.assertFalse(events._is_chain_intact())

    def test_a_proof_holds_for_nothing_else(self):
        bill = self._create_submitted()
        other = self._create_submitted(ref="Other")
        step = bill.sudo().validation_request_id.step_ids[0]
        for proof in (
            self._prove(other),
            self._prove(bill, user=self.director),
            self._prove(bill, outcome="return"),
            self._prove(bill, answer="password"),
            credentials.Proof(self.manager.id, "approve", "totp", {step.id: "another content"}),
            credentials.Proof(self.manager.id, "approve", "totp", {}),
            {"user": self.manager.id, "outcome": "approve", "method": "totp"},
            True,
        ):
            self.assertIn("second factor", self._decide(bill, proof), proof)
        self.assertFalse(step.voter_ids)

    def test_returning_asks_for_no_proof(self):
        bill = self._create_submitted()
        self.assertFalse(self._decide(bill, None, "return"))
        self.assertEqual(bill.sudo().validation_state, "returned")

    def test_a_level_asks_from_an_amount_on(self):
        self.level.authentication_amount = 5000.0
        small, large = self._create_submitted(amount=4999.99), self._create_submitted(amount=5000.0)
        self.assertFalse(small.sudo().validation_request_id.step_ids[0].authentication)
        self.assertEqual(large.sudo().validation_request_id.step_ids[0].authentication, "second_factor")
        self._approve(small, self.manager)
        self.assertRefused(UserError, "second factor", large.with_user(self.manager).action_approve)

    def test_a_step_keeps_what_its_level_asked(self):
        bill = self._create_submitted()
        self.level.authentication = "none"
        self.policy.api_key_allowed = True
        self.assertRefused(UserError, "second factor", bill.with_user(self.manager).action_approve)
        self.assertFalse(bill.sudo().validation_request_id.step_ids[0].api_key_allowed)

    def test_a_level_says_what_it_asks(self):
        self.assertEqual(self.level.summary, "the manager, with a second factor")
        self.level.authentication = "none"
        self.assertEqual(self.level.summary, "the manager")

    def test_of_several_those_that_ask_for_nothing_are_approved(self):
        self.level.authentication_amount = 5000.0
        bills = self._create_submitted() | self._create_submitted(amount=9000.0)
        action = bills.with_user(self.manager).action_approve()
        self.assertIn("second factor", action["params"]["message"])
        self.assertEqual([bool(b.validation_request_id.step_ids.voter_ids) for b in bills.sudo()], [True, False])

    def test_a_proof_costs_no_query_when_deciding(self):
        def cost(bill, proof):
            request = bill.with_user(self.manager).sudo().validation_request_id
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            request._decide("approve", None, proof)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        with_proof = self._create_submitted()
        proof = self._prove(with_proof)
        self.level.authentication = "none"
        without = self._create_submitted()
        cost(self._create_submitted(), None)
        self.assertEqual(cost(without, None), cost(with_proof, proof))


class TestAttempts(StepUpCase):
    def _answer(self, times=1, user=None):
        """Ids of attempts that nobody accepted yet."""
        attempts = self.env["account.validation.attempt"].with_user(user or self.manager)
        with self.enter_registry_test_mode():
            return [attempts._begin("totp") for _time in range(times)]

    def _accept(self, attempt_id):
        with self.enter_registry_test_mode():
            self.env["account.validation.attempt"].with_user(self.manager)._accept(attempt_id)

    def test_after_five_wrong_answers_one_has_to_wait(self):
        self._answer(5)
        with patch.object(account_validation_attempt._logger, "info") as log:
            self.assertRefused(UserError, "wait 15 minutes", self._answer)
        self.assertIn("BLOCKED", log.call_args[0][0])
        self.assertEqual(log.call_args[0][1:], ("collab_manager", "totp"))
        self.assertTrue(self._answer(user=self.director))

    def test_the_wait_ends(self):
        for attempt_id in self._answer(5):
            attempt = self.env["account.validation.attempt"].browse(attempt_id)
            attempt._engine().date = fields.Datetime.now() - timedelta(minutes=16)
        self.assertTrue(self._answer())

    def test_a_right_answer_forgets_the_wrong_ones(self):
        self._accept(self._answer(4)[-1])
        self.assertEqual(len(self._answer(5)), 5)
        self.assertRefused(UserError, "wait", self._answer)

    def test_old_ones_are_removed(self):
        old, new = self.env["account.validation.attempt"].browse(self._answer(2))
        old._engine().date = fields.Datetime.now() - timedelta(days=366)
        self.env["account.validation.attempt"]._gc_attempts()
        self.assertEqual((old | new).exists(), new)

    def test_administrators_and_auditors_read_them_and_nobody_writes_them(self):
        attempt = self.env["account.validation.attempt"].browse(self._answer())
        for user in (self.administrator, self.auditor):
            self.assertEqual(attempt.with_user(user).state, "failed")
        for user in (self.contributor, self.manager, self.finance):
            self.assertRefused(AccessError, "", attempt.with_user(user).read, ["state"])
        for user in (self.manager, self.auditor, self.administrator):
            mine = attempt.with_user(user)
            self.assertRefused(AccessError, "", mine.write, {"state": "accepted"})
            self.assertRefused(AccessError, "", mine.unlink)
            self.assertRefused(AccessError, "", mine.create, {"user_id": user.id})
        self.assertRefused(AccessError, "by hand", attempt.sudo().write, {"state": "accepted"})


class TestSecondFactors(StepUpCase):
    def _search(self, *domain):
        found = self.env["res.users"].with_user(self.administrator).search([*domain])
        return found.with_user(self.env.user)

    def test_administrator_finds_who_needs_one_and_lacks_it(self):
        needing = ("validation_needs_second_factor", "=", True)
        self.assertEqual(self._search(needing), self.manager)
        self.level.write({"approver_type": "user", "user_ids": [Command.set((self.manager | self.finance).ids)]})
        self.assertEqual(self._search(needing), self.manager | self.finance)
        self.manager.sudo().totp_secret = SECRET
        lacking = ("validation_has_second_factor", "=", False)
        self.assertEqual(self._search(needing, lacking), self.finance)
        self.assertEqual(self._search(needing, ("validation_has_second_factor", "!=", False)), self.manager)
        self.assertTrue(self.manager.with_user(self.administrator).validation_has_second_factor)
        self.assertFalse(self.finance.with_user(self.administrator).validation_has_second_factor)

    def test_every_kind_of_approver_is_found(self):
        group = self.env["res.groups"].sudo().create({"name": "Signers", "user_ids": [Command.set(self.finance.ids)]})
        for vals, users in (
            ({"approver_type": "role", "role": "validator"}, self.manager | self.validator),
            ({"approver_type": "parent_role", "role": "manager"}, self.director | self.manager),
            ({"approver_type": "group", "group_id": group.id}, self.finance),
        ):
            self.level.write(vals)
            self.assertLessEqual(users, self.level._get_possible_approvers(), vals)
            self.assertNotIn(self.outsider, self.level._get_possible_approvers(), vals)
        self.policy.department_ids = False
        self.level.write({"approver_type": "role", "role": "manager"})
        self.assertEqual(self.level._get_possible_approvers(), self.manager | self.director)

    def test_a_policy_that_is_off_asks_nobody(self):
        self.policy.mode = "off"
        self.assertFalse(self._search(("validation_needs_second_factor", "=", True)))

    def test_others_do_not_learn_who_has_one(self):
        for user in (self.contributor, self.finance):
            with self.assertRaises(AccessError):
                self.manager.with_user(user).read(["validation_has_second_factor"])

    def test_administrator_opens_the_lists(self):
        for xmlid in ("res_users_action_second_factor", "account_validation_attempt_action"):
            action = (
                self.env["ir.actions.actions"].with_user(self.administrator)._for_xml_id(f"facturation_collab.{xmlid}")
            )
            views = [*action["views"], (action["search_view_id"] and action["search_view_id"][0], "search")]
            model = self.env[action["res_model"]].with_user(self.administrator)
            self.assertEqual(set(model.get_views(views)["views"]), {"list", "search"}, xmlid)

    def test_administrator_invites_those_who_lack_one(self):
        users = (self.manager | self.finance).with_user(self.administrator)
        before = self.env["mail.mail"].sudo().search([])
        action = users.action_validation_invite_second_factor()
        self.assertIn("Manager", action["params"]["message"])
        self.assertNotIn("Finance", action["params"]["message"])
        sent = self.env["mail.mail"].sudo().search([]) - before
        self.assertEqual(sent.recipient_ids, self.manager.partner_id)

    def test_only_an_administrator_invites(self):
        for user in (self.contributor, self.finance, self.auditor):
            with self.assertRaisesRegex(AccessError, "administrator"):
                self.manager.with_user(user).action_validation_invite_second_factor()

    def test_nobody_is_invited_twice_for_nothing(self):
        self.manager.sudo().totp_secret = SECRET
        with self.assertRaisesRegex(UserError, "nothing was sent"):
            self.manager.with_user(self.administrator).action_validation_invite_second_factor()
