"""A copy of the content of some invoices: values as the ORM has them in memory, so that it costs next to nothing.

Each write of an invoice takes one before and one after. Values become plain (see `merge.py`) only where the two differ.
"""

from odoo.tools import float_repr

from .. import merge
from .account_move_snapshot import INVOICE_LINES
from .plain_values import copy_rows, plain

TAXES = "tax_totals"
TAX_FIELDS = {"display_type", "tax_group_id", "amount_currency"}
"""What the amounts of taxes are made of, beside what people enter in lines."""
NOTHING = object()


class ContentCopy:
    """The content of invoices, given as sudo, at one moment."""

    def __init__(self, moves):
        names = moves._get_revision_fields()
        lines = moves.line_ids
        self.moves = moves
        self.move_fields = [moves._fields[name] for name in sorted(names["move"])]
        self.line_fields = [lines._fields[name] for name in sorted(names["line"] | TAX_FIELDS)]
        self.line_names = names["line"]
        self.kind, self.group, self.amount = (
            self.line_fields.index(lines._fields[name]) for name in ("display_type", "tax_group_id", "amount_currency")
        )
        self.move_rows = copy_rows(moves, self.move_fields)
        rows = copy_rows(lines, self.line_fields)
        self.line_rows = {move.id: {id_: rows[id_] for id_ in move.line_ids._ids} for move in moves}

    def get_changes(self, later):
        """Return {move: change} of the invoices whose content is another one in a later copy of the same invoices."""
        changes = {}
        for move in self.moves:
            same_move = self.move_rows[move.id] == later.move_rows[move.id]
            if same_move and self.line_rows[move.id] == later.line_rows[move.id]:
                continue
            if change := merge.difference(self.get_content(move, later), later.get_content(move, self)):
                changes[move] = change
        return changes

    def get_content(self, move, other=None):
        """Return the content of one of the invoices as plain values; beside another copy, only what may differ."""
        digits = move.currency_id.decimal_places
        other_row = other and other.move_rows[move.id]
        content = {"move": _plain_values(move, self.move_fields, self.move_rows[move.id], other_row, digits)}
        rows, other_rows = self.line_rows[move.id], other.line_rows[move.id] if other else {}
        content["lines"] = {
            str(id_): self._get_line_values(move.line_ids.browse(id_), row, other_rows.get(id_), digits)
            for id_, row in rows.items()
            if row[self.kind] in INVOICE_LINES and row != other_rows.get(id_)
        }
        if taxes := self._get_tax_amounts(rows, digits):
            content["move"][TAXES] = taxes
        return content

    def _get_line_values(self, line, row, other_row, digits):
        values = _plain_values(line, self.line_fields, row, other_row, digits)
        return {name: value for name, value in values.items() if name in self.line_names}

    def _get_tax_amounts(self, rows, digits):
        """Return the amounts of the taxes of an invoice, which somebody may correct by hand."""
        taxes = (row for row in rows.values() if row[self.kind] == "tax")
        return sorted([row[self.group] or 0, float_repr(row[self.amount] or 0, digits)] for row in taxes)


def _plain_values(record, fields, row, other_row, digits):
    """Return the values of a row that are not empty; beside another row, only those that differ in memory."""
    others = other_row or (NOTHING,) * len(fields)
    values = (
        (field.name, plain(field.convert_to_record(value, record), field, digits))
        for field, value, other in zip(fields, row, others, strict=True)
        if value != other
    )
    return {name: value for name, value in values if value not in (None, [])}
