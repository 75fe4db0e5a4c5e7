from odoo import models
from odoo.fields import Domain


class ResUsers(models.Model):
    """Which invoice templates a user may see and change: one answer, for every rule."""

    _inherit = "res.users"

    def _get_confidential_template_domain(self, reading=False):
        """Domain of templates that secrecy does not keep from this user. For global rules: it narrows others."""
        if not self._is_kept_from_confidential(reading):
            return Domain.TRUE
        closed = Domain("is_within_confidential", "=", True) & Domain("reader_ids", "not in", self.ids)
        return Domain("department_id", "not any", closed)

    def _get_template_part_domain(self, operation):
        """Domain of lines and questions of templates: those of templates on which the present user may do this.

        The rules of templates answer, so that whoever changes one of them changes both.
        """
        templates = self.env["account.invoice.template"].with_user(self)
        rules = self.env["ir.rule"].with_user(self)._compute_domain(templates._name, operation)
        return Domain("template_id", "any!", Domain(rules) if rules is not None else Domain.TRUE)
