from itertools import zip_longest

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
        if not before:
            return []
        parts = ((self.env._("Line %s"), "line_ids"), (self.env._("Question %s"), "question_ids"))
        differences = _compare(before._describe_content(), self._describe_content())
        for title, name in parts:
            for position, (old, new) in enumerate(zip_longest(before[name], self[name]), start=1):
                differences += _compare_parts(title % position, old, new)
        return differences

    def _describe_content(self):
        """Return what the header of this template puts into invoices, as {label: text}."""
        self.ensure_one()
        return {
            self._fields[name]._description_string(self.env): describe_value(self, name)
            for name in self._get_described_fields(self._name)
            if name not in ABOUT_USE
        }

    @api.model
    def _get_described_fields(self, model):
        return self.env["account.validation.definition"]._get_fields(model)


class AccountInvoiceTemplatePart(models.AbstractModel):
    _inherit = "account.invoice.template.part"

    def _describe_part(self):
        """Return what a line or a question says, as {label: text}, in a fixed order."""
        self.ensure_one()
        empty = self.new({})
        names = [name for name in self.template_id._get_described_fields(self._name) if name not in OF_A_LINE]
        return {
            self._fields[name]._description_string(self.env): describe_value(self, name)
            for name in names
            if self[name] != empty[name]
        }

    def _describe_part_as_text(self):
        return "; ".join(
            self.env._("%(label)s: %(value)s", label=label, value=value)
            for label, value in self._describe_part().items()
        )


def _compare(old, new):
    """Return what differs between two {label: text}, as a list of {"label", "before", "after"}.

    >>> _compare({"Price": "1", "Label": "Rent"}, {"Price": "2", "Label": "Rent", "Tax": "20%"})
    [{'label': 'Price', 'before': '1', 'after': '2'}, {'label': 'Tax', 'before': '', 'after': '20%'}]
    """
    return [
        {"label": label, "before": old.get(label, ""), "after": new.get(label, "")}
        for label in dict.fromkeys([*old, *new])
        if old.get(label, "") != new.get(label, "")
    ]


def _compare_parts(title, old, new):
    """Return what differs between the lines or questions at one position: field by field, where both are there."""
    if old and new:
        found = _compare(old._describe_part(), new._describe_part())
        return [{**difference, "label": f"{title}, {difference['label']}"} for difference in found]
    before, after = (part._describe_part_as_text() if part else "" for part in (old, new))
    return [{"label": title, "before": before, "after": after}]


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
