from collections import Counter
from contextlib import contextmanager

from markupsafe import Markup

from odoo import models

GATHERED = object()
"""Where a cursor keeps the notes that are not written yet. No client has this very object."""


class AccountValidationRequest(models.Model):
    """Notes in the chatter of the invoices: all that one action says of an invoice is one note."""

    _inherit = "account.validation.request"

    @contextmanager
    def _one_note(self):
        """Gather what is logged inside, and write it at the end: one note for each invoice, one insertion for all."""
        cache = self.env.cr.cache
        if GATHERED in cache:
            yield
            return
        cache[GATHERED] = {}
        try:
            yield
            self._write_notes()
        finally:
            cache.pop(GATHERED, None)

    def _log(self, sentence, comment=None):
        """Write a note in the chatter of the invoices: a sentence for each request, and a comment under it."""
        self._note(
            {request.move_id.id: Markup("<p>%s</p>%s") % (sentence(request), self._quote(comment)) for request in self}
        )

    def _note(self, bodies):
        """Write notes by the present user, or keep them for the end of `_one_note()`.

        :param bodies: {invoice id: Markup}
        """
        author_id = self.env.user.partner_id.id
        gathered = self.env.cr.cache.get(GATHERED)
        if gathered is None:
            self._write_note(author_id, bodies)
            return
        notes = gathered.setdefault(author_id, {})
        for move_id, body in bodies.items():
            notes[move_id] = notes.get(move_id, Markup()) + body

    def _write_notes(self):
        """Write what was gathered until now."""
        gathered = self.env.cr.cache.get(GATHERED) or {}
        while gathered:
            author_id = next(iter(gathered))
            self._write_note(author_id, gathered.pop(author_id))

    def _write_note(self, author_id, bodies):
        """Write one note on each invoice. A text that several have in common is cleaned once, which costs more than all
        the rest of a note.
        """
        count = Counter(bodies.values())
        alone = {move_id: body if count[body] == 1 else Markup() for move_id, body in bodies.items()}
        notes = self.env["account.move"].sudo().browse(bodies)._message_log_batch(alone, author_id=author_id)
        shared = notes.filtered(lambda note: not alone[note.res_id])
        for body, same in shared.grouped(lambda note: bodies[note.res_id]).items():
            same.body = body

    def _quote(self, comment):
        return Markup("<blockquote>%s</blockquote>") % comment if comment else Markup()
