import doctest

from odoo import Command
from odoo.tests import tagged
from odoo.tests.common import BaseCase

from ..models import plain_values
from .common import CollabCommon

BESIDE = ("binary", "properties", "properties_definition")


@tagged("post_install", "-at_install")
class TestNumbers(BaseCase):
    def test_examples_of_the_documentation_hold(self):
        result = doctest.testmod(plain_values)
        self.assertGreater(result.attempted, 0)
        self.assertEqual(result.failed, 0)


@tagged("post_install", "-at_install")
class TestPlainValues(CollabCommon):
    def test_a_column_read_at_once_says_the_same_as_each_value(self):
        """For every stored field of invoices and lines: full, empty, and with a tax that is archived."""
        archived = self.tax_purchase_a.copy({"name": "Former tax"})
        lines = [
            {"product_id": self.product_a.id, "tax_ids": [Command.set((self.tax_purchase_a | archived).ids)]},
            {"name": "Free", "price_unit": 0.125, "quantity": 3, "discount": 12.5, "tax_ids": [Command.clear()]},
            {"display_type": "line_note", "name": "A note"},
        ]
        full = self._create_move(
            department=self.events,
            invoice_line_ids=[Command.create(line) for line in lines],
            invoice_payment_term_id=self.pay_terms_b.id,
            currency_id=self.env.ref("base.CHF").id,
            ref="F-1",
        )
        archived.active = False
        moves = full | self.env["account.move"].sudo().create({"move_type": "out_invoice", "invoice_date": False})
        self.env.flush_all()
        for records in (moves, moves.line_ids):
            fields = records._fields.values()
            names = [field.name for field in fields if field.store and field.type not in BESIDE and field.name != "id"]
            self.assertGreater(len(names), 40)
            self.env.invalidate_all()
            each = [
                {name: plain_values.plain(record[name], records._fields[name], 2) for name in names}
                for record in records
            ]
            self.env.invalidate_all()
            self.assertEqual(plain_values.plain_rows(records, names, 2), each)

    def test_what_waits_to_be_computed_is_computed_first(self):
        move = self._create_move(amount=100)
        move.invoice_line_ids.write({"price_unit": 250})
        [row] = plain_values.plain_rows(move, ["amount_total"], 2)
        self.assertEqual(row, {"amount_total": "250.00"})
