from odoo import api, models

AMOUNTS = "facturation.example.amounts"


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", AMOUNTS]

    @api.model
    def _get_finance_only_fields(self):
        """Whoever does not see amounts does not enter them: they register the document, accounting adds the lines."""
        lines = set() if self.env.user._sees_amounts() else {"invoice_line_ids", "line_ids", "tax_totals"}
        return super()._get_finance_only_fields() | lines

    def _get_validation_title(self):
        """The title of an invoice in messages, without its total."""
        if self.env.user._sees_amounts():
            return super()._get_validation_title()
        return ", ".join(filter(None, [self.name or self.ref or str(self.id), self.partner_id.display_name]))


class AccountMoveLine(models.Model):
    _name = "account.move.line"
    _inherit = ["account.move.line", AMOUNTS]

    @api.model
    def _get_finance_only_fields(self):
        amounts = set() if self.env.user._sees_amounts() else {"price_unit", "quantity", "discount", "balance"}
        return super()._get_finance_only_fields() | amounts


class AccountValidationRequest(models.Model):
    _name = "account.validation.request"
    _inherit = ["account.validation.request", AMOUNTS]


class AccountValidationStep(models.Model):
    _name = "account.validation.step"
    _inherit = ["account.validation.step", AMOUNTS]
