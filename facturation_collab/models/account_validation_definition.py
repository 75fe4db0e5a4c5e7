from odoo import Command, api, models

from .. import comparison, fingerprints

NOT_DEFINING = {"id", "create_uid", "create_date", "write_uid", "write_date", "policy_id"}
"""Stored fields that say nothing of what a policy does."""


class AccountValidationDefinition(models.AbstractModel):
    """A policy with its levels as plain values, and back: what versions keep, what drafts change, what files carry.

    A *definition* is {field: value} of the policy, with ids for records, and `levels`: {level id as text: {field:
    value}}. It holds every stored field that is copied with a record, those of other addons too.
    """

    _name = "account.validation.definition"
    _description = "Definition of a policy"

    @api.model
    def _get_fields(self, model):
        """Return {name: field} of what defines a policy or a level, in a fixed order."""
        fields = self.env[model]._fields
        return {
            name: fields[name]
            for name in sorted(fields)
            if fields[name].store and fields[name].copy and fields[name].type != "one2many" and name not in NOT_DEFINING
        }

    @api.model
    def _read(self, policy):
        """Return the definition of a policy, as it is now. Elevated: a definition tells nothing of an invoice."""
        policy = policy.sudo().with_context(lang=None, active_test=False)
        return {
            **self._read_values(policy),
            "levels": {str(level.id): self._read_values(level) for level in policy.level_ids.sorted("id")},
        }

    @api.model
    def _read_values(self, record):
        return {name: self._read_value(record, field) for name, field in self._get_fields(record._name).items()}

    @api.model
    def _read_value(self, record, field):
        value = record[field.name]
        if field.relational:
            return sorted(value.ids) if field.type.endswith("2many") else value.id or None
        if field.translate:
            return field._get_stored_translations(record) or None
        if field.type in ("date", "datetime"):
            return field.to_string(value) if value else None
        return value if field.type in ("boolean", "integer", "float", "monetary") else value or None

    @api.model
    def _get_text(self, policy):
        """Return the canonical form of a policy's definition."""
        return fingerprints.canonical(self._read(policy))

    # Back to records

    @api.model
    def _apply(self, policy, definition, names):
        """Write a definition on a policy: these fields of it, and its levels. What is gone since (an archived user's
        account that was deleted) is left out.

        :param names: the fields of the policy to write
        """
        levels = definition["levels"]
        kept = policy.level_ids.filtered(lambda level: str(level.id) in levels)
        commands = [Command.delete(level.id) for level in policy.level_ids - kept]
        commands += [Command.update(level.id, self._get_vals(level, levels[str(level.id)])) for level in kept]
        new = [key for key in levels if key not in {str(level.id) for level in kept}]
        commands += [Command.create(self._get_vals(policy.level_ids.browse(), levels[key])) for key in new]
        vals = self._get_vals(policy, {name: definition[name] for name in names if name in definition})
        before = policy.level_ids
        policy.with_context(lang=None).write({**vals, "level_ids": commands})
        created = (policy.level_ids - before).sorted("id")
        for level, key in [*((level, str(level.id)) for level in kept), *zip(created, new, strict=True)]:
            self._write_translations(level, levels[key])

    @api.model
    def _get_vals(self, record, values):
        """Return what to write on a record so that it has the values of a definition."""
        fields = self._get_fields(record._name)
        return {name: self._get_val(fields[name], value) for name, value in values.items() if name in fields}

    @api.model
    def _get_val(self, field, value):
        if field.relational:
            ids = value if isinstance(value, list) else [value] if value else []
            found = self.env[field.comodel_name].sudo().with_context(active_test=False).browse(ids).exists()
            return [Command.set(found.ids)] if field.type.endswith("2many") else found.id
        if field.translate:
            return (value or {}).get("en_US") or next(iter((value or {}).values()), False)
        return False if value is None else value

    @api.model
    def _write_translations(self, record, values):
        installed = {code for code, _name in self.env["res.lang"].get_installed()}
        for name, field in self._get_fields(record._name).items():
            if field.translate and values.get(name):
                texts = {lang: text for lang, text in values[name].items() if lang in installed}
                record.update_field_translations(name, texts)

    # For people

    @api.model
    def _describe_differences(self, before, after):
        """Return what differs between two definitions: a list of {"label", "before", "after"}, in the reader's
        language, with the names of today.
        """
        names = {**(before.get("levels") or {}), **(after.get("levels") or {})}
        levels = {key: self._get_level_name(values) for key, values in names.items()}
        return [
            {
                "label": self._describe_path(path, levels),
                "before": self._describe_value(path, old),
                "after": self._describe_value(path, new),
            }
            for path, old, new in self._get_differences(before, after)
        ]

    @api.model
    def _get_differences(self, before, after):
        """Return the differences of two definitions; a text in several languages is one value."""
        found = []
        for path, old, new in comparison.differences(before, after):
            depth = 3 if path[0] == "levels" else 1
            if len(path) > depth:
                path = path[:depth]
                old, new = (comparison.value_at(side, path) for side in (before, after))
            if not found or found[-1][0] != path:
                found.append((path, old, new))
        return found

    @api.model
    def _get_level_name(self, values):
        texts = values.get("name") or {}
        return texts.get(self.env.lang) or texts.get("en_US") or next(iter(texts.values()), "")

    @api.model
    def _describe_path(self, path, levels):
        if path[0] != "levels":
            return self._get_label("account.validation.policy", path[0])
        level = self.env._("Level “%s”", levels[path[1]])
        if len(path) == 2:
            return level
        label = self._get_label("account.validation.level", path[2])
        return self.env._("%(level)s, %(field)s", level=level, field=label)

    @api.model
    def _get_label(self, model, name):
        field = self.env[model]._fields.get(name)
        return field._description_string(self.env) if field else name

    @api.model
    def _describe_value(self, path, value):
        """Return a value of a definition as text."""
        if path[0] == "levels" and len(path) == 2:
            return self._get_level_name(value) if value else ""
        model = "account.validation.level" if path[0] == "levels" else "account.validation.policy"
        field = self.env[model]._fields.get(path[-1])
        if value is None or (value == [] and field and field.relational):
            return ""
        if field is None:
            return str(value)
        if field.relational:
            ids = value if isinstance(value, list) else [value]
            records = self.env[field.comodel_name].sudo().with_context(active_test=False).browse(ids).exists()
            return ", ".join(records.mapped("display_name"))
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, value)
        if field.translate:
            return self._get_level_name({"name": value})
        if field.type == "boolean":
            return self.env._("Yes") if value else self.env._("No")
        return str(value)
