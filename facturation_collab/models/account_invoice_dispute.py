from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount

from .account_validation_record import ENGINE, ENGINE_KEY

SETTLED = ("accepted", "closed", "withdrawn")


class AccountInvoiceQuestion(models.Model):
    """A dispute: a question by which a customer contests an invoice, some of its lines, or an amount of it."""

    _inherit = "account.invoice.question"

    is_dispute = fields.Boolean("Dispute", readonly=True)
    dispute_scope = fields.Selection(
        [("whole", "The whole invoice"), ("lines", "Some lines"), ("amount", "An amount")],
        string="Disputed",
        readonly=True,
    )
    dispute_line_ids = fields.Many2many(
        "account.move.line",
        "account_invoice_dispute_line_rel",
        "question_id",
        "line_id",
        string="Disputed lines",
        readonly=True,
    )
    currency_id = fields.Many2one(related="move_id.currency_id")
    disputed_amount = fields.Monetary(readonly=True, help="With taxes, in the currency of the invoice.")

    def _get_asked_sentence(self):
        if not self.is_dispute:
            return super()._get_asked_sentence()
        return self.env._(
            "Dispute from outside over %(amount)s, to %(people)s:",
            amount=format_amount(self.env, self.disputed_amount, self.currency_id),
            people=self._get_waited_for(),
        )

    def _ask(self, vals_list, attachment_ids=None):
        asked = super()._ask(vals_list, attachment_ids)
        asked.filtered("is_dispute").move_id._follow_disputes()
        return asked

    def _move_to(self, state, **vals):
        super()._move_to(state, **vals)
        self.sudo().filtered("is_dispute").move_id._follow_disputes()


class AccountMove(models.Model):
    """Whether an invoice is disputed: shown to collection, and left out of reminders where the company wants it."""

    _inherit = "account.move"

    validation_is_disputed = fields.Boolean(
        "Disputed",
        compute="_compute_validation_is_disputed",
        store=True,
        copy=False,
        help="The customer contests it, and the dispute is not settled.",
    )
    validation_reminders_held = fields.Boolean(
        readonly=True, copy=False, help="A dispute took it out of reminders, and puts it back once it is settled."
    )

    # Collection reads the few that are disputed, among however many.
    _disputed = models.Index("(company_id) WHERE validation_is_disputed")

    @api.depends("question_ids.state", "question_ids.is_dispute")
    def _compute_validation_is_disputed(self):
        for move in self:
            move.validation_is_disputed = any(
                question.is_dispute and question.state not in SETTLED for question in move.question_ids
            )

    def _follow_disputes(self):
        """Take disputed invoices out of reminders by Odoo's own *No Follow-Up*, where their company chose it; put back
        those that a dispute took out. What somebody set by hand stays.
        """
        for move in self.sudo().with_context(**{ENGINE_KEY: ENGINE}):
            held = move.validation_reminders_held
            if move.validation_is_disputed and move.company_id.dispute_stops_reminders and not move.no_followup:
                move.write({"no_followup": True, "validation_reminders_held": True})
            elif held and not move.validation_is_disputed:
                move.write({"no_followup": False, "validation_reminders_held": False})

    def _is_disputable(self):
        """Tell whether a customer may contest this document."""
        return self.state == "posted" and self.move_type in ("out_invoice", "out_receipt")

    def _get_disputable_lines(self):
        """Return the lines of this invoice that a customer may contest."""
        return self.invoice_line_ids.filtered(lambda line: line.display_type == "product")

    def _prepare_dispute_vals(self, scope, line_ids=(), amount=None):
        """Return the values of a dispute over this invoice.

        :param line_ids: ids of the contested lines, for the scope *lines*
        :param amount: contested amount with taxes in the currency of the invoice, for the scope *amount*
        :raises UserError: when they do not fit; says what to enter
        """
        self.ensure_one()
        if not self._is_disputable():
            raise UserError(self.env._("Only a posted customer invoice can be disputed: ask a question instead."))
        vals = {"is_dispute": True, "dispute_scope": scope}
        if scope == "whole":
            return {**vals, "disputed_amount": self.amount_total}
        if scope == "lines":
            lines = self._get_disputable_lines().filtered(lambda line: line.id in line_ids)
            if not lines or len(lines) != len(set(line_ids)):
                raise UserError(self.env._("Choose the lines that you dispute."))
            return {**vals, "dispute_line_ids": lines.ids, "disputed_amount": sum(lines.mapped("price_total"))}
        return {**vals, "dispute_scope": "amount", "disputed_amount": self._check_disputed_amount(amount)}

    def _check_disputed_amount(self, amount):
        """Return an amount of this invoice, rounded as its currency is.

        :raises UserError: when it is no amount between zero and the total
        """
        amount = self.currency_id.round(amount) if amount and 0 < amount < 10**15 else 0
        if not 0 < amount <= self.amount_total:
            total = format_amount(self.env, self.amount_total, self.currency_id)
            raise UserError(self.env._("Enter the amount that you dispute: more than zero, and at most %s.", total))
        return amount


class ResCompany(models.Model):
    _inherit = "res.company"

    dispute_stops_reminders = fields.Boolean(
        "Leave disputed invoices out of reminders",
        help="Sets “No Follow-Up” on a customer invoice while it is disputed. Payment reminders and follow-up reports "
        "that respect it leave the invoice out.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    dispute_stops_reminders = fields.Boolean(related="company_id.dispute_stops_reminders", readonly=False)
