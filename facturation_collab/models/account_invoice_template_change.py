from odoo import api, fields, models
from odoo.tools import format_date, formatLang, html2plaintext

from .account_invoice_template import ABOUT_USE

OF_A_LINE = {"template_id", "sequence"}


class AccountInvoiceTemplate(models.Model):
    """What a version changed in the one before, in words."""

    _inherit = "account.invoice.template"

    changes = fields.Text(compute="_compute_changes", help="What it changed in the version before.")

    @api.depends("previous_version_id")
    @api.depends_context("lang")
    def _compute_changes(self):
        for template in self:
            before = template.sudo().previous_version_id
            differences = template.sudo()._get_differences_from(before)
            lines = [template._describe_difference(**found) for found in differences]
            template.changes = "\n".join(lines) if before else self.env._("First version.")

    @api.model
    def _describe_difference(self, label, before, after):
        """Return what differs from another version as a sentence."""
        names = {"label": label, "before": before, "after": after}
        if not before:
            return self.env._("%(label)s: “%(after)s” was added.", **names)
        if not after:
            return self.env._("%(label)s: “%(before)s” was removed.", **names)
        return self.env._("%(label)s: “%(before)s” becomes “%(after)s”.", **names)

    def _get_differences_from(self, before):
        """Return what differs from another version: a list of {"label", "before", "after"}."""
        old, new = before._describe_content() if before else {}, self._describe_content()
        return [
            {"label": label, "before": old.get(label, ""), "after": new.get(label, "")}
            for label in dict.fromkeys([*old, *new])
            if old.get(label, "") != new.get(label, "")
        ]

    def _describe_content(self):
        """Return what this template puts into invoices, as {label: text}."""
        self.ensure_one()
        texts = {
            self._fields[name]._description_string(self.env): describe_value(self, name)
            for name in self._get_described_fields(self._name)
            if name not in ABOUT_USE
        }
        for position, line in enumerate(self.line_ids, start=1):
            texts[self.env._("Line %s", position)] = line._describe_part()
        for position, question in enumerate(self.question_ids, start=1):
            texts[self.env._("Question %s", position)] = question._describe_part()
        return texts

    @api.model
    def _get_described_fields(self, model):
        return self.env["account.validation.definition"]._get_fields(model)


class AccountInvoiceTemplatePart(models.AbstractModel):
    _inherit = "account.invoice.template.part"

    def _describe_part(self):
        """Return a line or a question as one text: each field that says something, in a fixed order."""
        self.ensure_one()
        empty = self.new({})
        names = [name for name in self.template_id._get_described_fields(self._name) if name not in OF_A_LINE]
        said = [name for name in names if self[name] != empty[name]]
        labelled = (
            f"{self._fields[name]._description_string(self.env)}: {describe_value(self, name)}" for name in said
        )
        return "; ".join(labelled)


def describe_value(record, name):
    """Return the value of a field as people write it, in the reader's language."""
    field, value, env = record._fields[name], record[name], record.env
    match field.type:
        case "html":
            return html2plaintext(value or "")
        case "float":
            return formatLang(env, value, digits=(field.get_digits(env) or (0, 2))[1])
        case "date":
            return format_date(env, value) if value else ""
        case "selection":
            return dict(field._description_selection(env)).get(value, "")
        case "boolean":
            return env._("Yes") if value else env._("No")
        case "many2one":
            return value.sudo().display_name or ""
        case "many2many":
            return ", ".join(value.sudo().mapped("display_name"))
        case "json":
            return describe_distribution(env, value)
    return str(value) if value not in (False, None) else ""


def describe_distribution(env, value):
    """Return an analytic distribution with the names of its accounts."""
    accounts = env["account.analytic.account"].sudo()
    found = {key: accounts.browse(int(id_) for id_ in key.split(",") if id_.isdigit()).exists() for key in value or {}}
    return ", ".join(f"{' + '.join(found[key].mapped('name'))} {share:g} %" for key, share in (value or {}).items())
