from odoo import fields, models


class AccountValidationSealLeaf(models.Model):
    """One sealed chain: which request and invoice, up to which event, and the hash of that event.

    Rows rather than one text on the seal, so that verifying one invoice reads its own leaves by index. Plain numbers
    rather than foreign keys: a leaf has to outlive a request that somebody removes, and a foreign key would make
    sealing lock the request.
    """

    _name = "account.validation.seal.leaf"
    _inherit = "account.validation.record"
    _description = "Sealed validation"
    _order = "seal_id, position"
    _rec_name = "request_ref"
    _log_access = False
    _leaf_fields = ("request_ref", "move_ref", "event_sequence", "event_hash")

    seal_id = fields.Many2one("account.validation.seal", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="seal_id.company_id")
    position = fields.Integer(required=True, readonly=True, help="Position in the tree of the seal, from 0.")
    request_ref = fields.Integer(string="Request", required=True, readonly=True, help="Number of the request.")
    move_ref = fields.Integer(string="Invoice", required=True, readonly=True, index=True, help="Number of the invoice.")
    event_sequence = fields.Integer(string="Events", required=True, readonly=True, help="Position of the last event.")
    event_hash = fields.Char(string="Hash", required=True, readonly=True, help="Hash of the last event.")

    _request_sequence = models.Index("(request_ref, event_sequence)")

    def _get_leaf(self):
        """Return what the tree of the seal covers of this leaf."""
        self.ensure_one()
        return [self[name] for name in self._leaf_fields]
