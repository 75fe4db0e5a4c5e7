from odoo import fields, models
from odoo.exceptions import UserError

from ..calls import check_call


class AccountInvoiceTemplateTransfer(models.TransientModel):
    """Invoice templates to a file, and back."""

    _name = "account.invoice.template.transfer"
    _inherit = ["account.file.transfer"]
    _description = "Export and import invoice templates"
    _import_action = "facturation_collab.account_invoice_template_transfer_action_import"
    _list_action = "facturation_collab.account_invoice_template_action"

    template_ids = fields.Many2many(
        "account.invoice.template", "account_invoice_template_transfer_rel", string="Templates", help="Those to export."
    )

    def action_export(self):
        """Offer the templates as a file to download."""
        check_call(self, single=True)
        return self._export()

    def action_try(self):
        """Tell what an import would do, and what is wrong with the file. Nothing is changed."""
        check_call(self, single=True)
        return self._try_import()

    def action_import(self):
        """Import the file, whole or not at all, and show its templates."""
        check_call(self, single=True)
        return self._show(self._import())

    def _export_file(self):
        self.template_ids.check_access("read")
        if not self.template_ids:
            raise UserError(self.env._("Choose the templates to export."))
        return self.env["account.invoice.template.file"]._export(self.template_ids), "invoice-templates.json"

    def _import_file(self, text):
        self.env["account.invoice.template"].check_access("create")
        return self.env["account.invoice.template.file"]._import(text, self.company_id)
