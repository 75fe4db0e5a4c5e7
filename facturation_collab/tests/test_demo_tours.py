"""What only a company with some months behind it shows: on the demo company (`scripts/test --only demo`)."""

from unittest import SkipTest

from odoo.tests import HttpCase, tagged


@tagged("post_install", "-at_install", "-standard", "demo")
class TestDemoTours(HttpCase):
    browser_size = "1366x768"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.env.ref("facturation_collab_demo.company", raise_if_not_found=False)
        if not company:
            raise SkipTest("The demo company is not loaded.")
        cls.admin = cls.env.ref("base.user_admin")
        cls.admin.odoobot_state = "disabled"
        cls.env = cls.env(context={"allowed_company_ids": company.ids})
        cls.company = company

    def _get_states(self):
        """What a replay must leave as it is."""
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT (SELECT COUNT(*) FROM account_validation_event), (SELECT COUNT(*) FROM account_validation_step),
                      (SELECT MD5(STRING_AGG(CONCAT(id, state, validation_state, write_date), ',' ORDER BY id))
                       FROM account_move)"""
        )
        return self.env.cr.fetchone()

    def test_an_administrator_replays_a_policy_over_the_past_months_and_reads_the_figures(self):
        before = self._get_states()
        self.start_tour(
            "/odoo/validation-replays", "facturation_collab_administrator_replays_the_past_months", login="admin"
        )
        self.env.invalidate_all()
        self.assertEqual(self._get_states(), before)

        replay = self.env["account.validation.replay"].search([("name", "=", "Past months")])
        policy = self.env.ref("facturation_collab_demo.policy_marketing")
        self.assertRecordValues(replay, [{"state": "done", "policy_ids": policy.ids, "months": 4}])
        figures = replay._get_summary()["first"]
        # Adding the bills by hand: those of Marketing of the last months, from 1,000 on.
        domain = [
            *replay._get_domain(),
            ("move_type", "=", "in_invoice"),
            ("department_id", "child_of", policy.department_ids.ids),
            ("amount_total_signed", "<=", -policy.amount_min),
        ]
        bills = self.env["account.move"].with_user(self.admin).search(domain)
        self.assertEqual(figures["covered_count"], len(bills))
        self.assertGreater(figures["automatic_count"], 0)
        self.assertEqual(figures["no_approver_count"], 0)
        lines = replay.line_ids
        asked = {line.user_id.login: line.step_count for line in lines if line.level == "Manager"}
        self.assertEqual(asked, {"max": len(bills) - figures["automatic_count"]})
        self.assertEqual({line.user_id.login for line in lines} - {"admin"}, {"max", "jane", "luc"})
