from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.tools import format_list

from .. import credentials


class AccountValidationPolicy(models.Model):
    _inherit = "account.validation.policy"

    merge_decisions = fields.Boolean(
        "The same person twice in a row decides once",
        help="Whoever approves at a level and is asked again at the next one need not approve a second time, unless "
        "that level asks for a comment or a proof of identity that they did not give. Without effect where different "
        "people are asked at each level.",
    )


class AccountValidationRequest(models.Model):
    _inherit = "account.validation.request"

    merge_decisions = fields.Boolean(readonly=True)

    def _prepare_request_vals(self, policy, move, criteria):
        vals = super()._prepare_request_vals(policy, move, criteria)
        return {**vals, "merge_decisions": policy.merge_decisions}

    def _on_merged(self, steps):
        """Called with steps of these requests at which approvals of the level before were counted."""
        names = steps.grouped("request_id")
        self._log(
            lambda request: self.env._(
                "Approved at level “%(level)s” as well: the same person decides once (%(people)s).",
                level=format_list(self.env, names[request].mapped("name")),
                people=format_list(self.env, names[request].voter_ids.mapped("name")),
            )
        )


class AccountValidationStep(models.Model):
    """Counting an approval at the next level, too: recorded there as an event of its own that names where it was given.

    The one who decides is asked about as for any decision (`_can_decide`); nothing is counted that the next level would
    not have taken from them as it was given.
    """

    _inherit = "account.validation.step"

    def _merge_decisions(self):
        """Count on these steps, which just opened, the approvals given at the level before where the policy says so.

        :returns: those of these steps that are approved by it
        """
        counted = {step: events for step in self if (events := step._get_mergeable())}
        if not counted:
            return self.browse()
        by_voters = defaultdict(self.browse)
        for step, events in counted.items():
            by_voters[events.user_id] |= step
        self.env["account.validation.event"]._append(
            [step._prepare_merged_vals(event) for step, events in counted.items() for event in events]
        )
        for voters, steps in by_voters.items():
            steps._engine().write({"voter_ids": [Command.link(user_id) for user_id in voters.ids]})
        merged = self.browse().union(*counted)
        approved = merged.filtered(lambda step: len(step.voter_ids) >= step.quorum_required)
        approved._move_to("approved", decided_at=fields.Datetime.now())
        merged.request_id._on_merged(merged)
        return approved

    def _get_mergeable(self):
        """Return the events of approvals at the level before that count at this open step, no more than it needs."""
        self.ensure_one()
        request = self.request_id
        events = self.env["account.validation.event"]
        earlier = [step.sequence for step in request.step_ids if step.sequence < self.sequence]
        if not request.merge_decisions or not earlier:
            return events
        for event in request.event_ids.sorted("sequence"):
            before = event.step_id
            is_given = event.type == "approved" and before.sequence == max(earlier) and before.state != "superseded"
            if is_given and len(events) < self.quorum_required and self._takes(event, events.user_id):
                events |= event
        return events

    def _takes(self, event, voters):
        """Tell whether an approval of another step, in the person's own name, is all that this open one asks for.

        :param voters: res.users whose approvals were already taken
        """
        data = _get_data(event)
        if data.keys() - {"authentication", "merged_from"} or (self.comment_required and not event.comment):
            return False
        if self.authentication and not self._is_proof(data.get("authentication")):
            return False
        return not event.user_id._get_same_persons(voters) and self._can_decide(event.user_id)[0]

    def _is_proof(self, method):
        """Tell whether the way in which somebody proved who they are is one that this step asks for."""
        if method == "api_key":
            return self.api_key_allowed
        return method in {
            credentials.AUTHENTICATION_METHOD[kind] for kind in credentials.AUTHENTICATION[self.authentication]
        }

    def _prepare_merged_vals(self, event):
        """Return the values of the event that counts an approval on this step: by the same person, alike."""
        data = {**_get_data(event), "merged_from": event.step_id.id}
        return {**self.request_id._prepare_event_vals("approved", self, data=data), "user_id": event.user_id.id}


class AccountValidationEvent(models.Model):
    _inherit = "account.validation.event"

    note = fields.Char(compute="_compute_note", help="What the values of the event say, for people.")

    @api.depends_context("lang")
    @api.depends("data", "request_id.step_ids.name")
    def _compute_note(self):
        for event in self:
            event.note = event._get_note()

    def _get_note(self):
        """Return what the values of one event say, for people, or an empty text. An addon extends it."""
        self.ensure_one()
        source = _get_data(self).get("merged_from")
        step = self.request_id.step_ids.filtered(lambda step: step.id == source)
        return self.env._("Counted from level “%s”: the same person decides once.", step.name) if step else ""


class AccountValidationVerifier(models.AbstractModel):
    _inherit = "account.validation.verifier"

    @api.model
    def _check_decisions(self, request, events):
        yield from super()._check_decisions(request, events)
        yield from self._check_merged(events)

    @api.model
    def _check_merged(self, events):
        """An approval that was counted from another step was given there before, by the same person, alike."""
        for event in events:
            if "merged_from" in _get_data(event):
                before = events.filtered(lambda earlier, event=event: earlier.sequence < event.sequence)
                if not any(_is_source(earlier, event) for earlier in before):
                    yield "merged", {"event": event.sequence, "step": event.step_id.name}


class AccountValidationWording(models.AbstractModel):
    _inherit = "account.validation.wording"

    @api.model
    def _get_request_sentences(self):
        return {
            **super()._get_request_sentences(),
            "merged": self.env._(
                "%(place)s: event %(event)s counts an approval at step “%(step)s” that was given at another step, and "
                "no event says so there."
            ),
        }


def _get_data(event):
    """Return the values of an event, whatever somebody wrote there."""
    return event.data if isinstance(event.data, dict) else {}


def _is_source(earlier, event):
    """Tell whether an event is the approval that a later one counts again."""
    data = _get_data(event)
    return (earlier.type, earlier.step_id.id, earlier.user_id, _get_data(earlier).get("authentication")) == (
        "approved",
        data["merged_from"],
        event.user_id,
        data.get("authentication"),
    )
