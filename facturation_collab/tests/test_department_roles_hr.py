from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import CollabCommon


@tagged("post_install", "-at_install")
class TestDepartmentRolesHr(CollabCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.worker = cls._create_user("worker")
        cls.boss = cls._create_user("boss")
        cls.officer = cls._create_user("officer", groups="hr.group_hr_user")
        cls.employee = cls._create_employee(cls.worker, cls.events).with_user(cls.officer)
        cls.boss_employee = cls._create_employee(cls.boss, cls.direction)

    @classmethod
    def _create_employee(cls, user, department):
        vals = {"name": user.name, "user_id": user.id, "company_id": cls.company.id, "department_id": department.id}
        return cls.env["hr.employee"].sudo().create(vals)

    def _get_roles(self, department):
        return {member.user_id: (member.role, member.source) for member in department.sudo().account_member_ids}

    def _synchronize(self, department, **vals):
        department.with_user(self.administrator).write({"sync_members": True, **vals})

    def test_nothing_follows_hr_by_default(self):
        self.assertFalse(self._get_roles(self.events))

    def test_switching_on_gives_employees_and_the_manager_their_roles(self):
        self.events.sudo().manager_id = self.boss_employee
        self._synchronize(self.events)
        expected = {self.worker: ("contributor", "hr"), self.boss: ("manager", "hr")}
        self.assertEqual(self._get_roles(self.events), expected)
        self.assertTrue(self.worker.has_group("facturation_collab.group_user"))

    def test_the_role_of_employees_is_a_choice(self):
        self._synchronize(self.events, sync_role="reader")
        self.assertEqual(self._get_roles(self.events), {self.worker: ("reader", "hr")})
        self._synchronize(self.events, sync_role="contributor")
        self.assertEqual(self._get_roles(self.events), {self.worker: ("contributor", "hr")})

    def test_an_employee_who_changes_department_changes_roles(self):
        self._synchronize(self.events)
        self._synchronize(self.logistics)
        self.employee.department_id = self.logistics
        self.assertFalse(self._get_roles(self.events))
        self.assertEqual(self._get_roles(self.logistics)[self.worker], ("contributor", "hr"))

    def test_a_new_version_of_the_employee_changes_roles(self):
        self._synchronize(self.events)
        self._synchronize(self.logistics)
        self.employee.version_id.date_version = fields.Date.today() - timedelta(days=10)
        self.employee.create_version(
            {"date_version": fields.Date.today() - timedelta(days=1), "department_id": self.logistics.id}
        )
        self.assertFalse(self._get_roles(self.events))
        self.assertIn(self.worker, self._get_roles(self.logistics))

    def test_a_version_of_the_future_waits_for_the_daily_job(self):
        self._synchronize(self.events)
        self._synchronize(self.logistics)
        tomorrow = fields.Date.today() + timedelta(days=1)
        self.employee.create_version({"date_version": tomorrow, "department_id": self.logistics.id})
        self.assertIn(self.worker, self._get_roles(self.events))
        with freeze_time(tomorrow):
            self.employee.sudo()._cron_update_current_version_id()
            self.env["hr.department"].sudo()._cron_refresh_roles()
        self.assertFalse(self._get_roles(self.events))
        self.assertIn(self.worker, self._get_roles(self.logistics))

    def test_new_linked_archived_and_deleted_employees(self):
        self._synchronize(self.events)
        other = self._create_user("other")
        employee = (
            self.env["hr.employee"]
            .sudo()
            .create({"name": "Other", "company_id": self.company.id, "department_id": self.events.id})
        )
        self.assertNotIn(other, self._get_roles(self.events))
        employee.user_id = other
        self.assertIn(other, self._get_roles(self.events))
        employee.active = False
        self.assertNotIn(other, self._get_roles(self.events))
        self.employee.sudo().unlink()
        self.assertFalse(self._get_roles(self.events))

    def test_a_new_manager_replaces_the_old_one(self):
        self.events.sudo().manager_id = self.boss_employee
        self._synchronize(self.events)
        self.events.sudo().manager_id = self.employee
        self.assertEqual(self._get_roles(self.events), {self.worker: ("manager", "hr")})

    def test_roles_given_by_hand_are_never_touched(self):
        self._give_role(self.worker, self.events, "validator")
        self._give_role(self.reader, self.events, "reader")
        self._synchronize(self.events)
        self.employee.department_id = self.logistics
        by_hand = {self.worker: ("validator", "manual"), self.reader: ("reader", "manual")}
        self.assertEqual(self._get_roles(self.events), by_hand)

    def test_switching_off_keeps_roles_and_switching_on_again_follows_hr(self):
        self._synchronize(self.events)
        self.events.with_user(self.administrator).sync_members = False
        self.employee.department_id = self.logistics
        self.assertIn(self.worker, self._get_roles(self.events))
        self._synchronize(self.events)
        self.assertFalse(self._get_roles(self.events))

    def test_a_role_changed_by_a_person_is_theirs(self):
        self._synchronize(self.events)
        role = self.events.account_member_ids.with_user(self.administrator)
        role.role = "reader"
        self.events.sudo()._sync_members()
        self.assertEqual(self._get_roles(self.events), {self.worker: ("reader", "manual")})

    def test_a_role_that_would_come_back_is_not_deleted(self):
        self._synchronize(self.events)
        role = self.events.account_member_ids.with_user(self.administrator)
        with self.assertRaisesRegex(UserError, "would come back"):
            role.unlink()
        self.events.with_user(self.administrator).sync_members = False
        role.unlink()
        self.assertFalse(self._get_roles(self.events))

    def test_nobody_forges_a_role_that_follows_hr(self):
        members = self.env["account.department.member"].with_user(self.administrator)
        role = members.create(
            {"user_id": self.worker.id, "department_id": self.events.id, "role": "reader", "source": "hr"}
        )
        self.assertEqual(role.source, "manual")
        role.source = "hr"
        self.assertEqual(role.source, "manual")

    def test_hr_officers_do_not_switch_it_on(self):
        with self.assertRaises(AccessError):
            self.events.with_user(self.officer).sync_members = True
        with self.assertRaises(AccessError):
            self.events.with_user(self.officer).reader_ids = self.officer

    def test_hr_officers_move_employees_without_rights_on_roles(self):
        self._synchronize(self.events)
        self.employee.department_id = self.logistics
        self.assertFalse(self._get_roles(self.events))

    def test_portal_users_and_strangers_to_the_company_are_left_out(self):
        self.worker.sudo().group_ids = self.env.ref("base.group_portal")
        self._synchronize(self.events)
        self.assertFalse(self._get_roles(self.events))

    def test_synchronization_is_done_in_batch(self):
        for index in range(20):
            self._create_employee(self._create_user(f"many{index}"), self.logistics)
        self._synchronize(self.logistics)
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(12):
            self.logistics._sync_members()
