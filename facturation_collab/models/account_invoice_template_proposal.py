from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_list

from ..calls import check_call
from .account_validation_policy import _is_below

SHOWN = 3
"""How many templates are named on the form of an empty draft."""


class AccountInvoiceTemplate(models.Model):
    """Which templates are for an invoice: by its kind, date, department and partner."""

    _inherit = "account.invoice.template"

    @api.model
    def _propose(self, moves):
        """Return {move: templates} that the present user may use for each of these invoices, the closest first.

        One search for the whole batch. Invoices may be virtual ones.
        """
        companies = moves.company_id.sudo().parent_ids
        domain = Domain("state", "=", "active") & Domain("company_id", "in", companies.ids)
        found = self.search(domain & Domain("move_type", "in", moves.mapped("move_type"))) if moves else self
        proposed = {}
        for move in moves:
            fits = {template: template._get_fit(move.sudo()) for template in found}
            fitting = [template for template, fit in fits.items() if fit is not None]
            ordered = sorted(fitting, key=lambda template: (*(-part for part in fits[template]), template.name))
            proposed[move] = self.browse(template.id for template in ordered)
        return proposed

    def _get_fit(self, move):
        """Return how closely this template fits an invoice, for sorting, or None where it does not fit."""
        template = self.sudo()
        if self._get_use_refusal(move):
            return None
        department, partners = template.department_id, template.partner_ids
        if department and not _is_below(move.department_id, department):
            return None
        if partners and not (move.partner_id | move.commercial_partner_id)._origin & partners:
            return None
        tags = template.partner_category_ids
        if tags and not any(_is_below(tag, tags) for tag in (move.partner_id | move.commercial_partner_id).category_id):
            return None
        return (bool(partners), bool(tags), len((department.parent_path or "").split("/")))


class AccountMove(models.Model):
    _inherit = "account.move"

    template_proposals = fields.Char("Templates for this invoice", compute="_compute_template_proposals")

    @api.depends("state", "move_type", "partner_id", "department_id", "invoice_date", "invoice_line_ids")
    @api.depends_context("uid", "lang")
    def _compute_template_proposals(self):
        """Of drafts that are still empty: there somebody looks for a template. Nothing is searched for others."""
        self.template_proposals = False
        empty = self.filtered(
            lambda move: move.state == "draft" and move.is_invoice(include_receipts=True) and not move.invoice_line_ids
        )
        templates = self.env["account.invoice.template"].sudo(False)
        if not empty or not templates.has_access("read"):
            return
        for move, found in templates._propose(empty).items():
            if found:
                names = [*found[:SHOWN].mapped("display_name"), *(["…"] if found[SHOWN:] else [])]
                move.template_proposals = format_list(self.env, names, "unit")

    def action_open_template_dialog(self):
        """Return the dialog that applies a template to this draft, after showing what changes."""
        check_call(self, single=True)
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Apply a template"),
            "res_model": "account.invoice.template.dialog",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_move_id": self.id},
        }
