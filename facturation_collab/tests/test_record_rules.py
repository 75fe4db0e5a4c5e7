from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import CollabCommon

OPERATIONS = ("read", "write", "create", "unlink")


@tagged("post_install", "-at_install")
class TestRecordRules(CollabCommon):
    """One refusal for every access right and record rule."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.draft = cls._create_move(cls.contributor)
        cls.foreign = cls._create_move(department=cls.logistics)
        cls.unassigned = cls._create_move(department=cls.env["hr.department"])
        cls.posted = cls._create_move(department=cls.marketing, move_type="out_invoice")
        cls.posted.action_post()
        cls.stranger = cls._create_user("stranger", groups="facturation_collab.group_user")
        cls.employee = cls._create_user("employee")
        cls.env.flush_all()

    def _assert_rights(self, record, user, allowed=""):
        """The user has these of the rights read, write, create and unlink (rwcu) on the record, and no other."""
        record = record.with_user(user)
        rights = "".join(operation[0] for operation in OPERATIONS if record.has_access(operation))
        self.assertEqual(rights, allowed, f"{user.name} on {record._description}")

    def test_the_readers_of_a_department_are_found_as_by_path(self):
        self.marketing.sudo().active = False
        moves = self.env["account.move"].sudo()
        for user in (self.contributor, self.manager, self.stranger):
            by_path = moves.search([("department_id.reader_ids", "in", user.id)])
            self.assertEqual(moves.search([("department_reader_ids", "in", user.id)]), by_path)
            self.assertEqual(moves.search([]).filtered_domain([("department_reader_ids", "in", user.id)]), by_path)
        self.assertTrue(moves.search([("department_reader_ids", "in", self.contributor.id)]))
        with self.assertRaises(AccessError):
            self.draft.with_user(self.contributor).read(["department_reader_ids"])

    # ---- access rights, line by line

    def test_access_rights_per_model(self):
        for model, rights in {
            "account.move": "rwcu",
            "account.move.line": "rwcu",
            "account.journal": "r",
            "account.payment": "r",
            "account.partial.reconcile": "r",
            "account.department.member": "r",
            "hr.department": "r",
            "account.department.invite": "rwc",
            "account.validation.policy": "r",
            "account.validation.level": "r",
            "account.validation.request": "r",
            "account.validation.step": "r",
            "account.validation.event": "r",
            "account.validation.decision.wizard": "rwc",
            "account.validation.notice": "r",
            "account.move.revision": "r",
            "account.move.unsaved": "r",
            "account.bank.statement.line": "",
            "account.full.reconcile": "",
            "account.invoice.report": "",
            "account.payment.register": "",
        }.items():
            self._assert_rights(self.env[model], self.stranger, rights)

    def test_access_rights_of_administrators(self):
        for model, rights in {
            "account.department.member": "rwcu",
            "hr.department": "rwc",
            "account.validation.policy": "rwcu",
            "account.validation.level": "rwcu",
            "account.validation.request": "r",
            "account.validation.step": "r",
            "account.validation.event": "r",
            "account.journal": "r",
            "account.payment": "r",
        }.items():
            self._assert_rights(self.env[model], self.administrator, rights)

    def test_access_rights_of_finance(self):
        for model, rights in {
            "account.department.member": "r",
            "account.validation.policy": "r",
            "account.validation.level": "r",
            "account.validation.request": "r",
            "account.validation.step": "r",
            "account.validation.event": "r",
            "account.validation.decision.wizard": "rwc",
            "account.validation.notice": "r",
            "account.move.revision": "r",
            "account.move.unsaved": "r",
            "account.department.invite": "",
        }.items():
            self._assert_rights(self.env[model], self.finance, rights)

    def test_employees_without_our_group_have_nothing(self):
        models = (
            "account.move",
            "account.move.line",
            "account.journal",
            "account.payment",
            "account.department.member",
        )
        models += ("account.validation.policy", "account.validation.request", "account.validation.event")
        models += ("account.validation.notice", "account.move.revision", "account.move.unsaved")
        for model in models:
            self._assert_rights(self.env[model], self.employee)

    # ---- invoices and their lines

    def test_rights_on_a_draft(self):
        for user, rights in {
            self.contributor: "rwcu",
            self.manager: "rwc",
            self.director: "rwc",
            self.reader: "r",
            self.validator: "r",
            self.auditor: "r",
            self.outsider: "",
            self.administrator: "",
            self.stranger: "",
            self.employee: "",
            self.finance: "rwcu",
        }.items():
            self._assert_rights(self.draft, user, rights)
            lines = rights if rights in ("", "r") else "rwcu"
            self._assert_rights(self.draft.line_ids, user, lines)

    def test_rights_on_a_posted_invoice(self):
        readers = (self.contributor, self.manager, self.director, self.reader, self.validator, self.auditor)
        for record in (self.posted, self.posted.line_ids):
            for user in readers:
                self._assert_rights(record, user, "r")
            self._assert_rights(record, self.outsider)

    def test_rights_on_an_invoice_of_another_department_or_none(self):
        for record in (self.foreign, self.foreign.line_ids, self.unassigned, self.unassigned.line_ids):
            for user in (self.contributor, self.manager, self.reader, self.validator):
                self._assert_rights(record, user)
            self._assert_rights(record, self.auditor, "r")
        self._assert_rights(self.foreign, self.director, "rwc")
        self._assert_rights(self.unassigned, self.director)

    def test_searches_and_groups_show_readable_invoices_only(self):
        for model in ("account.move", "account.move.line"):
            records = self.env[model].with_user(self.contributor)
            seen = records.search([])
            self.assertEqual(seen.department_id, self.marketing)
            self.assertEqual(records.search_count([]), len(seen))
            groups = records._read_group([], ["company_id"], ["__count"])
            self.assertEqual(sum(count for _company, count in groups), len(seen))

    def test_entries_are_never_shown(self):
        entry = self.env["account.move"].sudo().create({"move_type": "entry", "department_id": self.marketing.id})
        for record in (entry, entry.line_ids):
            for user in (self.contributor, self.manager, self.auditor):
                self.assertFalse(record.with_user(user).search([("id", "in", record.ids)]))
        self._assert_rights(entry, self.contributor)

    def test_creating_for_another_department_is_refused(self):
        with self.assertRaises(AccessError):
            self._create_move(self.contributor, department=self.logistics)
        with self.assertRaises(AccessError):
            self._create_move(self.reader, department=self.marketing)
        with self.assertRaises(AccessError):
            self._create_move(self.stranger)

    def test_other_companies_stay_closed(self):
        other = self.env["res.company"].sudo().create({"name": "Other"})
        self.draft.invalidate_recordset()
        contributor = self.contributor.sudo()
        contributor.company_ids += other
        draft = self.draft.with_user(contributor).with_context(allowed_company_ids=other.ids)
        self.assertFalse(draft.has_access("read"))

    def test_a_role_that_ends_takes_effect_at_once(self):
        role = self.marketing.sudo().account_member_ids.filtered(lambda member: member.user_id == self.contributor)
        role.role = "reader"
        self._assert_rights(self.draft, self.contributor, "r")
        role.unlink()
        self._assert_rights(self.draft, self.contributor)

    def test_rules_of_other_apps_do_not_widen_editing(self):
        """As sale's: a group that only shows invoices, with a rule that covers every operation."""
        group = self.env["res.groups"].sudo().create({"name": "Shows all invoices"})
        self.env["ir.model.access"].sudo().create(
            {
                "name": "Shows all invoices",
                "model_id": self.env["ir.model"]._get_id("account.move"),
                "group_id": group.id,
                "perm_read": True,
            }
        )
        for model in ("account.move", "account.move.line"):
            self.env["ir.rule"].sudo().create(
                {
                    "name": "Shows all invoices",
                    "model_id": self.env["ir.model"]._get_id(model),
                    "domain_force": "[(1, '=', 1)]",
                    "groups": [Command.set(group.ids)],
                }
            )
        self.contributor.sudo().group_ids += group
        self._assert_rights(self.foreign, self.contributor, "r")
        self._assert_rights(self.foreign.line_ids, self.contributor, "r")
        self._assert_rights(self.posted, self.contributor, "r")
        self._assert_rights(self.draft, self.contributor, "rwcu")

    def test_whoever_edits_invoices_by_another_app_keeps_that(self):
        """As purchase's group."""
        group = self.env["res.groups"].sudo().create({"name": "Edits all invoices"})
        self.env["ir.model.access"].sudo().create(
            {
                "name": "Edits all invoices",
                "model_id": self.env["ir.model"]._get_id("account.move"),
                "group_id": group.id,
                "perm_read": True,
                "perm_write": True,
            }
        )
        self.env["ir.rule"].sudo().create(
            {
                "name": "Edits all invoices",
                "model_id": self.env["ir.model"]._get_id("account.move"),
                "domain_force": "[(1, '=', 1)]",
                "groups": [Command.set(group.ids)],
            }
        )
        self.contributor.sudo().group_ids += group
        self._assert_rights(self.foreign, self.contributor, "rwcu")

    # ---- validation

    def _submit(self, department):
        """Submit a bill of the department to its manager; returns the request with its steps and events."""
        level = {"name": "Manager", "approver_type": "role", "role": "manager", "sequence": 1}
        policy = {"name": "Bills", "company_id": self.company.id, "mode": "enforce", "apply_in_invoice": True}
        policy["level_ids"] = [Command.create(level)]
        self.policy = self.env["account.validation.policy"].sudo().create(policy)
        move = self._create_move(department=department)
        move.with_user(self.finance).action_submit()
        return move.validation_request_id

    def test_rights_on_requests_steps_and_events(self):
        request = self._submit(self.marketing)
        for record in (request, request.step_ids, request.event_ids):
            self.assertTrue(record)
            for user in (self.reader, self.contributor, self.manager, self.director, self.auditor, self.finance):
                self._assert_rights(record, user, "r")
            for user in (self.outsider, self.stranger, self.administrator, self.employee):
                self._assert_rights(record, user)
                if user != self.employee:
                    self.assertFalse(record.with_user(user).search([]))

    def test_a_submitted_invoice_is_not_edited_and_taken_back_it_is(self):
        request = self._submit(self.marketing)
        move = request.move_id
        for user in (self.contributor, self.manager):
            self._assert_rights(move, user, "r")
            self._assert_rights(move.line_ids, user, "r")
        move.with_user(self.finance).action_cancel_validation()
        self._assert_rights(move, self.contributor, "rwc")
        self._assert_rights(move.line_ids, self.contributor, "rwcu")

    def test_participants_read_the_invoice_and_its_validation_without_a_role(self):
        policy = {"name": "Bills", "company_id": self.company.id, "mode": "enforce", "apply_in_invoice": True}
        level = {"name": "Asked", "approver_type": "user", "user_ids": [Command.set(self.stranger.ids)], "sequence": 1}
        self.env["account.validation.policy"].sudo().create({**policy, "level_ids": [Command.create(level)]})
        self._assert_rights(self.draft, self.stranger)
        self.draft.with_user(self.contributor).action_submit()
        request = self.draft.validation_request_id
        for record in (self.draft, self.draft.line_ids, request, request.step_ids, request.event_ids):
            self._assert_rights(record, self.stranger, "r")
        self._assert_rights(self.foreign, self.stranger)

    def test_validation_of_other_companies_is_not_seen(self):
        other = self.env["res.company"].sudo().create({"name": "Other"})
        request = self._submit(self.marketing)
        users = self.auditor | self.finance | self.reader | self.administrator
        users.sudo().company_ids += other
        elsewhere = {"allowed_company_ids": other.ids}
        for record in (request, request.step_ids, request.event_ids, self.policy, self.policy.level_ids):
            for user in users:
                self.assertFalse(record.with_user(user).with_context(**elsewhere).has_access("read"))

    def test_branches_see_the_policies_of_the_company_above(self):
        self._submit(self.marketing)
        branch = self.env["res.company"].sudo().create({"name": "Branch", "parent_id": self.company.id})
        self.administrator.sudo().company_ids += branch
        for record in (self.policy, self.policy.level_ids):
            self.assertTrue(
                record.with_user(self.administrator).with_context(allowed_company_ids=branch.ids).has_access("read")
            )

    def test_policies_are_configured_by_administrators_only(self):
        self._submit(self.marketing)
        for record in (self.policy, self.policy.level_ids):
            self._assert_rights(record, self.administrator, "rwcu")
            for user in (self.manager, self.auditor, self.finance):
                self._assert_rights(record, user, "r")
            self._assert_rights(record, self.employee)

    # ---- payments, reconciliations

    def test_payments_and_reconciliations_are_finances(self):
        payments = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.posted.ids
        )
        payment = payments.create({})._create_payments()
        partial = self.posted.line_ids.matched_debit_ids | self.posted.line_ids.matched_credit_ids
        self.assertTrue(partial)
        for record in (payment, partial):
            for user in (self.contributor, self.manager, self.auditor, self.administrator):
                self._assert_rights(record, user)
                self.assertFalse(record.with_user(user).search([]))
            self.assertTrue(record.with_user(self.finance).has_access("read"))
        self._give_role(self.finance, self.marketing, "reader")
        self.assertTrue(payment.with_user(self.finance).has_access("write"))
        self.assertTrue(partial.with_user(self.finance).has_access("read"))

    # ---- roles, dialogs

    def test_roles_are_seen_in_ones_departments(self):
        members = self.env["account.department.member"]
        here = members.with_user(self.reader).search([])
        self.assertEqual(here.sudo().department_id, self.marketing)
        self.assertFalse(members.with_user(self.stranger).search([]))
        for user in (self.auditor, self.administrator, self.finance):
            seen = members.with_user(user).search([]).sudo().department_id
            self.assertEqual(seen & (self.direction | self.logistics), self.direction | self.logistics)
        with self.assertRaises(AccessError):
            here.with_user(self.manager)[:1].write({"role": "manager"})
        with self.assertRaises(AccessError):
            members.with_user(self.manager).create({"user_id": self.stranger.id, "department_id": self.marketing.id})

    def test_roles_of_other_companies_are_not_seen(self):
        other = self.env["res.company"].sudo().create({"name": "Other"})
        department = self._create_department("Elsewhere", company=other)
        guest = self._create_user("guest", company_ids=[Command.set((self.company | other).ids)])
        role = self._give_role(guest, department, "reader")
        for user in (self.auditor, self.administrator, self.finance):
            self._assert_rights(role, user)

    def test_dialogs_of_others_are_closed(self):
        for model in ("account.department.invite", "account.validation.decision.wizard"):
            vals = {"department_id": self.marketing.id} if model == "account.department.invite" else {}
            dialog = self.env[model].with_user(self.administrator).create(vals)
            self._assert_rights(dialog, self.manager)

    def test_who_may_read_or_edit_a_department_is_told_to_administrators_only(self):
        for name in ("reader_ids", "contributor_ids", "manager_ids", "sync_members", "sync_role"):
            with self.assertRaises(AccessError):
                self.marketing.with_user(self.manager).read([name])
            self.marketing.with_user(self.administrator).read([name])
