import logging

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)

BATCH = 50
"""Questions that are escalated in one transaction."""


class AccountInvoiceQuestion(models.Model):
    """Late answers: managers of whoever is asked hear of them, once."""

    _inherit = "account.invoice.question"

    @api.model
    def _cron_escalate(self):
        """Tell managers of the questions that are late, some at a time, each slice committed. Several nodes may do
        this at once: a slice takes what nobody else holds.
        """
        IrCron = self.env["ir.cron"]
        domain = [("state", "=", "open"), ("escalated_at", "=", False), ("deadline", "<=", fields.Datetime.now())]
        due = self.sudo().search(domain, order="deadline, id")
        time_left = IrCron._commit_progress(remaining=len(due))
        for start in range(0, len(due), BATCH):
            if not time_left:
                return
            piece = due[start : start + BATCH]
            for question in piece.try_lock_for_update():
                question._escalate_safely()
            time_left = IrCron._commit_progress(len(piece))

    def _escalate_safely(self):
        """Escalate this question; what fails is logged and holds up nothing else."""
        try:
            with self.env.cr.savepoint():
                if self.state == "open" and not self.escalated_at:
                    self._engine().write({"escalated_at": fields.Datetime.now()})
                    self._escalate()
        except UserError as error:
            _logger.error("Question %s could not be escalated: %s", self.id, error)

    def _escalate(self):
        """Tell whoever is asked and their managers that the answer is late."""
        managers = self._get_late_managers()
        sentence = self.env._("The answer of %s is late.", self._get_waited_for())
        self._tell(Markup("<p>%s</p>") % sentence, (managers.partner_id | self._get_asked_partners()))
        self._note_on_moves(lambda question: sentence, "name")

    def _get_late_managers(self):
        """Return the managers of the asked department, of the departments of the asked person, else of that of the
        invoice.
        """
        departments = self.department_id
        if self.user_id:
            domain = [("user_id", "=", self.user_id.id), ("is_current", "=", True)]
            departments = self.env["account.department.member"].sudo().search(domain).department_id
        departments = departments or self.move_id.department_id
        managers = self.env["res.users"].union(*(department._get_managers_above() for department in departments))
        return managers.sudo().filtered(self.move_id._is_readable_by)
