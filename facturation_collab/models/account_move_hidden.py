"""What Odoo natively tells of other invoices on a form or a list, whoever may read them."""

from odoo import api, models
from odoo.fields import Domain


class AccountMove(models.Model):
    _inherit = "account.move"

    @api.depends_context("uid")
    def _compute_abnormal_warnings(self):
        """No average over bills that the reader may not see: it would give their amounts and dates."""
        partly = self._get_partly_hidden()
        partly.abnormal_amount_warning = False
        partly.abnormal_date_warning = False
        return super(AccountMove, self - partly)._compute_abnormal_warnings()

    def _get_partly_hidden(self):
        """Those of these invoices whose partner has posted ones that the present user may not read."""
        user = self.env.user
        concerned = self.filtered(
            lambda move: move.state == "draft" and move.is_purchase_document() and move.partner_id
        )
        if not concerned or not (user._is_department_user() or user._is_kept_from_confidential(reading=True)):
            return self.browse()
        domain = Domain("state", "=", "posted") & Domain("move_type", "in", self.get_purchase_types())
        domain &= Domain("partner_id", "in", concerned.partner_id.ids)
        domain &= Domain("company_id", "in", concerned.company_id.ids)
        moves = self.env["account.move"]
        everything = dict(moves.sudo()._read_group(domain, ["partner_id"], ["__count"]))
        readable = dict(moves.sudo(False)._read_group(domain, ["partner_id"], ["__count"]))
        seen = {partner.id: count for partner, count in readable.items()}
        partly = {partner.id for partner, count in everything.items() if seen.get(partner.id, 0) < count}
        return concerned.filtered(lambda move: move.partner_id.id in partly)

    @api.depends_context("uid")
    def _compute_payments_widget_reconciled_info(self):
        """What settled an invoice together with a confidential one is told as an amount only."""
        super()._compute_payments_widget_reconciled_info()
        if not self.env.user._is_kept_from_confidential(reading=True):
            return
        for move in self.filtered("invoice_payments_widget"):
            widget = move.invoice_payments_widget
            ids = [item["move_id"] for item in widget["content"]]
            hidden = set(self.browse(ids)._get_hidden().ids)
            if hidden:
                content = [
                    {**item, **self._get_anonymous_payment()} if item["move_id"] in hidden else item
                    for item in widget["content"]
                ]
                move.invoice_payments_widget = {**widget, "content": content}

    def _get_anonymous_payment(self):
        """Values that replace those of a hidden counterpart; the amount on this very invoice stays."""
        label = self.env._("Confidential")
        blank = dict.fromkeys(("move_id", "account_payment_id", "payment_method_name", "partial_id"), False)
        texts = dict.fromkeys(("journal_name", "amount_company_currency", "amount_foreign_currency"), "")
        return {**blank, **texts, "name": label, "ref": label}

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """Messages of a confidential invoice reach nobody inside the company who may not read it, follower or not."""
        recipients = super()._notify_get_recipients(message, msg_vals, **kwargs)
        if len(self) != 1 or not self.env["hr.department"]._has_confidential():
            return recipients
        if not self.sudo().department_id.is_within_confidential:
            return recipients
        allowed = self._get_confidential_readers()
        return [data for data in recipients if not data.get("uid") or data.get("ushare") or data["uid"] in allowed]

    def _get_confidential_readers(self):
        """Ids of the users inside the company who may read this confidential invoice."""
        move = self.sudo()
        auditors = self.env.ref("facturation_collab.group_auditor").sudo().all_user_ids
        return {*move.department_id.reader_ids.ids, *move.validation_participant_ids.ids, *auditors.ids}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.depends_context("uid")
    def _compute_cumulated_balance(self):
        """Sum up what the reader may read: natively the sum runs over every line of a domain that the client gives."""
        context = self.env.context
        user = self.env.user
        restricted = user._is_department_user() or user._is_kept_from_confidential(reading=True)
        if not restricted or not context.get("order_cumulated_balance"):
            return super()._compute_cumulated_balance()
        readable = self.sudo(False)._search(Domain.TRUE)
        domain = ("&", ("id", "in", readable), *self._get_cumulated_conditions())
        lines = self.with_context(domain_cumulated_balance=domain)
        super(AccountMoveLine, lines)._compute_cumulated_balance()
        for line, narrowed in zip(self, lines, strict=True):
            line.cumulated_balance = narrowed.cumulated_balance

    def _get_cumulated_conditions(self):
        """The client's domain as one operand of a domain in prefix notation; conditions without operator are AND-ed."""
        conditions = tuple(self.env.context.get("domain_cumulated_balance") or ((1, "=", 1),))
        operators = sum(item in ("&", "|") for item in conditions if isinstance(item, str))
        operands = sum(not isinstance(item, str) for item in conditions)
        return ("&",) * (operands - operators - 1) + conditions


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def _fetch_duplicate_reference(self, matching_states=("draft", "in_process")):
        """Tell of duplicates that the person may read; natively the form fails on the others."""
        duplicates = super()._fetch_duplicate_reference(matching_states)
        if not duplicates or not self.env.user._is_kept_from_confidential():
            return duplicates
        found = self.env["account.payment"].union(*duplicates.values()).sudo(False)
        readable = set(found._filtered_access("read")._ids)
        return {key: others.filtered(lambda other: other.id in readable) for key, others in duplicates.items()}
