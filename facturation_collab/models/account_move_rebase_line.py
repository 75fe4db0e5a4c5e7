from odoo import Command, fields, models


class AccountMoveLine(models.Model):
    """A save of lines by themselves, in a list of lines: checked and merged like one of their invoices."""

    _name = "account.move.line"
    _inherit = ["account.revision.mixin", "account.move.line"]

    content_revision = fields.Integer("Revision of the invoice", related="move_id.content_revision")

    def _rebase(self, values, expected):
        """See `account.move._rebase()`. The lines are there: whoever may write them was asked before."""
        commands = {
            move: {"line_ids": [Command.update(line.id, values[line]) for line in lines]}
            for move, lines in self.grouped("move_id").items()
        }
        rebased = {
            command[1]: command[2]
            for move_vals in self.move_id._rebase(commands, expected).values()
            for command in move_vals["line_ids"]
        }
        return {line: rebased.get(line.id, {}) for line in self}
