"""Open screens follow what happens to invoices: one message for each transaction and channel, with ids only.

A channel is a record and `RECORD`. Whoever may read an invoice hears what happens to it; a department, a company and a
person hear which invoices may have come into their lists. Access is checked when a screen subscribes, so that what is
sent has to be worth nothing: a screen reads again what it shows, and the server answers only what its user may read.
"""

from odoo import api, models

RECORD = "facturation_collab"
INVOICE = "facturation_collab.invoice"
LISTS = "facturation_collab.lists"
INBOX = "facturation_collab.inbox"
PRESENCE = "facturation_collab.presence"
TAKE_OVER = "facturation_collab.take_over"
CHANNELS = "facturation_collab.channels"

CHANGED = "facturation_collab.live_changed"
"""Names the invoices of a transaction that were changed: {id: whether they may have come into a list}."""
UNSEEN = {
    *("write_uid", "write_date", "access_token", "message_main_attachment_id", "sequence_prefix", "sequence_number"),
    *("posted_before", "secure_sequence_number", "inalterable_hash", "is_manually_modified"),
}
"""Columns whose change alone shows on no screen."""
LISTED = {
    *("state", "payment_state", "move_type", "journal_id", "company_id", "partner_id", "department_id"),
    *("invoice_user_id", "invoice_date", "invoice_date_due", "validation_state", "validation_submitter_id"),
    *("validation_deadline", "validation_policy_id", "validation_question_count"),
}


class AccountMove(models.Model):
    _inherit = "account.move"

    @api.model_create_multi
    def create(self, vals_list):
        moves = super().create(vals_list)
        moves._note_changes(dict.fromkeys(moves.ids, True))
        return moves

    def unlink(self):
        gone = self.sudo().filtered(lambda move: move.is_invoice(include_receipts=True))
        gone._send_changes()
        result = super().unlink()
        noted = self.env.cr.precommit.data.get(CHANGED, {})
        for move_id in self.ids:
            noted.pop(move_id, None)
        return result

    def _write_multi(self, vals_list):
        """Every change of a row comes here, those of computed columns too, whatever made them."""
        super()._write_multi(vals_list)
        listed = self._get_listed_fields()
        self._note_changes(
            {
                move.id: not listed.isdisjoint(vals)
                for move, vals in zip(self, vals_list, strict=True)
                if vals.keys() - UNSEEN
            }
        )

    @api.model
    def _get_listed_fields(self):
        """Return the names of the columns by which lists are made: their change may bring an invoice into a list that
        did not show it. Hook.
        """
        return LISTED

    def _note_changes(self, changes):
        """Tell of these invoices before the transaction ends, so that it holds both or nothing."""
        if not changes:
            return
        precommit = self.env.cr.precommit
        if CHANGED not in precommit.data:
            precommit.data[CHANGED] = {}
            precommit.add(self.env["account.move"]._send_noted_changes)
        noted = precommit.data[CHANGED]
        for move_id, is_listed in changes.items():
            noted[move_id] = noted.get(move_id) or is_listed

    def _send_noted_changes(self):
        noted = self.env.cr.precommit.data.pop(CHANGED, {})
        moves = self.sudo().browse(noted).filtered(lambda move: move.is_invoice(include_receipts=True))
        new = moves.filtered(lambda move: move.create_date == self.env.cr.now())
        (moves - new)._send_changes()
        moves.filtered(lambda move: noted[move.id])._send_to_lists()

    def _send_changes(self):
        """Tell the screens that show these invoices. Nobody shows one that is not committed yet."""
        bus = self.env["bus.bus"]
        for move in self:
            payload = {"id": move.id, "revision": move.content_revision, "user": self.env.uid}
            bus._sendone((move, RECORD), INVOICE, payload)

    def _send_to_lists(self):
        """Tell the lists into which these invoices (as sudo) may have come: of their department, and of the company
        unless they are confidential.
        """
        bus, confidential = self.env["bus.bus"], self.env["hr.department"]._get_confidential_ids()
        audiences = {}
        for move in self:
            department = move.department_id
            scopes = [department] if department else []
            if department.id not in confidential:
                scopes.append(move.company_id)
            for scope in scopes:
                audiences.setdefault(scope, []).append(move.id)
        for scope, move_ids in audiences.items():
            bus._sendone((scope, RECORD), LISTS, {"ids": move_ids, "user": self.env.uid})
