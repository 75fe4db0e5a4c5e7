from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2 import ProgrammingError

from odoo import SUPERUSER_ID, Command, api, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ..models.account_validation_record import ENGINE_KEY
from .validation_common import ValidationCase, day

CONTEXTS = (
    {},
    {"skip_readonly_check": True},
    {"skip_is_manually_modified": True, "skip_account_move_synchronization": True},
    {"tracking_disable": True, "mail_notrack": True},
    {"check_move_validity": False, "skip_invoice_sync": True, "dynamic_unlink": True, "force_delete": True},
    {"bypass_lock_check": True, "validate_analytic": False},
    {"active_test": False, "lang": "xx_XX", "allowed_company_ids": []},
    {"skip_validation_check": True, "install_mode": True, "import_file": True, "from_cron": True},
    {ENGINE_KEY: True, "facturation_collab_gate": "open"},
)
"""Contexts that a client could send: none of them opens the gate."""


class GateCase(ValidationCase):
    def assertBlocked(self, bill, function, *args, **kwargs):
        """The call does not post the bill: it says why, leaves the bill out, or natively fails on unsaved records."""
        with suppress(UserError, AccessError, ValidationError, ValueError, ProgrammingError), self.env.cr.savepoint():
            function(*args, **kwargs)
            self.env.flush_all()
            self.assertNotIn("posted", set(bill.sudo().mapped("state")))
        self.env.invalidate_all()
        self.assertNotIn("posted", set(bill.sudo().mapped("state")))

    def assertPosts(self, bill, pattern=None):
        bill.with_user(self.finance).action_post()
        self.assertEqual(bill.state, "posted")


@tagged("post_install", "-at_install")
class TestGateWaysToPost(GateCase):
    """Every way to `posted`, on bills that were never submitted, are pending, returned, cancelled or rejected."""

    def _unapproved(self):
        bills = [self._create_bill() for _count in range(5)]
        for bill in bills[1:]:
            self._submit(bill)
        bills[2].with_user(self.manager).action_return("no")
        bills[3].with_user(self.contributor).action_cancel_validation()
        bills[4].with_user(self.manager).action_reject("no")
        return [bill.sudo() for bill in bills]

    def _direct_ways(self, move):
        yield move.action_post
        yield move._post
        yield move._post, False
        yield move.write, {"state": "posted"}
        yield move.write, {"state": "posted", "name": "BILL/2026/99999", "posted_before": True}

    def _ways(self, bill):
        finance = bill.with_user(self.finance)
        superuser = api.Environment(self.env.cr, SUPERUSER_ID, {})[bill._name].browse(bill.id)
        for form in (finance, finance.sudo(), superuser):
            yield from self._direct_ways(form)
        yield finance.web_save, {"state": "posted"}, {"state": {}}
        yield finance.load, [".id", "state"], [[str(bill.id), "posted"]]
        yield finance.load, [".id", "state"], [[str(bill.id), "Posted"]]
        yield finance.action_validate_moves_with_confirmation
        yield self._wizard, finance
        yield self._server_action, bill
        yield finance.onchange, {"state": "posted"}, ["state"], {"state": {}, "name": {}}
        yield setattr, finance, "state", "posted"
        yield finance.partner_id.sudo().write, {"invoice_ids": [Command.update(bill.id, {"state": "posted"})]}
        yield finance.line_ids.write, {"parent_state": "posted"}
        yield finance.line_ids.move_id.write, {"state": "posted"}

    def _wizard(self, bill):
        wizard = self.env["validate.account.move"].with_user(self.finance)
        wizard.create({"move_ids": [Command.set(bill.ids)], "force_post": True}).validate_move()

    def _server_action(self, bill):
        action = (
            self.env["ir.actions.server"]
            .sudo()
            .create(
                {
                    "name": "Post",
                    "model_id": self.env["ir.model"]._get("account.move").id,
                    "state": "code",
                    "code": "records.write({'state': 'posted'})\nrecords.sudo().action_post()",
                }
            )
        )
        action.with_context(active_model="account.move", active_ids=bill.ids, active_id=bill.id).run()

    def assertAllBlocked(self, bill, ways):
        for way in ways:
            function, *args = way if isinstance(way, tuple) else (way,)
            with self.subTest(state=bill.validation_state, way=getattr(function, "__name__", function), args=args):
                self.assertBlocked(bill, function, *args)

    def test_every_way_is_closed(self):
        for bill in self._unapproved():
            self.assertAllBlocked(bill, self._ways(bill))

    def test_no_context_of_a_client_opens_a_way(self):
        bill = self._create_bill().with_user(self.finance)
        for context in CONTEXTS:
            self.assertAllBlocked(bill, self._direct_ways(bill.with_context(**context)))

    def test_the_ways_are_open_to_approved_bills(self):
        """Otherwise the tests above would prove nothing."""
        for index in range(5):
            bill = self._create_approved()
            way = list(self._direct_ways(bill.with_user(self.finance)))[index]
            function, *args = way if isinstance(way, tuple) else (way,)
            function(*args)
            self.assertEqual(bill.state, "posted", way)

    def test_creation_in_the_state_posted(self):
        moves = self.env["account.move"]
        vals = self._get_move_vals(department_id=self.marketing.id)
        for context in (*CONTEXTS, {"default_state": "posted"}):
            for user in (self.finance, self.env.ref("base.user_root")):
                for extra in ({}, {"state": "posted"}):
                    before = moves.sudo().search_count([("state", "=", "posted")])
                    with suppress(UserError, AccessError, ValueError), self.env.cr.savepoint():
                        moves.with_user(user).with_context(**context).create({**vals, **extra})
                    self.env.invalidate_all()
                    self.assertEqual(moves.sudo().search_count([("state", "=", "posted")]), before)

    def test_people_without_the_right_to_post(self):
        bill = self._create_approved()
        for user in (self.contributor, self.manager, self.reader, self.auditor, self.administrator, self.outsider):
            move = bill.with_user(user)
            for function, *args in ((move.action_post,), (move._post,), (move.write, {"state": "posted"})):
                self.assertRefused((AccessError, UserError), "", function, *args)
        self.assertEqual(bill.state, "draft")

    def test_from_the_state_cancel(self):
        bill = self._create_bill().sudo()
        bill.button_cancel()
        self.assertBlocked(bill, bill.write, {"state": "posted"})

    def test_reset_to_draft_does_not_forget(self):
        bill = self._create_bill().sudo()
        self._submit(bill)
        bill.with_user(self.manager).action_reject("no")
        bill.button_cancel()
        bill.button_draft()
        self.assertBlocked(bill, bill.action_post)
        self.assertRefused(UserError, "rejected", bill.with_user(self.finance).action_submit)

    def test_the_kind_of_document_is_no_way_around(self):
        bill = self._create_bill().sudo()
        self.assertBlocked(bill, bill.write, {"move_type": "entry", "state": "posted"})
        for kind in ("entry", "out_invoice"):
            with suppress(UserError, ValidationError), self.env.cr.savepoint():
                bill.write({"move_type": kind})
                bill.write({"state": "posted"})
                bill.write({"move_type": "in_invoice"})
                self.assertNotEqual((bill.state, bill.move_type), ("posted", "in_invoice"))
            self.env.invalidate_all()

    def test_values_that_come_with_the_state(self):
        """The content is read before the other values of the same write: what they make of it counts too."""
        bill = self._create_approved()
        line = bill.invoice_line_ids
        for vals in (
            {"invoice_line_ids": [Command.update(line.id, {"price_unit": 9})]},
            {"invoice_line_ids": [Command.create({"name": "More", "price_unit": 9, "tax_ids": False})]},
            {"line_ids": [Command.update(line.id, {"price_unit": 9})]},
            {"partner_id": self.partner_b.id},
            {"ref": "other"},
            {"department_id": self.logistics.id},
            {"invoice_date": "2025-01-01"},
            {"date": "2025-01-01"},
            {"invoice_date_due": "2030-01-01"},
            {"currency_id": self.env.ref("base.CHF").id},
            {"payment_reference": "other"},
            {"move_type": "entry"},
            {"journal_id": self.company_data["default_journal_purchase"].sudo().copy().id},
        ):
            with self.subTest(vals=vals):
                self.assertBlocked(bill, bill.with_context(skip_readonly_check=True).write, {"state": "posted", **vals})

    def test_values_that_come_with_the_state_and_change_nothing(self):
        """A total to compare with, a rounding that is not applied: posted or not, the content is the approved one."""
        rounding = (
            self.env["account.cash.rounding"]
            .sudo()
            .create(
                {
                    "name": "R",
                    "rounding": 300,
                    "strategy": "add_invoice_line",
                    "profit_account_id": self.company_data["default_account_revenue"].id,
                    "loss_account_id": self.company_data["default_account_expense"].id,
                }
            )
        )
        for vals in ({"quick_edit_total_amount": 12345}, {"invoice_cash_rounding_id": rounding.id}):
            bill = self._create_approved()
            try:
                with self.env.cr.savepoint():
                    bill.write({"state": "posted", **vals})
            except UserError:
                self.env.invalidate_all()
            self.assertEqual(bill.amount_total, 1000)
            self.assertFalse(bill.state == "posted" and not bill._is_content(bill.validation_request_id))

    def test_an_uncovered_bill_that_becomes_covered_in_the_same_write(self):
        bill = self._create_move(department=self.logistics)
        vals = {"state": "posted", "department_id": self.marketing.id}
        self.assertRefused(UserError, "must be validated", bill.write, vals)

    # ---- several at once, and by itself

    def test_a_batch_posts_the_others_and_reports_each(self):
        approved, blocked = self._create_approved(), self._create_bill(ref="BLOCKED").sudo()
        free = self._create_move(department=self.logistics)
        bills = (approved | blocked | free).with_user(self.finance)
        action = bills.action_validate_moves_with_confirmation()
        self.assertEqual((bills).mapped("state"), ["posted", "draft", "posted"])
        self.assertIn("BLOCKED", action["params"]["message"])
        self.assertIn("must be validated", action["params"]["message"])

    def test_a_batch_of_blocked_bills_says_so(self):
        bills = (self._create_bill() | self._create_bill()).with_user(self.finance)
        self.assertRefused(UserError, "must be validated", bills.action_validate_moves_with_confirmation)

    def test_the_wizard_posts_the_others(self):
        approved, blocked = self._create_approved(), self._create_bill(ref="BLOCKED").sudo()
        wizard = self.env["validate.account.move"].with_user(self.finance)
        action = wizard.create(
            {"move_ids": [Command.set((approved | blocked).ids)], "force_post": True}
        ).validate_move()
        self.assertEqual((approved | blocked).mapped("state"), ["posted", "draft"])
        self.assertIn("BLOCKED", action["params"]["message"])

    def test_soft_posting_leaves_unapproved_bills_out(self):
        approved, blocked = self._create_approved(), self._create_bill().sudo()
        posted = (approved | blocked).with_user(self.finance)._post(soft=True)
        self.assertEqual(posted, approved)
        self.assertEqual((approved | blocked).mapped("state"), ["posted", "draft"])
        self.assertRefused(UserError, "must be validated", blocked.with_user(self.finance)._post, soft=False)

    def test_the_cron_posts_what_may_be_posted_however_many_are_blocked(self):
        blocked = (
            self.env["account.move"]
            .sudo()
            .create([self._get_move_vals(department_id=self.marketing.id) for _n in range(12)])
        )
        approved, free = self._create_approved(), self._create_move(department=self.logistics)
        messages = len(blocked.message_ids)
        (blocked | approved | free).write({"auto_post": "at_date"})
        # The cron commits its progress, which a test cannot.
        with patch.object(self.env.registry["ir.cron"], "_commit_progress"):
            for _run in range(2):
                self.env["account.move"].sudo()._autopost_draft_entries(batch_size=5)
        self.assertEqual(set(blocked.mapped("state")), {"draft"})
        self.assertEqual((approved | free).mapped("state"), ["posted", "posted"])
        self.assertEqual(len(blocked.message_ids), messages)

    def test_reversal_with_cancellation(self):
        self.policy.apply_in_refund = True
        bill = self._create_approved()
        bill.action_post()
        wizards = (
            self.env["account.move.reversal"].sudo().with_context(active_model="account.move", active_ids=bill.ids)
        )
        vals = {"journal_id": bill.journal_id.id, "date": "2026-02-01"}
        for name, kwargs in (("reverse_moves", {"is_modify": True}), ("modify_moves", {})):
            with self.subTest(name):
                self.assertRefused(UserError, "must be validated", getattr(wizards.create(vals), name), **kwargs)
        self.assertRefused(UserError, "must be validated", bill._reverse_moves, cancel=True)

    def test_automatic_posting_after_an_upload(self):
        self.partner_a.sudo().autopost_bills = "always"
        bill = self._create_bill().sudo()
        bill._autopost_bill()
        self.assertEqual(bill.state, "draft")
        approved = self._create_approved()
        approved.with_context(disable_abnormal_invoice_detection=True)._autopost_bill()

    def test_recurring_bills_are_validated_each(self):
        bill = self._create_approved()
        bill.write({"auto_post": "monthly", "auto_post_until": "2026-12-31"})
        bill._post(soft=False)
        following = (
            self.env["account.move"].sudo().search([("auto_post_origin_id", "=", bill.id), ("id", "!=", bill.id)])
        )
        self.assertEqual(following.mapped("validation_state"), [False])
        self.assertBlocked(following, following._post)

    # ---- what finance sees

    def test_the_button_hides_with_the_gate(self):
        bill = self._create_bill().sudo()
        self.assertTrue(bill.hide_post_button)
        self.assertIn("must be validated", bill.validation_blocked_reason)
        self._submit(bill)
        self.assertTrue(bill.hide_post_button)
        self._approve(bill, self.manager, self.controller)
        self.env.invalidate_all()
        self.assertFalse(bill.hide_post_button)
        self.assertFalse(bill.validation_blocked_reason)
        bill.invoice_line_ids.price_unit = 3
        self.env.invalidate_all()
        self.assertTrue(bill.hide_post_button)

    def test_refusals_say_what_to_do(self):
        bills = self._unapproved()
        for bill, text in zip(
            bills, ("submit it", "waits for Manager", "submit it", "submit it", "was rejected"), strict=True
        ):
            self.assertRefused(UserError, text, bill.with_user(self.finance).action_post)


@tagged("post_install", "-at_install")
class TestGateContent(GateCase):
    """What was approved is what is posted."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bank = (
            cls.env["res.partner.bank"].sudo().create({"acc_number": "FR7612345678901", "partner_id": cls.partner_a.id})
        )
        cls.other_bank = (
            cls.env["res.partner.bank"].sudo().create({"acc_number": "FR7699999999999", "partner_id": cls.partner_a.id})
        )
        plan = cls.env["account.analytic.plan"].sudo().create({"name": "Plan"})
        cls.analytic = (
            cls.env["account.analytic.account"]
            .sudo()
            .create({"name": "A", "plan_id": plan.id, "company_id": cls.company.id})
        )
        cls.vals = {
            "partner_bank_id": cls.bank.id,
            "ref": "R",
            "payment_reference": "P",
            "invoice_line_ids": [
                Command.create({"name": "Section", "display_type": "line_section"}),
                Command.create(
                    {
                        "name": "Line",
                        "price_unit": 1000,
                        "product_id": cls.product_a.id,
                        "tax_ids": [Command.set(cls.tax_purchase_a.ids)],
                    }
                ),
                Command.create({"name": "Note", "display_type": "line_note"}),
            ],
        }

    def test_unchanged_it_is_posted(self):
        self.assertPosts(self._create_approved(**self.vals))

    def test_content_is_compared_before_and_after_posting_and_no_more_often(self):
        bills = self.env["account.move"].union(*(self._create_approved(ref=f"R{index}") for index in range(5)))
        Move = self.registry["account.move"]
        with patch.object(Move, "_get_snapshot", autospec=True, side_effect=Move._get_snapshot) as snapshot:
            bills.with_user(self.finance).action_post()
        self.assertEqual(set(bills.mapped("state")), {"posted"})
        self.assertEqual(snapshot.call_count, 2 * len(bills))

    def test_a_change_while_it_is_being_posted(self):
        """What another addon changes after posting has asked, and before it writes, is seen after it wrote."""
        bill = self._create_approved(**self.vals)
        Move = self.registry["account.move"]
        native = Move._get_observed

        def change(moves):
            moves.sudo().invoice_line_ids.filtered("product_id").price_unit = 1200
            return native(moves)

        for soft in (True, False):
            with patch.object(Move, "_get_observed", change):
                self.assertBlocked(bill, bill.with_user(self.finance)._post, soft)
        self.assertPosts(bill)

    def test_unchanged_after_reading_printing_and_talking(self):
        bill = self._create_approved(**self.vals)
        bill.with_user(self.finance).message_post(body="hello")
        bill.with_user(self.finance).web_read({"invoice_line_ids": {"fields": {"name": {}}}})
        with Form(bill.with_user(self.finance)):
            pass
        self.assertPosts(bill)

    def test_any_change_after_approval_closes_the_gate(self):
        bill = self._create_approved(**self.vals)
        section, line, note = bill.invoice_line_ids.sorted("sequence")
        accounts = (
            self.env["account.account"]
            .sudo()
            .search([("account_type", "=", "expense"), ("id", "!=", line.account_id.id)], limit=1)
        )
        term = bill.line_ids.filtered(lambda item: item.display_type == "payment_term")
        tax = bill.line_ids.filtered(lambda item: item.display_type == "tax")
        payable = self.company_data["default_account_payable"].sudo().copy()
        vals = {"name": "More", "price_unit": 0.01, "tax_ids": False, "account_id": line.account_id.id}
        changes = {
            "line written": lambda: line.write({"price_unit": 99999}),
            "line created": lambda: bill.write({"invoice_line_ids": [Command.create(vals)]}),
            "line created by itself": lambda: line.create({**vals, "move_id": bill.id}),
            "free line created": lambda: bill.write({"invoice_line_ids": [Command.create({**vals, "price_unit": 0})]}),
            "line deleted": line.unlink,
            "section deleted": section.unlink,
            "quantity for price": lambda: line.write({"price_unit": 500, "quantity": 2}),
            "label": lambda: line.write({"name": "Other"}),
            "section": lambda: section.write({"name": "Other"}),
            "note": lambda: note.write({"name": "Other"}),
            "order": lambda: note.write({"sequence": -1}),
            "account": lambda: line.write({"account_id": accounts.id}),
            "tax": lambda: line.write({"tax_ids": [Command.set(self.tax_purchase_b.ids)]}),
            "no tax": lambda: line.write({"tax_ids": [Command.clear()]}),
            "discount": lambda: line.write({"discount": 1}),
            "product": lambda: line.write({"product_id": self.product_b.id}),
            "analytic": lambda: line.write({"analytic_distribution": {str(self.analytic.id): 100}}),
            "department of a line": lambda: line.write({"department_id": self.logistics.id}),
            "department": lambda: bill.write({"department_id": self.logistics.id}),
            "partner": lambda: bill.write({"partner_id": self.partner_b.id}),
            "bank account": lambda: bill.write({"partner_bank_id": self.other_bank.id}),
            "no bank account": lambda: bill.write({"partner_bank_id": False}),
            "number of the bank account": lambda: self.bank.write({"acc_number": "FR7600000000000"}),
            "due date": lambda: bill.write({"invoice_payment_term_id": False, "invoice_date_due": "2030-01-01"}),
            "terms": lambda: bill.write({"invoice_payment_term_id": self.pay_terms_b.id}),
            "invoice date": lambda: bill.write({"invoice_date": "2026-01-14"}),
            "accounting date": lambda: bill.write({"date": "2026-01-14"}),
            "reference": lambda: bill.write({"ref": "Other"}),
            "payment reference": lambda: bill.write({"payment_reference": "Other"}),
            "currency": lambda: bill.write({"currency_id": self.setup_other_currency("EUR").id}),
            "journal": lambda: bill.write({"journal_id": bill.journal_id.copy().id}),
            "kind": lambda: bill.write({"move_type": "in_refund"}),
            "payable account": lambda: term.write({"account_id": payable.id}),
            "tax item": lambda: tax.write({"amount_currency": tax.amount_currency + 5}),
        }
        for name, change in changes.items():
            with self.subTest(change=name):
                savepoint = self.env.cr.savepoint()
                try:
                    change()
                    self.env.flush_all()
                except (UserError, ValidationError):
                    changed = False
                else:
                    changed = True
                if changed:
                    self.assertTrue(bill.validation_content_changed)
                    self.assertBlocked(bill, bill.action_post)
                    self.assertBlocked(bill, bill.write, {"state": "posted"})
                savepoint.close(rollback=True)
                self.env.invalidate_all()
                self.assertTrue(changed or name in ("journal", "kind", "line created by itself"), "nothing was tried")
        self.assertPosts(bill)

    def test_a_change_that_is_undone_is_none(self):
        bill = self._create_approved(**self.vals)
        bill.ref = "Other"
        bill.ref = "R"
        self.assertPosts(bill)

    def test_journal_items_written_behind_the_invoice(self):
        bill = self._create_approved(**self.vals)
        expense = bill.line_ids.filtered(lambda item: item.display_type == "product")
        term = bill.line_ids.filtered(lambda item: item.display_type == "payment_term")
        context = {"check_move_validity": False, "skip_invoice_sync": True}
        (expense | term).with_context(**context).write({"partner_id": self.partner_b.id})
        savepoint = self.env.cr.savepoint()
        expense.with_context(**context).write(
            {"balance": expense.balance + 10, "amount_currency": expense.amount_currency + 10}
        )
        term.with_context(**context).write({"balance": term.balance - 10, "amount_currency": term.amount_currency - 10})
        self.assertBlocked(bill, bill.action_post)
        savepoint.close(rollback=True)

    def test_splitting_the_payment_term_is_a_change(self):
        bill = self._create_approved(**self.vals)
        term = bill.line_ids.filtered(lambda item: item.display_type == "payment_term")
        context = {"check_move_validity": False, "skip_invoice_sync": True}
        term.with_context(**context).write({"date_maturity": "2031-01-01"})
        self.env.flush_all()
        self.assertBlocked(bill, bill.action_post)

    def test_posted_reset_to_draft_and_changed(self):
        bill = self._create_approved(**self.vals)
        self.assertPosts(bill)
        bill.button_draft()
        bill.invoice_line_ids[1].price_unit = 5
        self.assertBlocked(bill, bill.action_post)
        self.assertRefused(UserError, "changed after it was approved", bill.action_post)

    def test_posted_reset_to_draft_and_posted_again(self):
        bill = self._create_approved(**self.vals)
        self.assertPosts(bill)
        bill.button_draft()
        self.assertPosts(bill)

    def test_rate_of_a_foreign_currency(self):
        currency = self.setup_other_currency("EUR", rates=[("2025-01-01", 2.0)])
        bill = self._create_approved(currency_id=currency.id)
        bill.invoice_currency_rate = 4.0
        self.assertBlocked(bill, bill.action_post)
        bill.invoice_currency_rate = 2.0
        self.assertPosts(bill)

    # ---- what posting itself changes

    def _sale(self, **vals):
        """An approved customer invoice without a date, entered at the frozen moment."""
        self.policy.apply_out_invoice = True
        bill = self._create_bill(move_type="out_invoice", invoice_date=False, **vals).sudo()
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_move SET create_date = %s WHERE id = %s", [fields.Datetime.now(), bill.id])
        self.env.invalidate_all()
        self._submit(bill)
        self._approve(bill, self.manager, self.controller)
        return bill

    def test_an_undated_customer_invoice_is_posted_on_another_day(self):
        for terms in (False, self.pay_terms_a.id, self.pay_terms_b.id):
            with freeze_time("2026-03-02 09:00:00"):
                bill = self._sale(invoice_payment_term_id=terms)
            with freeze_time("2026-03-05 09:00:00"):
                self.env.invalidate_all()
                self.assertPosts(bill)
                self.assertEqual(bill.invoice_date, day("2026-03-05"))

    def test_an_undated_foreign_invoice_takes_the_rate_of_the_day(self):
        currency = self.setup_other_currency("EUR", rates=[("2026-01-01", 2.0), ("2026-03-04", 3.0)])
        with freeze_time("2026-03-02 09:00:00"):
            bill = self._sale(currency_id=currency.id)
        with freeze_time("2026-03-05 09:00:00"):
            self.env.invalidate_all()
            self.assertPosts(bill)
            self.assertEqual(bill.invoice_currency_rate, 3.0)

    def test_a_rate_that_somebody_entered_is_approved_and_kept(self):
        currency = self.setup_other_currency("EUR", rates=[("2026-01-01", 2.0), ("2026-03-04", 3.0)])
        with freeze_time("2026-03-02 09:00:00"):
            bill = self._sale(currency_id=currency.id, invoice_currency_rate=7.0)
        with freeze_time("2026-03-05 09:00:00"):
            self.env.invalidate_all()
            self.assertPosts(bill)
            self.assertEqual(bill.invoice_currency_rate, 7.0)

    def test_an_undated_invoice_is_not_posted_with_another_date_due_date_or_rate(self):
        currency = self.setup_other_currency("EUR", rates=[("2026-01-01", 2.0)])
        with freeze_time("2026-03-02 09:00:00"):
            bill = self._sale(currency_id=currency.id, invoice_payment_term_id=self.pay_terms_b.id)
            for vals in (
                {"invoice_date": "2026-02-20"},
                {"invoice_date": "2026-03-20"},
                {"invoice_date": "2026-03-02", "date": "2026-02-02"},
                {"invoice_date": "2026-03-02", "invoice_date_due": "2031-01-01"},
                {"invoice_date": "2026-03-02", "invoice_currency_rate": 9.0},
                {"invoice_currency_rate": 9.0},
                {"invoice_date_due": "2031-01-01", "invoice_payment_term_id": False},
            ):
                with self.subTest(vals=vals):
                    savepoint = self.env.cr.savepoint()
                    bill.write(vals)
                    self.env.flush_all()
                    self.assertBlocked(bill, bill._post, soft=False)
                    savepoint.close(rollback=True)
                    self.env.invalidate_all()
            self.assertPosts(bill)

    def test_a_lock_date_moves_the_accounting_date_and_nothing_else(self):
        with freeze_time("2026-03-05 09:00:00"):
            bill = self._create_approved(invoice_date="2026-01-15")
            self.company.sudo().fiscalyear_lock_date = "2026-01-31"
            savepoint = self.env.cr.savepoint()
            bill.date = "2026-09-01"
            self.assertBlocked(bill, bill._post, soft=False)
            savepoint.close(rollback=True)
            self.env.invalidate_all()
            self.assertPosts(bill)
            self.assertTrue(day("2026-02-01") <= bill.date <= day("2026-03-05"))

    def test_a_future_bill_is_posted_on_its_day(self):
        future = fields.Date.today() + timedelta(days=10)
        bill = self._create_approved(invoice_date=future)
        bill.with_user(self.finance)._post(soft=True)
        self.assertEqual((bill.state, bill.auto_post), ("draft", "at_date"))
        with freeze_time(future + timedelta(days=1)):
            bill.with_user(self.env.ref("base.user_root"))._post()
            self.assertEqual(bill.state, "posted")


@tagged("post_install", "-at_install")
class TestGateModes(GateCase):
    def test_observe_reports_and_does_not_block(self):
        self.policy.mode = "observe"
        bill, pending = self._create_bill().sudo(), self._create_bill().sudo()
        request = self._submit(pending)
        self.assertFalse(bill.hide_post_button)
        self.assertPosts(bill)
        self.assertIn(
            "only observes", str(bill.message_ids.sorted("id")[-1].body) + str(bill.message_ids.mapped("body"))
        )
        self.assertPosts(pending)
        self.assertEqual(request.state, "cancelled")
        self.assertFalse(self._get_activities(pending))
        self.assertTrue(request.event_ids._is_chain_intact())

    def test_off_does_nothing(self):
        self.policy.mode = "off"
        bill = self._create_bill().sudo()
        messages = len(bill.message_ids)
        self.assertFalse(bill.hide_post_button)
        self.assertPosts(bill)
        self.assertFalse([body for body in bill.message_ids[:-messages].mapped("body") if "valid" in body])

    def test_a_request_keeps_the_mode_it_was_submitted_under(self):
        bill = self._create_bill().sudo()
        self._submit(bill)
        for mode in ("observe", "off"):
            self.policy.mode = mode
            self.assertBlocked(bill, bill.action_post)

    def test_enforcing_after_observing_does_not_lock_bills_in(self):
        """What was approved while a policy only observed stays approved; what was not is submitted."""
        self.policy.mode = "observe"
        approved = self._create_approved()
        pending, returned = self._create_bill().sudo(), self._create_bill().sudo()
        self._submit(pending | returned)
        returned.with_user(self.manager).action_return("no")
        self.policy.mode = "enforce"
        self.assertPosts(approved)
        for bill in (pending, returned):
            self.assertBlocked(bill, bill.action_post)
        self._approve(pending, self.manager, self.controller)
        self.assertPosts(pending)

    def test_a_new_policy_does_not_undo_an_approval(self):
        bill = self._create_approved()
        self._create_policy("Strict", self._level(approver_type="user", user_ids=self.director.ids), sequence=1)
        self.assertPosts(bill)

    def test_branches_are_behind_the_gate_of_their_parent(self):
        branch = self.env["res.company"].sudo().create({"name": "Branch", "parent_id": self.company.id})
        people = self.finance | self.controller | self.manager | self.contributor | self.env.user
        people.sudo().company_ids |= branch
        self.partner_a.sudo().with_company(branch).property_account_payable_id = self.company_data[
            "default_account_payable"
        ]
        moves = self.env["account.move"].with_user(self.finance).with_context(allowed_company_ids=branch.ids)
        bill = moves.create({**self._get_move_vals(), "department_id": self.marketing.id})
        self.assertEqual(bill.company_id, branch)
        self.assertBlocked(bill, bill.action_post)
        bill.action_submit()
        self._approve(bill.with_context(allowed_company_ids=branch.ids), self.manager, self.controller)
        bill.action_post()
        self.assertEqual(bill.state, "posted")

    def test_without_a_policy_posting_is_native(self):
        self.policy.sudo().active = False
        bill = self._create_bill().sudo()
        self.env.flush_all()
        self.assertFalse(bill._get_posting_refusals())
        self.assertPosts(bill)

    def test_entries_are_not_concerned(self):
        account = self.company_data["default_account_expense"].id
        lines = [Command.create({"account_id": account, "balance": balance}) for balance in (5, -5)]
        entry = self.env["account.move"].with_user(self.env.user).create({"move_type": "entry", "line_ids": lines})
        entry.action_post()
        self.assertEqual(entry.state, "posted")
