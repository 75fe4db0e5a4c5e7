from odoo import api, fields, models


class AccountMove(models.Model):
    """How late an answer is, in working time of the company. It changes as time goes by, so it is not stored."""

    _inherit = "account.move"

    validation_lateness = fields.Char("Late", compute="_compute_validation_lateness")

    @api.depends_context("lang")
    @api.depends("validation_state", "validation_deadline")
    def _compute_validation_lateness(self):
        deadlines = {move: move.validation_deadline for move in self if move.validation_is_late}
        texts = self._describe_lateness(deadlines)
        for move in self:
            move.validation_lateness = texts.get(move, False)

    @api.model
    def _describe_lateness(self, deadlines):
        """Return {invoice: sentence} from {invoice: deadline that is over}; one reading of each company's hours."""
        now = fields.Datetime.now()
        clocks, texts = {}, {}
        for company in self.browse().union(*deadlines).company_id.sudo():
            calendar = company.resource_calendar_id
            clocks[company] = (calendar and calendar._get_company_hours(company), calendar.hours_per_day or 8.0)
            if calendar:
                clocks[company][0].cover(min(d for move, d in deadlines.items() if move.company_id == company), now)
        for move, deadline in deadlines.items():
            clock, day = clocks[move.company_id]
            hours = clock.between(deadline, now) if clock else (now - deadline).total_seconds() / 3600
            texts[move] = self._describe_working_time(hours, day)
        return texts

    @api.model
    def _describe_working_time(self, hours, hours_per_day):
        """Return how late something is, in whole working days, else in hours."""
        days = int(hours / hours_per_day + 0.01)
        if days > 1:
            return self.env._("Late by %s working days", days)
        if days == 1:
            return self.env._("Late by one working day")
        if hours >= 2:
            return self.env._("Late by %s working hours", int(hours))
        return self.env._("Late by one working hour") if hours >= 1 else self.env._("Late")

    # Panel

    def _get_panel_run(self, request):
        return {**super()._get_panel_run(request), "urgency": self.validation_urgency_reason or None}

    def _get_panel_step(self, step):
        panel = super()._get_panel_step(step)
        late = self._describe_lateness({step.move_id: step.deadline}) if panel["late"] else {}
        return {**panel, "lateness": late.get(step.move_id)}
