from odoo import fields, models


class ResCompany(models.Model):
    """What customers and vendors may do on the portal with the invoices of a company."""

    _inherit = "res.company"

    portal_question_access = fields.Selection(
        [
            ("off", "Nobody"),
            ("login", "Customers and vendors who log in"),
            ("link", "Also whoever has the link of an invoice"),
        ],
        string="Questions from the portal",
        required=True,
        default="login",
        help="Who may ask about an invoice, or dispute it, on its page of the portal.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    portal_question_access = fields.Selection(related="company_id.portal_question_access", readonly=False)
