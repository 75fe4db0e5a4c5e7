"""Any two versions of an invoice, side by side."""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from .. import history
from ..calls import check_call

IMPLIED = {"display_type", "sequence"}
"""What a line says by standing where it stands; told only where it changed."""


class AccountMove(models.Model):
    _inherit = "account.move"

    def compare_versions(self, before, after=None):
        """Return what two versions of this invoice hold, side by side, for whoever may read it.

        :param before: number of a version, 0 for the invoice as it was created
        :param after: number of another one, the present one by default
        :returns: {"before", "after": {"number", "label"}, "versions": those that can be compared, the newest first,
            "fields": rows, "lines": [{"place", "label", "kind", "rows"}]}. A row is {"place", "label", "before",
            "after", "kind": "same" or "changed"}; a line is "same", "changed", "added" or "removed".
        :raises AccessError: for whoever may not read the invoice
        :raises UserError: when there is no such version
        """
        check_call(self, single=True)
        self.check_access("read")
        move = self.sudo()
        after = move.content_revision if after is None else after
        contents = {number: move._get_version(number) for number in (before, after)}
        sides = contents[before], contents[after]
        edits = [_get_edits(*sides, part) for part in ("move", "lines")]
        words = self.env["account.validation.wording"]._get_words(move, [edit for part in edits for edit in part])
        versions = self._get_version_labels(move)
        return {
            "before": {"number": before, "label": versions[before]},
            "after": {"number": after, "label": versions[after]},
            "versions": [{"number": number, "label": label} for number, label in versions.items()],
            "can_restore": self._can_restore()[0],
            "revision": move.content_revision,
            "fields": sorted(words.describe(move, edits[0]), key=lambda row: row["label"]),
            "lines": self._get_compared_lines(words, move, edits[1], *sides),
        }

    def _get_version(self, number):
        """Return the content of a version of this invoice.

        :raises UserError: when there is none with that number
        """
        if type(number) is int:
            for known, content in history.contents(self._get_content(), self.revision_ids._get_rows()):
                if known == number:
                    return content
        raise UserError(self.env._("There is no version %s of this invoice.", number))

    def _get_version_labels(self, move):
        """Return {number: label} of the versions of an invoice, the newest first."""
        labels = {}
        for revision in move.revision_ids.sorted("number", reverse=True):
            labels[revision.number] = self._get_version_label(revision.number, revision.user_id, revision.date)
        labels[0] = self._get_version_label(0, move.create_uid, move.create_date)
        return labels

    def _get_version_label(self, number, user, date):
        return self.env._(
            "Version %(number)s, %(person)s, %(date)s",
            number=number,
            person=user.name,
            date=format_datetime(self.env, fields.Datetime.to_datetime(date), dt_format="short"),
        )

    def _get_compared_lines(self, words, move, edits, before, after):
        """Return the lines of two contents with the fields of each, in the order of the invoice."""
        rows = {}
        for row in words.describe(move, edits):
            rows.setdefault(row["place"].partition("/")[0], []).append({**row, "label": words.field(_name(row), True)})
        lines = []
        for line in sorted(rows, key=lambda line: _get_rank(line, before, after)):
            sides = [content["lines"].get(line) for content in (before, after)]
            kind = "removed" if sides[1] is None else "added" if sides[0] is None else "changed"
            if sides[0] == sides[1]:
                kind = "same"
            shown = [row for row in rows[line] if kind == "changed" or _name(row) not in IMPLIED]
            lines.append({"place": line, "label": words.title(line), "kind": kind, "rows": shown})
        return lines


def _get_edits(before, after, part):
    """Return both values of each place of two contents, whether they differ or not."""
    if part == "move":
        return _get_value_edits(before["move"], after["move"], "")
    return [
        edit
        for line in dict.fromkeys([*before["lines"], *after["lines"]])
        for edit in _get_value_edits(before["lines"].get(line, {}), after["lines"].get(line, {}), f"{line}/")
    ]


def _get_value_edits(before, after, prefix):
    found = []
    for name in dict.fromkeys([*before, *after]):
        pair = before.get(name), after.get(name)
        found.append(history.Edit(f"{prefix}{name}", "same" if pair[0] == pair[1] else "changed", *pair))
    return found


def _name(row):
    return row["place"].partition("/")[2]


def _get_rank(line, before, after):
    """Return where a line stands: by its sequence, else by its age."""
    values = after["lines"].get(line) or before["lines"].get(line) or {}
    return values.get("sequence") or 0, int(line)
