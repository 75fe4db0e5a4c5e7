from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .integrity_common import IntegrityCase

AT_ONCE = "odoo.addons.facturation_collab.models.account_validation_replay.AT_ONCE"
SLICE = "odoo.addons.facturation_collab.models.account_validation_replay.SLICE"


@tagged("post_install", "-at_install")
class TestReplay(IntegrityCase):
    """Policies run over the invoices of the past, and say what they would have meant."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator.group_ids += cls.env.ref("account.group_account_invoice")
        cls.Replay = cls.env["account.validation.replay"].with_user(cls.administrator)
        cls.draft = cls._create_policy(
            "Draft",
            cls._level("Director", approver_type="user", user_ids=cls.director.ids),
            mode="off",
            amount_min=500,
        )

    def _replay(self, **vals):
        """A replay of January 2026, where the bills of tests are."""
        vals = {"company_id": self.company.id, "months": 1, "date_to": "2026-01-31", **vals}
        replay = self.Replay.create(vals)
        replay.action_replay()
        return replay

    def _get_people(self, replay, side="first"):
        """{level: names of the people who would have been asked}"""
        lines = replay.line_ids.filtered(lambda line: line.side == side)
        return {level: sorted(found.mapped("user_id.name")) for level, found in lines.grouped("level").items()}

    def _ids(self, records):
        return [(6, 0, records.ids)]

    def test_the_policy_that_really_ran_has_the_approvers_that_were_asked(self):
        bills = self.env["account.move"].union(*(self._create_bill() for _number in range(3)))
        requests = self._submit(bills)
        replay = self._replay()
        self.assertEqual(replay.state, "done")
        steps = requests.step_ids
        self.assertEqual(
            self._get_people(replay),
            {name: sorted(set(found.approver_ids.mapped("name"))) for name, found in steps.grouped("name").items()},
        )
        self.assertEqual(sum(replay.line_ids.mapped("step_count")), sum(len(step.approver_ids) for step in steps))
        self.assertEqual(replay._get_summary()["first"]["step_count"], len(steps))

    def test_counts(self):
        self._create_bill(amount=400)
        self._create_bill(amount=600)
        self._create_move(department=self.logistics, amount=600)
        summary = self._replay(policy_ids=self._ids(self.draft))._get_summary()["first"]
        self.assertEqual((summary["invoice_count"], summary["covered_count"], summary["step_count"]), (3, 2, 2))
        self.assertEqual((summary["no_approver_count"], summary["automatic_count"]), (0, 0))

    def test_two_sets_beside_each_other(self):
        self._create_bill(amount=600)
        replay = self._replay(compared_policy_ids=self._ids(self.draft))
        self.assertEqual(self._get_people(replay), {"Finance": ["Controller"], "Manager": ["Manager"]})
        self.assertEqual(self._get_people(replay, "second"), {"Director": ["Director"]})
        self.assertIn("First set", replay.report)
        self.assertIn("Second set", replay.report)

    def test_load_is_shared_among_those_asked(self):
        self._give_role(self._create_user("deputy"), self.marketing, "manager")
        self._create_bill()
        self._create_bill()
        replay = self._replay()
        lines = replay.line_ids.filtered(lambda line: line.level == "Manager")
        self.assertEqual(lines.mapped("step_count"), [2, 2])
        self.assertEqual(lines.mapped("load"), [1.0, 1.0])

    def test_invoices_without_approver(self):
        stuck, fine = self._create_move(department=self.events), self._create_bill()
        replay = self._replay()
        summary = replay._get_summary()["first"]
        self.assertEqual(summary["no_approver_count"], 1)
        self.assertEqual(replay.action_view_problems()["domain"], [("id", "in", stuck.ids)])
        self.assertNotIn(fine.id, replay.figures["first:problems"])

    def test_conflicts_of_duties(self):
        self._create_bill(user=self.manager)
        self._create_bill()
        self.assertEqual(self._replay()._get_summary()["first"]["conflict_count"], 1)

    def test_delay_follows_from_what_people_decided(self):
        bill = self._create_bill()
        request = self._submit(bill)
        self._approve(bill, self.manager, self.controller)
        for step, hours in zip(request.step_ids.sorted("sequence"), (4, 6), strict=True):
            self._sql(
                "UPDATE account_validation_step SET opened_at = (SELECT MAX(date) FROM account_validation_event "
                "WHERE step_id = %s AND type = 'approved') - %s * INTERVAL '1 hour' WHERE id = %s",
                step.id,
                hours,
                step.id,
            )
        replay = self._replay()
        summary = replay._get_summary()["first"]
        self.assertAlmostEqual(summary["hours"] / summary["timed_count"], 10, places=1)
        self.assertEqual(sorted(replay.line_ids.mapped("hours")), [4.0, 6.0])

    def test_automatic_approvals_ask_nobody(self):
        self.draft.write({"auto_approve": True, "auto_amount_max": 1000, "auto_bill_count": 1})
        bill = self._create_bill(amount=600)
        automatic = patch.object(type(self.draft), "_get_automatic_refusals", lambda policy, moves: {})
        sampled = patch("odoo.addons.facturation_collab.fingerprints.is_sampled", lambda key, percent: False)
        with automatic, sampled:
            replay = self._replay(policy_ids=self._ids(self.draft))
        self.assertTrue(bill)
        self.assertEqual(replay._get_summary()["first"]["automatic_count"], 1)
        self.assertFalse(replay.line_ids)
        self.assertIn("(100 %)", " ".join(replay.report.split()))

    def test_much_runs_in_the_background_slice_by_slice(self):
        for _number in range(5):
            self._create_bill()
        with patch(AT_ONCE, 1), patch(SLICE, 2):
            replay = self._replay()
            self.assertEqual((replay.state, replay.total, replay.done), ("running", 5, 0))
            self.time_left = 0
            self.Replay._cron_replay()
            self.assertEqual((replay.state, replay.done, replay.progress), ("running", 2, 40))
            self.time_left = 60
            self.Replay._cron_replay()
        self.assertEqual((replay.state, replay.done, replay.progress), ("done", 5, 100))
        self.assertEqual(replay._get_summary()["first"]["covered_count"], 5)
        self.assertEqual(replay._get_summary(), self._replay()._get_summary())

    def test_whoever_loses_the_right_ends_the_replay(self):
        self._create_bill()
        with patch(AT_ONCE, 0):
            replay = self._replay()
        self.administrator.group_ids -= self.env.ref("facturation_collab.group_administrator")
        with mute_logger("odoo.addons.base.models.ir_rule"):
            self.Replay.sudo()._cron_replay()
        self.assertEqual(replay.sudo().state, "draft")

    def test_invoices_that_one_may_not_read_do_not_count(self):
        payroll = self._create_department("Payroll", self.marketing, is_confidential=True)
        self._create_move(department=payroll)
        self._create_bill()
        self.assertEqual(self._replay().total, 1)
        self._give_role(self.administrator, payroll, "reader")
        self.env.invalidate_all()
        self.assertEqual(self._replay().total, 2)

    def test_nothing_is_changed(self):
        bill = self._create_bill()
        before = bill.read()
        self._replay(compared_policy_ids=self._ids(self.draft))
        self.assertEqual(bill.read(), before)
        self.assertFalse(bill.sudo().validation_request_ids)

    def test_an_empty_period_is_said(self):
        self.assertRefused(UserError, "no invoice that you may read", self._replay, date_to="2001-01-31")
        self.assertViolates("months_positive", self.Replay.create, {"months": 0})

    def test_starting_again_forgets_the_answer_before(self):
        self._create_bill()
        replay = self._replay()
        replay.policy_ids = self.draft
        replay.action_replay()
        self.assertEqual(self._get_people(replay), {"Director": ["Director"]})

    def test_results_are_not_entered_by_hand(self):
        self._create_bill()
        replay = self._replay()
        for vals in ({"figures": {}}, {"state": "draft"}, {"total": 1}):
            self.assertRefused(AccessError, "cannot be entered", replay.write, vals)
            self.assertRefused(AccessError, "cannot be entered", self.Replay.create, vals)
        self.assertRefused(AccessError, "", replay.line_ids.write, {"load": 1})
        self.assertRefused(AccessError, "", replay.line_ids.unlink)

    def test_only_administrators_replay_and_each_sees_their_own(self):
        self._create_bill()
        replay = self._replay()
        other = self._create_user("administrator_2", groups="facturation_collab.group_administrator")
        for user in (self.finance, self.manager, self.auditor, other):
            self.assertRefused(AccessError, "", replay.with_user(user).read, ["figures"])
            self.assertRefused(AccessError, "", replay.line_ids.with_user(user).read, ["load"])
            self.assertRefused(AccessError, "", replay.with_user(user).action_replay)
        for user in (self.finance, self.manager, self.auditor):
            self.assertRefused(AccessError, "", self.Replay.with_user(user).create, {})

    def test_the_company_is_one_of_the_user(self):
        self.assertRefused(AccessError, "no access to that company", self._replay, company_id=self.other_company.id)

    def test_more_invoices_cost_no_more_queries_in_a_slice(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            moves = self.env["account.move"].search([("id", "in", bills.ids)]).sudo()
            self.env["account.validation.replay.run"]._count({}, "first", moves, None)
            return self.env.cr.sql_log_count - start

        bills = self._create_bill() | self._create_bill()
        few = count()
        for _number in range(6):
            bills |= self._create_bill()
        self.assertLessEqual(count(), few)
