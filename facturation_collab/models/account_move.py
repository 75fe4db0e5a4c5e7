from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .account_validation_record import ARCHIVED_TOO, ENGINE, ENGINE_KEY

FACTS = ("state", "policy_id", "submitter_id", "since", "deadline")
"""What an invoice repeats of its latest request."""


class AccountMove(models.Model):
    """Where an invoice stands in its validation, for lists and rules, and the public methods that move it on."""

    _inherit = "account.move"

    validation_request_ids = fields.One2many(
        "account.validation.request", "move_id", string="Validation requests", readonly=True
    )
    validation_request_id = fields.Many2one(
        "account.validation.request",
        string="Latest request",
        compute="_compute_validation",
        store=True,
        copy=False,
        index="btree_not_null",
    )
    validation_state = fields.Selection(
        [
            ("pending", "To validate"),
            ("approved", "Approved"),
            ("returned", "Returned"),
            ("rejected", "Rejected"),
            ("cancelled", "Cancelled"),
            ("forced", "Posted without validation"),
        ],
        string="Validation",
        compute="_compute_validation",
        store=True,
        copy=False,
        index="btree_not_null",
        help="Where the invoice stands in its validation. Empty: never submitted.",
    )
    validation_policy_id = fields.Many2one(
        "account.validation.policy",
        compute="_compute_validation",
        store=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    validation_submitter_id = fields.Many2one(
        "res.users",
        string="Submitted by",
        compute="_compute_validation",
        store=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    validation_waiting_user_ids = fields.Many2many(
        "res.users",
        "account_move_validation_waiting_rel",
        "move_id",
        "user_id",
        string="Waiting for",
        compute="_compute_validation",
        store=True,
        copy=False,
        context=ARCHIVED_TOO,  # as that of the request
        help="Who can approve the invoice now.",
    )
    validation_participant_ids = fields.Many2many(
        "res.users",
        "account_move_validation_participant_rel",
        "move_id",
        "user_id",
        string="Participants",
        compute="_compute_validation",
        store=True,
        copy=False,
        help="Everybody who submitted the invoice or was asked to validate it; they may read it.",
    )
    validation_since = fields.Datetime(
        string="Waiting since",
        compute="_compute_validation",
        store=True,
        copy=False,
        help="Since when the present people have the invoice.",
    )
    validation_deadline = fields.Datetime(
        compute="_compute_validation", store=True, copy=False, help="When the present people must have decided."
    )

    @api.depends(
        "validation_request_ids.state",
        "validation_request_ids.waiting_user_ids",
        "validation_request_ids.participant_ids",
        "validation_request_ids.since",
        "validation_request_ids.deadline",
    )
    def _compute_validation(self):
        facts = defaultdict(list)
        people = defaultdict(list)
        for move in self:
            requests = move.validation_request_ids
            request = max(requests, key=lambda request: request.id or 0, default=requests)
            move.validation_request_id = request
            facts[tuple(request[name] for name in FACTS)].append(move.id)
            people[request.waiting_user_ids, requests.participant_ids].append(move.id)
        # Written once for all invoices that have the same: people cost queries, the rest costs time.
        for values, move_ids in facts.items():
            moves = self.browse(move_ids)
            for name, value in zip(FACTS, values, strict=True):
                moves[f"validation_{name}"] = value
        for (waiting, participants), move_ids in people.items():
            moves = self.browse(move_ids)
            moves.validation_waiting_user_ids = waiting
            moves.validation_participant_ids = participants

    # CRUD

    @api.model_create_multi
    def create(self, vals_list):
        prefix = "default_validation_"
        if any(key.startswith(prefix) for key in self.env.context):
            kept = {key: value for key, value in self.env.context.items() if not key.startswith(prefix)}
            self = self.with_env(self.env(context=kept))
        for vals in vals_list:
            self._check_validation_vals(vals)
        # A copy is natively created on its original and writes on it too, which a department user may not do.
        moves = super(AccountMove, self.browse() if self._is_copied_by_department_user() else self).create(vals_list)
        moves._check_posted_is_validated()
        return moves

    def _is_copied_by_department_user(self):
        return bool(self) and not self.env.su and self.env.user._is_department_user()

    def write(self, vals):
        self._check_validation_vals(vals)
        posting = self.browse()
        if vals.get("state") == "posted":
            posting = self._check_posting(vals)
        res = super().write(vals)
        posting._check_posted_is_validated()
        if vals.get("state") in ("posted", "cancel"):
            self._end_pending_requests()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_validated(self):
        for move in self.sudo().filtered("validation_request_id"):
            raise UserError(
                self.env._(
                    "“%s” has a validation history, which must be kept: cancel it instead of deleting it.",
                    move.display_name,
                ),
            )

    def _check_validation_vals(self, vals):
        """:raises AccessError: when values that belong to the engine come from elsewhere"""
        forbidden = [name for name in vals if name.startswith("validation_") and name in self._fields]
        if forbidden and self.env.context.get(ENGINE_KEY) is not ENGINE:
            raise AccessError(
                self.env._(
                    "“%s” follows from the validation and cannot be changed by hand. Submit, approve, return or "
                    "reject the invoice instead.",
                    self._fields[forbidden[0]]._description_string(self.env),
                ),
            )

    def _end_pending_requests(self):
        """Close the requests under way on invoices that were posted (a policy that only observes) or cancelled.

        Nobody has anything left to do on such an invoice, whatever became of its request.
        """
        requests = self.sudo().validation_request_id
        pending = requests.filtered(lambda request: request.state == "pending")
        if returned := requests.filtered(lambda request: request.state == "returned"):
            returned._close_activities()
        if pending:
            pending._lock()
            pending.filtered(lambda request: request.state == "pending")._close(
                "cancelled",
                self.env._("The invoice was posted or cancelled before its validation had ended."),
            )
