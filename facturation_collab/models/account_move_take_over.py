from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .account_move_live import RECORD, TAKE_OVER
from .account_move_presence import ALIVE, NOW

PATIENCE = 30
"""Seconds before somebody may ask again."""
ANSWERED_WITHIN = 600


class AccountMove(models.Model):
    """Ask whoever edits an invoice for long to save what they have and leave it to somebody else.

    A courtesy between two screens: nothing is locked, so nobody needs a right to it, and saves are merged anyway.
    """

    _inherit = "account.move"

    def ask_take_over(self, tab, user_id):
        """Ask somebody who is editing this invoice to leave it to the present user, who is shown to be there.

        :param tab: the screen from which the present user asks
        :param user_id: whom
        :raises UserError: when that person is not editing it, or was asked a moment ago
        """
        self._check_presence_call(tab)
        if type(user_id) is not int or not self._is_editing(user_id):
            raise UserError(self.env._("This person is not editing the invoice any more: you can go on."))
        if not self._is_presence_shown() or not self._note_asking(tab):
            raise UserError(self.env._("You asked a moment ago, or others do not see you here. Try again in a minute."))
        self._send_take_over(user_id, "asked")

    def answer_take_over(self, tab, user_id, is_given):
        """Answer somebody who asked to take over.

        :param tab: the screen from which the present user answers
        :param user_id: who asked
        :param is_given: whether they may go on
        :raises UserError: when that person has not asked
        """
        self._check_presence_call(tab)
        if type(user_id) is not int or not self._has_asked(user_id):
            raise UserError(self.env._("Nobody waits for this answer any more."))
        self._send_take_over(user_id, "given" if is_given else "kept")

    def _is_editing(self, user_id):
        """Whether somebody edits this invoice, or went away from what they had typed."""
        people = self._get_presence().get(self.id, [])
        return any(person["id"] == user_id and (person["mode"] == "editing" or person["place"]) for person in people)

    def _note_asking(self, tab):
        """Keep when the present user asked; tell whether they may ask now."""
        self.env.cr.execute(
            SQL(
                "UPDATE account_move_presence SET asked_at = %(now)s WHERE move_id = %(move)s AND user_id = %(user)s "
                "AND tab = %(tab)s AND seen_at >= %(now)s - %(alive)s * interval '1 second' AND NOT EXISTS ("
                "SELECT FROM account_move_presence WHERE move_id = %(move)s AND user_id = %(user)s "
                "AND asked_at > %(now)s - %(patience)s * interval '1 second')",
                move=self.id,
                user=self.env.uid,
                tab=tab,
                now=NOW,
                alive=ALIVE,
                patience=PATIENCE,
            )
        )
        return bool(self.env.cr.rowcount)

    def _has_asked(self, user_id):
        self.env.cr.execute(
            SQL(
                "SELECT FROM account_move_presence WHERE move_id = %s AND user_id = %s "
                "AND asked_at > %s - %s * interval '1 second'",
                self.id,
                user_id,
                NOW,
                ANSWERED_WITHIN,
            )
        )
        return bool(self.env.cr.rowcount)

    def _send_take_over(self, user_id, kind):
        """Tell one person, who has this invoice open; their screen knows the name of the other one."""
        payload = {"id": self.id, "user": self.env.uid, "kind": kind}
        self.env["bus.bus"]._sendone((self.env["res.users"].browse(user_id), RECORD), TAKE_OVER, payload)
