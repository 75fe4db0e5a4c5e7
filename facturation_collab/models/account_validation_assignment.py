import logging

from psycopg2.errors import SerializationFailure

from odoo import api, fields, models

_logger = logging.getLogger(__name__)

AT_ONCE = 20
"""Invoices that people hear of while somebody else waits for their own work to end; of more, in the background."""
BATCH = 100
"""Invoices whose activities are made in one transaction."""


class AccountValidationRequest(models.Model):
    """When those whom an invoice waits for get their activities: at once, or in a moment where it is one of many."""

    _inherit = "account.validation.request"

    activities_due = fields.Boolean(
        readonly=True, help="The job that tells people has still to give their activities to those it waits for."
    )

    _activities_due = models.Index("(id) WHERE activities_due")

    def _is_many(self):
        """Tell whether these are more than people are told of while somebody waits."""
        return len(self) > AT_ONCE

    @api.model
    def _assign_due(self):
        """Give their activities to those whom many invoices wait for, some invoices at a time, each slice committed.

        What somebody decides on at this moment is left for the next run.

        :returns: whether there was time for all
        """
        IrCron = self.env["ir.cron"]
        due = self.search([("activities_due", "=", True)], order="id")
        if not due:
            return True
        time_left = IrCron._commit_progress(remaining=len(due))
        for start in range(0, len(due), BATCH):
            if not time_left:
                return False
            piece = due[start : start + BATCH]
            piece._assign()
            time_left = IrCron._commit_progress(len(piece))
        return bool(time_left)

    def _assign(self):
        """Give their activities to those whom these requests wait for, as far as nobody else holds the requests."""
        try:
            with self.env.cr.savepoint():
                mine = self.try_lock_for_update()
                mine._engine().write({"activities_due": False})
                mine.filtered(lambda request: request.state == "pending")._schedule_activities()
        except SerializationFailure:
            mine = self.browse()
            _logger.info("Somebody decides on requests %s: their activities are made in a moment.", self.ids)
        if mine != self:
            self.env["account.validation.notice"]._send_soon(minutes=1)
