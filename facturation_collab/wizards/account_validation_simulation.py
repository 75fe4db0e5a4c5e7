from odoo import api, fields, models
from odoo.tools import format_datetime, format_list

TYPED = ("company_id", "move_type", "amount", "currency_id", "department_id", "partner_id", "journal_id")


class AccountValidationSimulation(models.TransientModel):
    """The circuit that an invoice would take: a real one, or one of which only what matters is typed in."""

    _name = "account.validation.simulation"
    _description = "Simulation of a validation"

    move_id = fields.Many2one("account.move", string="Invoice", domain="[('move_type', '!=', 'entry')]")
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    move_type = fields.Selection(
        selection="_get_move_types", string="Kind of document", required=True, default="in_invoice"
    )
    amount = fields.Monetary(string="Total with taxes", default=1000.0)
    currency_id = fields.Many2one("res.currency", required=True, default=lambda self: self.env.company.currency_id)
    department_id = fields.Many2one("hr.department")
    partner_id = fields.Many2one("res.partner", string="Customer or vendor")
    journal_id = fields.Many2one("account.journal", check_company=True, domain="[('type', 'in', ('sale', 'purchase'))]")
    submitter_id = fields.Many2one(
        "res.users",
        string="Submitted by",
        required=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        help="Whoever submits an invoice is not among its approvers, unless the policy says so.",
    )
    policy_ids = fields.Many2many(
        "account.validation.policy",
        "account_validation_simulation_policy_rel",
        string="Policies to try",
        help="Empty: those in force. Drafts and policies that are off can be tried as well.",
    )
    forecast = fields.Json(compute="_compute_forecast", help="The answer for programs.")
    answer = fields.Html(compute="_compute_answer", sanitize=False)

    @api.model
    def _get_move_types(self):
        return list(self.env["account.validation.wording"]._get_move_type_labels().items())

    @api.depends("move_id", "submitter_id", "policy_ids", *TYPED)
    @api.depends_context("uid", "lang", "tz")
    def _compute_forecast(self):
        self.browse().check_access("create")
        for wizard in self:
            wizard.forecast = wizard._forecast() if wizard._is_complete() else False

    @api.depends("forecast")
    @api.depends_context("uid", "lang", "tz")
    def _compute_answer(self):
        for wizard in self:
            values = {"forecast": wizard.forecast, "dates": wizard._get_dates(), "join": wizard._join}
            wizard.answer = self.env["ir.qweb"]._render(
                "facturation_collab.account_validation_simulation_answer", values
            )

    def _is_complete(self):
        return bool(self.submitter_id and (self.move_id or (self.company_id and self.move_type and self.currency_id)))

    def _forecast(self):
        """Return the forecast for the invoice of this dialog, as its submitter would get it, in the reader's language.

        The invoice is read with the rights of whoever asks.
        """
        self.move_id.check_access("read")
        move = self.move_id._origin.sudo() or self._get_virtual_move()
        policies = self.policy_ids._origin.sorted(lambda policy: (policy.sequence, policy.id)) or None
        context = {"lang": self.env.lang, "tz": self.env.tz}
        forecast = self.env["account.validation.forecast"].with_user(self.submitter_id._origin).with_context(**context)
        return forecast._forecast(move.with_env(forecast.sudo().env), policies)

    def _get_virtual_move(self):
        """Return an invoice that exists in memory only, with the typed values."""
        rate = self.currency_id._get_conversion_rate(
            self.currency_id, self.company_id.currency_id, self.company_id, fields.Date.context_today(self)
        )
        sign = 1 if self.move_type in ("out_invoice", "in_refund", "out_receipt") else -1
        return (
            self.env["account.move"]
            .sudo()
            .with_company(self.company_id)
            .new(
                {
                    "move_type": self.move_type,
                    "state": "draft",
                    "company_id": self.company_id._origin.id,
                    "currency_id": self.currency_id._origin.id,
                    "journal_id": self.journal_id._origin.id or self._get_default_journal().id,
                    "partner_id": self.partner_id._origin.id,
                    "commercial_partner_id": self.partner_id._origin.commercial_partner_id.id,
                    "department_id": self.department_id._origin.id,
                    "invoice_date": fields.Date.context_today(self),
                    "amount_total": abs(self.amount),
                    "amount_total_signed": sign * self.company_id.currency_id.round(abs(self.amount) * rate),
                    "create_uid": self.submitter_id._origin.id,
                    "content_editor_id": self.submitter_id._origin.id,
                }
            )
        )

    def _get_default_journal(self):
        """Return the journal that a new invoice of this kind would get."""
        kind = "sale" if self.move_type.startswith("out_") else "purchase"
        domain = [
            *self.env["account.journal"]._check_company_domain(self.company_id._origin),
            ("type", "=", kind),
        ]
        return self.env["account.journal"].sudo().search(domain, limit=1)

    def _get_dates(self):
        """Return {date of the forecast: as the reader writes it}."""
        forecast = self.forecast or {}
        dates = {forecast.get("end"), *(level["deadline"] for level in forecast.get("levels", ()))} - {None, False}
        return {date: format_datetime(self.env, fields.Datetime.to_datetime(date), dt_format="short") for date in dates}

    def _join(self, names):
        return format_list(self.env, names, "or")
