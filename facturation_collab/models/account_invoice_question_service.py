from odoo import models

SERVICE = "facturation_collab.group_customer_service"


class AccountInvoiceQuestion(models.Model):
    """Customer service answers what customers ask, whichever department has the question."""

    _inherit = "account.invoice.question"

    def _is_asked(self, user):
        return super()._is_asked(user) or self._is_for_service(user)

    def _is_for_service(self, user):
        """Tell whether a user answers this question of a customer as customer service."""
        question = self.sudo()
        is_sale = question.move_id.is_sale_document(include_receipts=True)
        return is_sale and bool(question.asker_partner_id) and user.has_group(SERVICE)
