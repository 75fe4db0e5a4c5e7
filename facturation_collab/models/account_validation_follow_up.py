import logging
from collections import defaultdict

from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import timing

_logger = logging.getLogger(__name__)

BATCH = 50
"""Steps that are followed up in one transaction."""
FOLLOW_UP = (
    *("reminder", "reminder_hours", "reminder_interval", "reminder_count"),
    *("escalation", "escalation_hours", "escalation_count"),
)


class AccountValidationLevel(models.Model):
    """What happens when a level does not answer: reminders, then others are asked."""

    _inherit = "account.validation.level"

    reminder = fields.Selection(
        [("none", "None"), ("before", "Before the deadline"), ("after", "After the deadline")],
        required=True,
        default="none",
    )
    reminder_hours = fields.Float(
        "Hours from the deadline", help="Working hours between the deadline and the first reminder."
    )
    reminder_interval = fields.Float(
        "Repeat every (working hours)", help="Working hours until the next reminder. 0 means a single one."
    )
    reminder_count = fields.Integer("Number of reminders", default=1, help="No more reminders are sent than these.")
    escalation = fields.Selection(
        [
            ("none", "Nobody"),
            ("manager", "Managers of the department, then of those above"),
            ("next", "Approvers of the next levels"),
            ("user", "A named user"),
        ],
        string="When it is late, also ask",
        required=True,
        default="none",
        help="They can approve in addition to the people who were asked before.",
    )
    escalation_hours = fields.Float(
        "After (working hours late)",
        default=8.0,
        help="Working hours after the deadline, and between one escalation and the next.",
    )
    escalation_count = fields.Integer("Number of escalations", default=1, help="How far up it goes at most.")
    escalation_user_id = fields.Many2one("res.users", string="Named user", domain="[('share', '=', False)]")

    _follow_up_needs_deadline = models.Constraint(
        "CHECK((reminder = 'none' AND escalation = 'none') OR COALESCE(deadline_hours, 0) > 0)",
        "Reminders and escalations count from the deadline: give the level a deadline.",
    )
    _follow_up_positive = models.Constraint(
        "CHECK(reminder_hours >= 0 AND reminder_interval >= 0 AND reminder_count > 0 AND escalation_hours > 0 "
        "AND escalation_count > 0)",
        "Hours and numbers of reminders and escalations must be positive.",
    )
    _escalation_user_named = models.Constraint(
        "CHECK(escalation <> 'user' OR escalation_user_id IS NOT NULL)",
        "Say which user is asked when the level is late.",
    )

    def _get_follow_up(self):
        """Return the plain values that a step freezes of this, False when nothing happens."""
        self.ensure_one()
        if self.reminder == "none" and self.escalation == "none":
            return False
        return {**{name: self[name] for name in FOLLOW_UP}, "escalation_user_id": self.escalation_user_id.id}


class AccountValidationRequest(models.Model):
    _inherit = "account.validation.request"

    def _prepare_step_vals(self, level, move, approvers):
        return {**super()._prepare_step_vals(level, move, approvers), "follow_up": level._get_follow_up()}


class AccountValidationStep(models.Model):
    """When an open step is followed up next. A moment that has passed is due, and is moved on in the same transaction
    that acts on it: whoever comes second finds nothing to do.
    """

    _inherit = "account.validation.step"

    follow_up = fields.Json(readonly=True, help="Frozen choice of the level: reminders and escalation.")
    next_reminder_at = fields.Datetime(readonly=True)
    reminders_sent = fields.Integer(readonly=True)
    next_escalation_at = fields.Datetime(readonly=True)
    escalations_done = fields.Integer(readonly=True)

    _next_reminder_open = models.Index("(next_reminder_at) WHERE state = 'open' AND next_reminder_at IS NOT NULL")
    _next_escalation_open = models.Index("(next_escalation_at) WHERE state = 'open' AND next_escalation_at IS NOT NULL")

    def _prepare_opening_vals(self, clock, start):
        vals, choice = super()._prepare_opening_vals(clock, start), self.follow_up
        if not choice or not vals["deadline"]:
            return vals
        escalates = choice["escalation"] != "none"
        return {
            **vals,
            "next_reminder_at": timing.first_reminder(clock, choice, start, vals["deadline"]) or False,
            "next_escalation_at": (escalates and clock.after(vals["deadline"], choice["escalation_hours"])) or False,
        }

    @api.model
    def _cron_follow_up(self):
        """Remind and escalate what is due, some steps at a time, each slice committed.

        Several nodes may do this at once: a slice takes what nobody else holds. An invoice on which somebody decides at
        this moment is left for the next run.
        """
        IrCron = self.env["ir.cron"]
        for name, act in (("next_reminder_at", "_remind"), ("next_escalation_at", "_escalate")):
            due = self.sudo().search([("state", "=", "open"), (name, "<=", fields.Datetime.now())], order=f"{name}, id")
            time_left = IrCron._commit_progress(remaining=len(due))
            for start in range(0, len(due), BATCH):
                if not time_left:
                    return
                piece = due[start : start + BATCH]
                piece._follow_up(name, act)
                time_left = IrCron._commit_progress(len(piece))

    def _follow_up(self, name, act):
        """Act on those of these steps that are due still; what fails is logged and holds up nothing else."""
        try:
            with self.env.cr.savepoint():
                if steps := self._lock_due(name):
                    getattr(steps, act)()
        except SerializationFailure:
            _logger.info("Steps %s are followed up by somebody else.", self.ids)
        except UserError as error:
            _logger.error("Steps %s could not be followed up: %s", self.ids, error)

    def _lock_due(self, name):
        """Return those of these steps that are due, and that this transaction holds with their requests and invoices:
        in the order of locks of a decision, without waiting.
        """
        moves = self.move_id.sudo().try_lock_for_update(allow_referencing=True)
        requests = self.request_id.filtered(lambda request: request.move_id in moves).try_lock_for_update()
        steps = self.filtered(lambda step: step.request_id in requests).try_lock_for_update()
        steps.invalidate_recordset(flush=False)
        now = fields.Datetime.now()
        return steps.filtered(lambda step: step.state == "open" and step[name] and step[name] <= now)

    def _write_follow_up(self, vals_by_step):
        """Write different values on these steps, once for all that get the same.

        :param vals_by_step: {step: frozendict}
        """
        groups = defaultdict(self.browse)
        for step, vals in vals_by_step.items():
            groups[vals] |= step
        for vals, steps in groups.items():
            steps._engine().write(dict(vals))
