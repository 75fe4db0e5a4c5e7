"""A save that comes from an older revision: merged with what others changed since, or refused where it meets that."""

from odoo import Command, models
from odoo.exceptions import UserError
from odoo.tools import format_list

from .. import merge
from ..exceptions import RevisionConflict
from .account_move_content import LINES
from .account_move_content_copy import TAXES
from .plain_values import plain

KEYS = {"revision", "seen", "choices"}


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.revision.mixin", "account.move"]

    def _rebase(self, values, expected):
        """Return {move: values to write} for values that belong to an older revision of these invoices.

        :param values: {move: values}
        :param expected: the revision that the client has read; or, after a conflict, a dict with that `revision`, the
            one that was `seen` in the conflict, and the `choices` that were made there: {key: "mine" or "theirs"}.
            For several invoices also {id, as text: one of these}.
        :raises RevisionConflict: when others changed the same since
        :raises UserError: when it is no revision of these invoices
        """
        parsed = self._parse_expected_of_each(expected)
        current = self._lock_revisions()
        for move_id, (revision, _seen, _choices) in parsed.items():
            if current.get(move_id, 0) < revision:
                raise UserError(self.env._("There is no revision %s of this invoice: read it again.", revision))
        rebased = {}
        for move, vals in values.items():
            revision, seen, choices = parsed[move.id]
            if current[move.id] == revision:
                rebased[move] = dict(vals)
                continue
            given = choices if current[move.id] == seen else {}
            conflicts, rebased[move] = move.sudo()._merge_vals(vals, revision, given)
            if conflicts:
                raise move._get_conflict(revision, current[move.id], conflicts)
        return rebased

    def _parse_expected_of_each(self, expected):
        """Return {id: (revision, seen, choices)} of what a client sent for these invoices.

        :raises UserError: when it is something else
        """
        if isinstance(expected, dict) and expected.keys() == set(map(str, self.ids)):
            return {move.id: self._parse_expected(expected[str(move.id)]) for move in self}
        return dict.fromkeys(self.ids, self._parse_expected(expected))

    def _parse_expected(self, expected):
        """Return (revision, seen, choices) of what a client sent.

        :raises UserError: when it is something else
        """
        parts = expected if isinstance(expected, dict) else {"revision": expected}
        revision, seen, choices = parts.get("revision"), parts.get("seen"), parts.get("choices") or {}
        is_number = all(type(number) is int and 0 <= number < 2**31 for number in (revision, seen or 0))
        if not is_number or not parts.keys() <= KEYS or not isinstance(choices, dict):
            raise UserError(
                self.env._(
                    "Pass as expected_revision the number that you have read in content_revision, or leave it out."
                )
            )
        return revision, seen, choices

    def _lock_revisions(self):
        """Lock these invoices until the end of the transaction; return {id: revision}."""
        self.env["account.move"].flush_model(["content_revision"])
        self.env.cr.execute(
            "SELECT id, COALESCE(content_revision, 0) FROM account_move WHERE id = ANY(%s) ORDER BY id "
            "FOR NO KEY UPDATE",
            [self.ids],
        )
        return dict(self.env.cr.fetchall())

    def _merge_vals(self, vals, revision, choices):
        """Merge values with what became of one invoice since a revision.

        :returns: the conflicts, and the values that are left to write
        """
        since = self.revision_ids.filtered(lambda other: other.number > revision).sorted("number")
        theirs = self._get_content()
        base = merge.undone(theirs, since.mapped("changes"))
        taxes = base["move"].pop(TAXES, None), theirs["move"].pop(TAXES, None)
        mine = self._get_content_with(base, vals)
        content, conflicts = merge.merge(base, theirs, mine, choices)
        conflicts += self._get_tax_conflicts(vals, base["lines"] != theirs["lines"], *taxes, choices)
        kept = self._get_vals_left(vals, theirs, content)
        has_lines = any(vals.get(name) for name in LINES)
        if TAXES in vals and (has_lines or choices.get(TAXES) == merge.THEIRS):
            kept.pop(TAXES)
        return conflicts, kept

    def _get_tax_conflicts(self, vals, lines_changed, base, theirs, choices):
        """Return the conflict of taxes that were corrected by hand here, and changed with the lines there.

        Together with lines, totals only follow from these: they are computed again, never merged.
        """
        if TAXES not in vals or any(vals.get(name) for name in LINES) or TAXES in choices:
            return []
        mine = vals[TAXES].get("tax_amount_currency") if isinstance(vals[TAXES], dict) else None
        return [merge.Conflict(TAXES, base, theirs, mine)] if lines_changed or base != theirs else []

    def _get_content_with(self, content, vals):
        """Return a content after values that a client writes; lines that these create are no part of it."""
        names = self._get_revision_fields()
        move = self._get_values_with(self, content["move"], vals, names["move"])
        lines = dict(content["lines"])
        for command in _get_line_commands(vals):
            key = str(command[1]) if len(command) > 1 else ""
            if command[0] == Command.UPDATE and key in lines:
                lines[key] = self._get_values_with(self.line_ids, lines[key], command[2], names["line"])
            elif command[0] in (Command.DELETE, Command.UNLINK):
                lines.pop(key, None)
            elif command[0] in (Command.CLEAR, Command.SET):
                kept = set(map(str, command[2])) if command[0] == Command.SET else set()
                lines = {line: values for line, values in lines.items() if line in kept}
        return {"move": move, "lines": lines}

    def _get_values_with(self, model, content, vals, names):
        """Return the values of an invoice or a line after those that a client writes."""
        digits, values = self.currency_id.decimal_places, dict(content)
        for name in names & vals.keys():
            field, value = model._fields[name], vals[name]
            if field.type == "many2many":
                values[name] = merge.linked(content.get(name, ()), value or ())
            else:
                cached = field.convert_to_cache(value, model[:1], validate=False)
                values[name] = plain(field.convert_to_record(cached, model[:1]), field, digits)
        return {name: value for name, value in values.items() if value not in (None, [])}

    def _get_vals_left(self, vals, theirs, content):
        """Return those of a client's values that make the merged content of the present one."""
        names = self._get_revision_fields()
        left = _get_changed(vals, theirs["move"], content["move"], names["move"], self)
        for name in LINES & vals.keys():
            left[name] = [
                new
                for command in vals[name] or ()
                for new in self._rebase_command(command, theirs["lines"], content["lines"], names["line"])
            ]
        return left

    def _rebase_command(self, command, theirs, lines, names):
        """Return the commands that take the place of one on a line, where others have changed the lines."""
        if command[0] in (Command.CLEAR, Command.SET):
            return [Command.delete(int(line)) for line in theirs if line not in lines]
        key = str(command[1]) if len(command) > 1 else ""
        if command[0] == Command.CREATE or (key not in theirs and key not in lines):
            is_gone = command[0] != Command.CREATE and not self.line_ids.filtered(lambda line: line.id == command[1])
            return [] if is_gone else [command]
        if key not in lines:
            return [Command.delete(command[1])] if key in theirs and command[0] != Command.UPDATE else []
        if key not in theirs:
            return [Command.create(_get_written(lines[key], self.line_ids))]
        if command[0] != Command.UPDATE:
            return []
        vals = _get_changed(command[2], theirs[key], lines[key], names, self.line_ids)
        return [Command.update(command[1], vals)] if vals else []

    def _get_conflict(self, revision, current, conflicts):
        """Return the error that says who changed what meanwhile, and what of it meets what was to be written."""
        people, invoice = self._get_people_since(revision), self._get_validation_title()
        rows = self.env["account.validation.wording"]._describe_conflicts(self.sudo(), conflicts)
        message = self.env._(
            "%(people)s changed “%(invoice)s” since you opened it, and so did you: %(what)s. Nothing of yours was "
            "saved yet: choose what stays.",
            people=people,
            invoice=invoice,
            what=format_list(self.env, [row["label"] for row in rows]),
        )
        context = {"move_id": self.id, "invoice": invoice, "revision": revision, "seen": current, "people": people}
        return RevisionConflict(message, {**context, "rows": rows})

    def _get_people_since(self, revision):
        """Return who changed this invoice since a revision, as text: others, or the present user on another screen."""
        people = self.sudo().revision_ids.filtered(lambda other: other.number > revision).user_id
        return format_list(self.env, (people - self.env.user or people).mapped("name"))


def _get_line_commands(vals):
    return [command for name in sorted(LINES) for command in vals.get(name) or ()]


def _get_changed(vals, theirs, content, names, model):
    """Return the values of a client without those which the merge did not take from it."""
    left = {}
    for name, value in vals.items():
        if name not in names:
            left[name] = value
        elif theirs.get(name) != content.get(name):
            is_list = model._fields[name].type == "many2many"
            left[name] = [Command.set(content.get(name, []))] if is_list else value
    return left


def _get_written(values, model):
    """Return plain values as they are written."""
    written = {}
    for name, value in values.items():
        kind = model._fields[name].type
        is_number = kind in ("float", "monetary")
        written[name] = [Command.set(value)] if kind == "many2many" else float(value) if is_number else value
    return written
