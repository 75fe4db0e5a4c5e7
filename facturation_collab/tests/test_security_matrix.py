"""The access matrix of docs/security-matrix.md is what the system does: every cell is executed."""

import unittest
from pathlib import Path

from odoo.exceptions import AccessError, MissingError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .validation_common import ValidationCase

MATRIX = Path(__file__).parents[2] / "docs" / "security-matrix.md"
OPERATIONS = ("read", "create", "write", "delete", "submit", "approve", "post", "pay", "print", "export")
STATES = ("draft", "pending", "returned", "approved", "posted")
REFUSED = (AccessError, MissingError, UserError)


def read_matrix(text):
    """{(role, department, state): {operation: whether it is allowed}} of the tables of the page."""
    rows = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != 3 + len(OPERATIONS) or cells[2] not in STATES:
            continue
        answers = {"yes": True, "no": False}
        rows[tuple(cells[:3])] = {name: answers[cell] for name, cell in zip(OPERATIONS, cells[3:], strict=True)}
    return rows


@unittest.skipUnless(MATRIX.exists(), "the matrix is in docs/, which is no part of the package")
@tagged("post_install", "-at_install")
class TestSecurityMatrix(ValidationCase):
    """Each department has one bill in each state. They are all validated by a validator and a named person."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.legal = cls._create_department("Legal")
        cls.payroll = cls._create_department("Payroll", is_confidential=True)
        cls.departments = {"own": cls.marketing, "other": cls.legal, "confidential": cls.payroll}
        cls.departments["own, confidential"] = cls.payroll
        cls.participant = cls._create_user("participant", groups="facturation_collab.group_user")
        cls.people = cls._create_people()
        cls.policy.mode = "off"
        cls._create_policy(
            "All bills",
            cls._level("Validator", approver_type="role", role="validator"),
            cls._level("Participant", approver_type="user", user_ids=cls.participant.ids),
        )
        cls.bills = {department: cls._create_bills(department) for department in cls._get_departments()}
        export = cls.env.ref("base.group_allow_export")
        for user in cls.env["res.users"].sudo().union(*cls.people.values()):
            user.group_ids += export
        cls.env.flush_all()
        cls.creations = {}

    @classmethod
    def _get_departments(cls):
        return cls.marketing | cls.legal | cls.payroll

    @classmethod
    def _create_people(cls):
        """{(role, department): user}; the same person plays a role in their own and in other departments."""
        people = {
            "reader": cls.reader,
            "contributor": cls.contributor,
            "validator": cls.validator,
            "manager": cls.manager,
            "manager above": cls.director,
            "participant": cls.participant,
            "finance": cls.finance,
            "auditor": cls.auditor,
            "administrator": cls.administrator,
            "customer service": cls._create_user("service", groups="facturation_collab.group_customer_service"),
        }
        names = ("own", "other", "confidential")
        found = {(role, name): user for role, user in people.items() for name in names}
        for role in ("reader", "contributor", "validator", "manager"):
            found[role, "own, confidential"] = cls._create_user(f"payroll_{role}", cls.payroll, role)
        group = "account.group_account_invoice"
        found["finance", "own, confidential"] = cls._create_user("payroll_finance", cls.payroll, "reader", groups=group)
        return found

    @classmethod
    def _create_bills(cls, department):
        """{state: bill}, entered and submitted by a contributor of the department, or by its validators' colleague."""
        clerk = cls._create_user(f"clerk_{department.id}", department, "contributor")
        judge = cls._create_user(f"judge_{department.id}", department, "validator")
        bills = {state: cls._create_move(clerk, department, ref=state) for state in STATES}
        submitted = cls.env["account.move"].union(*(bills[state] for state in STATES if state != "draft"))
        submitted.with_user(clerk).action_submit()
        bills["returned"].with_user(judge).action_return("Wrong")
        decided = bills["approved"] | bills["posted"]
        decided.with_user(judge).action_approve()
        decided.with_user(cls.participant).action_approve()
        bills["posted"].sudo().action_post()
        return {state: bill.sudo() for state, bill in bills.items()}

    # What each operation does, as the person would

    def _do_read(self, bill):
        bill.read(["amount_total"])
        self.assertEqual(bill.search([("id", "=", bill.id)]), bill, "What is read is found.")

    def _do_write(self, bill):
        bill.write({"ref": "changed"})

    def _do_delete(self, bill):
        bill.unlink()

    def _do_submit(self, bill):
        bill.action_submit()

    def _do_approve(self, bill):
        bill.action_approve()

    def _do_post(self, bill):
        bill.action_post()

    def _do_pay(self, bill):
        register = self.env["account.payment.register"].with_user(bill.env.user)
        register.with_context(active_model="account.move", active_ids=bill.ids).create({}).action_create_payments()

    def _do_print(self, bill):
        report = self.env["ir.actions.report"].with_user(bill.env.user)
        report._render_qweb_html("account.report_invoice", bill.ids)

    def _do_export(self, bill):
        bill.export_data(["amount_total"])

    def _may(self, operation, user, bill):
        """Whether the operation works; nothing of it stays."""
        try:
            with self.env.cr.savepoint() as savepoint:
                getattr(self, f"_do_{operation}")(bill.with_user(user))
                self.env.flush_all()
                savepoint.rollback()
        except REFUSED:
            return False
        finally:
            self.env.invalidate_all()
        return True

    def _may_create(self, user, department):
        """The same for a new bill; its state does not matter."""
        if (user, department) not in self.creations:
            try:
                with self.env.cr.savepoint() as savepoint:
                    self._create_move(user, department)
                    self.env.flush_all()
                    savepoint.rollback()
            except REFUSED:
                self.creations[user, department] = False
            else:
                self.creations[user, department] = True
            self.env.invalidate_all()
        return self.creations[user, department]

    def _get_row(self, role, department, state):
        user = self.people[role, department]
        bill = self.bills[self.departments[department]][state]
        row = {name: self._may(name, user, bill) for name in OPERATIONS if name != "create"}
        return row | {"create": self._may_create(user, self.departments[department])}

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model", "odoo.sql_db")
    def test_every_cell(self):
        matrix = read_matrix(MATRIX.read_text())
        expected = {(role, department, state) for role, department in self.people for state in STATES}
        self.assertLessEqual(set(matrix), expected, "A row nobody can check.")
        self.assertEqual({row[:2] for row in matrix}, self._get_documented(), "Each role and department has its rows.")
        differences = []
        for (role, department, state), cells in matrix.items():
            found = self._get_row(role, department, state)
            differences += [
                f"{role}, {department}, {state}, {name}: {'yes' if found[name] else 'no'}"
                for name in OPERATIONS
                if found[name] != cells[name]
            ]
        self.assertFalse(differences, "docs/security-matrix.md says otherwise:\n" + "\n".join(differences))

    def _get_documented(self):
        """Whoever has no department of their own has no row for it."""
        elsewhere = ("participant", "finance", "auditor", "administrator", "customer service")
        return {(role, name) for role, name in self.people if not (role in elsewhere and name == "own")}
