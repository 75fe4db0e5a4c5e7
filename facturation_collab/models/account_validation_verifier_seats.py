import json

from odoo import api, models

from .. import fingerprints, lifecycle, seating

DECISIONS = {*lifecycle.OUTCOME_STATE.values(), "returned_to"}
"""Types of the events in which somebody decides."""


class AccountValidationVerifier(models.AbstractModel):
    """Whoever decided was asked: an approver of the plan, somebody who got a place since, or a delegate of one."""

    _inherit = "account.validation.verifier"

    @api.model
    def _get_seats(self, planned, step, events):
        """Return the ids of the approvers of a step: those of its plan, with the places that events gave to others."""
        changes = [
            event.data["seats"]
            for event in events
            if event.step_id == step and isinstance(event.data, dict) and event.data.get("seats")
        ]
        return seating.seated(planned, changes)

    @api.model
    def _check_decisions(self, request, events):
        yield from super()._check_decisions(request, events)
        yield from self._check_represented(request, events)
        yield from self._check_entitled(request, events)

    @api.model
    def _check_represented(self, request, events):
        """Whoever counts as represented was so by an event, and the other way round."""
        for step in request.step_ids:
            recorded = {
                event._get_place().id
                for event in events
                if event.step_id == step and event.type == "approved" and event._get_place()
            }
            if set(step.represented_ids.ids) != recorded:
                details = {"found": step.represented_ids.ids, "expected": sorted(recorded)}
                yield "represented", {"step": step.name, **details}

    @api.model
    def _check_entitled(self, request, events):
        """Each decision was taken in the place of an approver whose voice had not been given yet."""
        for step, asked in self._get_asked(request, events).items():
            taken = set()
            for event in events:
                if event.step_id != step or event.type not in DECISIONS:
                    continue
                place = event._get_place().id or event.user_id.id
                before = events.filtered(lambda other, event=event: other.sequence < event.sequence)
                if place in taken or place not in self._get_seats(asked, step, before):
                    yield "place", {"step": step.name, "event": event.sequence}
                taken.add(place)

    @api.model
    def _get_asked(self, request, events):
        """Return {step: ids of the users whom it asked at first}: those of its plan, or of the step whose place it
        took; nothing where there is no plan, or one that does not fit (said by `_check_plan`).
        """
        plan = self._read_plan(request, events).get("steps", [])
        planned = request.step_ids.filtered(lambda step: not step.supersedes_id).sorted("id")
        if len(planned) != len(plan):
            return {}
        asked = {step: values["approver_ids"] for step, values in zip(planned, plan, strict=True)}
        return asked | {step: step.supersedes_id.approver_ids.ids for step in request.step_ids - planned}

    @api.model
    def _read_plan(self, request, events):
        """Return the plan that the first event recorded, or nothing."""
        recorded = (events[:1].data or {}).get("plan")
        if not recorded or fingerprints.fingerprint(request.plan or "") != recorded:
            return {}
        return json.loads(request.plan)


class AccountValidationWording(models.AbstractModel):
    _inherit = "account.validation.wording"

    @api.model
    def _get_request_sentences(self):
        return {
            **super()._get_request_sentences(),
            "represented": self.env._(
                "%(place)s: step “%(step)s” says that somebody approved for %(found)s, and its events say for "
                "%(expected)s."
            ),
            "place": self.env._(
                "%(place)s: event %(event)s (%(what)s) decides at step “%(step)s” for somebody who was not asked "
                "there, or whose voice had been given."
            ),
        }

    @api.model
    def _get_break_names(self, values):
        names = super()._get_break_names(values)
        if values["code"] == "represented":
            names |= {name: self._describe_users(values[name]) for name in ("found", "expected")}
        return names
