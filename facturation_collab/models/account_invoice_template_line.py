from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError

from .. import placeholders


class AccountInvoiceTemplateLine(models.Model):
    """One line that a template puts into invoices; with its sections and notes."""

    _name = "account.invoice.template.line"
    _inherit = ["account.invoice.template.part", "analytic.mixin"]
    _description = "Line of an invoice template"
    _order = "template_id, sequence, id"
    _check_company_auto = True

    company_id = fields.Many2one(related="template_id.company_id")
    currency_id = fields.Many2one(related="template_id.line_currency_id")
    sequence = fields.Integer(default=10)
    display_type = fields.Selection(
        [("product", "Line"), ("line_section", "Section"), ("line_subsection", "Subsection"), ("line_note", "Note")],
        string="Kind of line",
        required=True,
        default="product",
    )
    product_id = fields.Many2one("product.product", check_company=True, ondelete="restrict")
    follows_product = fields.Boolean(
        "As the product",
        help="Price, account and taxes are what the product has when the invoice is made.",
    )
    name = fields.Text("Label", translate=True)
    account_id = fields.Many2one("account.account", check_company=True, ondelete="restrict")
    quantity = fields.Float(default=1.0, digits="Product Unit")
    price_unit = fields.Float("Unit price", digits="Product Price")
    discount = fields.Float("Discount (%)", digits="Discount")
    tax_ids = fields.Many2many("account.tax", string="Taxes", check_company=True)
    department_id = fields.Many2one("hr.department", check_company=True, ondelete="restrict")

    _named = models.Constraint(
        "CHECK(display_type = 'product' OR name IS NOT NULL)", "Write a text for each section and note."
    )
    _product_followed = models.Constraint(
        "CHECK(NOT follows_product OR product_id IS NOT NULL)",
        "A line that is as its product needs a product: choose one.",
    )

    @api.onchange("product_id")
    def _onchange_product_id(self):
        self.follows_product = bool(self.product_id)

    @api.constrains("name")
    def _check_placeholders(self):
        for line in self:
            texts = line._fields["name"]._get_stored_translations(line) or {}
            line.template_id._check_texts(texts.values(), placeholders.LINE)

    @api.constrains("display_type", "product_id", "name")
    def _check_content(self):
        for line in self:
            if line.display_type == "product" and not line.product_id and not line.name:
                raise ValidationError(self.env._("Write a label or choose a product for each line."))

    def _prepare_invoice_line_vals(self, values, sequence):
        """Return the values of the invoice line that this one stands for.

        :param values: those of the placeholders
        """
        vals = {"display_type": self.display_type, "sequence": sequence}
        if self.name:
            vals["name"] = placeholders.fill(self.name, values)
        if self.display_type != "product":
            return vals
        vals |= {"product_id": self.product_id.id, "quantity": self.quantity, "discount": self.discount}
        if not self.follows_product:
            vals |= {"price_unit": self.price_unit, "tax_ids": [Command.set(self.tax_ids.ids)]}
            if self.account_id:
                vals["account_id"] = self.account_id.id
        if self.analytic_distribution:
            vals["analytic_distribution"] = self.analytic_distribution
        if self.department_id:
            vals["department_id"] = self.department_id.id
        return vals

    @api.model
    def _prepare_saved_vals(self, line):
        """Return the values of the template line that makes a line like this one of an invoice."""
        vals = {"display_type": line.display_type, "sequence": line.sequence, "name": line.name}
        if line.display_type != "product":
            return vals
        return {
            **vals,
            "product_id": line.product_id.id,
            "account_id": line.account_id.id,
            "quantity": line.quantity,
            "price_unit": line.price_unit,
            "discount": line.discount,
            "tax_ids": [Command.set(line.tax_ids.ids)],
            "analytic_distribution": line.analytic_distribution,
            "department_id": line.department_id.id if line.department_id != line.move_id.department_id else False,
        }
