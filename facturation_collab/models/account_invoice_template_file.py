import json

import psycopg2

from odoo import Command, api, models
from odoo.exceptions import UserError, ValidationError

from .account_invoice_template import ABOUT_USE
from .account_invoice_template_document import FORMAT, FORMAT_VERSION, PARTS, SEPARATOR, TemplateDocument

NEVER_EXPORTED = {"company_id", "template_id", "version", "state", "user_ids", "editor_ids", "sequence"}
"""What belongs to the database: templates are imported into the company that one chooses, as drafts."""


class AccountInvoiceTemplateFile(models.AbstractModel):
    """Templates as a file that another database understands: records are named as people know them there, not by ids.

    Journals and accounts by code, products by reference, taxes by name and use, departments and tags with what is above
    them, everything else by external id or by name.
    """

    _name = "account.invoice.template.file"
    _inherit = "account.validation.policy.file"
    _description = "Invoice templates as a file"

    # Export

    @api.model
    def _export(self, templates):
        """Return the text of a file that holds these templates, in order."""
        templates = templates.sudo().with_context(lang=None, active_test=False)
        content = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "templates": [self._export_template(template) for template in templates.sorted("name")],
        }
        return json.dumps(content, ensure_ascii=False, indent=2) + "\n"

    @api.model
    def _export_template(self, template):
        template = template.with_company(template.company_id)
        parts = {key: [self._export_record(part) for part in template[name]] for key, (name, _model) in PARTS.items()}
        return {**self._export_record(template), **parts}

    @api.model
    def _export_record(self, record):
        return {name: self._export_value(record, field) for name, field in self._get_fields(record._name).items()}

    @api.model
    def _export_value(self, record, field):
        if field.name != "analytic_distribution":
            return super()._export_value(record, field)
        accounts = self.env["account.analytic.account"].sudo()
        named = {}
        for key, share in (record[field.name] or {}).items():
            found = accounts.browse(int(id_) for id_ in key.split(",") if id_.isdigit()).exists()
            named[SEPARATOR.join(found.mapped("name"))] = share
        return named or None

    @api.model
    def _get_fields(self, model):
        fields = self.env["account.validation.definition"]._get_fields(model)
        hidden = NEVER_EXPORTED | (ABOUT_USE - {"name"} if model == "account.invoice.template" else set())
        names = sorted(fields.keys() - hidden, key=lambda name: (name != "name", name))
        return {name: fields[name] for name in names}

    @api.model
    def _get_key(self, record):
        match record._name:
            case "account.account":
                return record.code
            case "product.product":
                return record.default_code or record.display_name
            case "account.tax":
                return f"{record.name} ({record.type_tax_use})"
            case "account.fiscal.position" | "res.currency" | "account.invoice.question.kind":
                return record.name
        return super()._get_key(record)

    @api.model
    def _find(self, model, key, company):
        Model = self.env[model].sudo().with_context(lang=None, active_test=False).with_company(company)
        here = Model._check_company_domain(company)
        match model:
            case "account.account":
                return Model.search([*here, ("code", "=", key)])
            case "product.product":
                return Model.search([*here, ("default_code", "=", key)]) or super()._find(model, key, company)
            case "account.tax":
                name, _bracket, use = key.removesuffix(")").rpartition(" (")
                return Model.search([*here, ("name", "=", name), ("type_tax_use", "=", use)])
            case "account.fiscal.position" | "account.analytic.account":
                return Model.search([*here, ("name", "=", key)])
            case "res.currency":
                return Model.search([("name", "=", key)])
            case "account.invoice.question.kind":
                return Model.search([("company_id", "in", [False, *company.parent_ids.ids]), ("name", "=", key)])
        return super()._find(model, key, company)

    # Import

    @api.model
    def _import(self, text, company):  # pylint: disable=arguments-differ
        """Make draft templates of those of a file, all of them or none.

        A template of the same name, company and kind of document gets its next version.

        :returns: the templates
        :raises UserError: with one line for each thing that does not fit
        """
        document = TemplateDocument(self.env, text, company)
        document.check()
        templates = self.env["account.invoice.template"].browse()
        with self.env.cr.savepoint():
            for position in range(len(document.content["templates"])):
                path = ("templates", position)
                try:
                    with self.env.cr.savepoint():
                        templates |= self._import_template(document, path)
                except (UserError, ValidationError) as error:
                    document.add(path, str(error))
                except psycopg2.IntegrityError as error:
                    document.add(path, templates._sql_error_to_message(error))
            document.check()
        return templates

    @api.model
    def _import_template(self, document, path):
        """Make one template of a file, or the next version of the one that has its name."""
        Template = self.env["account.invoice.template"].with_context(lang=None)
        vals = {**document.vals[path], "company_id": document.company.id}
        same = [(name, "=", vals[name]) for name in ("name", "company_id", "move_type")]
        versions = Template.search(same, order="version desc")
        if len(versions.origin_id) > 1:
            raise UserError(self.env._("Several templates are called “%s” here: rename them first.", vals["name"]))
        if versions:
            if versions[0].state == "draft":
                raise UserError(
                    self.env._("“%s” has a version that is being prepared: put it in use or delete it.", vals["name"])
                )
            versions[0].check_access("write")
            vals |= {"previous_version_id": versions[0].id, "version": versions[0].version + 1}
        places = {}
        for key, (name, _model) in PARTS.items():
            places[name] = [(*path, key, position) for position in range(len(document.get(path).get(key) or []))]
            commands = enumerate((document.vals[place] for place in places[name]), start=1)
            vals[name] = [Command.create({**part, "sequence": position}) for position, part in commands]
        template = Template.create(vals)
        self._write_texts(document, path, template)
        for name, found in places.items():
            for place, part in zip(found, template[name], strict=True):
                self._write_texts(document, place, part)
        return template.with_env(self.env)

    @api.model
    def _write_texts(self, document, path, record):
        """Write the texts in several languages: whole, or term by term where Odoo translates so."""
        texts = {place[-1]: texts for place, texts in document.texts.items() if place[:-1] == path}
        whole = {name: found for name, found in texts.items() if not callable(record._fields[name].translate)}
        self.env["account.validation.definition"]._write_translations(record, whole)
        installed = {code for code, _name in self.env["res.lang"].get_installed()}
        for name in texts.keys() - whole.keys():
            field, terms = record._fields[name], {}
            source = field.get_trans_terms(record[name])
            for lang in texts[name].keys() & installed - {"en_US"}:
                translated = field.get_trans_terms(texts[name][lang])
                if len(translated) == len(source):
                    terms[lang] = dict(zip(source, translated, strict=True))
            record.update_field_translations(name, terms)
