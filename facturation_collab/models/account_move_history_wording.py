from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_amount, format_date, format_datetime, format_list, get_lang, html2plaintext

from .. import history
from .account_move_content import TAXES

MODELS = {True: "account.move.line", False: "account.move"}
MONEY = {"price_unit"}
"""Amounts of the invoice's currency which have digits of their own."""
TAX_GROUP = "account.tax.group"


class AccountValidationWording(models.AbstractModel):
    """Versions of an invoice and what changed between them, in the reader's language.

    Names of records are read with the reader's rights, all at once: describing many changes costs as many queries as
    describing one.
    """

    _inherit = "account.validation.wording"

    @api.model
    def _describe_revisions(self, revisions):
        """Return {revision id: rows} of changes of any invoices that the present user may read.

        :returns: rows are [{"place", "label", "kind": "changed", "added" or "removed", "before", "after"}]
        """
        own = revisions.sudo()
        edits = {revision: history.edits(revision.changes) for revision in own}
        words = self._get_words(own.move_id, [edit for found in edits.values() for edit in found])
        return {revision.id: words.describe(revision.move_id, edits[revision]) for revision in own}

    @api.model
    def _describe_edits(self, move, edits):
        """Return rows, as `_describe_revisions()`, of what became of one invoice that the present user may read."""
        return self._get_words(move, edits).describe(move, edits)

    @api.model
    def _get_words(self, moves, edits):
        """Return what names the places and values of some edits of some invoices."""
        return Words(self.with_env(self.env), moves.sudo(), edits)

    @api.model
    def _get_readable_names(self, ids_by_model):
        """Return {(model, id): name} of records; what the present user may not read has a name that tells nothing."""
        names = {}
        for model, ids in ids_by_model.items():
            records = self.env[model].sudo(False).browse(sorted(ids)).exists()
            names |= {(model, id_): self.env._("deleted (%s)", id_) for id_ in ids - set(records.ids)}
            readable = self._filter_nameable(records)
            names |= {(model, id_): self.env._("not visible to you") for id_ in set(records.ids) - set(readable.ids)}
            names |= {(model, record.id): record.display_name for record in readable.sudo()}
        return names

    @api.model
    def _filter_nameable(self, records):
        """Return those of these records whose names the present user may read.

        Odoo shows whoever reads an invoice the names of what it refers to. A model that is closed to somebody as a
        whole tells nothing by its names: record rules decide then.
        """
        if records.browse().has_access("read"):
            return records._filtered_access("read")
        return records.sudo().filtered_domain(Domain(self.env["ir.rule"]._compute_domain(records._name, "read")))


class Words:
    """The words of one answer: labels, names and values, for one reader."""

    def __init__(self, wording, moves, edits):
        self.wording = wording
        self.env = wording.env
        lines = {edit.place.partition("/")[0] for edit in edits if edit.place[:1].isdigit()}
        self.values = self._get_line_values(moves, lines)
        self.names = wording._get_readable_names(self._get_ids(edits))

    def describe(self, move, edits):
        """Return the rows of what became of one invoice."""
        return [
            {
                "place": edit.place,
                "kind": edit.kind,
                "label": self.label(edit.place),
                "before": self.value(move, edit.place, edit.before),
                "after": self.value(move, edit.place, edit.after),
            }
            for edit in edits
        ]

    def label(self, place):
        """Return the label of a place."""
        line, _slash, name = place.partition("/")
        if not line[:1].isdigit():
            return self.field(place, False)
        if not name:
            return self.title(line)
        return self.env._("%(line)s, %(field)s", line=self.title(line), field=self.field(name, True))

    def field(self, name, of_line):
        """Return the label of a field."""
        if name == TAXES:
            return self.env._("Taxes")
        label = self.wording._describe_content_field(MODELS[of_line], name)
        return label[:1].upper() + label[1:]

    def title(self, line):
        """Return how people call a line: its label of now, or the last one that it had."""
        values = self.values.get(line, {})
        title = (values.get("name") or "").split("\n")[0]
        if not title and values.get("product_id"):
            title = self.names.get(("product.product", values["product_id"]), "")
        return self.env._("Line “%s”", title) if title else self.env._("A line")

    def value(self, move, place, value):
        """Return the value of a place as text; empty where there is none."""
        line, _slash, name = place.partition("/")
        if line[:1].isdigit() and not name:
            return self._describe_line(move, value) if value is not None else ""
        return self.of_field(move, line[:1].isdigit(), name or line, value)

    def of_field(self, move, of_line, name, value):
        """Return the value of a field as text."""
        if name == TAXES:
            return "; ".join(self._describe_tax(move, *row) for row in value or [])
        field = self.env[MODELS[of_line]]._fields.get(name)
        kind = field.type if field else "char"
        if value is None:
            return self.env._("No") if kind == "boolean" else ""
        if name in MONEY:
            return self._describe_money(move, value)
        describe = getattr(self, f"_describe_{kind}", None)
        return describe(move, field, value) if describe else str(value)

    def _describe_line(self, move, values):
        quantity, price = (values.get(name) or "0" for name in ("quantity", "price_unit"))
        if values.get("display_type", "product") != "product":
            return values.get("name") or ""
        return f"{self._describe_float(move, None, quantity)} × {self._describe_money(move, price)}"

    def _describe_tax(self, move, group, amount):
        name = self.names.get((TAX_GROUP, group), self.env._("Taxes"))
        # Amounts of tax lines are those of the journal: what the company owes is negative.
        return f"{name}: {format_amount(self.env, abs(float(amount)), move.currency_id)}"

    def _describe_money(self, move, value):
        """Return an amount with its currency, and with all the digits that it has."""
        digits = len(str(value).partition(".")[2].rstrip("0"))
        currency = move.currency_id
        if digits <= currency.decimal_places:
            return format_amount(self.env, float(value), currency)
        number = self._describe_float(move, None, value)
        parts = [currency.symbol or "", number]
        return "\N{NO-BREAK SPACE}".join(parts if currency.position == "before" else reversed(parts))

    def _describe_monetary(self, move, field, value):
        return self._describe_money(move, value)

    def _describe_float(self, _move, _field, value):
        digits = len(str(value).partition(".")[2].rstrip("0"))
        return self._get_lang().format(f"%.{digits}f", float(value), grouping=True)

    def _describe_boolean(self, _move, _field, value):
        return self.env._("Yes") if value else self.env._("No")

    def _describe_date(self, _move, _field, value):
        return format_date(self.env, value)

    def _describe_datetime(self, _move, _field, value):
        return format_datetime(self.env, fields.Datetime.to_datetime(value))

    def _describe_selection(self, _move, field, value):
        return dict(field._description_selection(self.env)).get(value, str(value))

    def _describe_html(self, _move, _field, value):
        return html2plaintext(value)

    def _describe_many2one(self, _move, field, value):
        return self.names.get((field.comodel_name, value), str(value))

    def _describe_many2many(self, _move, field, value):
        return format_list(self.env, [self.names.get((field.comodel_name, id_), str(id_)) for id_ in value])

    def _describe_json(self, _move, field, value):
        if field.name != "analytic_distribution" or not isinstance(value, dict):
            return str(value)
        return format_list(
            self.env,
            [
                f"{' / '.join(self.names.get(('account.analytic.account', id_), '') for id_ in _get_accounts(key))} "
                f"{self._get_lang().format('%.*f', (0 if percent == int(percent) else 2, percent))} %"
                for key, percent in value.items()
                if key.replace(",", "").isdigit()
            ],
        )

    def _get_lang(self):
        return self.env["res.lang"].browse(get_lang(self.env).id)

    # Reading

    def _get_line_values(self, moves, lines):
        """Return {line: values} of lines as they are, or as they were when they were removed."""
        if not lines:
            return {}
        values = {}
        removals = self.env["account.move.revision"].sudo()._get_removed(moves, lines)
        existing = self.env["account.move.line"].sudo().browse(map(int, lines)).exists()
        for line in existing.filtered(lambda line: line.move_id in moves):
            values[str(line.id)] = {"name": line.name, "product_id": line.product_id.id}
        return {**removals, **values}

    def _get_ids(self, edits):
        """Return {model: ids} of the records that edits and the titles of their lines refer to."""
        found = {}
        for edit in edits:
            line, _slash, name = edit.place.partition("/")
            of_line = line[:1].isdigit()
            for value in (edit.before, edit.after):
                whole = value if of_line and not name and isinstance(value, dict) else {name or line: value}
                for field_name, part in whole.items():
                    self._collect(found, of_line, field_name, part)
        for values in self.values.values():
            if values.get("product_id") and not values.get("name"):
                found.setdefault("product.product", set()).add(values["product_id"])
        return found

    def _collect(self, found, of_line, name, value):
        """Add the ids that a value refers to."""
        if not value:
            return
        field = self.env[MODELS[of_line]]._fields.get(name)
        if name == TAXES:
            found.setdefault(TAX_GROUP, set()).update(group for group, _amount in value if group)
        elif name == "analytic_distribution" and isinstance(value, dict):
            ids = {id_ for key in value for id_ in _get_accounts(key)}
            found.setdefault("account.analytic.account", set()).update(ids)
        elif field and field.relational:
            found.setdefault(field.comodel_name, set()).update(value if isinstance(value, list) else [value])


def _get_accounts(key):
    """Return the ids of a key of an analytic distribution."""
    return [int(part) for part in key.split(",") if part.isdigit()]
