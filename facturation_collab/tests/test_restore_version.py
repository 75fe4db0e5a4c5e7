"""An earlier version of a draft comes back as an edit like another: with its rights, its merge, its conflicts."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..exceptions import RevisionConflict
from .validation_common import ValidationCase


@tagged("post_install", "-at_install")
class TestRestoreVersion(ValidationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        lines = [
            Command.create({"name": name, "quantity": 1, "price_unit": price, "tax_ids": []})
            for name, price in (("Desk", 100), ("Chair", 50))
        ]
        cls.bill = cls._create_bill(invoice_line_ids=lines, ref="First")
        cls.desk, cls.chair = cls.bill.invoice_line_ids
        cls.mine, cls.theirs = cls.bill.with_user(cls.contributor), cls.bill.with_user(cls.finance)

    def _restore(self, number=0, expected=None, move=None):
        move = move or self.mine
        expected = move.content_revision if expected is None else expected
        answer = move.action_restore_version(number, expected)
        self.env.invalidate_all()
        return answer

    def _get_lines(self, content):
        """Values of lines without their keys, which a line that comes back gets anew."""
        return sorted(map(str, content["lines"].values()))

    def test_fields_and_lines_come_back(self):
        before = self.bill.sudo()._get_content()
        self.theirs.write({"ref": "Second", "invoice_date": "2026-02-20", "partner_id": self.partner_b.id})
        self.theirs.write(
            {
                "invoice_line_ids": [
                    Command.update(self.desk.id, {"quantity": 5, "price_unit": 3}),
                    Command.delete(self.chair.id),
                    Command.create({"name": "Lamp", "price_unit": 7}),
                ]
            }
        )
        answer = self._restore()
        after = self.bill.sudo()._get_content()
        self.assertEqual(after["move"], before["move"])
        self.assertEqual(self._get_lines(after), self._get_lines(before))
        self.assertEqual((answer["left"], answer["revision"]), ([], 3))
        self.assertEqual((self.bill.amount_untaxed, self.bill.state), (150, "draft"))
        last = self.bill.sudo().revision_ids.sorted("number")[-1]
        self.assertEqual((last.user_id, last.is_restored, last.restored_number), (self.contributor, True, 0))
        self.assertEqual(self.mine.get_history()["items"][0]["title"], "Brought version 0 back")

    def test_what_odoo_would_compute_again_stays_as_it_was(self):
        self.desk.with_user(self.finance).write({"product_id": self.product_a.id, "price_unit": 12, "tax_ids": []})
        before = self.bill.sudo()._get_content()
        self.desk.with_user(self.finance).write({"product_id": self.product_b.id})
        self.assertNotEqual(self.desk.price_unit, 12)
        self.theirs.write({"partner_id": self.partner_b.id})
        self._restore(1)
        self.assertEqual(self.bill.sudo()._get_content(), before)

    def test_a_version_that_is_the_present_one_changes_nothing(self):
        self.theirs.write({"ref": "Second"})
        self.assertEqual(self._restore(1), {"revision": 1, "left": []})

    def test_what_others_changed_meanwhile_stays(self):
        self.mine.write({"ref": "Second"})
        self.theirs.write({"narration": "<p>Theirs</p>"})
        answer = self._restore(0, 1)
        self.assertEqual((self.bill.ref, self.bill.narration), ("First", "<p>Theirs</p>"))
        self.assertEqual([row["place"] for row in answer["left"]], ["narration"])

    def test_the_same_changed_by_others_is_a_conflict(self):
        self.mine.write({"ref": "Second"})
        self.theirs.write({"ref": "Third"})
        with self.assertRaises(RevisionConflict) as caught, self.env.cr.savepoint():
            self._restore(0, 1)
        self.env.invalidate_all()
        self.assertEqual(self.bill.ref, "Third")
        context = caught.exception.context
        self._restore(0, {"revision": 1, "seen": context["seen"], "choices": {"ref": "mine"}})
        self.assertEqual(self.bill.ref, "First")

    def test_archived_and_deleted_records_are_left_out_and_told(self):
        account = self.company_data["default_account_expense"].copy({"code": "699999"})
        gone = self.env["res.partner"].sudo().create({"name": "Gone"})
        self.theirs.write({"partner_id": gone.id})
        self.chair.with_user(self.finance).account_id = account
        self.theirs.write({"partner_id": self.partner_a.id, "invoice_line_ids": [Command.delete(self.chair.id)]})
        self.env.flush_all()
        gone.unlink()
        account.sudo().active = False
        answer = self._restore(2)
        self.assertEqual(self.bill.partner_id, self.partner_a)
        chair = self.bill.invoice_line_ids - self.desk
        self.assertEqual((chair.name, chair.quantity, chair.price_unit), ("Chair", 1, 50))
        self.assertNotEqual(chair.account_id, account)
        labels = {row["label"]: row["after"] for row in answer["left"]}
        self.assertEqual(labels["Partner"], f"deleted ({gone.id})")
        self.assertIn("Line “Chair”, Account", labels)

    def test_only_a_draft_of_whoever_may_edit_it(self):
        self.theirs.write({"ref": "Second"})
        for user in (self.reader, self.auditor):
            self.assertRefused(AccessError, "", self.bill.with_user(user).action_restore_version, 0, 1)
            self.assertFalse(self.bill.with_user(user).get_history()["can_restore"])
        self.assertTrue(self.mine.get_history()["can_restore"])
        move = self._create_move(department=self.logistics)
        move.action_post()
        posted = move.with_user(self.finance)
        self.assertRefused(UserError, "Only a draft", posted.action_restore_version, 0, 1)
        self.assertFalse(posted.get_history()["can_restore"])

    def test_restoring_what_was_submitted_is_seen_as_an_edit(self):
        self._submit(self.bill)
        self.theirs.write({"ref": "Second"})
        self.assertTrue(self.bill.sudo().validation_content_changed)
        self._restore(0, move=self.theirs)
        self.assertFalse(self.bill.sudo().validation_content_changed)

    def test_nonsense_is_refused(self):
        self.theirs.write({"ref": "Second"})
        for number, expected in ((7, 1), ("0", 1), (None, 1), (0, "1"), (0, None), (0, 9), (-1, 1)):
            self.assertRefused(UserError, "", self.mine.action_restore_version, number, expected)
        self.assertEqual(self.bill.ref, "Second")

    def test_a_client_cannot_pretend_to_bring_a_version_back(self):
        self.mine.with_context(facturation_collab_restored={"number": 0}).write({"ref": "Second"})
        self.assertFalse(self.bill.sudo().revision_ids.is_restored)
