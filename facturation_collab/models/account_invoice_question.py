from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from .. import questions


class AccountInvoiceQuestion(models.Model):
    """A question on an invoice or on one of its lines: who asks whom, until when, and where it stands.

    The engine alone writes it; people use the public methods, each behind its predicate.
    """

    _name = "account.invoice.question"
    _inherit = ["mail.thread", "account.validation.record"]
    _description = "Question on an invoice"
    _order = "id desc"
    # Whoever may read a question may write in its thread.
    _mail_post_access = "read"

    move_id = fields.Many2one(
        "account.move", string="Invoice", required=True, readonly=True, index=True, ondelete="cascade"
    )
    line_id = fields.Many2one("account.move.line", readonly=True, index="btree_not_null", ondelete="set null")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    kind_id = fields.Many2one(
        "account.invoice.question.kind", string="About", required=True, readonly=True, index=True, ondelete="restrict"
    )
    name = fields.Char("Question", required=True, readonly=True)
    body = fields.Html("Text", readonly=True)
    asker_id = fields.Many2one("res.users", string="Asked by", readonly=True, ondelete="restrict")
    asker_partner_id = fields.Many2one(
        "res.partner", string="Asked from outside by", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    department_id = fields.Many2one(
        "hr.department", string="Asked department", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    user_id = fields.Many2one("res.users", string="Asked person", readonly=True, ondelete="restrict")
    partner_id = fields.Many2one(
        "res.partner",
        string="Asked outside",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Somebody without a user account, who answers by a link.",
    )
    state = fields.Selection(
        [
            ("open", "Open"),
            ("answered", "Answered"),
            ("accepted", "Accepted"),
            ("closed", "Closed"),
            ("withdrawn", "Withdrawn"),
        ],
        required=True,
        readonly=True,
        default="open",
    )
    is_blocking = fields.Boolean(
        "Holds the approval", readonly=True, help="While it is open, nobody approves the level where it was asked."
    )
    pauses_deadline = fields.Boolean("Pauses the deadline", readonly=True)
    deadline = fields.Datetime("Answer until", readonly=True)
    answer = fields.Text("Answer given", readonly=True)
    answered_by = fields.Many2one("res.partner", readonly=True, ondelete="restrict")
    answered_at = fields.Datetime("Answered on", readonly=True)
    step_id = fields.Many2one(
        "account.validation.step", string="Level", readonly=True, index="btree_not_null", ondelete="set null"
    )
    origin = fields.Selection(
        [("internal", "Inside"), ("email", "E-mail"), ("portal", "Portal")],
        required=True,
        readonly=True,
        default="internal",
    )
    correction = fields.Json("Proposed correction", readonly=True)
    escalated_at = fields.Datetime("Escalated on", readonly=True)

    # Inboxes and counters read the rows that are open, however many are closed.
    _open_user = models.Index("(user_id, deadline) WHERE state = 'open'")
    _open_department = models.Index("(department_id, deadline) WHERE state = 'open'")
    _unsettled_asker = models.Index("(asker_id) WHERE state IN ('open', 'answered')")
    _open_late = models.Index("(deadline) WHERE state = 'open' AND escalated_at IS NULL AND deadline IS NOT NULL")
    _one_asked = models.Constraint(
        "CHECK(NOT (user_id IS NOT NULL AND partner_id IS NOT NULL))",
        "A question is asked of a colleague or of somebody outside, not of both.",
    )

    # Engine

    def _prepare_question_vals(self, move, kind, text, **vals):
        """Return the values of a new question on an invoice; an addon adds its own with `super()`."""
        return {
            "move_id": move.id,
            "company_id": move.company_id.id,
            "kind_id": kind.id,
            "name": _shorten(text) or kind.name,
            "body": plaintext2html(text),
            "is_blocking": kind.is_blocking,
            "pauses_deadline": kind.pauses_deadline,
            **vals,
        }

    @api.model
    def _ask(self, vals_list, attachment_ids=None):
        """Create questions, tell whoever is asked and note it on the invoices. The caller has asked the predicates.

        :param vals_list: values as of `_prepare_question_vals`
        :param attachment_ids: ids of files that the present user has just added, for the thread
        :returns: account.invoice.question, in the present environment
        """
        created = self._engine().with_context(mail_create_nolog=True, mail_create_nosubscribe=True).create(vals_list)
        asked = self.browse(created.ids)
        asked._set_deadlines()
        asked._on_asked(attachment_ids)
        asked._pause_steps()
        return asked

    def _set_deadlines(self):
        """Count the hours of each kind from now on, in the working hours of who is asked."""
        now = fields.Datetime.now()
        timed = self.sudo().filtered("kind_id.deadline_hours")
        clocks = timed.user_id._get_working_hours(timed.company_id)
        company_clocks = {
            company: company.resource_calendar_id._get_company_hours(company)
            for company in timed.company_id
            if company.resource_calendar_id
        }
        ends = {}
        for question in timed:
            clock = clocks.get((question.user_id, question.company_id)) or company_clocks.get(question.company_id)
            end = clock and clock.after(now, question.kind_id.deadline_hours)
            ends.setdefault(end or False, self.browse())
            ends[end or False] |= question
        for end, found in ends.items():
            found._engine().write({"deadline": end, "escalated_at": False})

    def _lock(self):
        """Wait for whoever acts on the same invoices or questions at this moment: invoices and requests first, as
        everywhere.
        """
        moves = self.sudo().move_id
        moves._lock_for_validation()
        moves.validation_request_id._lock()
        self.env.cr.execute(
            "SELECT id FROM account_invoice_question WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [self.ids]
        )
        self.invalidate_recordset(flush=False)

    def _move_to(self, state, **vals):
        """Write a new state on these questions, along the transition table. The only writer of states.

        :raises UserError: when a question cannot go there
        """
        labels = dict(self._fields["state"]._description_selection(self.env))
        for question in self.sudo():
            if not questions.can_move(question.state, state):
                raise UserError(
                    self.env._(
                        "The question “%(name)s” is in the state “%(state)s”: this cannot be done with it any "
                        "more. Reload it to see what happened.",
                        name=question.name,
                        state=labels[question.state],
                    )
                )
        self._engine().write({"state": state, **vals})
        self._resume_steps()

    def _get_waited_for(self):
        """Return the name of who has this question, for people inside the company."""
        self.ensure_one()
        question = self.sudo()
        names = (question.user_id.name, question.partner_id.display_name, question.department_id.name)
        return next(filter(None, names), self.env._("accounting"))


class AccountMove(models.Model):
    """The questions on an invoice. Nothing is read where there are none: the counts are stored."""

    _inherit = "account.move"

    question_ids = fields.One2many("account.invoice.question", "move_id", string="Questions", readonly=True, copy=False)
    validation_question_count = fields.Integer(
        "Open questions", compute="_compute_validation_question_count", store=True, copy=False
    )
    validation_blocking_count = fields.Integer(
        "Questions that hold the approval", compute="_compute_validation_question_count", store=True, copy=False
    )

    @api.depends("question_ids.state", "question_ids.is_blocking")
    def _compute_validation_question_count(self):
        for move in self:
            found = move.question_ids.filtered(lambda question: question.state == "open")
            move.validation_question_count = len(found)
            move.validation_blocking_count = len(found.filtered("is_blocking"))


def _shorten(text, length=80):
    """Return the first line of a text, cut where it is long."""
    line = next((line.strip() for line in (text or "").splitlines() if line.strip()), "")
    return line if len(line) <= length else f"{line[: length - 1]}…"
