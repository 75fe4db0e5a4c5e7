from odoo import Command, api, fields, models, tools

from .hr_department import ADMINISTRATOR


class HrDepartment(models.Model):
    """Mentioning a department: a native role of Discuss (`@Marketing`) that is kept in step with its readers."""

    _inherit = "hr.department"

    is_mentionable = fields.Boolean(
        "May Be Mentioned",
        groups=ADMINISTRATOR,
        help="People write @ and the name of the department to reach those who read its invoices. On a question, "
        "only those hear of it who may read the invoice.",
    )
    mention_role_id = fields.Many2one("res.role", copy=False, readonly=True, ondelete="set null", groups=ADMINISTRATOR)

    @api.model_create_multi
    def create(self, vals_list):
        departments = super().create(vals_list)
        if mentionable := departments.sudo().filtered("is_mentionable"):
            mentionable._sync_mention_roles()
            self.env.registry.clear_cache()
        return departments

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"is_mentionable", "name", "active"}:
            self.sudo()._sync_mention_roles()
            self.env.registry.clear_cache()
        return result

    def _refresh_roles(self):
        super()._refresh_roles()
        mentionable = self.sudo().with_context(active_test=False)
        mentionable.search([("id", "child_of", self.ids), ("is_mentionable", "=", True)])._sync_mention_roles()

    def _sync_mention_roles(self):
        """Make, fill or remove the native role of each of these departments. Called as sudo."""
        for department in self:
            if not (department.is_mentionable and department.active):
                department.mention_role_id.unlink()
                continue
            vals = {"name": department._get_mention_name(), "user_ids": [Command.set(department.reader_ids.ids)]}
            if department.mention_role_id:
                department.mention_role_id.write(vals)
            else:
                department.mention_role_id = self.env["res.role"].sudo().create(vals)

    @api.model
    @tools.ormcache()
    def _has_mentions(self):
        """Whether any department may be mentioned; without, messages on invoices cost nothing more."""
        return bool(self.sudo().with_context(active_test=False).search_count([("is_mentionable", "=", True)], limit=1))

    def _get_mention_name(self):
        """Return a name that no other role has: roles are one list for all companies."""
        domain = [("name", "=", self.name), ("id", "!=", self.mention_role_id.id)]
        taken = self.env["res.role"].sudo().search_count(domain, limit=1)
        return f"{self.name} ({self.id})" if taken else self.name


class AccountMove(models.Model):
    _inherit = "account.move"

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """Whoever is mentioned with a department hears of an invoice only if they may read it."""
        recipients = super()._notify_get_recipients(message, msg_vals, **kwargs)
        if len(self) != 1 or not recipients or not self.env["hr.department"]._has_mentions():
            return recipients
        users = self.env["res.users"].sudo().browse(data["uid"] for data in recipients if data.get("uid"))
        known = self.sudo().department_id.reader_ids | self.sudo().validation_participant_ids
        strangers = (users - known).filtered(lambda user: not user.share and user._is_department_user())
        hidden = set(strangers.filtered(lambda user: not self._is_readable_by(user)).ids)
        return [data for data in recipients if data.get("uid") not in hidden]
