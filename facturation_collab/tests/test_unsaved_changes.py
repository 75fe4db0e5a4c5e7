"""What somebody left unsaved when they closed a page in a conflict: kept for them alone, saved or forgotten later."""

import json
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..exceptions import RevisionConflict
from .validation_common import ValidationCase


class UnsavedCase(ValidationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill = cls._create_bill(ref="Before")
        cls.mine = cls.bill.with_user(cls.contributor)
        cls.bill.with_user(cls.finance).write({"ref": "Theirs"})

    def _close_page(self, user=None, **vals):
        vals = {"ref": "Mine", "narration": "<p>Mine</p>", "expected_revision": 0, **vals}
        self.bill.with_user(user or self.contributor).with_context(keep_unsaved=True).web_save(vals, {})
        return self.env["account.move.unsaved"].sudo().search([("move_id", "=", self.bill.id)])


@tagged("post_install", "-at_install")
class TestUnsavedChanges(UnsavedCase):
    def test_a_page_closed_in_conflict_keeps_everything_for_its_author(self):
        unsaved = self._close_page()
        self.assertEqual((unsaved.user_id, unsaved.revision), (self.contributor, 0))
        self.assertEqual((self.bill.ref, self.bill.narration), ("Theirs", False))
        offered = self.mine.get_unsaved()
        self.assertEqual((offered["people"], offered["seen"]), ("Finance", 1))
        self.assertEqual([row["key"] for row in offered["rows"]], ["ref"])
        self.assertFalse(self.bill.with_user(self.manager).get_unsaved())

    def test_a_page_closed_without_a_conflict_is_saved(self):
        self.assertFalse(self._close_page(ref="Before"))
        self.assertEqual((self.bill.ref, self.bill.narration), ("Theirs", "<p>Mine</p>"))

    def test_an_open_page_is_told(self):
        with self.assertRaises(RevisionConflict):
            self.mine.web_save({"ref": "Mine", "expected_revision": 0}, {})

    def test_what_was_left_is_saved_with_the_choices(self):
        self._close_page()
        self.mine.action_save_unsaved(1, {"ref": "mine"})
        self.assertEqual((self.bill.ref, self.bill.narration), ("Mine", "<p>Mine</p>"))
        self.assertFalse(self.mine.get_unsaved())
        self.mine.action_save_unsaved(2, {"ref": "mine"})

    def test_what_was_left_stays_while_the_invoice_moves_on(self):
        self._close_page()
        self.bill.with_user(self.finance).write({"ref": "Theirs again"})
        with self.assertRaises(RevisionConflict), self.env.cr.savepoint():
            self.mine.action_save_unsaved(1, {"ref": "mine"})
        self.assertRefused(UserError, "", self.mine.action_save_unsaved, "x", {"ref": "mine"})
        self.assertTrue(self.mine.get_unsaved())

    def test_what_was_left_twice_is_offered_one_after_the_other(self):
        self._close_page()
        self._close_page(ref="Mine again")
        self.mine.action_discard_unsaved()
        self.assertEqual(self.mine.get_unsaved()["rows"][0]["mine"], "Mine again")

    def test_nobody_else_reads_or_forgets_it(self):
        unsaved = self._close_page()
        for user in (self.manager, self.finance, self.outsider, self.administrator, self.auditor):
            self.assertRefused(AccessError, "", unsaved.with_user(user).read, ["vals"])
        for user in (self.outsider, self.administrator):
            for method in ("get_unsaved", "action_discard_unsaved"):
                self.assertRefused(AccessError, "", getattr(self.bill.with_user(user), method))
            self.assertRefused(AccessError, "", self.bill.with_user(user).action_save_unsaved, 1, {})
        self.bill.with_user(self.manager).action_discard_unsaved()
        self.assertEqual(unsaved.with_user(self.contributor).vals["ref"], "Mine")
        self.assertRefused(AccessError, "", unsaved.with_user(self.contributor).write, {"vals": {}})
        self.assertRefused(AccessError, "by hand", unsaved.with_user(self.contributor).sudo().unlink)

    def test_it_ends_with_the_right_to_read_the_invoice(self):
        unsaved = self._close_page()
        self.bill.sudo().department_id = self.logistics
        self.assertRefused(AccessError, "", unsaved.with_user(self.contributor).read, ["vals"])
        self.assertRefused(AccessError, "", self.mine.get_unsaved)
        mine = self._close_page(self.finance, expected_revision=0, ref="Finance too")[-1]
        self.assertEqual(mine.with_user(self.finance).vals["ref"], "Finance too")
        self.logistics.sudo().is_confidential = True
        self.assertRefused(AccessError, "", mine.with_user(self.finance).read, ["vals"])

    def test_nothing_is_kept_of_what_one_may_not_write(self):
        for user in (self.outsider, self.reader):
            self.assertRefused(AccessError, "", self._close_page, user)

    def test_it_is_forgotten_after_a_month(self):
        unsaved = self._close_page()
        unsaved._engine().date -= timedelta(days=31)
        self.env["account.move.unsaved"]._gc_unsaved()
        self.assertFalse(unsaved.exists())


@tagged("post_install", "-at_install")
class TestStaleDecision(ValidationCase):
    def test_whoever_decides_on_an_older_screen_is_shown_what_changed(self):
        bill = self._create_bill()
        self._submit(bill)
        bill.with_user(self.manager).action_return("Correct it.")
        seen = bill.content_revision
        bill.with_user(self.contributor).write({"ref": "Other"})
        self._submit(bill)
        stale = bill.with_user(self.manager).with_context(seen_revision=seen)
        for method, arguments in (("action_approve", []), ("action_return", ["No"]), ("action_reject", ["No"])):
            with self.assertRaises(RevisionConflict) as caught, self.env.cr.savepoint():
                getattr(stale, method)(*arguments)
            rows = caught.exception.context["difference"]["rows"]
            self.assertEqual([(row["label"], row["after"]) for row in rows], [("Reference", "Other")])
        dialog = stale.with_context(default_outcome="approve").action_open_decision_wizard()
        self.assertEqual(dialog["context"]["seen_revision"], seen)
        bill.with_user(self.manager).with_context(seen_revision=bill.content_revision).action_approve()
        self.assertEqual(bill.validation_waiting_user_ids, self.controller)

    def test_a_decision_that_says_nothing_counts_as_before(self):
        for seen in ({}, {"seen_revision": "x"}, {"seen_revision": 99}, {"seen_revision": None}):
            bill = self._create_bill()
            bill.with_user(self.contributor).write({"ref": "Other"})
            self._submit(bill)
            bill.with_user(self.manager).with_context(**seen).action_approve()
            self.assertEqual(bill.validation_waiting_user_ids, self.controller)


@tagged("post_install", "-at_install")
class TestRevisionOverHttp(UnsavedCase, HttpCase):
    def test_a_program_gets_409_with_who_and_what(self):
        keys = self.env["res.users.apikeys"].with_user(self.contributor).sudo()
        key = keys._generate("rpc", "test", fields.Datetime.now() + timedelta(days=1))
        headers = {"Authorization": f"bearer {key}", "Content-Type": "application/json"}

        def write(vals):
            body = json.dumps({"ids": self.bill.ids, "vals": vals})
            return self.url_open("/json/2/account.move/write", body, headers=headers)

        with mute_logger("odoo.http"):
            answer = write({"ref": "Mine", "expected_revision": 0})
        self.assertEqual(answer.status_code, 409)
        context = answer.json()["context"]
        self.assertEqual((context["people"], context["rows"][0]["theirs"]), ("Finance", "Theirs"))
        self.assertEqual(write({"narration": "<p>Mine</p>", "expected_revision": 0}).status_code, 200)
        self.assertEqual((self.bill.ref, self.bill.narration), ("Theirs", "<p>Mine</p>"))
        self.assertEqual(self.bill.sudo().revision_ids.sorted("number")[-1].through, "program")
