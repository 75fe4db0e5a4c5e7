"""Each change of the content of an invoice raises its revision, whatever the way."""

from contextlib import contextmanager

from odoo import api, fields, models, tools
from odoo.tools import float_repr

from .. import merge
from .account_move_snapshot import INVOICE_LINES, _plain

WATCHED = "facturation_collab_watched"
"""Names, in what a transaction keeps, the invoices whose content a call further out compares."""
CREATED = "facturation_collab_created"
LINES = {"line_ids", "invoice_line_ids"}
TAXES = "tax_totals"
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
        before = {move: move._get_content() for move in moves}
        watched.update(moves.ids)
        try:
            yield
        finally:
            watched.difference_update(moves.ids)
        self._record_revisions(before)

    def _has_revisions(self):
        """Whether changes of this document are counted: an invoice that was there before the present call."""
        new = self.env.cr.cache.get(CREATED) and self.create_date == self.env.cr.now()
        return bool(self.id) and not new and self.is_invoice(include_receipts=True)

    def _record_revisions(self, before):
        """Write one revision for each of these invoices (as sudo, with its content before) that differs now."""
        revisions, vals_list = self.env["account.move.revision"], []
        for move, content in before.items():
            if changes := merge.difference(content, move._get_content()):
                number = move.content_revision + 1
                # The field alone, below `write()`, which would synchronize the whole invoice again.
                self._fields["content_revision"].write(move, number)
                vals_list.append(revisions._prepare_revision_vals(move, number, changes))
        if vals_list:
            revisions._engine().create(vals_list)

    def _get_content(self):
        """Return what people have entered on one invoice as plain values (see `merge.py`)."""
        self.ensure_one()
        names, digits = self._get_revision_fields(), self.currency_id.decimal_places
        lines = self.line_ids
        line_fields = [(name, lines._fields[name]) for name in sorted(names["line"])]
        content = {
            "move": _plain_values(self, [(name, self._fields[name]) for name in sorted(names["move"])], digits),
            "lines": {
                str(line.id): _plain_values(line, line_fields, digits)
                for line in lines
                if line.display_type in INVOICE_LINES
            },
        }
        if taxes := self._get_tax_amounts():
            content["move"][TAXES] = taxes
        return content

    def _get_tax_amounts(self):
        """Return the amounts of the taxes of this invoice, which somebody may correct by hand."""
        digits = self.currency_id.decimal_places
        return sorted(
            [line.tax_group_id.id or 0, float_repr(line.amount_currency, digits)]
            for line in self.line_ids
            if line.display_type == "tax"
        )


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


def _plain_values(record, named_fields, digits):
    """Return the values of a record that are not empty."""
    values = ((name, _plain(record[name], field, digits)) for name, field in named_fields)
    return {name: value for name, value in values if value not in (None, [])}
