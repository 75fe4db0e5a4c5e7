from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_list

LINKED = ("analytic", "project", "buyer", "salesperson", "usual")


class AccountValidationLevel(models.Model):
    """Levels that ask whoever is responsible for what an invoice is linked to: analytic accounts, projects, orders, its
    partner.

    A *link* is (name of what the invoice is linked to, res.users who answer for it).
    """

    _inherit = "account.validation.level"

    approver_type = fields.Selection(
        selection_add=[
            ("analytic", "Owner of the analytic accounts"),
            ("project", "Manager of the project"),
            ("buyer", "Buyer of the purchase order"),
            ("salesperson", "Salesperson of the order"),
            ("usual", "Usual approver of the partner"),
        ],
        ondelete=dict.fromkeys(LINKED, "cascade"),
    )

    @api.constrains("approver_type")
    def _check_app(self):
        """Odoo's apps are looked for at run time: this addon depends on none of them."""
        project, purchase = self.env._("Project"), self.env._("Purchase")
        apps = {"project": ("project.project", project), "buyer": ("purchase.order.line", purchase)}
        for level in self:
            model, app = apps.get(level.approver_type, ("account.move", ""))
            if model not in self.env:
                raise ValidationError(
                    self.env._(
                        "Level “%(level)s” needs the app %(app)s, which is not installed: install it, or choose other "
                        "approvers.",
                        level=level.name,
                        app=app,
                    )
                )

    # What an invoice is linked to: {move id: [link]}, in a constant number of queries

    def _get_links(self, moves):
        """Return {move id: [link]} of this level's type; nothing without the app."""
        return getattr(self, f"_get_links_{self.approver_type}")(moves)

    def _get_links_analytic(self, moves):
        accounts = moves._get_analytic_accounts()
        return {
            id_: [(account.name, account.validation_owner_id) for account in found] for id_, found in accounts.items()
        }

    def _get_links_project(self, moves):
        if "project.project" not in self.env:
            return {}
        accounts = moves._get_analytic_accounts()
        ids = self.env["account.analytic.account"].union(*accounts.values()).ids
        projects = self.env["project.project"].sudo().search([("account_id", "in", ids)])
        by_account = projects.grouped("account_id")
        return {
            id_: [(project.name, project.user_id) for account in found for project in by_account.get(account, ())]
            for id_, found in accounts.items()
        }

    def _get_links_buyer(self, moves):
        if "purchase_line_id" not in moves.line_ids._fields:
            return {}
        return {
            move.id: [(order.name, order.user_id) for order in move.invoice_line_ids.purchase_line_id.order_id]
            for move in moves
        }

    def _get_links_salesperson(self, moves):
        """The salesperson of the orders that were invoiced; without an order, the one named on the invoice."""
        links = {move.id: [(None, move.invoice_user_id)] for move in moves}
        if "sale_line_ids" in moves.line_ids._fields:
            for move in moves:
                orders = move.invoice_line_ids.sale_line_ids.order_id
                links[move.id] = [(order.name, order.user_id) for order in orders] or links[move.id]
        return links

    def _get_links_usual(self, moves):
        links = {}
        for move in moves:
            partner = move.partner_id.with_company(move.company_id)
            partner = partner if partner.validation_approver_id else partner.commercial_partner_id
            links[move.id] = [(partner.display_name, partner.validation_approver_id)] if partner else []
        return links

    # Approvers

    def _get_approvers_linked(self, moves):
        links = self._get_links(moves)
        nobody = self.env["res.users"]
        return {id_: nobody.union(*(users for _name, users in links.get(id_, ()))) for id_ in moves._ids}

    def _get_choice_linked(self, moves):
        """Everybody is asked; the reason names what they answer for."""
        links = self._get_links(moves)

        def choose(move, users):
            names = [name for name, people in links.get(move.id, ()) if name and people & users]
            return users, {"links": names}

        return choose

    def _get_lack_reason_linked(self, move, candidates, facts):
        if candidates:
            return ""
        wording = self.env["account.validation.wording"]
        names = [name for name, _users in self._get_links(move).get(move.id, ()) if name]
        if not names:
            return wording._get_missing_links()[self.approver_type]
        return wording._get_orphaned_links()[self.approver_type] % format_list(self.env, names)

    _get_approvers_analytic = _get_approvers_project = _get_approvers_buyer = _get_approvers_linked
    _get_approvers_salesperson = _get_approvers_usual = _get_approvers_linked
    _get_choice_analytic = _get_choice_project = _get_choice_buyer = _get_choice_linked
    _get_choice_salesperson = _get_choice_usual = _get_choice_linked
    _get_lack_reason_analytic = _get_lack_reason_project = _get_lack_reason_buyer = _get_lack_reason_linked
    _get_lack_reason_salesperson = _get_lack_reason_usual = _get_lack_reason_linked

    # Who may come to approve, whatever the invoice

    def _get_possible_approvers_analytic(self):
        domain = [("validation_owner_id", "!=", False), ("company_id", "in", self._get_companies())]
        return self.env["account.analytic.account"].sudo().search(domain).validation_owner_id

    def _get_possible_approvers_project(self):
        if "project.project" not in self.env:
            return self.env["res.users"]
        domain = [("account_id", "!=", False), ("company_id", "in", self._get_companies())]
        return self.env["project.project"].sudo().search(domain).user_id

    def _get_possible_approvers_usual(self):
        partners = self.env["res.partner"].sudo().with_company(self.company_id)
        return partners.search([("validation_approver_id", "!=", False)]).validation_approver_id

    def _get_possible_approvers_buyer(self):
        """Whoever an order or an invoice may name cannot be told in advance."""
        return self.env["res.users"]

    def _get_possible_approvers_salesperson(self):
        return self._get_possible_approvers_buyer()


class AccountMove(models.Model):
    _inherit = "account.move"

    def _get_analytic_accounts(self):
        """Return {move id: account.analytic.account} of the lines of these invoices, as sudo, without reading the
        accounts.
        """
        accounts = defaultdict(set)
        for line in self.sudo().invoice_line_ids:
            for key in line.analytic_distribution or ():
                accounts[line.move_id.id] |= {int(id_) for id_ in key.split(",") if id_.isdigit()}
        Account = self.env["account.analytic.account"].sudo()
        known = Account.browse({id_ for ids in accounts.values() for id_ in ids}).exists()
        return {id_: known & Account.browse(accounts[id_]) for id_ in self.ids}


class AccountValidationWording(models.AbstractModel):
    _inherit = "account.validation.wording"

    @api.model
    def _describe_approvers_analytic(self, values):
        return self.env._("the owner of the analytic accounts")

    @api.model
    def _describe_approvers_project(self, values):
        return self.env._("the manager of the project")

    @api.model
    def _describe_approvers_buyer(self, values):
        return self.env._("the buyer of the purchase order")

    @api.model
    def _describe_approvers_salesperson(self, values):
        return self.env._("the salesperson of the order")

    @api.model
    def _describe_approvers_usual(self, values):
        return self.env._("the usual approver of the partner")

    @api.model
    def _describe_why_linked(self, reason):
        sentences = {
            "analytic": self.env._("Owner of the analytic account %(links)s, asked by the policy “%(policy)s”"),
            "project": self.env._("Manager of the project %(links)s, asked by the policy “%(policy)s”"),
            "buyer": self.env._("Buyer of %(links)s, asked by the policy “%(policy)s”"),
            "salesperson": self.env._("Salesperson of %(links)s, asked by the policy “%(policy)s”"),
            "usual": self.env._("Usual approver of %(links)s, asked by the policy “%(policy)s”"),
        }
        links = format_list(self.env, reason.get("links") or [])
        return sentences[reason["approver_type"]] % {
            "links": links or self.env._("this invoice"),
            "policy": reason["policy"],
        }

    _describe_why_analytic = _describe_why_project = _describe_why_buyer = _describe_why_linked
    _describe_why_salesperson = _describe_why_usual = _describe_why_linked

    @api.model
    def _get_missing_links(self):
        """Return {approver type: what to do} when an invoice is linked to nothing that somebody answers for."""
        return {
            "analytic": self.env._("no line of this invoice has an analytic account: enter one."),
            "project": self.env._("no line of this invoice belongs to a project: enter its analytic account."),
            "buyer": self.env._("this invoice matches no purchase order: match its lines with the order."),
            "salesperson": self.env._("nobody is named on it: somebody must be named as its salesperson."),
            "usual": self.env._("this invoice has no customer or vendor: enter it."),
        }

    @api.model
    def _get_orphaned_links(self):
        """Return {approver type: what to do} when nobody answers for what an invoice is linked to."""
        return {
            "analytic": self.env._("nobody owns %s: accounting must name the owner of the account."),
            "project": self.env._("%s has no manager: name one on the project."),
            "buyer": self.env._("%s has no buyer: name one on the order."),
            "salesperson": self.env._("%s has no salesperson: name one on the order."),
            "usual": self.env._("%s has no usual approver: accounting must name one on the customer or vendor."),
        }
