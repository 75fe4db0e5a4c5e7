from odoo import fields, models
from odoo.tools import format_datetime, frozendict

CLOCKS = ("deadline", "next_reminder_at", "next_escalation_at")
"""Moments of an open step that do not come nearer while a question pauses it."""


class AccountInvoiceQuestion(models.Model):
    """What an open blocking question holds: the approval of a level, and its deadline where the kind says so."""

    _inherit = "account.invoice.question"

    def _get_held_steps(self):
        """Return, as sudo, the open steps that these questions hold: where they were asked, else all open ones."""
        found = self.env["account.validation.step"].sudo()
        for question in self.sudo():
            steps = question.step_id or question.move_id.validation_request_id.step_ids
            found |= steps.filtered(lambda step: step.state == "open")
        return found

    def _pause_steps(self):
        """Stop the clocks of the steps that these questions hold, where they do so by choice."""
        pausing = self.sudo().filtered(lambda question: question._is_pausing())
        pausing._get_held_steps()._pause()

    def _resume_steps(self):
        """Let the clocks of steps run on that no open question pauses any more."""
        moves = self.sudo().filtered(lambda question: question.is_blocking and question.pauses_deadline).move_id
        steps = moves.validation_request_id.step_ids.filtered("paused")
        steps -= moves.question_ids.filtered(lambda question: question._is_pausing())._get_held_steps()
        steps.filtered(lambda step: step.state == "open")._resume()

    def _is_pausing(self):
        return self.state == "open" and self.is_blocking and self.pauses_deadline


class AccountValidationStep(models.Model):
    """A step on which an open question keeps everybody from approving; returning and rejecting stay possible."""

    _inherit = "account.validation.step"

    paused = fields.Json(readonly=True, help="Since when a question pauses the deadline, and what it was then.")

    def _can_decide(self, user, outcome="approve"):
        can, reason = super()._can_decide(user, outcome)
        if can and outcome == "approve" and (held := self._get_held_refusal()):
            return False, held
        return can, reason

    def _get_holding_questions(self):
        """Return, as sudo, the open questions that hold this open step; nothing is read where the invoice has none."""
        move = self.request_id.move_id.sudo()
        if not move.validation_blocking_count:
            return self.env["account.invoice.question"].sudo()
        return move.question_ids.filtered(
            lambda question: (
                question.state == "open" and question.is_blocking and question.step_id.id in (False, self.id)
            )
        )

    def _get_held_refusal(self):
        """Return the sentence that names the question which holds this step, and who has it, or an empty text."""
        held = self._get_holding_questions()
        if not held:
            return ""
        question = held.sorted("id")[0]
        return self.env._(
            "The question “%(question)s” is not answered yet: %(people)s has it. Wait for the answer, or have the "
            "question withdrawn.",
            question=question.name,
            people=question._get_waited_for(),
        )

    def _merge_decisions(self):
        """A voice from another level does not count here by itself while a question holds this one."""
        held = self.filtered(lambda step: step._get_holding_questions())
        return super(AccountValidationStep, self - held)._merge_decisions() if held else super()._merge_decisions()

    def _pause(self):
        """Stop the clocks of these open steps. They read no deadline from then on, so nobody is late or reminded."""
        now = fields.Datetime.now()
        stopped = self.filtered(lambda step: step.deadline and not step.paused)
        groups = stopped.grouped(
            lambda step: frozendict({name: fields.Datetime.to_string(step[name]) or False for name in CLOCKS})
        )
        for clocks, steps in groups.items():
            paused = {"at": fields.Datetime.to_string(now), **clocks}
            steps._engine().write({"paused": paused, **dict.fromkeys(CLOCKS, False)})
        stopped.request_id._refresh_waiting()

    def _resume(self):
        """Let the clocks of these steps run on: the working hours that were left when they stopped are left now."""
        now = fields.Datetime.now()
        for step, clock in self._get_clocks(now).items():
            paused = {name: fields.Datetime.to_datetime(value) for name, value in step.paused.items()}
            vals = {name: _shift(clock, paused["at"], paused[name], now) for name in CLOCKS}
            step._engine().write({"paused": False, **vals})
        self.request_id._refresh_waiting()


class AccountValidationRequest(models.Model):
    _inherit = "account.validation.request"

    def _approve_automatically(self):
        """Nothing is approved without a person while a question holds it."""
        held = self.filtered(lambda request: request.move_id.validation_blocking_count)
        return super(AccountValidationRequest, self - held)._approve_automatically()

    def _open_next_steps(self):
        """A question that was asked outside of a level holds, and pauses, the levels that open next."""
        # Asked before anything is written: what was read is forgotten then.
        held = self.filtered(lambda request: request.move_id.validation_blocking_count)
        super()._open_next_steps()
        if held:
            held.move_id.question_ids._pause_steps()


class AccountMove(models.Model):
    _inherit = "account.move"

    def _get_panel_step(self, step):
        """Say that the deadline is paused, and by what."""
        panel = super()._get_panel_step(step)
        if step.state != "open" or not step._get_holding_questions():
            return panel
        sentences = [panel.get("reason"), step.with_env(self.env).sudo()._get_held_refusal()]
        if step.paused:
            since = fields.Datetime.to_datetime(step.paused["at"])
            sentences.append(self.env._("The deadline is paused since %s.", format_datetime(self.env, since)))
        return {**panel, "reason": " ".join(filter(None, sentences))}


def _shift(clock, stopped, moment, now):
    """Return a moment as far from now, in working hours, as it was when the clock stopped; past ones stay."""
    if not moment or moment <= stopped:
        return moment or False
    later = clock and clock.after(now, clock.between(stopped, moment))
    return later or now + (moment - stopped)
