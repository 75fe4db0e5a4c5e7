from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_amount

from ..notification import get_notification

NAMED = 5
"""So many invoices of one reason are listed one by one; of more, so many are named in the line that they share."""


class AccountMove(models.Model):
    """What became of the invoices of one action, in words: to which it was done, and to which not and why."""

    _inherit = "account.move"

    def _report(self, refusals, done):
        """Return the notification that tells what was done and what was not; nothing for a single invoice that went
        well.

        :param refusals: {move: sentence}
        :param done: sentence with %s for the number of invoices done
        :raises UserError: when every invoice was refused
        """
        lines = self._get_refusal_lines(refusals)
        if len(refusals) == len(self):
            raise UserError("\n".join(lines) or self.env._("Select at least one invoice."))
        if len(self) == 1:
            return False
        return get_notification(
            "\n".join([done % (len(self) - len(refusals)), *lines]),
            is_warning=bool(refusals),
            then={"type": "ir.actions.client", "tag": "soft_reload"},
        )

    def _get_refusal_lines(self, refusals):
        """Return the lines that say which of these invoices were refused and why. A single invoice needs no name.

        :param refusals: {move: sentence}
        """
        return list(refusals.values()) if len(self) == 1 else self._get_named_lines(refusals)

    def _get_named_lines(self, refusals):
        """Return the lines that name the invoices of `{move: sentence}`; many with the same sentence share a line."""
        by_reason = {}
        for move, reason in refusals.items():
            by_reason.setdefault(reason, []).append(move)
        return [line for reason, moves in by_reason.items() for line in self._get_reason_lines(moves, reason)]

    def _get_reason_lines(self, moves, reason):
        if len(moves) <= NAMED:
            return [f"{move._get_validation_title()}: {reason}" for move in moves]
        return [
            self.env._(
                "%(names)s and %(count)s others: %(reason)s",
                names=", ".join(move._get_validation_name() for move in moves[:NAMED]),
                count=len(moves) - NAMED,
                reason=reason,
            )
        ]

    def _get_validation_name(self):
        """Return what names this invoice in a few characters, a draft too."""
        self.ensure_one()
        return self.name if self.name and self.name != "/" else self.ref or self.env._("Draft %s", self.id)

    def _get_validation_title(self):
        """Return what names this invoice for people, a draft too: number or kind, partner and amount."""
        amount = format_amount(self.env, self.amount_total, self.currency_id)
        return ", ".join(filter(None, [self._get_validation_name(), self.partner_id.display_name, amount]))
