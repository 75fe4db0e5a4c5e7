from odoo import models
from odoo.fields import Domain

USER = "facturation_collab.group_user"


class ResUsers(models.Model):
    _inherit = "res.users"

    def _is_department_user(self):
        """Whether this person reaches invoices through their departments only.

        False for everybody who has native invoicing rights or none of ours: native behaviour is theirs.
        """
        self.ensure_one()
        return self.has_group(USER) and not self.has_group("account.group_account_invoice")

    def _get_invoice_edit_domain(self, prefix=""):
        """Domain of invoices (`prefix`: path from another model to them) that no other app's rule widens for this user.

        Our group lets its users write invoices as such. A rule of an app that only shows invoices (sale) would then let
        them edit these as well, since group rules are OR-ed. Whoever may write invoices by another group keeps that.
        """
        if not self._is_department_user() or self._has_other_invoice_access():
            return Domain.TRUE
        return (
            Domain(f"{prefix}state", "=", "draft")
            & Domain(f"{prefix}validation_state", "in", (False, "returned", "cancelled"))
            & Domain(f"{prefix}department_id.contributor_ids", "in", self.id)
        )

    def _has_other_invoice_access(self):
        """Whether a group other than ours lets this user write invoices."""
        domain = Domain("model_id.model", "=", "account.move") & Domain("perm_write", "=", True)
        groups = self.env["ir.model.access"].sudo().search(domain).group_id - self.env.ref(USER).sudo()
        return bool(self.sudo().all_group_ids & groups)

    def _get_role_refusal(self, department):
        """Why this user cannot hold a role in `department`; empty when they can."""
        self.ensure_one()
        if not self._is_internal():
            return self.env._(
                "%(user)s is not an internal user and cannot hold a role in a department. "
                "Give this person an internal user account first.",
                user=self.name,
            )
        company = department.company_id
        if company and company not in self.company_ids:
            return self.env._(
                "%(user)s has no access to the company %(company)s, to which the department %(department)s belongs. "
                "Add the company to this user first.",
                user=self.name,
                company=company.name,
                department=department.name,
            )
        return ""

    def _grant_department_access(self):
        """Give the group without which a role has no effect to the users who lack it.

        Whoever may give roles need not be allowed to edit users, hence the elevated rights: they reach no further than
        this one group.
        """
        group = self.env.ref(USER).sudo()
        missing = self.sudo().filtered(lambda user: group not in user.all_group_ids)
        if missing:
            group.write({"user_ids": [(4, user.id) for user in missing]})
