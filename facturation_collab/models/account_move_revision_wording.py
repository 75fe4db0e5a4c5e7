from odoo import api, models

from .. import merge
from ..calls import check_call
from .account_move_content_copy import TAXES


class AccountValidationWording(models.AbstractModel):
    """Changes of an invoice, and conflicts between them, in the reader's language."""

    _inherit = "account.validation.wording"

    @api.model
    def _describe_conflicts(self, move, conflicts):
        """Return what somebody chooses between: a list of {"key", "label", "before", "theirs", "mine"}."""
        return [
            {
                "key": conflict.key,
                "label": self._describe_edited(move, conflict.key),
                **{
                    side: self._describe_side(conflict.key, value)
                    for side, value in zip(("before", "theirs", "mine"), conflict[1:], strict=True)
                },
            }
            for conflict in conflicts
        ]

    @api.model
    def _describe_change(self, move, change):
        """Return a change as a list of {"label", "before", "after"}."""
        places = {name: values for name, values in change.get("move", {}).items() if name != TAXES}
        for line, values in change.get("lines", {}).items():
            if "added" in values or "removed" in values:
                places[line] = [values.get("removed"), values.get("added")]
            else:
                places |= {f"{line}/{name}": pair for name, pair in values.items()}
        return [
            {
                "label": self._describe_edited(move, place),
                "before": self._describe_side(place, before),
                "after": self._describe_side(place, after),
            }
            for place, (before, after) in places.items()
        ]

    @api.model
    def _describe_edited(self, move, key):
        """Return the label of a field, a line, or a field of a line."""
        if key == TAXES:
            return self.env._("Taxes")
        line_id, _slash, name = key.rpartition("/")
        if not key[:1].isdigit():
            return self._describe_path((key,))
        line = move.line_ids.filtered(lambda line: str(line.id) == (line_id or key))
        title = (line.name or line.product_id.display_name or "").split("\n")[0]
        title = self.env._("Line “%s”", title) if title else self.env._("A line")
        if not line_id:
            return title
        field = self._describe_content_field("account.move.line", name)
        return self.env._("%(line)s, %(field)s", line=title, field=field)

    @api.model
    def _describe_side(self, key, value):
        """Return a value of a field or a line as text; empty where there is none."""
        if key == TAXES:
            rows = value if isinstance(value, list) else [[None, value]] if value is not None else []
            return "; ".join(str(amount) for _group, amount in rows)
        if isinstance(value, dict) and key.isdigit():
            quantity, price = (_short(value.get(name) or "0") for name in ("quantity", "price_unit"))
            return f"{value.get('name') or self.env._('Without a label')} ({quantity} × {price})"
        line_id, _slash, name = key.rpartition("/")
        path = ("lines", 0, name) if line_id else (name,)
        model = "account.move.line" if line_id else "account.move"
        field = self.env[model]._fields.get(name)
        if field and value is not None:
            if field.type in ("float", "monetary"):
                return _short(value)
            if field.type == "selection":
                return dict(field._description_selection(self.env)).get(value, value)
        return self._describe_content(path, value)


class AccountMove(models.Model):
    _inherit = "account.move"

    def get_changes_since(self, revision):
        """Return what became of this invoice since a revision, for whoever may read it.

        :returns: {"revision": that of now, "people": names, "title": sentence, "rows": [{"label", "before", "after"}]}
        """
        check_call(self, single=True)
        self.check_access("read")
        revision, _seen, _choices = self._parse_expected(revision)
        move = self.sudo()
        since = move.revision_ids.filtered(lambda other: other.number > revision).sorted("number")
        now = move._get_content()
        change = merge.difference(merge.undone(now, since.mapped("changes")), now)
        people = self._get_people_since(revision)
        return {
            "revision": move.content_revision,
            "people": people,
            "title": self.env._("Changed by %s since you opened the invoice:", people) if since else "",
            "rows": self.env["account.validation.wording"]._describe_change(move, change),
        }


def _short(number):
    """Return a number without the zeros at its end."""
    text = str(number)
    return text.rstrip("0").rstrip(".") if "." in text else text
