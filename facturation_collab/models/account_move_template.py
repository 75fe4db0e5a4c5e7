from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from .. import fingerprints
from ..calls import check_call
from .account_invoice_question import _shorten
from .account_validation_record import ENGINE, ENGINE_KEY
from .plain_values import plain

TEMPLATE_FIELDS = ("template_id", "template_digest", "template_changed", "template_added")
"""What the engine alone writes of the use of a template."""
HEADER = {
    "journal_id": "journal_id",
    "currency_id": "currency_id",
    "payment_term_id": "invoice_payment_term_id",
    "fiscal_position_id": "fiscal_position_id",
    "report_layout_id": "report_layout_id",
}
"""Fields of a template and those of the invoice that they are put into."""
TEXTS = ("narration", "legal_mentions")
LINE_FIELDS = (
    *("display_type", "product_id", "name", "account_id", "quantity", "price_unit", "discount", "tax_ids"),
    "analytic_distribution",
)


class AccountMove(models.Model):
    """Invoices made from a template: which one, what it put into them, and whether that was changed since."""

    _inherit = "account.move"

    template_id = fields.Many2one(
        "account.invoice.template", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    template_digest = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    template_added = fields.Boolean(
        readonly=True, copy=False, groups=fields.NO_ACCESS, help="Its lines were added to others."
    )
    template_changed = fields.Boolean(
        "Changed after the template",
        readonly=True,
        copy=False,
        help="Whether lines, terms, journal, currency or fiscal position were changed before posting.",
    )
    report_layout_id = fields.Many2one("report.layout", string="Print layout", ondelete="restrict")

    @api.depends("template_id")
    def _compute_invoice_payment_term_id(self):
        """Choosing the partner afterwards does not undo what the template says."""
        super()._compute_invoice_payment_term_id()
        for move in self.filtered("template_id.payment_term_id"):
            move.invoice_payment_term_id = move.template_id.payment_term_id

    @api.depends("template_id")
    def _compute_fiscal_position_id(self):
        super()._compute_fiscal_position_id()
        for move in self.filtered("template_id.fiscal_position_id"):
            move.fiscal_position_id = move.template_id.fiscal_position_id

    # CRUD

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_template_vals(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_template_vals(vals)
        res = super().write(vals)
        if vals.get("state") == "posted":
            self._on_template_posted()
        return res

    def _check_template_vals(self, vals):
        """:raises AccessError: when values that belong to the engine come from elsewhere"""
        if any(vals.get(name) for name in TEMPLATE_FIELDS) and self.env.context.get(ENGINE_KEY) is not ENGINE:
            raise AccessError(
                self.env._("Which template an invoice was made from cannot be written by hand: apply the template.")
            )

    # Use

    @api.model
    def _create_from_template(self, template):
        """Make a draft from a template, as the present user. The caller has asked the predicates."""
        vals = {"move_type": template.move_type}
        if template.department_id:
            vals["department_id"] = template.department_id.id
        moves = self.with_company(self._get_template_company(template))
        move = moves.create({**vals, **moves.new(vals)._prepare_template_vals(template)})
        move._on_template_applied(template)
        return move

    @api.model
    def _get_template_company(self, template):
        """Return the company of a new invoice: the present one, where the template is used there."""
        company = template.sudo().company_id
        return self.env.company if company in self.env.company.sudo().parent_ids else company

    def action_apply_template(self, template_id, replace=True):
        """Put what a template says into this draft.

        :param template_id: id of the template
        :param replace: whether its lines take the place of those of the draft; else they follow them
        :raises UserError: says why it cannot be applied; the draft is unchanged then
        """
        check_call(self, single=True)
        template = self._read_template(template_id)
        if refusal := self._get_template_refusal(template):
            raise UserError(refusal)
        added = not replace and bool(self.invoice_line_ids)
        self.write(self._prepare_template_vals(template, bool(replace)))
        self._on_template_applied(template, added)

    def _read_template(self, template_id):
        """:raises UserError: when a program names no template that the present user may read"""
        is_id = type(template_id) is int and 0 < template_id < 2**31
        template = self.env["account.invoice.template"].browse(template_id if is_id else 0)
        if not is_id or not template.exists() or not template.has_access("read"):
            raise UserError(self.env._("Choose one of the templates that you may use."))
        return template

    def _get_template_refusal(self, template):
        """Return why the present user cannot apply a template to this invoice; empty when they can."""
        self.ensure_one()
        self.check_access("write")
        if self.state != "draft":
            return self.env._("Templates are applied to drafts: reset the invoice to draft first.")
        return template._get_use_refusal(self)

    def _prepare_template_vals(self, template, replace=True):
        """Return what a template writes on this invoice, which may be a virtual one."""
        self.ensure_one()
        source = template.sudo()
        vals = {name: source[own].id for own, name in HEADER.items() if source[own]}
        partner = self.partner_id
        if not partner and len(source.partner_ids) == 1:
            partner = source.partner_ids
            vals["partner_id"] = partner.id
        if not self.department_id and source.department_id:
            vals["department_id"] = source.department_id.id
        lines = self.invoice_line_ids
        last = 0 if replace else max(lines.mapped("sequence"), default=0)
        removed = [Command.delete(line.id) for line in lines._origin] if replace else []
        vals["invoice_line_ids"] = [*removed, *source._prepare_line_commands(self, partner, last)]
        return vals

    def _preview_template(self, template, replace=True):
        """Return a virtual invoice that is what this one becomes by a template. Writes nothing."""
        self.ensure_one()
        after = self.new(origin=self)
        # All virtual invoices of one invoice share what is cached of them: begin with none of it.
        (after.line_ids | after.invoice_line_ids).invalidate_recordset(flush=False)
        after.invalidate_recordset(flush=False)
        after.template_id = template
        for name, value in self._prepare_template_vals(template, replace).items():
            after[name] = value
        return after

    def _on_template_applied(self, template, added=False):
        """Note which template was used, with what it made, and ask its questions."""
        self.ensure_one()
        engine = self.sudo().with_context(**{ENGINE_KEY: ENGINE})
        engine.write({"template_id": template.id, "template_added": added, "template_changed": False})
        engine.write({"template_digest": self.sudo()._get_template_digest()})
        self._message_log(body=self.env._("The template “%s” was applied.", template.sudo().display_name))
        self._ask_template_questions(template)

    def _ask_template_questions(self, template):
        """Ask the questions of a template, those that wait for an answer already not again."""
        waiting = self.sudo().question_ids.filtered(lambda question: question.state in ("open", "answered"))
        asked = {(question.kind_id, question.name) for question in waiting}
        for question in template.sudo().question_ids:
            if (question.kind_id, _shorten(question.text)) not in asked:
                self.action_ask(question.kind_id.id, question.text)

    def _on_template_posted(self):
        """Fill in what is known now, and note whether anything was changed since the template was applied."""
        for move in self.sudo().filtered(lambda move: move.template_id and move.state == "posted"):
            vals = {"template_changed": move._is_changed_after_template(), **move._get_late_texts()}
            move.with_context(**{ENGINE_KEY: ENGINE}).write(vals)

    # Content

    def _is_as_template(self):
        """Tell whether what the template put into this invoice is still there, and nothing else."""
        return not self.sudo().template_added and not self._is_changed_after_template()

    def _is_changed_after_template(self):
        """Tell whether what there was when the template had been applied was changed, or there was no template."""
        self.ensure_one()
        move = self.sudo()
        return not move.template_id or move.template_digest != move._get_template_digest()

    def _get_template_digest(self):
        """Return the SHA-256 of what a template decides in an invoice. Texts are not among it."""
        self.ensure_one()
        names = [name for own, name in HEADER.items() if self.template_id[own]]
        digits = self.currency_id.decimal_places
        content = {name: plain(self[name], self._fields[name], digits) for name in names}
        content["lines"] = [
            {name: plain(line[name], line._fields[name], digits) for name in LINE_FIELDS}
            for line in self._get_content_lines()
        ]
        return fingerprints.fingerprint(fingerprints.canonical(content))

    def _get_template_form_action(self):
        """Return the action that opens this draft in the native form."""
        kind = "in" if self.is_purchase_document(include_receipts=True) else "out"
        action = self.env["ir.actions.act_window"]._for_xml_id(f"facturation_collab.account_move_action_{kind}")
        return action | {"res_id": self.id, "view_mode": "form", "views": [(False, "form")], "context": {}}
