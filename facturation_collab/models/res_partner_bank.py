from odoo import fields, models

from odoo.addons.base.models.res_bank import sanitize_account_number


class ResPartnerBank(models.Model):
    """A number that is changed behind the invoices to be paid to it."""

    _inherit = "res.partner.bank"

    number_changed_at = fields.Datetime(
        string="Number changed on", readonly=True, copy=False, help="When the number of this account was last changed."
    )

    def write(self, vals):
        vals = {name: value for name, value in vals.items() if name != "number_changed_at"}
        # Natively the sanitized number, when there is one, replaces the number.
        number = vals.get("sanitized_acc_number", vals.get("acc_number"))
        changed = number and self.filtered(lambda bank: bank.sanitized_acc_number != sanitize_account_number(number))
        if not changed:
            return super().write(vals)
        with changed._get_unpaid_moves()._hold_content() as context:
            banks = self.with_context(**context)
            res = super(ResPartnerBank, banks).write(vals)
            super(ResPartnerBank, changed).write({"number_changed_at": fields.Datetime.now()})
        return res

    def _get_unpaid_moves(self):
        """Return, as sudo, the posted invoices with a validation that are still to be paid to these accounts."""
        return (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("validation_request_id", "!=", False),
                    ("partner_bank_id", "in", self.ids),
                    ("state", "=", "posted"),
                    ("payment_state", "not in", ("paid", "in_payment", "reversed")),
                ]
            )
        )
