from odoo import api, fields, models


class AccountInvoiceTemplatePart(models.AbstractModel):
    """Base of what belongs to a template and stays with it: nothing of a template that was used changes."""

    _name = "account.invoice.template.part"
    _description = "Part of an invoice template"

    template_id = fields.Many2one("account.invoice.template", required=True, index=True, ondelete="cascade")

    @api.model_create_multi
    def create(self, vals_list):
        ids = {vals["template_id"] for vals in vals_list if vals.get("template_id")}
        self.env["account.invoice.template"].browse(ids)._check_unused()
        return super().create(vals_list)

    def write(self, vals):
        self.template_id._check_unused()
        res = super().write(vals)
        if "template_id" in vals:
            # Whoever may change it here may not put it where they may not.
            self.template_id._check_unused()
            self.check_access("write")
        return res

    def unlink(self):
        self.template_id._check_unused()
        return super().unlink()

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=""):
        self.template_id._check_unused()
        return super()._update_field_translations(field_name, translations, digest, source_lang)


class AccountInvoiceTemplateQuestion(models.Model):
    """A question that is asked on the invoices made from a template."""

    _name = "account.invoice.template.question"
    _inherit = ["account.invoice.template.part"]
    _description = "Question of an invoice template"
    _order = "template_id, sequence, id"

    sequence = fields.Integer(default=10)
    kind_id = fields.Many2one(
        "account.invoice.question.kind", string="About", required=True, index=True, ondelete="restrict"
    )
    text = fields.Text("Question", required=True)
