from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

AUDITOR = "facturation_collab.group_auditor"


class ResUsers(models.Model):
    """Which invoices of confidential departments a user may see: one answer, for every rule."""

    _inherit = "res.users"

    def _is_kept_from_confidential(self, reading=False):
        """Whether confidential invoices are kept from this user unless they have a part in them.

        False for whoever reaches invoices from outside (customers see their own, as natively), and for everybody as
        long as no department is confidential. Auditors read everything and change nothing.
        """
        self.ensure_one()
        if self._is_superuser() or not self._is_internal() or (reading and self.has_group(AUDITOR)):
            return False
        return self.env["hr.department"]._has_confidential()

    def _get_confidential_domain(self, path="", reading=False):
        """Domain of what secrecy lets this user see, on the model from which `path` leads to an invoice or entry.

        For global record rules: it narrows what other rules allow. A record on which the path leads nowhere is not
        concerned.
        """
        if not self._is_kept_from_confidential(reading):
            return Domain.TRUE
        domain = self._get_open_domain() & Domain("confidential_invoice_ids", "not any", ~self._get_open_domain())
        names = path.split(".") if path else []
        for name in reversed(names):
            domain = Domain(name, "any", domain)
        return domain | Domain(names[0], "=", False) if names else domain

    def _get_open_domain(self):
        """Domain of invoices that are not confidential, or not so to this user; tested by path, in SQL."""
        closed = Domain("is_within_confidential", "=", True) & Domain("reader_ids", "not in", self.ids)
        return Domain("department_id", "not any", closed) | Domain("validation_participant_ids", "in", self.ids)

    def _get_confidential_payment_domain(self):
        """Domain of payments: those with an entry as that entry, all as the invoices that they were made for."""
        if not self._is_kept_from_confidential():
            return Domain.TRUE
        return self._get_confidential_domain("move_id") & Domain("invoice_ids", "not any", ~self._get_open_domain())

    def _get_confidential_batch_domain(self):
        """Domain of dialogs over several invoices."""
        if not self._is_kept_from_confidential():
            return Domain.TRUE
        return Domain("move_ids", "not any", ~self._get_confidential_domain())

    def _get_follower_domain(self):
        """Domain of followers: not those of invoices that secrecy, or a person's departments, keep from them."""
        restricted = self._is_department_user()
        if not restricted and not self._is_kept_from_confidential(reading=True):
            return Domain.TRUE
        visible = self._get_confidential_domain(reading=True)

        def to_sql(model, alias, query):
            moves = model.env["account.move"]
            found = moves.sudo(False)._search(Domain.TRUE) if restricted else moves.sudo()._search(visible)
            return SQL(
                "(%s <> 'account.move' OR %s IN %s)",
                SQL.identifier(alias, "res_model"),
                SQL.identifier(alias, "res_id"),
                found.subselect(),
            )

        return Domain.custom(to_sql=to_sql)
