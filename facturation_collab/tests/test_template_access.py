"""Who sees, uses and changes invoice templates."""

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .template_common import TemplateCase


@tagged("post_install", "-at_install")
class TestTemplateAccess(TemplateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        kind = cls.env["account.invoice.question.kind"].sudo().create({"name": "Test price", "code": "test_price"})
        cls.asking = cls._create_template(
            "Asking",
            department_id=cls.marketing.id,
            line_ids=[cls._template_line("Work")],
            question_ids=[Command.create({"kind_id": kind.id, "text": "Is it right?"})],
        )
        cls.payroll = cls._create_department("Payroll", is_confidential=True)
        cls.paymaster = cls._create_user("paymaster", cls.payroll, "manager")
        cls.trusted = cls._create_user("trusted", cls.payroll, "reader", groups="account.group_account_invoice")
        cls.secret = cls._create_template(
            "Secret", department_id=cls.payroll.id, line_ids=[cls._template_line("Bonus", price_unit=9.0)]
        )
        cls.env.flush_all()

    def _get_parts(self, template):
        return template, template.line_ids, template.question_ids

    def _assert_access(self, template, operation, allowed, refused):
        for records in filter(None, self._get_parts(template.sudo())):
            for user, expected in [*((user, True) for user in allowed), *((user, False) for user in refused)]:
                with self.subTest(model=records._name, user=user.name, operation=operation):
                    self.assertEqual(records.with_user(user).has_access(operation), expected)
                    if operation == "read":
                        found = records.with_user(user).search([("id", "in", records.ids)])
                        self.assertEqual(found, records if expected else records.browse())

    def test_people_of_the_department_read_its_templates(self):
        allowed = (self.reader, self.contributor, self.validator, self.manager, self.director, self.finance)
        self._assert_access(self.asking, "read", (*allowed, self.auditor, self.administrator), (self.outsider,))

    def test_a_template_without_department_is_for_everybody(self):
        self._assert_access(self.common, "read", (self.reader, self.outsider, self.finance), ())
        self._assert_access(
            self.common, "write", (self.finance, self.administrator), (self.manager, self.director, self.auditor)
        )

    def test_managers_accounting_and_administrators_change_them(self):
        for operation in ("write", "unlink"):
            self._assert_access(
                self.asking,
                operation,
                (self.manager, self.director, self.finance, self.administrator),
                (self.reader, self.contributor, self.validator, self.outsider, self.auditor),
            )

    def test_the_form_offers_what_its_reader_may_do(self):
        buttons = ("action_activate", "action_new_version", "action_archive_version")
        arch = etree.fromstring(self.asking.get_view(view_type="form")["arch"])
        for user, expected in ((self.manager, True), (self.finance, True), (self.contributor, False)):
            template = self.asking.with_user(user)
            values = {"id": template.id, "can_change": template.can_change}
            self.assertEqual((template.can_change, template.is_editable), (expected, expected), user.name)
            shown = set()
            for name in buttons:
                (button,) = arch.xpath(f"//button[@name='{name}']")
                for state in ("draft", "active", "archived"):
                    if not safe_eval(button.get("invisible"), {**values, "state": state}):
                        shown.add(name)
            self.assertEqual(shown, set(buttons) if expected else set(), user.name)

    def test_new_is_offered_to_whoever_makes_some(self):
        for user, expected in (
            *((self.manager, None), (self.director, None), (self.finance, None), (self.administrator, None)),
            *((self.contributor, "0"), (self.reader, "0"), (self.auditor, "0")),
        ):
            templates = self.env["account.invoice.template"].with_user(user)
            for view_type in ("list", "kanban", "form"):
                arch = etree.fromstring(templates.get_view(view_type=view_type)["arch"])
                self.assertEqual(arch.get("create"), expected, (user.name, view_type))

    def test_managers_of_departments_above_manage_those_below(self):
        self.assertEqual(self.events.sudo().manager_ids, self.manager | self.director)
        self.assertEqual(self.direction.sudo().manager_ids, self.director)

    def test_who_makes_templates(self):
        for user in (self.manager, self.director, self.finance, self.administrator):
            template = self._create_template("Mine", user, department_id=self.marketing.id)
            self.assertEqual(template.state, "active")
        for user in (self.contributor, self.outsider, self.auditor):
            self.assertRefused(AccessError, "", self._create_template, "Mine", user, department_id=self.marketing.id)
        self.assertRefused(AccessError, "", self._create_template, "For all", self.manager)

    def test_an_editor_who_is_named_changes_it_and_puts_it_nowhere_else(self):
        self.asking.editor_ids = self.outsider
        self._assert_access(self.asking, "write", (self.outsider,), (self.reader,))
        other = self._create_template("Other", department_id=self.events.id)
        asking, line = (records.with_user(self.outsider) for records in (self.asking, self.asking.line_ids))
        self.assertRefused(AccessError, "", line.write, {"template_id": other.id})
        manager = self.asking.with_user(self.manager)
        self.assertRefused(AccessError, "", manager.write, {"department_id": self.logistics.id})
        asking.name = "Renamed"

    def test_a_template_for_some_people_is_hidden_from_others(self):
        self.asking.user_ids = self.contributor
        self._assert_access(self.asking, "read", (self.contributor, self.manager, self.finance), (self.reader,))

    def test_a_template_of_a_confidential_department_is_for_its_roles_only(self):
        kept = (self.finance, self.administrator, self.manager, self.director, self.outsider)
        self._assert_access(self.secret, "read", (self.paymaster, self.trusted, self.auditor), kept)
        self._assert_access(self.secret, "write", (self.paymaster, self.trusted), (*kept, self.auditor))
        self.secret.editor_ids = self.outsider
        self._assert_access(self.secret, "read", (), (self.outsider,))
        self.assertFalse(self.env["account.invoice.template"].with_user(self.finance).name_search("Secret"))
        for user in (self.finance, self.manager):
            bill = self._create_bill()
            self.assertRefused(UserError, "Choose one of the templates", self._apply, bill, self.secret, user)

    def test_auditors_with_accounting_rights_change_no_confidential_template(self):
        self.auditor.sudo().group_ids += self.env.ref("account.group_account_manager")
        self._assert_access(self.secret, "read", (self.auditor,), ())
        self._assert_access(self.secret, "write", (), (self.auditor,))

    def test_other_companies_see_nothing(self):
        other = self.setup_other_company()["company"]
        foreigner = self._create_user(
            "foreigner",
            groups="account.group_account_invoice",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        for template in (self.common, self.asking):
            self._assert_access(template, "read", (), (foreigner,))

    def test_people_without_any_right_see_nothing(self):
        stranger = self._create_user("stranger")
        for template in (self.common, self.asking):
            for records in filter(None, self._get_parts(template)):
                self.assertFalse(records.with_user(stranger).has_access("read"))
