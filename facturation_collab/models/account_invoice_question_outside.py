from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

MAX_OPEN = 5
"""Questions that a customer or vendor may have open on one invoice."""
MAX_TEXT = 10000
RATINGS = [("1", "Very poor"), ("2", "Poor"), ("3", "Fair"), ("4", "Good"), ("5", "Very good")]


class AccountInvoiceQuestion(models.Model):
    """What a customer or a vendor asks and does on the portal.

    They have no access right on questions: the controller finds who they are (`account.move._get_outside_person`), and
    these private methods ask what that contact may do.
    """

    _inherit = "account.invoice.question"

    asked_by_link = fields.Boolean(
        readonly=True, help="Asked with the link of the invoice, without logging in: answers go out with that link."
    )
    outside_file_ids = fields.Many2many(
        "ir.attachment",
        "account_invoice_question_outside_file_rel",
        "question_id",
        "file_id",
        string="Files seen outside",
        readonly=True,
        help="What the customer or vendor added, and what went with an answer to them.",
    )
    rating = fields.Selection(RATINGS, readonly=True, help="What the customer or vendor thinks of the answer.")
    rating_comment = fields.Text(readonly=True)
    can_accept = fields.Boolean(compute="_compute_rights")

    @api.depends_context("uid")
    @api.depends("state")
    def _compute_rights(self):
        super()._compute_rights()
        for question in self:
            question.can_accept = question.can_settle and not question._get_asker_refusal(self.env.user)

    # Predicates

    def _get_asker_refusal(self, user):
        """Nobody here accepts or withdraws for whoever asked from outside."""
        if partner := self.sudo().asker_partner_id:
            return self.env._(
                "%s asked this from outside, and alone accepts or withdraws it: answer it, or close it.",
                partner.display_name,
            )
        return super()._get_asker_refusal(user)

    def _is_of(self, person):
        """Tell whether this question was asked by a contact, or by a colleague of theirs."""
        asker = self.sudo().asker_partner_id
        return bool(asker and person) and asker.commercial_partner_id == person.commercial_partner_id

    def _is_asked_of(self, person):
        """Tell whether this question waits for a contact outside: by name, or for their company as a whole."""
        asked = self.sudo().partner_id
        return bool(asked and person) and asked in (person | person.commercial_partner_id)

    def _is_seen_by(self, person):
        """Tell whether a contact outside sees this question on the page of an invoice that they may read."""
        return self._is_of(person) or self._is_asked_of(person)

    def _get_outside_operations(self, person):
        """Return what a contact outside can do with this question now, by name."""
        self.ensure_one()
        question = self.sudo()
        operations = []
        if question._is_asked_of(person) and question.state == "open":
            operations.append("answer")
        if question._is_of(person):
            if question.state == "answered":
                operations.append("accept")
            if question.state in ("answered", "accepted", "closed"):
                operations.append("reopen")
                if question.answered_at and not question.rating:
                    operations.append("rate")
            if question.state in ("open", "answered"):
                operations.append("withdraw")
        return operations

    def _get_outside_state(self):
        """Return where this question stands, in the words of people outside."""
        self.ensure_one()
        return {
            "open": self.env._("Being looked at"),
            "answered": self.env._("Answered"),
            "accepted": self.env._("Settled"),
            "closed": self.env._("Closed"),
            "withdrawn": self.env._("Withdrawn"),
        }[self.state]

    # What people outside do

    def _do_from_outside(self, person, operation, text="", files=(), rating=None):
        """Do one of the operations as a contact outside.

        :raises UserError: when they cannot do this now, or something is missing
        """
        self.ensure_one()
        question = self.sudo()
        question._lock()
        if operation not in question._get_outside_operations(person):
            raise UserError(self.env._("This cannot be done with the question any more: see what happened with it."))
        if operation == "answer":
            question._answer_by_link(text, files, person)
        elif operation == "accept":
            question._move_to("accepted")
            question._tell_from_outside(person, lambda env: env._("The answer was accepted."))
        elif operation == "withdraw":
            question._move_to("withdrawn")
            question._tell_from_outside(person, lambda env: env._("The question was withdrawn."))
        elif operation == "reopen":
            question._reopen_from_outside(person, text, files)
        else:
            question._rate_from_outside(person, rating, text)

    def _reopen_from_outside(self, person, text, files):
        text = self._check_outside_text(text, self.env._("Write what is still missing."))
        self._check_files(files)
        self._reopen()
        attachments = self._add_outside_files(files)
        self._tell_from_outside(person, lambda env: env._("The question was asked again."), text, attachments)

    def _reopen(self):
        """Wait for an answer again, as whoever asked from outside wants."""
        self._move_to("open", rating=False, rating_comment=False)
        self._set_deadlines()

    def _rate_from_outside(self, person, rating, text):
        if rating not in dict(RATINGS):
            raise UserError(self.env._("Choose from one to five stars."))
        self._engine().write({"rating": rating, "rating_comment": (text or "").replace("\0", "").strip()[:MAX_TEXT]})
        stars = "★" * int(rating) + "☆" * (5 - int(rating))
        self._tell_from_outside(person, lambda env: env._("The answer was rated: %s", stars), self.rating_comment)

    def _check_outside_text(self, text, lack):
        """Return a text from outside as it is kept.

        :raises UserError: when there is none
        """
        text = (text or "").replace("\0", "").strip()[:MAX_TEXT]
        if not text:
            raise UserError(lack)
        return text


class AccountMove(models.Model):
    """Whoever is outside of the company, on the page of an invoice."""

    _inherit = "account.move"

    def _get_outside_person(self, user, by_token):
        """Return, as sudo, the contact as whom a visitor asks on this invoice, which they may read; empty when they may
        not ask. Whoever has only the link acts as the contact of the invoice, where the company lets them.
        """
        self.ensure_one()
        move, nobody = self.sudo(), self.env["res.partner"].sudo()
        access = move.company_id.portal_question_access
        if access == "off" or not move._is_open_outside():
            return nobody
        if by_token:
            return move.partner_id if access == "link" and move.state == "posted" else nobody
        return user.sudo().partner_id if user._is_portal() else nobody

    def _is_open_outside(self):
        """Tell whether people outside ask about this invoice at all."""
        return self.state == "posted" and self.is_invoice(include_receipts=True)

    def _get_outside_kinds(self):
        """Return, as sudo, the kinds of questions that people outside choose from on this invoice."""
        self.ensure_one()
        offered = "is_for_vendors" if self.is_purchase_document(include_receipts=True) else "is_for_customers"
        domain = [(offered, "=", True), ("company_id", "in", [False, *self.company_id.parent_ids.ids])]
        return self.env["account.invoice.question.kind"].sudo().search(domain)

    def _get_outside_questions(self, person):
        """Return, as sudo, the questions on this invoice that a contact outside sees, latest first."""
        questions = self.sudo().question_ids.filtered(lambda question: question._is_seen_by(person))
        return questions.sorted("id", reverse=True)

    def _ask_from_outside(self, person, kind_id, text, files=(), by_token=False, dispute=None):
        """Ask as a contact outside, whom `_get_outside_person` named. What is asked from outside holds nothing up.

        :param files: [(name, content)], checked in number, size and kind
        :param dispute: what is disputed, as of `_prepare_dispute_vals`, or None for a plain question
        :returns: account.invoice.question, as sudo
        :raises UserError: when something is missing or refused; says what to do
        """
        self.ensure_one()
        move = self.sudo()
        questions = self.env["account.invoice.question"].sudo()
        text = questions._check_outside_text(text, self.env._("Write your question."))
        kind = move._get_outside_kinds().filtered(lambda kind: kind.id == kind_id)
        if not kind:
            raise UserError(self.env._("Choose what the question is about."))
        questions._check_files(files)
        move._lock_for_validation()
        open_ones = move._get_outside_questions(person).filtered(lambda question: question.state == "open")
        if len(open_ones) >= MAX_OPEN:
            raise UserError(self.env._("You have %s open questions on this invoice: wait for answers.", MAX_OPEN))
        vals = questions._prepare_question_vals(
            move,
            kind,
            text,
            origin="portal",
            asker_partner_id=person.id,
            asked_by_link=by_token,
            department_id=move._get_question_department(kind).id,
            is_blocking=False,
            pauses_deadline=False,
            **(move._prepare_dispute_vals(**dispute) if dispute else {}),
        )
        question = questions._ask([vals])
        attachments = question._add_outside_files(files)
        question._tell_from_outside(
            person,
            lambda env: question.with_env(env)._get_asked_sentence(),
            text,
            attachments,
            body=plaintext2html(text),
        )
        return question
