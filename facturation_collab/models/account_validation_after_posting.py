from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_list

from .. import fingerprints, lifecycle


class AccountValidationRequest(models.Model):
    """What happens to an invoice after its approval: recorded in the chain of its request, and validated again."""

    _inherit = "account.validation.request"

    posted_change = fields.Selection(
        [("refuse", "Refuse it"), ("record", "Record it and validate again")], readonly=True
    )
    early_payment = fields.Selection([("refuse", "Refuse it"), ("record", "Record it")], readonly=True)
    after_posting = fields.Boolean(
        string="Change after posting", readonly=True, help="This validates a change of a posted invoice."
    )

    def _prepare_request_vals(self, policy, move, criteria):
        return {
            **super()._prepare_request_vals(policy, move, criteria),
            # Under a policy that was switched off, what it held back until now is still decided.
            "mode": "enforce" if policy.mode == "off" else policy.mode,
            "posted_change": policy.posted_change,
            "early_payment": policy.early_payment,
            "after_posting": move.state == "posted",
        }

    def _is_held(self):
        """Tell whether the posted invoice of this request (or of none) has to stay as it is."""
        return self.mode == "enforce" and (self.state in lifecycle.AGREED or self.after_posting)

    def _is_change_open(self):
        """Tell whether a change of the posted invoice of this request waits for a validation that it did not get."""
        return self.after_posting and self.state not in lifecycle.AGREED and self.move_id.state == "posted"

    def _record_events(self, event_type, comment=None):
        """Append one event, by the present user, to the chain of each of these requests."""
        requests = self.with_env(self.env).sudo()
        return (
            self.env["account.validation.event"]
            .sudo()
            ._append([request._prepare_event_vals(event_type, comment=comment) for request in requests])
        )

    def _record_change(self, change):
        """Keep a change of a posted invoice in its history, and ask for its validation again.

        :param change: {name: [before, after]} of its snapshot
        :raises UserError: when nobody could validate it again; nothing is changed then
        """
        self.ensure_one()
        move = self.move_id
        text = self.env._("Changed after posting: %s.", format_list(self.env, move._describe_content(change)))
        fingerprint = fingerprints.fingerprint(fingerprints.canonical(move._get_snapshot()))
        self.env["account.validation.event"].sudo()._append(
            [self._prepare_event_vals("changed", comment=text, data={"changes": change, "fingerprint": fingerprint})]
        )
        if self.state == "pending":
            self._close("cancelled", text)
        self._validate_again(text)

    def _validate_again(self, comment):
        """Start a new request over the posted invoice of this one, under the policy that now covers it, or else the
        same.
        """
        move = self.move_id
        policy, criteria = self.env["account.validation.policy"]._match(move).get(move.id, (self.policy_id, []))
        policy = (policy if policy.mode == "enforce" else self.policy_id).with_env(self.env).sudo()
        plans, problems = policy._plan(move)
        if not plans.get(move.id) or move.id in problems:
            raise UserError(
                self.env._(
                    "This change of a posted invoice has to be validated, and nobody can: %s Reset the invoice to "
                    "draft instead.",
                    problems.get(move.id)
                    or self.env._("no level of policy “%s” applies to it as it would be.", policy.name),
                )
            )
        request = policy._start(move, criteria, plans, comment)
        request._on_submitted(comment)
        request._advance()

    def _on_approved(self):
        changed = self.filtered("after_posting")
        if others := self - changed:
            super(AccountValidationRequest, others)._on_approved()
        if changed:
            changed._close_activities()
            changed._post_outcome(
                lambda env, _name: env._("The change of the posted invoice is validated: it can be paid."),
                kind="approved",
            )

    def _on_rejected(self):
        changed = self.filtered("after_posting")
        if others := self - changed:
            super(AccountValidationRequest, others)._on_rejected()
        if changed:
            changed._close_activities()
            changed._post_outcome(
                lambda env, _name: env._(
                    "The change of the posted invoice was rejected: it cannot be paid. Reset it to draft and cancel it."
                ),
                kind="rejected",
            )
