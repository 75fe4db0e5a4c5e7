from odoo import api, models

OURS = ("facturation_collab",)
"""The modules of a field that this addon alone defines."""


class AccountOutsideFieldsMixin(models.AbstractModel):
    """What this addon adds to a document is for people inside: customers and vendors may read their posted invoices
    natively, by programs too, and would find departments, names and comments there.
    """

    _name = "account.outside.fields.mixin"
    _description = "Fields that people outside do not read"

    @api.model
    def _has_field_access(self, field, operation):
        """Deny people outside every field that this addon alone defines."""
        # Odoo asks at each access to each field: what has no groups and is not ours is answered at once, as it would.
        if field._modules != OURS:
            return not field.groups or super()._has_field_access(field, operation)
        return super()._has_field_access(field, operation) and (self.env.su or self.env.user._is_internal())


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "account.outside.fields.mixin"]


class AccountMoveLine(models.Model):
    _name = "account.move.line"
    _inherit = ["account.move.line", "account.outside.fields.mixin"]


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "account.outside.fields.mixin"]
