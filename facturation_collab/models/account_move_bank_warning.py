from odoo import fields, models
from odoo.tools import SQL


class AccountMove(models.Model):
    """A vendor's bank account that is not the one that was paid last: what approvers are always shown.

    Changing the account on a bill, or its number, is the usual way of invoice fraud. Nothing of it is stored.
    """

    _inherit = "account.move"

    _validation_last_bill_idx = models.Index(
        "(commercial_partner_id, company_id) WHERE state = 'posted' "
        "AND move_type IN ('in_invoice', 'in_receipt', 'out_refund')"
    )

    def _get_bank_facts(self):
        """Return {move id: (kind of warning, its values)} of the invoices to be paid to an account that is new.

        Compared with the last paid bill of the same vendor in the same company, else with the last posted one. Two
        queries per batch at most.
        """
        moves = self.sudo().filtered(lambda move: move.partner_bank_id and move.is_outbound())
        last = moves._fetch_last_bills()
        earlier = self.sudo().browse(last.values())
        earlier.fetch(["partner_bank_id", "name", "invoice_date", "create_date"])
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
        values = {"account": bank.acc_number, "bill": last.name, "date": fields.Date.to_string(last.invoice_date)}
        if not last:
            return "first", values
        if last.partner_bank_id != bank:
            return (
                ("other", {**values, "last": last.partner_bank_id.acc_number})
                if last.partner_bank_id
                else (
                    "none",
                    values,
                )
            )
        if bank.number_changed_at and bank.number_changed_at >= last.create_date:
            return "changed", {**values, "changed": fields.Date.to_string(bank.number_changed_at)}
        return None

    def _describe_bank_fact(self, fact):
        """Return the sentence that warns of a bank account, in the reader's language."""
        if not fact:
            return ""
        kind, values = fact
        sentences = {
            "first": self.env._(
                "This is the first bill of this vendor, to be paid to %(account)s. Make sure the account is theirs."
            ),
            "other": self.env._(
                "The bank account %(account)s is not the one of the last bill (%(bill)s: %(last)s). Call the vendor "
                "at a number that you know before you approve."
            ),
            "none": self.env._(
                "The last bill (%(bill)s) named no bank account; this one is to be paid to %(account)s. Make sure that "
                "the account is the vendor's."
            ),
            "changed": self.env._(
                "The number of this bank account was changed on %(changed)s, after the last bill (%(bill)s): it is now "
                "%(account)s. Call the vendor at a number that you know before you approve."
            ),
        }
        return sentences[kind] % values

    def _get_bank_warnings(self):
        """Return {move id: sentence} of the invoices whose bank account approvers are warned of."""
        return {move_id: self._describe_bank_fact(fact) for move_id, fact in self._get_bank_facts().items()}
