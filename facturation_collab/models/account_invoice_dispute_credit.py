from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount

from ..calls import check_call
from .account_invoice_question_answer import ACCOUNTING

SCOPES = ("whole", "lines", "amount")


class AccountInvoiceQuestion(models.Model):
    """The credit note that whoever holds a dispute proposes: a draft, which goes through its own policy."""

    _inherit = "account.invoice.question"

    credit_move_id = fields.Many2one(
        "account.move", string="Credit note", readonly=True, index="btree_not_null", ondelete="set null"
    )
    can_propose_credit = fields.Boolean(compute="_compute_rights")

    @api.depends_context("uid")
    @api.depends("state", "credit_move_id.state")
    def _compute_rights(self):
        super()._compute_rights()
        for question in self:
            question.can_propose_credit = question.is_dispute and not question._get_credit_refusal(self.env.user)

    def _get_credit_refusal(self, user):
        """Return why a user cannot propose a credit note for this dispute, or an empty text."""
        self.ensure_one()
        question = self.sudo()
        if not question.is_dispute or question.state not in ("open", "answered"):
            return self.env._("Only an open dispute gets a credit note.")
        # Accounting makes credit notes anyway.
        is_accounting = user.has_group(ACCOUNTING) and question.move_id._is_readable_by(user)
        if not is_accounting and (refusal := self._get_answer_refusal(user)):
            return refusal
        if question.move_id.state != "posted":
            return self.env._("The invoice is not posted any more: correct it instead.")
        if not is_accounting and user not in question.move_id.department_id.contributor_ids:
            return self.env._("You may not make credit notes: give the dispute to somebody who may.")
        notes = question.credit_move_id | question.move_id.question_ids.credit_move_id.filtered(
            lambda note: note.state == "draft"
        )
        if note := notes.filtered(lambda note: note.state != "cancel")[:1]:
            return self.env._(
                "The credit note %s is proposed already: change it, or cancel or delete it first.", note.display_name
            )
        return ""

    def action_propose_credit(self, scope=None, line_ids=None, amount=None, reason=None):
        """Make the draft credit note for this dispute, by Odoo's own reversal; it then goes through its own policy.

        :param scope: whole, lines or amount; by default what the customer disputes
        :param line_ids: ids of the credited lines of the invoice, for the scope *lines*
        :param amount: credited amount with taxes in the currency of the invoice, for the scope *amount*
        :param reason: the reason that the credit note shows, or None
        :returns: the action that opens it
        :raises UserError: when the present user cannot do this now, or the values do not fit; says why
        """
        reason = self._check_action("_get_credit_refusal", reason)
        question, move = self.sudo(), self.move_id.sudo()
        if scope is None:
            scope = question.dispute_scope
            line_ids, amount = question.dispute_line_ids.ids, question.disputed_amount
        if scope not in SCOPES:
            raise UserError(self.env._("Choose whether to credit the whole invoice, some lines or an amount."))
        if type(line_ids or []) is not list or type(amount or 0) not in (int, float):
            raise UserError(self.env._("Pass the lines as a list of ids, and the amount as a number."))
        vals = move._prepare_dispute_vals(scope, line_ids or [], amount)
        note = move._make_credit_note(vals, reason or question.name)
        if not note.sudo(False).has_access("write"):
            raise AccessError(
                self.env._("Only people who edit invoices of the department that has the invoice make its credit note.")
            )
        self._engine().write({"credit_move_id": note.id})
        amount = format_amount(self.env, note.amount_total, note.currency_id)
        sentence = self.env._("A credit note over %s was proposed.", amount)
        self._tell(sentence, self.env["res.partner"])
        self._note_on_moves(lambda question: sentence, "name")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Proposed credit note"),
            "res_model": "account.move",
            "res_id": note.id,
            "views": [(False, "form")],
        }

    def action_open_credit_dialog(self):
        """Return the dialog that proposes a credit note, filled with what the customer disputes."""
        check_call(self, single=True)
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Propose a credit note"),
            "res_model": "account.invoice.credit.proposal",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_question_id": self.id,
                "default_scope": self.dispute_scope,
                "default_line_ids": self.dispute_line_ids.ids,
                "default_amount": self.disputed_amount,
                "default_reason": self.name,
            },
        }


class AccountMove(models.Model):
    """Making the credit note of a dispute, and telling the customer once it is posted."""

    _inherit = "account.move"

    def _make_credit_note(self, dispute, reason):
        """Return the draft credit note of this posted invoice, reduced to what is credited. As sudo.

        :param dispute: values as of `_prepare_dispute_vals`
        """
        self.ensure_one()
        reversal = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=self.ids)
            .create({"journal_id": self.journal_id.id, "reason": reason})
        )
        reversal.refund_moves()
        note = reversal.new_move_ids
        if dispute["dispute_scope"] == "lines":
            note._keep_lines(self, dispute["dispute_line_ids"])
        elif dispute["dispute_scope"] == "amount" and dispute["disputed_amount"] < self.amount_total:
            note._scale_to(dispute["disputed_amount"])
        return note

    def _keep_lines(self, origin, line_ids):
        """Take everything out of this draft reversal but some lines of what it reverses."""
        pairs = zip(origin._get_content_lines(), self._get_content_lines(), strict=True)
        gone = [line.id for reversed_line, line in pairs if reversed_line.id not in line_ids]
        self.write({"invoice_line_ids": [Command.delete(line_id) for line_id in gone]})

    def _scale_to(self, amount):
        """Bring this draft to a total, each line by its share; the largest line takes what rounding leaves."""
        ratio = amount / self.amount_total
        commands = []
        for line in self._get_content_lines():
            price = self.currency_id.round(line._get_entered_amount() * ratio)
            if line.display_type == "product" and price:
                commands.append(Command.update(line.id, {"quantity": 1, "discount": 0, "price_unit": price}))
            else:
                commands.append(Command.delete(line.id))
        self.write({"invoice_line_ids": commands})
        for _attempt in range(3):
            missing = self.currency_id.round(amount - self.amount_total)
            if not missing:
                break
            line = max(self._get_content_lines(), key=lambda line: line.price_total)
            step = self.currency_id.round(missing * line._get_entered_amount() / line.price_total) or missing
            self.write({"invoice_line_ids": [Command.update(line.id, {"price_unit": line.price_unit + step})]})

    def _post(self, soft=True):
        posted = super()._post(soft)
        posted.filtered(lambda move: move.move_type == "out_refund")._tell_credited()
        return posted

    def _tell_credited(self):
        """Tell customers that the credit notes for their disputes are there."""
        if not self:
            return
        for question in self.env["account.invoice.question"].sudo().search([("credit_move_id", "in", self.ids)]):
            note = question.credit_move_id
            amount = format_amount(self.env, note.amount_total, note.currency_id)
            question._send_outside(
                lambda env: env._("A credit note was made for the invoice that you disputed:"), f"{note.name}, {amount}"
            )


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _get_entered_amount(self):
        """Return the amount of this line as prices are entered on it: with its taxes where they are in the price."""
        included = any(tax.price_include for tax in self.tax_ids.flatten_taxes_hierarchy())
        return self.price_total if included else self.price_subtotal
