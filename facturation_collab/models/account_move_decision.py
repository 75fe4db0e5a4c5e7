from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import format_list

from ..calls import check_call
from ..lifecycle import AGREED


class AccountMove(models.Model):
    """Submitting and deciding: what a user may do with an invoice, and the public methods that do it, for one or
    many.
    """

    _inherit = "account.move"

    # Predicates: (True, "") or (False, sentence that says why and what to do)

    def _can_submit(self, user):
        """Tell whether a user may submit this invoice now, whatever the policies say of it.

        To change the answer, extend `_get_submitting_refusals`.
        """
        self.ensure_one()
        reason = self._get_submitting_refusals(user).get(self, "")
        return (not reason, reason)

    def _get_submitting_refusals(self, user):
        """Return {invoice: sentence} of those of these invoices that a user may not submit now: why, and what to do."""
        writable = self.with_user(user)._filtered_access("write")
        reasons = {move: move._get_unready_reason() for move in self}
        for move in self - writable:
            reasons[move] = reasons[move] or self.env._(
                "You may read it, but not edit it: a contributor of its department, or accounting, can submit it."
            )
        return {move: reason for move, reason in reasons.items() if reason}

    def _get_unready_reason(self):
        """Return why nobody may submit this invoice now, or an empty text."""
        self.ensure_one()
        request = self.sudo().validation_request_id
        if not self.is_invoice(include_receipts=True):
            return self.env._("Only invoices, bills, refunds and receipts are validated.")
        if self.state != "draft" and not request._is_change_open():
            return self.env._("It is no longer a draft.")
        if request.state == "pending" and (stuck := request._get_stuck_reason()):
            return stuck
        if request.state == "pending" and request._is_content_unchanged():
            people = format_list(self.env, request.waiting_user_ids.mapped("name"), "or")
            return self.env._("It is already being validated: it waits for %s.", people)
        if request.state == "rejected":
            return self.env._("It was rejected, which is final. Cancel it, or enter a new one.")
        if request.state in AGREED and request._is_content_unchanged():
            return self.env._("It is already approved as it stands and can be posted.")
        return ""

    def _can_cancel_validation(self, user):
        """Tell whether a user may take this invoice back while it is being validated: its submitter, or accounting."""
        self.ensure_one()
        request = self.sudo().validation_request_id
        problem = ""
        if request.state != "pending":
            problem = self.env._("It is not being validated.")
        elif user != request.submitter_id and not self.with_user(user).has_access("write"):
            problem = self.env._(
                "Only %s, who submitted it, or accounting can cancel its validation.", request.submitter_id.name
            )
        return (not problem, problem)

    def _get_incomplete(self):
        """Return the sentence that says what this invoice lacks to be submitted, or an empty text."""
        self.ensure_one()
        if not self.partner_id:
            return self.env._("Its customer or vendor is missing.")
        # All journal items, which the snapshot reads too.
        if not any(line.display_type == "product" for line in self.line_ids):
            return self.env._("It has no line.")
        if self.is_purchase_document(include_receipts=True) and not self.invoice_date:
            return self.env._("Its bill date is missing.")
        return ""

    # Actions

    def action_submit(self, comment=None):
        """Submit these draft invoices for validation under the policy that covers each.

        :param comment: text for the approvers, or None
        :returns: False, or for several invoices an action that tells which were left out and why
        :raises UserError: when none can be submitted; says why for each
        """
        check_call(self, comment)
        self.check_access("read")
        self._lock_for_validation()
        refusals = self._get_submitting_refusals(self.env.user)
        candidates = self - self.browse(move.id for move in refusals)
        refusals |= {move: text for move in candidates if (text := move._get_incomplete())}
        candidates -= self.browse(move.id for move in refusals)
        matches = self.env["account.validation.policy"]._match(candidates)
        requests = self.env["account.validation.request"].sudo()
        for move in candidates.filtered(lambda move: move.id not in matches):
            refusals[move] = self.env._("No policy asks for its validation: accounting can post it as it is.")
        covered = candidates.filtered(lambda move: move.id in matches)
        for (policy, criteria), moves in covered.grouped(
            lambda move: (matches[move.id][0], tuple(matches[move.id][1]))
        ).items():
            policy = policy.with_env(self.env).sudo()
            plans, problems = policy._plan(moves.sudo())
            refusals |= {move: problems[move.id] for move in moves if move.id in problems}
            ready = moves - self.browse(problems)
            ready._end_changed_requests()
            requests |= policy._start(ready.sudo(), criteria, plans, comment)
        action = self._report(refusals, self.env._("Invoices submitted: %s."))
        with requests._one_note():
            requests._on_submitted(comment)
            (requests - requests._approve_automatically())._advance()
        return action

    def action_approve(self, comment=None):
        """Approve these invoices, at the level where they now wait for the present user.

        :param comment: text, required where the level says so
        :returns: False, or for several invoices an action that tells which were left out and why; in the browser, the
            dialog that asks for a proof of identity, for the invoices whose level asks for one: they wait for it
        :raises UserError: when none can be approved; says why for each
        """
        return self._decide("approve", comment, self.env._("Invoices approved: %s."))

    def action_return(self, comment):
        """Return these invoices to whoever submitted them, to be corrected and submitted again.

        :param comment: text that says what to correct
        :raises UserError: when none can be returned; says why for each
        """
        return self._decide("return", comment, self.env._("Invoices returned: %s."))

    def action_reject(self, comment):
        """Reject these invoices, for good: they can no longer be submitted nor posted.

        :param comment: text that says why
        :raises UserError: when none can be rejected; says why for each
        """
        return self._decide("reject", comment, self.env._("Invoices rejected: %s."))

    def action_cancel_validation(self, comment=None):
        """Take these invoices back from their validation. They are drafts again, and their history stays.

        :param comment: text, or None
        :raises UserError: when none can be taken back; says why for each
        """
        check_call(self, comment)
        self.check_access("read")
        self.sudo().validation_request_id._lock()
        refusals = {
            move: reason for move in self for can, reason in [move._can_cancel_validation(self.env.user)] if not can
        }
        action = self._report(refusals, self.env._("Validations cancelled: %s."))
        (self - self.browse(move.id for move in refusals)).sudo().validation_request_id._close("cancelled", comment)
        return action

    def action_open_decision_wizard(self):
        """Return the dialog that asks for a comment before a decision; the context's `default_outcome` says which."""
        check_call(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Your decision"),
            "res_model": "account.validation.decision.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_move_ids": self.ids,
                "default_outcome": self.env.context.get("default_outcome", "approve"),
            },
        }

    # Business

    def _lock_for_validation(self):
        """Wait for whoever submits, decides on or edits the same invoices at this moment; Odoo then replays the loser
        on what was committed.
        """
        self.env.flush_all()
        self.env.cr.execute("SELECT id FROM account_move WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [self.ids])

    def _decide(self, outcome, comment, done, proof=None):
        """Decide on the invoices where the present user can, report the others."""
        check_call(self, comment)
        self.check_access("read")
        refused = self.sudo().validation_request_id._decide(outcome, comment, proof)
        refusals = {}
        for move in self:
            request = move.sudo().validation_request_id
            if not request:
                refusals[move] = self._get_unsubmitted_refusal()
            elif request in refused:
                refusals[move] = refused[request]
        asked = self._get_unproven(refusals) if outcome == "approve" and not proof else {}
        if asked and self.env.user._is_in_browser():
            return self._ask_authentication(asked, comment, self._get_notice(refusals, asked, done))
        return self._report(refusals, done)

    def _get_unsubmitted_refusal(self):
        return self.env._("It was not submitted for validation.")

    def _get_notice(self, refusals, asked, done):
        """Return what became of the invoices that ask for nothing more, or an empty text."""
        count = len(self) - len(refusals)
        others = {move: reason for move, reason in refusals.items() if move not in asked}
        return "\n".join([*([done % count] if count else []), *self._get_refusal_lines(others)])

    def _search_validation_is_late(self, operator, value):
        """Late: a deadline that is over, on a request under way."""
        if operator not in ("in", "not in"):
            return NotImplemented
        late = Domain("validation_state", "=", "pending") & Domain("validation_deadline", "<", fields.Datetime.now())
        return late if (operator == "in") == (True in value) else ~late
