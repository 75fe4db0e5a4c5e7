"""A file of policies as it was read: what it says, and what is wrong with it, line by line."""

import json
from datetime import datetime

from odoo import Command
from odoo.exceptions import UserError
from odoo.tools import format_list

from .. import positions

FORMAT = "facturation_collab.policies"
FORMAT_VERSION = 1
MAX_SIZE = 2_000_000
"""Characters of a file: a thousand policies are less."""
POLICY = "account.validation.policy"
LEVEL = "account.validation.level"
TYPES = {
    "boolean": bool,
    "integer": int,
    "float": (int, float),
    "monetary": (int, float),
}


class PolicyDocument:
    """Reads and validates the text of a file. Everything that is wrong is said, each with its line.

    :raises UserError: by `check()`, with one line for each thing that is wrong
    """

    FILE = "account.validation.policy.file"
    NAMED = (POLICY, LEVEL)
    """Models whose records have a name in every file."""

    def __init__(self, env, text, company):
        self.env, self.company = env, company
        self.file = env[self.FILE]
        self.errors, self.lines, self.content, self.vals, self.texts = [], {}, {}, {}, {}
        self._parse(text)
        if not self.errors:
            self._validate()

    def add(self, path, sentence):
        """Note that something is wrong at a path."""
        while path and path not in self.lines:
            path = path[:-1]
        place = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
        self.errors.append(
            (
                self.lines.get(path, 1),
                self.env._(
                    "Line %(line)s, %(place)s: %(error)s", line=self.lines.get(path, 1), place=place, error=sentence
                )
                if place
                else self.env._("Line %(line)s: %(error)s", line=self.lines.get(path, 1), error=sentence),
            )
        )

    def check(self):
        """:raises UserError: when something is wrong"""
        if self.errors:
            raise UserError("\n".join(sentence for _line, sentence in sorted(self.errors, key=lambda e: e[0])))

    def _parse(self, text):
        if len(text) > MAX_SIZE:
            self.add((), self.env._("The file is too large: choose the file that was exported."))
            return
        try:
            self.content, self.lines = positions.parse(text.removeprefix("\ufeff"))
        except json.JSONDecodeError as error:
            self.lines = {(): error.lineno}
            self.add((), self.env._("This is no valid JSON: %s.", error.msg))
        except ValueError as error:
            line, name = error.args
            self.lines = {(): line}
            self.add((), self.env._("“%s” appears twice: keep one of them.", name))

    # Validation

    def _validate(self):
        content = self.content
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            self.add((), self.env._("This is no file of validation policies: its “format” is not “%s”.", FORMAT))
            return
        if content.get("version") != FORMAT_VERSION:
            self.add(("version",), self.env._("This version of the format is not known: export the policies again."))
        policies = content.get("policies")
        if not isinstance(policies, list) or not policies:
            self.add(("policies",), self.env._("“policies” must be a list of one policy or more."))
            return
        for position, policy in enumerate(policies):
            self._validate_policy(("policies", position), policy)
        self._validate_names(policies)

    def _validate_names(self, policies):
        seen = {}
        for position in range(len(policies)):
            name = self.vals.get(("policies", position), {}).get("name")
            if name and name in seen:
                self.add(("policies", position), self.env._("Another policy of this file is called “%s”.", name))
            seen[name] = position

    def _validate_policy(self, path, policy):
        if not self._validate_record(path, policy, POLICY, {"levels"}):
            return
        levels = policy.get("levels")
        if not isinstance(levels, list):
            self.add((*path, "levels"), self.env._("“levels” must be a list."))
            return
        names = set()
        for position, level in enumerate(levels):
            place = (*path, "levels", position)
            if self._validate_record(place, level, LEVEL, set()):
                name = self.vals[place].get("name")
                if name in names:
                    self.add(place, self.env._("Another level of this policy is called “%s”.", name))
                names.add(name)

    def _validate_record(self, path, values, model, others):
        """Validate the values of one record; tell whether it is one."""
        if not isinstance(values, dict):
            self.add(path, self.env._("An object with its fields is expected here."))
            return False
        fields = self.file._get_fields(model)
        vals = self.vals[path] = {}
        for name in values.keys() - others:
            place = (*path, name)
            if name not in fields:
                self.add(place, self.env._("There is no field “%s”: correct its name, or delete the line.", name))
            else:
                ok, value = self._validate_value(place, fields[name], values[name])
                if ok:
                    vals[name] = value
        if model in self.NAMED and not values.get("name"):
            self.add(path, self.env._("“name” is missing."))
        return True

    def _validate_value(self, path, field, value):
        """Return whether a value fits a field, and what to write."""
        if field.relational:
            return self._validate_records(path, field, value)
        if field.type in TYPES:
            fits = isinstance(value, TYPES[field.type]) and (field.type == "boolean" or not isinstance(value, bool))
            fits = fits and (field.type == "boolean" or abs(value) < 2**31)
            return self._answer(fits, path, value, self._get_expected(field))
        if value is None:
            return self._answer(not field.required, path, False, self.env._("A value is needed here."))
        if field.translate and isinstance(value, dict):
            return self._validate_texts(path, value)
        if not isinstance(value, str) or "\0" in value:
            return self._answer(False, path, value, self.env._("A text is expected here."))
        if field.type == "selection":
            choices = list(dict(field._description_selection(self.env)))
            sentence = self.env._(
                "“%(value)s” is not one of %(choices)s.", value=value, choices=format_list(self.env, choices, "or")
            )
            return self._answer(value in choices, path, value, sentence)
        if field.type in ("date", "datetime"):
            return self._validate_date(path, field, value)
        return True, value

    def _answer(self, fits, path, value, sentence):
        if not fits:
            self.add(path, sentence)
        return bool(fits), value

    def _get_expected(self, field):
        return (
            self.env._("“true” or “false” is expected here.")
            if field.type == "boolean"
            else self.env._("A number is expected here.")
        )

    def _validate_date(self, path, field, value):
        try:
            datetime.fromisoformat(value)
            return True, field.to_date(value) if field.type == "date" else field.to_datetime(value)
        except ValueError:
            return self._answer(False, path, value, self.env._("“%s” is no date.", value))

    def _validate_texts(self, path, value):
        fits = value and all(isinstance(text, str) and text and "\0" not in text for text in value.values())
        if fits:
            self.texts[path] = value
            value = value.get("en_US") or next(iter(value.values()))
        return self._answer(fits, path, value, self.env._("A text for each language is expected here."))

    def _validate_records(self, path, field, value):
        many = field.type.endswith("2many")
        if many and not isinstance(value, list):
            return self._answer(False, path, value, self.env._("A list of names is expected here."))
        ids = []
        for position, key in enumerate(value if many else [value] if value is not None else []):
            place = (*path, position) if many else path
            found = self._find(place, field.comodel_name, key)
            ids += found.ids if found is not None else []
        return True, [Command.set(ids)] if many else (ids or [False])[0]

    def _find(self, path, model, key):
        """Return the record that a key names, or None, which is then said."""
        label = self.env["ir.model"]._get(model).name
        if not isinstance(key, str) or not key or "\0" in key:
            self.add(path, self.env._("The name of a record (%s) is expected here.", label))
            return None
        found = self.file._find(model, key, self.company)
        if len(found) == 1:
            return found
        names = {"label": label, "name": key}
        self.add(
            path,
            self.env._("%(label)s “%(name)s” exists several times here: rename one of them.", **names)
            if found
            else self.env._("%(label)s “%(name)s” does not exist here: create it, or name another one.", **names),
        )
        return None
