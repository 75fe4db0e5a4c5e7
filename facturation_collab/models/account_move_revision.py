from odoo import api, fields, models
from odoo.http import request

from .account_move_editor import READER, READER_KEY


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

    _number_unique = models.UniqueIndex("(move_id, number)")

    @api.model
    def _prepare_revision_vals(self, move, number, changes):
        """Return the values of the revision that the present user just made of an invoice."""
        return {
            "move_id": move.id,
            "number": number,
            "user_id": self.env.uid,
            "date": fields.Datetime.now(),
            "through": self._get_way(),
            "changes": changes,
        }

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
