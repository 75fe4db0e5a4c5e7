from odoo import api, fields, models
from odoo.exceptions import UserError

from ..calls import check_call

VALUE_FIELDS = {
    "partner_id": "new_partner_id",
    "ref": "new_text",
    "name": "new_text",
    "invoice_date": "new_date",
    "invoice_date_due": "new_date",
    "quantity": "new_number",
    "price_unit": "new_number",
    "discount": "new_number",
    "tax_ids": "new_tax_ids",
    "account_id": "new_account_id",
    "department_id": "new_department_id",
}
"""Which field of the dialog takes the value that somebody proposes for a field of the invoice or of a line."""


class AccountInvoiceQuestionDialog(models.TransientModel):
    """Proposing a correction with a question: whoever holds the draft applies it in one click."""

    _inherit = "account.invoice.question.dialog"

    move_correction = fields.Selection(
        [
            ("partner_id", "Vendor or customer"),
            ("ref", "Reference"),
            ("invoice_date", "Invoice date"),
            ("invoice_date_due", "Due date"),
            ("department_id", "Department"),
        ],
        string="Propose to change",
    )
    line_correction = fields.Selection(
        [
            ("name", "Label"),
            ("quantity", "Quantity"),
            ("price_unit", "Price"),
            ("discount", "Discount (%)"),
            ("tax_ids", "Taxes"),
            ("account_id", "Account"),
            ("department_id", "Department"),
        ],
        string="Propose to change on the line",
    )
    value_field = fields.Char(compute="_compute_value_field")
    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    new_partner_id = fields.Many2one("res.partner", string="To")
    new_text = fields.Char("To the text")
    new_date = fields.Date("To the date")
    new_number = fields.Float("To the number", digits=0)
    new_tax_ids = fields.Many2many(
        "account.tax", string="To the taxes", domain="[('company_id', 'parent_of', company_id)]"
    )
    new_account_id = fields.Many2one(
        "account.account", string="To the account", domain="[('company_ids', 'parent_of', company_id)]"
    )
    new_department_id = fields.Many2one("hr.department", string="To the department")

    @api.depends("move_ids")
    def _compute_company_id(self):
        for dialog in self:
            dialog.company_id = dialog.move_ids.company_id[:1]

    @api.depends("line_id", "move_correction", "line_correction")
    def _compute_value_field(self):
        for dialog in self:
            dialog.value_field = VALUE_FIELDS.get(dialog._get_corrected_field())

    def _get_corrected_field(self):
        """Return the name of the field that is to be corrected, of the line where there is one; or False."""
        return self.line_correction if self.line_id else self.move_correction

    def _get_correction(self):
        """Return the correction that is proposed, as `action_ask` takes it, or None.

        :raises UserError: when the new value is missing
        """
        name = self._get_corrected_field()
        if not name:
            return None
        if len(self.move_ids) > 1:
            raise UserError(self.env._("A correction is proposed on one invoice: ask about it alone."))
        field = self._fields[VALUE_FIELDS[name]]
        value = self[field.name]
        if not value and field.type not in ("float", "many2many"):
            raise UserError(self.env._("Say what the right value is, or propose no change."))
        if field.type == "many2many":
            value = value.ids
        elif field.relational:
            value = value.id
        elif field.type == "date":
            value = fields.Date.to_string(value)
        return {"field": name, "value": value}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def action_open_question_dialog(self):
        """Return the dialog that asks about this line."""
        check_call(self, single=True)
        self.check_access("read")
        action = self.move_id.action_open_question_dialog()
        return {**action, "context": {**action["context"], "default_line_id": self.id}}
