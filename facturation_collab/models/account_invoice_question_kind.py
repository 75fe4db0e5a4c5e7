from odoo import fields, models


class AccountInvoiceQuestionKind(models.Model):
    """What questions on invoices are about, who owns them and until when they are answered: configuration."""

    _name = "account.invoice.question.kind"
    _description = "Kind of question on an invoice"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Names the kind for programs.")
    company_id = fields.Many2one("res.company", index="btree_not_null", help="Empty: for all companies.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    department_id = fields.Many2one(
        "hr.department",
        index="btree_not_null",
        ondelete="restrict",
        help="Questions of this kind go to this department, if its people may read the invoice; else to the "
        "department of the invoice.",
    )
    deadline_hours = fields.Float(
        "Answer within (working hours)", help="In the working hours of who is asked. 0 means no deadline."
    )
    is_blocking = fields.Boolean("Holds the approval", help="Proposed for new questions of this kind.")
    pauses_deadline = fields.Boolean(
        "Pauses the deadline",
        default=True,
        help="While such a question holds the approval, the deadline of the level does not run.",
    )
    is_for_customers = fields.Boolean("Offered to customers")
    is_for_vendors = fields.Boolean("Offered to vendors")

    _deadline_positive = models.Constraint("CHECK(deadline_hours >= 0)", "The hours to answer must not be negative.")
    _code_unique = models.UniqueIndex(
        "(code, COALESCE(company_id, 0)) WHERE active", "Another kind of question of this company has this code."
    )
