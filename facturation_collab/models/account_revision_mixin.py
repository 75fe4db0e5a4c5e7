from odoo import api, fields, models

EXPECTED = "expected_revision"


class AccountRevisionMixin(models.AbstractModel):
    """Records of an invoice whose writes may say which revision of it they belong to.

    Clients send the revision that they have read among the values that they write, as `expected_revision`. That
    survives native code, imports, and the replay of a request after a serialization failure. It is only ever checked:
    it opens nothing.
    """

    _name = "account.revision.mixin"
    _description = "Checks the revision that a write belongs to"

    expected_revision = fields.Integer(
        compute="_compute_expected_revision",
        inverse="_inverse_expected_revision",
        export_string_translation=False,
        help="Write the revision of the invoice that you have read, and the write is refused or merged when the "
        "invoice was changed since.",
    )

    @api.depends("content_revision")
    def _compute_expected_revision(self):
        for record in self:
            record.expected_revision = record.content_revision

    def _inverse_expected_revision(self):
        """It is checked before anything is written; there is nothing to keep."""

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([_without_expected(vals) for vals in vals_list])

    def write(self, vals):
        if EXPECTED not in vals:
            return super().write(vals)
        self.check_access("write")
        values = _without_expected(vals)
        rebased = self._rebase(dict.fromkeys(self, values), vals[EXPECTED])
        if all(record_vals == values for record_vals in rebased.values()):
            return super().write(values)
        for record, record_vals in rebased.items():
            super(AccountRevisionMixin, record).write(record_vals)
        return True

    def _rebase(self, values, expected):
        """Return {record: values to write} for values that belong to an older revision of the invoices.

        :param values: {record: values}
        :param expected: the revision that the client has read, see `account.move._rebase()`
        """
        raise NotImplementedError


def _without_expected(vals):
    return {name: value for name, value in vals.items() if name != EXPECTED}
