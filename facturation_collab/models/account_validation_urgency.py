from odoo import api, fields, models
from odoo.tools import format_date, format_datetime

from .. import timing

FRENCH_LAW = ("FR", "GF", "GP", "MQ", "RE", "YT")
"""Countries and territories where the French Code de commerce limits terms of payment (article L441-10)."""
END_OF_MONTH = {
    "days_after_end_of_month": "month_first",
    "days_after_end_of_next_month": "month_first",
    "days_end_of_month_on_the": "days_first",
}
"""How terms of payment count the end of the month, as `timing.legal_payment_date` names it."""


class AccountValidationRequest(models.Model):
    """By when the present level has to decide, and what asks for it."""

    _inherit = "account.validation.request"

    urgent_at = fields.Datetime(readonly=True, help="By when the present level has to decide: the order of queues.")
    urgency = fields.Json(readonly=True, help="What makes it urgent.")

    def _get_waiting_vals(self):
        answers = super()._get_waiting_vals()
        pending = self.filtered(lambda request: request.state == "pending")
        urgencies = pending._get_urgencies({request: answers[request]["deadline"] for request in pending})
        return {request: {**vals, **urgencies.get(request, {})} for request, vals in answers.items()}

    def _get_urgencies(self, deadlines):
        """Return {request: values} of how urgent these requests are; a constant number of queries for all.

        :param deadlines: {request: deadline of its open steps, or False}
        """
        vals = {}
        for request in self:
            move = request.move_id.sudo()
            pay_by = move._get_payment_dates()
            later = {step.sequence for step in request.step_ids if step.state == "waiting"}
            moment, reason = timing.urgency(deadlines[request] or None, pay_by, len(later)) or (False, "")
            detail = {"reason": reason, "date": fields.Date.to_string(pay_by.get(reason))}
            if reason == "discount":
                detail["percent"] = move.invoice_payment_term_id.discount_percentage
            vals[request] = {"urgent_at": moment, "urgency": detail if reason else False}
        return vals

    def _get_urgent_moment(self):
        """Return by when the present level of this request has to decide; nothing once it has ended."""
        return self.state == "pending" and self.urgent_at

    def _describe_urgency(self):
        """Return the sentence that says what makes this request urgent, in the reader's language, or an empty text."""
        self.ensure_one()
        detail = self.urgency or {}
        day = detail.get("date") and format_date(self.env, detail["date"])
        match detail.get("reason"):
            case "deadline":
                moment = format_datetime(self.env, self.deadline, dt_format="short")
                return self.env._("An answer is expected by %s.", moment)
            case "discount":
                names = {"date": day, "percent": f"{detail['percent']:g}"}
                if fields.Date.to_date(detail["date"]) < fields.Date.context_today(self):
                    return self.env._("Its discount of %(percent)s %% ended on %(date)s.", **names)
                return self.env._("Paid by %(date)s, it is %(percent)s %% cheaper.", **names)
            case "due":
                return self.env._("It is due on %s.", day)
            case "law":
                return self.env._("By law it must be paid by %s.", day)
        return ""


class AccountMove(models.Model):
    """The order of queues: what has to be decided first."""

    _inherit = "account.move"

    validation_urgency = fields.Datetime(
        "Decide by",
        compute="_compute_validation",
        store=True,
        copy=False,
        help="By when the present level has to decide: its deadline, or in time to pay by the due date, within a "
        "discount, or within what the law allows.",
    )
    validation_urgency_reason = fields.Char("Why it is urgent", compute="_compute_validation_urgency_reason")

    @api.depends("validation_request_ids.urgent_at")
    def _compute_validation(self):
        super()._compute_validation()
        for moment, moves in self.grouped(lambda move: move.validation_request_id._get_urgent_moment()).items():
            moves.validation_urgency = moment

    @api.depends_context("lang", "tz")
    @api.depends("validation_state", "validation_urgency")
    def _compute_validation_urgency_reason(self):
        for move in self:
            request = move.validation_request_id.sudo() if move.validation_state == "pending" else None
            move.validation_urgency_reason = request._describe_urgency() if request else False

    def _get_payment_dates(self):
        """Return {reason: date} by which this bill is to be paid: within a discount, when due, within the law.

        Nothing for what the company does not pay, and for what has no date yet.
        """
        self.ensure_one()
        if not self.is_purchase_document() or self.move_type == "in_refund" or not self.invoice_date:
            return {}
        terms = self.invoice_payment_term_id
        dates = {
            "discount": terms and terms._get_last_discount_date(self.invoice_date),
            "due": self.invoice_date_due,
            "law": self._get_legal_payment_date(),
        }
        return {reason: day for reason, day in dates.items() if day}

    def _get_legal_payment_date(self):
        """Return the last day that the law of the company's country allows this bill to be paid on, or None.

        An addon for another country extends this.
        """
        self.ensure_one()
        company = self.company_id
        if (company.account_fiscal_country_id or company.country_id).code not in FRENCH_LAW:
            return None
        counting = {END_OF_MONTH.get(line.delay_type) for line in self.invoice_payment_term_id.line_ids} - {None}
        return timing.legal_payment_date(self.invoice_date, max(counting, default=None))
