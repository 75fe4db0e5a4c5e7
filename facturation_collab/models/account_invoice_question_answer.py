from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..calls import check_call
from .hr_department import ROLES_INCLUDED

ACCOUNTING = "account.group_account_invoice"


class AccountInvoiceQuestion(models.Model):
    """What people do with a question: predicates, each with its reason, and the public methods behind them."""

    _inherit = "account.invoice.question"

    can_answer = fields.Boolean(compute="_compute_rights")
    can_settle = fields.Boolean(compute="_compute_rights")
    can_assign = fields.Boolean(compute="_compute_rights")

    @api.depends_context("uid")
    @api.depends("state")
    def _compute_rights(self):
        user = self.env.user
        for question in self:
            live = question.state in ("open", "answered")
            question.can_answer = live and not question._get_answer_refusal(user)
            question.can_settle = question.state != "withdrawn" and not question._get_settle_refusal(user)
            question.can_assign = question.state == "open" and not question._get_assign_refusal(user)

    # Predicates: an empty text, or the sentence that says why not and what to do

    def _is_asked(self, user):
        """Tell whether this question waits for a user: by name, by department, or as accounting where it has nobody."""
        question = self.sudo()
        if question.user_id or question.department_id:
            return user == question.user_id or user in question.department_id.reader_ids
        return not question.partner_id and user.has_group(ACCOUNTING)

    def _get_answer_refusal(self, user):
        """Return why a user cannot answer this question."""
        self.ensure_one()
        if not self.sudo().move_id._is_readable_by(user):
            return self.env._("You may not read the invoice that this question is about.")
        if not self._is_asked(user):
            return self.env._("This question waits for %s: write a comment instead.", self._get_waited_for())
        return ""

    def _get_settle_refusal(self, user):
        """Return why a user cannot accept, reopen, close or withdraw this question."""
        self.ensure_one()
        question = self.sudo()
        if user == question.asker_id:
            return ""
        if not question.asker_id:
            return self._get_answer_refusal(user)
        if user in question._get_asker_managers() and question.move_id._is_readable_by(user):
            return ""
        return self.env._(
            "Only %s, who asked it, or a manager of their department can do this.", question.asker_id.name
        )

    def _get_asker_refusal(self, user):
        """Return why a user cannot accept the answer or withdraw this question, for whoever asked."""
        return self._get_settle_refusal(user)

    def _get_assign_refusal(self, user):
        """Return why a user cannot give this question to somebody else."""
        if not self._get_settle_refusal(user):
            return ""
        return self._get_answer_refusal(user)

    def _get_asker_managers(self):
        """Return the managers of the departments where the asker has a role, and of those above. As sudo."""
        domain = [
            ("user_id", "=", self.asker_id.id),
            ("is_current", "=", True),
            ("role", "in", ROLES_INCLUDED["reader"]),
        ]
        departments = self.env["account.department.member"].sudo().search(domain).department_id
        return self.env["res.users"].union(*(department._get_managers_above() for department in departments))

    # Actions

    def action_answer(self, text, attachment_ids=None):
        """Answer this question, as whoever is asked.

        :param text: the answer
        :param attachment_ids: ids of files that the present user has just added
        :raises UserError: when the present user is not asked, or nothing is to be answered
        """
        text = self._check_action("_get_answer_refusal", text, self.env._("Write your answer."))
        self._record_answer(text, self.env.user.partner_id)
        self._tell_answered(text, attachment_ids)

    def action_accept(self):
        """Accept the answer, as whoever asked. Nothing is accepted by itself."""
        self._check_action("_get_asker_refusal")
        self._move_to("accepted")
        self._tell_settled(self.env._("The answer was accepted."))

    def action_reopen(self, text):
        """Ask again, as whoever asked.

        :param text: what is still missing
        """
        text = self._check_action("_get_settle_refusal", text, self.env._("Write what is still missing."))
        self._move_to("open")
        self._set_deadlines()
        self._pause_steps()
        self._tell_settled(self.env._("The question was asked again."), text)

    def action_close(self):
        """Close this question without an accepted answer, as whoever asked."""
        self._check_action("_get_settle_refusal")
        self._move_to("closed")
        self._tell_settled(self.env._("The question was closed."))

    def action_withdraw(self):
        """Withdraw this question for good, as whoever asked."""
        self._check_action("_get_asker_refusal")
        self._move_to("withdrawn")
        self._tell_settled(self.env._("The question was withdrawn."))

    def action_assign(self, user_id=None, department_id=None):
        """Give this open question to a colleague or to a department who may read the invoice.

        :raises UserError: when the present user or the new people may not; says why
        """
        self._check_action("_get_assign_refusal")
        move = self.move_id
        user = move._read_asked("res.users", user_id)
        department = move._read_asked("hr.department", department_id)
        if not (user or department):
            raise UserError(self.env._("Choose a person or a department."))
        if self.state != "open":
            raise UserError(self.env._("This question is not open any more: ask it again instead."))
        if user and user == self.env.user:
            refusal = ""
        else:
            refusal = move._get_asking_refusal(
                self.sudo().kind_id, move.line_ids.browse(), user, department, user.partner_id.browse()
            )
        if refusal or (user and not move._is_readable_by(user)):
            raise UserError(
                refusal
                or self.env._("%s may not read this invoice: ask them a question of their own.", user.sudo().name)
            )
        self._engine().write({"user_id": user.id, "department_id": department.id, "partner_id": False})
        self._set_deadlines()
        self._tell_assigned()

    def action_open_dialog(self):
        """Return the dialog of one operation; the context's `default_operation` says which."""
        check_call(self, single=True)
        operation = self.env.context.get("default_operation")
        titles = {
            "answer": self.env._("Answer"),
            "reopen": self.env._("Ask again"),
            "assign": self.env._("Give to somebody else"),
        }
        operation = operation if operation in titles else "answer"
        return {
            "type": "ir.actions.act_window",
            "name": titles[operation],
            "res_model": "account.invoice.question.dialog",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_question_id": self.id, "default_operation": operation},
        }

    # Business

    def _check_action(self, predicate, text=None, lack=None):
        """Check what every public method checks, lock, and ask the predicate again of what was committed.

        :returns: the text without outer spaces
        :raises UserError: says what to do
        """
        check_call(self, text, single=True)
        self.check_access("read")
        text = (text or "").strip()
        if lack and not text:
            raise UserError(lack)
        self._lock()
        if refusal := getattr(self, predicate)(self.env.user):
            raise AccessError(refusal)
        return text

    def _record_answer(self, text, author):
        """Record an answer; whoever answers again replaces what they said. The caller has asked the predicate.

        :param author: res.partner who answers
        """
        vals = {"answer": text, "answered_by": author.id, "answered_at": fields.Datetime.now()}
        if self.sudo().state == "answered":
            self._engine().write(vals)
        else:
            self._move_to("answered", **vals)
