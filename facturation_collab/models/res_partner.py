from odoo import fields, models

APPROVER_EDITORS = "account.group_account_invoice,facturation_collab.group_administrator"
"""Who may name somebody who thereby approves invoices: not everybody who may edit a partner or an analytic account."""


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
    validation_approver_id = fields.Many2one(
        "res.users",
        string="Usual Approver",
        domain=[("share", "=", False)],
        company_dependent=True,
        tracking=True,
        groups=APPROVER_EDITORS,
        help="Approves the invoices of this customer or vendor, where a policy asks the usual approver of the partner.",
    )
