import json
from decimal import Decimal

from odoo import api, models

from .. import facets


class AccountValidationVerifier(models.AbstractModel):
    """Approvals that were carried over, and returns to an earlier level: they are what events recorded, and rightly."""

    _inherit = "account.validation.verifier"

    @api.model
    def _check_decisions(self, request, events):
        yield from super()._check_decisions(request, events)
        yield from self._check_carried(request, events)
        yield from self._check_superseded(request, events)

    @api.model
    def _get_recorded_voters(self, events):
        voters = super()._get_recorded_voters(events)
        for event in events.filtered(lambda event: event.type == "carried"):
            voters[event.step_id.id].add((event.data or {}).get("user_id"))
        return voters

    @api.model
    def _check_carried(self, request, events):
        """An approval that stands was given, to what this invoice then was, and tolerates the change."""
        steps = {step.id: step for step in request.step_ids}
        for event in events:
            if event.type != "carried":
                continue
            step, data = steps.get(event.step_id.id, request.step_ids.browse()), event.data or {}
            approval = self._get_carried_approval(request, step, data)
            if not approval:
                yield "carried", {"event": event.sequence, "step": step.name}
            elif not self._is_change_tolerated(request, step, data):
                yield "carried_change", {"event": event.sequence, "step": step.name}

    @api.model
    def _get_carried_approval(self, request, step, data):
        """Return the event of the approval that a step takes over, if it is the one that was recorded, else nothing."""
        origin = step.previous_step_id
        approved = origin.request_id
        event = next((event for event in approved.event_ids if event.id == data.get("from_event")), None)
        if event is None:
            return event
        found = (event.type, event.step_id.id, event.hash, event.user_id.id, approved.fingerprint)
        expected = ("approved", origin.id, data.get("from_hash"), data.get("user_id"), data.get("fingerprint"))
        is_place = approved.move_id == request.move_id and approved.id < request.id and origin.id == data.get("step")
        is_level = not (step.level_id and origin.level_id) or step.level_id == origin.level_id
        is_level &= step.share_key == origin.share_key and not origin.refused
        return event if found == expected and is_place and is_level else None

    @api.model
    def _is_change_tolerated(self, request, step, data):
        """Tell whether what changed since an approval is what was recorded, and does not concern its step."""
        origin = step.previous_step_id
        approved = origin.request_id
        if request.on_change != "concerned":
            return False
        try:
            before, after = json.loads(approved.snapshot), json.loads(request.snapshot)
        except (TypeError, ValueError):
            return True  # said by `_check_snapshot`
        before, was = step._narrow(before, approved.amount, origin.share)
        after, now = step._narrow(after, request.amount, step.share)
        changed, moved = set(data.get("facets") or ()), Decimal(str(data.get("moved") or 0))
        if data.get("version") == facets.FACETS_VERSION:
            changed = facets.facets_changed(before, after)
            moved = facets.amount_moved(before, after, was, now) if "amounts" in changed else 0
        limits = (0, 0) if step.authentication else (step.tolerance_percent, step.tolerance_amount)
        tolerated = facets.is_tolerated(moved, was, *limits)
        return not facets.facets_concerning(changed, step.facets or (), tolerated)

    @api.model
    def _check_superseded(self, request, events):
        """A step was superseded because somebody returned the invoice, and what took its place asks the same."""
        pairs = {}
        for event in events.filtered(lambda event: event.type == "returned_to"):
            pairs |= {int(old): new for old, new in ((event.data or {}).get("steps") or {}).items()}
        for step in request.step_ids:
            old = step.supersedes_id
            is_recorded = (step.state == "superseded") == (step.id in pairs)
            is_recorded &= pairs.get(old.id) == (step.id if old else None) and bool(old) == (step.id in pairs.values())
            if not is_recorded or (old and not self._is_asked_alike(step, old, events)):
                yield "superseded", {"step": step.name}

    @api.model
    def _is_asked_alike(self, step, old, events):
        """Tell whether a step asks the same as the one whose place it took, of the same people or those who got theirs
        since.
        """
        names = ("name", "sequence", "quorum_required", "facets", "authentication", "share")
        asked = self._get_seats(old.approver_ids.ids, step, events)
        return all(step[name] == old[name] for name in names) and set(step.approver_ids.ids) == asked


class AccountValidationWording(models.AbstractModel):
    _inherit = "account.validation.wording"

    @api.model
    def _get_request_sentences(self):
        return {
            **super()._get_request_sentences(),
            "carried": self.env._(
                "%(place)s: step “%(step)s” takes over an approval of an earlier submission (event %(event)s), and no "
                "such approval was given."
            ),
            "carried_change": self.env._(
                "%(place)s: step “%(step)s” takes over an approval of an earlier submission (event %(event)s), and "
                "what changed since concerns it: it had to be asked again."
            ),
            "superseded": self.env._(
                "%(place)s: step “%(step)s” is not what a return to an earlier level recorded: it was added, removed "
                "or changed."
            ),
        }
