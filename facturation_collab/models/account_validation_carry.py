import json

from odoo import Command, fields, models
from odoo.tools import format_list

from .. import credentials, facets, fingerprints

CARRIED_FROM = ("returned", "cancelled", "approved")
"""States of a request whose approvals can stand in the next one."""


class AccountValidationStep(models.Model):
    """An approval of an earlier submission that stands, or what this level is to be compared with."""

    _inherit = "account.validation.step"

    previous_step_id = fields.Many2one(
        "account.validation.step",
        string="Approved before as",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Where this level last approved the invoice, in person: in an earlier submission.",
    )
    carried = fields.Json(
        string="Earlier approval stands",
        readonly=True,
        help="Set where that approval stands: what changed since (facets, moved: amount in the company's currency), "
        "the total that was approved, and the SHA-256 of the difference.",
    )

    def _get_origin(self):
        """Return the step where the level really approved: this one, or the one whose approval stands here or was the
        last.
        """
        self.ensure_one()
        return self if self.state == "approved" and not self.carried else self.previous_step_id

    def _get_tolerated_change(self, step, after, amount):
        """Return what changed since this step was approved, if a new step still tolerates it, else None.

        All that changed since counts, however many corrections it came in. A level that asks for a proof of identity
        tolerates nothing, and takes over no approval that was proven less.

        :param step: the values of the new step
        :param after: the snapshot of the new request
        :param amount: its total, in the company's currency
        """
        self.ensure_one()
        approved, asked = self.request_id, step["authentication"]
        if fingerprints.fingerprint(approved.snapshot or "") != approved.fingerprint:
            return None
        before, was = self._narrow(json.loads(approved.snapshot), approved.amount, self.share)
        after, now = self._narrow(after, amount, step.get("share"))
        changed = facets.facets_changed(before, after)
        moved = facets.amount_moved(before, after, was, now) if "amounts" in changed else 0
        limits = (0, 0) if asked else (step["tolerance_percent"], step["tolerance_amount"])
        tolerated = facets.is_tolerated(moved, was, *limits)
        proofs = [self.authentication or "", asked or ""]
        is_proven = not asked or (all(proofs) and credentials.strongest_authentication(proofs) == proofs[0])
        if not is_proven or facets.facets_concerning(changed, step["facets"], tolerated):
            return None
        return {
            "facets": sorted(changed),
            "moved": float(moved),
            "approved": was,
            "difference": facets.difference_hash(before, after),
        }

    def _prepare_carried_vals(self, change):
        """Return the values of a new step that takes over the approval of this one."""
        self.ensure_one()
        return {
            "state": "approved",
            "voter_ids": [Command.set(self.voter_ids.ids)],
            "decided_at": self.decided_at,
            "carried": change,
        }

    def _get_carried_data(self, event):
        """Return what an event keeps of an approval that stands: which one it was, and the difference that this step
        signs.
        """
        self.ensure_one()
        origin = self.previous_step_id
        return {
            **self.carried,
            "version": facets.FACETS_VERSION,
            "from_request": origin.request_id.id,
            "from_event": event.id,
            "from_hash": event.hash,
            "step": origin.id,
            "fingerprint": origin.request_id.fingerprint,
            "user_id": event.user_id.id,
        }

    def _get_closed_refusal(self):
        if not self.carried:
            return super()._get_closed_refusal()
        return self.env._(
            "Nothing is left to decide at level “%(level)s”: its approval by %(people)s stands, since nothing that it "
            "depends on has changed.",
            level=self.name,
            people=format_list(self.env, self.voter_ids.mapped("name")),
        )


class AccountValidationRequest(models.Model):
    """What a new request takes over from the one before: the approvals that the change does not concern."""

    _inherit = "account.validation.request"

    previous_id = fields.Many2one(
        "account.validation.request",
        string="Submitted before as",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )

    def _prepare_request_vals(self, policy, move, criteria):
        vals = super()._prepare_request_vals(policy, move, criteria)
        return {**vals, "previous_id": move.sudo().validation_request_id.id}

    def _read_approvals(self):
        """Read once, for all of these requests, what a following one may take over: a constant number of queries."""
        origins = self.step_ids.previous_step_id | self.step_ids
        origins.voter_ids._get_persons()
        origins.request_id.event_ids.mapped("hash")

    def _get_last_approvals(self):
        """Return {key of a level: (the step where it last approved, whether that approval stands in this request)}.

        The key is (level id, key of the share that the step decided on).
        """
        return {
            (step.level_id.id, step.share_key): (step._get_origin(), step.state == "approved" and not step.refused)
            for step in self._get_live_steps()
        }

    def _is_carried_into(self, vals):
        """Tell whether approvals of this request may stand in a new one with these values.

        A change of a posted invoice asks everybody again. What was approved while a policy only observed is no approval
        under one that enforces.
        """
        return (
            self.state in CARRIED_FROM
            and vals["on_change"] == "concerned"
            and not vals.get("after_posting")
            and self.mode in ("enforce", vals["mode"])
        )

    def _carry_over(self, move, vals, plan, steps):
        """Return the values of the steps of a new request, with what it takes over from the invoice's last one.

        :param vals: the values of the new request
        :param plan: [(level, res.users who may decide)]
        :param steps: the values of its steps, in the order of the plan
        """
        previous = move.sudo().validation_request_id
        approvals = previous._get_last_approvals()
        keys = [(step["level_id"], step.get("share_key", False)) for step in steps]
        found = [approvals.get(key, (self.env["account.validation.step"], False)) for key in keys]
        changes = [None] * len(plan)
        if previous._is_carried_into(vals):
            after = json.loads(vals["snapshot"])
            changes = [
                origin._get_tolerated_change(step, after, vals["amount"]) if stands else None
                for step, (origin, stands) in zip(steps, found, strict=True)
            ]
        standing = self._get_standing(plan, steps, found, changes, vals["distinct_approvers"])
        return [
            {
                **step,
                "previous_step_id": origin.id,
                **(origin._prepare_carried_vals(changes[position]) if position in standing else {}),
            }
            for position, (step, (origin, _stands)) in enumerate(zip(steps, found, strict=True))
        ]

    def _get_standing(self, plan, steps, found, changes, distinct):
        """Return the positions of the steps whose earlier approval stands, among those whose change is tolerated."""
        nobody = self.env["res.users"]
        voters = [
            nobody if change is None else origin.voter_ids
            for (origin, _stands), change in zip(found, changes, strict=True)
        ]
        if not any(voters):
            return []
        persons = nobody.union(*voters, *(users for _level, users in plan))._get_persons()
        return facets.standing_levels(
            [
                (step["quorum_required"], {persons[id_] for id_ in users.ids}, {persons[id_] for id_ in given.ids})
                for step, (_level, users), given in zip(steps, plan, voters, strict=True)
            ],
            distinct,
        )

    def _prepare_first_events(self, event_type, comment=None):
        """Return the values of the first events of this new request: what it froze, and which approvals stand."""
        data = {"fingerprint": self.fingerprint, "plan": fingerprints.fingerprint(self.plan)}
        return [self._prepare_event_vals(event_type, comment=comment, data=data), *self._prepare_carried_events()]

    def _prepare_carried_events(self):
        """Return the values of the events that say which approvals stand in this new request: one for each voice."""
        entries = []
        for step in self.step_ids.filtered("carried") if self.previous_id else ():
            origin = step.previous_step_id
            for event in origin.request_id.event_ids.sorted("sequence"):
                if event.type == "approved" and event.step_id == origin:
                    entries.append(self._prepare_event_vals("carried", step, data=step._get_carried_data(event)))
        return entries

    def _on_submitted(self, comment=None):
        super()._on_submitted(comment)
        wording = self.env["account.validation.wording"]
        requests = self.filtered(lambda request: request.previous_id and request.step_ids.filtered("carried"))
        if requests:
            requests._log(lambda request: wording._describe_standing(request.step_ids.filtered("carried")))
