"""Two people on one bill: one in a real Chromium, the other one saving while the first one's form is open."""

from unittest.mock import patch

from odoo import Command, api
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..models import account_move_live
from .validation_common import ValidationCase

DESKTOP = "1366x768"
PHONE = "375x667"


@tagged("post_install", "-at_install")
class TestSimultaneousEditTours(ValidationCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill = cls._create_bill(ref="Before")
        for user in (cls.contributor, cls.manager, cls.finance):
            user.sudo().odoobot_state = "disabled"

    def _play(self, tour, size=DESKTOP, user=None, meanwhile=None):
        """Play a tour on the bill; once its form was loaded, `meanwhile` happens in the name of finance, once."""
        Move = self.env.registry["account.move"]
        native, left = Move.get_unsaved, [meanwhile] if meanwhile else []

        def get_unsaved(moves):
            answer = native(moves)
            if left:
                left.pop()(moves.with_user(self.finance))
            return answer

        self.browser_size = size
        self.touch_enabled = size == PHONE
        path = f"/odoo/collaborative-bills/{self.bill.id}"
        with patch.object(Move, "get_unsaved", get_unsaved):
            self.start_tour(path, f"facturation_collab_{tour}", login=(user or self.contributor).login)
        self.env.invalidate_all()

    def _change(self, bill, **vals):
        """Change the bill without a word to open screens, which would show it before the tour begins to type."""
        bill.write({"ref": "Theirs", **vals})
        bill.env.flush_all()
        bill.env.cr.precommit.data[account_move_live.CHANGED].clear()

    @mute_logger("odoo.http")
    def test_a_conflict_is_asked_about_on_a_desktop(self):
        self._play("conflict_is_asked_about", meanwhile=self._change)
        self.assertEqual(self.bill.ref, "Mine")
        self.assertEqual(self.bill.sudo().revision_ids.mapped("user_id"), self.contributor | self.finance)

    @mute_logger("odoo.http")
    def test_a_conflict_is_asked_about_on_a_phone(self):
        self._play("conflict_is_asked_about", PHONE, meanwhile=self._change)
        self.assertEqual(self.bill.ref, "Mine")

    def test_other_fields_are_merged(self):
        self._play("other_fields_are_merged", meanwhile=self._change)
        self.assertEqual((self.bill.ref, self.bill.payment_reference), ("Theirs", "Mine"))

    def test_what_a_closed_page_left_in_a_conflict_is_offered(self):
        self._play("page_is_closed_in_a_conflict", meanwhile=self._change)
        self.assertEqual(self.bill.ref, "Left")

    def _play_in_list(self, xmlid, records, tour):
        """Play a tour in a list of these records; once it was loaded, the contributor changes the bill, once."""
        view = self.env.ref(xmlid)
        action = self.env["ir.actions.act_window"].create(
            {
                "name": "Rows",
                "res_model": view.model,
                "view_mode": "list",
                "view_id": view.id,
                "domain": [("id", "in", records.ids)],
            }
        )
        Model = self.env.registry[view.model]
        native, left = Model.web_search_read, [self.bill.id]

        @api.model
        def web_search_read(rows, *args, **kwargs):
            answer = native(rows, *args, **kwargs)
            if left:
                bill = rows.env["account.move"].with_user(self.contributor).browse(left.pop())
                line = Command.update(bill.invoice_line_ids.id, {"name": "Theirs"})
                self._change(bill, invoice_line_ids=[line])
            return answer

        web_search_read._readonly = False
        self.browser_size = DESKTOP
        # Nor is the list told that the bill was created: it reads once.
        self.env.flush_all()
        self.env.cr.precommit.data.get(account_move_live.CHANGED, {}).clear()
        with patch.object(Model, "web_search_read", web_search_read):
            self.start_tour(f"/odoo/action-{action.id}", f"facturation_collab_{tour}", login=self.finance.login)
        self.env.invalidate_all()

    @mute_logger("odoo.http")
    def test_a_conflict_is_asked_about_in_a_list_of_invoices(self):
        self._play_in_list("account.view_move_tree", self.bill, "conflict_in_a_list_of_invoices")
        self.assertEqual(self.bill.ref, "Mine")
        self.assertEqual(self.bill.sudo().revision_ids.mapped("user_id"), self.finance | self.contributor)

    @mute_logger("odoo.http")
    def test_a_conflict_is_asked_about_in_a_list_of_lines(self):
        line = self.bill.invoice_line_ids
        line.name = "Before"
        self._play_in_list("account.view_move_line_tree", line, "conflict_in_a_list_of_lines")
        self.assertEqual((self.bill.ref, line.name), ("Theirs", "Mine"))

    @mute_logger("odoo.http")
    def test_an_approver_is_shown_what_changed_since_the_form_was_opened(self):
        self._submit(self.bill)

        def correct(bill):
            bill.write({"ref": "Theirs"})
            bill.action_submit()

        self._play("stale_approval_shows_the_change", user=self.manager, meanwhile=correct)
        self.assertEqual(self.bill.validation_waiting_user_ids, self.controller)
