from freezegun import freeze_time

from odoo import Command

from odoo.addons.base.models.ir_cron import IrCron

from .validation_common import ValidationCase


class TimeCase(ValidationCase):
    """A company that works in Paris from eight to twelve and from one to five, and two people without a role."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.sudo().mode = "off"
        cls.company.sudo().resource_calendar_id = cls._create_calendar()
        cls.ann = cls._create_user("ann", groups="facturation_collab.group_user")
        cls.bob = cls._create_user("bob", groups="facturation_collab.group_user")

    def setUp(self):
        super().setUp()
        self.progress, self.time_left = [], 60

        def commit_progress(cron, processed=0, *, remaining=None, deactivate=False):
            cron.env.flush_all()
            self.progress.append((processed, remaining))
            return self.time_left

        self.patch(IrCron, "_commit_progress", commit_progress)

    @classmethod
    def _create_calendar(cls, days=range(5), hours=((8, 12), (13, 17)), tz="Europe/Paris"):
        lines = [
            Command.create({"name": "Work", "dayofweek": str(day), "hour_from": start, "hour_to": end})
            for day in days
            for start, end in hours
        ]
        vals = {"name": "Office", "tz": tz, "company_id": cls.company.id, "attendance_ids": [Command.clear(), *lines]}
        return cls.env["resource.calendar"].sudo().create(vals)

    @classmethod
    def _named(cls, users, name="Level", **vals):
        """A level that asks these users."""
        return cls._level(name, approver_type="user", user_ids=users.ids, **vals)

    def _submit_at(self, moment, *levels, bills=None, **vals):
        """Submit bills under a policy with these levels, at a moment in UTC; return the requests."""
        self._create_policy("Policy", *levels, **vals)
        with freeze_time(moment):
            return self._submit(bills or self._create_bill())

    def _follow_up_at(self, moment):
        """Run the job of reminders and escalations at a moment in UTC."""
        with freeze_time(moment):
            self.env["account.validation.step"]._cron_follow_up()
        self.env.invalidate_all()

    def _get_messages(self, user):
        """Messages addressed to a user, the latest first."""
        domain = [("partner_ids", "in", user.partner_id.ids)]
        return self.env["mail.message"].sudo().search(domain, order="id desc")

    def _events(self, request, event_type):
        return request.event_ids.filtered(lambda event: event.type == event_type).sorted("sequence")

    def _count_queries(self, function, *args):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        function(*args)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before
