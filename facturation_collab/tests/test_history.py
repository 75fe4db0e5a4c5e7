"""What became of an invoice, readable: by whoever may read the invoice, in words, in a constant number of queries."""

import csv
import doctest
import io
import json
import random
import zipfile
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, tagged

from .. import history, merge
from .test_merge import LINES, MOVE, _without_empty
from .test_shares import ShareCase
from .validation_common import ValidationCase

CONTENTS = st.fixed_dictionaries({"move": MOVE, "lines": LINES}).map(_without_empty)


def _get_rows(contents):
    """Each change between contents as a row, one minute after the other, by the same person."""
    pairs = zip(contents, contents[1:], strict=False)
    return [
        history.Row(number, 7, "screen", history.datetime(2026, 1, 1, 9, number), merge.difference(*pair))
        for number, pair in enumerate(pairs, start=1)
    ]


@tagged("post_install", "-at_install")
class TestHistoryProperties(BaseCase):
    def test_examples_of_the_documentation_hold(self):
        result = doctest.testmod(history)
        self.assertGreater(result.attempted, 10)
        self.assertEqual(result.failed, 0)

    @settings(max_examples=300, deadline=None)
    @given(st.lists(CONTENTS, min_size=1, max_size=6))
    def test_each_version_is_what_was_there(self, contents):
        found = dict(history.contents(contents[-1], _get_rows(contents)))
        self.assertEqual(found, dict(enumerate(contents)))

    @settings(max_examples=300, deadline=None)
    @given(st.lists(CONTENTS, min_size=2, max_size=6))
    def test_changes_kept_as_one_do_the_same(self, contents):
        whole = history.whole(_get_rows(contents))
        self.assertEqual(whole, merge.difference(contents[0], contents[-1]))
        self.assertEqual(merge.undone(contents[-1], [whole]), contents[0])

    @settings(max_examples=300, deadline=None)
    @given(st.lists(CONTENTS, min_size=3, max_size=8), st.sets(st.integers(1, 7)))
    def test_versions_that_something_refers_to_stay(self, contents, kept):
        rows = _get_rows(contents)
        by_number = {row.number: row for row in rows}
        for stretch in history.stretches(rows, kept, "draft"):
            for row in stretch:
                del by_number[row.number]
            by_number[stretch[-1].number] = stretch[-1]._replace(change=history.whole(stretch))
        self.assertLessEqual(kept & set(range(1, len(contents))), by_number.keys())
        for number, content in history.contents(contents[-1], by_number.values()):
            self.assertEqual(content, contents[number])


@tagged("post_install", "-at_install")
class TestHistory(ValidationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        lines = [
            Command.create({"name": name, "quantity": 1, "price_unit": price, "tax_ids": []})
            for name, price in (("Desk", 100), ("Chair", 50))
        ]
        cls.bill = cls._create_bill(invoice_line_ids=lines)
        cls.desk, cls.chair = cls.bill.invoice_line_ids

    def _change(self, user=None, **vals):
        self.bill.with_user(user or self.contributor).write(vals)

    def _change_line(self, line, user=None, **vals):
        self._change(user, invoice_line_ids=[Command.update(line.id, vals)])

    def _read(self, user=None, **filters):
        return self.bill.with_user(user or self.reader).get_history(filters)

    def _get_rows(self, item):
        return [(row["label"], row["before"], row["after"]) for row in item["rows"]]

    def test_each_change_is_told_in_words(self):
        self._change(ref="A 1", partner_id=self.partner_b.id)
        self._change_line(self.desk, self.finance, quantity=2.5, price_unit=99.125)
        told = self._read()
        self.assertEqual((told["revision"], told["total"]), (2, 3))
        second, first, created = told["items"]
        self.assertEqual((created["kind"], created["number"], created["user"]["name"]), ("created", 0, "Contributor"))
        self.assertEqual((second["number"], second["user"]["name"], second["through"]), (2, "Finance", "Server"))
        self.assertIn(("Reference", "", "A 1"), self._get_rows(first))
        self.assertIn(("Partner", self.partner_a.name, self.partner_b.name), self._get_rows(first))
        symbol = self.bill.currency_id.symbol
        self.assertEqual(
            self._get_rows(second),
            [
                ("Line “Desk”, Unit Price", f"{symbol}\N{NO-BREAK SPACE}100.00", f"{symbol}\N{NO-BREAK SPACE}99.125"),
                ("Line “Desk”, Quantity", "1", "2.5"),
            ],
        )

    def test_words_are_those_of_the_reader(self):
        self._change(invoice_date="2026-03-05")
        self.reader.sudo().lang = "fr_FR"
        item = self.bill.with_user(self.reader).with_context(lang="fr_FR").get_history()["items"][0]
        self.assertEqual(item["through"], "Serveur")
        self.assertIn("05/03/2026", [row["after"] for row in item["rows"]])

    def test_deleted_and_added_lines_keep_their_names(self):
        self._change_line(self.desk, quantity=2)
        self._change(invoice_line_ids=[Command.delete(self.desk.id)])
        self._change(invoice_line_ids=[Command.create({"name": "Lamp", "price_unit": 7, "tax_ids": []})])
        added, removed, changed, _created = self._read()["items"]
        self.assertEqual((added["rows"][0]["kind"], added["rows"][0]["label"]), ("added", "Line “Lamp”"))
        self.assertEqual((removed["rows"][0]["kind"], removed["rows"][0]["label"]), ("removed", "Line “Desk”"))
        self.assertEqual(changed["rows"][0]["label"], "Line “Desk”, Quantity")

    def test_events_stand_where_they_happened(self):
        self._change(ref="A")
        self._submit(self.bill)
        self.bill.with_user(self.manager).action_return("the reference is wrong")
        self._change(ref="B")
        self._submit(self.bill)
        kinds = [(item["kind"], item.get("type"), item["number"]) for item in self._read()["items"]]
        self.assertEqual(
            kinds,
            [
                ("event", "submitted", 2),
                ("change", None, 2),
                ("event", "returned", 1),
                ("event", "submitted", 1),
                ("change", None, 1),
                ("created", None, 0),
            ],
        )
        returned = self._read()["items"][2]
        self.assertEqual((returned["comment"], returned["level"]), ("the reference is wrong", "Manager"))

    def test_what_changed_since_i_approved(self):
        self._submit(self.bill)
        self._approve(self.bill, self.manager)
        self._change(self.finance, ref="Changed")
        since = {entry["key"]: entry for entry in self._read(self.manager)["since"]}
        compared = self.bill.with_user(self.manager).compare_versions(since["approved"]["number"])
        different = [row["label"] for row in compared["fields"] if row["kind"] == "changed"]
        self.assertEqual(different, ["Reference"])
        self.assertEqual([entry["key"] for entry in self._read()["since"]], ["submitted"])

    def test_filters(self):
        self._change(ref="A")
        self._change_line(self.desk, self.finance, quantity=2)
        self._change(self.finance, ref="B")
        numbers = [
            ({"user_id": self.finance.id}, [3, 2]),
            ({"place": "ref"}, [3, 1]),
            ({"place": "lines"}, [2]),
            ({"place": str(self.desk.id)}, [2]),
            ({"place": str(self.chair.id)}, []),
            ({"through": "server"}, [3, 2, 1]),
            ({"through": "screen"}, []),
            ({"date_to": "2001-01-01"}, []),
            ({"date_from": "2001-01-01"}, [3, 2, 1, 0]),
        ]
        for filters, expected in numbers:
            with self.subTest(filters=filters):
                self.assertEqual([item["number"] for item in self._read(**filters)["items"]], expected)
        choices = self._read()["choices"]
        self.assertEqual([person["name"] for person in choices["people"]], ["Contributor", "Finance"])
        self.assertEqual([place["key"] for place in choices["places"]], ["lines", "ref"])
        self.assertEqual([way["label"] for way in choices["through"]], ["Server"])

    def test_pages(self):
        for number in range(5):
            self._change(ref=f"A {number}")
        page = self.bill.with_user(self.reader).get_history(None, 2, 2)
        self.assertEqual(([item["number"] for item in page["items"]], page["total"]), ([3, 2], 6))

    def test_nonsense_is_refused(self):
        bill = self.bill.with_user(self.reader)
        for filters, offset, limit in (
            ({"other": 1}, 0, 20),
            ({"user_id": "1"}, 0, 20),
            ({"place": 1}, 0, 20),
            ({"date_from": "nonsense"}, 0, 20),
            ({}, -1, 20),
            ({}, 0, 100_000),
            ({}, "0", 20),
        ):
            with self.subTest(filters=filters, offset=offset, limit=limit):
                self.assertRefused(UserError, "", bill.get_history, filters, offset, limit)
        for number in (7, -1, "1", True, None):
            self.assertRefused(UserError, "no version", bill.compare_versions, number)

    def test_who_may_not_read_the_invoice_learns_nothing(self):
        self._change(ref="A")
        for user in (self.outsider, self.administrator, self._create_user("stranger")):
            bill = self.bill.with_user(user)
            self.assertRefused(AccessError, "", bill.get_history)
            self.assertRefused(AccessError, "", bill.compare_versions, 0)
            self.assertRefused(AccessError, "", bill.action_restore_version, 0, 1)
        self.marketing.sudo().is_confidential = True
        self.assertRefused(AccessError, "", self.bill.with_user(self.finance).get_history)

    def test_names_that_one_may_not_read_are_not_told(self):
        secret = self._create_department("Secret project")
        partner = self.env["res.partner"].sudo().create({"name": "Hidden", "company_id": self.company.id})
        self._change(self.finance, partner_id=partner.id)
        self._change(self.finance, partner_id=self.partner_a.id, department_id=secret.id)
        self._change(self.finance, department_id=self.marketing.id)
        secret.sudo().is_confidential = True
        other = self.setup_other_company()["company"]
        partner.company_id = other
        text = json.dumps(self._read()["items"], ensure_ascii=False)
        self.assertNotIn("Hidden", text)
        self.assertIn("not visible to you", text)
        compared = json.dumps(self.bill.with_user(self.reader).compare_versions(1), ensure_ascii=False)
        self.assertNotIn("Hidden", compared)

    def test_deleted_records_are_told_as_such(self):
        partner = self.env["res.partner"].sudo().create({"name": "Gone"})
        self._change(self.finance, partner_id=partner.id)
        self._change(self.finance, partner_id=self.partner_a.id)
        self.env.flush_all()
        partner.unlink()
        rows = self._get_rows(self._read()["items"][0])
        self.assertIn(("Partner", f"deleted ({partner.id})", self.partner_a.name), rows)

    def test_two_versions_side_by_side(self):
        self._change(ref="A")
        self._change_line(self.desk, quantity=2)
        self._change(invoice_line_ids=[Command.delete(self.chair.id)])
        compared = self.bill.with_user(self.reader).compare_versions(0)
        self.assertEqual((compared["before"]["number"], compared["after"]["number"]), (0, 3))
        self.assertEqual([version["number"] for version in compared["versions"]], [3, 2, 1, 0])
        fields = {row["label"]: row for row in compared["fields"]}
        self.assertEqual(fields["Reference"]["kind"], "changed")
        self.assertEqual(fields["Partner"]["kind"], "same")
        self.assertEqual(
            [(line["label"], line["kind"]) for line in compared["lines"]],
            [("Line “Desk”", "changed"), ("Line “Chair”", "removed")],
        )
        changed = [row for row in compared["lines"][0]["rows"] if row["kind"] == "changed"]
        self.assertEqual([(row["label"], row["before"], row["after"]) for row in changed], [("Quantity", "1", "2")])
        removed = {row["place"].partition("/")[2] for row in compared["lines"][1]["rows"]}
        self.assertIn("quantity", removed)
        self.assertFalse({"sequence", "display_type"} & removed, "its place says so")
        back = self.bill.with_user(self.reader).compare_versions(3, 0)
        self.assertEqual([line["kind"] for line in back["lines"]], ["changed", "added"])

    def test_any_version_is_what_the_content_was(self):
        """Whatever is done to an invoice, undoing differences gives what was there."""
        chance = random.Random(4)
        move, versions = self.bill.sudo(), {}
        for number in range(30):
            versions[move.content_revision] = move._get_content()
            lines = move.invoice_line_ids
            action = chance.choice(("ref", "partner", "line", "add", "remove", "two"))
            if action == "ref":
                move.write({"ref": f"R {number}"})
            elif action == "partner":
                move.write({"partner_id": chance.choice((self.partner_a.id, self.partner_b.id))})
            elif action == "add" or not lines:
                lines.create({"move_id": move.id, "name": f"L {number}", "price_unit": number})
            elif action == "remove":
                chance.choice(lines).unlink()
            elif action == "line":
                chance.choice(lines).write({"quantity": chance.randint(1, 5), "discount": chance.choice((0, 10))})
            else:
                move.write({"narration": f"<p>{number}</p>", "invoice_line_ids": [Command.delete(lines[0].id)]})
            self.env.invalidate_all()
        for number, content in versions.items():
            self.assertEqual(move._get_version(number), content, number)

    def test_eighty_changes_cost_as_many_queries_as_eight(self):
        counts = []
        for _round in range(2):
            for number in range(8 if not counts else 72):
                line = self.bill.invoice_line_ids[number % 2]
                self._change_line(line, quantity=number + 2, account_id=self._get_account(number).id)
                self._change(ref=f"A {len(counts)} {number}", partner_id=self._get_partner(number).id)
                if number % 8 == 0:
                    self._change(
                        invoice_line_ids=[Command.create({"name": f"L {number}", "price_unit": 1, "tax_ids": []})]
                    )
            read_history = partial(self.bill.with_user(self.finance).get_history, None, 0, 200)
            read_history()  # Rules and rights are cached.
            counts.append(self._count_queries(read_history))
        self.assertLessEqual(counts[1], counts[0] + 1)
        self.assertLessEqual(counts[1], 32)
        revisions = self.bill.sudo().revision_ids.ids

        def read(ids):
            return lambda: self.env["account.move.revision"].with_user(self.finance).browse(ids).mapped("description")

        self.assertLessEqual(self._count_queries(read(revisions)), self._count_queries(read(revisions[:20])) + 1)

    def _get_account(self, number):
        accounts = self.company_data["default_account_expense"] | self.company_data["default_account_assets"]
        return accounts[number % 2]

    def _get_partner(self, number):
        return (self.partner_a | self.partner_b)[number % 2]

    def _count_queries(self, function):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        function()
        return self.env.cr.sql_log_count - before

    def test_the_list_of_changes_says_what_changed(self):
        self._change(ref="A")
        self._change(invoice_line_ids=[Command.delete(self.chair.id)])
        revisions = self.env["account.move.revision"].with_user(self.auditor).search([("move_id", "=", self.bill.id)])
        removed = "Line “Chair”: − 1 × $\N{NO-BREAK SPACE}50.00"
        self.assertEqual(revisions.mapped("description"), [removed, "Reference: ∅ → A"])

    def test_an_audit_pack_holds_the_changes(self):
        self._change(self.finance, ref="=HYPERLINK(1)")
        self._submit(self.bill)
        scope = {"company_ids": self.company.ids, "move_ids": self.bill.ids}
        pack = self.env["account.validation.pack"].with_user(self.auditor)
        _record, content = pack._make(scope)
        self.assertEqual(pack._make(scope)[1], content, "The same records make the same bytes.")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            changes = json.loads(archive.read(f"changes/{self.bill.id}.json"))
            table = list(csv.DictReader(io.StringIO(archive.read("changes.csv").decode())))
        self.assertEqual((changes[0]["version"], changes[0]["person"]["name"]), (1, "Finance"))
        self.assertEqual(changes[0]["changes"], {"move": {"ref": [None, "=HYPERLINK(1)"]}})
        self.assertEqual((table[0]["what"], table[0]["after"]), ("Reference", "'=HYPERLINK(1)"))


class TestHistoryOfShares(ShareCase):
    def test_who_sees_their_share_alone_reads_no_history(self):
        self.logistics.sudo().is_confidential = True
        bill = self._create_shared((self.events, 100), (self.logistics, 50))
        self._submit(bill)
        confined = self._steps(bill).confined_user_ids
        self.assertTrue(confined)
        bill.sudo().write({"ref": "Changed"})
        for user in confined:
            self.assertRefused(AccessError, "", bill.with_user(user).get_history)
            self.assertRefused(AccessError, "", bill.with_user(user).compare_versions, 0)
            self.assertFalse(self.env["account.move.revision"].with_user(user).search([("move_id", "=", bill.id)]))
