from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import CollabCommon


@tagged("post_install", "-at_install")
class TestDepartments(CollabCommon):
    def _assert_reach(self, department, readers, contributors):
        department.invalidate_recordset(["reader_ids", "contributor_ids"])
        self.assertEqual(department.sudo().reader_ids, readers)
        self.assertEqual(department.sudo().contributor_ids, contributors)

    def test_roles_reach_their_department(self):
        everybody = self.reader | self.contributor | self.validator | self.manager | self.director
        self._assert_reach(self.marketing, everybody, self.contributor | self.manager | self.director)

    def test_managers_reach_the_departments_below_and_nobody_else_does(self):
        above = self.manager | self.director
        self._assert_reach(self.events, above, above)
        self._assert_reach(self.direction, self.director, self.director)

    def test_moving_a_department_moves_the_reach_of_managers(self):
        self.marketing.sudo().parent_id = self.logistics
        logistics_manager = self._create_user("logistics_manager", self.logistics, "manager")
        above = self.manager | self.director | logistics_manager
        self._assert_reach(self.events, above, above)

    def test_role_changes_reach_the_whole_tree_at_once(self):
        role = self.director_role
        role.role = "reader"
        self._assert_reach(self.events, self.manager, self.manager)
        role.role = "manager"
        self._assert_reach(self.events, self.manager | self.director, self.manager | self.director)
        role.unlink()
        self._assert_reach(self.events, self.manager, self.manager)

    @property
    def director_role(self):
        return self.direction.sudo().account_member_ids.filtered(lambda member: member.user_id == self.director)

    def test_roles_hold_between_their_dates_only(self):
        today = fields.Date.today()
        self.director_role.date_from = today + timedelta(days=1)
        self._assert_reach(self.direction, self.env["res.users"], self.env["res.users"])
        self.director_role.write({"date_from": today, "date_to": today})
        self._assert_reach(self.direction, self.director, self.director)
        self.director_role.write({"date_from": False, "date_to": today - timedelta(days=1)})
        self._assert_reach(self.direction, self.env["res.users"], self.env["res.users"])

    def test_daily_job_ends_roles_whose_last_day_is_over(self):
        self.env.cr.execute(
            "UPDATE account_department_member SET date_to = %s WHERE id = %s",
            [fields.Date.today() - timedelta(days=1), self.director_role.id],
        )
        self.env.invalidate_all()
        self.assertIn(self.director, self.events.sudo().reader_ids)
        self.env["hr.department"].sudo()._cron_refresh_roles()
        self._assert_reach(self.events, self.manager, self.manager)

    def test_expansion_is_computed_in_batch(self):
        departments = self.env["hr.department"].sudo()
        for count in (5, 40):
            departments.create([{"name": f"D{count}", "parent_id": self.events.id} for _ in range(count)])
            self.director_role.role = "reader"
            self.env.flush_all()
            self.env.invalidate_all()
            with self.assertQueryCount(28):
                self.director_role.role = "manager"
                self.env.flush_all()

    def test_current_roles_are_searchable(self):
        members = self.env["account.department.member"].sudo()
        expired = self.director_role
        expired.date_to = fields.Date.today() - timedelta(days=1)
        self.assertNotIn(expired, members.search([("is_current", "=", True)]))
        self.assertIn(expired, members.search([("is_current", "=", False)]))
        self.assertEqual(expired.is_current, False)

    def test_role_users_include_managers_where_they_stand_in(self):
        self.assertEqual(self.marketing._get_role_users("validator"), self.validator | self.manager)
        self.assertEqual(self.marketing._get_role_users("manager"), self.manager)
        self.manager.sudo().active = False
        self.assertEqual(self.marketing._get_role_users("validator"), self.validator)

    def test_one_role_per_person_and_department(self):
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self._give_role(self.reader, self.marketing, "manager")

    def test_last_day_is_not_before_first_day(self):
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self._give_role(self.reader, self.logistics, "reader", date_from="2026-02-01", date_to="2026-01-01")

    def test_a_role_gives_the_group_and_losing_it_does_not_take_it_away(self):
        user = self._create_user("newcomer")
        self.assertFalse(user.has_group("facturation_collab.group_user"))
        role = self._give_role(user, self.marketing, "reader")
        self.assertTrue(user.has_group("facturation_collab.group_user"))
        role.unlink()
        self.assertTrue(user.has_group("facturation_collab.group_user"))

    def test_portal_users_are_refused(self):
        portal = new_test_user(self.env, "collab_portal", "base.group_portal", context={"no_reset_password": True})
        with self.assertRaisesRegex(ValidationError, "not an internal user"):
            self._give_role(portal, self.marketing, "reader")

    def test_people_without_access_to_the_company_are_refused(self):
        other = self.env["res.company"].sudo().create({"name": "Other"})
        department = self._create_department("Elsewhere", company=other)
        with self.assertRaisesRegex(ValidationError, "no access to the company"):
            self._give_role(self.reader, department, "reader")

    def test_administrator_gives_roles_without_other_rights(self):
        user = self._create_user("newcomer")
        members = self.env["account.department.member"].with_user(self.administrator)
        members.create({"user_id": user.id, "department_id": self.logistics.id, "role": "reader"})
        self.assertIn(user, self.logistics.sudo().reader_ids)
        self.assertTrue(user.has_group("facturation_collab.group_user"))

    def test_my_departments_are_searchable_by_everybody(self):
        departments = self.env["hr.department"]
        mine = departments.with_user(self.reader).search([("is_mine", "=", True)])
        self.assertEqual(mine, self.marketing)
        self.assertTrue(mine.is_mine)
        self.assertNotIn(self.marketing, departments.with_user(self.reader).search([("is_mine", "=", False)]))
        move = self._create_move(self.contributor)
        filtered = self.env["account.move"].with_user(self.contributor).search([("department_id.is_mine", "=", True)])
        self.assertIn(move, filtered)

    # ---- invitation

    def _invite(self, inviter, department=None, **vals):
        vals = {"department_id": (department or self.marketing).id, "role": "contributor", **vals}
        wizard = self.env["account.department.invite"].with_user(inviter).create(vals)
        return wizard.action_invite()

    def test_administrator_invites_existing_users(self):
        users = self._create_user("one") | self._create_user("two")
        self._invite(self.administrator, user_ids=[Command.set(users.ids)], role="validator", date_to="2099-12-31")
        members = self.marketing.sudo().account_member_ids.filtered(lambda member: member.user_id in users)
        self.assertEqual(members.mapped("role"), ["validator", "validator"])
        self.assertEqual(members.mapped("source"), ["manual", "manual"])
        self.assertTrue(all(user.has_group("facturation_collab.group_user") for user in users))

    def test_inviting_again_changes_the_role(self):
        self._invite(self.administrator, user_ids=[Command.set(self.reader.ids)], role="manager")
        self.assertIn(self.reader, self.marketing._get_role_users("manager"))

    def test_administrator_invites_a_new_person(self):
        with patch.object(self.env.registry["res.users"], "_action_reset_password") as invitation:
            self._invite(self.administrator, new_name="Jane", new_email="Jane@Example.com", role="reader")
        invitation.assert_called_once_with(signup_type="signup")
        user = self.env["res.users"].sudo().search([("login", "=", "jane@example.com")])
        self.assertTrue(user._is_internal())
        self.assertTrue(user.has_group("facturation_collab.group_user"))
        self.assertFalse(user.has_group("account.group_account_invoice"))
        self.assertFalse(user.has_group("base.group_partner_manager"))
        self.assertEqual(user.company_ids, self.company)
        self.assertIn(user, self.marketing.sudo().reader_ids)

    def test_context_of_the_client_gives_a_new_person_nothing_more(self):
        wizard = self.env["account.department.invite"].with_user(self.administrator)
        values = {"department_id": self.marketing.id, "new_name": "Eve", "new_email": "eve@example.com"}
        wizard = wizard.create({**values, "role": "reader"})
        system = self.env.ref("base.group_system")
        wizard.with_context(default_group_ids=[Command.link(system.id)], default_active=False).action_invite()
        user = self.env["res.users"].sudo().search([("login", "=", "eve@example.com")])
        self.assertTrue(user.active)
        self.assertFalse(user.has_group("base.group_system"))

    def test_invitation_refuses_a_known_or_invalid_address(self):
        with self.assertRaisesRegex(UserError, "already a user"):
            self._invite(self.administrator, new_name="Reader", new_email=self._known_login())
        with self.assertRaisesRegex(UserError, "valid e-mail"):
            self._invite(self.administrator, new_name="Jane", new_email="nonsense")
        with self.assertRaisesRegex(UserError, "at least one person"):
            self._invite(self.administrator)

    def _known_login(self):
        self.reader.sudo().login = "known@example.com"
        return "KNOWN@example.com"

    def test_managers_invite_existing_users_below_their_own_role(self):
        user = self._create_user("one")
        self._invite(self.manager, user_ids=[Command.set(user.ids)], role="validator")
        self.assertIn(user, self.marketing._get_role_users("validator"))
        self._invite(self.director, department=self.events, user_ids=[Command.set(user.ids)], role="reader")
        self.assertIn(user, self.events._get_role_users("reader"))

    def test_managers_invite_nobody_new_no_manager_and_nowhere_else(self):
        user = self._create_user("one")
        people = [Command.set(user.ids)]
        with self.assertRaisesRegex(AccessError, "do not have a user account"):
            self._invite(self.manager, new_name="Jane", new_email="jane@example.com")
        with self.assertRaisesRegex(AccessError, "name managers"):
            self._invite(self.manager, user_ids=people, role="manager")
        with self.assertRaisesRegex(AccessError, "Only an administrator or a manager"):
            self._invite(self.manager, department=self.logistics, user_ids=people)
        with self.assertRaisesRegex(AccessError, "name managers"):
            other = self._create_user("other_manager", self.marketing, "manager")
            self._invite(self.manager, user_ids=[Command.set(other.ids)], role="reader")

    def test_others_invite_nobody(self):
        for user in (self.reader, self.contributor, self.validator, self.auditor):
            with self.assertRaises(AccessError):
                self._invite(user, user_ids=[Command.set(self.outsider.ids)])

    # ---- default department

    def test_a_person_enters_for_their_department(self):
        self.assertEqual(self._create_move(self.contributor).department_id, self.marketing)
        self.assertEqual(self._create_move(self.outsider).department_id, self.logistics)

    def test_own_department_comes_before_the_journal_and_the_vendor(self):
        self.company_data["default_journal_purchase"].sudo().department_id = self.logistics
        self.assertEqual(self._create_move(self.contributor).department_id, self.marketing)

    def test_the_employees_department_comes_first(self):
        self._give_role(self.contributor, self.events, "contributor")
        self.env["hr.employee"].sudo().create(
            {
                "name": "C",
                "user_id": self.contributor.id,
                "department_id": self.events.id,
                "company_id": self.company.id,
            }
        )
        self.assertEqual(self._create_move(self.contributor).department_id, self.events)

    def test_finance_without_a_role_takes_the_journal_then_the_vendor_then_past_bills(self):
        journal = self.company_data["default_journal_purchase"].sudo()
        self.assertFalse(self._create_move(self.finance).department_id)
        self._create_move(department=self.events)
        self.assertEqual(self._create_move(self.finance).department_id, self.events)
        self.partner_a.sudo().with_company(self.company).department_id = self.logistics
        self.assertEqual(self._create_move(self.finance).department_id, self.logistics)
        journal.department_id = self.marketing
        self.assertEqual(self._create_move(self.finance).department_id, self.marketing)

    def test_the_company_of_a_contact_counts_for_the_contact(self):
        contact = self.env["res.partner"].sudo().create({"name": "Contact", "parent_id": self.partner_a.id})
        self.partner_a.sudo().with_company(self.company).department_id = self.logistics
        self.assertEqual(self._create_move(self.finance, partner_id=contact.id).department_id, self.logistics)

    def test_past_bills_that_disagree_propose_nothing(self):
        for department in (self.marketing, self.events, self.events):
            self._create_move(department=department)
        self.assertFalse(self._create_move(self.finance).department_id)
        self._create_move(department=self.events)
        self.assertEqual(self._create_move(self.finance).department_id, self.events)

    def test_a_received_document_goes_to_the_journals_department_once_known(self):
        self._give_role(self.finance, self.logistics, "contributor")
        received = self.env["account.move"].with_user(self.finance).with_context(facturation_collab_received=True)
        self.partner_a.sudo().with_company(self.company).department_id = self.events
        move = received.create({"move_type": "in_invoice"})
        self.assertFalse(move.department_id, "nothing is known of it yet")
        move.partner_id = self.partner_a
        self.assertEqual(move.department_id, self.events)
        self.assertEqual(self._create_move(self.finance).department_id, self.logistics)

    def test_uploads_and_emails_go_to_the_journals_department(self):
        self._give_role(self.finance, self.logistics, "contributor")
        journal = self.company_data["default_journal_purchase"]
        journal.sudo().department_id = self.events
        attachment = self.env["ir.attachment"].with_user(self.finance).create({"name": "bill.txt", "raw": b"text"})
        uploads = journal.with_user(self.finance).with_context(default_move_type="in_invoice")
        uploaded = self.env["account.move"].browse(uploads.create_document_from_attachment(attachment.ids)["res_id"])
        self.assertEqual(uploaded.department_id, self.events)
        email = {
            "message_id": "<1@vendor>",
            "from": "bills@vendor.com",
            "subject": "Bill",
            "body": "",
            "email_from": "",
        }
        values = {"move_type": "in_invoice", "journal_id": journal.id, "company_id": self.company.id}
        received = self.env["account.move"].with_user(self.env.ref("base.user_root")).message_new(email, values)
        self.assertEqual(received.department_id, self.events)

    def test_a_chosen_department_is_kept(self):
        move = self._create_move(self.contributor)
        move.department_id = self.events.id
        move = move.sudo()
        move.partner_id = self.partner_b
        self.assertEqual(move.department_id, self.events)
        self.assertEqual(move.copy().department_id, self.events)

    def test_entries_have_no_department(self):
        self.company_data["default_journal_misc"].sudo().department_id = self.marketing
        entry = self.env["account.move"].sudo().create({"move_type": "entry"})
        self.assertFalse(entry.department_id)

    def test_departments_of_another_company_are_refused(self):
        other = self.env["res.company"].sudo().create({"name": "Other"})
        department = self._create_department("Elsewhere", company=other)
        with self.assertRaisesRegex(ValidationError, "belongs to the company Other"):
            self._create_move(department=department)

    def test_lines_concern_the_analytic_accounts_department(self):
        plan = self.env["account.analytic.plan"].sudo().create({"name": "Plan"})
        accounts = (
            self.env["account.analytic.account"]
            .sudo()
            .create(
                [
                    {"name": name, "plan_id": plan.id, "company_id": self.company.id, "department_id": department.id}
                    for name, department in (("E", self.events), ("L", self.logistics))
                ]
            )
        )
        move = self._create_move(department=self.marketing)
        line = move.invoice_line_ids
        self.assertEqual(line.department_id, self.marketing)
        line.analytic_distribution = {str(accounts[0].id): 40, str(accounts[1].id): 60}
        self.assertEqual(line.department_id, self.logistics)
        line.analytic_distribution = False
        self.assertEqual(line.department_id, self.marketing)
        move.department_id = self.events
        self.assertEqual(line.department_id, self.events)

    def test_default_departments_are_found_in_batch(self):
        self._create_move(department=self.events)
        moves = self.env["account.move"].with_user(self.finance)
        moves.env["hr.department"]._has_confidential()
        for count in (1, 20):
            batch = moves.concat(*(moves.new(self._get_move_vals(invoice_line_ids=[])) for _ in range(count)))
            self.env.flush_all()
            batch.mapped("journal_id.department_id")
            batch.partner_id.mapped("commercial_partner_id.department_id")
            with self.assertQueryCount(3):
                found = batch._get_default_departments()
            self.assertEqual(len(found), count)
