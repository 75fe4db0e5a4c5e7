from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .validation_common import ValidationCase


@tagged("post_install", "-at_install")
class TestBankAccountWarning(ValidationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bank = cls._create_bank("FR76 0001")
        cls.other_bank = cls._create_bank("FR76 0002")

    @classmethod
    def _create_bank(cls, number, partner=None):
        vals = {"acc_number": number, "partner_id": (partner or cls.partner_a).id}
        return cls.env["res.partner.bank"].sudo().create(vals)

    def _bill(self, bank=None, **vals):
        vals["partner_bank_id"] = (bank or self.bank).id
        return self._create_bill(**vals).sudo()

    def _posted(self, bank=None, day="2025-12-01", paid=False, age=30, **vals):
        """A bill of another department, posted without a policy, and entered some days ago."""
        bill = self._bill(bank, user=self.outsider, department=self.logistics, invoice_date=day, **vals)
        bill.action_post()
        if paid:
            wizards = self.env["account.payment.register"].sudo()
            wizard = wizards.with_context(active_model="account.move", active_ids=bill.ids).create({})
            wizard.action_create_payments()
            self.assertIn(bill.payment_state, ("paid", "in_payment"))
        self.env.flush_all()
        created = fields.Datetime.now() - timedelta(days=age)
        self.env.cr.execute("UPDATE account_move SET create_date = %s WHERE id = %s", [created, bill.id])
        self.env.invalidate_all()
        return bill

    def _kind(self, bill):
        return bill._get_bank_facts().get(bill.id, (None,))[0]

    def test_the_account_of_the_last_bill_is_no_news(self):
        self._posted(paid=True)
        self.assertIsNone(self._kind(self._bill()))

    def test_another_account(self):
        self._posted(paid=True)
        bill = self._bill(self.other_bank)
        self.assertEqual(self._kind(bill), "other")
        warning = bill.with_user(self.finance)._get_bank_warnings()[bill.id]
        self.assertIn("FR76 0002", warning)
        self.assertIn("FR76 0001", warning)

    def test_the_last_paid_bill_counts_before_the_last_posted(self):
        self._posted(paid=True)
        self._posted(self.other_bank, day="2025-12-31")
        self.assertIsNone(self._kind(self._bill()))
        self.assertEqual(self._kind(self._bill(self.other_bank)), "other")

    def test_without_a_paid_bill_the_last_posted_counts(self):
        self._posted(self.other_bank)
        self._posted(day="2025-12-31")
        self.assertIsNone(self._kind(self._bill()))

    def test_the_first_bill_of_a_vendor(self):
        self.assertEqual(self._kind(self._bill()), "first")

    def test_a_last_bill_without_an_account(self):
        bill = self._posted(paid=True)
        self.policy.mode = "off"
        bill.partner_bank_id = False
        self.assertEqual(self._kind(self._bill()), "none")

    def test_no_account_and_customer_invoices_need_no_warning(self):
        bill = self._bill()
        bill.partner_bank_id = False
        self.assertIsNone(self._kind(bill))
        self.assertIsNone(self._kind(self._bill(move_type="out_invoice")))

    def test_a_changed_number_of_the_same_account(self):
        self._posted(paid=True)
        self.bank.acc_number = "FR76 9"
        bill = self._bill()
        self.assertEqual(self._kind(bill), "changed")
        self.assertIn("FR76 9", bill._get_bank_warnings()[bill.id])

    def test_a_number_written_in_another_way_is_no_change(self):
        self._posted(paid=True)
        self.bank.acc_number = "fr76-0001"
        self.assertIsNone(self._kind(self._bill()))

    def test_a_number_changed_before_the_last_bill_is_no_news(self):
        self._posted(paid=True, age=60)
        self.bank.acc_number = "FR76 9"
        self._posted(day="2026-01-02", paid=True, age=-1)
        self.assertIsNone(self._kind(self._bill()))

    def test_bills_of_other_companies_and_vendors_do_not_count(self):
        self._posted(self._create_bank("BE1", self.partner_b), partner_id=self.partner_b.id, paid=True)
        self.assertEqual(self._kind(self._bill()), "first")

    def test_a_refund_to_a_customer_is_called_so(self):
        refund = self._bill(move_type="out_refund")
        warning = refund.with_user(self.finance)._get_bank_warnings()[refund.id]
        self.assertIn("first refund to this customer, to be paid to FR76 0001", warning)
        french = refund.with_user(self.finance).with_context(lang="fr_FR")._get_bank_warnings()[refund.id]
        self.assertIn("premier remboursement à ce client, à payer sur FR76 0001", french)
        self._posted(paid=True, move_type="out_refund")
        self.bank.acc_number = "FR76 9"
        other, changed = self._bill(self.other_bank, move_type="out_refund"), self._bill(move_type="out_refund")
        warnings = (other | changed).with_user(self.manager)._get_bank_warnings()
        self.assertIn("of this refund is not that of the last one of this customer", warnings[other.id])
        self.assertIn("of the bank account of this refund was changed", warnings[changed.id])
        for warning in warnings.values():
            self.assertNotRegex(warning, "bill|vendor")

    def test_the_next_approver_is_shown_it(self):
        self._posted(paid=True)
        bill = self._bill(self.other_bank)
        self.assertIn("FR76 0002", bill.with_user(self.contributor).validation_panel["bank_warning"])
        self._submit(bill)
        for user in (self.manager, self.controller):
            self.env.invalidate_all()
            self.assertIn("FR76 0002", bill.with_user(user).validation_panel["bank_warning"])
            messages = (
                self.env["mail.message"]
                .sudo()
                .search([("partner_ids", "in", user.partner_id.ids), ("subject", "like", "validation")])
            )
            self.assertIn("FR76 0002", messages[:1].body)
            self._approve(bill, user)
        self.assertFalse(bill.validation_panel["bank_warning"])

    def test_the_last_bill_is_named_to_whoever_may_read_it(self):
        last = self._posted(paid=True)
        bill = self._bill(self.other_bank)
        self.assertIn(f"{last.name}: FR76 0001", bill.with_user(self.finance)._get_bank_warnings()[bill.id])
        self._submit(bill)
        warning = bill.with_user(self.manager).validation_panel["bank_warning"]
        message = self.env["mail.message"].sudo().search([("partner_ids", "in", self.manager.partner_id.ids)], limit=1)
        for text in (warning, message.body):
            self.assertIn("is not that of the last one of this vendor", text)
            self.assertNotIn(last.name, text)
            self.assertNotIn("FR76 0001", text)

    def test_no_warning_in_messages_about_a_known_account(self):
        self._posted(paid=True)
        bill = self._bill()
        self._submit(bill)
        self.assertIsNone(bill.with_user(self.manager).validation_panel["bank_warning"])
        messages = self.env["mail.message"].sudo().search([("partner_ids", "in", self.manager.partner_id.ids)])
        self.assertTrue(messages)
        self.assertNotIn("FR76", "".join(messages.mapped("body")))

    def test_a_batch_takes_as_many_queries_as_one_invoice(self):
        self._posted(paid=True)
        bills = self.env["account.move"].sudo().union(*(self._bill(self.other_bank) for _index in range(6)))
        counts = []
        for batch in (bills[:1], bills):
            self.env.flush_all()
            self.env.invalidate_all()
            batch.fetch(["ref"])
            batch.partner_bank_id.fetch(["acc_number"])
            before = self.cr.sql_log_count
            self.assertEqual(len(batch._get_bank_facts()), len(batch))
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
        self.assertLessEqual(counts[1], 3)
