from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, formatLang

from ..calls import check_call

CORRECTABLE = {
    "move": ("partner_id", "ref", "invoice_date", "invoice_date_due", "department_id"),
    "line": (
        *("name", "quantity", "price_unit", "discount", "tax_ids"),
        *("account_id", "analytic_distribution", "department_id"),
    ),
}
"""What a question may propose to change: a part of what an approver agrees to."""


class AccountMove(models.Model):
    _inherit = "account.move"

    def _check_correction(self, line, correction):
        """Return a proposed correction with the value that it replaces, as plain values.

        :raises UserError: when it proposes anything else than a value of a field that may be corrected
        """
        self.ensure_one()
        record = line or self
        names = CORRECTABLE["line" if line else "move"]
        if not isinstance(correction, dict) or correction.get("field") not in names or "value" not in correction:
            raise UserError(self.env._("This cannot be corrected by a question: describe the change in words."))
        name, value = correction["field"], correction["value"]
        field = record._fields[name]
        if not _is_plain(field, value):
            raise UserError(
                self.env._("“%s” cannot take the value that you propose.", field._description_string(self.env))
            )
        return {"field": name, "value": value, "seen": _read_plain(record, name)}


class AccountInvoiceQuestion(models.Model):
    """A correction that a question proposes, applied by whoever may edit the draft, with their own rights."""

    _inherit = "account.invoice.question"

    correction_text = fields.Char("Proposed", compute="_compute_correction_text")

    @api.depends("correction", "line_id", "move_id")
    @api.depends_context("lang")
    def _compute_correction_text(self):
        for question in self:
            correction = question.correction
            if not correction:
                question.correction_text = False
                continue
            record = question.line_id or question.move_id
            field = record._fields[correction["field"]]
            question.correction_text = self.env._(
                "%(field)s: %(before)s → %(after)s",
                field=field._description_string(self.env),
                before=question._describe_value(field, correction["seen"]),
                after=question._describe_value(field, correction["value"]),
            )

    def _describe_value(self, field, value):
        """Return a plain value for people; names of records only to whoever may read them."""
        if field.relational and value:
            records = self.env[field.comodel_name].browse(value if isinstance(value, list) else [value]).exists()
            return ", ".join(records._filtered_access("read").mapped("display_name"))
        if field.type == "float" and value is not None:
            _precision, digits = field.get_digits(self.env) or (0, 2)
            return formatLang(self.env, value, digits=digits)
        if field.type == "date" and value:
            return format_date(self.env, value)
        return "" if value in (None, False) else str(value)

    def action_apply_correction(self):
        """Apply the proposed correction to the draft, as an edit of the present user.

        :raises UserError: when nothing is proposed, the value changed since, or the user may not edit the invoice
        """
        check_call(self, single=True)
        self.check_access("read")
        correction = self.correction
        if not correction:
            raise UserError(self.env._("This question proposes no correction."))
        if self.state in ("closed", "withdrawn"):
            raise UserError(self.env._("This question is over: edit the invoice itself if the change is still right."))
        record = self.line_id or self.move_id
        if self.move_id.state != "draft" or not self.move_id.has_access("write"):
            raise UserError(
                self.env._("You may not edit this invoice now: somebody who holds its draft applies the correction.")
            )
        name = correction["field"]
        self.move_id._lock_for_validation()
        record.invalidate_recordset([name])
        if _read_plain(record, name) != correction["seen"]:
            raise UserError(
                self.env._(
                    "“%s” was changed since this was proposed. Look at the invoice, and edit it there if needed.",
                    record._fields[name]._description_string(self.env),
                )
            )
        value = correction["value"]
        field = record._fields[name]
        value = [Command.set(value or [])] if field.type == "many2many" else value
        # Through the invoice, as its form does, so that taxes and terms follow.
        if self.line_id:
            self.move_id.write({"invoice_line_ids": [Command.update(record.id, {name: value})]})
        else:
            self.move_id.write({name: value})
        self._engine().write({"correction": False})
        self._note_on_moves(lambda question: self.env._("The correction that was proposed is applied:"), "name")


def _read_plain(record, name):
    """Return the value of a field as JSON holds it."""
    value, field = record[name], record._fields[name]
    if field.relational:
        return sorted(value.ids) if field.type == "many2many" else value.id or False
    if field.type == "date":
        return fields.Date.to_string(value) or False
    return value or (0.0 if field.type in ("float", "monetary") else False)


def _is_plain(field, value):
    """Tell whether a client's value fits a field; records are named by ids."""
    if field.type == "many2one":
        return value is False or (type(value) is int and 0 < value < 2**31)
    if field.type == "many2many":
        return isinstance(value, list) and all(type(id_) is int and 0 < id_ < 2**31 for id_ in value)
    if field.type in ("float", "monetary"):
        return type(value) in (int, float) and abs(value) < 1e15
    if field.type == "json":
        return isinstance(value, dict) and all(type(share) in (int, float) for share in value.values())
    if field.type == "date":
        try:
            return bool(isinstance(value, str) and fields.Date.to_date(value))
        except ValueError:
            return False
    return isinstance(value, str) and "\0" not in value and len(value) < 10000
