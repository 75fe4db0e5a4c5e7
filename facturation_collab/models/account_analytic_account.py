from odoo import fields, models

from .res_partner import APPROVER_EDITORS


class AccountAnalyticAccount(models.Model):
    _inherit = "account.analytic.account"

    department_id = fields.Many2one(
        "hr.department",
        check_company=True,
        help="Invoice lines charged to this account concern this department.",
    )
    validation_owner_id = fields.Many2one(
        "res.users",
        string="Owner",
        domain=[("share", "=", False)],
        index="btree_not_null",
        tracking=True,
        groups=APPROVER_EDITORS,
        help="Approves the invoices charged to this account, where a policy asks the owner of the analytic accounts.",
    )
