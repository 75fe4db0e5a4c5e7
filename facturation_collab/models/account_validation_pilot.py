from datetime import timedelta

from odoo import api, fields, models

from ..calls import check_call

MOST_MOVES = 5000
"""Invoices looked at for figures of one policy: enough to decide by, and an answer within seconds."""
DAYS = 90


class AccountValidationPolicy(models.Model):
    """The figures of a policy that observes, and what enforcing it changes today. Counts only invoices that the
    present user may read.
    """

    _inherit = "account.validation.policy"

    def action_open_pilot(self):
        """Return the dialog with the figures of this policy's pilot, from which it is enforced."""
        check_call(self, single=True)
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Pilot of “%s”", self.name),
            "res_model": "account.validation.pilot",
            "view_mode": "form",
            "target": "new",
            "context": {"default_policy_id": self.id},
        }

    @api.onchange("mode")
    def _onchange_mode(self):
        """Switching from observing to enforcing shows first what changes today."""
        if self.mode == "enforce" and self._origin.mode == "observe":
            impact = self._origin._get_enforcement()
            return {
                "warning": {
                    "title": self.env._("What changes when you save"),
                    "message": self._describe_enforcement(impact),
                }
            }
        return {}

    def _describe_enforcement(self, impact):
        """Return the sentences that say what enforcing changes today."""
        sentences = [
            self.env._("%s drafts can no longer be posted before their validation is complete.", impact["draft_count"]),
            self.env._("Invoices that are posted already are not concerned."),
        ]
        if impact["stuck_count"]:
            sentences.append(
                self.env._(
                    "%(count)s of the drafts could not even be submitted: %(reason)s",
                    count=impact["stuck_count"],
                    reason=impact["stuck_reason"],
                )
            )
        return "\n".join(sentences)

    def _get_enforcement(self):
        """Return what enforcing this policy changes today: {"draft_count", "draft_ids", "stuck_count", "stuck_reason"}.

        Drafts that would be blocked: those that this policy fits and that are not approved under it.
        """
        self.ensure_one()
        drafts = self._search_covered([("state", "=", "draft")])
        blocked = drafts.filtered(lambda move: move.sudo().validation_request_id.state not in ("approved", "forced"))
        fresh = blocked.filtered(lambda move: move.sudo().validation_request_id.state != "pending")
        _plans, problems = self.sudo()._plan(fresh.sudo())
        return {
            "draft_count": len(blocked),
            "draft_ids": blocked.ids,
            "stuck_count": len(problems),
            "stuck_reason": next(iter(problems.values()), ""),
        }

    def _search_covered(self, domain):
        """Return the invoices of a domain that the present user may read and to which this policy applies."""
        Move = self.env["account.move"]
        companies = self.env["res.company"].sudo().search([("id", "child_of", self.company_id.id)])
        domain = [*domain, ("move_type", "in", self._get_move_types()), ("company_id", "in", companies.ids)]
        moves = Move.search(domain, order="id desc", limit=MOST_MOVES)
        matches = self._match(moves)
        return moves.filtered(lambda move: matches.get(move.id, [self.browse()])[0] == self)

    def _get_pilot_figures(self):
        """Return the figures of the pilot of the last 90 days, as plain values.

        {"request_count", "approved_count", "open_count", "blocked_count" (posted before they were approved),
        "skipped_count" (posted without having been submitted), "overdue_count", "hours" (from submission to the end,
        on average)}
        """
        self.ensure_one()
        since = fields.Datetime.now() - timedelta(days=DAYS)
        requests = self.env["account.validation.request"].search(
            [("policy_id", "=", self.id), ("mode", "=", "observe"), ("submitted_at", ">=", since)], limit=MOST_MOVES
        )
        closed = requests.filtered(lambda request: request.closed_at and request.state != "cancelled")
        hours = [(request.closed_at - request.submitted_at).total_seconds() / 3600 for request in closed]
        posted = requests.filtered(lambda request: request.move_id.sudo().state == "posted")
        now = fields.Datetime.now()
        late = requests.step_ids.filtered(lambda step: step.deadline and (step.decided_at or now) > step.deadline)
        skipped = self._search_covered(
            [("state", "=", "posted"), ("create_date", ">=", since), ("validation_request_id", "=", False)]
        )
        return {
            "request_count": len(requests),
            "approved_count": len(requests.filtered(lambda request: request.state == "approved")),
            "open_count": len(requests.filtered(lambda request: request.state == "pending")),
            "blocked_count": len(posted.filtered(lambda request: request.state != "approved")),
            "skipped_count": len(skipped),
            "overdue_count": len(late.request_id),
            "hours": sum(hours) / len(hours) if hours else 0.0,
        }
