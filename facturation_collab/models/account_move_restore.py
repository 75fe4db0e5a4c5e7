"""Bringing an earlier version of a draft back: an edit like another, with the rights and checks of one."""

from odoo import Command, models
from odoo.exceptions import UserError

from .. import history, merge
from ..calls import check_call
from .account_move_content import TAXES
from .account_move_rebase import _get_written
from .account_move_revision import RESTORED_KEY, Restored
from .account_revision_mixin import EXPECTED


class AccountMove(models.Model):
    _inherit = "account.move"

    def action_restore_version(self, number, expected_revision):
        """Write an earlier version of this draft again, for whoever may edit it. Totals are computed again; lines that
        were removed come back as new ones.

        What cannot be used any more (deleted, archived, not for this person) is left as it is, and so is what others
        changed since `expected_revision` where the version does not meet it.

        :param number: of the version, 0 for the invoice as it was created
        :param expected_revision: the version on the screen, as for any write; after a conflict with its choices
        :returns: {"revision": number of the new version, "left": rows of what still differs, each "before" as it is and
            "after" as it was asked for}
        :raises AccessError: for whoever may not edit the invoice
        :raises RevisionConflict: when others changed the same since
        :raises UserError: when it is no draft, or there is no such version
        """
        check_call(self, single=True)
        self.check_access("write")
        allowed, reason = self._can_restore()
        if not allowed:
            raise UserError(reason)
        revision, _seen, _choices = self._parse_expected(expected_revision)
        move = self.sudo()
        wanted, seen = move._get_version(number), move._get_version(revision)
        vals, returning = self._get_restoring_vals(seen, wanted)
        existing = set(move._get_content()["lines"])
        if vals:
            restoring = self.with_context(**{RESTORED_KEY: Restored(number)})
            restoring.write({**vals, EXPECTED: expected_revision})
        rows = move._get_left_rows(wanted, returning, existing)
        return {
            "revision": move.content_revision,
            "left": self.env["account.validation.wording"]._describe_edits(move, rows),
        }

    def _can_restore(self):
        """Tell whether the present user may bring back a version of this invoice, and why not."""
        self.ensure_one()
        if self.sudo().state != "draft":
            return False, self.env._("Only a draft gets an earlier version back: reset the invoice to draft first.")
        if not self.has_access("write"):
            return False, self.env._("You may read this invoice, and not edit it.")
        return True, ""

    def _get_restoring_vals(self, seen, wanted):
        """Return the values that make one content of another, and the keys of the lines that they create, in order.

        Odoo computes fields again whose source is written. Those are written too, with the value that they had.
        """
        names = self._get_restorable_fields()
        changed = _get_changed(seen["move"], wanted["move"], names["move"])
        follow = self._get_following_fields(self._name, changed)
        usable = self._get_usable(seen, wanted)
        written = changed | (follow[self._name] & names["move"])
        vals = _get_vals(self, seen["move"], wanted["move"], written, usable)
        commands = [Command.delete(int(line)) for line in seen["lines"] if line not in wanted["lines"]]
        returning = []
        for line, values in wanted["lines"].items():
            if line not in seen["lines"]:
                returning.append(line)
                new = _get_vals(self.line_ids, {}, values, names["line"], usable)
                commands.append(Command.create(new))
            elif update := self._get_line_update(seen["lines"][line], values, names["line"], follow, usable):
                commands.append(Command.update(int(line), update))
        if commands:
            vals["invoice_line_ids"] = commands
        return vals, returning

    def _get_line_update(self, seen, wanted, names, follow, usable):
        """Return the values to write on a line that is there in both versions."""
        model = self.line_ids._name
        changed = _get_changed(seen, wanted, names)
        written = changed | ((follow[model] | self._get_following_fields(model, changed)[model]) & names)
        return _get_vals(self.line_ids, seen, wanted, written, usable)

    def _get_restorable_fields(self):
        """Return the names of the fields that belong to a version, {"move": {...}, "line": {...}}. What accounting does
        with an invoice (number, state, payment) is not brought back.
        """
        names = self._get_revision_fields()
        return {
            "move": names["move"] - self._get_finance_only_fields() - {"state", "company_id"},
            "line": names["line"] - self.line_ids._get_finance_only_fields() - {"company_id"},
        }

    def _get_following_fields(self, model, names):
        """Return {model: names} of the fields of invoices and lines that Odoo computes again when some are written."""
        follow = {self._name: set(), self.line_ids._name: set()}
        for name in names:
            for field in self.env.registry.get_dependent_fields(self.env[model]._fields[name]):
                if field.model_name in follow:
                    follow[field.model_name].add(field.name)
        return follow

    def _get_usable(self, seen, wanted):
        """Return {model: ids} of the records of a version that can be used again: there, active, and readable."""
        found = {}
        for name, value, model in _get_references(self, seen, wanted):
            field = model._fields[name]
            found.setdefault(field.comodel_name, set()).update(value if isinstance(value, list) else [value])
        wording, usable = self.env["account.validation.wording"], {}
        for model, ids in found.items():
            records = self.env[model].browse(ids).exists()
            active = records._active_name
            records = records.sudo().filtered(active).sudo(False) if active else records
            usable[model] = set(wording._filter_nameable(records).ids)
        return usable

    def _get_left_rows(self, wanted, returning, existing):
        """Return what still differs from a version that was brought back: from what is to what was asked for.

        :param returning: keys of the lines that were created again, in order
        :param existing: keys of the lines that were there before
        """
        now = self._get_content()
        created = sorted((line for line in now["lines"] if line not in existing), key=int)
        keys = dict(zip(returning, created, strict=False))
        lines = {keys.get(line, line): values for line, values in wanted["lines"].items()}
        names = self._get_restorable_fields()["move"] | {TAXES}
        rows = history.edits(merge.difference(now, {"move": wanted["move"], "lines": lines}))
        return [row for row in rows if row.place[:1].isdigit() or row.place in names]


def _get_changed(seen, wanted, names):
    """Return the names of the fields that differ."""
    return {name for name in names if seen.get(name) != wanted.get(name)}


def _get_vals(model, seen, wanted, names, usable):
    """Return the values of a version as they are written, without records that cannot be used again.

    What stays the same is written with what it has, whatever became of it.
    """
    kept = {}
    for name in names:
        value, field = wanted.get(name), model._fields[name]
        if field.relational and value and value != seen.get(name):
            ids = usable.get(field.comodel_name, set())
            if isinstance(value, list):
                value = [id_ for id_ in value if id_ in ids]
            elif value not in ids:
                continue
        kept[name] = value
    empty = {name: [Command.clear()] if model._fields[name].type == "many2many" else False for name in kept}
    return empty | _get_written({name: value for name, value in kept.items() if value not in (None, [])}, model)


def _get_references(move, *contents):
    """Yield (name, value, model) of what contents refer to."""
    for content in contents:
        for model, values in [(move, content["move"]), *((move.line_ids, line) for line in content["lines"].values())]:
            for name, value in values.items():
                if name in model._fields and model._fields[name].relational:
                    yield name, value, model
