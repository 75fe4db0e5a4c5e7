from odoo import api, fields, models

from .. import chains


class AccountValidationEvent(models.Model):
    """Append-only record of what happened to a request, each event chained to the one before by its hash."""

    _name = "account.validation.event"
    _inherit = "account.validation.record"
    _description = "Validation event"
    _order = "request_id desc, sequence"
    _rec_name = "type"

    request_id = fields.Many2one("account.validation.request", required=True, readonly=True, ondelete="restrict")
    step_id = fields.Many2one("account.validation.step", readonly=True, index="btree_not_null", ondelete="restrict")
    move_id = fields.Many2one(related="request_id.move_id")
    sequence = fields.Integer(required=True, readonly=True, help="Position in the chain of the request, from 1.")
    type = fields.Selection(
        [
            ("submitted", "Submitted"),
            ("opened", "Opened"),
            ("approved", "Approved"),
            ("returned", "Returned"),
            ("rejected", "Rejected"),
            ("cancelled", "Cancelled"),
            ("closed", "Closed"),
            ("recorded", "Recorded without submission"),
            ("forced", "Posted without validation"),
            ("reviewed", "Reviewed"),
            ("changed", "Changed after posting"),
            ("reset", "Reset to draft"),
            ("invoice_cancelled", "Invoice cancelled"),
            ("paid_early", "Paid before approval"),
            ("reminded", "Reminded"),
            ("escalated", "Others asked"),
            ("carried", "Earlier approval stands"),
            ("returned_to", "Returned to an earlier level"),
        ],
        required=True,
        readonly=True,
    )
    user_id = fields.Many2one("res.users", required=True, readonly=True, ondelete="restrict")
    date = fields.Datetime(required=True, readonly=True)
    comment = fields.Text(readonly=True)
    data = fields.Json(readonly=True)
    previous_hash = fields.Char(readonly=True)
    hash = fields.Char(readonly=True)
    version = fields.Integer(readonly=True, help="Version of the canonical form that was hashed; none is the first.")

    # Its index serves to find the events of a request too.
    _request_sequence_unique = models.Constraint(
        "UNIQUE(request_id, sequence)",
        "Another event was recorded on this request at the same moment. Reload the invoice and try again.",
    )

    @api.model
    def _append(self, entries):
        """Append events to the chains of their requests, in order.

        :param entries: list of dicts as made by `account.validation.request._prepare_event_vals`
        :returns: the events
        """
        heads = self._get_heads([vals["request_id"] for vals in entries])
        for vals in entries:
            sequence, previous = heads.get(vals["request_id"], (0, ""))
            vals |= {"sequence": sequence + 1, "previous_hash": previous, "version": chains.EVENT_VERSION}
            vals["hash"] = chains.chained_hash(previous, self._get_payload(vals))
            heads[vals["request_id"]] = (vals["sequence"], vals["hash"])
        return self._engine().create(entries)

    @api.model
    def _get_heads(self, request_ids):
        """Return {request id: (sequence, hash)} of the last event of each request, in one query."""
        self.flush_model(["request_id", "sequence", "hash"])
        self.env.cr.execute(
            """SELECT DISTINCT ON (request_id) request_id, sequence, hash FROM account_validation_event
               WHERE request_id = ANY(%s) ORDER BY request_id, sequence DESC""",
            [list(request_ids)],
        )
        return {request_id: (sequence, hash_) for request_id, sequence, hash_ in self.env.cr.fetchall()}

    @api.model
    def _get_payload(self, vals):
        """Return what the hash of an event covers, from its values, in the version that they name."""
        return chains.event_payload(vals, fields.Datetime.to_string(vals["date"]), vals.get("version") or 1)

    def _get_links(self):
        """Return these events as links of their chain, by sequence: (sequence, previous hash, hash, payload)."""
        return [
            (event.sequence, event.previous_hash or "", event.hash, self._get_payload(event._get_hashed_values()))
            for event in self.sorted("sequence")
        ]

    def _get_hashed_values(self):
        """Return the values of one event that its hash covers."""
        self.ensure_one()
        values = {name: self[name] for name in (*chains.EVENT_FIELDS, "date", "version")}
        return {name: value.id if isinstance(value, models.BaseModel) else value for name, value in values.items()}

    def _is_chain_intact(self):
        """Tell whether the events of one request are numbered without a hole and hash to what was recorded."""
        return chains.broken_link(self._get_links()) is None
