from odoo import api, models
from odoo.exceptions import AccessError

ENGINE = object()
"""Only code that imports this very object can write the records of the engine: a context that comes from a client
cannot.
"""
ENGINE_KEY = "facturation_collab_engine"

ARCHIVED_TOO = {"active_test": False}
"""Context of fields whose values count although they are archived: a voice that was given, a criterion that was set."""


class AccountValidationRecord(models.AbstractModel):
    """Base of what the engine alone writes: requests, steps and events.

    Nobody creates, writes or deletes them through the ORM, ``sudo()`` and administrators included, other than through
    `_engine()`. It is private, so no client calls it, and its guard is an object's identity.
    """

    _name = "account.validation.record"
    _description = "Record written by the validation engine"

    @api.model_create_multi
    def create(self, vals_list):
        self._check_engine()
        return super().create(vals_list)

    def write(self, vals):
        self._check_engine()
        return super().write(vals)

    def unlink(self):
        self._check_engine()
        return super().unlink()

    def copy(self, default=None):  # pylint: disable=method-required-super
        raise AccessError(self.env._("The history of a validation cannot be copied."))

    def _engine(self):
        """Return these records for one write of the engine. Call it where the write is, after the predicate that
        allows it.
        """
        return self.sudo().with_context(**{ENGINE_KEY: ENGINE})

    def _check_engine(self):
        """:raises AccessError: when the caller is not the engine"""
        if self.env.context.get(ENGINE_KEY) is not ENGINE:
            raise AccessError(
                self.env._(
                    "“%s” is kept by the validation itself and cannot be changed by hand. "
                    "Submit, approve, return, reject or cancel the invoice instead.",
                    self.env["ir.model"]._get(self._name).name,
                ),
            )
