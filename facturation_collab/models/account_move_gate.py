from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_list

from ..lifecycle import AGREED
from ..notification import get_notification

ASKED = "facturation_collab_asked"
"""Names, in what a transaction keeps, the invoices that `_post()` has just asked about. Only what follows is spared the
same question before it writes; it is asked after it in any case.
"""


class AccountMove(models.Model):
    """The gate: an invoice under an enforcing policy is posted only with exactly the content that was approved.

    `_post()` gives the readable message. `write()` holds for every other way in: it asks before, so that nothing is
    numbered or hashed in vain, and again when all that came with the state has taken effect (lines, rounding, taxes).
    Nothing in a context opens it.
    """

    _inherit = "account.move"

    def _get_posting_refusals(self):
        """Return {move id: sentence} of the invoices that cannot be posted now, and what has to happen first.

        Constant number of queries per batch; none when no policy is in force and nothing was ever submitted.
        """
        refusals, free = {}, []
        for move in self.sudo():
            if not move.is_invoice(include_receipts=True):
                continue
            request = move.validation_request_id
            if request.move_id != move or request.state not in ("pending", "approved", "rejected", "forced"):
                free.append(move.id)
                continue
            refusal = move._get_request_refusal(request)
            if refusal and request.mode == "enforce":
                refusals[move.id] = refusal
            elif refusal or request.state not in AGREED:
                free.append(move.id)
        for move_id, (policy, _criteria) in self.env["account.validation.policy"]._match(self.browse(free)).items():
            if policy.mode == "enforce":
                refusals[move_id] = self.env._(
                    "It must be validated under the policy “%s” first: submit it.", policy.name
                )
        return refusals

    def _get_request_refusal(self, request):
        """Return why a request does not let this invoice be posted, or an empty text."""
        if request.state == "pending":
            people = format_list(self.env, request.waiting_user_ids.mapped("name"), "or")
            return request._get_stuck_reason() or self.env._("It is being validated and waits for %s.", people)
        if request.state == "rejected":
            return self.env._("It was rejected: cancel it, or enter a new one.")
        if not request._is_content_unchanged():
            return self.env._("It was changed after it was approved: submit it again.")
        return ""

    def _raise_refusals(self, refusals):
        """:raises UserError: with one line for each refused invoice"""
        if refusals:
            raise UserError("\n".join([self.env._("This cannot be posted:"), *self._get_posting_lines(refusals)]))

    def _get_posting_lines(self, refusals):
        return self._get_named_lines({move: refusals[move.id] for move in self.browse(refusals)})

    def _check_posting(self, vals):
        """Refuse values that post an invoice which may not be posted, or that change its content in the same write.

        :returns: the invoices that are about to be posted
        :raises AccessError: when the user has no right to post
        :raises UserError: when the validation is missing
        """
        moves = self.filtered(lambda move: move.state != "posted" and move.is_invoice(include_receipts=True))
        if moves and not self.env.su and not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(self.env._("You don't have the access rights to post an invoice."))
        asked = self.env.cr.cache.get(ASKED, ())
        unasked = moves.filtered(lambda move: move.id not in asked)
        unasked._raise_refusals(unasked._get_posting_refusals())
        covered = moves.sudo().filtered(lambda move: move.validation_request_id.mode == "enforce")
        content = self._snapshot_fields()["move"] + ["line_ids", "invoice_line_ids", "payment_reference", "tax_totals"]
        changed = [name for name in vals if name in content]
        if covered and changed:
            raise UserError(
                self.env._(
                    "An approved invoice is posted as it was approved: change “%s” first, and submit it again.",
                    format_list(self.env, [self._fields[name]._description_string(self.env) for name in changed]),
                ),
            )
        return moves

    @api.constrains("move_type")
    def _check_posted_is_validated(self):
        """Refuse what is posted without its validation, also when it was posted as another kind of document."""
        moves = self.filtered(lambda move: move.state == "posted")
        moves._raise_refusals(moves._get_posting_refusals())

    def _post(self, soft=True):
        """Leave out what is not validated when posting is soft; refuse it otherwise."""
        if not self.env.su and not self.env.user.has_group("account.group_account_invoice"):
            return super()._post(soft)
        refusals = self._get_posting_refusals()
        if refusals and not soft:
            self._raise_refusals(refusals)
        postable = self.filtered(lambda move: move.id not in refusals) if refusals else self
        observed = postable._get_observed()
        with postable._asked():
            posted = super(AccountMove, postable)._post(soft)
        (observed & posted)._log_observed()
        return posted

    @contextmanager
    def _asked(self):
        """Have the body spared asking about these invoices what was just asked."""
        before = self.env.cr.cache.get(ASKED, frozenset())
        self.env.cr.cache[ASKED] = before.union(self.ids)
        try:
            yield
        finally:
            self.env.cr.cache[ASKED] = before

    def _get_observed(self):
        """Return the invoices that an observing policy covers and that nobody has approved."""
        drafts = self.filtered(
            lambda move: move.validation_state not in AGREED and move.is_invoice(include_receipts=True)
        )
        return self.browse(self.env["account.validation.policy"]._match(drafts))

    def _log_observed(self):
        if self:
            body = self.env._("Posted without the validation that its policy asks for; the policy only observes.")
            self.sudo()._message_log_batch(dict.fromkeys(self.ids, body), author_id=self.env.user.partner_id.id)

    # Ways to post that work on many invoices, or by themselves

    def action_validate_moves_with_confirmation(self):
        """Post what can be posted and tell which invoices were left out, instead of failing for all of them."""
        refusals = self._get_posting_refusals()
        if len(refusals) == len(self):
            self._raise_refusals(refusals)
        action = super(
            AccountMove, self.filtered(lambda move: move.id not in refusals)
        ).action_validate_moves_with_confirmation()
        return self._with_posting_report(action, refusals)

    def _with_posting_report(self, action, refusals):
        """Return a notification of the invoices left out, that goes on with an action."""
        if not refusals:
            return action
        return get_notification(
            "\n".join(self._get_posting_lines(refusals)),
            is_warning=True,
            title=self.env._("Not posted"),
            then=action or {"type": "ir.actions.act_window_close"},
        )

    def _autopost_bill(self):
        """Do not try to post a received bill that must be validated first: it stays a draft, ready to be submitted."""
        if not self._get_posting_refusals():
            super()._autopost_bill()

    @api.model
    def _autopost_draft_entries(self, batch_size=100):
        """Make room in the batch for the invoices that wait for their validation, so that they do not keep others
        from it.
        """
        due = self.search(
            [("state", "=", "draft"), ("date", "<=", fields.Date.context_today(self)), ("auto_post", "!=", "no")]
        )
        return super()._autopost_draft_entries(batch_size=batch_size + len(due._get_posting_refusals()))

    @api.depends("validation_state")
    def _compute_hide_post_button(self):
        super()._compute_hide_post_button()
        drafts = self.filtered(lambda move: move.state == "draft" and not move.hide_post_button)
        refusals = drafts._get_posting_refusals()
        drafts.filtered(lambda move: move.id in refusals or move._origin.id in refusals).hide_post_button = True
