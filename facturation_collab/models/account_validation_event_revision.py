from odoo import fields, models


class AccountValidationEvent(models.Model):
    _inherit = "account.validation.event"

    revision = fields.Integer(
        "Version of the invoice",
        readonly=True,
        help="Which version of the invoice's content there was when it happened; the history compares from there.",
    )


class AccountValidationRequest(models.Model):
    _inherit = "account.validation.request"

    def _prepare_event_vals(self, event_type, step=None, comment=None, data=None):
        """Add the version. It is not hashed: the fingerprint already proves what was agreed to."""
        vals = super()._prepare_event_vals(event_type, step, comment, data)
        return {**vals, "revision": self.move_id.sudo().content_revision}
