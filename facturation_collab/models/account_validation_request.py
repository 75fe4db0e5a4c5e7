from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_list

from .. import fingerprints, lifecycle, seating
from .account_validation_record import ARCHIVED_TOO


class AccountValidationRequest(models.Model):
    """One run of a policy over one invoice, with a frozen copy of what was submitted and of who must agree."""

    _name = "account.validation.request"
    _inherit = "account.validation.record"
    _description = "Validation request"
    _order = "id desc"
    _rec_name = "move_id"

    move_id = fields.Many2one(
        "account.move", string="Invoice", required=True, readonly=True, index=True, ondelete="restrict"
    )
    policy_id = fields.Many2one(
        "account.validation.policy", required=True, readonly=True, index=True, ondelete="restrict"
    )
    mode = fields.Selection([("observe", "Observe"), ("enforce", "Enforce")], required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    department_id = fields.Many2one("hr.department", readonly=True, index="btree_not_null")
    state = fields.Selection(
        [
            ("pending", "To validate"),
            ("approved", "Approved"),
            ("returned", "Returned"),
            ("rejected", "Rejected"),
            ("cancelled", "Cancelled"),
            ("forced", "Posted without validation"),
        ],
        required=True,
        readonly=True,
        default="pending",
    )
    submitter_id = fields.Many2one(
        "res.users", string="Submitted by", required=True, readonly=True, ondelete="restrict"
    )
    submitted_at = fields.Datetime(string="Submitted on", required=True, readonly=True)
    closed_at = fields.Datetime(string="Ended on", readonly=True)
    amount = fields.Monetary(readonly=True, help="Total with taxes at submission, in the company's currency.")
    snapshot = fields.Text(readonly=True, help="Canonical form of what was submitted.")
    fingerprint = fields.Char(readonly=True, help="SHA-256 of the snapshot.")
    plan = fields.Text(readonly=True, help="Canonical form of the policy and the steps as they were at submission.")
    match_reason = fields.Json(readonly=True)
    distinct_approvers = fields.Boolean(readonly=True)
    waiting_user_ids = fields.Many2many(
        "res.users",
        "account_validation_request_waiting_rel",
        string="Waiting for",
        readonly=True,
        ondelete="restrict",
        context=ARCHIVED_TOO,  # nobody who is archived can act: no need to read users in order to leave them out
    )
    participant_ids = fields.Many2many(
        "res.users",
        "account_validation_request_participant_rel",
        string="Participants",
        readonly=True,
        ondelete="restrict",
        context=ARCHIVED_TOO,
    )
    since = fields.Datetime(readonly=True, help="Since when the present people have it.")
    deadline = fields.Datetime(readonly=True, help="Earliest deadline of the open steps.")
    step_ids = fields.One2many("account.validation.step", "request_id", readonly=True)
    event_ids = fields.One2many("account.validation.event", "request_id", readonly=True)

    _one_pending_per_move = models.UniqueIndex(
        "(move_id) WHERE state = 'pending'",
        "Somebody submitted this invoice at the same moment. Reload it to see where it is.",
    )

    # Values, for addons to extend

    def _prepare_request_vals(self, policy, move, criteria):
        """Return the values of a new request for an invoice under a policy that matched by the named criteria."""
        snapshot = fingerprints.canonical(move._get_snapshot())
        wording = self.env["account.validation.wording"]
        return {
            "move_id": move.id,
            "policy_id": policy.id,
            "mode": policy.mode,
            "company_id": move.company_id.id,
            "department_id": move.department_id.id,
            "submitter_id": self.env.uid,
            "submitted_at": fields.Datetime.now(),
            "amount": abs(move.amount_total_signed),
            "snapshot": snapshot,
            "fingerprint": fingerprints.fingerprint(snapshot),
            "match_reason": {"policy": policy.name, "criteria": wording._get_criteria_values(policy, move, criteria)},
            "distinct_approvers": policy.distinct_approvers,
            "participant_ids": [Command.link(self.env.uid)],
        }

    def _prepare_step_vals(self, level, move, approvers):
        """Return the values of the frozen copy of a level for an invoice, with its named approvers."""
        return {
            "level_id": level.id,
            "sequence": level.sequence,
            "name": level.name,
            "approver_ids": [Command.set(approvers.ids)],
            "quorum_required": lifecycle.required_voices(level.quorum, level.quorum_count, approvers._count_persons()),
            "comment_required": level.comment_required,
            "duties": level._get_duties(),
            "authentication": level._get_authentication(move),
            "api_key_allowed": level.policy_id.api_key_allowed,
            "deadline_hours": level.deadline_hours,
            "reason": {
                **self.env["account.validation.wording"]._get_level_values(level),
                "policy": level.policy_id.name,
                "department": (
                    move.department_id.parent_id if level.approver_type == "parent_role" else move.department_id
                ).name,
                "amount": abs(move.amount_total_signed),
                "amount_min": level.amount_min,
                "amount_max": level.amount_max,
                "currency": level.currency_id.id,
            },
        }

    def _prepare_event_vals(self, event_type, step=None, comment=None, data=None):
        """Return the values of one event of this request, by the present user, now; the chain is added when it is
        appended.
        """
        self.ensure_one()
        return {
            "request_id": self.id,
            "step_id": step.id if step else None,
            "type": event_type,
            "user_id": self.env.uid,
            "date": fields.Datetime.now(),
            "comment": comment or None,
            "data": data or None,
        }

    # Engine

    def _lock(self):
        """Lock these requests and their invoices until the end of the transaction, and forget what was read of them.

        Waits for a decision or an edit under way on the same invoice; Odoo then replays the loser on what the winner
        committed. The invoices come first, as for whoever submits or edits: one order of locks, so that nobody waits
        for each other.
        """
        if self:
            self.move_id.sudo()._lock_for_validation()
            self.env.cr.execute(
                "SELECT id FROM account_validation_request WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [self.ids]
            )
            self.env["account.validation.step"].invalidate_model(flush=False)
            self.invalidate_recordset(flush=False)

    def _decide(self, outcome, comment=None, proof=None, at=None, refused=None):
        """Record the present user's decision on these requests, each at the open step where it counts.

        The one entrance for decisions, whatever asks for them: locks the requests, re-reads them and asks
        `step._can_decide`; a constant number of queries per batch.

        :param outcome: approve, return or reject
        :param comment: text; required to return and to reject, and to approve where the level says so
        :param proof: credentials.Proof of who decides, for the levels that ask for one
        :param at: id of the step to decide on, where the caller knows which
        :param refused: [[position of a line, reason]]: lines of that step's share that are not approved with the others
        :returns: {request: sentence} of those on which the user may not decide so now; nothing is recorded on them
        :raises UserError: when the comment is missing; nothing is recorded then
        """
        self._lock()
        # Read once for all requests who is the same person as whom, as it is now.
        (self.step_ids.approver_ids | self.move_id._get_concerned_users() | self.env.user)._get_persons()
        steps, refusals = [], {}
        for request in self:
            step, refusal = request._get_decidable_step(self.env.user, outcome, at)
            if step:
                steps.append(step.id)
            else:
                refusals[request] = refusal
        decided = self.env["account.validation.step"].sudo().browse(steps)
        methods = decided._get_proven(outcome, proof)
        refusals |= {step.request_id: step._get_authentication_refusal() for step in decided if step not in methods}
        with self._one_note():
            decided.filtered(methods.__contains__)._record(outcome, comment, methods, refused)
        return refusals

    def _get_decidable_step(self, user, outcome="approve", at=None):
        """Return the open step on which a user may decide now (the one that fewest others can approve), and why not.

        :param at: id of the one step that is looked at; by default all
        :returns: (account.validation.step, "") or (empty, a sentence)
        """
        self.ensure_one()
        steps = self.step_ids
        looked_at = [step for step in steps if at in (None, step.id)]
        # Lists of steps, not new recordsets, which would lose the other invoices' steps to read along with.
        concerned = [step for step in looked_at if step.state == "open"] or looked_at
        answers = [(step, *step._can_decide(user, outcome)) for step in concerned]
        allowed = [step for step, can, _reason in answers if can]
        if allowed:
            return min(allowed, key=lambda step: len(step.approver_ids)), ""
        mine = [answer for answer in answers if user in answer[0].approver_ids] or answers
        return steps.browse(), mine[0][2]

    def _open_next_steps(self):
        """Open the steps whose turn it is, set their deadlines and tell their approvers. The only place that opens
        steps.
        """
        now = fields.Datetime.now()
        to_open = self.env["account.validation.step"]
        for request in self:
            steps = request.step_ids.sorted("sequence")
            positions = lifecycle.steps_to_open([(step.sequence, step.state) for step in steps])
            to_open |= to_open.union(*(steps[position] for position in positions))
        for vals, steps in to_open.grouped(to_open._get_opening_vals(now).get).items():
            steps._move_to("open", opened_at=now, **vals)
        self.env["account.validation.event"]._append(
            [step.request_id._prepare_event_vals("opened", step) for step in to_open]
        )
        merged = to_open._merge_decisions()
        to_open -= merged
        opened = to_open.request_id
        later = self._is_many()
        opened._refresh_waiting(since=now, activities_due=later)
        (self - opened)._refresh_waiting(activities_due=later)
        opened._on_opened(to_open)
        if later:
            self.env["account.validation.notice"]._send_soon()
        else:
            self._schedule_activities()
        merged.request_id._advance()

    def _refresh_waiting(self, **more):
        """Store who can act now on these requests, since when and until when, in one write for each different
        answer.

        :param more: other values that change with it
        """
        answers = self._get_waiting_vals()
        for requests in self.grouped(lambda request: repr(answers[request])).values():
            requests._engine().write({**answers[requests[:1]], **more})

    def _get_waiting_vals(self):
        """Return {request: values} of who can act now on these requests, and until when. An addon adds its own."""
        answers = {}
        for request in self:
            steps = request.step_ids.filtered(lambda step: step.state == "open").with_prefetch(
                request.step_ids._prefetch_ids
            )
            users = steps._get_actors()
            vals = {
                "waiting_user_ids": [Command.set(users.ids)],
                "deadline": min(steps.filtered("deadline").mapped("deadline"), default=False),
            }
            if asked := request._admit(steps, steps.approver_ids | users):
                vals["participant_ids"] = [Command.link(user_id) for user_id in asked.ids]
            answers[request] = vals
        return answers

    def _admit(self, steps, users):
        """Return those of the users asked at these open steps who take part in the whole invoice. Hook."""
        return users

    def _advance(self):
        """Close the requests that have an answer, open the next steps of the others. The only place that closes a
        request.
        """
        by_outcome = self.grouped(lambda request: request._get_outcome())
        for outcome, requests in by_outcome.items():
            if outcome == "pending":
                requests._open_next_steps()
            else:
                requests._close(outcome)

    def _get_outcome(self):
        """Return the state that the decisions taken until now lead to."""
        self.ensure_one()
        return lifecycle.request_outcome(self.step_ids.mapped("state"))

    def _close(self, state, comment=None):
        """End these requests in a final state: unfinished steps are cancelled, nobody is waited for any more."""
        if any(not lifecycle.can_move(lifecycle.REQUEST_TRANSITIONS, request.state, state) for request in self):
            raise UserError(
                self.env._("The validation of this invoice has already ended. Reload it to see its outcome.")
            )
        now = fields.Datetime.now()
        self.step_ids.filtered(lambda step: step.state in lifecycle.UNFINISHED)._move_to("cancelled")
        self._engine().write(
            {"state": state, "closed_at": now, "since": now, "deadline": False, "waiting_user_ids": [Command.clear()]}
        )
        event_type = state if state in ("cancelled", "forced") else "closed"
        self.env["account.validation.event"]._append(
            [request._prepare_event_vals(event_type, comment=comment, data={"state": state}) for request in self],
        )
        if state == "cancelled":
            self._on_cancelled(comment)
        else:
            getattr(self, f"_on_{state}")()

    def _get_stuck_reason(self):
        """Return why nobody can act on this request under way, and what to do, or an empty text."""
        self.ensure_one()
        if self.waiting_user_ids:
            return ""
        asked = self.step_ids.filtered(lambda step: step.state == "open").approver_ids.mapped("name")
        return self.env._(
            "It is being validated, and nobody can approve it any more (archived: %s). Cancel the validation, and "
            "submit the invoice again.",
            format_list(self.env, asked),
        )

    def _is_content_unchanged(self):
        """Tell whether the invoice still has exactly the content that was submitted, but for what posting itself
        changes.
        """
        self.ensure_one()
        return self.move_id.sudo()._is_content(self.sudo())

    def _is_feasible(self, step, user, place=None):
        """Tell whether the steps not yet approved can still find enough different people once a user has voted on a
        step.

        :param place: the approver for whom the user votes, whose place is taken then; by default the user's own
        """
        self.ensure_one()
        voters = self._get_live_steps().voter_ids | user
        persons = (self.step_ids.approver_ids | voters)._get_persons()
        used = {persons[user_id] for user_id in voters.ids}
        return (
            seating.unmet_level(
                [
                    (
                        max(0, other.quorum_required - len(other.voter_ids) - (other == step)),
                        {persons[user_id] for user_id in other._get_open_places(place if other == step else None)}
                        - used,
                    )
                    for other in self.step_ids
                    if other.state in ("waiting", "open")
                ],
            )
            is None
        )
