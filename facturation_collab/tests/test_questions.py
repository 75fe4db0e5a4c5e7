"""Questions on an invoice: who may ask, answer and settle, and what an open one holds."""

import doctest
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import SQL

from .. import questions
from .question_common import QuestionCase


@tagged("post_install", "-at_install")
class TestQuestions(QuestionCase):
    def test_whoever_may_read_asks_and_whoever_is_asked_answers(self):
        question = self._ask(self.reader, user_id=self.contributor.id)
        self.assertEqual((question.state, question.asker_id, question.move_id), ("open", self.reader, self.bill))
        self.assertIn(question, question.with_user(self.contributor).search([("user_id", "=", self.contributor.id)]))
        question.with_user(self.contributor).action_answer("Yes, see the order.")
        self.assertEqual((question.state, question.answered_by), ("answered", self.contributor.partner_id))
        question.with_user(self.reader).action_reopen("Which order?")
        self.assertEqual(question.state, "open")
        question.with_user(self.contributor).action_answer("Order 12.")
        question.with_user(self.reader).action_accept()
        self.assertEqual((question.state, question.answer), ("accepted", "Order 12."))

    def test_others_neither_answer_nor_settle(self):
        question = self._ask(self.reader, user_id=self.contributor.id)
        with self.assertRaisesRegex(AccessError, "waits for Contributor"):
            question.with_user(self.finance).action_answer("Yes.")
        for action in ("action_accept", "action_close", "action_withdraw"):
            with self.assertRaisesRegex(AccessError, "Only Reader"):
                getattr(question.with_user(self.contributor), action)()
        with self.assertRaises(AccessError):
            question.with_user(self.outsider).action_answer("Yes.")
        question.with_user(self.manager).action_close()
        self.assertEqual(question.state, "closed", "A manager of the asker's department settles it.")

    def test_states_follow_the_table(self):
        question = self._ask(user_id=self.contributor.id)
        with self.assertRaisesRegex(UserError, "in the state “Open”"):
            question.with_user(self.manager).action_accept()
        question.with_user(self.manager).action_withdraw()
        with self.assertRaisesRegex(UserError, "in the state “Withdrawn”"):
            question.with_user(self.manager).action_reopen("Again?")

    def test_nobody_writes_a_question_by_hand(self):
        question = self._ask(user_id=self.contributor.id)
        for user in (self.manager, self.finance, self.administrator):
            own = question.with_user(user).sudo()
            for function in (own.unlink, own.copy):
                self.assertRefused(AccessError, "", function)
            self.assertRefused(AccessError, "by hand", own.write, {"state": "accepted"})
            self.assertRefused(AccessError, "by hand", own.create, {"move_id": self.bill.id})
            self.assertRefused(AccessError, "", question.with_user(user).write, {"state": "accepted"})

    def test_a_stranger_is_not_asked_and_cannot_ask(self):
        with self.assertRaisesRegex(UserError, "may not read this invoice"):
            self._ask(self.contributor, user_id=self.outsider.id)
        buyers = self._create_department("Buyers")
        self._give_role(self.outsider, buyers, "reader")
        with self.assertRaisesRegex(UserError, "Nobody of the department Buyers"):
            self._ask(self.contributor, department_id=buyers.id)
        with self.assertRaises(AccessError):
            self._ask(self.outsider)

    def test_whoever_decides_opens_the_invoice_to_whom_they_ask(self):
        self._submit(self.bill)
        self._ask(self.manager, user_id=self.outsider.id)
        self.assertTrue(self.bill.with_user(self.outsider).has_access("read"))

    def test_a_stranger_learns_nothing(self):
        question = self._ask(user_id=self.contributor.id)
        model = self.env["account.invoice.question"].with_user(self.outsider)
        self.assertFalse(model.search([]))
        self.assertFalse(model.search_count([("name", "ilike", "price")]))
        self.assertFalse(question.with_user(self.outsider).has_access("read"))
        self.assertFalse(
            self.env["mail.message"].with_user(self.outsider).search([("id", "in", question.message_ids.ids)])
        )

    def test_a_confidential_invoice_keeps_its_questions(self):
        question = self._ask(user_id=self.contributor.id)
        self.assertTrue(question.with_user(self.finance).has_access("read"))
        self.marketing.with_user(self.administrator).is_confidential = True
        for user in (self.finance, self.administrator, self.outsider):
            self.assertFalse(question.with_user(user).has_access("read"), user.name)
        self.assertTrue(question.with_user(self.auditor).has_access("read"))
        with self.assertRaisesRegex(UserError, "nobody outside"):
            self._ask(partner_id=self.partner_a.id)

    def test_other_companies_keep_their_questions_and_kinds(self):
        other = (
            self.company_data_2["company"] if hasattr(self, "company_data_2") else self.setup_other_company()["company"]
        )
        kind = self.kind.copy({"company_id": other.id, "code": "other"})
        self.assertFalse(kind.with_user(self.finance).has_access("read"))
        question = self._ask(user_id=self.contributor.id)
        self.finance.write({"company_ids": [Command.link(other.id)]})
        found = question.with_user(self.finance).with_context(allowed_company_ids=other.ids)
        self.assertFalse(found.search([("id", "=", question.id)]))

    def test_kinds_are_for_administrators(self):
        for user in (self.reader, self.finance):
            self.assertRefused(AccessError, "", self.kind.with_user(user).write, {"name": "Mine"})
            self.assertRefused(AccessError, "", self.kind.with_user(user).create, {"name": "Mine", "code": "mine"})
            self.assertRefused(AccessError, "", self.plain_kind.with_user(user).unlink)
        self.kind.with_user(self.administrator).name = "Price of the order"

    def test_a_dialog_is_its_own_persons(self):
        action = self.bill.with_user(self.reader).action_open_question_dialog()
        dialogs = self.env["account.invoice.question.dialog"].with_context(**action["context"])
        dialog = dialogs.with_user(self.reader).create({"kind_id": self.kind.id, "text": "Is it right?"})
        self.assertFalse(dialog.with_user(self.manager).has_access("read"))
        dialog.action_confirm()
        self.assertEqual(self.bill.sudo().question_ids.name, "Is it right?")
        self.assertRefused(AccessError, "", dialog.with_user(self.reader).unlink)

    def test_a_kind_sends_to_its_department_only_if_it_may_read(self):
        buyers = self._create_department("Buyers")
        self._give_role(self.outsider, buyers, "reader")
        self.plain_kind.department_id = buyers
        self.assertEqual(self._ask(kind=self.plain_kind).department_id, self.marketing)
        self._give_role(self.outsider, self.marketing, "reader")
        self.assertEqual(self._ask(kind=self.plain_kind).department_id, buyers)

    # Holding

    def test_an_open_question_holds_the_approval_and_nothing_else(self):
        self._submit(self.bill)
        question = self._ask(self.manager, user_id=self.contributor.id)
        self.assertEqual(question.step_id.name, "Manager")
        with self.assertRaisesRegex(UserError, r"“Is the price right\?” is not answered yet: Contributor has it"):
            self._approve(self.bill, self.manager)
        question.with_user(self.contributor).action_answer("It is.")
        self._approve(self.bill, self.manager)
        self.assertEqual(self.bill.validation_waiting_user_ids, self.controller)

    def test_a_held_invoice_is_returned_or_rejected(self):
        for outcome in ("action_return", "action_reject"):
            bill = self._create_bill()
            self._submit(bill)
            self._ask(self.manager, bill, user_id=self.contributor.id)
            getattr(bill.with_user(self.manager), outcome)("No.")
            self.assertIn(bill.validation_state, ("returned", "rejected"))

    def test_a_question_from_aside_holds_every_open_level(self):
        self._submit(self.bill)
        question = self._ask(self.reader, user_id=self.contributor.id)
        self.assertFalse(question.step_id)
        with self.assertRaisesRegex(UserError, "not answered yet"):
            self._approve(self.bill, self.manager)
        question.with_user(self.reader).action_withdraw()
        self._approve(self.bill, self.manager)

    def test_a_plain_question_holds_nothing(self):
        self._submit(self.bill)
        self._ask(user_id=self.contributor.id, kind=self.plain_kind)
        self._approve(self.bill, self.manager)

    def test_a_pausing_question_gives_the_hours_back(self):
        self.policy.level_ids.deadline_hours = 8
        with freeze_time("2026-03-02 09:00:00"):  # a Monday
            self._submit(self.bill)
            step = self.bill.sudo().validation_request_id.step_ids.filtered(lambda step: step.state == "open")
            deadline = step.deadline
            self.assertTrue(deadline)
            question = self._ask(self.manager, user_id=self.contributor.id)
            self.assertFalse(step.deadline)
            self.assertFalse(self.bill.validation_deadline)
            panel = self.bill.with_user(self.manager).validation_panel
            self.assertIn("paused since", panel["steps"][0]["reason"])
        with freeze_time("2026-03-04 09:00:00"):
            question.with_user(self.contributor).action_answer("It is.")
            self.assertEqual((step.deadline - deadline).days, 2)
            self.assertEqual(self.bill.validation_deadline, step.deadline)
            self.assertFalse(step.paused)

    def test_without_questions_nothing_is_read_of_them(self):
        bills = self._create_bill() + self._create_bill()
        self._submit(bills + self.bill)
        self._ask(self.manager, user_id=self.contributor.id)
        self.env.flush_all()
        self.env.invalidate_all()
        with patch.object(type(self.env["account.invoice.question"]), "_search", side_effect=LookupError):
            self._approve(bills, self.manager)
            with self.assertRaises(LookupError):
                self._approve(self.bill, self.manager)

    def test_inboxes_read_the_rows_that_are_open(self):
        people = (self.contributor.id, self.marketing.id, self.reader.id)
        self.env.cr.execute(
            """
            INSERT INTO account_invoice_question
                   (move_id, company_id, kind_id, name, origin, state, user_id, department_id, asker_id, deadline)
            SELECT %s, %s, %s, 'Old', 'internal', CASE WHEN n %% 1000 = 0 THEN 'open' ELSE 'closed' END,
                   CASE n %% 3 WHEN 0 THEN %s END, CASE n %% 3 WHEN 1 THEN %s END, %s, now()
              FROM generate_series(1, 20000) n
            """,
            [self.bill.id, self.company.id, self.kind.id, *people],
        )
        self.env.cr.execute("ANALYZE account_invoice_question")
        for domain in (
            [("user_id", "=", self.contributor.id), ("state", "=", "open")],
            [("department_id", "=", self.marketing.id), ("state", "=", "open")],
            [("asker_id", "=", self.reader.id), ("state", "in", ("open", "answered"))],
        ):
            query = self.env["account.invoice.question"].sudo()._search(domain, order="id")
            plan = " ".join(line for (line,) in self.env.execute_query(SQL("EXPLAIN %s", query.select())))
            self.assertRegex(plan, "account_invoice_question_(open_user|open_department|open_late|unsettled_asker)")
            self.assertNotIn("Seq Scan", plan)

    def test_asking_on_many_costs_as_much_as_on_some(self):
        sizes = (10, 50)
        bills = [self._create_bill() for _number in range(sum(sizes))]
        for number in range(10):
            self._create_user(f"many_{number}", self.marketing, "reader")
        self._submit(self.env["account.move"].union(*bills))
        named = {"user": self.reader, "user_id": self.contributor.id}
        for name, params in {
            "one colleague": named,
            "a department": {"user": self.reader, "department_id": self.marketing.id},
            "whoever the kind says": {"user": self.reader},
            "at a level, which is paused": {**named, "user": self.manager},
            "a stranger, who takes part from then on": {"user": self.manager, "user_id": self.outsider.id},
        }.items():
            with self.subTest(name):
                some, many = bills[: sizes[0]], bills[sizes[0] :]
                counts = [self._count_asking(self.env["account.move"].union(*part), **params) for part in (some, many)]
                self.assertLessEqual(counts[1], counts[0] + 5, counts)

    def test_asking_on_many_that_nobody_has_costs_as_much_as_on_some(self):
        bills = [self._create_bill() for _number in range(60)]
        moves = self.env["account.move"].union(*bills).sudo()
        moves.department_id = False
        counts = [self._count_asking(part, self.finance) for part in (moves[:10], moves[10:])]
        self.assertLessEqual(counts[1], counts[0] + 5, counts)

    def _count_asking(self, moves, user, **params):
        """Return how many queries asking on these invoices takes, with nothing read before."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        moves.with_user(user).action_ask(self.kind.id, "Is the price right?", **params)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    # Being late, correcting

    def test_late_answers_are_told_to_managers_once(self):
        with freeze_time("2026-03-02 09:00:00"):
            question = self._ask(self.reader, user_id=self.contributor.id)
            self.assertTrue(question.deadline)
        with freeze_time("2026-03-09 09:00:00"):
            for _time in range(2):
                with patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=100):
                    self.env["account.invoice.question"]._cron_escalate()
        self.assertTrue(question.escalated_at)
        self.assertEqual(self._get_notified(question).count("Manager"), 1)
        self.assertNotIn("Outsider", self._get_notified(question))

    def test_a_correction_is_applied_by_whoever_holds_the_draft(self):
        line = self.bill.invoice_line_ids
        correction = {"field": "price_unit", "value": 900.0}
        question = self._ask(self.reader, user_id=self.contributor.id, line_id=line.id, correction=correction)
        question = question.with_user(self.contributor)
        self.assertEqual(question.correction_text, "Unit Price: 1,000.00 → 900.00")
        french = question.with_context(lang="fr_FR").correction_text
        self.assertRegex(french, r"1\s000,00 → 900,00")
        with self.assertRaisesRegex(UserError, "may not edit"):
            question.with_user(self.reader).action_apply_correction()
        question.with_user(self.contributor).action_apply_correction()
        self.assertEqual((line.price_unit, self.bill.amount_total), (900.0, 900.0))

    def _open_dialog(self, records, user):
        context = records.with_user(user).action_open_question_dialog()["context"]
        form = Form(self.env["account.invoice.question.dialog"].with_user(user).with_context(**context))
        form.kind_id = self.kind.with_user(user)
        form.text = "Is it right?"
        form.user_id = self.contributor.with_user(user)
        return form

    def test_the_dialog_proposes_a_correction_of_a_line(self):
        form = self._open_dialog(self.bill.invoice_line_ids, self.reader)
        form.line_correction = "price_unit"
        form.new_number = 850.0
        form.save().action_confirm()
        question = self.bill.sudo().question_ids
        self.assertEqual(question.line_id, self.bill.invoice_line_ids)
        question.with_user(self.contributor).action_apply_correction()
        self.assertEqual(self.bill.amount_total, 850.0)

    def test_the_dialog_proposes_a_correction_of_the_invoice(self):
        for name, value_field, value, read in (
            ("ref", "new_text", "B-77", "B-77"),
            ("invoice_date_due", "new_date", "2027-01-31", fields.Date.to_date("2027-01-31")),
            ("partner_id", "new_partner_id", self.partner_b, self.partner_b),
        ):
            with self.subTest(name):
                form = self._open_dialog(self.bill, self.reader)
                form.move_correction = name
                with self.assertRaisesRegex(AssertionError, f"{value_field} is a required field"):
                    form.save()
                form[value_field] = value.with_user(self.reader) if name == "partner_id" else value
                form.save().action_confirm()
                question = self.bill.sudo().question_ids.sorted("id")[-1]
                question.with_user(self.contributor).action_apply_correction()
                self.assertEqual(self.bill[name], read)

    def test_a_correction_without_a_value_or_on_several_invoices_is_refused(self):
        other = self._create_bill()
        dialogs = self.env["account.invoice.question.dialog"].with_user(self.reader)
        vals = {"kind_id": self.kind.id, "text": "Which?", "move_correction": "ref"}
        with self.assertRaisesRegex(UserError, "Say what the right value is"):
            dialogs.create({**vals, "move_ids": self.bill.ids}).action_confirm()
        with self.assertRaisesRegex(UserError, "proposed on one invoice"):
            dialogs.create({**vals, "move_ids": (self.bill | other).ids, "new_text": "x"}).action_confirm()
        self.assertFalse((self.bill | other).sudo().question_ids)

    def test_a_line_is_asked_about_by_whoever_may_read_it(self):
        with self.assertRaises(AccessError):
            self.bill.invoice_line_ids.with_user(self.outsider).action_open_question_dialog()

    def test_a_correction_is_stale_once_the_value_changed(self):
        correction = {"field": "ref", "value": "B-12"}
        question = self._ask(self.reader, user_id=self.contributor.id, correction=correction)
        self.bill.with_user(self.contributor).ref = "B-13"
        with self.assertRaisesRegex(UserError, "was changed since"):
            question.with_user(self.contributor).action_apply_correction()
        self.assertEqual(self.bill.ref, "B-13")

    def test_only_what_is_listed_is_corrected(self):
        for correction in (
            {"field": "state", "value": "posted"},
            {"field": "validation_state", "value": "approved"},
            {"field": "ref", "value": 12},
            {"field": "invoice_date", "value": "yesterday"},
            {"field": "ref"},
            "ref",
        ):
            with self.assertRaises(UserError):
                self._ask(self.reader, correction=correction)

    # People

    def test_each_is_told_once_and_only_who_may_read(self):
        question = self._ask(self.reader, department_id=self.marketing.id)
        names = self._get_notified(question)
        self.assertEqual(len(names), len(set(names)))
        self.assertIn("Contributor", names)
        self.assertNotIn("Outsider", names)
        question.message_subscribe((self.outsider.partner_id | self.partner_a).ids)
        question.with_user(self.manager).message_post(
            body="To all", subtype_xmlid="mail.mt_comment", partner_ids=self.outsider.partner_id.ids
        )
        names = self._get_notified(question)
        self.assertNotIn("Outsider", names)
        self.assertNotIn(self.partner_a.name, names)

    def test_only_new_files_of_ones_own_go_along(self):
        vals = {"name": "secret.txt", "raw": b"secret"}
        foreign = self.env["ir.attachment"].with_user(self.manager).create(vals)
        bound = self.env["ir.attachment"].sudo().create({**vals, "res_model": "account.move", "res_id": self.bill.id})
        for attachment in (foreign, bound):
            with self.assertRaisesRegex(AccessError, "just added"):
                self._ask(self.reader, attachment_ids=attachment.ids)
        own = self.env["ir.attachment"].with_user(self.reader).create(vals)
        question = self._ask(self.reader, attachment_ids=own.ids)
        self.assertEqual(question.message_ids.attachment_ids, own.sudo())
        self.assertTrue(own.with_user(self.contributor).has_access("read"))
        self.assertFalse(own.with_user(self.outsider).has_access("read"))

    def test_a_message_that_a_client_calls_an_email_answers_nothing(self):
        question = self._ask(self.manager, user_id=self.contributor.id)
        author = self.contributor.partner_id
        posting = question.with_user(self.reader).with_context(facturation_collab_mail_gateway=True)
        posting.message_post(body="It is right.", message_type="email", author_id=author.id)
        self.assertEqual((question.state, question.answer), ("open", False))

    def test_followers_of_a_question_are_told_to_its_readers(self):
        question = self._ask(self.reader, user_id=self.contributor.id)
        question.message_subscribe(self.reader.partner_id.ids)
        domain = [("res_model", "=", question._name), ("res_id", "=", question.id)]
        followers = self.env["mail.followers"]
        self.assertFalse(followers.with_user(self.outsider).search(domain))
        self.assertTrue(followers.with_user(self.contributor).search(domain))

    def test_a_department_is_mentioned_by_its_readers(self):
        self.marketing.is_mentionable = True
        role = self.marketing.mention_role_id
        self.assertEqual(role.name, "Marketing")
        self.assertIn(self.contributor, role.user_ids)
        newcomer = self._create_user("newcomer", self.marketing, "reader")
        self.assertIn(newcomer, role.user_ids)
        self.marketing.is_mentionable = False
        self.assertFalse(role.exists())

    def test_a_mention_on_an_invoice_reaches_only_its_readers(self):
        bill = self._create_move(department=self.logistics)
        self.marketing.is_mentionable = True
        partners = self.marketing.mention_role_id.user_ids.partner_id | self.outsider.partner_id
        message = bill.with_user(self.finance).message_post(
            body="To all of Marketing", subtype_xmlid="mail.mt_note", partner_ids=partners.ids
        )
        told = self.env["mail.notification"].sudo().search([("mail_message_id", "=", message.id)]).res_partner_id
        self.assertEqual(told, (self.outsider | self.director).partner_id, "Those of Logistics, and its director.")

    def test_the_invoice_tells_of_its_questions_in_order(self):
        before = self.bill.sudo().message_ids
        question = self._ask(self.reader, user_id=self.contributor.id)
        question.with_user(self.contributor).action_answer("It is.")
        notes = (self.bill.sudo().message_ids - before).sorted("id").mapped("body")
        self.assertEqual(len(notes), 2)
        self.assertIn("Question to Contributor", notes[0])
        self.assertIn("It is.", notes[1])

    def test_the_pure_rules_hold(self):
        result = doctest.testmod(questions)
        self.assertGreater(result.attempted, 6)
        self.assertEqual(result.failed, 0)
        self.assertEqual(
            {state for states in questions.TRANSITIONS.values() for state in states} | {"open"},
            set(dict(self.env["account.invoice.question"]._fields["state"].selection)),
        )
