"""Each change of the content of an invoice raises its revision, whatever the way."""

from contextlib import contextmanager

from odoo import api, fields, models, tools

from .account_move_content_copy import TAXES, ContentCopy

WATCHED = "facturation_collab_watched"
"""Names, in what a transaction keeps, the invoices whose content a call further out compares."""
CREATED = "facturation_collab_created"
LINES = {"line_ids", "invoice_line_ids"}
BESIDE_CONTENT = {
    "move": {
        *("sequence_prefix", "sequence_number", "is_manually_modified", "is_move_sent", "sending_data", "checked"),
        *("posted_before", "always_tax_exigible", "amount_total", "quick_edit_total_amount", "invoice_source_email"),
        *("matched_payment_ids", "origin_payment_id", "statement_line_id", "tax_cash_basis_rec_id"),
        *("adjusting_entries_move_ids", "adjusting_entry_origin_move_ids"),
    },
    "line": {
        *("move_id", "partner_id", "currency_id", "debit", "credit", "balance", "amount_currency", "date_maturity"),
        *("discount_amount_currency", "discount_balance", "group_tax_id", "tax_tag_ids", "extra_tax_data"),
        *("is_imported", "is_storno", "matching_number", "no_followup"),
    },
}
"""Fields that follow from others, that are about payments, or that say nothing of the invoice itself."""
TYPES = {"char", "text", "html", "integer", "float", "monetary", "boolean", "date", "datetime", "selection"}
TYPES |= {"many2one", "many2many", "json"}


class AccountMove(models.Model):
    _inherit = "account.move"

    content_revision = fields.Integer(
        "Revision",
        readonly=True,
        copy=False,
        help="How many times the content of the invoice was changed since it was created.",
    )
    revision_ids = fields.One2many("account.move.revision", "move_id", string="Changes", readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [{name: value for name, value in vals.items() if name != "content_revision"} for vals in vals_list]
        cache = self.env.cr.cache
        cache[CREATED] = cache.get(CREATED, 0) + 1
        try:
            return super().create(vals_list)
        finally:
            cache[CREATED] = cache.get(CREATED, 1) - 1

    def write(self, vals):
        vals = {name: value for name, value in vals.items() if name != "content_revision"}
        names = self._get_revision_fields()["move"]
        if LINES.isdisjoint(vals) and TAXES not in vals and names.isdisjoint(vals):
            return super().write(vals)
        with self._raising_revision():
            return super().write(vals)

    @api.model
    @tools.ormcache(cache="stable")
    def _get_revision_fields(self):
        """Return the names of the fields whose change raises the revision, because people type or choose them:
        {"move": {...}, "line": {...}}. Those that other addons add are among them.
        """
        move, line = (_get_entered_fields(model) for model in (self, self.env["account.move.line"]))
        return {"move": move - BESIDE_CONTENT["move"] | {"state"}, "line": line - BESIDE_CONTENT["line"]}

    @contextmanager
    def _raising_revision(self):
        """Compare the content of these invoices before and after the body, and raise the revision of those that differ.
        What happens inside is compared once.
        """
        watched = self.env.cr.cache.setdefault(WATCHED, set())
        moves = self.sudo().filtered(lambda move: move.id not in watched and move._has_revisions())
        if not moves:
            yield
            return
        before = ContentCopy(moves)
        watched.update(moves.ids)
        try:
            yield
        finally:
            watched.difference_update(moves.ids)
        self._record_revisions(before.get_changes(ContentCopy(moves)))

    def _has_revisions(self):
        """Whether changes of this document are counted: an invoice that was there before the present call."""
        new = self.env.cr.cache.get(CREATED) and self.create_date == self.env.cr.now()
        return bool(self.id) and not new and self.is_invoice(include_receipts=True)

    def _record_revisions(self, changes):
        """Write one revision for each of these changes: {move, as sudo: change}."""
        revisions, vals_list = self.env["account.move.revision"], []
        for move, change in changes.items():
            number = move.content_revision + 1
            # The field alone, below `write()`, which would synchronize the whole invoice again.
            self._fields["content_revision"].write(move, number)
            vals_list.append(revisions._prepare_revision_vals(move, number, change))
        if vals_list:
            revisions._engine().create(vals_list)

    def _get_content(self):
        """Return what people have entered on one invoice, given as sudo, as plain values (see `merge.py`)."""
        self.ensure_one()
        return ContentCopy(self).get_content(self)

    def _post(self, soft=True):
        """What posting fills in (number, dates) is one change with it."""
        with self._raising_revision():
            return super()._post(soft)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        default = self.env.context.get("default_move_id")
        moves = self.env["account.move"].browse({vals.get("move_id", default) for vals in vals_list} - {None, False})
        with moves._raising_revision():
            return super().create(vals_list)

    def write(self, vals):
        names = self.env["account.move"]._get_revision_fields()["line"]
        if "move_id" not in vals and "amount_currency" not in vals and names.isdisjoint(vals):
            return super().write(vals)
        moves = self.move_id
        if vals.get("move_id"):
            moves |= moves.browse(vals["move_id"])
        with moves._raising_revision():
            return super().write(vals)

    def unlink(self):
        with self.move_id._raising_revision():
            return super().unlink()


def _get_entered_fields(model):
    """Return the names of the stored fields of a model that people can write and that everybody may read who reads the
    record. Tokens are secrets although Odoo does not say so of them.
    """
    return {
        name
        for name, field in model._fields.items()
        if field.store
        and not field.readonly
        and field.type in TYPES
        and not field.groups
        and not name.startswith(("validation_", "activity_", "message_"))
        and "token" not in name
    }
