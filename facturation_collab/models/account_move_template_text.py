from markupsafe import escape

from odoo import api, fields, models
from odoo.tools import format_date, is_html_empty
from odoo.tools.sql import column_exists, create_column

from .. import placeholders
from .account_move_template import TEXTS


class AccountMove(models.Model):
    """What a template says in words, in the language of the partner, with placeholders filled in."""

    _inherit = "account.move"

    legal_mentions = fields.Html(
        compute="_compute_legal_mentions", store=True, readonly=False, help="Printed below the terms and conditions."
    )

    def _auto_init(self):
        """Create the column empty, so that installing does not compute it for every existing invoice."""
        if not column_exists(self.env.cr, "account_move", "legal_mentions"):
            create_column(self.env.cr, "account_move", "legal_mentions", "text")
        return super()._auto_init()

    @api.depends("template_id", "partner_id")
    def _compute_legal_mentions(self):
        for move in self:
            move.legal_mentions = move._get_template_text("legal_mentions") or move.legal_mentions

    @api.depends("template_id")
    def _compute_narration(self):
        """The text of the template, in the language of the partner, whoever that becomes; of drafts only."""
        held = self.filtered(lambda move: move.template_id and move.state != "draft")
        super(AccountMove, self - held)._compute_narration()
        for move in self.filtered("template_id"):
            move.narration = move._get_template_text("narration") or move.narration

    def _get_template_text(self, name):
        """Return a text of the template in the partner's language, with what is known filled in; empty without one, and
        for what is no draft any more.
        """
        self.ensure_one()
        template = self.template_id.sudo()
        if not template or self.state != "draft" or is_html_empty(template[name]):
            return ""
        lang = self.partner_id.lang or self.env.lang
        text = template.with_context(lang=lang)[name]
        return placeholders.fill(text, self._get_placeholder_values(self.partner_id, lang), escape)

    def _get_placeholder_values(self, partner, lang):
        """Return the values of the placeholders that are known when an invoice is made."""
        self.ensure_one()
        move = self.sudo()
        date = move.invoice_date or fields.Date.context_today(self)
        return {
            "partner": partner.sudo().display_name or "",
            "company": move.company_id.name,
            "department": move.department_id.with_context(lang=lang).name or "",
            "month": format_date(self.env, date, lang_code=lang, date_format="LLLL y"),
            "year": str(date.year),
        }

    def _get_late_values(self):
        """Return the values of all placeholders of an invoice that is posted."""
        self.ensure_one()
        lang = self.partner_id.lang or self.env.lang
        return self._get_placeholder_values(self.partner_id, lang) | {
            "number": self.name or "",
            "date": format_date(self.env, self.invoice_date, lang_code=lang),
            "due_date": format_date(self.env, self.invoice_date_due, lang_code=lang),
            "reference": self.ref or "",
        }

    def _get_late_texts(self):
        """Return the texts that change when what is known only now is filled in."""
        self.ensure_one()
        values = self._get_late_values()
        filled = {name: placeholders.fill(self[name], values, escape) for name in TEXTS}
        return {name: text for name, text in filled.items() if text != (self[name] or "")}
