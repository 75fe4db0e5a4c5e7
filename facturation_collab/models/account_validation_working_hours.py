from pytz import timezone, utc

from odoo import models
from odoo.fields import Domain
from odoo.tools import frozendict

from .. import timing


class AccountValidationStep(models.Model):
    """Until when a step has to be decided, in the working hours of the people that it asks."""

    _inherit = "account.validation.step"

    def _get_opening_vals(self, start):
        """Return {step: values} that these steps get when they open, from a start in UTC, as frozendicts; a constant
        number of queries per batch.
        """
        return {
            step: frozendict(step._prepare_opening_vals(clock, start))
            for step, clock in self._get_clocks(start).items()
        }

    def _prepare_opening_vals(self, clock, start):
        """Return the values that this step gets when it opens. Runs no query of its own.

        :param clock: timing.WorkingHours of the approver whose hours are over first, None without a deadline
        """
        self.ensure_one()
        return {"deadline": (clock and clock.after(start, self.deadline_hours)) or False}

    def _get_clocks(self, start):
        """Return {step: timing.WorkingHours} of the approver whose deadline comes first, None without a deadline.

        :param start: from when on the hours of the deadline are counted, in UTC
        """
        timed = self.filtered("deadline_hours")
        # The step of a forecast is virtual, and so are its people; their hours are those of the real ones.
        users = timed.approver_ids._origin.filtered("active")
        hours = users._get_working_hours(timed.request_id.company_id._origin) if timed else {}
        clocks = {}
        for step in self:
            company = step.request_id.company_id._origin
            # Several approvers mostly share the same hours.
            found = dict.fromkeys(hours[user, company] for user in step.approver_ids._origin & users)
            ends = {clock: clock.after(start, step.deadline_hours) for clock in found if clock} if step in timed else {}
            clocks[step] = min((clock for clock in ends if ends[clock]), key=ends.get, default=None)
        return clocks


class ResUsers(models.Model):
    _inherit = "res.users"

    def _get_working_hours(self, companies):
        """Return {(user, company): timing.WorkingHours}, None for a company without working hours.

        They are those of the user's employee, else those of the company on the clock of the user. Public holidays are
        taken out, the leaves of a person are not: an absence is a matter of delegation and escalation, and does not
        stop the clock of a bill. One query for all employees; each set of working hours is read once, when needed.
        """
        domain = Domain("user_id", "in", self.ids) & Domain("calendar_id", "!=", False)
        resources = self.env["resource.resource"].sudo().search(domain, order="id desc")
        own = {(resource.user_id.id, resource.company_id.id): resource for resource in resources}
        anywhere = {resource.user_id.id: resource for resource in resources}
        clocks, found = {}, {}
        for company in companies:
            for user in self:
                resource = own.get((user.id, company.id)) or anywhere.get(user.id)
                calendar = resource.calendar_id if resource else company.sudo().resource_calendar_id
                key = (company.id, calendar.id, resource.tz if resource else user.sudo().tz or calendar.tz)
                if key not in clocks:
                    clocks[key] = calendar._get_company_hours(company, key[2]) if calendar else None
                found[user, company] = clocks[key]
        return found


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    def _get_company_hours(self, company, tz=None):
        """Return these working hours as timing.WorkingHours, without the public holidays of a company.

        :param tz: name of the time zone on whose clock the hours are, by default that of the calendar
        """
        self.ensure_one()
        calendar, zone = self.sudo(), timezone(tz or self.sudo().tz or "UTC")
        holidays = Domain("time_type", "=", "leave") & Domain("resource_id", "=", False)
        holidays &= Domain("company_id", "in", (company.id, False))

        def read(start, end):
            bounds = (utc.localize(start), utc.localize(end))
            intervals = calendar._work_intervals_batch(*bounds, domain=list(holidays), tz=zone)[False]
            return [
                tuple(moment.astimezone(utc).replace(tzinfo=None) for moment in (opening, closing))
                for opening, closing, _attendance in intervals
            ]

        return timing.WorkingHours(read)
