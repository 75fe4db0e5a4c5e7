from odoo import fields, models

# Figures over all entries, computed natively without regard to access rights.
FINANCE = "account.group_account_invoice,account.group_account_readonly"


class AccountJournal(models.Model):
    _inherit = "account.journal"

    department_id = fields.Many2one(
        "hr.department",
        string="Default Department",
        check_company=True,
        help="Documents received in this journal (uploads, e-mails) belong to this department unless a person enters "
        "them for their own.",
    )

    # Department users read journals to enter invoices; figures over invoices of others stay with finance.
    kanban_dashboard = fields.Text(groups=FINANCE)
    kanban_dashboard_graph = fields.Text(groups=FINANCE)
    json_activity_data = fields.Text(groups=FINANCE)
    current_statement_balance = fields.Monetary(groups=FINANCE)
    entries_count = fields.Integer(groups=FINANCE)
    has_sequence_holes = fields.Boolean(groups=FINANCE)
    has_unhashed_entries = fields.Boolean(groups=FINANCE)
    last_statement_id = fields.Many2one(groups=FINANCE)

    def _create_document_from_attachment(self, attachment_ids):
        """Mark what finance uploads as received: it goes to the journal's department before the uploader's own."""
        return super(
            AccountJournal, self.with_context(facturation_collab_received=True)
        )._create_document_from_attachment(attachment_ids)
