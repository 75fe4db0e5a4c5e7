"""Small changes of one person are kept as one after a while; versions that something refers to stay."""

from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.base.models.ir_cron import IrCron

from .validation_common import ValidationCase

MODULE = "odoo.addons.facturation_collab.models.account_move_revision_compaction"
START = fields.Datetime.to_datetime("2026-03-02 09:00:00")


@tagged("post_install", "-at_install")
class TestRevisionCompaction(ValidationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill = cls._create_bill(ref="0")

    def setUp(self):
        super().setUp()
        self.progress = []

        def commit_progress(cron, processed=0, *, remaining=None, deactivate=False):
            cron.env.flush_all()
            self.progress.append(processed)
            return 0 if processed and self.stops else 60

        self.stops = False
        self.patch(IrCron, "_commit_progress", commit_progress)

    def _change(self, *minutes, user=None, **vals):
        """Change the reference once for each minute after the start."""
        for minute in minutes:
            with freeze_time(START + timedelta(minutes=minute)):
                self.bill.with_user(user or self.finance).write(vals or {"ref": str(minute)})

    def _compact(self, days=8):
        with freeze_time(START + timedelta(days=days)):
            self.env["account.move.revision"]._cron_compact()
        self.env.invalidate_all()

    def _get_numbers(self):
        return self.bill.sudo().revision_ids.sorted("number").mapped("number")

    def test_successive_changes_of_one_person_are_kept_as_one(self):
        self._change(1, 4, 9)
        content = self.bill.sudo()._get_content()
        self._compact()
        revision = self.bill.sudo().revision_ids
        self.assertEqual((revision.number, revision.first_number), (3, 1))
        self.assertEqual(revision.changes, {"move": {"ref": ["0", "9"]}})
        self.assertEqual(revision.date_from, START + timedelta(minutes=1))
        self.assertEqual(revision.date, START + timedelta(minutes=9))
        self.assertEqual((self.bill.content_revision, self.bill.sudo()._get_content()), (3, content))
        self.assertEqual(self.bill.sudo()._get_version(0)["move"]["ref"], "0")
        item = self.bill.with_user(self.finance).get_history()["items"][0]
        self.assertEqual((item["first_number"], item["date_from"]), (1, "2026-03-02 09:01:00"))

    def test_doing_it_again_changes_nothing(self):
        self._change(1, 4, 9, 30, 33)
        self._compact()
        numbers, changes = self._get_numbers(), self.bill.sudo().revision_ids.mapped("changes")
        self._compact()
        self.assertEqual((self._get_numbers(), self.bill.sudo().revision_ids.mapped("changes")), (numbers, changes))
        self.assertEqual(numbers, [3, 5])

    def test_others_pauses_and_fresh_changes_stay_apart(self):
        self._change(1)
        self._change(2, user=self.contributor)
        self._change(20, 40)
        self._compact(days=6)
        self.assertEqual(self._get_numbers(), [1, 2, 3, 4])
        self._compact()
        self.assertEqual(self._get_numbers(), [1, 2, 3, 4])

    def test_a_version_that_was_submitted_stays(self):
        self._change(1, 2, user=self.contributor)
        with freeze_time(START + timedelta(minutes=3)):
            self._submit(self.bill)
        self._change(4, 5)
        self._compact()
        self.assertEqual(self._get_numbers(), [2, 4])
        submitted = self.bill.sudo().validation_request_id.event_ids.filtered(lambda event: event.type == "submitted")
        self.assertEqual(submitted.revision, 2)
        self.assertEqual(self.bill.sudo()._get_version(2)["move"]["ref"], "2")

    def test_a_version_that_was_brought_back_stays(self):
        self._change(1, 2)
        with freeze_time(START + timedelta(minutes=3)):
            self.bill.with_user(self.finance).action_restore_version(1, 2)
        self._change(4, 5)
        self._compact()
        self.assertEqual(self._get_numbers(), [1, 2, 3, 5])

    def test_a_version_that_unsaved_changes_come_from_stays(self):
        self._change(1, 2, 3)
        self.bill.with_user(self.contributor)._keep_unsaved({"ref": "Mine"}, 2)
        self._compact()
        self.assertEqual(self._get_numbers(), [2, 3])

    def test_changes_of_a_posted_invoice_stay(self):
        move = self._create_move(department=self.logistics)
        self.bill = move
        with freeze_time(START):
            move.action_post()
        self._change(1, 2, ref="x")
        self._change(3, 4)
        count = len(self._get_numbers())
        self._compact()
        self.assertEqual(len(self._get_numbers()), count)

    def test_what_was_taken_back_at_once_stays(self):
        self._change(1)
        self._change(2, ref="0")
        self._compact()
        self.assertEqual(self._get_numbers(), [1, 2])

    def test_a_save_from_a_version_that_is_gone_is_refused(self):
        self._change(1, 2, 3)
        self._compact()
        write = self.bill.with_user(self.finance).write
        self.assertRefused(UserError, "no revision 2", write, {"ref": "Mine", "expected_revision": 2})
        write({"narration": "<p>Mine</p>", "expected_revision": 3})
        self.assertEqual(self.bill.ref, "3")

    def test_the_job_works_in_slices(self):
        self._change(1, 2)
        first = self.bill
        self.bill = self._create_bill(ref="0")
        self._change(1, 2)
        self.stops = True
        with patch(f"{MODULE}.BATCH", 1):
            self._compact()
        self.assertEqual(self.progress, [0, 1])
        self.assertEqual((len(first.sudo().revision_ids), len(self._get_numbers())), (1, 2))
