from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_list

from .. import comparison

WATCH_KEY = "facturation_collab_watch"

NUMBERING = frozenset({"made_sequence_gap"})
"""What Odoo notes on the next number of a journal when it gives one. Nothing else follows from it."""


class Watch:
    """The posted invoices whose content a call further out compares. Tested by its type, which no client can send."""

    def __init__(self, move_ids):
        self.move_ids = frozenset(move_ids)


class AccountMove(models.Model):
    """After posting: what approvers agreed to is not changed in silence, whatever the way.

    One comparison of the snapshots before and after a native call says whether content changed. What Odoo itself writes
    on posted entries (payment state, residual amounts, matching numbers, hashes) is no content. Costs nothing for
    invoices without an enforcing request.
    """

    _inherit = "account.move"

    # CRUD

    def write(self, vals):
        if NUMBERING.issuperset(vals):
            return super().write(vals)
        leaving = self._get_leaving(vals.get("state"))
        with self._hold_content() as context:
            res = super(AccountMove, self.with_context(**context) if context else self).write(vals)
        if leaving:
            event_type = "reset" if vals["state"] == "draft" else "invoice_cancelled"
            leaving.validation_request_id._record_events(event_type)
        return res

    # Business

    @contextmanager
    def _hold_content(self):
        """Compare the content of those of these invoices that are posted before and after the body; then refuse or
        record its change, as the request says. Yields the context to work in: what happens inside is compared once.
        """
        moves = self._get_held()
        if not moves:
            yield {}
            return
        before = {move: move._get_snapshot() for move in moves}
        watch = self.env.context.get(WATCH_KEY)
        outer = watch.move_ids if isinstance(watch, Watch) else frozenset()
        yield {WATCH_KEY: Watch(outer.union(moves.ids))}
        changes = {
            move: comparison.changed_values(content, move._get_snapshot())
            for move, content in before.items()
            if move.state == "posted"
        }
        self._settle_changes({move: change for move, change in changes.items() if change})

    def _get_held(self):
        """Return, as sudo, those of these invoices that are posted and hold to what was agreed under an enforcing
        policy, without those that a call further out compares.
        """
        watch = self.env.context.get(WATCH_KEY)
        watched = watch.move_ids if isinstance(watch, Watch) else ()
        return self.sudo().filtered(
            lambda move: (
                move.state == "posted" and move.id and move.id not in watched and move.validation_request_id._is_held()
            ),
        )

    def _settle_changes(self, changes):
        """:raises UserError: when the policy of one of these invoices refuses a change after posting"""
        refused = [move for move in changes if move.validation_request_id.posted_change != "record"]
        if refused:
            lines = [
                f"{move._get_validation_title()}: {format_list(self.env, move._describe_content(changes[move]))}"
                for move in refused
            ]
            raise UserError(
                "\n".join(
                    [
                        self.env._(
                            "A posted invoice stays as it was approved. Reset it to draft, correct it and submit it "
                            "again, or make a credit note. This would change:"
                        ),
                        *lines,
                    ]
                )
            )
        for move, change in changes.items():
            move.with_env(self.env).sudo().validation_request_id._record_change(change)

    def _describe_content(self, names):
        """Return the labels of parts of a snapshot, for people."""
        labels = {
            "partner_bank_number": self.env._("Bank account number"),
            "lines": self.env._("Lines"),
            "entries": self.env._("Tax and payable items"),
            "instalments": self.env._("Instalments"),
        }
        return [
            self._fields[name]._description_string(self.env) if name in self._fields else labels.get(name, name)
            for name in names
        ]

    def _get_leaving(self, state):
        """Return, as sudo, those of these invoices with an enforcing request that go to draft or are cancelled.

        :raises AccessError: when the user has no accounting right
        """
        if state not in ("draft", "cancel"):
            return self.browse()
        leaving = self.sudo().filtered(
            lambda move: move.id and move.state != state and move.validation_request_id.mode == "enforce"
        )
        if state == "draft" and leaving and not self.env.su:
            if not self.env.user.has_group("account.group_account_invoice"):
                raise AccessError(
                    self.env._("Only people with the Invoicing right reset an invoice to draft: ask accounting.")
                )
        return leaving


class AccountMoveLine(models.Model):
    """Lines and journal items of posted invoices, written by themselves."""

    _inherit = "account.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        default = self.env.context.get("default_move_id")
        moves = self.env["account.move"].browse({vals.get("move_id", default) for vals in vals_list} - {None, False})
        with moves._hold_content() as context:
            lines = super(AccountMoveLine, self.with_context(**context) if context else self).create(vals_list)
        return lines.with_env(self.env) if context else lines

    def write(self, vals):
        moves = self.move_id
        if vals.get("move_id"):
            moves |= moves.browse(vals["move_id"])
        with moves._hold_content() as context:
            return super(AccountMoveLine, self.with_context(**context) if context else self).write(vals)

    def unlink(self):
        with self.move_id._hold_content() as context:
            return super(AccountMoveLine, self.with_context(**context) if context else self).unlink()
