import csv
import io

from odoo import api, fields, models

from .account_validation_archive import _dump, _get_cell, _get_person

HEADER = ["invoice", "version", "date", "person", "login", "through", "what", "kind", "before", "after"]


class AccountValidationArchiveChanges(models.AbstractModel):
    """The changes of invoices in an audit pack: as they are kept, and in words."""

    _name = "account.validation.archive.changes"
    _description = "Changes of invoices in an audit pack"

    @api.model
    def _get_files(self, moves):
        """Yield (name, bytes) of the files that tell what became of invoices, which the present user may read."""
        revisions = moves.sudo().revision_ids.sorted(lambda revision: (revision.move_id.id, revision.number))
        rows = self.env["account.validation.wording"].sudo(False)._describe_revisions(revisions)
        for move, own in revisions.grouped("move_id").items():
            yield f"changes/{move.id}.json", _dump([self._get_change(revision, rows[revision.id]) for revision in own])
        yield "changes.csv", self._get_table(revisions, rows)

    @api.model
    def _get_change(self, revision, rows):
        """Return one change with its values as they are kept, and in words."""
        return {
            "version": revision.number,
            "first_version": revision.first_number or revision.number,
            "restored_version": revision.restored_number if revision.is_restored else None,
            "date": fields.Datetime.to_string(revision.date),
            "date_from": fields.Datetime.to_string(revision.date_from) or None,
            "person": _get_person(revision.user_id),
            "through": revision.through,
            "changes": revision.changes,
            "words": rows,
        }

    @api.model
    def _get_table(self, revisions, rows):
        """Return a table of all changes, one place a line, as CSV."""
        text = io.StringIO()
        table = csv.writer(text)
        table.writerow(HEADER)
        for revision in revisions:
            head = [revision.move_id._get_validation_title(), revision.number]
            head += [fields.Datetime.to_string(revision.date), revision.user_id.name, revision.user_id.login]
            for row in rows[revision.id]:
                cells = [*head, revision.through, row["label"], row["kind"], row["before"], row["after"]]
                table.writerow([_get_cell(value) for value in cells])
        return text.getvalue().encode()
