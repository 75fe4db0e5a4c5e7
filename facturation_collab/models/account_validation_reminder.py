from collections import defaultdict

from odoo import fields, models
from odoo.tools import frozendict

from .. import timing


class AccountValidationStep(models.Model):
    """Reminding the people who have a step and did not answer."""

    _inherit = "account.validation.step"

    def _remind(self):
        """Remind whoever can act on these steps, which the caller has locked and found due; record it in the chain.

        One message per person, however many invoices; it obeys their digest and quiet hours.
        """
        self.approver_ids._get_persons()
        now = fields.Datetime.now()
        clocks = self._get_clocks(now)
        readers, events, vals = defaultdict(self.request_id.browse), [], {}
        for step in self:
            users, number = step._get_actors(), step.reminders_sent + 1
            data = {"number": number, "users": users.ids}
            events.append(step.request_id._prepare_event_vals("reminded", step, data=data))
            clock = clocks[step]
            following = timing.next_reminder(clock, step.follow_up, number, now) if clock else None
            vals[step] = frozendict(reminders_sent=number, next_reminder_at=following or False)
            for user in users:
                readers[user] |= step.request_id
        self.env["account.validation.event"].sudo()._append(events)
        self._write_follow_up(vals)
        self.request_id._notify_each(
            readers, lambda env: env._("These invoices still wait for your validation:"), kind="reminded"
        )
