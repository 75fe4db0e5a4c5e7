import json

from odoo import api, models
from odoo.tools import format_list

from .. import lifecycle


class AccountValidationWording(models.AbstractModel):
    """What changed between two submissions of an invoice, in the reader's language."""

    _inherit = "account.validation.wording"

    @api.model
    def _describe_differences(self, before, after):
        """Return what differs between the snapshots of two requests: a list of {"label", "before", "after"}.

        Names are those of today: a snapshot holds numbers of records, which are given with them.
        """
        snapshots = [json.loads(request.snapshot or "{}") for request in (before, after)]
        return [
            {
                "label": self._describe_path(path),
                "before": self._describe_content(path, old),
                "after": self._describe_content(path, new),
            }
            for path, old, new in lifecycle.differences(*map(_without_totals, snapshots))
        ]

    @api.model
    def _describe_path(self, path):
        """Return the label of a part of a snapshot: that of a field, of a line, or of a field of a line."""
        if path[0] != "lines" or len(path) == 1:
            label = self._describe_content_field("account.move", path[0])
            return label[:1].upper() + label[1:]
        line = self.env._("Line %s", path[1] + 1)
        if len(path) == 2:
            return line
        label = self._describe_content_field("account.move.line", path[2])
        return self.env._("%(line)s, %(field)s", line=line, field=label)

    @api.model
    def _describe_content(self, path, value):
        """Return a value of a snapshot as text."""
        if value is None:
            return ""
        if path[0] in ("entries", "instalments"):
            return "; ".join(" ".join(map(str, row)) for row in value)
        if isinstance(value, dict):
            name, quantity, price = (value.get(key) for key in ("name", "quantity", "price_unit"))
            return f"{name or ''} ({quantity} × {price})" if quantity else str(value)
        model, name = ("account.move.line", path[2]) if path[0] == "lines" else ("account.move", path[0])
        field = self.env[model]._fields.get(name)
        if field and field.relational and isinstance(value, (int, list)):
            records = self.env[field.comodel_name].sudo().browse(value).exists()
            names = format_list(self.env, records.mapped("display_name"))
            return f"{names} ({', '.join(map(str, value)) if isinstance(value, list) else value})"
        return str(value)


def _without_totals(snapshot):
    """Return a snapshot without the entries that repeat the instalments."""
    entries = [row for row in snapshot.get("entries") or [] if row[0] != "payment_term"]
    return {**snapshot, "entries": entries}
