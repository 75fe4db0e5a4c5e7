from odoo import fields, models


class AccountAnalyticAccount(models.Model):
    _inherit = "account.analytic.account"

    department_id = fields.Many2one(
        "hr.department",
        check_company=True,
        help="Invoice lines charged to this account concern this department.",
    )
