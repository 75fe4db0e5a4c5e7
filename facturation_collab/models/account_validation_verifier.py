import json
from collections import defaultdict

from odoo import api, models

from .. import chains, comparison, fingerprints, lifecycle

BATCH = 500
PLANNED = ("name", "sequence", "quorum_required", "facets", "tolerance_percent", "tolerance_amount", "carried", "share")
"""Values of a step that are compared with the plan; plans of earlier versions hold fewer."""


class AccountValidationVerifier(models.AbstractModel):
    """Finds what was changed behind the ORM. Reads only; answers with plain values that a screen puts into words.

    A *break* is a dict: `code` (what does not fit), `company_id`, `move_id`, `request_id` (where), `event` (position in
    the chain), `seal` (its number), and details that depend on the code. Breaks come in the order in which they were
    found: requests by age, then seals.
    """

    _name = "account.validation.verifier"
    _description = "Verification of validations"

    @api.model
    def _verify_requests(self, requests):
        """Return the breaks of requests, their steps, events and invoices; a constant number of queries per batch.

        Elevated: whoever asks was allowed to by `account.validation.verify.wizard`.
        """
        breaks = []
        for start in range(0, len(requests), BATCH):
            self.env.invalidate_all()
            batch = self.env["account.validation.request"].sudo().browse(requests.ids[start : start + BATCH])
            # Read once for the batch, whatever recordsets the checks look at.
            for name in ("approver_ids", "voter_ids", "represented_ids", "previous_step_id"):
                batch.step_ids.mapped(name)
            posted = self._get_posted_snapshots(batch)
            for request in batch:
                breaks += self._verify_request(request, posted.get(request.id))
        return breaks

    @api.model
    def _verify_request(self, request, posted):
        """Return the breaks of one request.

        :param posted: the present content of its posted invoice, where the request is what allowed to post it
        """
        events = request.event_ids.sorted("sequence")
        return [
            self._get_break(code, request, **details)
            for check in (
                self._check_chain(events),
                self._check_snapshot(request, events),
                self._check_plan(request, events),
                self._check_decisions(request, events),
                self._check_state(request, events),
                self._check_content(request, posted),
            )
            for code, details in check
        ]

    @api.model
    def _get_break(self, code, request=None, **details):
        place = {"company_id": request.company_id.id, "move_id": request.move_id.id, "request_id": request.id}
        return {"code": code, **(place if request is not None else {}), **details}

    # Checks: generators of (code, details)

    @api.model
    def _check_chain(self, events):
        """Every event is there, follows the one before, and is what was hashed."""
        if not events:
            yield "event_missing", {"event": 1}
            return
        link = chains.broken_link(events._get_links())
        if link:
            position, problem = link
            details = {"event": position}
            event = events[position - 1]
            if problem == "changed" and event.create_uid != event.user_id:
                written = chains.chained_hash(
                    event.previous_hash or "",
                    events._get_payload({**event._get_hashed_values(), "user_id": event.create_uid.id}),
                )
                if written == event.hash:
                    problem = "author"
                    details |= {"found": event.user_id.id, "expected": event.create_uid.id}
            yield f"event_{problem}", details

    @api.model
    def _check_snapshot(self, request, events):
        """The snapshot is what its fingerprint says, and the fingerprint what the first event recorded."""
        recorded = (events[:1].data or {}).get("fingerprint")
        if fingerprints.fingerprint(request.snapshot or "") != request.fingerprint:
            yield "snapshot", {}
        elif recorded and recorded != request.fingerprint:
            yield "fingerprint", {"event": 1}

    @api.model
    def _check_plan(self, request, events):
        """The policy and the steps are those of the plan that the first event recorded."""
        recorded = (events[:1].data or {}).get("plan")
        if not recorded:
            return
        if fingerprints.fingerprint(request.plan or "") != recorded:
            yield "plan", {"event": 1}
            return
        plan = json.loads(request.plan)
        changed = [
            name for name in ("move_id", "policy_id", "company_id", "submitter_id") if request[name].id != plan[name]
        ]
        if changed:
            yield "request_changed", {"fields": changed}
        # A list, not a new recordset, which would lose the other requests' steps to read along with.
        steps = [step for step in request.step_ids.sorted("id") if not step.supersedes_id]
        if len(steps) != len(plan["steps"]):
            yield "steps", {"expected": len(plan["steps"]), "found": len(steps)}
            return
        for step, planned in zip(steps, plan["steps"], strict=True):
            changed = [name for name in PLANNED if name in planned and (step[name] or None) != (planned[name] or None)]
            if set(step.approver_ids.ids) != self._get_seats(planned["approver_ids"], step, events):
                changed.append("approver_ids")
            if changed:
                yield "step_changed", {"step": planned["name"], "fields": changed}

    @api.model
    def _check_decisions(self, request, events):
        """Whoever counts as having approved has an event that says so, and the other way round."""
        recorded = self._get_recorded_voters(events)
        for step in request.step_ids:
            voters = recorded[step.id]
            if set(step.voter_ids.ids) != voters:
                details = {"found": step.voter_ids.ids, "expected": sorted(voters)}
                yield "voter", {"step": step.name, **details}
            outcomes = {event.type for event in events if event.step_id == step} & {"returned", "rejected"}
            is_approved = step.state == "approved" and len(voters) >= step.quorum_required
            if (outcomes or step.state in ("approved", "returned", "rejected")) and not (
                is_approved or step.state in outcomes
            ):
                yield "step_state", {"step": step.name, "found": step.state}

    @api.model
    def _get_recorded_voters(self, events):
        """Return {step id: ids of the users who approved it} as the events recorded it."""
        voters = defaultdict(set)
        for event in events.filtered(lambda event: event.type == "approved"):
            voters[event.step_id.id].add(event.user_id.id)
        return voters

    @api.model
    def _check_state(self, request, events):
        """The request is in the state that its last event with a state recorded."""
        states = [event.data["state"] for event in events if isinstance(event.data, dict) and event.data.get("state")]
        expected = states[-1] if states else "pending"
        if events and request.state != expected:
            yield "state", {"found": request.state, "expected": expected}

    @api.model
    def _check_content(self, request, posted):
        """The posted invoice has the content that was approved."""
        if posted is None:
            return
        try:
            approved = json.loads(request.snapshot)
        except (TypeError, ValueError):
            return  # said by `_check_snapshot`
        changed = comparison.changed_content(approved, posted)
        if changed:
            values = {name: [approved[name], posted[name]] for name in changed}
            yield "content", {"fields": changed, "values": values}

    @api.model
    def _get_posted_snapshots(self, requests):
        """Return {request id: present content} of the requests that allowed to post their invoice."""
        return {
            request.id: request.move_id._get_snapshot()
            for request in requests
            if request.mode == "enforce"
            and request.state in self._get_agreed_states()
            and request.move_id.state == "posted"
            and request.move_id.validation_request_id == request
        }

    @api.model
    def _get_agreed_states(self):
        """Return the states of a request that let its invoice be posted."""
        return lifecycle.AGREED
