from odoo import models

from ..calls import check_call
from ..exceptions import RevisionConflict

SEEN_KEY = "seen_revision"


class AccountMove(models.Model):
    """Nobody decides on what they have not seen: a decision may say which revision was on the screen."""

    _inherit = "account.move"

    def _decide(self, outcome, comment, done, proof=None):
        check_call(self, comment)
        self._check_seen()
        return super()._decide(outcome, comment, done, proof)

    def action_open_decision_wizard(self):
        """The dialog passes on which revision was on the screen."""
        action = super().action_open_decision_wizard()
        if SEEN_KEY in self.env.context:
            action["context"][SEEN_KEY] = self.env.context[SEEN_KEY]
        return action

    def _check_seen(self):
        """Compare the revision that a client says was on its screen with that of now. It is only checked: a client that
        says nothing decides as before, on what was submitted.

        :raises RevisionConflict: with the difference, when the invoice was changed since
        """
        seen = self.env.context.get(SEEN_KEY)
        if type(seen) is not int or len(self) != 1:
            return
        self.check_access("read")
        if seen >= self.sudo().content_revision:
            return
        told = self.get_changes_since(seen)
        if told["rows"]:
            message = self.env._(
                "%(people)s changed “%(invoice)s” since you opened it. Nothing was decided: look at what changed, then "
                "decide.",
                people=told["people"],
                invoice=self._get_validation_title(),
            )
            raise RevisionConflict(message, {"move_id": self.id, "revision": seen, "difference": told})
