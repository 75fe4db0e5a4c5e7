import json

from odoo import api, fields, models
from odoo.tools import format_amount, format_date, format_list

from .. import comparison


class AccountValidationWording(models.AbstractModel):
    """What changed between two submissions of an invoice, in the reader's language."""

    _inherit = "account.validation.wording"

    @api.model
    def _describe_differences(self, before, after):
        """Return what differs between the snapshots of two requests: a list of {"label", "before", "after"}.

        Names are those of today: a snapshot holds numbers of records, which are given with them.
        """
        return self._describe_content_differences(
            *(json.loads(request.snapshot or "{}") for request in (before, after))
        )

    @api.model
    def _describe_content_differences(self, before, after):
        """Return what differs between two snapshots, as `_describe_differences` does between those of requests."""
        return [
            {
                "label": self._describe_path(path),
                "before": self._describe_content(path, old),
                "after": self._describe_content(path, new),
            }
            for path, old, new in comparison.differences(*map(_without_totals, (before, after)))
        ]

    @api.model
    def _describe_since(self, step, compared):
        """Return what whoever decides on a step reads of what changed: {"title", "rows"}.

        :param compared: the request that its content is compared with
        """
        rows = self._describe_differences(compared, step.request_id)
        is_approval = step.previous_step_id.request_id == compared
        names = {
            "people": format_list(self.env, step.previous_step_id.voter_ids.mapped("name")),
            "date": self._describe_day(step.previous_step_id.decided_at if is_approval else compared.submitted_at),
        }
        if is_approval and rows:
            title = self.env._("Changed since %(people)s approved it at this level on %(date)s:", **names)
        elif is_approval:
            title = self.env._("Nothing changed since %(people)s approved it at this level on %(date)s.", **names)
        elif rows:
            title = self.env._("Changed since it was submitted on %(date)s:", **names)
        else:
            title = self.env._("Nothing changed since it was submitted on %(date)s.", **names)
        return {"title": title, "rows": rows}

    @api.model
    def _describe_carried(self, origin, carried, limits):
        """Return the sentence about an approval that stands: what was approved by whom, and what it tolerates.

        :param origin: the step where it was given
        :param carried: what changed since (`account.validation.step.carried`)
        :param limits: the step or level whose tolerance it is
        """
        currency = origin.request_id.company_id.currency_id
        names = {
            "amount": format_amount(self.env, carried["approved"], currency),
            "date": self._describe_day(origin.decided_at),
            "people": format_list(self.env, origin.voter_ids.mapped("name")),
            "moved": format_amount(self.env, carried["moved"], currency),
            "tolerance": self._describe_tolerance(limits.tolerance_percent, limits.tolerance_amount, currency),
        }
        if "amounts" in carried["facets"] and names["tolerance"]:
            return self.env._(
                "Approved at %(amount)s by %(people)s on %(date)s, tolerates %(tolerance)s: changed by %(moved)s "
                "since.",
                **names,
            )
        return self.env._(
            "Approved at %(amount)s by %(people)s on %(date)s: nothing that this level depends on has changed.", **names
        )

    @api.model
    def _describe_standing(self, steps):
        """Return the sentence for the chatter that says which earlier approvals stand."""
        levels = format_list(self.env, steps.mapped("name"))
        return self.env._("Earlier approvals stand, since the change does not concern them: %s.", levels)

    @api.model
    def _describe_tolerance(self, percent, amount, currency):
        """Return both limits of a tolerance as text; an empty one without a limit."""
        limits = [f"{percent:g} %"] if percent else []
        limits += [format_amount(self.env, amount, currency)] if amount else []
        return format_list(self.env, limits)

    @api.model
    def _describe_day(self, moment):
        return format_date(self.env, fields.Datetime.context_timestamp(self, moment).date()) if moment else ""

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
