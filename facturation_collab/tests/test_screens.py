"""What the screens need from the server: views and menus for each kind of user, and cheap lists."""

from odoo.tests import Form, tagged

from .validation_common import ValidationCase

ACTIONS = (
    "facturation_collab.account_move_action_in",
    "facturation_collab.account_move_action_out",
    "facturation_collab.account_move_action_validation",
    "facturation_collab.account_move_action_to_assign",
)
LIST_FIELDS = (
    "department_id",
    "validation_state",
    "validation_waiting_user_ids",
    "validation_since",
    "validation_deadline",
)


@tagged("post_install", "-at_install")
class TestScreens(ValidationCase):
    def _get_menus(self, user):
        """XML ids of our menus that a user sees."""
        menus = self.env["ir.ui.menu"].with_user(user).load_menus(False)
        return {menu["xmlid"].removeprefix("facturation_collab.") for menu in menus.values() if "xmlid" in menu}

    def test_every_view_opens_for_every_kind_of_user(self):
        for user in (self.reader, self.contributor, self.manager, self.auditor, self.administrator, self.finance):
            for xmlid in ACTIONS:
                action = self.env["ir.actions.actions"].with_user(user)._for_xml_id(xmlid)
                views = [*action["views"], (action["search_view_id"][0], "search")]
                with self.subTest(user=user.name, action=xmlid):
                    views = self.env["account.move"].with_user(user).get_views(views)["views"]
                    self.assertIn("validation_state", views["list"]["arch"])
                    self.assertIn("validation_panel", views["form"]["arch"])
                    self.assertIn("validation_mine", views["search"]["arch"])

    def test_menus_follow_what_people_may_do(self):
        self.assertLessEqual({"menu_facturation_collab_root", "menu_to_validate"}, self._get_menus(self.reader))
        self.assertFalse({"menu_requests", "menu_configuration"} & self._get_menus(self.manager))
        self.assertIn("menu_my_departments", self._get_menus(self.manager))
        self.assertIn("menu_requests", self._get_menus(self.auditor))
        self.assertNotIn("menu_configuration", self._get_menus(self.auditor))
        self.assertLessEqual({"menu_policies", "menu_members"}, self._get_menus(self.administrator))
        self.assertIn("menu_finance_validation", self._get_menus(self.finance))
        self.assertNotIn("menu_finance_validation", self._get_menus(self.manager))

    def test_contributor_enters_a_bill_in_the_native_form(self):
        moves = self.env["account.move"].with_user(self.contributor).with_context(default_move_type="in_invoice")
        with Form(moves) as form:
            form.partner_id = self.partner_a
            form.invoice_date = "2026-01-15"
            with form.invoice_line_ids.new() as line:
                line.name = "Posters"
                line.price_unit = 1500
        self.assertEqual(form.record.department_id, self.marketing)

    def test_form_is_readonly_for_whoever_may_not_edit(self):
        bill = self._create_bill()

        def is_readonly(user):
            return bill.with_user(user).validation_is_readonly

        self.assertTrue(is_readonly(self.reader))
        self.assertFalse(is_readonly(self.contributor))
        self._submit(bill)
        self.env.invalidate_all()
        self.assertTrue(is_readonly(self.contributor))
        self.assertFalse(is_readonly(self.finance), "Finance keeps the native form.")

    def test_actions_of_the_list_decide_on_many_invoices(self):
        bills = self._create_bill() | self._create_bill()
        for xmlid, user, state in (
            ("account_move_action_submit", self.contributor, "pending"),
            ("account_move_action_approve", self.manager, "pending"),
            ("account_move_action_approve", self.controller, "approved"),
        ):
            action = self.env.ref(f"facturation_collab.{xmlid}").with_user(user)
            action.with_context(active_model="account.move", active_ids=bills.ids).run()
            self.assertEqual(set(bills.sudo().mapped("validation_state")), {state})

    def test_columns_of_lists_are_stored(self):
        fields = self.env["account.move"]._fields
        self.assertFalse([name for name in LIST_FIELDS if not fields[name].store])

    def test_columns_of_lists_cost_the_same_whatever_the_number_of_invoices(self):
        bills = self.env["account.move"].sudo()
        for _index in range(6):
            bills |= self._create_bill()
        self._submit(bills)
        specification = {name: {} for name in LIST_FIELDS} | {
            "department_id": {"fields": {"display_name": {}}},
            "validation_waiting_user_ids": {"fields": {"display_name": {}}},
        }

        def count_queries(limit):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            moves = self.env["account.move"].with_user(self.manager)
            moves.web_search_read([("id", "in", bills.ids)], specification, limit=limit)
            return self.env.cr.sql_log_count - before

        count_queries(1)
        self.assertLessEqual(count_queries(6), count_queries(1) + 1)
