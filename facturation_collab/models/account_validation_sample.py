from odoo import SUPERUSER_ID, fields, models

from .. import fingerprints
from .account_validation_messages import TO_VALIDATE


class AccountValidationEvent(models.Model):
    _inherit = "account.validation.event"

    type = fields.Selection(selection_add=[("sampled", "Drawn for the sample")], ondelete={"sampled": "cascade"})

    def _get_note(self):
        """A decision says that it was the review of a sampled invoice."""
        note = super()._get_note()
        if isinstance(self.data, dict) and self.data.get("sampled"):
            review = self.env._("Review of the sample: the invoice could have been approved automatically.")
            note = f"{note} {review}".strip()
        return note


class AccountValidationRequest(models.Model):
    """The sample of an automatic approval: people review these low-risk invoices, and know that they do."""

    _inherit = "account.validation.request"

    auto_sampled = fields.Boolean(
        "In the sample",
        readonly=True,
        help="It could have been approved automatically, and was drawn for the sample: people review it.",
    )

    def _is_sampled(self):
        """Tell whether this request is in the sample of its policy."""
        self.ensure_one()
        return fingerprints.is_sampled(self._get_sample_key(), self.policy_id.sudo().auto_sample)

    def _get_sample_key(self):
        """Return what decides whether a request is in the sample: the invoice and the policy, not the try."""
        return f"{self.move_id.id}:{self.policy_id.id}"

    def _draw_sample(self):
        """Record which of these low-risk requests are in the sample, before their first steps open.

        :returns: those requests
        """
        drawn = self.filtered(lambda request: request._is_sampled())
        if drawn:
            engine = drawn.with_user(SUPERUSER_ID).with_context(lang=self.env.lang).sudo()
            engine.env["account.validation.event"]._append(
                [
                    request._prepare_event_vals("sampled", data={"sample": request.policy_id.auto_sample})
                    for request in engine
                ]
            )
            engine._engine().write({"auto_sampled": True})
            engine._log(
                lambda request: self.env._(
                    "Drawn for the sample: this low-risk invoice could have been approved automatically, people review "
                    "it all the same."
                )
            )
        return drawn

    def _get_activity_summary(self, activity_type, user):
        if self.auto_sampled and activity_type.id in self._get_ids(TO_VALIDATE):
            env = self.with_context(lang=user.lang).env
            return env._("Review of the sample: check it, then approve or return")
        return super()._get_activity_summary(activity_type, user)


class AccountValidationStep(models.Model):
    _inherit = "account.validation.step"

    def _get_decision_data(self):
        """The event of a decision keeps that it was the review of a sampled invoice."""
        data = super()._get_decision_data()
        return {**data, "sampled": True} if self.request_id.auto_sampled else data

    def _get_reason_text(self):
        text = super()._get_reason_text()
        if not self.request_id.auto_sampled:
            return text
        return self.env._("%s It is in the sample of those that could have been approved automatically.", text)
