from odoo import Command, api, fields, models

from .account_move_rebase import EXPECTED, without_expected


class AccountMoveLine(models.Model):
    """A save of lines by themselves, in a list of lines: checked and merged like one of their invoices."""

    _inherit = "account.move.line"

    content_revision = fields.Integer("Revision of the invoice", related="move_id.content_revision")
    expected_revision = fields.Integer(
        compute="_compute_expected_revision",
        inverse="_inverse_expected_revision",
        export_string_translation=False,
        help="Write the revision of the invoice that you have read, and the write is refused or merged when the "
        "invoice was changed since.",
    )

    @api.depends("content_revision")
    def _compute_expected_revision(self):
        for line in self:
            line.expected_revision = line.content_revision

    def _inverse_expected_revision(self):
        """It is checked before anything is written; there is nothing to keep."""

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([without_expected(vals) for vals in vals_list])

    def write(self, vals):
        if EXPECTED not in vals:
            return super().write(vals)
        self.check_access("write")
        values = without_expected(vals)
        rebased = self._rebase(values, vals[EXPECTED])
        if all(line_vals == values for line_vals in rebased.values()):
            return super().write(values)
        for line, line_vals in rebased.items():
            super(AccountMoveLine, line).write(line_vals)
        return True

    def _rebase(self, vals, expected):
        """Return {line: values to write} for values that belong to an older revision of the invoices of these lines.

        See `account.move._rebase()`. The lines are there: whoever may write them was asked before.
        """
        values = {
            move: {"line_ids": [Command.update(line.id, vals) for line in lines]}
            for move, lines in self.grouped("move_id").items()
        }
        rebased = {
            command[1]: command[2]
            for move_vals in self.move_id._rebase(values, expected).values()
            for command in move_vals["line_ids"]
        }
        return {line: rebased.get(line.id, {}) for line in self}
