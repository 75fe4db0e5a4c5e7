"""Successive changes of one person are kept as one after a while, where nothing refers to what was between them."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .. import history

AGE = timedelta(days=7)
"""Younger changes are left alone: an open form may come from any of them. A session ends after that time."""
LOOK_BACK = timedelta(days=30)
"""How long the job may have stood still and yet miss nothing: older changes were looked at before."""
BATCH = 200


class AccountMoveRevision(models.Model):
    _inherit = "account.move.revision"

    _date_index = models.Index("(date)")

    @api.model
    def _cron_compact(self):
        """Compact the changes of drafts, some invoices at a time. Each slice is committed, to be stopped anywhere."""
        IrCron = self.env["ir.cron"]
        until = fields.Datetime.now() - AGE
        found = self._get_compactable(until)
        time_left = IrCron._commit_progress(remaining=len(found))
        for start in range(0, len(found), BATCH):
            if not time_left:
                return
            ids = found[start : start + BATCH]
            moves = self.env["account.move"].sudo().browse(ids).exists().try_lock_for_update()
            moves.revision_ids._compact(until)
            time_left = IrCron._commit_progress(len(ids))

    @api.model
    def _get_compactable(self, until):
        """Return the ids of the invoices that have two old changes of the same person close to each other."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT move_id FROM (
                    SELECT move_id, user_id, through, date, is_restored,
                           lead(user_id) OVER invoice AS next_user, lead(through) OVER invoice AS next_way,
                           lead(COALESCE(date_from, date)) OVER invoice - date AS pause,
                           lead(date) OVER invoice - COALESCE(date_from, date) AS stretch
                      FROM account_move_revision WHERE date BETWEEN %s AND %s
                    WINDOW invoice AS (PARTITION BY move_id ORDER BY number)
                ) AS change
                 WHERE user_id = next_user AND through = next_way AND pause <= %s AND stretch <= %s
                 ORDER BY move_id
                """,
                until - LOOK_BACK,
                until,
                history.PAUSE,
                history.STRETCH,
            )
        )
        return [move_id for (move_id,) in rows]

    def _compact(self, until):
        """Keep as one what can be of these changes, all those of their invoices, that are older than a moment."""
        kept = self._get_kept_numbers()
        gone = self.browse()
        for move, revisions in self.grouped("move_id").items():
            old = revisions.filtered(lambda revision: revision.date < until)
            by_number = {revision.number: revision for revision in old}
            state = _get_state(move, revisions - old)
            for stretch in history.stretches(old._get_rows(), kept.get(move.id, set()), state):
                gone |= self._keep_as_one([by_number[row.number] for row in stretch], history.whole(stretch))
        gone._engine().unlink()

    def _keep_as_one(self, revisions, change):
        """Write the change that several revisions made together into the last of them; return the others.

        What somebody did and took back stays as it is: a change that changes nothing would say nothing.
        """
        if not change:
            return self.browse()
        first, last = revisions[0], revisions[-1]
        last._engine().write(
            {
                "changes": change,
                "first_number": first.first_number or first.number,
                "date_from": first.date_from or first.date,
            }
        )
        return self.browse().union(*revisions[:-1])

    def _get_kept_numbers(self):
        """Return {move id: numbers of the versions that events, restored versions and unsaved changes refer to}."""
        ids = self.move_id.ids
        self.env["account.validation.event"].flush_model(["request_id", "revision"])
        self.env["account.move.unsaved"].flush_model(["move_id", "revision"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT request.move_id, event.revision FROM account_validation_event event
                  JOIN account_validation_request request ON request.id = event.request_id
                 WHERE request.move_id = ANY(%(ids)s) AND event.revision IS NOT NULL
                 UNION
                SELECT move_id, revision FROM account_move_unsaved WHERE move_id = ANY(%(ids)s)
                 UNION
                SELECT move_id, restored_number FROM account_move_revision
                 WHERE move_id = ANY(%(ids)s) AND is_restored
                """,
                ids=ids,
            )
        )
        kept = {}
        for move_id, number in rows:
            kept.setdefault(move_id, set()).add(number)
        return kept


class AccountMove(models.Model):
    _inherit = "account.move"

    def _merge_vals(self, vals, revision, choices):
        self._check_version(revision)
        return super()._merge_vals(vals, revision, choices)

    def _check_version(self, number):
        """Refuse a version that there never was, or that is kept no longer.

        :raises UserError: says to read the invoice again
        """
        known = {0, *self.sudo().revision_ids.mapped("number")}
        if number not in known:
            raise UserError(self.env._("There is no revision %s of this invoice: read it again.", number))


def _get_state(move, younger):
    """Return in which state an invoice was before some younger changes."""
    changed = (revision.changes.get("move", {}).get("state") for revision in younger.sorted("number"))
    return next((pair[0] for pair in changed if pair), move.state)
