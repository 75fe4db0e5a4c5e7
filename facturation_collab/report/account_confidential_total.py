from odoo import api, fields, models
from odoo.tools import SQL


class AccountConfidentialTotal(models.Model):
    """What is kept from a reader of the ledger, as totals: the items that they see and these totals are the whole."""

    _name = "account.confidential.total"
    _description = "Confidential Totals"
    _auto = False
    _rec_name = "account_id"
    _order = "month desc, account_id, journal_id, id"

    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    account_id = fields.Many2one("account.account", readonly=True)
    journal_id = fields.Many2one("account.journal", readonly=True)
    month = fields.Date(readonly=True, help="First day of the month.")
    debit = fields.Monetary(readonly=True)
    credit = fields.Monetary(readonly=True)
    balance = fields.Monetary(readonly=True)
    item_count = fields.Integer(string="Items", readonly=True)

    _depends = {
        "account.move": ["department_id", "validation_participant_ids"],
        "account.move.line": [
            "account_id",
            "balance",
            "company_id",
            "credit",
            "date",
            "debit",
            "journal_id",
            "move_id",
        ],
        "hr.department": ["is_within_confidential", "reader_ids"],
    }

    @property
    def _table_query(self) -> SQL:
        return SQL(
            """
            SELECT MIN(line.id) AS id,
                   line.company_id,
                   line.account_id,
                   line.journal_id,
                   DATE_TRUNC('month', line.date)::date AS month,
                   SUM(line.debit) AS debit,
                   SUM(line.credit) AS credit,
                   SUM(line.balance) AS balance,
                   COUNT(*) AS item_count
              FROM account_move_line line
             WHERE line.parent_state = 'posted'
               AND line.account_id IS NOT NULL
               AND %s
          GROUP BY line.company_id, line.account_id, line.journal_id, DATE_TRUNC('month', line.date)
            """,
            self._get_hidden_condition(),
        )

    @api.model
    def _get_hidden_condition(self):
        """Items of entries that secrecy keeps from the present user; for an auditor, from whoever is not one."""
        user = self.env.user
        if not user._is_kept_from_confidential():
            return SQL("FALSE")
        hidden = self.env["account.move"].sudo()._search(~user._get_confidential_domain())
        return SQL("line.move_id IN %s", hidden.subselect())
