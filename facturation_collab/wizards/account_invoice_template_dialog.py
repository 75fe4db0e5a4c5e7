from odoo import api, fields, models
from odoo.tools import format_amount, formatLang

from ..calls import check_call
from ..models.account_invoice_template_change import describe_value
from ..models.account_move_template import HEADER

COMPARED = ("partner_id", "department_id", *HEADER.values(), "invoice_date_due", "narration", "legal_mentions")
"""Fields of an invoice whose change the dialog shows, in order."""


class AccountInvoiceTemplateDialog(models.TransientModel):
    """Applying a template to a draft, with what would change before it does."""

    _name = "account.invoice.template.dialog"
    _description = "Apply an invoice template"

    move_id = fields.Many2one("account.move", string="Invoice", required=True, ondelete="cascade")
    proposed_ids = fields.Many2many("account.invoice.template", compute="_compute_proposed_ids")
    template_id = fields.Many2one(
        "account.invoice.template",
        compute="_compute_template_id",
        store=True,
        readonly=False,
        domain="[('id', 'in', proposed_ids)]",
        ondelete="cascade",
    )
    has_lines = fields.Boolean(compute="_compute_proposed_ids")
    replace = fields.Boolean(
        "Replace the lines", default=True, help="Otherwise the lines of the template follow those of the invoice."
    )
    preview = fields.Html(compute="_compute_preview", sanitize=False)

    @api.depends("move_id")
    @api.depends_context("uid")
    def _compute_proposed_ids(self):
        for dialog in self:
            move = dialog.move_id._origin
            move.check_access("write")
            dialog.has_lines = bool(move.invoice_line_ids)
            dialog.proposed_ids = self.env["account.invoice.template"]._propose(move).get(move)

    @api.depends("move_id")
    def _compute_template_id(self):
        for dialog in self:
            dialog.template_id = dialog.proposed_ids._origin[:1]

    @api.depends("move_id", "template_id", "replace")
    @api.depends_context("uid", "lang")
    def _compute_preview(self):
        for dialog in self:
            dialog.preview = dialog._render_preview() if dialog.move_id and dialog.template_id else False

    def _render_preview(self):
        """Return what would change as a table. Computed on a virtual invoice: nothing is written."""
        move, template = self.move_id._origin, self.template_id._origin
        template.check_access("read")
        if refusal := move._get_template_refusal(template):
            values = {"refusal": refusal}
        else:
            after = move._preview_template(template, self.replace)
            values = {
                "differences": self._get_differences(move, after),
                "removed": self._describe_lines(move, move.invoice_line_ids if self.replace else []),
                "added": self._describe_lines(
                    after, after.invoice_line_ids.filtered(lambda line: line._origin not in move.invoice_line_ids)
                ),
                "questions": template.sudo().question_ids.mapped("text"),
            }
        return self.env["ir.qweb"]._render("facturation_collab.account_invoice_template_dialog_preview", values)

    @api.model
    def _get_differences(self, before, after):
        """Return what differs in the header and the total: a list of {"label", "before", "after"}."""
        found = []
        for name in COMPARED:
            old, new = (describe_value(move, name) for move in (before, after))
            if old != new:
                label = before._fields[name]._description_string(self.env)
                found.append({"label": label, "before": old, "after": new})
        old, new = (
            format_amount(self.env, (move.tax_totals or {}).get("total_amount_currency", 0.0), move.currency_id)
            for move in (before, after)
        )
        if old != new:
            found.append({"label": self.env._("Total"), "before": old, "after": new})
        return found

    @api.model
    def _describe_lines(self, move, lines):
        """Return the lines of an invoice for the preview: dictionaries with their kind, label, quantity and price."""
        return [
            {
                "is_text": line.display_type != "product",
                "name": line.name or line.product_id.display_name or "",
                "quantity": formatLang(self.env, line.quantity, digits=2),
                "price": format_amount(self.env, line.price_unit, move.currency_id),
                "taxes": ", ".join(line.tax_ids.sudo().mapped("name")),
            }
            for line in (lines.sorted("sequence") if lines else [])
        ]

    def action_confirm(self):
        """Apply the template through the same public method as programs."""
        check_call(self, single=True)
        self.move_id.action_apply_template(self.template_id.id, self.replace)
        return {"type": "ir.actions.act_window_close"}
