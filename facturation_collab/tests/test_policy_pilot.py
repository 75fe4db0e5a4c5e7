from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .validation_common import ValidationCase


@tagged("post_install", "-at_install")
class TestPolicyPilot(ValidationCase):
    """A policy that observes gives the figures that a pilot needs, and the switch says what it changes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator.group_ids += cls.env.ref("account.group_account_invoice")
        cls.policy.mode = "observe"
        cls.policy.level_ids[0].deadline_hours = 1

    def _open(self, user=None):
        action = self.policy.with_user(user or self.administrator).action_open_pilot()
        Pilot = self.env[action["res_model"]].with_user(user or self.administrator)
        return Pilot.with_context(**action["context"]).create({})

    def test_figures(self):
        approved, pending, early, skipped = (self._create_bill() for _number in range(4))
        requests = self._submit(approved | pending | early)
        self._approve(approved, self.manager, self.controller)
        (early | skipped).with_user(self.finance).action_post()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_validation_request SET submitted_at = submitted_at - INTERVAL '6 hours' WHERE id = ANY(%s)",
            [requests.ids],
        )
        late = pending.sudo().validation_request_id.step_ids.sorted("sequence")[0]
        late._engine().write({"deadline": fields.Datetime.to_datetime("2020-01-01")})
        self.env.invalidate_all()
        pilot = self._open()
        self.assertEqual(
            (pilot.request_count, pilot.approved_count, pilot.open_count, pilot.overdue_count), (3, 1, 1, 1)
        )
        self.assertEqual((pilot.blocked_count, pilot.skipped_count), (1, 1))
        self.assertAlmostEqual(pilot.hours, 6, places=1)

    def test_the_switch_says_what_changes_today(self):
        blocked, approved = self._create_bill(), self._create_bill()
        posted = self._create_bill()
        self._submit(approved)
        self._approve(approved, self.manager, self.controller)
        posted.with_user(self.finance).action_post()
        pilot = self._open()
        self.assertEqual((pilot.draft_count, pilot.stuck_count), (1, 0))
        self.assertIn("1 drafts can no longer be posted", pilot.impact)
        self.assertEqual(pilot.action_view_drafts()["domain"], [("id", "in", blocked.ids)])
        pilot.action_enforce()
        self.assertEqual(self.policy.mode, "enforce")
        self.assertRefused(UserError, "must be validated", blocked.with_user(self.finance).action_post)
        approved.with_user(self.finance).action_post()

    def test_drafts_that_nobody_could_approve_are_counted(self):
        self._create_bill()
        self.controller.active = False
        pilot = self._open()
        self.assertEqual(pilot.stuck_count, 1)
        self.assertIn("could not even be submitted: Level “Finance”", pilot.impact)

    def test_switching_in_the_form_warns_first(self):
        self._create_bill()
        policy = self.policy.with_user(self.administrator)
        result = policy.onchange({"mode": "enforce"}, ["mode"], {"mode": {}})
        self.assertIn("1 drafts can no longer be posted", result["warning"]["message"])
        with Form(policy) as form:
            form.name = "Renamed"
        self.assertNotIn("warning", policy.onchange({"mode": "off"}, ["mode"], {"mode": {}}))

    def test_invoices_that_one_may_not_read_do_not_count(self):
        payroll = self._create_department("Payroll", self.marketing, is_confidential=True)
        self._create_move(department=payroll)
        self.assertEqual(self._open().draft_count, 0)
        self._give_role(self.administrator, payroll, "reader")
        self.env.invalidate_all()
        self.assertEqual(self._open().draft_count, 1)

    def test_only_what_observes_is_switched(self):
        pilot = self._open()
        self.policy.mode = "off"
        self.assertRefused(UserError, "does not observe", pilot.action_enforce)

    def test_only_administrators_see_figures(self):
        for user in (self.finance, self.manager, self.auditor):
            self.assertRefused(AccessError, "", self._open, user)
            Pilot = self.env["account.validation.pilot"].with_user(user)
            self.assertRefused(AccessError, "", Pilot.create, {"policy_id": self.policy.id})
        other = self._create_user("administrator_2", groups="facturation_collab.group_administrator")
        self.assertRefused(AccessError, "", self._open().with_user(other).read, ["mode"])
