from odoo import models

from .account_validation_link_page import OUTCOMES

ASK = "ask"
CHOICES = (*OUTCOMES, ASK)
"""What the person of a link may do on its page: decide, or ask first."""


class AccountValidationLink(models.Model):
    """Asking a question from the page of a link, instead of deciding: the link stays good for the decision."""

    _inherit = "account.validation.link"

    def _ask(self, kind_id, text):
        """Ask whoever submitted the invoice, as the person of this link; where they cannot be asked, whoever has such
        questions. One question at a time: whoever has the e-mail cannot send many.

        :param kind_id: id of the kind of question
        :param text: the question
        :returns: None, or (kind of refusal, sentence): nothing was asked then
        :raises UserError: when the text or the kind is missing
        """
        self.ensure_one()
        self._lock()
        refusal = self._get_end() or self._get_refusal()
        if not refusal and self._get_open_question():
            refusal = "refused", self.env._("Your question waits for an answer already. Open the invoice to add to it.")
        if refusal:
            return refusal
        move = self._get_move()
        submitter = move.sudo().validation_request_id.submitter_id.with_env(move.env)
        asked = submitter if not move._get_asked_user_refusal(submitter) else submitter.browse()
        move.action_ask(kind_id, text, user_id=asked.id)
        return None

    def _get_open_question(self):
        """Return the open question that the person of this link asked at its level."""
        return self._get_questions().filtered(lambda question: question.state == "open")

    def _get_questions(self):
        """Return the questions that the person of this link asked on the invoice, as this person."""
        move = self._get_move()
        return move.question_ids.filtered(lambda question: question.asker_id == move.env.user)

    def _get_page(self):
        kinds = self._get_move()._get_question_kinds()
        return {
            **super()._get_page(),
            "questions": self._get_page_questions(),
            "kinds": [(kind.id, kind.name) for kind in kinds],
        }

    def _get_page_questions(self):
        """Return [{what was asked, where it stands, the answer}] of the questions of this person."""
        states = dict(self.env["account.invoice.question"]._fields["state"]._description_selection(self.env))
        waiting = self.env._("waits for %s; you get an e-mail with the answer, and can still decide here")
        return [
            {
                "name": question.name,
                "state": waiting % question._get_waited_for() if question.state == "open" else states[question.state],
                "answer": question.answer or "",
            }
            for question in self._get_questions().sorted("id")
        ]

    def _get_page_options(self):
        options = super()._get_page_options()
        if self._get_open_question():
            return options
        meaning = self.env._(
            "Before you decide. Whoever submitted the invoice gets your question; this link stays good."
        )
        return [*options, (ASK, self.env._("Ask"), meaning)]


class AccountMove(models.Model):
    _inherit = "account.move"

    def _get_question_kinds(self):
        """Return the kinds of questions that are asked in the company of this invoice, in their order."""
        companies = [False, *self.company_id.sudo().parent_ids.ids]
        return self.env["account.invoice.question.kind"].search([("company_id", "in", companies)])
