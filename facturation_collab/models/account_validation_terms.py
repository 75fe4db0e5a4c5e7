from odoo import fields, models

from .account_validation_policy import MOVE_TYPES
from .account_validation_record import ARCHIVED_TOO


class AccountValidationTerms(models.AbstractModel):
    """Who decides for whom, when and for what: of a delegation, and of the dialog that gives one."""

    _name = "account.validation.terms"
    _description = "Terms of a delegation"

    from_user_id = fields.Many2one(
        "res.users",
        string="For",
        required=True,
        index=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        ondelete="restrict",
        help="Whose invoices are decided.",
    )
    to_user_id = fields.Many2one(
        "res.users",
        string="Decided by",
        required=True,
        index=True,
        domain="[('share', '=', False), ('id', '!=', from_user_id)]",
        ondelete="restrict",
        help="Who decides in the meantime.",
    )
    date_from = fields.Date(string="From", required=True, default=fields.Date.context_today, help="First day.")
    date_to = fields.Date(string="To", help="Last day. Empty: until it is revoked.")
    company_ids = fields.Many2many("res.company", string="Companies", help="Empty means all companies.")
    department_ids = fields.Many2many(
        "hr.department",
        string="Departments",
        context=ARCHIVED_TOO,
        help="With the departments below them. Empty means all departments.",
    )
    policy_ids = fields.Many2many(
        "account.validation.policy", string="Policies", context=ARCHIVED_TOO, help="Empty means all policies."
    )
    apply_out_invoice = fields.Boolean("Customer invoices")
    apply_in_invoice = fields.Boolean("Vendor bills")
    apply_out_refund = fields.Boolean("Customer credit notes")
    apply_in_refund = fields.Boolean("Vendor refunds")
    apply_out_receipt = fields.Boolean("Sales receipts")
    apply_in_receipt = fields.Boolean("Purchase receipts")
    currency_id = fields.Many2one(related="from_user_id.company_id.currency_id")
    amount_max = fields.Monetary(
        string="Amount up to",
        help="Total with taxes, in the currency of the company of the person decided for. 0 means no limit.",
    )
    reason = fields.Char(help="For example: on holiday. The person who decides reads it.")

    def _get_move_types(self):
        """Return the kinds of document that are chosen; none is chosen: all of them."""
        self.ensure_one()
        return [move_type for move_type in MOVE_TYPES if self[f"apply_{move_type}"]]

    def _get_terms(self):
        """Return these terms as values for another record that has them."""
        self.ensure_one()
        names = self._get_term_names()
        return {name: self._fields[name].convert_to_write(self[name], self) for name in names}

    def _get_term_names(self):
        plain = ("from_user_id", "to_user_id", "date_from", "date_to", "amount_max", "reason")
        lists = ("company_ids", "department_ids", "policy_ids")
        return [*plain, *lists, *(f"apply_{move_type}" for move_type in MOVE_TYPES)]
