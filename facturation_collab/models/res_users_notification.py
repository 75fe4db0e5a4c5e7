from odoo import fields, models

from .. import timing

PREFERENCES = (
    "validation_notification",
    "validation_digest_hour",
    "validation_quiet_from",
    "validation_quiet_to",
)


class ResUsers(models.Model):
    """When somebody wants to hear of validations, in their own preferences."""

    _inherit = "res.users"

    validation_notification = fields.Selection(
        [("at_once", "At once"), ("digest", "One message a day")],
        string="What waits for my validation",
        required=True,
        default="at_once",
        help="With one message a day, what waits for you and how the validations that concern you ended come together. "
        "What is late and asks you too, or was posted without validation, is told at once in any case.",
    )
    validation_digest_hour = fields.Float("Hour of that message", default=8.0)
    validation_quiet_from = fields.Float("Quiet from", help="Nothing about validations is sent in these hours.")
    validation_quiet_to = fields.Float("Quiet until", help="The same hour twice means no quiet hours.")

    _validation_hours = models.Constraint(
        "CHECK(validation_digest_hour >= 0 AND validation_digest_hour < 24 AND validation_quiet_from >= 0 "
        "AND validation_quiet_from < 24 AND validation_quiet_to >= 0 AND validation_quiet_to < 24)",
        "Hours of a day go from 0:00 to 23:59.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return [*super().SELF_READABLE_FIELDS, *PREFERENCES]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return [*super().SELF_WRITEABLE_FIELDS, *PREFERENCES]

    def _get_held_until(self, now):
        """Return when to tell this user what happens now, in UTC; None for at once."""
        user = self.sudo()
        digest_hour = user.validation_digest_hour if user.validation_notification == "digest" else None
        quiet = (user.validation_quiet_from, user.validation_quiet_to)
        return timing.held_until(now, user.tz or "UTC", digest_hour, quiet)
