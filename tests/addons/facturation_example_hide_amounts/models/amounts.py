from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

# What tells an amount without being a monetary field, by model.
TELLING = {
    "account.move": {
        *("tax_totals", "invoice_payments_widget", "invoice_outstanding_credits_debits_widget", "payment_term_details"),
        *("invoice_has_outstanding", "invoice_currency_rate", "abnormal_amount_warning", "partner_credit_warning"),
        "alerts",
    },
    "account.move.line": {"price_unit", "discount", "currency_rate"},
    "account.validation.request": {"snapshot", "plan"},
    "account.validation.step": {"reason", "carried"},
}


class FacturationExampleAmounts(models.AbstractModel):
    """Hides amounts at the doors through which values leave the server: reading, forms, searches, groups, exports.

    Code on the server goes on computing with them, so that forms and validations work for everybody.
    """

    _name = "facturation.example.amounts"
    _description = "Amounts that some people do not see"

    @api.model
    def _is_hidden(self, name):
        field = self._fields.get(name)
        if not field or self.env.su or self.env.user._sees_amounts():
            return False
        return field.type == "monetary" or name in TELLING.get(self._name, ())

    @api.model
    def _refuse_hidden(self, names):
        """:raises AccessError: when one of these fields is hidden from the present user"""
        if any(map(self._is_hidden, names)):
            raise AccessError(self.env._("Amounts of invoices are hidden from you. Ask an administrator to see them."))

    def _read_format(self, fnames, load="_classic_read"):
        """Reading, from everywhere: the field is there, without its value."""
        hidden = dict.fromkeys(filter(self._is_hidden, fnames), False)
        rows = super()._read_format([name for name in fnames if name not in hidden], load)
        return [row | hidden for row in rows]

    def onchange(self, values, field_names, fields_spec):
        """Forms: nothing comes back of what the server computed from amounts, lines included."""
        result = super().onchange(values, field_names, fields_spec)
        if self.env.su or self.env.user._sees_amounts():
            return result
        fields = {name: self._fields[name] for name in result.get("value", {})}
        hidden = {name for name, field in fields.items() if self._is_hidden(name) or field.comodel_name in TELLING}
        return {**result, "value": {name: value for name, value in result["value"].items() if name not in hidden}}

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        self._refuse_hidden(path[0] for path in fields if path)
        return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)

    def copy_data(self, default=None):
        self._refuse_hidden(self._fields)
        return super().copy_data(default)

    def _field_to_sql(self, alias, field_expr, query=None):
        """A search, an order or a grouping by an amount would tell it."""
        self._refuse_hidden([field_expr])
        return super()._field_to_sql(alias, field_expr, query)

    def _fetch_query(self, query, fields):
        """The server itself reads amounts."""
        hidden = [field for field in fields if self._is_hidden(field.name)]
        if hidden:
            super(FacturationExampleAmounts, self.sudo())._fetch_query(query, hidden)
        return super()._fetch_query(query, [field for field in fields if field not in hidden])

    def _read_group_select(self, aggregate_spec, query):
        """Totals of groups stay empty, so that grouped lists work."""
        if self._is_hidden(aggregate_spec.split(":")[0]):
            return SQL("NULL")
        return super()._read_group_select(aggregate_spec, query)


class MailTrackingValue(models.Model):
    _inherit = "mail.tracking.value"

    def _filter_has_field_access(self, env):
        """Nor do the changes of amounts show in the history of a document."""

        def is_hidden(tracking):
            field = tracking.field_id
            return field.model in TELLING and env[field.model]._is_hidden(field.name)

        return super()._filter_has_field_access(env).filtered(lambda tracking: not is_hidden(tracking))
