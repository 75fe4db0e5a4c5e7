"""Two people save the same invoice: what meets nothing is merged, what meets something is asked about."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..exceptions import RevisionConflict
from .validation_common import ValidationCase


@tagged("post_install", "-at_install")
class TestSimultaneousEdit(ValidationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        lines = [
            Command.create({"name": name, "quantity": 1, "price_unit": price, "tax_ids": []})
            for name, price in (("Desk", 100), ("Chair", 50), ("Lamp", 20))
        ]
        cls.bill = cls._create_bill(cls.finance, invoice_line_ids=lines)
        cls.desk, cls.chair, cls.lamp = cls.bill.invoice_line_ids
        cls.mine, cls.theirs = cls.bill.with_user(cls.contributor), cls.bill.with_user(cls.finance)

    def _save(self, vals, expected=0):
        """Save as the contributor, whose screen shows the invoice as it was."""
        self.mine.web_save({**vals, "expected_revision": expected}, {})
        self.env.invalidate_all()

    def _update(self, line, **vals):
        return {"invoice_line_ids": [Command.update(line.id, vals)]}

    def _assert_conflict(self, vals, *keys, expected=0):
        before = self.bill.sudo()._get_content()
        with self.assertRaises(RevisionConflict) as caught, self.env.cr.savepoint():
            self._save(vals, expected)
        self.env.invalidate_all()
        self.assertEqual(self.bill.sudo()._get_content(), before)
        self.assertEqual([row["key"] for row in caught.exception.context["rows"]], list(keys))
        return caught.exception

    def test_a_fresh_save_is_an_ordinary_one(self):
        self._save({"ref": "A"})
        self.assertEqual((self.bill.ref, self.bill.content_revision), ("A", 1))
        self._save({"ref": "B"}, 1)
        self.assertEqual(self.bill.ref, "B")

    def test_without_a_revision_nothing_is_checked(self):
        self.theirs.write({"ref": "Theirs"})
        self.mine.web_save({"ref": "Mine"}, {})
        self.assertEqual(self.bill.ref, "Mine")

    def test_other_fields_and_other_lines_are_merged(self):
        self.theirs.write({"ref": "Theirs", **self._update(self.desk, quantity=2)})
        self._save({"narration": "<p>Mine</p>", **self._update(self.chair, quantity=3)})
        self.assertEqual((self.bill.ref, self.bill.narration), ("Theirs", "<p>Mine</p>"))
        self.assertEqual(self.bill.invoice_line_ids.mapped("quantity"), [2, 3, 1])
        self.assertEqual(self.bill.amount_untaxed, 370)
        self.assertEqual(self.bill.content_revision, 2)
        self.assertEqual(self.mine.get_changes_since(0)["people"], "Finance", "What one did oneself is not told.")

    def test_other_fields_of_the_same_line_are_merged(self):
        self.theirs.write(self._update(self.desk, quantity=2))
        self._save(self._update(self.desk, price_unit=90))
        self.assertEqual((self.desk.quantity, self.desk.price_unit, self.desk.price_subtotal), (2, 90, 180))

    def test_what_was_only_sent_along_does_not_undo_what_others_did(self):
        self.theirs.write({"ref": "Theirs", **self._update(self.desk, quantity=2)})
        self._save({"ref": False, "narration": "<p>Mine</p>", **self._update(self.desk, quantity=1, price_unit=90)})
        self.assertEqual((self.bill.ref, self.desk.quantity, self.desk.price_unit), ("Theirs", 2, 90))

    def test_the_same_change_by_both_is_no_conflict(self):
        self.theirs.write({"ref": "Same"})
        self._save({"ref": "Same"})
        self.assertEqual(self.bill.ref, "Same")

    def test_the_same_field_changed_by_both_is_a_conflict(self):
        self.bill.write({"ref": "Before"})
        self.theirs.write({"ref": "Theirs", **self._update(self.desk, quantity=2)})
        vals = {"ref": "Mine", **self._update(self.desk, quantity=3)}
        error = self._assert_conflict(vals, "ref", f"{self.desk.id}/quantity", expected=1)
        self.assertEqual(error.http_status, 409)
        self.assertIn("Finance changed", str(error))
        sides = [tuple(row[side] for side in ("before", "theirs", "mine")) for row in error.context["rows"]]
        self.assertEqual(sides, [("Before", "Theirs", "Mine"), ("1", "2", "3")])
        self.assertEqual(error.context["rows"][1]["label"], "Line “Desk”, Quantity")
        self.assertEqual((error.context["revision"], error.context["seen"]), (1, 2))

    def test_choices_settle_a_conflict(self):
        self.theirs.write({"ref": "Theirs", **self._update(self.desk, quantity=2)})
        vals = {"ref": "Mine", "narration": "<p>N</p>", **self._update(self.desk, quantity=3)}
        choices = {"ref": "theirs", f"{self.desk.id}/quantity": "mine"}
        self._save(vals, {"revision": 0, "seen": 1, "choices": choices})
        self.assertEqual((self.bill.ref, self.bill.narration, self.desk.quantity), ("Theirs", "<p>N</p>", 3))

    def test_choices_hold_for_what_was_seen_only(self):
        self.theirs.write({"ref": "Theirs"})
        self.theirs.write({"ref": "Theirs again"})
        with self.assertRaises(RevisionConflict):
            self._save({"ref": "Mine"}, {"revision": 0, "seen": 1, "choices": {"ref": "mine"}})

    def test_a_line_deleted_by_them_and_changed_by_me(self):
        desk = self.desk.id
        self.theirs.write({"invoice_line_ids": [Command.delete(desk)]})
        vals = {"invoice_line_ids": [Command.update(desk, {"quantity": 3})]}
        error = self._assert_conflict(vals, str(desk))
        self.assertEqual(error.context["rows"][0]["theirs"], "")
        self._save(vals, {"revision": 0, "seen": 1, "choices": {str(desk): "theirs"}})
        self.assertEqual(len(self.bill.invoice_line_ids), 2)
        self._save(vals, {"revision": 0, "seen": 1, "choices": {str(desk): "mine"}})
        back = self.bill.invoice_line_ids.filtered(lambda line: line.name == "Desk")
        self.assertEqual((back.quantity, back.price_unit, self.bill.amount_untaxed), (3, 100, 370))

    def test_a_line_deleted_by_me_and_changed_by_them(self):
        self.theirs.write(self._update(self.desk, quantity=2))
        vals = {"invoice_line_ids": [Command.delete(self.desk.id)]}
        self._assert_conflict(vals, str(self.desk.id))
        self._save(vals, {"revision": 0, "seen": 1, "choices": {str(self.desk.id): "theirs"}})
        self.assertEqual(self.desk.exists().quantity, 2)
        self._save(vals, {"revision": 0, "seen": 1, "choices": {str(self.desk.id): "mine"}})
        self.assertFalse(self.desk.exists())

    def test_a_line_deleted_by_both_is_gone(self):
        self.theirs.write({"invoice_line_ids": [Command.delete(self.desk.id)]})
        self._save({"invoice_line_ids": [Command.delete(self.desk.id)]})
        self.assertEqual(self.bill.invoice_line_ids, self.chair | self.lamp)

    def test_lines_added_by_both_are_both_there(self):
        for user, name in ((self.finance, "Theirs"), (self.contributor, "Mine")):
            added = {"name": name, "quantity": 1, "price_unit": 1, "tax_ids": []}
            vals = {"invoice_line_ids": [Command.create(added)], "expected_revision": 0}
            self.bill.with_user(user).write(vals)
        self.assertEqual(sorted(self.bill.invoice_line_ids.mapped("name")), ["Chair", "Desk", "Lamp", "Mine", "Theirs"])

    def test_replacing_all_lines_keeps_those_that_others_added(self):
        self.theirs.write({"invoice_line_ids": [Command.create({"name": "Theirs", "price_unit": 1, "tax_ids": []})]})
        added = Command.create({"name": "Mine", "price_unit": 1, "tax_ids": []})
        self._save({"invoice_line_ids": [Command.clear(), added]})
        self.assertEqual(sorted(self.bill.invoice_line_ids.mapped("name")), ["Mine", "Theirs"])

    def test_taxes_are_computed_again_and_never_merged(self):
        tax = self.tax_purchase_a
        self.bill.invoice_line_ids.sudo().write({"tax_ids": [Command.set(tax.ids)]})
        revision = self.bill.content_revision
        totals = self.mine.tax_totals
        self.theirs.write(self._update(self.desk, price_unit=200))
        self._save({"tax_totals": totals, **self._update(self.chair, price_unit=60)}, revision)
        self.assertAlmostEqual(self.bill.amount_tax, 280 * tax.amount / 100)
        self._assert_conflict({"tax_totals": totals}, "tax_totals", expected=revision)

    def test_a_posted_invoice_is_not_changed_by_a_save_of_its_draft(self):
        move = self._create_move(department=self.logistics)
        move.action_post()
        with self.assertRaises(RevisionConflict):
            move.with_user(self.finance).write({"name": "Other", "expected_revision": 0})

    def test_nonsense_is_refused_and_changes_nothing(self):
        for expected in (
            -1,
            "1",
            None,
            1.5,
            True,
            [0],
            {},
            {"revision": 0, "other": 1},
            {"revision": 0, "choices": [1]},
        ):
            with self.subTest(expected=expected):
                self.assertRefused(
                    UserError, "content_revision", self.mine.write, {"ref": "X", "expected_revision": expected}
                )
        self.assertRefused(UserError, "no revision 7", self.mine.write, {"ref": "X", "expected_revision": 7})
        self.assertFalse(self.bill.ref)

    def test_who_may_not_write_learns_nothing(self):
        self.theirs.write({"ref": "Theirs"})
        for user in (self.outsider, self.reader):
            stale = {"ref": "Mine", "expected_revision": 0}
            self.assertRefused(AccessError, "", self.bill.with_user(user).write, stale)
        for user in (self.outsider, self.administrator):
            self.assertRefused(AccessError, "", self.bill.with_user(user).get_changes_since, 0)

    def test_an_import_is_checked(self):
        self.theirs.write({"ref": "Theirs"})
        importer = self.mine.with_context(import_file=True)

        def load(name, value):
            rows = [[str(self.bill.id), value, "0"]]
            with mute_logger("odoo.models"):
                return importer.load([".id", name, "expected_revision"], rows)["messages"]

        self.assertIn("Finance changed", load("ref", "Imported")[0]["message"])
        self.assertFalse(load("payment_reference", "Imported"))
        self.assertEqual((self.bill.ref, self.bill.payment_reference), ("Theirs", "Imported"))
        self.assertEqual(self.bill.sudo().revision_ids.sorted("number")[-1].through, "import")

    def test_many_invoices_are_checked_each_by_itself(self):
        bills = self.bill | self._create_bill()
        self.theirs.write({"ref": "Theirs"})
        bills.with_user(self.contributor).write({"narration": "<p>Mine</p>", "expected_revision": 0})
        with self.assertRaises(RevisionConflict), self.env.cr.savepoint():
            bills.with_user(self.finance).write({"narration": "<p>Theirs</p>", "expected_revision": 0})
        bills.invalidate_recordset()
        self.assertEqual(bills.mapped("narration"), ["<p>Mine</p>"] * 2)
        self.assertEqual(self.bill.ref, "Theirs")

    def test_changes_are_told_to_whoever_may_read(self):
        self.theirs.write({"ref": "A", **self._update(self.desk, quantity=2)})
        self.theirs.write({"ref": "B", "invoice_line_ids": [Command.delete(self.lamp.id)]})
        told = self.bill.with_user(self.reader).get_changes_since(0)
        self.assertEqual((told["revision"], told["people"]), (2, "Finance"))
        rows = [(row["label"], row["before"], row["after"]) for row in told["rows"]]
        self.assertEqual(rows[:2], [("Reference", "", "B"), ("Line “Desk”, Quantity", "1", "2")])
        self.assertEqual(rows[2][1:], ("Lamp (1 × 20)", ""))
        self.assertEqual(self.bill.with_user(self.reader).get_changes_since(2)["rows"], [])

    def test_checking_costs_one_query(self):
        self._save({"ref": "A"})
        counts = []
        for number, vals in enumerate(({}, {"expected_revision": 2}), start=1):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.mine.web_save({"narration": f"<p>{number}</p>", **vals}, {})
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 1)
