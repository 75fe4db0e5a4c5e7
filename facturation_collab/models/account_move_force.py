from odoo import api, fields, models
from odoo.exceptions import UserError

from ..calls import check_call
from .account_validation_force import ADMINISTRATOR, AUDITOR

REASON_LENGTH = 20
"""Characters that the reason of a posting without validation has at least."""


class AccountMove(models.Model):
    """Break-glass: an administrator who is also accounting posts an invoice without its validation, and answers for it.

    The gate stays as it is: it accepts the request that this leaves, for exactly this content. A rejected invoice is
    not posted, not even so.
    """

    _inherit = "account.move"

    validation_can_force = fields.Boolean(compute="_compute_validation_can_force")

    validation_can_review = fields.Boolean(compute="_compute_validation_can_review")

    @api.depends_context("uid")
    @api.depends("state", "validation_state")
    def _compute_validation_can_force(self):
        drafts = (
            self.filtered(lambda move: move._origin and move.state == "draft") if self._may_force() else self.browse()
        )
        refusals = drafts._get_force_refusals(self.env.user)
        for move in self:
            move.validation_can_force = move in drafts and move not in refusals

    @api.depends_context("uid")
    @api.depends("validation_request_ids.review_state")
    def _compute_validation_can_review(self):
        user = self.env.user
        reviewer = user.has_group(ADMINISTRATOR) or user.has_group(AUDITOR)
        for move in self:
            requests = move._get_reviewed_requests() if reviewer and move.validation_request_id else ()
            move.validation_can_review = any(not request._get_review_refusal(user) for request in requests)

    def _may_force(self):
        user = self.env.user
        return user.has_group(ADMINISTRATOR) and user.has_group("account.group_account_invoice")

    def _get_force_refusals(self, user):
        """Return {move: sentence} of those of these invoices that a user may not post without their validation."""
        is_allowed = self.with_user(user)._may_force()
        held = self._get_posting_refusals() if is_allowed else {}
        refusals = {}
        for move in self:
            if not is_allowed:
                refusals[move] = self.env._(
                    "Only an administrator of collaborative invoicing who also has the Invoicing right posts without "
                    "validation."
                )
            elif move.state != "draft":
                refusals[move] = self.env._("It is no longer a draft.")
            elif move.sudo().validation_state == "rejected":
                refusals[move] = self.env._("It was rejected, which is final: nobody posts it. Cancel it.")
            elif move.id not in held:
                refusals[move] = self.env._("Nothing holds it back: post it.")
            elif not move.with_user(user).has_access("write"):
                refusals[move] = self.env._("You may not edit it: ask accounting.")
        return refusals

    # Actions

    def action_force(self, comment):
        """Post these invoices without their validation: break-glass.

        :param comment: text of at least `REASON_LENGTH` characters that says why it cannot wait
        :returns: False, or for several invoices an action that tells which were left out and why
        :raises UserError: when the reason is too short, or when none can be posted so; says why for each
        """
        check_call(self, comment)
        self.check_access("read")
        comment = self._check_force_reason(comment)
        self._lock_for_validation()
        refusals = self._get_force_refusals(self.env.user)
        action = self._report(refusals, self.env._("Invoices posted without their validation: %s."))
        moves = self - self.browse(move.id for move in refusals)
        moves._get_requests_to_force(comment)._force(comment)
        moves._post(soft=False)
        return action

    def action_review(self, comment):
        """Review that these invoices were posted without their validation.

        :param comment: text that says what the review found
        :raises UserError: when none can be reviewed; says why for each
        """
        check_call(self, comment)
        self.check_access("read")
        comment = (comment or "").strip()
        if not comment:
            raise UserError(self.env._("Say what your review found: the comment stays with the invoice."))
        requests = self._get_reviewed_requests()
        requests._lock()
        refusals = {
            request.move_id.with_env(self.env): refusal
            for request in requests
            if (refusal := request._get_review_refusal(self.env.user))
        }
        missing = self - requests.move_id.with_env(self.env)
        refusals |= dict.fromkeys(
            missing, self.env._("It was not posted without validation: there is nothing to review.")
        )
        action = self._report(refusals, self.env._("Invoices reviewed: %s."))
        requests.filtered(lambda request: request.move_id.with_env(self.env) not in refusals)._review(comment)
        return action

    # Business

    def _check_force_reason(self, comment):
        comment = (comment or "").strip()
        if len(comment) < REASON_LENGTH:
            raise UserError(
                self.env._(
                    "Say in at least %s characters why this invoice cannot wait for its validation: managers, "
                    "administrators and whoever reviews it read the reason.",
                    REASON_LENGTH,
                )
            )
        return comment

    def _get_requests_to_force(self, comment):
        """Return, for each of these invoices, the request under way if it has the present content, else a new one."""
        pending = self.sudo().validation_request_id.filtered(lambda request: request.state == "pending")
        usable = pending.filtered(lambda request: request.mode == "enforce" and request._is_content_unchanged())
        if outdated := pending - usable:
            outdated._close("cancelled", comment)
        others = (self - usable.move_id.with_env(self.env)).sudo()
        matches = self.env["account.validation.policy"]._match(others)
        requests = usable
        for policy, moves in others.grouped(lambda move: move._get_force_policy(matches)).items():
            criteria = matches.get(moves[0].id, (policy, []))[1]
            plans = dict.fromkeys(moves.ids, [])
            requests |= policy.with_env(self.env).sudo()._start(moves, criteria, plans, comment, "recorded")
        return requests

    def _get_force_policy(self, matches):
        """Return the policy that holds this invoice back: the one that covers it, else that of its last request."""
        policy = matches[self.id][0] if self.id in matches else self.validation_request_id.policy_id
        return policy if policy.mode == "enforce" else self.validation_request_id.policy_id or policy

    def _get_reviewed_requests(self):
        """Return, as sudo, the last posting without validation of each of these invoices."""
        forced = self.sudo().validation_request_ids.filtered("review_state")
        to_review = forced.filtered(lambda request: request.review_state == "to_review")
        last = [max(requests, key=lambda request: request.id).id for requests in forced.grouped("move_id").values()]
        return to_review | forced.browse(last).filtered(lambda request: request.move_id not in to_review.move_id)
