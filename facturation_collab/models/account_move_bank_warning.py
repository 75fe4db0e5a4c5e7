from odoo import fields, models
from odoo.tools import SQL


class AccountMove(models.Model):
    """A bank account to pay to that is not the one that was paid last: what approvers are always shown.

    Changing the account on a bill, or its number, is the usual way of invoice fraud; customers are refunded, too.
    Nothing of it is stored.
    """

    _inherit = "account.move"

    # Also counts the paid documents of a partner, for automatic approvals.
    _validation_last_bill_idx = models.Index(
        "(commercial_partner_id, company_id, move_type, invoice_date) WHERE state = 'posted'"
    )

    def _get_bank_facts(self):
        """Return {move id: (kind of warning, its values)} of the invoices to be paid to an account that is new.

        Compared with the last paid bill of the same vendor in the same company, else with the last posted one. Two
        queries per batch at most.
        """
        moves = self.sudo().filtered(lambda move: move.partner_bank_id and move.is_outbound())
        last = moves._fetch_last_bills()
        earlier = self.sudo().browse(last.values())
        earlier.fetch(["partner_bank_id", "name", "create_date"])
        facts = {}
        for move in moves:
            fact = move._get_bank_fact(earlier.browse(last.get(move._origin.id)))
            if fact:
                facts[move.id] = fact
        return facts

    def _fetch_last_bills(self):
        """Return {move id: id of the last paid bill, else the last posted one, of its vendor and company}."""
        if not self.ids:
            return {}
        self.flush_model(
            ["commercial_partner_id", "company_id", "move_type", "state", "payment_state", "invoice_date", "date"]
        )
        rows = self.env.execute_query(
            SQL(
                """SELECT move.id, last.id FROM account_move move JOIN LATERAL (
                       SELECT bill.id FROM account_move bill
                       WHERE bill.commercial_partner_id = move.commercial_partner_id
                         AND bill.company_id = move.company_id AND bill.id != move.id
                         AND bill.move_type IN ('in_invoice', 'in_receipt', 'out_refund') AND bill.state = 'posted'
                       ORDER BY bill.payment_state IN ('paid', 'in_payment') DESC,
                                COALESCE(bill.invoice_date, bill.date) DESC, bill.id DESC
                       LIMIT 1
                   ) last ON TRUE WHERE move.id IN %s""",
                tuple(self.ids),
            )
        )
        return dict(rows)

    def _get_bank_fact(self, last):
        """Return what is new about the bank account of this invoice beside an earlier one, or None."""
        bank = self.partner_bank_id
        values = {"account": bank.acc_number, "bill": last}
        if not last:
            return "first", values
        if not last.partner_bank_id:
            return "none", values
        if last.partner_bank_id != bank:
            return "other", values
        if bank.number_changed_at and bank.number_changed_at >= last.create_date:
            return "changed", {**values, "changed": fields.Date.to_string(bank.number_changed_at)}
        return None

    def _describe_bank_facts(self, facts, reader):
        """Return {move id: sentence} that warns of bank accounts, in this environment's language.

        The earlier bill is named to whoever may read it; the others learn that there is one, since the warning is due
        to every approver.

        :param facts: as `_get_bank_facts` returned them, also of other invoices
        :param reader: res.users who gets the sentences
        """
        moves = self.filtered(lambda move: move.id in facts)
        bills = self.browse().union(*(facts[move.id][1]["bill"] for move in moves))
        readable = bills.with_user(reader).sudo(False)._filtered_access("read")
        sentences = {False: self._get_bank_sentences(), True: self._get_refund_bank_sentences()}
        described = {}
        for move in moves:
            kind, values = facts[move.id]
            values = {**values, "earlier": move._describe_last_bill(values["bill"], readable)}
            described[move.id] = sentences[move.move_type == "out_refund"][kind] % values
        return described

    def _describe_last_bill(self, bill, readable):
        """Return how the sentences call the last bill of a vendor, or what a customer was refunded last."""
        if bill.id not in readable.ids:
            is_refund = self.move_type == "out_refund"
            return (
                self.env._("the last one of this customer") if is_refund else self.env._("the last one of this vendor")
            )
        number = bill.partner_bank_id.acc_number
        return self.env._("the last one (%s)", f"{bill.name}: {number}" if number else bill.name)

    def _get_bank_sentences(self):
        """Return {kind of warning: sentence} for bills of vendors."""
        return {
            "first": self.env._(
                "This is the first bill of this vendor, to be paid to %(account)s. Make sure the account is theirs."
            ),
            "other": self.env._(
                "The bank account %(account)s of this bill is not that of %(earlier)s. Call the vendor at a number "
                "that you know before you approve."
            ),
            "none": self.env._(
                "This bill is to be paid to %(account)s, and %(earlier)s named no bank account. Make sure that the "
                "account is the vendor's."
            ),
            "changed": self.env._(
                "The number of the bank account of this bill was changed on %(changed)s, after %(earlier)s: it is now "
                "%(account)s. Call the vendor at a number that you know before you approve."
            ),
        }

    def _get_refund_bank_sentences(self):
        """Return {kind of warning: sentence} for refunds to customers."""
        return {
            "first": self.env._(
                "This is the first refund to this customer, to be paid to %(account)s. Make sure the account is theirs."
            ),
            "other": self.env._(
                "The bank account %(account)s of this refund is not that of %(earlier)s. Call the customer at a number "
                "that you know before you approve."
            ),
            "none": self.env._(
                "This refund is to be paid to %(account)s, and %(earlier)s named no bank account. Make sure that the "
                "account is the customer's."
            ),
            "changed": self.env._(
                "The number of the bank account of this refund was changed on %(changed)s, after %(earlier)s: it is "
                "now %(account)s. Call the customer at a number that you know before you approve."
            ),
        }

    def _get_bank_warnings(self):
        """Return {move id: sentence} of the invoices whose bank account the present user is warned of."""
        return self._describe_bank_facts(self._get_bank_facts(), self.env.user)
