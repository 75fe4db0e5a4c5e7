import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_datetime

from ..calls import check_call
from ..exceptions import RevisionConflict
from .account_revision_mixin import EXPECTED

_logger = logging.getLogger(__name__)


class AccountMoveUnsaved(models.Model):
    """What somebody had typed in an invoice when they closed the page, and what met that which others had changed: kept
    for its author alone, and offered at their next visit. The engine alone writes it.
    """

    _name = "account.move.unsaved"
    _inherit = "account.validation.record"
    _description = "Unsaved changes of an invoice"
    _order = "id"
    _rec_name = "move_id"

    _kept = timedelta(days=30)

    move_id = fields.Many2one(
        "account.move", string="Invoice", required=True, readonly=True, index=True, ondelete="cascade"
    )
    user_id = fields.Many2one("res.users", string="Author", required=True, readonly=True, ondelete="cascade")
    date = fields.Datetime(required=True, readonly=True)
    revision = fields.Integer(required=True, readonly=True)
    vals = fields.Json("Values", required=True, readonly=True)

    _author_index = models.Index("(user_id, move_id)")

    @api.autovacuum
    def _gc_unsaved(self):
        old = self.sudo().search([("date", "<", fields.Datetime.now() - self._kept)], limit=1000)
        old._engine().unlink()


class AccountMove(models.Model):
    _inherit = "account.move"

    def web_save(self, vals, specification, next_id=None):
        """A page that is being closed cannot ask anybody: keep what meets what others changed, for its author."""
        if not self.env.context.get("keep_unsaved") or EXPECTED not in vals:
            return super().web_save(vals, specification, next_id)
        try:
            return super().web_save(vals, specification, next_id)
        except RevisionConflict as conflict:
            _logger.info("Unsaved changes of invoice %s are kept for %s", self.ids, self.env.user.login)
            self._keep_unsaved(vals, conflict.context["revision"])
            return []

    def get_unsaved(self):
        """Return what the present user left unsaved on this invoice, compared with what it is now; False if nothing.

        :returns: {"id", "date", "seen": the present revision, "people", "rows": what both changed}
        """
        check_call(self, single=True)
        self.check_access("read")
        unsaved = self._get_unsaved()
        if not unsaved or not self.has_access("write"):
            return False
        move = self.sudo()
        conflicts, _vals = move._merge_vals(unsaved.vals, unsaved.revision, {})
        return {
            "id": unsaved.id,
            "date": format_datetime(self.env, unsaved.date),
            "seen": move.content_revision,
            "people": self._get_people_since(unsaved.revision),
            "rows": self.env["account.validation.wording"]._describe_conflicts(move, conflicts),
        }

    def action_save_unsaved(self, seen, choices):
        """Save what the present user left unsaved on this invoice.

        :param seen: the revision that `get_unsaved()` gave
        :param choices: {key: "mine" or "theirs"} for each of its rows
        :raises RevisionConflict: when the invoice was changed meanwhile
        """
        check_call(self, single=True)
        self.check_access("write")
        if unsaved := self._get_unsaved():
            expected = {"revision": unsaved.revision, "seen": seen, "choices": choices}
            self.write({**unsaved.vals, EXPECTED: expected})
            unsaved._engine().unlink()

    def action_discard_unsaved(self):
        """Forget what the present user left unsaved on this invoice."""
        check_call(self, single=True)
        self.check_access("read")
        self._get_unsaved()._engine().unlink()

    def _keep_unsaved(self, vals, revision):
        """Keep values that were not written, whose right to be written was checked."""
        self.env["account.move.unsaved"]._engine().create(
            {
                "move_id": self.id,
                "user_id": self.env.uid,
                "date": fields.Datetime.now(),
                "revision": revision,
                "vals": {name: value for name, value in vals.items() if name != EXPECTED},
            }
        )

    def _get_unsaved(self):
        """Return the oldest of what the present user left unsaved on this invoice, which they may read, as sudo."""
        mine = [("move_id", "=", self.id), ("user_id", "=", self.env.uid)]
        return self.env["account.move.unsaved"].sudo().search(mine, limit=1)
