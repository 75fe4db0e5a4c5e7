from odoo import api, models
from odoo.fields import Domain


class ResPartner(models.Model):
    """Statistics that Odoo computes over all entries of a partner: less what is kept from the reader."""

    _inherit = "res.partner"

    @api.depends_context("uid")
    def _credit_debit_get(self):
        super()._credit_debit_get()
        if not self.ids or not self.env.user._is_kept_from_confidential(reading=True):
            return
        for field, account_type, sign in (("credit", "asset_receivable", 1), ("debit", "liability_payable", -1)):
            for partner, residual in self._get_hidden_residuals(account_type):
                partner = self.browse(partner.id)
                if partner in self:
                    partner[field] -= sign * residual

    def _get_hidden_residuals(self, account_type):
        """Open amounts, by partner, of entries that secrecy keeps from the present user."""
        hidden = ~self.env.user._get_confidential_domain(reading=True)
        domain = self._get_open_items_domain(account_type) & Domain("partner_id", "in", self.ids)
        domain &= Domain("reconciled", "=", False) & Domain("move_id", "any", hidden)
        return self.env["account.move.line"].sudo()._read_group(domain, ["partner_id"], ["amount_residual:sum"])

    @api.model
    def _get_open_items_domain(self, account_type):
        domain = Domain("parent_state", "=", "posted") & Domain("account_id.account_type", "=", account_type)
        return domain & Domain("company_id", "child_of", self.env.company.root_id.id)

    @api.model
    def _asset_difference_search(self, account_type, operator, operand):
        """Search on what a partner owes: over the items that the person may read."""
        if not self.env.user._is_kept_from_confidential(reading=True):
            return super()._asset_difference_search(account_type, operator, operand)
        if operator not in ("<", "=", ">", ">=", "<=") or not isinstance(operand, (float, int)):
            return []
        sign = -1 if account_type == "liability_payable" else 1
        compare = {
            "<": lambda amount: amount < operand,
            "=": lambda amount: amount == operand,
            ">": lambda amount: amount > operand,
            ">=": lambda amount: amount >= operand,
            "<=": lambda amount: amount <= operand,
        }[operator]
        domain = self._get_open_items_domain(account_type) & Domain("partner_id", "!=", False)
        groups = self.env["account.move.line"]._read_group(domain, ["partner_id"], ["amount_residual:sum"])
        return [("id", "in", [partner.id for partner, residual in groups if compare(sign * residual)])]


class DigestDigest(models.Model):
    _inherit = "digest.digest"

    @api.depends_context("uid")
    def _compute_kpi_account_total_revenue_value(self):
        """The revenue that a digest tells is that of the invoices its recipient may see."""
        super()._compute_kpi_account_total_revenue_value()
        user = self.env.user
        if not user._is_kept_from_confidential(reading=True):
            return
        start, end, companies = self._get_kpi_compute_parameters()
        domain = Domain("company_id", "in", companies.ids) & Domain("date", ">", start) & Domain("date", "<=", end)
        domain &= Domain("account_id.internal_group", "=", "income") & Domain("parent_state", "=", "posted")
        domain &= Domain("move_id", "any", ~user._get_confidential_domain(reading=True))
        groups = self.env["account.move.line"].sudo()._read_group(domain, ["company_id"], ["balance:sum"])
        hidden = {company.id: balance for company, balance in groups}
        for digest in self:
            company = digest.company_id or self.env.company
            digest.kpi_account_total_revenue_value += hidden.get(company.id, 0)
