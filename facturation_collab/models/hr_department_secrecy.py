from odoo import api, fields, models, tools
from odoo.exceptions import UserError
from odoo.fields import Domain

from .hr_department import ADMINISTRATOR


class HrDepartment(models.Model):
    """Confidential departments: their invoices exist for the people who have a role there, and for nobody else."""

    _inherit = "hr.department"

    is_confidential = fields.Boolean(
        string="Confidential",
        tracking=True,
        groups=ADMINISTRATOR,
        help="Invoices of this department and of those below it are seen only by people who have a role there, by "
        "those who take part in the validation of an invoice, and by auditors. Accounting sees their totals only. "
        "Where the server has a key, their documents are stored encrypted.",
    )
    # Read by record rules, which join departments anyway: nothing is written on invoices when it changes.
    is_within_confidential = fields.Boolean(
        string="Kept Confidential",
        compute="_compute_is_within_confidential",
        store=True,
        recursive=True,
        groups=ADMINISTRATOR,
        help="This department, or one above it, is confidential.",
    )

    @api.depends("is_confidential", "parent_id.is_within_confidential")
    def _compute_is_within_confidential(self):
        for department in self:
            department.is_within_confidential = (
                department.is_confidential or department.parent_id.is_within_confidential
            )

    @api.model_create_multi
    def create(self, vals_list):
        departments = super().create(vals_list)
        departments._on_secrecy_changed(departments.sudo().filtered("is_confidential"))
        return departments

    def write(self, vals):
        if not vals.keys() & {"is_confidential", "parent_id"}:
            return super().write(vals)
        tree = self._get_tree()
        before = tree.filtered("is_within_confidential")
        result = super().write(vals)
        tree = self._get_tree()
        if "is_confidential" not in vals:
            before._keep_confidential()
        after = tree.filtered("is_within_confidential")
        self._on_secrecy_changed((before | after) - (before & after))
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_confidential(self):
        """Invoices would be left without a department, and departments below without the one that closes them."""
        closed = self._get_tree().filtered("is_within_confidential")
        if not closed:
            return
        moves = self.env["account.move"].sudo()
        for department in moves.search(Domain("department_id", "in", closed.ids), limit=1).department_id:
            raise UserError(
                self.env._(
                    "The department %s is confidential and has invoices, which must stay so: archive it instead.",
                    department.name,
                )
            )

    def _get_tree(self):
        """These departments and those below, archived ones too, with elevated rights."""
        return self.sudo().with_context(active_test=False).search(Domain("id", "child_of", self.ids))

    def _keep_confidential(self):
        """A department that leaves a confidential one stays closed until an administrator of invoicing opens it.

        An edit in HR does not show invoices.
        """
        if self.env.user.has_group(ADMINISTRATOR):
            return
        opened = self.filtered(lambda department: not department.is_within_confidential)
        opened.filtered(lambda department: department.parent_id not in opened).write({"is_confidential": True})

    def _on_secrecy_changed(self, changed):
        """Make a change take effect at once: rules read the database, and cache whether there is anything to hide."""
        if not changed:
            return
        changed.flush_model(["is_confidential", "is_within_confidential"])
        self.env.registry.clear_cache()
        closed = changed.filtered("is_within_confidential")
        if closed:
            domain = Domain("department_id", "in", closed.ids)
            self.env["account.move"].sudo().search(domain)._link_confidential_entries()

    def _get_closed(self):
        """Those of these departments whose invoices are kept from the present user."""
        if not self or not self.env.user._is_kept_from_confidential():
            return self.browse()
        closed = self.sudo().filtered("is_within_confidential")
        return self.browse(closed.filtered(lambda department: self.env.user not in department.reader_ids).ids)

    def _check_open(self):
        """:raises UserError: when the present user may not put an invoice into one of these departments"""
        if self.env.su:
            return
        for department in self._get_closed():
            raise UserError(
                self.env._(
                    "The department %(department)s is confidential and you have no role there. Choose another "
                    "department, or ask somebody of %(department)s to enter the invoice.",
                    department=department.name,
                )
            )

    @api.model
    @tools.ormcache()
    def _get_confidential_ids(self):
        """Ids of the departments that are confidential, by themselves or by one above; kept until one changes."""
        departments = self.sudo().with_context(active_test=False)
        return frozenset(departments.search(Domain("is_within_confidential", "=", True)).ids)

    @api.model
    def _has_confidential(self):
        """Whether any department is confidential; without, secrecy costs nothing."""
        return bool(self._get_confidential_ids())


class AccountDepartmentMember(models.Model):
    """A role that opens confidential invoices leaves a trace where administrators look."""

    _inherit = "account.department.member"

    @api.model_create_multi
    def create(self, vals_list):
        members = super().create(vals_list)
        members._log_confidential(self.env._("%(user)s received the role %(role)s here."))
        return members

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"department_id", "user_id", "role", "date_from", "date_to"}:
            self._log_confidential(self.env._("The role of %(user)s here was changed and is now %(role)s."))
        return result

    def unlink(self):
        self._log_confidential(self.env._("%(user)s no longer has the role %(role)s here."))
        return super().unlink()

    def _log_confidential(self, sentence):
        """Note on each confidential department what happened to the roles that open its invoices."""
        members = self.sudo().filtered("department_id.is_within_confidential")
        roles = dict(self._fields["role"]._description_selection(self.env)) if members else {}
        for member in members:
            member.department_id._message_log(
                body=sentence % {"user": member.user_id.name, "role": roles[member.role]},
                author_id=self.env.user.partner_id.id,
            )
