import json

import psycopg2

from odoo import Command, api, models
from odoo.exceptions import UserError, ValidationError

from .account_validation_policy_document import FORMAT, FORMAT_VERSION, PolicyDocument

NEVER_EXPORTED = ("company_id",)
"""What belongs to the database: policies are imported into the company that one chooses."""


class AccountValidationPolicyFile(models.AbstractModel):
    """Policies as a file that another database understands: records are named as people know them there, not by ids.

    Users by login, groups and other records of modules by external id, departments and tags with what is above them,
    journals by code, invoice templates by name, fields by `model.field`, everything else by its name.
    """

    _name = "account.validation.policy.file"
    _description = "Policies as a file"

    # Export

    @api.model
    def _export(self, policies):
        """Return the text of a file that holds these policies, in order."""
        policies = policies.sudo().with_context(lang=None, active_test=False)
        content = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "policies": [self._export_policy(policy) for policy in policies.sorted(lambda p: (p.sequence, p.id))],
        }
        return json.dumps(content, ensure_ascii=False, indent=2) + "\n"

    @api.model
    def _export_policy(self, policy):
        levels = policy.level_ids.sorted(lambda level: (level.sequence, level.id))
        return {**self._export_record(policy), "levels": [self._export_record(level) for level in levels]}

    @api.model
    def _export_record(self, record):
        fields = self._get_fields(record._name)
        values = {name: self._export_value(record, field) for name, field in fields.items()}
        return {"name": values.pop("name"), **values}

    @api.model
    def _get_fields(self, model):
        fields = self.env["account.validation.definition"]._get_fields(model)
        return {name: field for name, field in fields.items() if name not in NEVER_EXPORTED}

    @api.model
    def _export_value(self, record, field):
        value = record[field.name]
        if field.relational:
            keys = [self._get_key(linked) for linked in value]
            return sorted(keys) if field.type.endswith("2many") else (keys or [None])[0]
        if field.translate:
            texts = field._get_stored_translations(record) or {}
            return texts if len(texts) > 1 else record[field.name] or None
        if field.type in ("date", "datetime"):
            return field.to_string(value) if value else None
        return value if field.type in ("boolean", "integer", "float", "monetary") else value or None

    @api.model
    def _get_key(self, record):
        """Return how a file names a record."""
        match record._name:
            case "res.users":
                return record.login
            case "account.journal":
                return record.code
            case "ir.model.fields":
                return f"{record.model}.{record.name}"
            case "hr.department":
                return record.complete_name
            case "account.invoice.template":
                return record.name
        xmlid = record.get_external_id().get(record.id) or ""
        return xmlid if _is_of_module(xmlid) else record.display_name

    @api.model
    def _find(self, model, key, company):
        """Return the records that a file names so, in a company."""
        Model = self.env[model].sudo().with_context(lang=None, active_test=False)
        match model:
            case "res.users":
                return Model.search([("login", "=", key), ("share", "=", False)])
            case "account.journal":
                return Model.search([*Model._check_company_domain(company), ("code", "=", key)])
            case "ir.model.fields":
                name, _dot, field = key.rpartition(".")
                return Model.search([("model", "=", name), ("name", "=", field)])
            case "account.invoice.template":
                first = [("company_id", "in", company.parent_ids.ids), ("previous_version_id", "=", False)]
                return self.env[model].search([*first, ("name", "=", key)])
        if _is_of_module(key):
            found = self.env.ref(key, raise_if_not_found=False)
            if found and found._name == model:
                return Model.browse(found.id)
        if model == "hr.department":
            found = Model.search([("company_id", "in", [False, *company.parent_ids.ids, *company.child_ids.ids])])
            return found.filtered(lambda department: department.complete_name == key)
        last = key.rpartition(" / ")[2]
        return Model.search([("display_name", "ilike", last)]).filtered(lambda found: found.display_name == key)

    # Import

    @api.model
    def _import(self, text, company, keep_mode=False):
        """Create or change the policies of a file, all of them or none; a policy of the same name is changed.

        :param keep_mode: whether policies get the mode of the file; else new ones are off, and others keep theirs
        :returns: the policies
        :raises UserError: with one line for each thing that does not fit
        """
        document = PolicyDocument(self.env, text, company)
        document.check()
        policies = self.env["account.validation.policy"].browse()
        with self.env.cr.savepoint():
            for position in range(len(document.content["policies"])):
                path = ("policies", position)
                try:
                    with self.env.cr.savepoint():
                        policies |= self._import_policy(document, path, keep_mode)
                except (UserError, ValidationError) as error:
                    document.add(path, str(error))
                except psycopg2.IntegrityError as error:
                    document.add(path, self._describe_database_error(error))
            document.check()
        return policies

    @api.model
    def _import_policy(self, document, path, keep_mode):
        """Create or change one policy of a file."""
        Policy = self.env["account.validation.policy"].with_context(lang=None, active_test=False)
        vals = document.vals[path]
        domain = [("company_id", "=", document.company.id), ("draft_of_id", "=", False)]
        policy = Policy.search(domain).filtered(lambda policy: policy.name == vals["name"])
        if len(policy) > 1:
            raise UserError(self.env._("Several policies are called “%s” here: rename them first.", vals["name"]))
        if not keep_mode:
            vals = {**vals, "mode": policy.mode or "off"}
        levels = document.content["policies"][path[1]]["levels"]
        places = [(*path, "levels", position) for position in range(len(levels))]
        vals = {**vals, "level_ids": self._get_level_commands(policy, [document.vals[place] for place in places])}
        if policy:
            policy.write(vals)
        else:
            policy = Policy.create({**vals, "company_id": document.company.id})
        levels = {level.name: level for level in policy.level_ids}
        self._write_texts(document, path, policy)
        for place in places:
            self._write_texts(document, place, levels[document.vals[place]["name"]])
        return policy.with_env(self.env)

    @api.model
    def _write_texts(self, document, path, record):
        """Write the texts in several languages of one record of a file."""
        texts = {place[-1]: texts for place, texts in document.texts.items() if place[:-1] == path}
        self.env["account.validation.definition"]._write_translations(record, texts)

    @api.model
    def _get_level_commands(self, policy, levels):
        """Return the commands that make the levels of a policy those of a file: a level of the same name is changed."""
        by_name = {level.name: level for level in policy.level_ids}
        commands = []
        for vals in levels:
            level = by_name.pop(vals["name"], None)
            commands.append(Command.update(level.id, vals) if level else Command.create(vals))
        return [*(Command.delete(level.id) for level in by_name.values()), *commands]

    @api.model
    def _describe_database_error(self, error):
        tables = {
            self.env[model]._table: self.env[model]
            for model in ("account.validation.policy", "account.validation.level")
        }
        model = tables.get(error.diag.table_name, self.env["account.validation.policy"])
        return model._sql_error_to_message(error)


def _is_of_module(xmlid):
    """Tell whether a text is an external id that a module gave, and no export.

    >>> _is_of_module("base.group_user"), _is_of_module("__export__.x_1"), _is_of_module("Ann Lee S.A.")
    (True, False, False)
    """
    module, dot, name = xmlid.partition(".")
    return bool(dot and module.isidentifier() and name.replace(".", "_").isidentifier() and module[:2] != "__")
