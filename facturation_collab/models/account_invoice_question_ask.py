from odoo import Command, models
from odoo.exceptions import UserError

from ..calls import check_call


class AccountMove(models.Model):
    """Asking a question on invoices: the predicates and the public method."""

    _inherit = "account.move"

    def action_ask(
        self,
        kind_id,
        text,
        user_id=None,
        department_id=None,
        partner_id=None,
        line_id=None,
        is_blocking=None,
        correction=None,
        attachment_ids=None,
    ):
        """Ask a question on these invoices. Whoever may read an invoice may ask.

        :param kind_id: id of the kind of question
        :param text: the question
        :param user_id: id of the colleague who is asked, or None
        :param department_id: id of the department that is asked, or None: without anybody named, that of the kind
        :param partner_id: id of somebody outside who answers by a link, or None
        :param line_id: id of a line of the one invoice that it is about, or None
        :param is_blocking: whether nobody approves while it is open; by default as the kind says
        :param correction: {"field": name, "value": value} that the answerer may apply, or None
        :param attachment_ids: ids of files that the present user has just added
        :returns: False, or for several invoices an action that tells which were left out and why
        :raises UserError: when it can be asked on none; says why for each
        """
        check_call(self, text)
        self.check_access("read")
        text = self._check_text(text, self.env._("Write your question."))
        kind = self._read_asked("account.invoice.question.kind", kind_id)
        if not kind:
            raise UserError(self.env._("Choose what the question is about."))
        asked = {
            "user": self._read_asked("res.users", user_id),
            "department": self._read_asked("hr.department", department_id),
            "partner": self._read_asked("res.partner", partner_id),
        }
        line = self._read_asked("account.move.line", line_id)
        if attachment_ids and len(self) > 1:
            raise UserError(self.env._("Files go with a question on one invoice: ask it there."))
        self._lock_for_validation()
        vals_list, refusals = [], {}
        for move in self:
            refusal = move._get_asking_refusal(kind, line, **asked)
            if refusal:
                refusals[move] = refusal
                continue
            vals_list.append(move._prepare_asked_vals(kind, text, line, is_blocking, correction, **asked))
        if asked["user"]:
            self.filtered(lambda move: move not in refusals)._open_to(asked["user"])
        action = self._report(refusals, self.env._("Invoices on which the question was asked: %s."))
        self.env["account.invoice.question"]._ask(vals_list, attachment_ids)
        return action

    def _read_asked(self, model, record_id):
        """Return the record that a program names by its id, which the present user may read; empty for None.

        :raises UserError: when it is no id of such a record
        """
        records = self.env[model]
        if not record_id:
            return records
        record = records.browse(record_id if type(record_id) is int and 0 < record_id < 2**31 else 0)
        if not record.id or not record.exists() or (model == "account.move.line" and not record.has_access("read")):
            raise UserError(self.env._("What you chose does not exist any more: reload the page and choose again."))
        if model == "res.partner":
            record.check_access("read")
        return record

    def _get_asking_refusal(self, kind, line, user, department, partner):
        """Return why the present user cannot ask this on this invoice, or an empty text."""
        self.ensure_one()
        if not self.is_invoice(include_receipts=True):
            return self.env._("Questions are asked on invoices, bills, refunds and receipts only.")
        if line and line.move_id != self:
            return self.env._("The line that you chose belongs to another invoice.")
        if kind.company_id and kind.company_id not in self.company_id.parent_ids:
            return self.env._("This kind of question is not used in the company of the invoice.")
        if user and partner:
            return self.env._("Ask either a colleague or somebody outside, in two questions if you need both.")
        if user:
            return self._get_asked_user_refusal(user)
        if partner:
            return self._get_asked_partner_refusal(partner)
        if department and not self._get_department_audience(department):
            return self.env._(
                "Nobody of the department %(department)s may read this invoice. Ask a person who may, or somebody of "
                "the department that has it.",
                department=department.sudo().name,
            )
        return ""

    def _get_asked_user_refusal(self, user):
        """Return why a colleague cannot be asked about this invoice, or an empty text: never somebody who cannot read
        it, unless the present user may open it to them, as to whoever they ask for advice.
        """
        names = {"person": user.sudo().name, "company": self.company_id.sudo().name}
        if user == self.env.user:
            return self.env._("Choose somebody else than yourself.")
        if not user._filter_validation_users():
            return self.env._("%(person)s has no access to collaborative invoicing or to accounting.", **names)
        if self.company_id not in user.sudo().company_ids:
            return self.env._("%(person)s has no access to the company %(company)s.", **names)
        if self._is_readable_by(user) or self._may_open_to_others():
            return ""
        return self.env._(
            "%(person)s may not read this invoice. Ask somebody who may; or let somebody at whose level it waits ask: "
            "whoever they ask takes part from then on.",
            **names,
        )

    def _get_asked_partner_refusal(self, partner):
        """Return why somebody outside cannot be asked about this invoice, or an empty text."""
        names = {"person": partner.sudo().display_name}
        if self.sudo().department_id.is_within_confidential:
            return self.env._("This invoice is confidential: nobody outside is asked about it.")
        if any(not user.share for user in partner.sudo().user_ids):
            return self.env._("%(person)s works here: ask them as a colleague.", **names)
        if not partner.sudo().email:
            return self.env._("%(person)s has no e-mail address: add it to the contact first.", **names)
        return ""

    def _is_readable_by(self, user):
        """Tell whether a user may read this invoice, in whichever of their companies they are."""
        self.ensure_one()
        companies = user.sudo().company_ids.ids
        return self.with_user(user).with_context(allowed_company_ids=companies).has_access("read")

    def _may_open_to_others(self):
        """Tell whether the present user may ask for advice here, and so decides who else takes part."""
        request = self.sudo().validation_request_id
        return request.state == "pending" and not request._get_forward_refusal(self.env.user)

    def _open_to(self, user):
        """Let a colleague who is asked take part in these invoices from then on, where they may not read them yet."""
        closed = self.filtered(lambda move: not move._is_readable_by(user))
        closed.sudo().validation_request_id._engine().write({"participant_ids": [Command.link(user.id)]})

    def _get_department_audience(self, department):
        """Return, as sudo, the people of a department who may read this invoice."""
        self.ensure_one()
        people = department.sudo().reader_ids.filtered("active")
        if department == self.sudo().department_id:
            return people
        return people.filtered(self._is_readable_by)

    def _get_question_department(self, kind):
        """Return the department that has questions of a kind on this invoice: that of the kind if its people may read
        the invoice, else that of the invoice; empty where accounting has it.
        """
        owner = kind.sudo().department_id
        if owner and self._get_department_audience(owner):
            return owner
        own = self.sudo().department_id
        return own if own and self._get_department_audience(own) else own.browse()

    def _prepare_asked_vals(self, kind, text, line, is_blocking, correction, user, department, partner):
        """Return the values of a question that the present user may ask on this invoice."""
        questions = self.env["account.invoice.question"]
        if not (user or department or partner):
            department = self._get_question_department(kind)
        vals = {
            "asker_id": self.env.uid,
            "user_id": user.id,
            "department_id": department.id,
            "partner_id": partner.id,
            "line_id": line.id,
            "step_id": self._get_asked_step().id,
            "correction": self._check_correction(line, correction) if correction else False,
        }
        if is_blocking is not None:
            vals["is_blocking"] = bool(is_blocking)
        return questions._prepare_question_vals(self, kind.sudo(), text, **vals)

    def _get_asked_step(self):
        """Return the open step at which the present user asks; empty when they decide at none."""
        request = self.sudo().validation_request_id
        if request.state != "pending":
            return request.step_ids.browse()
        return request._get_decidable_step(self.env.user, "return")[0]

    def action_open_question_dialog(self):
        """Return the dialog that asks a question on these invoices."""
        check_call(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Ask a question"),
            "res_model": "account.invoice.question.dialog",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_move_ids": self.ids, "default_operation": "ask"},
        }
