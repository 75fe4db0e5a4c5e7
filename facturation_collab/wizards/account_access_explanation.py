import logging

from odoo import api, fields, models
from odoo.fields import Domain

_logger = logging.getLogger(__name__)


class AccountAccessExplanation(models.TransientModel):
    """The screen that answers why a person can, or cannot, do something with an invoice.

    For administrators and auditors. The invoice is named by its number or id, typed, so that whoever may not read it
    can ask as well: they learn whether the person may read it and by which rule, and nothing of the invoice.
    """

    _name = "account.access.explanation"
    _description = "Explanation of an access"

    user_id = fields.Many2one("res.users", string="Person", help="Whose access you want to understand.")
    reference = fields.Char(
        string="Invoice",
        help="The number of the invoice, the vendor's reference, or the id that the address of the page shows. A draft "
        "without number has its id only.",
    )
    operation = fields.Selection(
        [
            ("read", "Read"),
            ("write", "Edit"),
            ("create", "Enter one like it"),
            ("unlink", "Delete"),
            ("submit", "Submit"),
            ("approve", "Approve"),
            ("post", "Post"),
        ],
        string="Wants to",
        required=True,
        default="read",
    )
    explanation = fields.Json(
        compute="_compute_explanation", help="The answer for programs; empty until everything is chosen."
    )
    answer = fields.Html(compute="_compute_answer", sanitize=False)

    @api.depends("user_id", "reference", "operation")
    @api.depends_context("uid", "lang", "tz", "allowed_company_ids")
    def _compute_explanation(self):
        self.browse().check_access("create")
        for wizard in self:
            is_complete = wizard.user_id and (wizard.reference or "").strip() and wizard.operation
            wizard.explanation = is_complete and wizard._explain()

    @api.depends("explanation")
    @api.depends_context("uid", "lang", "tz", "allowed_company_ids")
    def _compute_answer(self):
        technical = self.env.user.has_group("base.group_no_one")
        for wizard in self:
            wizard.answer = self.env["ir.qweb"]._render(
                "facturation_collab.account_access_explanation_answer",
                {"explanation": wizard.explanation, "technical": technical},
            )

    # Business

    def _explain(self):
        """Return the answer for this person, invoice and operation.

        :returns: dict with "verdict" (a sentence), "allowed" (True, False, or None where the present user may not know
            or there is no such invoice), "decisive" and "notes" (sentences), and "facts" (sentences), "title" and
            "sections", which are empty where the present user may not read the invoice
        """
        move = self._find_move()
        if not move:
            return self._prepare_answer(self.env._("You know no invoice by “%s”.", self.reference.strip()))
        if not move.has_access("read"):
            return self._explain_unreadable(move)
        explanation = self._get_explanation(move, self.operation)
        verdict = self._get_verdict(self.operation, explanation["allowed"])
        return self._prepare_answer(verdict, title=move._get_validation_title(), **explanation)

    def _explain_unreadable(self, move):
        """The answer for somebody who may not read the invoice: whether the person may, and by which rule.

        Whether they may do more depends on the state of the invoice, which the answer would tell.
        """
        asker, asked = self.env.uid, self.user_id.id
        _logger.info("User %s asked whether user %s reads invoice %s, and may not read it", asker, asked, move.id)
        explanation = self._get_explanation(move, "read")
        allowed, decisive = explanation["allowed"], explanation["decisive"]
        if allowed and self.operation != "read":
            allowed = None
            verdict = self.env._(
                "%s can read this invoice. Whether they can do more depends on its content, which you may not read.",
                self.user_id.name,
            )
        else:
            verdict = self._get_verdict(self.operation, allowed)
        notes = [self.env._("You may not read this invoice yourself: nothing more is shown of it.")]
        return self._prepare_answer(verdict, allowed=allowed, decisive=decisive, notes=notes)

    def _get_explanation(self, move, operation):
        return self.env["account.access.reason"]._explain(move, self.user_id, operation)

    @api.model
    def _prepare_answer(self, verdict, **vals):
        empty = {name: [] for name in ("decisive", "facts", "notes", "sections")}
        return {"verdict": verdict, "allowed": None, "title": "", **empty, **vals}

    def _find_move(self):
        """Return the invoice that the present user named, whether they may read it or not; empty when there is none.

        One that they may not read is found by its exact number or id only, in the companies that they have.
        """
        reference = self.reference.strip()
        mine = self.env["account.move"].with_context(allowed_company_ids=self.env.user.company_ids.ids)
        invoices = Domain("move_type", "!=", "entry")
        by_id = Domain("id", "=", int(reference)) if reference.isdecimal() and len(reference) < 10 else Domain.FALSE
        by_name = Domain("name", "=", reference)
        found = mine.search(invoices & (by_name | Domain("ref", "=", reference)), limit=1)
        if not found:
            here = invoices & Domain("company_id", "in", self.env.user.company_ids.ids)
            everything = self.env["account.move"].sudo()
            found = everything.search(here & by_id, limit=1) or everything.search(here & by_name, limit=1)
        return mine.browse(found.id)

    def _get_verdict(self, operation, allowed):
        """Return the answer in one sentence."""
        user = self.user_id.name
        if allowed:
            sentences = {
                "read": self.env._("Yes: %s can read this invoice.", user),
                "write": self.env._("Yes: %s can edit this invoice.", user),
                "create": self.env._("Yes: %s can enter an invoice like this one.", user),
                "unlink": self.env._("Yes: %s can delete this invoice.", user),
                "submit": self.env._("Yes: %s can submit this invoice.", user),
                "approve": self.env._("Yes: %s can approve this invoice now.", user),
                "post": self.env._("Yes: %s can post this invoice.", user),
            }
        else:
            sentences = {
                "read": self.env._("No: %s cannot read this invoice.", user),
                "write": self.env._("No: %s cannot edit this invoice.", user),
                "create": self.env._("No: %s cannot enter an invoice like this one.", user),
                "unlink": self.env._("No: %s cannot delete this invoice.", user),
                "submit": self.env._("No: %s cannot submit this invoice.", user),
                "approve": self.env._("No: %s cannot approve this invoice now.", user),
                "post": self.env._("No: %s cannot post this invoice.", user),
            }
        return sentences[operation]
