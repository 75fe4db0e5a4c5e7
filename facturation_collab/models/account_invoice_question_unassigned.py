from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_list

STAND_IN_GROUPS = ("facturation_collab.group_administrator", "account.group_account_manager")
"""Who hears of a question that nobody has, where the company names nobody: the first of these who may read it."""


class ResCompany(models.Model):
    _inherit = "res.company"

    question_user_id = fields.Many2one(
        "res.users",
        string="Questions that nobody has",
        domain="[('share', '=', False)]",
        help="Hears of questions that go to no person and to no department with people, and answers them. Empty: the "
        "administrators of collaborative invoicing who may read the invoice, else those of accounting.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    question_user_id = fields.Many2one(related="company_id.question_user_id", readonly=False)


class AccountInvoiceQuestion(models.Model):
    """Questions that nobody has: accounting answers them, and somebody hears of each."""

    _inherit = "account.invoice.question"

    is_unassigned = fields.Boolean(
        "Unassigned",
        compute="_compute_is_unassigned",
        search="_search_is_unassigned",
        help="No person, department with people, or contact outside has it.",
    )

    @api.depends("user_id", "partner_id", "department_id")
    def _compute_is_unassigned(self):
        for question in self:
            question.is_unassigned = question._has_nobody()

    def _search_is_unassigned(self, operator, value):
        if operator != "in":
            return NotImplemented
        # Who reads a department is for administrators to see; that it is nobody, shows in the question.
        empty = self.env["hr.department"].sudo()._search(Domain("reader_ids", "=", False))
        nobody = Domain("partner_id", "=", False)
        nobody &= Domain("user_id", "=", False) | Domain("user_id.active", "=", False)
        nobody &= Domain("department_id", "=", False) | Domain("department_id", "in", empty)
        return nobody

    def _has_nobody(self):
        """Tell whether neither a person, nor somebody of a department, nor a contact outside has this question."""
        question = self.sudo()
        return not (question.partner_id or question.user_id.active or question.department_id.reader_ids)

    def _get_stand_ins(self):
        """Return, as sudo, who answers this question where nobody has it: people who may read the invoice."""
        question = self.sudo()
        # Looked up in the cache: `ref()` would ask the database for each question.
        ids = [self.env["ir.model.data"]._xmlid_to_res_id(xmlid) for xmlid in STAND_IN_GROUPS]
        groups = self.env["res.groups"].sudo().browse(ids)
        for users in (question.company_id.question_user_id, *(group.all_user_ids for group in groups)):
            own = users._filter_validation_users().filtered(lambda user: question.company_id in user.company_ids)
            if found := own.filtered(question.move_id._is_readable_by):
                return found
        return self.env["res.users"].sudo()

    def _is_asked(self, user):
        if super()._is_asked(user):
            return True
        return self._has_nobody() and (user.has_group("account.group_account_invoice") or user in self._get_stand_ins())

    def _get_asked_partners(self):
        return self._get_stand_ins().partner_id if self._has_nobody() else super()._get_asked_partners()

    def _get_waited_for(self):
        """Say, too, who stands in where nobody has this question."""
        owner = super()._get_waited_for()
        if not self._has_nobody() or not (people := self._get_stand_ins()):
            return owner
        return f"{owner} ({format_list(self.env, people.mapped('name'))})"
