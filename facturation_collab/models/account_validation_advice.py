from collections import defaultdict

from odoo import Command, fields, models

from .account_validation_messages import TO_CORRECT, TO_VALIDATE

TO_ADVISE = "facturation_collab.mail_activity_type_advise"


class AccountValidationEvent(models.Model):
    _inherit = "account.validation.event"

    type = fields.Selection(
        selection_add=[("advice_asked", "Advice asked"), ("advice_given", "Advice given")],
        ondelete={"advice_asked": "cascade", "advice_given": "cascade"},
    )


class AccountValidationRequest(models.Model):
    """Asking somebody for an opinion on an invoice: no decision, and nobody waits for it."""

    _inherit = "account.validation.request"

    def _get_questions(self, adviser):
        """Return the events by which somebody was asked for advice on this request under way and did not answer yet."""
        self.ensure_one()
        if self.state != "pending":
            return self.event_ids.browse()
        given = self.event_ids.filtered(lambda event: event.type == "advice_given" and event.user_id == adviser)
        answered = {number for event in given for number in (event.data or {}).get("questions", ())}
        return self.event_ids.filtered(
            lambda event: (
                event.type == "advice_asked"
                and (event.data or {}).get("adviser") == adviser.id
                and event.sequence not in answered
            )
        )

    def _get_forward_refusal(self, user):
        """Return why a user may not ask somebody else for advice on this request, or an empty text."""
        self.ensure_one()
        step, refusal = self._get_decidable_step(user, "return")
        return "" if step else refusal

    def _get_adviser_refusal(self, adviser):
        """Return why somebody cannot be asked for advice on this request, or an empty text."""
        names = {"person": adviser.sudo().name, "company": self.company_id.sudo().name}
        if adviser == self.env.user:
            return self.env._("Choose somebody else than yourself.")
        if not adviser._filter_validation_users():
            return self.env._("%(person)s has no access to collaborative invoicing or to accounting.", **names)
        if self.company_id not in adviser.sudo().company_ids:
            return self.env._("%(person)s has no access to the company %(company)s.", **names)
        if self._get_questions(adviser):
            return self.env._("%(person)s was already asked and has not answered yet.", **names)
        return ""

    def _ask_advice(self, adviser, question):
        """Ask somebody for advice on these requests. The caller holds the locks and has asked the predicates."""
        self.env["account.validation.event"].sudo()._append(
            [
                request._prepare_event_vals(
                    "advice_asked",
                    request._get_decidable_step(self.env.user, "return")[0],
                    question,
                    {"adviser": adviser.id},
                )
                for request in self
            ]
        )
        self._engine().write({"participant_ids": [Command.link(adviser.id)]})
        self._create_activities(TO_ADVISE, [(request, adviser.sudo()) for request in self])
        self._log(lambda request: self.env._("Asked %s for advice.", adviser.sudo().name), question)
        name = self.env.user.name
        self._notify_each(
            {adviser.sudo(): self},
            lambda env: env._("%(person)s asks for your advice: %(text)s", person=name, text=question),
        )

    def _give_advice(self, advice):
        """Record the advice of the present user on these requests, and tell whoever asked for it."""
        questions = {request: request._get_questions(self.env.user) for request in self}
        data = {request: {"questions": events.mapped("sequence")} for request, events in questions.items()}
        self.env["account.validation.event"].sudo()._append(
            [request._prepare_event_vals("advice_given", None, advice, data[request]) for request in self]
        )
        self._get_activities(self.env.user, (TO_ADVISE,)).unlink()
        self._log(lambda request: self.env._("Gave advice."), advice)
        readers = defaultdict(self.browse)
        for request, events in questions.items():
            for user in events.user_id:
                readers[user] |= request
        name = self.env.user.name
        self._notify_each(
            readers,
            lambda env: env._("%(person)s gave the advice that you asked for: %(text)s", person=name, text=advice),
        )

    def _close_activities(self, user=None):
        """Nobody advises on what is decided."""
        if user:
            return super()._close_activities(user)
        return self._get_activities(types=(TO_VALIDATE, TO_CORRECT, TO_ADVISE)).unlink()
