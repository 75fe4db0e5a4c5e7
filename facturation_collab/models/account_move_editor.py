from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError

from .account_move_snapshot import INVOICE_LINES

READER = object()
"""Marks what is read from a received document. A client cannot send this very object in a context."""
READER_KEY = "facturation_collab_reader"

BESIDE_SNAPSHOT = {"line_ids", "invoice_line_ids", "payment_reference", "invoice_currency_rate"}
"""What a snapshot takes from an invoice beside its fields."""
TYPED_IN = {"partner_id", "line_ids", "invoice_line_ids"}
"""What makes of a new invoice one that somebody has entered, and not only received."""


class AccountMove(models.Model):
    """Who was the last to change what approvers agree to."""

    _inherit = "account.move"

    content_editor_id = fields.Many2one(
        "res.users",
        string="Last changed by",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="Who was the last to change the content of the invoice: what approvers agree to. What Odoo itself "
        "computes, posts or reads from a received document is nobody's change.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        editor = self._get_present_editor()
        vals_list = [
            {**vals, "content_editor_id": editor if not TYPED_IN.isdisjoint(vals) else False}
            for vals in map(self._without_editor, vals_list)
        ]
        return super().create(vals_list)

    def write(self, vals):
        vals = self._without_editor(vals)
        if not self._get_content_fields().isdisjoint(vals) and (editor := self._get_present_editor()):
            vals = {**vals, "content_editor_id": editor}
        return super().write(vals)

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        reader = self.with_context(**{READER_KEY: READER})
        move = super(AccountMove, reader).message_new(msg_dict, custom_values=custom_values)
        # Only this mark ends here: what is read of the attachments next goes by the rest of the context.
        kept = {name: value for name, value in move.env.context.items() if name != READER_KEY}
        return move.with_env(move.env(context=kept))

    def _extend_with_attachments(self, files_data, new=False):
        """A document that fills a new invoice is nobody's change; one that rewrites a draft is a change of whoever
        attached it. A client can pretend that a draft is new: it is when it is empty and nobody has typed in it.
        """
        is_empty = new and not self.sudo().content_editor_id and not self.sudo().invoice_line_ids
        reader = self.with_context(**{READER_KEY: READER}) if is_empty else self
        return super(AccountMove, reader)._extend_with_attachments(files_data, new)

    def _without_editor(self, vals):
        """Return values of a client; refuse them when they name the editor."""
        if vals.get("content_editor_id"):
            raise AccessError(
                self.env._("“Last changed by” follows from who changes the invoice and cannot be written by hand.")
            )
        return {name: value for name, value in vals.items() if name != "content_editor_id"}

    @api.model
    def _get_content_fields(self):
        """Return the names of the fields of an invoice whose change is a change of its content."""
        return BESIDE_SNAPSHOT.union(self._snapshot_fields()["move"])

    def _get_present_editor(self):
        """Return the id of the person whose change this is, or False: Odoo itself and what it reads are nobody."""
        nobody = self.env.uid == SUPERUSER_ID or self.env.context.get(READER_KEY) is READER
        return False if nobody else self.env.uid

    def _mark_edited(self):
        """Note that the present user changed lines of these invoices. Costs no query of its own where the totals of the
        invoice change too, and nothing where the same person changed it before.
        """
        editor = self._get_present_editor()
        if not editor:
            return
        others = self.sudo().filtered(lambda move: move.content_editor_id.id != editor)
        if others:
            # The field alone, below `write()`, which would synchronize the whole invoice again.
            self._fields["content_editor_id"].write(others, editor)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._get_content_lines().move_id._mark_edited()
        return lines

    def write(self, vals):
        changed = self.browse()
        if not vals.keys().isdisjoint(self.env["account.move"]._snapshot_fields()["line"]):
            changed = self._get_content_lines()
        res = super().write(vals)
        changed.move_id._mark_edited()
        return res

    def unlink(self):
        moves = self._get_content_lines().move_id
        res = super().unlink()
        moves._mark_edited()
        return res

    def _get_content_lines(self):
        """Return the lines that people enter on invoices; taxes and instalments follow from these."""
        return self.filtered(
            lambda line: line.display_type in INVOICE_LINES and line.move_id.is_invoice(include_receipts=True)
        )
