from odoo import api, fields, models
from odoo.http import request
from odoo.tools import SQL

from ..history import Row
from .account_move_editor import READER, READER_KEY

RESTORED_KEY = "facturation_collab_restored"


class Restored:
    """Marks the write that brings a version back. A client cannot send an object in a context."""

    def __init__(self, number):
        self.number = number


class AccountMoveRevision(models.Model):
    """One change of the content of an invoice: who, when, through what, and each value before and after.

    Append-only: the engine alone writes it. It keeps differences, never a whole invoice.
    """

    _name = "account.move.revision"
    _inherit = "account.validation.record"
    _description = "Change of an invoice"
    _order = "move_id, number desc"
    _rec_name = "number"

    move_id = fields.Many2one("account.move", string="Invoice", required=True, readonly=True, ondelete="cascade")
    number = fields.Integer(required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="Changed by", required=True, readonly=True, ondelete="restrict")
    date = fields.Datetime(required=True, readonly=True)
    through = fields.Selection(
        [
            ("screen", "Screen"),
            ("import", "Import"),
            ("program", "Program"),
            ("document", "Received document"),
            ("server", "Server"),
        ],
        required=True,
        readonly=True,
    )
    changes = fields.Json(required=True, readonly=True)
    restored_number = fields.Integer(
        "Restored version", readonly=True, help="The version that this change brought back; empty for other changes."
    )
    is_restored = fields.Boolean("Brought a version back", readonly=True)
    first_number = fields.Integer(
        "First of", readonly=True, help="Where successive changes of one person were kept as one: the first of them."
    )
    date_from = fields.Datetime("Since", readonly=True, help="When the first of the changes kept as one was made.")
    description = fields.Text("What changed", compute="_compute_description")

    _number_unique = models.UniqueIndex("(move_id, number)")

    @api.depends_context("uid", "lang")
    @api.depends("changes")
    def _compute_description(self):
        """Say in words what changed, for whoever may read the revision: one line for each place."""
        wording = self.env["account.validation.wording"]._describe_revisions(self)
        for revision in self:
            revision.description = "\n".join(map(_get_sentence, wording[revision.id]))

    @api.model
    def _prepare_revision_vals(self, move, number, changes):
        """Return the values of the revision that the present user just made of an invoice."""
        restored = self.env.context.get(RESTORED_KEY)
        is_restored = isinstance(restored, Restored)
        return {
            "move_id": move.id,
            "number": number,
            "user_id": self.env.uid,
            "date": fields.Datetime.now(),
            "through": self._get_way(),
            "changes": changes,
            "is_restored": is_restored,
            "restored_number": restored.number if is_restored else 0,
        }

    @api.model
    def _get_removed(self, moves, lines):
        """Return {line: values} of lines that were removed from some invoices.

        :param lines: ids as text, as changes name lines
        """
        self.flush_model(["move_id", "changes"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.key, line.value->'removed'
                  FROM account_move_revision revision, jsonb_each(revision.changes->'lines') line
                 WHERE revision.move_id = ANY(%s) AND line.key = ANY(%s) AND line.value->'removed' IS NOT NULL
                """,
                moves.ids,
                list(lines),
            )
        )
        return dict(rows)

    def _get_rows(self):
        """Return these revisions as plain values, by number."""
        return [
            Row(
                revision.number,
                revision.user_id.id,
                revision.through,
                revision.date,
                revision.changes,
                revision.restored_number if revision.is_restored else None,
                revision.date_from or None,
            )
            for revision in self.sorted("number")
        ]

    @api.model
    def _get_way(self):
        """Return through what the present user changes something."""
        if self.env.context.get(READER_KEY) is READER:
            return "document"
        if self.env.context.get("import_file"):
            return "import"
        if self.env.user._is_in_browser():
            return "screen"
        return "program" if request else "server"


def _get_sentence(row):
    """Return one row of a description as text."""
    if row["kind"] == "changed":
        return f"{row['label']}: {row['before'] or '∅'} → {row['after'] or '∅'}"
    return f"{row['label']}: {'+' if row['kind'] == 'added' else '−'} {row['after'] or row['before']}"
