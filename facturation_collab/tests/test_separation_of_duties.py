"""Who did something with an invoice does not approve it, whatever the account; and one person is one voice."""

from unittest.mock import patch

from odoo import SUPERUSER_ID, Command
from odoo.exceptions import AccessError, UserError

from .validation_common import ValidationCase


class DutiesCase(ValidationCase):
    def _asked(self, bill, user=None):
        """Who would be asked at the first level, if the contributor submitted the bill now."""
        policy = self.policy.with_user(user or self.contributor).sudo()
        return policy._plan(bill.sudo())[0][bill.id][0][1]

    def _write_line(self, bill, user, **vals):
        bill.with_user(user).invoice_line_ids.write(vals)

    def _hire(self, user, contact):
        """An employee record for a user, with a contact of its own."""
        employee = self.env["hr.employee"].sudo().create({"name": user.name, "user_id": user.id})
        employee.work_contact_id = contact
        return employee


class TestSeparationOfDuties(DutiesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.level = cls.policy.level_ids[0]
        cls.level.write({"approver_type": "group", "group_id": cls.env.ref("account.group_account_invoice").id})
        cls.everybody = cls.finance | cls.controller

    def test_whoever_entered_it_is_not_asked(self):
        bill = self._create_bill(self.finance)
        self.assertNotIn(self.finance, self._asked(bill))
        self.assertIn(self.controller, self._asked(bill))

    def test_the_last_to_change_it_is_not_asked(self):
        bill = self._create_bill()
        self.assertLessEqual(self.everybody, self._asked(bill))
        self._write_line(bill, self.finance, price_unit=1200.0)
        self.assertNotIn(self.finance, self._asked(bill))
        self._write_line(bill, self.controller, price_unit=1300.0)
        self.assertIn(self.finance, self._asked(bill))
        self.assertNotIn(self.controller, self._asked(bill))

    def test_whoever_submits_it_is_not_asked(self):
        self.assertNotIn(self.finance, self._asked(self._create_bill(), self.finance))

    def test_each_level_chooses_whom_it_leaves_out(self):
        for duty in ("creator", "editor", "submitter"):
            bill = self._create_bill(self.finance if duty == "creator" else self.contributor)
            if duty == "editor":
                self._write_line(bill, self.finance, name="Changed")
            submitter = self.finance if duty == "submitter" else self.contributor
            if duty == "creator":
                self._write_line(bill, self.controller, name="Changed")
            self.level[f"exclude_{duty}"] = False
            self.assertIn(self.finance, self._asked(bill, submitter), duty)
            self.level[f"exclude_{duty}"] = True
            self.assertNotIn(self.finance, self._asked(bill, submitter), duty)

    def test_the_policy_switches_it_off(self):
        self.policy.separation_of_duties = False
        self.assertIn(self.finance, self._asked(self._create_bill(self.finance), self.finance))

    def test_another_account_of_the_same_person_is_not_asked_either(self):
        second = self._create_user("second", groups="account.group_account_invoice")
        bill = self._create_bill(self.finance)
        self.assertIn(second, self._asked(bill))
        self._hire(second, self.finance.partner_id)
        self.assertNotIn(second, self._asked(bill))

    def test_an_approver_who_changed_it_since_cannot_approve_but_return(self):
        bill = self._create_bill()
        step = self._submit(bill).step_ids[0]
        self._write_line(bill, self.finance, price_unit=1200.0)
        self._write_line(bill, self.finance, price_unit=1000.0)
        self.assertTrue(step.request_id._is_content_unchanged())
        self.assertRefused(UserError, "last to change", bill.with_user(self.finance).action_approve)
        bill.with_user(self.finance).action_return("Enter it again.")
        self.assertEqual(bill.sudo().validation_state, "returned")

    def test_a_step_keeps_the_choice_of_its_level(self):
        bill = self._create_bill()
        self._submit(bill)
        self._write_line(bill, self.finance, price_unit=1200.0)
        self._write_line(bill, self.finance, price_unit=1000.0)
        self.level.exclude_editor = False
        self.assertRefused(UserError, "last to change", bill.with_user(self.finance).action_approve)

    def test_a_level_without_anybody_else_says_so(self):
        self.level.write({"approver_type": "user", "user_ids": [Command.set(self.finance.ids)]})
        bill = self._create_bill(self.finance)
        self.assertRefused(UserError, "changed or submits it cannot", bill.with_user(self.contributor).action_submit)


class TestPersons(DutiesCase):
    def _persons(self, *users):
        return len(set(self.env["res.users"].union(*users)._get_persons().values()))

    def test_users_are_different_persons_until_something_tells_otherwise(self):
        self.assertEqual(self._persons(self.manager, self.validator, self.director), 3)

    def test_users_with_one_contact_are_one_person(self):
        self.validator.partner_id = self.manager.partner_id
        self.assertEqual(self._persons(self.manager, self.validator, self.director), 2)

    def test_users_whose_employees_have_one_contact_are_one_person(self):
        contact = self.env["res.partner"].create({"name": "Ann"})
        self._hire(self.manager, contact)
        self._hire(self.validator, contact)
        self.assertEqual(self._persons(self.manager, self.validator), 1)

    def test_a_company_as_contact_of_its_employees_tells_nobody(self):
        self._hire(self.manager, self.company.partner_id)
        self._hire(self.validator, self.company.partner_id)
        self.assertEqual(self._persons(self.manager, self.validator), 2)

    def test_an_alias_of_a_login_is_the_same_person(self):
        self.manager.login = "ann@example.com"
        self.validator.login = "Ann+boss@example.com"
        self.director.login = "ann@example.org"
        self.assertEqual(self._persons(self.manager, self.validator, self.director), 2)

    def test_the_queries_do_not_grow_with_the_users(self):
        users = self.manager | self.validator | self.director | self.reader | self.outsider
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.manager._get_persons()
        one = self.env.cr.sql_log_count - before
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        users._get_persons()
        self.assertEqual(self.env.cr.sql_log_count - before, one)
        users._get_persons()
        self.assertEqual(self.env.cr.sql_log_count - before, one)

    def test_two_users_of_one_person_are_one_voice_in_a_quorum(self):
        people = self.manager | self.validator | self.director
        self.policy.level_ids[0].write(
            {"approver_type": "user", "user_ids": [Command.set(people.ids)], "quorum": "count", "quorum_count": 2}
        )
        self.validator.partner_id = self.manager.partner_id
        bill = self._create_bill()
        step = self._submit(bill).step_ids[0]
        self._approve(bill, self.manager)
        self.assertEqual(step._get_actors(), self.director)
        self.assertRefused(UserError, "already approved", bill.with_user(self.validator).action_approve)
        self._approve(bill, self.director)
        self.assertEqual(step.state, "approved")

    def test_all_of_them_means_all_persons(self):
        people = self.manager | self.validator | self.director
        self.policy.level_ids[0].write(
            {"approver_type": "user", "user_ids": [Command.set(people.ids)], "quorum": "all"}
        )
        self.validator.partner_id = self.manager.partner_id
        step = self._submit(self._create_bill()).step_ids[0]
        self.assertEqual(step.quorum_required, 2)

    def test_a_quorum_that_one_person_would_fill_alone_is_refused(self):
        people = self.manager | self.validator
        self.policy.level_ids[0].write(
            {"approver_type": "user", "user_ids": [Command.set(people.ids)], "quorum": "count", "quorum_count": 2}
        )
        self.validator.partner_id = self.manager.partner_id
        bill = self._create_bill()
        self.assertRefused(UserError, "count as one", bill.with_user(self.contributor).action_submit)

    def test_one_person_does_not_approve_two_levels_with_two_accounts(self):
        self.policy.level_ids[1].user_ids = self.controller | self.finance
        bill = self._create_bill()
        self._submit(bill)
        self._approve(bill, self.manager)
        self.finance.partner_id = self.manager.partner_id
        self.assertRefused(UserError, "different people", bill.with_user(self.finance).action_approve)
        self._approve(bill, self.controller)
        self.assertEqual(bill.sudo().validation_state, "approved")

    def test_levels_that_one_person_would_fill_alone_are_refused(self):
        self.controller.partner_id = self.manager.partner_id
        bill = self._create_bill()
        self.assertRefused(UserError, "different people", bill.with_user(self.contributor).action_submit)


class TestLastEditor(DutiesCase):
    def test_it_is_whoever_enters_the_invoice(self):
        self.assertEqual(self._create_bill().content_editor_id, self.contributor)

    def test_it_is_whoever_changes_a_field_that_approvers_agree_to(self):
        bill = self._create_bill()
        bill.with_user(self.finance).write({"narration": "No content."})
        self.assertEqual(bill.content_editor_id, self.contributor)
        bill.with_user(self.finance).ref = "New reference"
        self.assertEqual(bill.content_editor_id, self.finance)

    def test_it_is_whoever_adds_changes_or_removes_a_line(self):
        bill = self._create_bill()
        lines = bill.invoice_line_ids
        vals = {"move_id": bill.id, "name": "More", "price_unit": 5.0, "tax_ids": False}
        more = lines.with_user(self.finance).create(vals)
        self.assertEqual(bill.content_editor_id, self.finance)
        lines.with_user(self.controller).name = "Other"
        self.assertEqual(bill.content_editor_id, self.controller)
        more.with_user(self.finance).unlink()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(bill.content_editor_id, self.finance)

    def test_it_is_whoever_changes_a_line_through_its_invoice(self):
        bill = self._create_bill()
        command = Command.update(bill.invoice_line_ids.id, {"quantity": 2.0})
        bill.with_user(self.finance).write({"invoice_line_ids": [command]})
        self.assertEqual(bill.content_editor_id, self.finance)

    def test_odoo_itself_is_nobody(self):
        bill = self._create_bill()
        bill.with_user(SUPERUSER_ID).write({"ref": "Read by a job"})
        bill.with_user(SUPERUSER_ID).invoice_line_ids.name = "Read by a job"
        self.assertEqual(bill.content_editor_id, self.contributor)
        received = self.env["account.move"].with_user(SUPERUSER_ID).with_company(self.company)
        self.assertFalse(received.create(self._get_move_vals()).content_editor_id)

    def test_submitting_approving_and_paying_change_no_content(self):
        bill = self._create_approved()
        self.assertEqual(bill.content_editor_id, self.contributor)
        bill.with_user(self.finance).action_post()
        self.assertEqual(bill.content_editor_id, self.contributor)

    def test_an_upload_is_no_change_and_its_correction_is_one(self):
        attachment = self.env["ir.attachment"].with_user(self.finance).create({"name": "a.txt", "raw": b"bill"})
        journal = self.company_data["default_journal_purchase"].with_user(self.finance)
        bill = journal._create_document_from_attachment(attachment.ids)
        self.assertEqual(bill.create_uid, self.finance)
        self.assertFalse(bill.content_editor_id)
        bill.with_user(self.controller).partner_id = self.partner_a
        self.assertEqual(bill.content_editor_id, self.controller)

    def test_a_document_that_rewrites_a_draft_is_a_change_and_one_that_fills_a_new_invoice_is_none(self):
        for pretended_new in (False, True):
            bill = self._create_bill(self.finance)
            self._read_document(bill.with_user(self.controller), pretended_new)
            self.assertEqual(bill.content_editor_id, self.controller, pretended_new)
        received = self.env["account.move"].with_user(self.controller).create({"move_type": "in_invoice"})
        self._read_document(received, True)
        self.assertFalse(received.content_editor_id)

    def _read_document(self, bill, new):
        """Read a document as one line, in the place of what the invoice had."""
        Move = type(self.env["account.move"])

        def decode(invoice, *args, **kwargs):
            invoice.invoice_line_ids = [Command.clear(), Command.create({"name": "Read", "price_unit": 42.0})]
            invoice.invoice_line_ids.tax_ids = False

        def get_decoder(moves, file_data, new=False):
            return {"priority": 20, "decoder": decode} if file_data["name"] == "bill.txt" else None

        with patch.object(Move, "_get_edi_decoder", get_decoder):
            vals = {"name": "bill.txt", "raw": b"bill", "res_model": "account.move", "res_id": bill.id}
            files = bill._to_files_data(self.env["ir.attachment"].create(vals))
            bill._extend_with_attachments(files, new)
        self.assertEqual(bill.invoice_line_ids.mapped("price_unit"), [42.0])

    def test_nobody_writes_it(self):
        bill = self._create_bill()
        for user in (self.contributor, self.finance, self.administrator):
            self.assertRefused(AccessError, "", bill.with_user(user).write, {"content_editor_id": self.outsider.id})
        self.assertRefused(AccessError, "by hand", bill.sudo().write, {"content_editor_id": self.outsider.id})
        self.assertRefused(AccessError, "by hand", self._create_bill, content_editor_id=self.outsider.id)
        forged = {"facturation_collab_reader": True, "default_content_editor_id": self.outsider.id}
        bill = self.env["account.move"].with_user(self.contributor).with_context(**forged)
        bill = bill.create(self._get_move_vals(department_id=self.marketing.id))
        self.assertEqual(bill.content_editor_id, self.contributor)

    def test_it_costs_at_most_one_query_when_somebody_else_comes(self):
        def count(user, vals):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            bill.with_user(user).invoice_line_ids.write(vals)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        bill = self._create_bill(self.finance)
        count(self.finance, {"price_unit": 800.0})
        for vals, more in (({"price_unit": 900.0}, 0), ({"name": "Other"}, 1)):
            same_person = count(self.finance, vals)
            bill.with_user(self.controller).invoice_line_ids.write({"name": "Changed", "price_unit": 800.0})
            self.assertLessEqual(count(self.finance, vals), same_person + more)
            self.assertEqual(bill.content_editor_id, self.finance)
