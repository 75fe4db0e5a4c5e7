from odoo import api, fields, models
from odoo.exceptions import UserError

PAID_STATES = ("in_payment", "paid", "partial")


class AccountMove(models.Model):
    """Payments before approval: an invoice that its policy holds back is not paid, whatever the way.

    A way to pay ends in one of three: a payment linked to the invoice, a reconciliation of its journal items, or a
    payment state written by hand. Costs nothing for posted invoices and where no policy is in force.
    """

    _inherit = "account.move"

    # CRUD

    @api.model_create_multi
    def create(self, vals_list):
        moves = super().create(vals_list)
        if any(vals.get("matched_payment_ids") for vals in vals_list):
            moves.filtered("matched_payment_ids")._check_payment()
        return moves

    def write(self, vals):
        before = {move: move.matched_payment_ids for move in self.sudo()} if "matched_payment_ids" in vals else {}
        if vals.get("payment_state") in PAID_STATES:
            self._check_payment()
        res = super().write(vals)
        paid = [move.id for move, payments in before.items() if move.matched_payment_ids - payments]
        self.browse(paid)._check_payment()
        return res

    # Business

    def _get_unpayable(self):
        """Return {move id: (sentence, "refuse" or "record")} of those of these invoices that are not approved under an
        enforcing policy, and what their policy says of a payment.
        """
        drafts = self.filtered(lambda move: move.state == "draft")
        sentences = drafts._get_posting_refusals() if drafts else {}
        for move in self.sudo() - drafts.sudo():
            request = move.validation_request_id
            if request.mode == "enforce" and request._is_change_open():
                sentences[move.id] = self.env._("It was changed after posting, and the change is not validated.")
        if not sentences:
            return {}
        moves = self.browse(sentences)
        matches = self.env["account.validation.policy"]._match(moves)
        return {move.id: (sentences[move.id], move._get_early_payment(matches)) for move in moves}

    def _get_early_payment(self, matches):
        """Return what the policy that holds this invoice back says of a payment: a rejected one is never paid."""
        request = self.sudo().validation_request_id
        if request.state == "rejected":
            return "refuse"
        if request.mode == "enforce" and request.state in ("pending", "approved", "forced"):
            return request.early_payment or "refuse"
        return matches[self.id][0].early_payment if self.id in matches else "refuse"

    def _get_payment_refusals(self):
        """Return {move id: sentence} of those of these invoices that cannot be paid now, and what has to happen
        first.
        """
        return {
            move_id: sentence for move_id, (sentence, choice) in self._get_unpayable().items() if choice == "refuse"
        }

    def _check_payment(self):
        """Refuse or record a payment of these invoices.

        :raises UserError: when one of them is not approved and its policy refuses such payments
        """
        unpayable = self._get_unpayable()
        refusals = {move_id: text for move_id, (text, choice) in unpayable.items() if choice == "refuse"}
        if refusals:
            raise UserError(self._describe_payment_refusals(refusals))
        if unpayable:
            self.browse(unpayable).sudo()._record_early_payment()

    def _describe_payment_refusals(self, refusals):
        lines = self._get_named_lines({move: refusals[move.id] for move in self.browse(refusals)})
        return "\n".join([self.env._("This cannot be paid before it is approved:"), *lines])

    def _record_early_payment(self):
        """Keep in the history of these invoices that they are paid before their approval, once in a transaction."""
        start = fields.Datetime.to_datetime(self.env.cr.now()).replace(microsecond=0, tzinfo=None)
        events = self.validation_request_ids.event_ids
        recorded = events.filtered(lambda event: event.type == "paid_early" and event.date >= start)
        moves = self - recorded.request_id.move_id
        if not moves:
            return
        comment = self.env._("A payment was registered before the approval.")
        matches = self.env["account.validation.policy"]._match(moves)
        new = moves.filtered(lambda move: move.validation_request_id.mode != "enforce")
        requests = (moves - new).validation_request_id
        closed = self.env["account.validation.request"].sudo()
        for policy, covered in new.grouped(lambda move: matches[move.id][0]).items():
            plans = dict.fromkeys(covered.ids, [])
            criteria = matches[covered[0].id][1]
            closed |= policy.with_env(self.env).sudo()._start(covered, criteria, plans, None, "recorded")
        (requests | closed)._record_events("paid_early", comment)
        if closed:
            closed._close("cancelled")
        (requests | closed)._log(lambda request: comment)


class AccountPayment(models.Model):
    """Payments that name the invoices they pay, with or without journal entries."""

    _inherit = "account.payment"

    @api.model_create_multi
    def create(self, vals_list):
        payments = super().create(vals_list)
        if any(vals.get("invoice_ids") for vals in vals_list):
            payments.invoice_ids._check_payment()
        return payments

    def write(self, vals):
        res = super().write(vals)
        if vals.get("invoice_ids"):
            self.invoice_ids._check_payment()
        return res


class AccountPartialReconcile(models.Model):
    """Where every reconciliation ends: of payments, bank transactions, credit notes and entries."""

    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        lines = self.env["account.move.line"].browse(
            vals[name] for vals in vals_list for name in ("debit_move_id", "credit_move_id") if vals.get(name)
        )
        lines.move_id._check_payment()
        return super().create(vals_list)

    def write(self, vals):
        res = super().write(vals)
        if vals.get("debit_move_id") or vals.get("credit_move_id"):
            (self.debit_move_id | self.credit_move_id).move_id._check_payment()
        return res
