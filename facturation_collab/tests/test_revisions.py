"""Each change of the content of an invoice raises its revision; who may not read the invoice learns nothing of it."""

from contextlib import nullcontext
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .. import merge
from ..models.account_move_content_copy import ContentCopy
from .validation_common import ValidationCase


@tagged("post_install", "-at_install")
class TestRevisions(ValidationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill = cls._create_bill()

    def _get_revisions(self, bill=None):
        return (bill or self.bill).sudo().revision_ids.sorted("number")

    def test_a_new_invoice_has_no_revision(self):
        self.assertEqual((self.bill.content_revision, len(self._get_revisions())), (0, 0))
        copy = self.bill.copy()
        self.assertEqual((copy.content_revision, len(self._get_revisions(copy))), (0, 0))

    def test_each_change_says_who_changed_what(self):
        self.bill.with_user(self.contributor).write({"ref": "A 1"})
        line = self.bill.invoice_line_ids
        self.bill.with_user(self.finance).write({"invoice_line_ids": [Command.update(line.id, {"quantity": 3})]})
        first, second = self._get_revisions()
        self.assertEqual((first.number, first.user_id, first.through), (1, self.contributor, "server"))
        self.assertEqual(first.changes, {"move": {"ref": [None, "A 1"]}})
        self.assertEqual((second.number, second.user_id), (2, self.finance))
        self.assertEqual(second.changes, {"lines": {str(line.id): {"quantity": ["1.000000", "3.000000"]}}})
        self.assertEqual(self.bill.content_revision, 2)

    def test_lines_raise_the_revision_by_any_way(self):
        lines = self.bill.invoice_line_ids.with_user(self.finance)
        lines.write({"price_unit": 12})
        added = lines.create({"move_id": self.bill.id, "name": "Added", "price_unit": 5, "tax_ids": []})
        added.unlink()
        with Form(self.bill.with_user(self.finance)) as form, form.invoice_line_ids.new() as line:
            line.name = "Typed"
        kinds = [next(iter(revision.changes["lines"].values())).keys() for revision in self._get_revisions()]
        self.assertEqual(kinds[0], {"price_unit"})
        self.assertEqual(
            [key for kind in kinds[1:] for key in kind if key in ("added", "removed")], ["added", "removed", "added"]
        )

    def test_what_changes_nothing_raises_nothing(self):
        self.bill.write({"ref": self.bill.ref, "narration": False})
        self.bill.invoice_line_ids.write({"quantity": 1})
        self.bill.message_post(body="Hello")
        self.assertFalse(self._get_revisions())

    def test_one_call_is_one_revision_for_each_invoice(self):
        bills = self.bill | self._create_bill()
        bills.with_user(self.finance).write({"ref": "Both", "invoice_date": "2026-02-01", "invoice_line_ids": []})
        for bill in bills:
            self.assertEqual(self._get_revisions(bill).mapped("number"), [1])

    def test_posting_is_a_change(self):
        move = self._create_move(department=self.logistics)
        move.action_post()
        self.assertIn("state", {name for revision in self._get_revisions(move) for name in revision.changes["move"]})

    def test_posting_is_one_change_with_what_it_fills_in(self):
        invoice = self._create_move(self.finance, self.logistics, move_type="out_invoice", invoice_date=False)
        invoice.action_post()
        revision = self._get_revisions(invoice)
        self.assertEqual(len(revision), 1)
        self.assertEqual(revision.changes["move"]["state"], ["draft", "posted"])
        self.assertEqual(revision.changes["move"]["name"][1], invoice.name)
        self.assertEqual(revision.changes["move"]["invoice_date"], [None, str(invoice.invoice_date)])

    def test_what_differs_in_memory_is_what_differs(self):
        """Comparing only what differs gives the same changes as comparing whole contents."""
        bill, tax = self.bill.sudo(), self.tax_purchase_a
        line = bill.invoice_line_ids
        edits = (
            {"ref": "A", "narration": "<p>N</p>"},
            {"ref": False, "invoice_date": "2026-02-01"},
            {"invoice_line_ids": [Command.update(line.id, {"price_unit": 12.5, "tax_ids": [Command.set(tax.ids)]})]},
            {"invoice_line_ids": [Command.create({"name": "New", "price_unit": 3, "sequence": 1})]},
            {"invoice_line_ids": [Command.update(line.id, {"name": "Other", "quantity": 1.0000001})]},
            {"invoice_line_ids": [Command.delete(line.id)], "partner_id": self.partner_b.id},
            {"currency_id": self.setup_other_currency("EUR").id},
        )
        for vals in edits:
            before = ContentCopy(bill)
            bill.write(vals)
            after = ContentCopy(bill)
            whole = merge.difference(before.get_content(bill), after.get_content(bill))
            self.assertTrue(whole, vals)
            self.assertEqual(before.get_changes(after), {bill: whole}, vals)
            self.assertEqual(self._get_revisions()[-1].changes, whole, vals)

    def test_secrets_are_not_content(self):
        self.bill.sudo()._portal_ensure_token()
        self.assertFalse(self._get_revisions())
        self.assertFalse([name for name in self.bill._get_revision_fields()["move"] if "token" in name])

    def test_nobody_writes_a_revision_by_hand(self):
        self.bill.with_user(self.finance).write({"ref": "A 1"})
        revision = self._get_revisions()
        for user in (self.finance, self.administrator, self.contributor):
            own = revision.with_user(user).sudo()
            for function in (own.unlink, own.copy):
                self.assertRefused(AccessError, "", function)
            self.assertRefused(AccessError, "by hand", own.write, {"number": 7})
            self.assertRefused(AccessError, "by hand", own.create, {"move_id": self.bill.id})
            self.assertRefused(AccessError, "", revision.with_user(user).write, {"number": 7})
        self.bill.with_user(self.finance).write({"content_revision": 12})
        self.assertEqual(self.bill.content_revision, 1)

    def test_who_may_not_read_the_invoice_reads_no_revision(self):
        self.bill.with_user(self.finance).write({"ref": "A 1"})
        revision = self._get_revisions()
        stranger = self._create_user("stranger")
        for user in (self.reader, self.manager, self.finance, self.auditor):
            self.assertEqual(revision.with_user(user).search([("move_id", "=", self.bill.id)]), revision, user.name)
        for user in (self.outsider, stranger, self.administrator):
            if user != stranger:
                self.assertFalse(revision.with_user(user).search([("move_id", "=", self.bill.id)]), user.name)
            self.assertRefused(AccessError, "", revision.with_user(user).read, ["changes"])
        self.marketing.sudo().is_confidential = True
        self.assertFalse(revision.with_user(self.finance).search([("move_id", "=", self.bill.id)]))
        self.assertRefused(AccessError, "", revision.with_user(self.finance).read, ["changes"])
        self.assertEqual(revision.with_user(self.reader).changes, revision.changes)

    def test_counting_costs_two_queries_however_many_invoices(self):
        bills = self.bill
        for _number in range(4):
            bills |= self._create_bill()
        Move = self.env.registry["account.move"]
        for moves in (bills[:1], bills):
            with patch.object(Move, "_raising_revision", nullcontext):
                without = self._count_queries(moves, "A")
            self.assertLessEqual(self._count_queries(moves, "B") - without, 2)

    def test_comparing_reads_nothing_that_is_in_memory(self):
        bills = (self.bill | self._create_bill()).sudo()
        ContentCopy(bills)
        with self.assertQueryCount(0):
            self.assertFalse(ContentCopy(bills).get_changes(ContentCopy(bills)))

    def test_posting_costs_two_queries_more_however_many_invoices(self):
        Move, counts = self.env.registry["account.move"], []
        self._create_move(self.finance, self.logistics).action_post()
        for number in (1, 4):
            for raising in (nullcontext, Move._raising_revision):
                moves = self.env["account.move"]
                for _number in range(number):
                    moves |= self._create_move(self.finance, self.logistics)
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                with patch.object(Move, "_raising_revision", raising):
                    moves.action_post()
                    self.env.flush_all()
                counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 2)
        self.assertLessEqual(counts[3] - counts[2], 2)

    def _count_queries(self, moves, ref):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        moves.with_user(self.finance).write({"ref": ref})
        self.env.flush_all()
        return self.env.cr.sql_log_count - before
