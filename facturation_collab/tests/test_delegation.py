"""Who decides for whom: giving, starting, ending and revoking a delegation, and for which invoices it holds."""

from datetime import timedelta

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models import account_validation_delegation_follow
from .delegation_common import DelegationCase

OPERATIONS = ("read", "write", "create", "unlink")


@tagged("post_install", "-at_install")
class TestDelegation(DelegationCase):
    # ---- invoices under way follow

    def test_what_waits_follows_at_once_and_comes_back_when_it_is_revoked(self):
        bill, request = self._submit_bill()
        self.assertFalse(bill.with_user(self.deputy).has_access("read"))
        delegation = self._delegate()
        self.assertEqual((delegation.state, delegation.is_applied), ("running", True))
        self.assertEqual(request.waiting_user_ids, self.manager | self.deputy)
        self.assertEqual(bill.sudo().validation_waiting_user_ids, self.manager | self.deputy)
        self.assertEqual(sorted(self._get_activities(bill)), ["Deputy", "Manager"])
        self.assertTrue(bill.with_user(self.deputy).has_access("read"))
        self.assertEqual(request.step_ids[0].approver_ids, self.manager, "The approvers stay as they were frozen.")
        delegation.with_user(self.manager).action_revoke()
        self.assertEqual((delegation.state, delegation.is_applied), ("revoked", False))
        self.assertEqual(request.waiting_user_ids, self.manager)
        self.assertEqual(self._get_activities(bill), ["Manager"])
        self.assertTrue(bill.with_user(self.deputy).has_access("read"), "Whoever was asked may read it afterwards.")
        self.assertRefused(UserError, "not among the approvers", bill.with_user(self.deputy).action_approve)

    def test_a_delegate_who_is_archived_and_comes_back(self):
        bill, request = self._submit_bill()
        self._delegate()
        for active, waiting in ((False, self.manager), (True, self.manager | self.deputy)):
            self.deputy.sudo().active = active
            self.assertEqual(request.waiting_user_ids, waiting)
            self.assertEqual(self._can_approve(bill, self.deputy), active)

    def test_what_is_submitted_meanwhile_asks_the_delegate_too(self):
        self._delegate()
        bill, request = self._submit_bill()
        self.assertEqual(request.waiting_user_ids, self.manager | self.deputy)
        self.assertIn("Waiting for Manager or Deputy", "".join(bill.sudo().message_ids.mapped("body")))

    def test_a_later_level_asks_the_delegate_when_it_opens(self):
        self._delegate(self.controller, self.deputy)
        bill, request = self._submit_bill()
        self.assertEqual(request.waiting_user_ids, self.manager)
        self._approve(bill, self.manager)
        self.assertEqual(request.waiting_user_ids, self.controller | self.deputy)

    def test_it_starts_and_ends_on_the_days_of_the_company(self):
        self.company.resource_calendar_id.tz = "Europe/Paris"
        bill, request = self._submit_bill()
        first = fields.Date.today() + timedelta(days=10)
        delegation = self._delegate(date_from=first, date_to=first + timedelta(days=1))
        winter = delegation.starts_at.replace(hour=0) != delegation.starts_at
        self.assertTrue(winter, "Midnight in Paris is an hour or two before midnight in UTC.")
        self.assertEqual(delegation.state, "future")
        self.assertFalse(self._can_approve(bill, self.deputy))
        for moment, state, people in (
            (delegation.starts_at - timedelta(minutes=1), "future", self.manager),
            (delegation.starts_at, "running", self.manager | self.deputy),
            (delegation.ends_at - timedelta(minutes=1), "running", self.manager | self.deputy),
            (delegation.ends_at, "over", self.manager),
        ):
            with freeze_time(moment):
                self.env.invalidate_all()
                self.assertEqual(delegation.state, state)
                self.assertEqual(self._can_approve(bill, self.deputy), state == "running", "Before the job has run.")
                self._follow()
                self.assertEqual(request.waiting_user_ids, people, state)
                self.assertEqual(delegation.is_applied, state == "running")
                self.assertEqual(delegation.search([("state", "=", state), ("id", "=", delegation.id)]), delegation)

    def test_the_job_is_called_when_it_starts_and_when_it_ends(self):
        cron = self.env.ref("facturation_collab.ir_cron_follow_delegations")
        triggers = self.env["ir.cron.trigger"].sudo()
        before = triggers.search([("cron_id", "=", cron.id)])
        first = self.today + timedelta(days=3)
        delegation = self._delegate(date_from=first, date_to=first)
        moments = (triggers.search([("cron_id", "=", cron.id)]) - before).mapped("call_at")
        self.assertEqual(sorted(moments), [delegation.starts_at, delegation.ends_at])

    def test_the_job_goes_on_where_it_stopped(self):
        bills = self.env["account.move"].union(*(self._create_bill() for _bill in range(5)))
        requests = self._submit(bills)
        self.patch(self.registry["account.validation.delegation"], "_start_following", lambda delegation: None)
        delegation = self._delegate()
        self.assertFalse(requests.filtered(lambda request: self.deputy in request.waiting_user_ids))
        self.patch(account_validation_delegation_follow, "SLICE", 2)
        self.times = [60, 0]
        self._follow()
        self.assertFalse(delegation.is_applied)
        done = requests.filtered(lambda request: self.deputy in request.waiting_user_ids)
        self.assertEqual(len(done), 2)
        self._follow()
        self.assertTrue(delegation.is_applied)
        self.assertEqual({request.waiting_user_ids for request in requests}, {self.manager | self.deputy})

    def test_overlapping_ones_hold_together(self):
        bill, request = self._submit_bill()
        first = self._delegate()
        self._delegate(delegate=self.other)
        self.assertEqual(request.waiting_user_ids, self.manager | self.deputy | self.other)
        first._revoke()
        self.assertEqual(request.waiting_user_ids, self.manager | self.other)
        self.assertTrue(self._can_approve(bill, self.other))

    def test_two_of_the_same_people_hold_until_both_ended(self):
        _bill, request = self._submit_bill()
        first, _second = self._delegate(), self._delegate()
        first._revoke()
        self.assertEqual(request.waiting_user_ids, self.manager | self.deputy)

    # ---- scope

    def test_it_holds_for_its_scope_only(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.manager.sudo().company_ids |= elsewhere
        other_policy = self.policy.copy({"department_ids": [(6, 0, self.logistics.ids)]})
        bill, request = self._submit_bill()
        for terms, holds in (
            ({"department_ids": self.marketing.ids}, True),
            ({"department_ids": self.direction.ids}, True),
            ({"department_ids": self.logistics.ids}, False),
            ({"department_ids": self.events.ids}, False),
            ({"policy_ids": self.policy.ids}, True),
            ({"policy_ids": other_policy.ids}, False),
            ({"company_ids": self.company.ids}, True),
            ({"company_ids": elsewhere.ids}, False),
            ({"apply_in_invoice": True, "apply_in_refund": True}, True),
            ({"apply_out_invoice": True}, False),
            ({"amount_max": 1000}, True),
            ({"amount_max": 999.99}, False),
            ({"amount_max": 5000, "department_ids": self.logistics.ids}, False),
        ):
            delegation = self._delegate(**terms)
            self.assertEqual(self._can_approve(bill, self.deputy), holds, terms)
            self.assertEqual(self.deputy in request.waiting_user_ids, holds, terms)
            delegation._revoke()

    def test_its_amount_is_in_the_currency_of_the_giver(self):
        currency = self.setup_other_currency("EUR", rates=[("2016-01-01", 2.0)])
        foreign = self._create_bill(currency_id=currency.id, amount=1600.0)
        self._submit(foreign)
        self.assertEqual(foreign.sudo().validation_request_id.amount, 800.0)
        self._delegate(amount_max=1000)
        self.assertTrue(self._can_approve(foreign, self.deputy))

    def test_its_scope_is_said_in_words(self):
        delegation = self._delegate(
            department_ids=self.marketing.ids, apply_in_invoice=True, amount_max=500, reason="On holiday"
        )
        self.assertEqual(delegation.summary, "Vendor bills of Marketing up to $\xa0500 (On holiday)")
        self.assertEqual(self._delegate(delegate=self.other).summary, "All invoices")

    # ---- no chains, no circles

    def test_a_delegate_does_not_pass_it_on(self):
        self._delegate()
        self._delegate(self.deputy, self.other)
        bill, request = self._submit_bill()
        self.assertEqual(request.waiting_user_ids, self.manager | self.deputy)
        self.assertFalse(self._can_approve(bill, self.other))

    def test_circles_are_refused(self):
        self._delegate()
        self._delegate(self.deputy, self.other)
        self.assertRefused(UserError, "already decides for", self._delegate, self.deputy, self.manager)
        self.assertRefused(UserError, "directly or over others", self._delegate, self.other, self.manager)

    def test_a_circle_needs_the_same_time(self):
        first = self._delegate(date_to=self.today + timedelta(days=2))
        later = self.today + timedelta(days=3)
        self.assertTrue(self._delegate(self.deputy, self.manager, date_from=later))
        self.assertRefused(
            UserError, "already decides", self._delegate, self.deputy, self.manager, date_from=self.today
        )
        first._revoke()
        self.assertTrue(self._delegate(self.deputy, self.manager, date_to=self.today))

    def test_a_circle_is_one_of_persons(self):
        self._delegate()
        self.other.partner_id = self.manager.partner_id
        self.assertRefused(UserError, "already decides", self._delegate, self.deputy, self.other)

    # ---- who may give and revoke

    def test_people_have_somebody_decide_for_themselves_only(self):
        self.assertRefused(AccessError, "Only Manager", self._delegate, user=self.deputy)
        self.assertRefused(AccessError, "Only Manager", self._delegate, user=self.finance)
        self.assertRefused(AccessError, "Only Manager", self._delegate, user=self.auditor)
        self.assertTrue(self._delegate(user=self.administrator))

    def test_a_manager_speaks_for_the_people_of_the_departments_they_manage(self):
        marketing = {"department_ids": self.marketing.ids}
        self.assertTrue(self._delegate(self.validator, user=self.manager, **marketing))
        self.assertTrue(self._delegate(self.validator, user=self.director, department_ids=self.events.ids))
        self.assertRefused(AccessError, "limit the delegation", self._delegate, self.validator, user=self.manager)
        self.assertRefused(
            AccessError,
            "limit the delegation",
            self._delegate,
            self.validator,
            user=self.manager,
            department_ids=self.logistics.ids,
        )
        self.assertRefused(AccessError, "Only Director", self._delegate, self.director, user=self.manager, **marketing)
        self.assertRefused(AccessError, "Only Outsider", self._delegate, self.outsider, user=self.manager, **marketing)
        self._give_role(self.finance, self.marketing, "validator")
        self.assertRefused(
            AccessError, "also approves for accounting", self._delegate, self.finance, user=self.manager, **marketing
        )

    def test_who_cannot_decide_for_somebody(self):
        stranger = self._create_user("stranger")
        self.assertRefused(UserError, "no access to collaborative invoicing", self._delegate, delegate=stranger)
        twin = self._create_user("twin", groups="facturation_collab.group_user")
        twin.partner_id = self.manager.partner_id
        self.assertRefused(UserError, "are one person", self._delegate, delegate=twin)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        abroad = self._create_user(
            "abroad",
            groups="facturation_collab.group_user",
            company_id=elsewhere.id,
            company_ids=[(6, 0, elsewhere.ids)],
        )
        self.assertRefused(UserError, "works in no company of Manager", self._delegate, delegate=abroad)

    def test_days_and_amounts_that_do_not_fit(self):
        yesterday = self.today - timedelta(days=1)
        self.assertRefused(UserError, "ends before it begins", self._delegate, date_to=yesterday)
        self.assertRefused(
            UserError, "is over", self._delegate, date_from=yesterday - timedelta(days=1), date_to=yesterday
        )
        self.assertRefused(UserError, "cannot be negative", self._delegate, amount_max=-1)

    def test_the_database_keeps_two_people_and_an_order_of_days(self):
        delegation = self._delegate()
        for vals in ({"to_user_id": self.manager.id}, {"date_to": "2000-01-01"}, {"amount_max": -5}):
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
                delegation._engine().write(vals)
                self.env.flush_all()

    def test_both_people_and_administrators_revoke_it(self):
        for user in (self.manager, self.deputy, self.administrator):
            delegation = self._delegate()
            delegation.with_user(user).action_revoke()
            self.assertEqual((delegation.state, delegation.revoked_by_id), ("revoked", user))
        delegation = self._delegate()
        for user in (self.finance, self.auditor):
            self.assertRefused(UserError, "Only Manager", delegation.with_user(user).action_revoke)
        self.assertRefused(AccessError, "", delegation.with_user(self.other).action_revoke)
        delegation._revoke()
        self.assertRefused(UserError, "already ended", delegation.with_user(self.manager).action_revoke)

    def test_the_manager_who_gave_it_revokes_it(self):
        delegation = self._delegate(self.validator, user=self.manager, department_ids=self.marketing.ids)
        self.assertTrue(delegation.with_user(self.manager).can_revoke)
        delegation.with_user(self.manager).action_revoke()
        self.assertEqual(delegation.state, "revoked")

    # ---- access

    def test_access_rights_line_by_line(self):
        employee = self._create_user("employee")
        for model, rights in (
            ("account.validation.delegation", "r"),
            ("account.validation.delegate", "rwc"),
            ("account.validation.handover", "rwc"),
        ):
            for user in (self.deputy, self.finance, self.auditor, self.administrator):
                found = "".join(name[0] for name in OPERATIONS if self.env[model].with_user(user).has_access(name))
                self.assertEqual(found, rights, (model, user.name))
            self.assertFalse(self.env[model].with_user(employee).has_access("read"))

    def test_rules_on_rows(self):
        delegation = self._delegate()
        readers = {self.manager, self.deputy, self.finance, self.auditor, self.administrator}
        for user in (*readers, self.other, self.validator, self.director):
            self.assertEqual(delegation.with_user(user).has_access("read"), user in readers, user.name)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        abroad = self._create_user(
            "abroad",
            groups="facturation_collab.group_administrator",
            company_id=elsewhere.id,
            company_ids=[(6, 0, elsewhere.ids)],
        )
        self.assertFalse(delegation.with_user(abroad).has_access("read"))

    def test_dialogs_are_ones_own(self):
        wizard = self.env["account.validation.delegate"].with_user(self.manager)
        dialog = wizard.create({"to_user_id": self.deputy.id})
        handover = self.env["account.validation.handover"].with_user(self.manager)
        handover = handover.create({"move_ids": [(6, 0, self._create_bill().ids)]})
        for record in (dialog, handover):
            self.assertTrue(record.has_access("write"))
            self.assertFalse(record.with_user(self.deputy).has_access("read"))

    def test_nobody_writes_creates_or_deletes_one(self):
        delegation = self._delegate()
        vals = {"from_user_id": self.manager.id, "to_user_id": self.other.id, "starts_at": "2026-01-01"}
        for user in (self.manager, self.administrator, self.finance):
            self.assertRefused(AccessError, "", delegation.with_user(user).write, {"to_user_id": self.other.id})
            self.assertRefused(AccessError, "", delegation.with_user(user).create, vals)
            self.assertRefused(AccessError, "", delegation.with_user(user).unlink)
        forged = delegation.with_context(facturation_collab_engine=True)
        for record in (delegation, forged):
            self.assertRefused(AccessError, "revoke it", record.write, {"to_user_id": self.other.id})
            self.assertRefused(AccessError, "revoke it", record.create, vals)
            self.assertRefused(AccessError, "revoke it", record.unlink)

    # ---- messages and screen

    def _told(self, user):
        domain = [("notified_partner_ids", "in", user.partner_id.ids)]
        return self.env["mail.message"].sudo().search(domain, order="id desc")

    def test_the_delegate_is_told_once(self):
        self._submit_bill()
        before = self._told(self.deputy)
        self._delegate(date_to=self.today, reason="On holiday")
        message = self._told(self.deputy) - before
        self.assertEqual(len(message), 1)
        self.assertEqual(message.subject, "You decide for Manager")
        self.assertIn("On holiday", message.body)
        self.assertNotIn("Deputy decides for you", self._told(self.manager).mapped("subject"))

    def test_whoever_is_decided_for_is_told_when_somebody_else_said_so(self):
        self._delegate(user=self.administrator)
        self.assertEqual(self._told(self.manager)[:1].subject, "Deputy decides for you")

    def test_the_screen_of_each_user(self):
        for user in (self.deputy, self.finance, self.administrator):
            action = self.env["ir.actions.actions"].with_user(user)
            action = action._for_xml_id("facturation_collab.account_validation_delegation_action_mine")
            views = self.env["account.validation.delegation"].with_user(user).get_views(action["views"])["views"]
            self.assertLessEqual({"list", "kanban", "form"}, set(views))
            menus = self.env["ir.ui.menu"].with_user(user).load_menus(False)
            names = {menu.get("xmlid") for menu in menus.values()}
            own = {"facturation_collab.menu_my_delegations", "facturation_collab.menu_finance_my_delegations"}
            self.assertTrue(names & own, user.name)
            self.assertEqual("facturation_collab.menu_delegations" in names, user == self.administrator)
