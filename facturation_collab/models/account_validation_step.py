from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime, format_list

from .. import lifecycle
from .account_validation_record import ARCHIVED_TOO


class AccountValidationStep(models.Model):
    """A level as it applied to one request: a frozen copy with its named approvers and the reason why they were
    asked.
    """

    _name = "account.validation.step"
    _inherit = "account.validation.record"
    _description = "Validation step"
    _order = "request_id desc, sequence, id"

    request_id = fields.Many2one(
        "account.validation.request", required=True, readonly=True, index=True, ondelete="restrict"
    )
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        help="That of the request: neither ever changes.",
    )
    level_id = fields.Many2one("account.validation.level", readonly=True, index="btree_not_null", ondelete="set null")
    sequence = fields.Integer(required=True, readonly=True)
    name = fields.Char(required=True, readonly=True)
    state = fields.Selection(
        [
            ("waiting", "Later"),
            ("open", "Open"),
            ("approved", "Approved"),
            ("returned", "Returned"),
            ("rejected", "Rejected"),
            ("cancelled", "Cancelled"),
            ("superseded", "Superseded"),
        ],
        required=True,
        readonly=True,
        default="waiting",
    )
    approver_ids = fields.Many2many(
        "res.users",
        "account_validation_step_approver_rel",
        string="Approvers",
        readonly=True,
        ondelete="restrict",
        context=ARCHIVED_TOO,
    )
    voter_ids = fields.Many2many(
        "res.users",
        "account_validation_step_voter_rel",
        string="Approved by",
        readonly=True,
        ondelete="restrict",
        context=ARCHIVED_TOO,
    )
    quorum_required = fields.Integer(string="Approvals needed", required=True, readonly=True)
    comment_required = fields.Boolean(readonly=True)
    deadline_hours = fields.Float(readonly=True)
    opened_at = fields.Datetime(string="Opened on", readonly=True)
    deadline = fields.Datetime(readonly=True)
    decided_at = fields.Datetime(string="Decided on", readonly=True)
    reason = fields.Json(readonly=True)

    def _get_reason_text(self):
        """Return the sentence that says why these people were asked, in the reader's language."""
        self.ensure_one()
        return self.env["account.validation.wording"]._describe_reason(self.reason)

    def _get_actors(self):
        """Return the users who can approve one of these steps now, for themselves or for an approver who delegated.

        One person is one voice: where people must differ, those who already approved are left out, and those whom a
        later step cannot spare, as long as somebody else can act.
        """
        return self.env["res.users"].union(*(user for step in self for user in step._get_voices()))

    def _spare_for_later(self, users):
        """Keep the users who have not approved elsewhere, and whom no later step needs more than this open one."""
        request = self.request_id
        users -= users._get_same_persons(request._get_live_steps().voter_ids)
        later = [step for step in request.step_ids if step != self and step.state in lifecycle.UNFINISHED]
        if not users._get_same_persons(self.env["res.users"].union(*(step.approver_ids for step in later))):
            return users
        return users.filtered(lambda user: request._is_feasible(self, user)) or users

    def _can_decide(self, user, outcome="approve"):
        """Tell whether a user may decide on this step now: the one predicate behind buttons, lists, dialogs and API.

        :param outcome: approve, return or reject; only an approval asks for unchanged content
        :returns: (True, "") or (False, a sentence that says why and what to do)
        """
        self.ensure_one()
        reason = self._get_turn_refusal() or self._get_person_refusal(user)
        if not reason and outcome == "approve" and not self.request_id._is_content_unchanged():
            reason = self.env._(
                "The invoice was changed after it was submitted. Return it, or have the validation cancelled, so that "
                "it is submitted again.",
            )
        if not reason and outcome == "approve":
            reason = self._get_duty_refusal(user)
        return (not reason, reason)

    def _get_turn_refusal(self):
        """Return why nobody can decide on this step now, or an empty text."""
        if self.state == "waiting":
            earlier = self.request_id.step_ids.filtered(lambda step: step.state == "open")
            return self.env._(
                "It is not the turn of level “%(level)s” yet: level “%(earlier)s” comes first.",
                level=self.name,
                earlier=format_list(self.env, earlier.mapped("name")),
            )
        if self.state != "open":
            return self._get_closed_refusal()
        return ""

    def _get_closed_refusal(self):
        event = self.request_id.event_ids.filtered(lambda event: event.type in lifecycle.OUTCOME_STATE.values()).sorted(
            "sequence"
        )[-1:]
        labels = dict(self._fields["state"]._description_selection(self.env))
        if not event:
            return self.env._("The validation of this invoice was cancelled: it waits to be submitted again.")
        return self.env._(
            "Nothing is left to decide at level “%(level)s”: %(outcome)s by %(user)s on %(date)s.",
            level=event.step_id.name,
            outcome=labels[event.type].lower(),
            user=event.user_id.name,
            date=format_datetime(self.env, event.date),
        )

    def _get_person_refusal(self, user):
        """Return why this user cannot decide on this open step, or an empty text."""
        if user in self._get_voices():
            return ""
        if user._get_same_persons(self.voter_ids):
            return self.env._("You have already approved this invoice at level “%s”; it waits for others.", self.name)
        if user not in self.approver_ids:
            return self._get_delegate_refusal(user) or self._get_stranger_refusal(user)
        return self._get_represented_refusal(user) or self._get_distinct_refusal(user)

    def _get_distinct_refusal(self, user):
        """Return why an approver of this open step, where people must differ, is not the one to approve it."""
        live = self.request_id._get_live_steps()
        voted = live.filtered(lambda step: user._get_same_persons(step.voter_ids))
        if voted:
            return self.env._(
                "You already approved this invoice at level “%s”: the policy asks for different people.", voted[0].name
            )
        return self.env._(
            "Your voice is needed at a later level, which nobody else can approve: leave level “%(level)s” to "
            "%(people)s.",
            level=self.name,
            people=format_list(self.env, self._get_actors().mapped("name"), "or"),
        )

    def _get_stranger_refusal(self, user):
        """Return why somebody whom this open step does not ask cannot decide on it."""
        request = self.request_id
        names = {"level": self.name, "people": format_list(self.env, self.approver_ids.mapped("name"), "or")}
        later = request.step_ids.filtered(lambda step: step.state == "waiting" and user in step.approver_ids)
        if later:
            return later[0]._get_turn_refusal()
        voted = request._get_live_steps().filtered(lambda step: user in step.voter_ids)
        if voted:
            return self.env._(
                "You have already approved this invoice at level “%(voted)s”: level “%(level)s” waits for %(people)s.",
                voted=voted[0].name,
                **names,
            )
        return self._get_duty_refusal(user) or self.env._(
            "You are not among the approvers of level “%(level)s”: %(people)s.", **names
        )

    def _record(self, outcome, comment=None, methods=None, refused=None):
        """Write the present user's decision on these steps. The only writer of decisions, called by
        `account.validation.request._decide`, which holds the locks and has asked `_can_decide`.

        :param outcome: approve, return or reject
        :param comment: text, or None
        :param methods: {step: how the user proved who they are}, for the steps that ask for it
        :param refused: [[position of a line, reason]] of the share of the one step, or None
        :raises UserError: when the comment is missing; nothing is recorded then
        """
        comment = self._check_comment(outcome, comment)
        state = lifecycle.OUTCOME_STATE[outcome]
        proofs = {step: {"authentication": method} for step, method in (methods or {}).items() if method}
        places = self._get_places(self.env.user)
        extra = {"refused": refused} if refused else {}
        data = {step: step._get_decision_data() | proofs.get(step, {}) | places.get(step, {}) | extra for step in self}
        self.env["account.validation.event"]._append(
            [step.request_id._prepare_event_vals(state, step, comment, data[step]) for step in self],
        )
        decided = self
        if outcome == "approve":
            self._engine().write({"voter_ids": [Command.link(self.env.uid)]})
            self._take_places(places)
            self._note_refused(refused)
            decided = self.filtered(lambda step: len(step.voter_ids) >= step.quorum_required)
        decided._move_to(state, decided_at=fields.Datetime.now())
        self.request_id._on_decided(self, outcome, comment)
        self.request_id._advance()

    def _get_decision_data(self):
        """Return what the event of a decision on this step keeps, beside who decided what; addons extend it."""
        self.ensure_one()
        return {}

    def _check_comment(self, outcome, comment):
        """Return the comment without outer spaces; refuse an empty one where it is required."""
        comment = (comment or "").strip()
        if not comment and outcome == "return":
            raise UserError(
                self.env._("Say what has to be corrected: the comment goes to the person who submitted the invoice.")
            )
        if not comment and outcome == "reject":
            raise UserError(
                self.env._("Say why the invoice is rejected: a rejection is final, and the reason stays with it.")
            )
        if not comment and any(self.mapped("comment_required")):
            raise UserError(self.env._("This level asks for a comment with the approval: add one."))
        return comment

    def _move_to(self, state, **vals):
        """Write a new state on these steps, along the transition table.

        :raises UserError: when a step cannot go there
        """
        if any(not lifecycle.can_move(lifecycle.STEP_TRANSITIONS, step.state, state) for step in self):
            raise UserError(self.env._("This step was decided in the meantime. Reload the invoice to see where it is."))
        if self:
            self._engine().write({"state": state, **vals})
