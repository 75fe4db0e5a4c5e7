"""What a person without accounting rights may not do, and may not learn, through the native invoice."""

from odoo import Command, api, models
from odoo.exceptions import AccessError
from odoo.tools import OrderedSet

# Values that say nothing: the native form sends them with every new invoice.
NO_LINK = (Command.CLEAR, Command.SET)
NEUTRAL = {"name": "/", "state": "draft", "auto_post": "no", "payment_state": "not_paid"}


class FinanceOnlyMixin(models.AbstractModel):
    _name = "account.finance.only.mixin"
    _description = "Fields that only finance may write"

    @api.model
    def _get_finance_only_fields(self):
        """Names of the fields that a department user may not write. Extend with `super() | {...}`."""
        return set()

    def _check_finance_only(self, vals):
        """Refuse a department user's values of finance's fields, except those that change nothing."""
        if self.env.su or not self.env.user._is_department_user():
            return
        names = OrderedSet(vals) & self._get_finance_only_fields()
        changed = [name for name in names if self._changes_value(name, vals[name])]
        if changed:
            labels = self.fields_get(changed, ["string"])
            raise AccessError(
                self.env._(
                    "Only people with the Invoicing right may change “%(fields)s” of an invoice. Submit the invoice "
                    "for validation, or ask finance.",
                    fields=", ".join(labels.get(name, {}).get("string", name) for name in changed),
                )
            )

    def _changes_value(self, name, value):
        """Whether writing `value` would change the field on one of these records, or say something on a new one."""
        field = self._fields[name]
        if field.type in ("one2many", "many2many"):
            links = any(command[0] not in NO_LINK or (len(command) > 2 and command[2]) for command in value or ())
            return links or (bool(value) and any(record[name] for record in self.sudo()))
        if not value or value == NEUTRAL.get(name):
            return any(record[name] and record[name] != NEUTRAL.get(name) for record in self.sudo())
        if not self:
            return True
        new = field.convert_to_record(field.convert_to_cache(value, self), self[:1].sudo())
        return any(record[name] != new for record in self.sudo())


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "account.finance.only.mixin"]

    @api.model
    def _get_finance_only_fields(self):
        return super()._get_finance_only_fields() | {
            *("state", "posted_before", "auto_post", "auto_post_until", "auto_post_origin_id", "checked"),
            *("name", "sequence_number", "sequence_prefix", "made_sequence_gap", "secure_sequence_number"),
            *("inalterable_hash", "access_token", "is_move_sent", "sending_data", "invoice_pdf_report_file"),
            *("payment_state", "payment_ids", "matched_payment_ids", "origin_payment_id", "transaction_ids"),
            *("amount_residual", "amount_residual_signed", "no_followup"),
            *("statement_line_id", "statement_line_ids", "exchange_diff_partial_ids", "reversed_entry_id"),
            *("tax_cash_basis_rec_id", "tax_cash_basis_origin_move_id", "tax_cash_basis_created_move_ids"),
            *("reversal_move_ids", "adjusting_entry_origin_move_ids", "adjusting_entries_move_ids"),
        }

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_finance_only(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_finance_only(vals)
        return super().write(vals)

    def _fetch_duplicate_reference(self, matching_states=("draft", "posted")):
        """Show only those duplicates that the person may read.

        Natively the query ignores access rights: the form fails, and tells that an invoice exists. Elevated rights do
        not widen the answer, since the person's form reads the same cached value.
        """
        duplicates = super()._fetch_duplicate_reference(matching_states)
        user = self.env.user
        if not duplicates or not (user._is_department_user() or user._is_kept_from_confidential(reading=True)):
            return duplicates
        found = self.env["account.move"].union(*duplicates.values()).sudo(False)
        readable = set(found._filtered_access("read")._ids)
        return {move: others.filtered(lambda other: other.id in readable) for move, others in duplicates.items()}

    @api.depends_context("uid")
    def _compute_display_send_button(self):
        """No button whose dialog would be refused."""
        if self.env.user._is_department_user() and not self.env["account.move.send.wizard"].has_access("create"):
            self.display_send_button = False
            return None
        return super()._compute_display_send_button()

    @api.depends_context("uid")
    def _compute_duplicated_ref_ids(self):
        return super()._compute_duplicated_ref_ids()

    def button_hash(self):
        """Natively writes with elevated rights: a department user needs the right to write, which ends with posting."""
        if self.env.user._is_department_user():
            self.check_access("write")
        return super().button_hash()

    def _autopost_bill(self):
        """What a department user uploads stays a draft, also for vendors whose bills are posted automatically."""
        if self.env.user._is_department_user():
            return None
        return super()._autopost_bill()

    @api.depends_context("uid")
    def _compute_name_placeholder(self):
        """The next number tells how many invoices others have made: not for department users."""
        if self.env.user._is_department_user():
            self.name_placeholder = False
            return None
        return super()._compute_name_placeholder()

    @api.depends_context("uid")
    def _compute_highest_name(self):
        """The last number of the journal tells of invoices of others: not for department users."""
        if self.env.user._is_department_user():
            self.highest_name = False
            return None
        return super()._compute_highest_name()


class AccountMoveLine(models.Model):
    _name = "account.move.line"
    _inherit = ["account.move.line", "account.finance.only.mixin"]

    @api.model
    def _get_finance_only_fields(self):
        return super()._get_finance_only_fields() | {
            *("parent_state", "move_name", "no_followup", "reconciled", "matching_number", "full_reconcile_id"),
            *("matched_debit_ids", "matched_credit_ids", "reconciled_lines_ids", "reconcile_model_id"),
            *("amount_residual", "amount_residual_currency", "payment_id", "statement_id", "statement_line_id"),
        }

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_finance_only(vals)
        return super().create(vals_list)

    def write(self, vals):
        """Besides finance's fields: a line cannot be carried into an invoice that the person may not edit."""
        self._check_finance_only(vals)
        if vals.get("move_id") and not self.env.su and self.env.user._is_department_user():
            self.env["account.move"].browse(vals["move_id"]).check_access("write")
        return super().write(vals)
