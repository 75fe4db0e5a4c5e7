from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    department_id = fields.Many2one(
        "hr.department",
        string="Invoices Belong To",
        company_dependent=True,
        groups="facturation_collab.group_user,account.group_account_invoice",
        help="Department that receives this partner's invoices when neither the person who enters them nor the journal "
        "says otherwise.",
    )
