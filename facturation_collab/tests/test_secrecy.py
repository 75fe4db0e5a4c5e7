"""Confidential departments: who has no part in an invoice learns nothing of it."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .validation_common import ValidationCase


class SecrecyCase(ValidationCase):
    """Payroll is confidential and has a reader, a contributor, a validator and an accountant of its own.

    Payroll
    └── Bonuses
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.mode = "off"
        cls.payroll = cls._create_department("Payroll", is_confidential=True)
        cls.bonuses = cls._create_department("Bonuses", cls.payroll)
        cls.paymaster = cls._create_user("paymaster", cls.payroll, "manager")
        cls.clerk = cls._create_user("clerk", cls.payroll, "contributor")
        cls.trusted = cls._create_user("trusted", cls.payroll, "reader", groups="account.group_account_invoice")
        cls.accountant = cls._create_user("accountant", groups="account.group_account_manager")
        cls.vendor = cls.env["res.partner"].sudo().create({"name": "Vendor of secrets"})
        cls.secret = cls._create_move(department=cls.payroll, partner_id=cls.vendor.id, amount=1234.0)
        cls.open = cls._create_move(department=cls.marketing, partner_id=cls.vendor.id, amount=10.0)
        cls.kept = cls.finance | cls.accountant | cls.administrator | cls.manager | cls.director
        cls.env.flush_all()

    @classmethod
    def _pay(cls, move, **vals):
        register = cls.env["account.payment.register"].sudo()
        register = register.with_context(active_model="account.move", active_ids=move.ids)
        return register.create(vals)._create_payments()

    def assertKept(self, records, users):
        """These users find none of the records, and may not read them."""
        self.env.flush_all()
        for user in users:
            mine = records.with_user(user)
            with self.subTest(user=user.name, model=records._name):
                self.assertTrue(records)
                for record in mine:
                    self.assertFalse(record.has_access("read"))
                if mine.browse().has_access("read"):
                    self.assertFalse(mine.search([("id", "in", records.ids)]))

    def assertShown(self, records, *users):
        for user in users:
            with self.subTest(user=user.name, model=records._name):
                self.assertEqual(records.with_user(user).search([("id", "in", records.ids)]), records)
                records.with_user(user).check_access("read")


@tagged("post_install", "-at_install")
class TestConfidentialInvoices(SecrecyCase):
    def test_only_those_with_a_part_see_a_confidential_invoice(self):
        for record in (self.secret, self.secret.line_ids):
            self.assertKept(record, self.kept)
            self.assertShown(record, self.paymaster, self.clerk, self.trusted, self.auditor)

    def test_disputes_of_a_confidential_invoice_are_kept(self):
        """Their questions, credit notes and messages from the portal; from customer service, too."""
        service = self._create_user("service", groups="facturation_collab.group_customer_service")
        sale = self._create_move(department=self.payroll, move_type="out_invoice", partner_id=self.vendor.id)
        sale.action_post()
        kind = self.env["account.invoice.question.kind"].search([("is_for_customers", "=", True)], limit=1)
        dispute = {"scope": "whole", "line_ids": [], "amount": None}
        question = sale._ask_from_outside(self.vendor, kind.id, "Wrong", dispute=dispute)
        self.env["account.invoice.portal.call"]._count(self.vendor, sale, "192.0.2.1")
        question.with_user(self.paymaster).action_propose_credit()
        note = question.credit_move_id
        self.assertEqual(note.department_id, self.payroll)
        calls = self.env["account.invoice.portal.call"].sudo().search([])
        for records in (question, note, note.line_ids, question.message_ids, calls):
            self.assertKept(records, self.kept | service)
        for user in self.kept | service:
            found = self.env["account.move"].with_user(user).search([("validation_is_disputed", "=", True)])
            self.assertNotIn(sale, found)
        self.assertShown(question, self.paymaster, self.clerk, self.trusted, self.auditor)
        self.assertShown(note, self.paymaster, self.clerk, self.trusted, self.auditor)

    def test_auditors_change_nothing_even_with_accounting_rights(self):
        self.auditor.sudo().group_ids += self.env.ref("account.group_account_manager")
        self.assertTrue(self.secret.with_user(self.auditor).has_access("read"))
        for operation in ("write", "unlink"):
            self.assertFalse(self.secret.with_user(self.auditor).has_access(operation))
            self.assertFalse(self.secret.line_ids.with_user(self.auditor).has_access(operation))

    def test_departments_below_are_confidential_too(self):
        move = self._create_move(department=self.bonuses)
        self.assertKept(move, self.kept)
        self.assertShown(move, self.paymaster)
        self.assertFalse(move.with_user(self.clerk).has_access("read"))

    def test_a_change_of_the_switch_takes_effect_at_once(self):
        department = self.payroll.with_user(self.administrator)
        self.assertFalse(self.secret.with_user(self.finance).has_access("read"))
        department.is_confidential = False
        self.assertTrue(self.secret.with_user(self.finance).has_access("write"))
        department.is_confidential = True
        self.assertFalse(self.secret.with_user(self.finance).has_access("read"))
        self.marketing.with_user(self.administrator).parent_id = department
        self.assertFalse(self.open.with_user(self.finance).has_access("read"))

    def test_the_switch_is_administrators(self):
        hr_manager = self._create_user("hr", groups="hr.group_hr_manager")
        for user in (hr_manager, self.finance, self.paymaster):
            with self.assertRaises(AccessError):
                self.payroll.with_user(user).write({"is_confidential": False})
            with self.assertRaises(AccessError):
                self.payroll.with_user(user).read(["is_confidential"])

    def test_an_edit_in_hr_opens_nothing(self):
        hr_manager = self._create_user("hr", groups="hr.group_hr_manager")
        move = self._create_move(department=self.bonuses)
        self.bonuses.with_user(hr_manager).parent_id = False
        self.assertTrue(self.bonuses.is_confidential)
        self.assertFalse(move.with_user(self.finance).has_access("read"))

    def test_a_confidential_department_with_invoices_is_not_deleted(self):
        self._create_move(department=self.bonuses)
        for department in (self.payroll, self.bonuses):
            with self.assertRaisesRegex(UserError, "archive it instead"), self.env.cr.savepoint():
                department.unlink()
        self._create_department("Empty", self.payroll).unlink()

    def test_administrators_may_take_a_department_out(self):
        move = self._create_move(department=self.bonuses)
        self.bonuses.with_user(self.administrator).parent_id = False
        self.assertFalse(self.bonuses.is_within_confidential)
        self.assertTrue(move.with_user(self.finance).has_access("read"))

    def test_roles_in_confidential_departments_leave_a_trace(self):
        member = self.env["account.department.member"].with_user(self.administrator)
        vals = {"department_id": self.payroll.id, "user_id": self.administrator.id, "role": "reader"}
        member = member.create(vals)
        self.assertTrue(self.secret.with_user(self.administrator).has_access("read"))
        member.role = "manager"
        member.unlink()
        bodies = self.payroll.message_ids.filtered(lambda message: "Administrator" in message.body).mapped("body")
        self.assertEqual(len(bodies), 3)
        self.assertFalse(self.secret.with_user(self.administrator).has_access("read"))

    def test_participants_see_that_invoice_and_nothing_else(self):
        second = self._create_move(department=self.payroll)
        level = self._level(approver_type="user", user_ids=self.controller.ids)
        self._create_policy("Payroll", level, department_ids=self.payroll.ids)
        self.secret.with_user(self.clerk).action_submit()
        request = self.secret.validation_request_id
        for record in (self.secret, request, request.step_ids, request.event_ids):
            self.assertKept(record, self.kept)
            self.assertShown(record, self.controller, self.paymaster, self.auditor)
        self.assertKept(second, self.controller)
        self.secret.with_user(self.controller).action_approve()
        self.assertShown(self.secret, self.controller)
        self.secret.with_user(self.controller).action_post()
        self.assertEqual(self.secret.state, "posted")

    def test_whoever_took_part_before_the_department_became_confidential_keeps_that_invoice(self):
        second = self._create_move(department=self.payroll)
        self.payroll.is_confidential = False
        level = self._level(approver_type="user", user_ids=self.controller.ids)
        self._create_policy("Payroll", level, department_ids=self.payroll.ids)
        self.secret.with_user(self.clerk).action_submit()
        self.secret.with_user(self.controller).action_approve()
        self.assertShown(self.secret, self.finance, self.controller)
        self.payroll.with_user(self.administrator).is_confidential = True
        self.assertShown(self.secret, self.controller)
        self.assertKept(self.secret, self.finance)
        self.assertKept(second, self.controller)

    def test_finance_neither_creates_nor_moves_an_invoice_there(self):
        with self.assertRaisesRegex(UserError, "Payroll is confidential"), self.env.cr.savepoint():
            self._create_move(self.finance, self.payroll)
        with self.assertRaisesRegex(UserError, "Payroll is confidential"), self.env.cr.savepoint():
            self.open.with_user(self.finance).write({"department_id": self.payroll.id})
        self.env.invalidate_all()
        move = self._create_move(self.trusted, self.payroll)
        self.assertKept(move, self.finance)

    def test_other_companies_and_branches(self):
        branch = self.env["res.company"].sudo().create({"name": "Branch", "parent_id": self.company.id})
        people = self.trusted | self.finance | self.paymaster
        people.sudo().company_ids += branch
        payable = self.partner_a.property_account_payable_id
        self.partner_a.sudo().with_company(branch).property_account_payable_id = payable
        move = self.env["account.move"].sudo().with_company(branch)
        move = move.create(self._get_move_vals(department_id=self.payroll.id))
        here = {"allowed_company_ids": branch.ids}
        for user, shown in ((self.trusted, True), (self.paymaster, True), (self.finance, False)):
            self.assertEqual(move.with_user(user).with_context(**here).has_access("read"), shown, user.name)
            self.assertFalse(self.secret.with_user(user).with_context(**here).has_access("read"))

    def test_searches_groups_names_and_exports_tell_nothing(self):
        moves = self.env["account.move"].with_user(self.finance)
        domain = [("partner_id", "=", self.vendor.id)]
        self.assertEqual(moves.search_count(domain), 1)
        self.assertEqual(moves._read_group(domain, [], ["__count"]), [(1,)])
        self.assertEqual(moves.web_search_read(domain, {"amount_total": {}})["length"], 1)
        self.secret.sudo().ref = "very secret"
        self.assertFalse(moves.name_search("very secret"))
        self.assertTrue(moves.with_user(self.trusted).name_search("very secret"))
        self.finance.sudo().group_ids += self.env.ref("base.group_allow_export")
        with self.assertRaises(AccessError):
            self.secret.with_user(self.finance).export_data(["amount_total"])
        lines = self.env["account.move.line"].with_user(self.finance)
        self.assertFalse(lines.search([("move_id.amount_total", "=", 1234)]))
        vendor = self.vendor.with_user(self.finance)
        self.assertEqual(vendor.invoice_ids, self.open.with_user(self.finance))

    def test_nothing_changes_without_a_confidential_department(self):
        self.payroll.sudo().is_confidential = False
        user = self.finance
        for method in (user._get_confidential_domain, user._get_confidential_payment_domain, user._get_follower_domain):
            self.assertTrue(method().is_true(), method.__name__)
        self.env["ir.rule"].with_user(user)._compute_domain("account.move", "read")
        with self.assertQueryCount(0):
            self.assertFalse(user._is_kept_from_confidential())

    def test_past_bills_of_a_vendor_do_not_tell_their_department(self):
        vendor = self.env["res.partner"].sudo().create({"name": "Only payroll's"})
        self._create_move(department=self.payroll, partner_id=vendor.id)
        vals = self._get_move_vals(partner_id=vendor.id)
        moves = self.env["account.move"]
        self.assertFalse(moves.with_user(self.finance).create(vals).department_id)
        self.assertEqual(moves.with_user(self.trusted).create(vals).department_id, self.payroll)

    def test_lists_cost_at_most_two_queries_more_with_a_confidential_department(self):
        for _index in range(8):
            self._create_move(department=self.logistics)
        specification = {"name": {}, "amount_total": {}, "department_id": {"fields": {"display_name": {}}}}

        def count_queries(user):
            moves = self.env["account.move"].with_user(user)
            for _run in ("warm", "measured"):
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                moves.web_search_read([("move_type", "=", "in_invoice")], specification, limit=80)
            return self.env.cr.sql_log_count - before

        for user in (self.finance, self.director):
            with_secrets = count_queries(user)
            self.payroll.sudo().is_confidential = False
            self.assertLessEqual(with_secrets, count_queries(user) + 2)
            self.payroll.sudo().is_confidential = True
