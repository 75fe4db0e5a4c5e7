from odoo import models
from odoo.tools.sql import column_exists, create_column

COMPUTED_EMPTY = (
    "_compute_validation",
    "_compute_validation_question_count",
    "_compute_validation_is_disputed",
)
"""Computations whose result is empty for every invoice there was before the addon."""


class AccountMove(models.Model):
    """Where the stored fields of a validation come from in a database that has invoices already."""

    _inherit = "account.move"

    def _auto_init(self):
        """Create columns and relations empty, so that installing does not compute them for every existing invoice.

        Nothing was ever submitted then, so that empty is right. Foreign keys and indexes are made as for any field.
        """
        for field in self._fields.values():
            if field.compute not in COMPUTED_EMPTY:
                continue
            if field.type == "many2many":
                field.update_db(self, {})
            elif not column_exists(self.env.cr, self._table, field.name):
                create_column(self.env.cr, self._table, field.name, field.column_type[1], field.string)
        return super()._auto_init()
