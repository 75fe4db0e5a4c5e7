from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_list

from .. import lifecycle

NOT_HANDED_ON = {
    *models.MAGIC_COLUMNS,
    *("state", "voter_ids", "represented_ids", "opened_at", "deadline", "decided_at"),
    *("carried", "previous_step_id", "supersedes_id", "refused"),
    *("next_reminder_at", "reminders_sent", "next_escalation_at", "escalations_done"),
}
"""What a step does not hand on to the one that takes its place."""


class AccountValidationStep(models.Model):
    """Returning an invoice to an earlier level of the same request, which then decides once more."""

    _inherit = "account.validation.step"

    supersedes_id = fields.Many2one(
        "account.validation.step",
        string="Takes the place of",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The step of the same level before the invoice was returned to an earlier one.",
    )

    def _get_return_targets(self):
        """Return the steps to which whoever decides on this open one may return the invoice: earlier and approved."""
        if not self:
            return self
        steps = self.request_id.step_ids.sorted(lambda step: (step.sequence, step.id))
        states = [(step.sequence, step.state) for step in steps]
        positions = lifecycle.return_targets(states, steps.ids.index(self.id))
        return steps.browse(steps.ids[position] for position in positions)

    def _return_to(self, target, comment):
        """Return the request of this open step to an earlier one. The caller holds the locks and has asked
        `_can_decide` and `_get_return_targets`.

        That level and those that are open get new steps; what was decided stays with the old ones. What was approved
        between them stands.

        :raises UserError: when the comment is missing; nothing is recorded then
        """
        self.ensure_one()
        comment = (comment or "").strip()
        if not comment:
            raise UserError(
                self.env._("Say what has to be looked at again: the comment goes to the level that gets the invoice.")
            )
        request, steps = self.request_id, self.request_id.step_ids
        states = [(step.sequence, step.state) for step in steps]
        positions = lifecycle.steps_to_reopen(states, steps.ids.index(target.id))
        old = steps.browse(steps.ids[position] for position in positions)
        new = self._engine().create([step._prepare_reopened_vals() for step in old])
        pairs = {str(before.id): after.id for before, after in zip(old, new, strict=True)}
        place = self._get_places(self.env.user).get(self, {})
        data = {**self._get_decision_data(), **place, "to": target.id, "steps": pairs}
        self.env["account.validation.event"]._append([request._prepare_event_vals("returned_to", self, comment, data)])
        old._move_to("superseded")
        request._on_returned_to(target, comment)
        request._advance()

    def _prepare_reopened_vals(self):
        """Return the values of the step that takes the place of this one: asked as it was, and not yet decided."""
        self.ensure_one()
        frozen = {
            name: field.convert_to_write(self[name], self)
            for name, field in self._fields.items()
            if field.store and not field.compute and field.type != "one2many"
        }
        kept = {name: value for name, value in frozen.items() if name not in NOT_HANDED_ON}
        return {**kept, "previous_step_id": self._get_origin().id, "supersedes_id": self.id}


class AccountValidationRequest(models.Model):
    _inherit = "account.validation.request"

    def _get_live_steps(self):
        """Return the steps of these requests that count: not those that were superseded."""
        live = [step.id for step in self.step_ids if step.state != "superseded"]
        return self.step_ids.browse(live).with_prefetch(self.step_ids._prefetch_ids)

    def _return_to(self, step_id, comment):
        """Return one request to an earlier step, as the present user's decision on the open one that asks them.

        :returns: a sentence when it cannot be, else an empty text
        """
        self._lock()
        step, refusal = self._get_decidable_step(self.env.user, "return")
        if not step:
            return refusal
        targets = step._get_return_targets()
        target = targets.filtered(lambda target: target.id == step_id)
        if target:
            step.sudo()._return_to(target.sudo(), comment)
            return ""
        if targets:
            return self.env._(
                "It cannot be returned to that level now, only to %s, or to whoever submitted it.",
                format_list(self.env, targets.mapped("name"), "or"),
            )
        return self.env._("No earlier level has approved it: return it to whoever submitted it.")

    def _on_returned_to(self, target, comment):
        """Called when the present user returned this request to an earlier step, before that level is asked again."""
        self._log(lambda request: self.env._("Returned to level “%s”.", target.name), comment)
        self._close_activities(self.env.user)
