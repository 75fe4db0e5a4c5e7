from odoo import fields, models


class HrDepartment(models.Model):
    """What the invoices of a department show of it when they are printed."""

    _inherit = "hr.department"

    invoice_contact_id = fields.Many2one(
        "res.partner",
        string="Contact on invoices",
        ondelete="restrict",
        help="Printed on the customer invoices of this department, with telephone and e-mail address. Empty: nobody.",
    )
    invoice_logo = fields.Image(
        "Logo on invoices",
        max_width=1024,
        max_height=1024,
        help="Printed on the customer invoices of this department in place of the company's. Empty: the company's.",
    )


class AccountMove(models.Model):
    """What of a department and of a template is printed. Elevated: whoever prints an invoice may read it."""

    _inherit = "account.move"

    def _get_print_logo(self):
        """Return the logo that takes the place of the company's, in base64, or False."""
        self.ensure_one()
        return self.is_sale_document(include_receipts=True) and self.sudo().department_id.invoice_logo

    def _get_print_contact(self):
        """Return, as sudo, the contact of the department that a customer sees; empty without."""
        self.ensure_one()
        contact = self.sudo().department_id.invoice_contact_id
        return contact if self.is_sale_document(include_receipts=True) else contact.browse()

    def _get_print_layout(self):
        """Return the name of the layout that takes the place of the company's, or False."""
        self.ensure_one()
        return self.sudo().report_layout_id.view_id.key
