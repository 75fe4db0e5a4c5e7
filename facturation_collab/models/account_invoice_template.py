from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError

from .. import placeholders
from ..calls import check_call
from .account_validation_policy import MOVE_TYPES

ABOUT_USE = {
    *("name", "state", "date_from", "date_to", "user_ids", "editor_ids", "version", "previous_version_id"),
    *("origin_id", "policy_ids", "message_follower_ids", "message_ids", "activity_ids"),
}
"""What of a template may change after it was used: nothing of what it puts into invoices."""
KEEPERS = ("account.group_account_invoice", "facturation_collab.group_administrator")
"""Groups that keep the templates of all departments."""


class AccountInvoiceTemplate(models.Model):
    """What an invoice of a kind looks like: lines, terms, texts, layout, questions. One record is one version."""

    _name = "account.invoice.template"
    _inherit = ["mail.thread"]
    _description = "Invoice template"
    _order = "name, version desc, id desc"
    _check_company_auto = True

    name = fields.Char(required=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        help="For this company and its branches.",
    )
    department_id = fields.Many2one(
        "hr.department",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Proposed for the invoices of this department and of those below it; its people read it, its managers "
        "change it. Empty: for all departments, kept by accounting.",
    )
    move_type = fields.Selection("_get_move_types", string="Kind of document", required=True, default="out_invoice")
    partner_ids = fields.Many2many(
        "res.partner",
        "account_invoice_template_partner_rel",
        string="Customers or vendors",
        help="With their contacts. A single one is put into new invoices. Empty means all.",
    )
    partner_category_ids = fields.Many2many(
        "res.partner.category", string="Partner tags", help="With the tags below them. Empty means all."
    )
    user_ids = fields.Many2many(
        "res.users",
        "account_invoice_template_user_rel",
        string="Used only by",
        domain=[("share", "=", False)],
        help="Empty: by everybody of the department.",
    )
    editor_ids = fields.Many2many(
        "res.users",
        "account_invoice_template_editor_rel",
        string="Also changed by",
        domain=[("share", "=", False)],
        help="Beside the managers of the department, accounting and administrators.",
    )
    journal_id = fields.Many2one("account.journal", check_company=True, ondelete="restrict")
    currency_id = fields.Many2one("res.currency", ondelete="restrict", help="Empty: that of the journal.")
    payment_term_id = fields.Many2one("account.payment.term", check_company=True, ondelete="restrict")
    fiscal_position_id = fields.Many2one("account.fiscal.position", check_company=True, ondelete="restrict")
    report_layout_id = fields.Many2one(
        "report.layout", string="Print layout", ondelete="restrict", help="Empty: that of the company."
    )
    narration = fields.Html("Terms and conditions", translate=True, help="Empty: those of the company.")
    legal_mentions = fields.Html(translate=True, help="Printed below the terms and conditions.")
    line_ids = fields.One2many("account.invoice.template.line", "template_id", string="Lines", copy=True)
    question_ids = fields.One2many("account.invoice.template.question", "template_id", string="Questions", copy=True)
    date_from = fields.Date(string="From", copy=False, help="First date of the invoices that it is for.")
    date_to = fields.Date(string="To", copy=False, help="Last date of the invoices that it is for.")
    state = fields.Selection(
        [("draft", "Draft"), ("active", "Active"), ("archived", "Archived")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
    )
    line_currency_id = fields.Many2one("res.currency", compute="_compute_line_currency_id")
    can_change = fields.Boolean(compute="_compute_is_editable")
    is_editable = fields.Boolean(compute="_compute_is_editable")

    _dates_check = models.Constraint(
        "CHECK (date_from <= date_to)", "The last day of a template cannot be before its first day."
    )
    _proposed = models.Index("(company_id, move_type) WHERE state = 'active'")

    @api.model
    def _get_move_types(self):
        labels = dict(self.env["account.move"]._fields["move_type"]._description_selection(self.env))
        return [(move_type, labels[move_type]) for move_type in MOVE_TYPES]

    @api.depends("currency_id", "journal_id", "company_id")
    def _compute_line_currency_id(self):
        for template in self:
            template.line_currency_id = (
                template.currency_id or template.journal_id.currency_id or template.company_id.currency_id
            )

    @api.depends_context("uid")
    @api.depends("state")
    def _compute_is_editable(self):
        """Whether the present user may change the template, and whether also what it puts into invoices."""
        used = self._get_used()
        editable = self._filtered_access("write")
        for template in self:
            template.can_change = not template.id or template in editable
            template.is_editable = template.can_change and template.state != "archived" and template not in used

    @api.constrains("narration", "legal_mentions")
    def _check_placeholders(self):
        for template in self:
            for name in ("narration", "legal_mentions"):
                texts = template._fields[name]._get_stored_translations(template) or {}
                template._check_texts(texts.values(), placeholders.TEXT)

    @api.constrains("journal_id", "move_type")
    def _check_journal(self):
        for template in self.filtered("journal_id"):
            expected = "sale" if template.move_type.startswith("out_") else "purchase"
            if template.journal_id.type != expected:
                raise ValidationError(
                    self.env._(
                        "The journal %(journal)s is not for this kind of document: choose another one.",
                        journal=template.journal_id.name,
                    )
                )

    def _check_texts(self, texts, allowed):
        """:raises ValidationError: when one of these texts has a placeholder that is not allowed there"""
        for name in (name for text in texts for name in placeholders.unknown(text, allowed)):
            raise ValidationError(
                self.env._(
                    "“%(name)s” is no placeholder that can be used here. Use one of these: %(allowed)s.",
                    name=f"{{{name}}}",
                    allowed=", ".join(f"{{{known}}}" for known in allowed),
                )
            )

    # CRUD

    @api.model
    def _get_view_cache_key(self, *args, **options):
        return (*super()._get_view_cache_key(*args, **options), self._can_make_some())

    @api.model
    def _get_view(self, *args, **options):
        """Without New for whoever would be refused when they save."""
        arch, view = super()._get_view(*args, **options)
        if not self._can_make_some():
            arch.set("create", "0")
        return arch, view

    @api.model
    def _can_make_some(self):
        """Tell whether the present user may make templates of any department."""
        user = self.env.user
        return (
            self.env.su
            or any(map(user.has_group, KEEPERS))
            or bool(self.env["hr.department"].sudo().search_count([("manager_ids", "in", user.ids)], limit=1))
        )

    def write(self, vals):
        if not vals.keys() <= ABOUT_USE:
            self._check_unused()
        res = super().write(vals)
        if vals.keys() & {"department_id", "company_id"}:
            # Whoever may change it here may not put it where they may not.
            self.check_access("write")
        return res

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=""):
        self._check_unused()
        return super()._update_field_translations(field_name, translations, digest, source_lang)

    def copy_data(self, default=None):
        names = (
            {} if "name" in (default or {}) else {template: self.env._("%s (copy)", template.name) for template in self}
        )
        return [
            {**vals, "name": names.get(template, vals["name"])}
            for template, vals in zip(self, super().copy_data(default), strict=True)
        ]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for template in self._get_used():
            raise UserError(
                self.env._("“%s” was used on invoices: archive it instead of deleting it.", template.display_name)
            )

    def _get_used(self):
        """Return those of these templates that an invoice was made from, whoever may read that invoice."""
        moves = self.env["account.move"].sudo()
        return self.browse(
            template.id for (template,) in moves._read_group([("template_id", "in", self.ids)], ["template_id"])
        )

    def _check_unused(self):
        """:raises UserError: when one of these templates was used, and so stays what it is"""
        for template in self._get_used():
            raise UserError(
                self.env._(
                    "“%s” was used on invoices and stays as it is. Press New version, change that one and put it in "
                    "use.",
                    template.sudo().display_name,
                )
            )

    # Use

    def action_create_invoice(self):
        """Make a draft invoice from this template and return the action that opens it."""
        check_call(self, single=True)
        self.check_access("read")
        moves = self.env["account.move"]
        moves.check_access("create")
        if refusal := self._get_use_refusal():
            raise UserError(refusal)
        return moves._create_from_template(self)._get_template_form_action()

    def _get_use_refusal(self, move=None, date=None):
        """Return why the present user cannot use this template, for an invoice or a new one; empty when they can.

        Who may read a template may use it, where they may edit the invoice: the caller has asked that.
        """
        self.ensure_one()
        template, date = self.sudo(), date or (move and move.invoice_date) or fields.Date.context_today(self)
        names = {"template": template.display_name}
        if template.state != "active":
            return self.env._("“%(template)s” is not in use: choose another template, or put it in use.", **names)
        if (template.date_from and date < template.date_from) or (template.date_to and date > template.date_to):
            return self.env._(
                "“%(template)s” is not for invoices of %(date)s: choose the version of that time.",
                date=fields.Date.to_string(date),
                **names,
            )
        if template.user_ids and self.env.user not in template.user_ids and not self.has_access("write"):
            return self.env._("“%(template)s” is used by some people only, and you are not among them.", **names)
        if not move:
            return ""
        if move.move_type != template.move_type:
            return self.env._("“%(template)s” is for another kind of document.", **names)
        if template.company_id not in move.company_id.sudo().parent_ids:
            return self.env._("“%(template)s” belongs to another company.", **names)
        return ""

    def _prepare_line_commands(self, move, partner, sequence=0):
        """Return the commands that add the lines of this template to an invoice, labels in the partner's language.

        :param sequence: that of the last line before them
        """
        lang = partner.lang or self.env.lang
        values = move._get_placeholder_values(partner, lang)
        lines = self.sudo().with_context(lang=lang).line_ids
        return [
            Command.create(line._prepare_invoice_line_vals(values, sequence + position))
            for position, line in enumerate(lines, start=1)
        ]
