"""Rows of lists, saved from an older revision: invoices, and lines by themselves."""

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.tests import tagged

from ..exceptions import RevisionConflict
from .validation_common import ValidationCase


@tagged("post_install", "-at_install")
class TestSimultaneousRows(ValidationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        lines = [
            Command.create({"name": name, "quantity": 1, "price_unit": price, "tax_ids": []})
            for name, price in (("Desk", 100), ("Chair", 50))
        ]
        cls.bill = cls._create_bill(cls.finance, invoice_line_ids=lines)
        cls.other = cls._create_bill(cls.finance)
        cls.bills = cls.bill | cls.other
        cls.desk, cls.chair = cls.bill.invoice_line_ids
        cls.theirs = cls.bill.with_user(cls.finance)

    def _save(self, rows, vals, expected):
        """Save rows as the contributor, whose list shows them as they were."""
        rows.with_user(self.contributor).web_save({**vals, "expected_revision": expected}, {"content_revision": {}})
        self.env.invalidate_all()

    def _assert_conflict(self, rows, vals, expected):
        with self.assertRaises(RevisionConflict) as caught, self.env.cr.savepoint():
            self._save(rows, vals, expected)
        self.env.invalidate_all()
        return caught.exception.context

    def test_each_invoice_has_its_own_revision(self):
        self.theirs.write({"ref": "A"})
        self._save(self.bills, {"ref": "B"}, {str(self.bill.id): 1, str(self.other.id): 0})
        self.assertEqual(self.bills.mapped("ref"), ["B", "B"])
        self.assertEqual(self.bills.mapped("content_revision"), [2, 1])

    def test_a_stale_row_refuses_all_and_says_which(self):
        self.theirs.write({"ref": "Theirs"})
        stale = {str(bill.id): 0 for bill in self.bills}
        context = self._assert_conflict(self.bills, {"ref": "Mine"}, stale)
        self.assertEqual((context["move_id"], context["invoice"]), (self.bill.id, self.bill._get_validation_title()))
        self.assertEqual(self.bills.mapped("ref"), ["Theirs", False])
        chosen = {"revision": 0, "seen": 1, "choices": {"ref": "theirs"}}
        self._save(self.bills, {"ref": "Mine"}, {**stale, str(self.bill.id): chosen})
        self.assertEqual(self.bills.mapped("ref"), ["Theirs", "Mine"])

    def test_revisions_of_other_invoices_are_refused(self):
        for expected in ({str(self.other.id): 0}, {str(bill.id): 0 for bill in self.bills}, {str(self.bill.id): 1}):
            self.assertRefused(UserError, "", self._save, self.bill, {"ref": "Mine"}, expected)
        self.assertFalse(self.bill.content_revision)

    def test_a_line_is_merged_with_what_others_changed(self):
        self.theirs.write({"ref": "Theirs", "invoice_line_ids": [Command.update(self.desk.id, {"quantity": 2})]})
        self._save(self.desk, {"name": "Mine"}, 0)
        self._save(self.chair, {"quantity": 3}, 0)
        self.assertEqual((self.desk.name, self.desk.quantity, self.chair.quantity), ("Mine", 2, 3))
        self.assertEqual((self.bill.ref, self.bill.content_revision, self.desk.content_revision), ("Theirs", 3, 3))

    def test_the_same_of_a_line_is_a_conflict(self):
        self.desk.with_user(self.finance).write({"name": "Theirs"})
        context = self._assert_conflict(self.desk, {"name": "Mine", "quantity": 4}, 0)
        self.assertEqual([row["key"] for row in context["rows"]], [f"{self.desk.id}/name"])
        self.assertEqual((self.desk.name, self.desk.quantity), ("Theirs", 1))
        chosen = {"revision": 0, "seen": 1, "choices": {f"{self.desk.id}/name": "mine"}}
        self._save(self.desk, {"name": "Mine", "quantity": 4}, {str(self.bill.id): chosen})
        self.assertEqual((self.desk.name, self.desk.quantity), ("Mine", 4))

    def test_lines_of_several_invoices_are_saved_at_once(self):
        self.desk.with_user(self.finance).write({"quantity": 2})
        lines = self.desk | self.chair | self.other.invoice_line_ids
        self._save(lines, {"name": "Mine"}, {str(bill.id): 0 for bill in self.bills})
        self.assertEqual(lines.mapped("name"), ["Mine"] * 3)
        self.assertEqual((self.desk.quantity, self.bills.mapped("content_revision")), (2, [2, 1]))

    def test_what_was_only_sent_along_with_a_line_undoes_nothing(self):
        self.desk.with_user(self.finance).write({"quantity": 2})
        self._save(self.desk, {"name": "Mine", "quantity": 1}, 0)
        self.assertEqual((self.desk.name, self.desk.quantity), ("Mine", 2))

    def test_a_line_that_others_deleted_is_missing(self):
        line = self.desk
        self.theirs.write({"invoice_line_ids": [Command.delete(line.id)]})
        self.assertRefused(MissingError, "", self._save, line, {"name": "Mine"}, 0)

    def test_the_right_to_write_a_line_is_asked_first(self):
        self.desk.with_user(self.finance).write({"name": "Theirs"})
        line = self.desk.with_user(self.outsider)
        self.assertRefused(AccessError, "", line.write, {"name": "Mine", "expected_revision": 0})

    def test_items_of_other_entries_are_written_as_natively(self):
        account = self.company_data["default_account_revenue"]
        lines = [Command.create({"name": "Item", "account_id": account.id, "balance": sign}) for sign in (1, -1)]
        entry = self.env["account.move"].create({"move_type": "entry", "line_ids": lines})
        entry.line_ids.with_user(self.finance).write({"name": "Other", "expected_revision": 0})
        self.assertEqual((entry.line_ids.mapped("name"), entry.content_revision), (["Other"] * 2, 0))

    def test_creating_a_line_keeps_no_revision(self):
        vals = {"move_id": self.bill.id, "name": "New", "price_unit": 1, "tax_ids": [], "expected_revision": 0}
        self.assertEqual(self.bill.invoice_line_ids.with_user(self.finance).create(vals).name, "New")

    def test_lists_whose_rows_are_edited_read_the_revision(self):
        for xmlid in ("view_move_tree", "view_move_line_tree", "view_move_line_payment_tree"):
            view = self.env.ref(f"account.{xmlid}")
            arch = etree.fromstring(self.env[view.model].get_view(view.id, "list")["arch"])
            self.assertEqual(arch.get("multi_edit"), "1")
            self.assertTrue(arch.xpath("./field[@name='content_revision']"), xmlid)

    def test_checking_lines_costs_one_query_however_many(self):
        lines = (self.desk | self.chair | self.other.invoice_line_ids).with_user(self.contributor)
        self._save(lines, {"name": "A"}, {str(bill.id): 0 for bill in self.bills})
        counts = []
        for name, vals in (("B", {}), ("C", {"expected_revision": {str(bill.id): 2 for bill in self.bills}})):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            lines.write({"name": name, **vals})
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 1)
