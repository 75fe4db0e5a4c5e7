from odoo import api, fields, models


class AccountAnalyticAccount(models.Model):
    _inherit = "account.analytic.account"

    team_ids = fields.Many2many("res.users", string="Project Team")


class AccountMove(models.Model):
    _inherit = "account.move"

    project_account_ids = fields.Many2many(
        "account.analytic.account",
        compute="_compute_project_account_ids",
        store=True,
        help="Analytic accounts of the lines: stored, so that rules test them in SQL.",
    )

    @api.depends("line_ids.analytic_distribution")
    def _compute_project_account_ids(self):
        accounts = self.env["account.analytic.account"]
        ids = {
            move: {
                int(id_)
                for distribution in move.line_ids.mapped("analytic_distribution")
                for key in distribution or ()
                for id_ in key.split(",")
                if id_.isdigit()
            }
            for move in self
        }
        existing = accounts.browse(set().union(*ids.values())).exists()
        for move in self:
            move.project_account_ids = existing.filtered(lambda account, move=move: account.id in ids[move])
