"""What hangs on a confidential invoice, and what is computed from it, is as confidential."""

import json

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .test_secrecy import SecrecyCase


@tagged("post_install", "-at_install")
class TestConfidentialDocuments(SecrecyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bank = cls.company_data["default_journal_bank"]
        cls.secret.action_post()
        cls.open.action_post()

    def test_payments_and_what_they_make(self):
        payment = self._pay(self.secret)
        self.assertTrue(payment.move_id)
        partials = self.secret.line_ids.matched_debit_ids | self.secret.line_ids.matched_credit_ids
        for record in (payment, partials, payment.move_id, payment.move_id.line_ids):
            self.assertKept(record, self.finance | self.accountant)
            self.assertShown(record, self.trusted)
        plain = self._pay(self.open)
        for record in (plain, plain.move_id, plain.move_id.line_ids):
            self.assertShown(record, self.finance, self.trusted)

    def test_payments_without_an_entry(self):
        payment = (
            self.env["account.payment"]
            .sudo()
            .create(
                {
                    "payment_type": "outbound",
                    "partner_type": "supplier",
                    "partner_id": self.vendor.id,
                    "amount": 1234,
                    "journal_id": self.bank.id,
                    "invoice_ids": [Command.link(self.secret.id)],
                }
            )
        )
        self.assertFalse(payment.move_id)
        self.assertKept(payment, self.finance)
        self.assertShown(payment, self.trusted)

    def test_payments_are_made_by_those_with_a_role(self):
        register = self.env["account.payment.register"]
        context = {"active_model": "account.move", "active_ids": self.secret.ids}
        register.with_user(self.trusted).with_context(**context).create({}).action_create_payments()
        self.assertIn(self.secret.payment_state, ("paid", "in_payment"))
        with self.assertRaises(AccessError):
            register.with_user(self.finance).with_context(**context).create({}).action_create_payments()

    def _reconcile_with_bank(self, move, amount):
        """A bank line whose counterpart is reconciled with the invoice."""
        line = self.env["account.bank.statement.line"].sudo()
        line = line.create(
            {
                "journal_id": self.bank.id,
                "payment_ref": "transfer",
                "amount": amount,
                "date": "2026-01-20",
                "partner_id": move.partner_id.id,
            }
        )
        counterpart = move.line_ids.filtered(lambda item: item.account_id.account_type == "liability_payable")
        _liquidity, suspense, _other = line._seek_for_lines()
        suspense.account_id = counterpart.account_id
        (suspense | counterpart).reconcile()
        return line

    def test_bank_lines_matched_to_it(self):
        line = self._reconcile_with_bank(self.secret, -1234)
        self.assertEqual(self.secret.amount_residual, 0)
        for record in (line, line.move_id, line.move_id.line_ids):
            self.assertKept(record, self.finance | self.accountant)
            self.assertShown(record, self.trusted)
        other = self._reconcile_with_bank(self.open, -10)
        for record in (other, other.move_id, other.move_id.line_ids):
            self.assertShown(record, self.finance)

    def test_bank_lines_matched_to_its_payment(self):
        payment = self._pay(self.secret)
        items = payment.move_id.line_ids
        outstanding = items.filtered(lambda item: item.account_id.account_type != "liability_payable")
        vals = {"journal_id": self.bank.id, "payment_ref": "transfer", "amount": -1234, "date": "2026-01-20"}
        line = self.env["account.bank.statement.line"].sudo().create(vals)
        _liquidity, suspense, _other = line._seek_for_lines()
        outstanding.account_id.reconcile = True
        suspense.account_id = outstanding.account_id
        (suspense | outstanding).reconcile()
        self.assertKept(line, self.finance)
        self.assertKept(line.move_id, self.finance)

    def test_a_department_that_becomes_confidential_takes_its_payments_along(self):
        payment = self._pay(self.open)
        self.assertShown(payment.move_id, self.finance)
        self.marketing.with_user(self.administrator).is_confidential = True
        for record in (self.open, payment, payment.move_id):
            self.assertKept(record, self.finance)
        self.marketing.with_user(self.administrator).is_confidential = False
        for record in (self.open, payment, payment.move_id):
            self.assertShown(record, self.finance)

    def test_an_invoice_that_becomes_confidential_takes_its_payments_along(self):
        payment = self._pay(self.open)
        self.open.sudo().department_id = self.payroll
        for record in (self.open, payment, payment.move_id):
            self.assertKept(record, self.finance)

    def test_statistics_and_analytic_items(self):
        plan = self.env["account.analytic.plan"].sudo().create({"name": "Plan"})
        account = self.env["account.analytic.account"].sudo().create({"name": "Account", "plan_id": plan.id})
        move = self._create_move(department=self.payroll, move_type="out_invoice")
        move.invoice_line_ids.analytic_distribution = {account.id: 100}
        move.action_post()
        items = move.line_ids.analytic_line_ids
        self.assertKept(items, self.finance | self.accountant)
        self.assertShown(items, self.trusted)
        for user, shown in ((self.finance, False), (self.trusted, True)):
            report = self.env["account.invoice.report"].with_user(user).search([("move_id", "=", move.id)])
            self.assertEqual(bool(report), shown)
        loose = self.env["account.analytic.line"].sudo().create({"name": "Loose", "account_id": account.id})
        self.assertShown(loose, self.finance)

    def test_sending(self):
        move = self._create_move(department=self.payroll, move_type="out_invoice")
        move.action_post()
        for model, vals in (
            ("account.move.send.wizard", {"move_id": move.id}),
            ("account.move.send.batch.wizard", {"move_ids": [Command.set(move.ids)]}),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                self.env[model].with_user(self.finance).create(vals)
            self.assertKept(self.env[model].sudo().create(vals), self.finance)

    def test_messages_attachments_activities_and_followers(self):
        partner = self.finance.partner_id
        message = self.secret.message_post(body="secret words", subtype_xmlid="mail.mt_note")
        attachment = self.env["ir.attachment"].sudo()
        attachment = attachment.create(
            {"name": "secret.txt", "raw": b"secret", "res_model": "account.move", "res_id": self.secret.id}
        )
        activity = self.secret.activity_schedule("mail.mail_activity_data_todo", user_id=self.trusted.id)
        self.secret.message_subscribe(partner_ids=self.trusted.partner_id.ids)
        followers = self.secret.message_follower_ids
        for record in (message, attachment, activity, followers):
            self.assertKept(record.sudo(), self.finance | self.outsider)
            self.assertShown(record.sudo(), self.trusted)
        tracking = self.env["mail.tracking.value"].with_user(self.finance)
        self.assertFalse(tracking.has_access("read"))
        self.assertNotIn(partner, followers.partner_id)

    def test_followers_of_invoices_of_others_are_not_told_to_department_users(self):
        self.open.message_subscribe(partner_ids=self.reader.partner_id.ids)
        followers = self.open.message_follower_ids.sudo()
        self.assertShown(followers, self.reader, self.manager)
        self.assertKept(followers, self.outsider)

    def test_messages_reach_no_follower_who_may_not_read(self):
        everybody = self.finance.partner_id | self.trusted.partner_id | self.vendor
        self.secret.message_subscribe(partner_ids=everybody.ids)
        message = self.secret.message_post(
            body="secret words", subtype_xmlid="mail.mt_comment", partner_ids=self.accountant.partner_id.ids
        )
        notified = message.notification_ids.res_partner_id
        self.assertEqual(notified & (everybody | self.accountant.partner_id), self.trusted.partner_id | self.vendor)
        message = self.open.message_post(body="words", partner_ids=self.finance.partner_id.ids)
        self.assertIn(self.finance.partner_id, message.notification_ids.res_partner_id)


@tagged("post_install", "-at_install")
class TestConfidentialFigures(SecrecyCase):
    """Figures that Odoo computes with elevated rights or in SQL."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.purchases = cls.secret.journal_id

    def _get_dashboard(self, user):
        self.env.invalidate_all()
        journal = self.purchases.with_user(user)
        return json.loads(journal.kanban_dashboard), json.loads(journal.kanban_dashboard_graph)

    def test_dashboards_of_journals(self):
        self.assertEqual(self._get_dashboard(self.finance)[0]["number_draft"], 1)
        self.assertEqual(self._get_dashboard(self.trusted)[0]["number_draft"], 2)
        (self.secret | self.open).action_post()
        for user, count, amount in ((self.finance, 1, 10), (self.trusted, 2, 1244)):
            figures, [graph] = self._get_dashboard(user)
            self.assertEqual(figures["number_waiting"], count)
            self.assertIn(f"{amount:,}", figures["sum_waiting"])
            self.assertEqual(sum(bar["value"] for bar in graph["values"]), amount)

    def test_outstanding_payments_of_journals(self):
        (self.secret | self.open).action_post()
        self._pay(self.secret)
        self._pay(self.open)
        for user, amount in ((self.finance, "10"), (self.trusted, "1,244")):
            self.env.invalidate_all()
            figures = json.loads(self.company_data["default_journal_bank"].with_user(user).kanban_dashboard)
            self.assertIn(f"{amount}.00", figures["outstanding_pay_account_balance"])

    def test_activities_of_journals(self):
        activity = self.secret.activity_schedule("mail.mail_activity_data_todo", user_id=self.trusted.id)
        for user, shown in ((self.finance, False), (self.trusted, True)):
            self.env.invalidate_all()
            data = json.loads(self.purchases.with_user(user).json_activity_data)
            self.assertEqual(activity.id in [item["id"] for item in data["activities"]], shown)

    def test_statistics_of_partners(self):
        out = self._create_move(department=self.payroll, partner_id=self.vendor.id, move_type="out_invoice", amount=500)
        (self.secret | self.open | out).action_post()
        for user, payable, receivable, bills in ((self.finance, 10, 0, 1), (self.trusted, 1244, 500, 2)):
            self.env.invalidate_all()
            vendor = self.vendor.with_user(user)
            self.assertEqual(vendor.debit, payable)
            self.assertEqual(vendor.credit, receivable)
            self.assertEqual(vendor.total_invoiced, receivable)
            self.assertEqual(vendor.supplier_invoice_count, bills)
            self.assertEqual(vendor.account_move_count, bool(receivable))
            found = vendor.search([("debit", ">", 1000), ("id", "=", vendor.id)])
            self.assertEqual(bool(found), payable > 1000)
            self.assertTrue(vendor.search([("debit", ">=", 10), ("id", "=", vendor.id)]))

    def test_duplicates_of_invoices_and_payments(self):
        twin = self._create_move(self.finance, self.marketing, partner_id=self.vendor.id, amount=1234.0)
        self.secret.sudo().ref = "same"
        twin.ref = "same"
        self.env.invalidate_all()
        self.assertFalse(twin.with_user(self.finance).duplicated_ref_ids)
        self.env.invalidate_all()
        self.assertEqual(twin.with_user(self.trusted).duplicated_ref_ids.ids, self.secret.ids)
        self.secret.action_post()
        vals = {"payment_type": "outbound", "partner_type": "supplier", "partner_id": self.vendor.id, "amount": 1234}
        payments = self.env["account.payment"].sudo()
        hidden = payments.create({**vals, "invoice_ids": [Command.link(self.secret.id)]})
        seen = payments.create(vals)
        for user, found in ((self.finance, payments), (self.trusted, hidden)):
            self.env.invalidate_all()
            self.assertEqual(seen.with_user(user).duplicate_payment_ids.ids, found.ids)

    def test_no_average_over_bills_that_one_may_not_see(self):
        for month in range(1, 13):
            move = self._create_move(
                department=self.payroll, partner_id=self.vendor.id, invoice_date=f"2025-{month:02}-15", amount=1000
            )
            move.action_post()
        for user, told in ((self.finance, False), (self.manager, False), (self.trusted, True)):
            self.env.invalidate_all()
            draft = self.open.with_user(user)
            self.assertEqual(bool(draft.abnormal_amount_warning), told, user.name)

    def test_cumulated_balance_of_lines_runs_over_readable_ones(self):
        (self.secret | self.open).action_post()
        pair = [(move.line_ids.filtered(lambda line: line.credit)) for move in (self.open, self.secret)]
        ids = tuple(line.id for line in pair)
        context = {
            "order_cumulated_balance": "credit, id",
            "domain_cumulated_balance": (("id", "in", ids),),
        }
        for user, balance in ((self.finance, -10), (self.manager, -10), (self.trusted, -1244)):
            self.env.invalidate_all()
            self.assertEqual(pair[0].with_user(user).with_context(**context).cumulated_balance, balance, user.name)

    def test_revenue_in_digests(self):
        digest = self.env["digest.digest"].sudo().create({"name": "Digest", "kpi_account_total_revenue": True})
        out = self._create_move(
            department=self.payroll, move_type="out_invoice", amount=500, invoice_date=fields.Date.today()
        )
        out.action_post()
        now = fields.Datetime.now()
        period = {"start_datetime": fields.Datetime.subtract(now, days=7), "end_datetime": now}
        figures = {}
        for user in (self.finance, self.trusted):
            self.env.invalidate_all()
            mine = digest.with_user(user).with_company(self.company).with_context(**period)
            figures[user] = mine.kpi_account_total_revenue_value
        self.assertEqual(figures[self.trusted] - figures[self.finance], 500)

    def test_what_settled_an_open_invoice_too_is_told_as_an_amount(self):
        (self.secret | self.open).action_post()
        payment = self._pay(self.secret | self.open, group_payment=True)
        self.assertEqual(len(payment), 1)
        for user, told in ((self.finance, False), (self.trusted, True)):
            self.env.invalidate_all()
            [item] = self.open.with_user(user).invoice_payments_widget["content"]
            self.assertEqual(item["amount"], 10)
            self.assertEqual(bool(item["move_id"]), told)
            self.assertEqual("1,244" in item["amount_company_currency"], told)

    def test_totals_and_the_visible_ledger_are_the_whole(self):
        (self.secret | self.open).action_post()
        self._pay(self.secret)
        whole = self._get_ledger(self.env["account.move.line"].sudo())
        for user in (self.finance, self.trusted, self.accountant):
            seen = self._get_ledger(self.env["account.move.line"].with_user(user))
            totals = self.env["account.confidential.total"].with_user(user).search([])
            self.assertEqual(bool(totals), user != self.trusted)
            for total in totals:
                seen[total.account_id.id] = seen.get(total.account_id.id, 0) + total.balance
                self.assertEqual(total.balance, total.debit - total.credit)
                self.assertEqual(total.month.day, 1)
            self.assertEqual({key: round(value, 2) for key, value in seen.items()}, whole)

    def _get_ledger(self, lines):
        groups = lines._read_group([("parent_state", "=", "posted")], ["account_id"], ["balance:sum"])
        return {account.id: round(balance, 2) for account, balance in groups}

    def test_totals_are_finances_and_auditors(self):
        self.secret.action_post()
        totals = self.env["account.confidential.total"]
        readonly = self._create_user("accounting_readonly", groups="account.group_account_readonly")
        for user in (self.finance, readonly, self.auditor):
            self.assertTrue(totals.with_user(user).search([]), user.name)
            self.assertFalse(totals.with_user(user).has_access("write"))
        for user in (self.manager, self.administrator, self.paymaster):
            self.assertFalse(totals.with_user(user).has_access("read"))
        other = self.env["res.company"].sudo().create({"name": "Other"})
        self.finance.sudo().company_ids += other
        self.assertFalse(totals.with_user(self.finance).with_context(allowed_company_ids=other.ids).search([]))


@tagged("post_install", "-at_install")
class TestLinks(SecrecyCase, HttpCase):
    """Links with a token, and reports."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.mode = "enforce"

    def _open(self, move, **params):
        token = move.sudo()._portal_ensure_token()
        query = "&".join(f"{key}={value}" for key, value in {"access_token": token, **params}.items())
        return self.url_open(f"/my/invoices/{move.id}?{query}", allow_redirects=False)

    def test_a_link_opens_no_invoice_that_is_being_validated(self):
        bill = self._create_bill()
        self.assertTrue(bill.sudo()._is_withheld_from_links(), "It must be validated first.")
        self._submit(bill)
        for params in ({}, {"report_type": "html"}, {"report_type": "pdf", "download": "true"}):
            self.assertNotIn("Posters", self._open(bill, **params).text)
            self.assertEqual(self._open(bill, **params).status_code, 303)
        bill.with_user(self.manager).action_return("wrong")
        self.assertEqual(self._open(bill).status_code, 303)

    def test_a_link_opens_posted_invoices_as_natively(self):
        move = self._create_move(department=self.payroll, move_type="out_invoice")
        self.assertEqual(self._open(move).status_code, 303)
        move.action_post()
        self.assertEqual(self._open(move).status_code, 200)
        free = self._create_move(department=self.logistics, move_type="out_invoice")
        self.assertEqual(self._open(free).status_code, 200, "No policy: natively a draft is served.")

    def test_a_token_opens_no_conversation_on_a_draft_that_is_withheld(self):
        bill = self._create_bill()
        self._submit(bill)
        token = bill.sudo()._portal_ensure_token()
        moves = self.env["account.move"].with_user(self.env.ref("base.public_user"))
        self.assertFalse(moves._get_thread_with_access(bill.id, token=token))
        self.assertTrue(self.env["account.move"].with_user(self.manager)._get_thread_with_access(bill.id))

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_rule", "odoo.addons.web.controllers.report")
    def test_reports_of_confidential_invoices_are_refused(self):
        move = self._create_move(department=self.payroll, move_type="out_invoice")
        move.action_post()
        report = self.env["ir.actions.report"]
        for user, allowed in ((self.trusted, True), (self.finance, False)):
            if allowed:
                html, _kind = report.with_user(user)._render_qweb_html("account.report_invoice", move.ids)
                self.assertIn(move.name.encode(), html)
            else:
                with self.assertRaises(AccessError):
                    report.with_user(user)._render_qweb_html("account.report_invoice", move.ids)
        self.authenticate("collab_finance", "collab_finance")
        for path in ("/report/html/account.report_invoice", "/report/pdf/account.report_invoice_with_payments"):
            response = self.url_open(f"{path}/{move.id}")
            self.assertNotIn(move.name, response.text)
            self.assertNotEqual(response.status_code, 200)
