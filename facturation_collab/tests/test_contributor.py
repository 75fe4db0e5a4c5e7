import base64

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import CollabCommon


@tagged("post_install", "-at_install")
class TestContributor(CollabCommon):
    """A person without any accounting right, in the native form and by remote call."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bank_account = (
            cls.env["res.partner.bank"]
            .sudo()
            .create({"acc_number": "FR7630006000011234567890189", "partner_id": cls.partner_a.id})
        )
        cls.pay_terms = cls.pay_terms_b
        cls.product = cls.product_a
        cls.draft = cls._create_move(cls.contributor)

    def _open_form(self, move=None, user=None, move_type="in_invoice"):
        moves = self.env["account.move"].with_user(user or self.contributor)
        if move:
            return Form(moves.browse(move.id))
        return Form(moves.with_context(default_move_type=move_type))

    # ---- what they can do

    def test_enters_a_bill_in_the_native_form(self):
        form = self._open_form()
        form.partner_id = self.partner_a
        form.invoice_date = fields.Date.from_string("2026-01-15")
        form.invoice_payment_term_id = self.pay_terms
        form.partner_bank_id = self.bank_account
        form.ref = "V-1"
        with form.invoice_line_ids.new() as line:
            line.product_id = self.product
            line.quantity = 2
        with form.invoice_line_ids.new() as line:
            line.name = "Without product"
            line.price_unit = 50
        move = form.save()
        self.assertEqual(move.department_id, self.marketing)
        self.assertEqual(move.state, "draft")
        self.assertEqual(move.amount_untaxed, 1650)
        self.assertGreater(move.amount_tax, 0)
        self.assertEqual(move.partner_bank_id, self.bank_account)
        self.assertEqual(len(move.line_ids.filtered(lambda line: line.display_type == "payment_term")), 2)

    def test_enters_a_customer_invoice_in_the_native_form(self):
        form = self._open_form(move_type="out_invoice")
        form.partner_id = self.partner_a
        with form.invoice_line_ids.new() as line:
            line.product_id = self.product
        move = form.save()
        self.assertEqual(move.department_id, self.marketing)
        self.assertEqual(move.amount_untaxed, 1000)

    def test_edits_a_draft_of_a_colleague(self):
        colleague = self._create_user("colleague", self.marketing, "contributor")
        form = self._open_form(self.draft, colleague)
        with form.invoice_line_ids.edit(0) as line:
            line.price_unit = 300
        with form.invoice_line_ids.new() as line:
            line.product_id = self.product
        form.save()
        self.assertEqual(self.draft.amount_untaxed, 1100)
        currency = self.setup_other_currency("EUR")
        form = self._open_form(self.draft, colleague)
        form.invoice_line_ids.remove(1)
        form.currency_id = currency
        form.save()
        self.assertEqual(self.draft.amount_untaxed, 300)

    def test_readers_open_the_native_form(self):
        for user in (self.reader, self.validator, self.auditor):
            form = self._open_form(self.draft, user)
            self.assertEqual(form.partner_id, self.partner_a)

    def test_readers_open_posted_and_paid_invoices_in_the_native_form(self):
        move = self._create_move(department=self.marketing, move_type="out_invoice")
        move.action_post()
        payments = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=move.ids)
        payments.create({})._create_payments()
        for user in (self.reader, self.contributor, self.auditor):
            form = self._open_form(move, user)
            self.assertEqual(form.state, "posted")

    def test_attaches_and_comments(self):
        move = self.draft.with_user(self.contributor)
        attachment = (
            self.env["ir.attachment"]
            .with_user(self.contributor)
            .create({"name": "bill.pdf", "raw": b"%PDF-1.4", "res_model": "account.move", "res_id": move.id})
        )
        message = move.message_post(body="Here it is", attachment_ids=attachment.ids)
        self.assertIn(attachment, message.attachment_ids)

    def test_uploads_a_document_for_their_department(self):
        self.company_data["default_journal_purchase"].sudo().department_id = self.logistics
        attachment = (
            self.env["ir.attachment"]
            .with_user(self.contributor)
            .create({"name": "bill.txt", "datas": base64.b64encode(b"text"), "mimetype": "text/plain"})
        )
        journals = self.env["account.journal"].with_user(self.contributor)
        journals = journals.with_context(default_move_type="in_invoice")
        action = journals.create_document_from_attachment(attachment.ids)
        move = self.env["account.move"].with_user(self.contributor).browse(action["res_id"])
        self.assertEqual(move.department_id, self.marketing)

    def test_upload_of_a_vendor_posted_automatically_stays_a_draft(self):
        self.partner_a.sudo().autopost_bills = "always"
        move = self.draft.with_user(self.contributor)
        move._autopost_bill()
        self.assertEqual(move.state, "draft")

    def test_duplicates_a_draft(self):
        copy = self.draft.with_user(self.contributor).copy()
        self.assertEqual(copy.department_id, self.marketing)

    def test_hands_a_draft_over_to_another_department(self):
        move = self.draft.with_user(self.contributor)
        move.department_id = self.logistics.id
        self.assertFalse(move.has_access("read"))
        self.assertTrue(move.with_user(self.outsider).has_access("write"))

    def test_deletes_their_own_draft_only(self):
        colleague = self._create_user("colleague", self.marketing, "contributor")
        with self.assertRaises(AccessError):
            self.draft.with_user(colleague).unlink()
        self.draft.with_user(self.contributor).unlink()
        self.assertFalse(self.draft.exists())

    def test_adds_and_removes_lines_of_a_draft_of_a_colleague(self):
        colleague = self._create_user("colleague", self.marketing, "contributor")
        self.draft.with_user(colleague).invoice_line_ids = [Command.clear()]
        self.assertFalse(self.draft.invoice_line_ids)

    # ---- what they cannot do

    def test_cannot_post_by_any_native_way(self):
        move = self.draft.with_user(self.contributor)
        ways = (
            move.action_post,
            lambda: move._post(),
            lambda: move._post(soft=False),
            lambda: move.write({"state": "posted"}),
            lambda: move.web_save({"state": "posted"}, {}),
            lambda: move.write({"auto_post": "at_date"}),
            lambda: move.create(self._get_move_vals(auto_post="at_date")),
            lambda: move.create(self._get_move_vals(state="posted")),
            lambda: self.env["validate.account.move"].with_user(self.contributor).create({"move_ids": move.ids}),
        )
        for way in ways:
            with self.assertRaises(UserError):
                way()
            self.assertEqual(move.state, "draft")
            self.assertEqual(move.auto_post, "no")

    def test_cannot_cancel_a_draft(self):
        with self.assertRaisesRegex(AccessError, "Only people with the Invoicing right"):
            self.draft.with_user(self.contributor).button_cancel()

    def test_cannot_touch_a_posted_invoice(self):
        posted = self._create_move(department=self.marketing, move_type="out_invoice")
        posted.action_post()
        line = posted.line_ids.filtered(lambda line: line.display_type == "payment_term")
        move = posted.with_user(self.contributor)
        actions = {
            **dict.fromkeys(("button_draft", "button_cancel", "button_set_checked", "button_hash"), ()),
            **dict.fromkeys(("action_toggle_block_payment", "unlink"), ()),
            "js_assign_outstanding_line": (line.id,),
            "write": ({"ref": "x"},),
        }
        for name, arguments in actions.items():
            with self.subTest(name), self.assertRaises(UserError):
                getattr(move, name)(*arguments)
        self.assertEqual(posted.state, "posted")
        self.assertFalse(posted.inalterable_hash)

    def test_is_not_offered_to_send(self):
        posted = self._create_move(department=self.marketing, move_type="out_invoice")
        posted.action_post()
        self.assertFalse(posted.with_user(self.contributor).display_send_button)
        self.assertTrue(posted.with_user(self.finance).display_send_button)

    def test_cannot_open_finances_dialogs(self):
        for model in ("account.payment.register", "account.move.reversal", "account.move.send.wizard"):
            dialogs = self.env[model].with_user(self.contributor)
            with self.assertRaises(AccessError):
                dialogs.with_context(active_model="account.move", active_ids=self.draft.ids).create({})

    def test_finance_only_fields_are_refused_one_by_one(self):
        move = self.draft.with_user(self.contributor)
        other = self._create_move(department=self.logistics)
        values = {
            "state": "cancel",
            "payment_state": "paid",
            "name": "BILL/1",
            "auto_post": "monthly",
            "auto_post_until": "2027-01-01",
            "posted_before": True,
            "checked": True,
            "inalterable_hash": "x",
            "secure_sequence_number": 7,
            "sequence_number": 3,
            "is_move_sent": True,
            "access_token": "x",
            "sending_data": {"a": 1},
            "reversed_entry_id": other.id,
            "tax_cash_basis_origin_move_id": other.id,
            "invoice_pdf_report_file": base64.b64encode(b"x"),
            "line_ids": [Command.update(self.draft.invoice_line_ids.id, {"parent_state": "posted"})],
        }
        for name, value in values.items():
            with self.assertRaisesRegex(AccessError, "Only people with the Invoicing right"):
                move.write({name: value})
            if name != "line_ids":
                with self.assertRaisesRegex(AccessError, "Only people with the Invoicing right"):
                    move.create(self._get_move_vals(**{name: value}))

    def test_values_that_change_nothing_pass(self):
        move = self.draft.with_user(self.contributor)
        move.write({"state": "draft", "auto_post": "no", "name": False, "checked": False, "payment_state": "not_paid"})
        move.create(self._get_move_vals(state="draft", auto_post="no", name="/"))

    def test_lines_cannot_enter_another_departments_invoice(self):
        other = self._create_move(department=self.logistics)
        line = self.draft.invoice_line_ids.with_user(self.contributor)
        with self.assertRaises(AccessError):
            line.write({"move_id": other.id})
        with self.assertRaises(AccessError):
            line.create({"move_id": other.id, "name": "Line", "price_unit": 1})
        with self.assertRaises(AccessError):
            self.draft.with_user(self.contributor).write({"line_ids": [Command.link(other.invoice_line_ids.id)]})

    def test_cannot_turn_an_invoice_into_an_entry_nor_enter_one(self):
        with self.assertRaises(UserError):
            self.draft.with_user(self.contributor).write({"move_type": "entry"})
        with self.assertRaises(AccessError):
            self.env["account.move"].with_user(self.contributor).create(
                {"move_type": "entry", "department_id": self.marketing.id}
            )

    def test_native_users_are_not_concerned(self):
        self._give_role(self.finance, self.marketing, "contributor")
        move = self._create_move(self.finance)
        move.write({"auto_post": "at_date", "name": "BILL/2026/01/0777"})
        move.button_cancel()
        self.assertEqual(move.state, "cancel")

    # ---- what they cannot learn

    def test_duplicates_they_may_not_read_are_not_told(self):
        other = self._create_move(department=self.logistics, ref="V-7", amount=7)
        mine = self._create_move(self.contributor, ref="V-7", amount=8)
        self.assertFalse(mine.with_user(self.contributor).duplicated_ref_ids)
        self.assertIn(other, mine.with_user(self.finance).duplicated_ref_ids)
        with self._open_form() as form:
            form.partner_id = self.partner_a
            form.ref = "V-7"
            self.assertEqual(set(form.duplicated_ref_ids.ids), {mine.id})

    def test_elevated_rights_do_not_widen_duplicates(self):
        self._create_move(department=self.logistics, ref="V-7", amount=7)
        mine = self._create_move(self.contributor, ref="V-7", amount=8).with_user(self.contributor)
        self.assertFalse(mine.sudo().duplicated_ref_ids)
        self.assertFalse(mine.duplicated_ref_ids)

    def test_numbers_of_others_are_not_told(self):
        posted = self._create_move(department=self.logistics)
        posted.action_post()
        move = self.draft.with_user(self.contributor)
        self.assertFalse(move.highest_name)
        self.assertFalse(move.name_placeholder)
        self.assertEqual(self.draft.with_user(self.finance).highest_name, posted.name)

    def test_figures_of_journals_are_not_told(self):
        journal = self.company_data["default_journal_purchase"].with_user(self.contributor)
        self.assertTrue(journal.name)
        for name in ("kanban_dashboard", "kanban_dashboard_graph", "entries_count", "has_sequence_holes"):
            with self.assertRaises(AccessError):
                journal.read([name])
            self.assertNotIn(name, journal.fields_get())
        self.assertTrue(journal.with_user(self.finance).kanban_dashboard)
