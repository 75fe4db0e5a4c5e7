import logging
from collections import defaultdict

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount

from ..calls import check_call

_logger = logging.getLogger(__name__)

SLICE = 20
"""Invoices decided in one call, and so in one transaction."""


class AccountValidationBulkWizard(models.TransientModel):
    """Decides on several invoices: first a summary, then those together that need no second look.

    The client sends what the person saw in slices and shows the progress. Each slice is a transaction of its own, by
    the person in their session: closing the browser stops between two slices and leaves nothing half done.
    """

    _name = "account.validation.bulk.wizard"
    _description = "Decision on several invoices"

    move_ids = fields.Many2many("account.move", string="Invoices", required=True)
    outcome = fields.Selection(
        [("approve", "Approve"), ("return", "Return"), ("reject", "Reject")],
        string="Decision",
        required=True,
        default="approve",
    )
    comment = fields.Text()
    summary = fields.Json(compute="_compute_summary")

    @api.depends_context("uid", "lang")
    @api.depends("move_ids", "outcome", "comment")
    def _compute_summary(self):
        for wizard in self:
            wizard.summary = wizard._get_summary() if wizard.outcome else {}

    def _get_summary(self):
        """Return what would happen: the clean invoices by currency, the others with the reason why they are apart."""
        moves = self.move_ids._origin
        reasons = self._get_reasons(moves)
        clean = moves.filtered(lambda move: move not in reasons)
        return {
            "outcome": self.outcome,
            "slice": SLICE,
            "clean": [[move.id, move.sudo().validation_request_id.id] for move in clean],
            "totals": self._get_totals(clean),
            "apart": [self._describe(move, reason) for move, reason in reasons.items()],
        }

    def _get_totals(self, moves):
        """Return the totals in each currency, as texts; nothing where this person does not see amounts."""
        sums = defaultdict(float)
        for move, values in zip(moves, moves.read(["amount_total"]), strict=True):
            if values["amount_total"] is False:
                return []
            sums[move.currency_id] += values["amount_total"]
        return [format_amount(self.env, amount, currency) for currency, amount in sums.items()]

    def _describe(self, move, reason):
        return {"id": move.id, "name": move._get_validation_title(), "reason": reason}

    def _get_reasons(self, moves):
        """Return {invoice: sentence} of those that are not decided together with the others, and why.

        A constant number of queries per batch.
        """
        requests = moves.sudo().validation_request_id
        # Read once for all invoices who is the same person as whom.
        (requests.step_ids.approver_ids | moves.sudo()._get_concerned_users() | self.env.user)._get_persons()
        warnings = moves._get_bank_warnings() if self.outcome == "approve" else {}
        reasons = {move: self._get_reason(move) or warnings.get(move.id) for move in moves}
        return {move: reason for move, reason in reasons.items() if reason}

    def _get_reason(self, move):
        """Return why the present user has to look at this invoice by itself, or an empty text."""
        request = move.sudo().validation_request_id
        if not request:
            return self.env._("It was not submitted for validation.")
        step, refusal = request._get_decidable_step(self.env.user, self.outcome)
        if not step:
            return refusal
        if step not in step._get_proven(self.outcome):
            return step._get_authentication_refusal()
        if self.outcome == "approve" and step.comment_required and not (self.comment or "").strip():
            return self.env._("This level asks for a comment with the approval: add one.")
        return ""

    def action_decide_slice(self, pairs):
        """Decide on some of the clean invoices, as the summary named them.

        :param pairs: [[invoice id, request id]], at most 20; a request that is no longer the one that the person saw is
            left out
        :returns: {"done": [invoice id], "failed": [{"id", "name", "reason"}]}
        :raises UserError: when a return or a rejection has no comment
        """
        check_call(self, single=True)
        seen = self._read_pairs(pairs)
        moves = self.move_ids.filtered(lambda move: move.id in seen)
        moves.check_access("read")
        if moves:
            self.env["account.validation.step"]._check_comment(self.outcome, self.comment)
        newer = moves.filtered(lambda move: move.sudo().validation_request_id.id != seen[move.id])
        failed = dict.fromkeys(newer, self.env._("It was submitted again in the meantime: look at the new version."))
        failed |= self._get_reasons(moves - newer)
        ready = moves.filtered(lambda move: move not in failed)
        failed |= self._decide_safely(ready)
        return {
            "done": [move.id for move in moves if move not in failed],
            "failed": [self._describe(move, reason) for move, reason in failed.items()],
        }

    def _read_pairs(self, pairs):
        """Return {invoice id: request id} of what a client sent.

        :raises UserError: when it is nothing that the dialog sends
        """
        is_list = isinstance(pairs, list) and len(pairs) <= SLICE
        if not is_list or not all(isinstance(pair, list) and [*map(type, pair)] == [int, int] for pair in pairs):
            raise UserError(self.env._("Pass at most %s pairs of numbers: an invoice and its request.", SLICE))
        return dict(pairs)

    def _decide_safely(self, moves):
        """Decide on invoices together; one by one if that fails, so that one never stops the others.

        :returns: {invoice: sentence} of those on which nothing was decided
        """
        if not moves:
            return {}
        try:
            with self.env.cr.savepoint():
                refused = moves.sudo().validation_request_id._decide(self.outcome, self.comment)
                self.env.flush_all()
        except psycopg2.OperationalError:
            # Somebody else decides at this moment: Odoo replays the call.
            raise
        except Exception as error:  # noqa: BLE001 whatever an addon raises concerns its invoice only
            if len(moves) > 1:
                return {move: reason for single in moves for move, reason in self._decide_safely(single).items()}
            return {moves: self._get_error_text(moves, error)}
        return {moves.browse(request.move_id.id): reason for request, reason in refused.items()}

    def _get_error_text(self, move, error):
        if isinstance(error, UserError):
            return str(error)
        _logger.error("Decision on invoice %s failed", move.id, exc_info=error)
        return self.env._("An unexpected error: nothing was decided. Tell an administrator; the server's log has more.")


class AccountMove(models.Model):
    _inherit = "account.move"

    def action_open_bulk_wizard(self):
        """Return the dialog that summarises a decision on these invoices and then takes it."""
        check_call(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Decide on several invoices"),
            "res_model": "account.validation.bulk.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_move_ids": self.ids},
        }
