"""Customers ask and dispute on the portal; whoever tries other ids, tokens or files gets nothing."""

import re
from unittest.mock import patch

from lxml import html

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .portal_common import PDF, PortalCase


@tagged("post_install", "-at_install")
class TestPortalQuestions(PortalCase):
    def test_a_customer_asks_and_accepts_the_answer(self):
        page = self._open(f"/my/invoices/{self.invoice.id}", self.clerk)
        self.assertIn(f"/my/invoices/{self.invoice.id}/ask", page.text)
        answer, question = self._ask_outside(files=[("files", ("C:\\tmp\\proof.exe", PDF))])
        self.assertEqual(answer.status_code, 303)
        self.assertEqual((question.origin, question.state), ("portal", "open"))
        self.assertEqual(question.asker_partner_id, self.clerk.partner_id)
        self.assertEqual(question.department_id, self.marketing)
        self.assertFalse(question.is_blocking, "Nobody outside holds up an approval.")
        self.assertEqual(question.outside_file_ids.mapped("name"), ["proof.exe.pdf"])
        self.assertEqual(question.outside_file_ids.mimetype, "application/pdf")
        self.assertIn("Manager", self._get_notified(question))
        path = f"/my/invoices/{self.invoice.id}/questions/{question.id}"
        self.assertIn("Being looked at", self._open(path, self.clerk).text)
        question.with_user(self.manager).action_answer("It is, see the order.")
        self.assertIn("It is, see the order.", self._open(path, self.clerk).text)
        self._send(path, self.clerk, operation="accept")
        self.assertEqual(question.state, "accepted")
        self._send(path, self.clerk, operation="rate", rating="4", text="Quick")
        self.assertEqual((question.rating, question.rating_comment), ("4", "Quick"))
        self._send(path, self.clerk, operation="reopen", text="Which order?")
        self.assertEqual((question.state, question.rating), ("open", False))
        self._send(path, self.clerk, operation="withdraw")
        self.assertEqual(question.state, "withdrawn")

    def test_a_customer_disputes_lines(self):
        line = self.invoice.invoice_line_ids.filtered(lambda line: line.name == "Delivery")
        _answer, question = self._ask_outside(dispute="1", scope="lines", line_ids=line.id)
        self.assertEqual((question.is_dispute, question.dispute_line_ids), (True, line))
        self.assertEqual(question.disputed_amount, 50.0)
        self.assertTrue(self.invoice.validation_is_disputed)
        self.assertIn(self.invoice, self.env["account.move"].search([("validation_is_disputed", "=", True)]))
        question.with_user(self.manager).action_answer("We look at it.")
        self.assertTrue(self.invoice.validation_is_disputed, "An answer is not the end of a dispute.")
        question._do_from_outside(self.clerk.partner_id, "accept")
        self.assertFalse(self.invoice.validation_is_disputed)

    def test_a_dispute_says_what_is_wrong_with_it(self):
        other = self._create_invoice().invoice_line_ids
        for data in (
            {"scope": "lines"},
            {"scope": "lines", "line_ids": other[0].id},
            {"scope": "amount", "amount": "151"},
            {"scope": "amount", "amount": "-1"},
            {"scope": "amount", "amount": "nan"},
            {"scope": "amount", "amount": "inf"},
            {"scope": "amount", "amount": "1e400"},
            {"scope": "amount", "amount": "much"},
            {"scope": "", "amount": ""},
        ):
            answer, question = self._ask_outside(dispute="1", **data)
            self.assertEqual((answer.status_code, len(question)), (422, 0), data)
            self.env["account.invoice.portal.call"].sudo().search([])._engine().unlink()
        _answer, question = self._ask_outside(dispute="1", scope="amount", amount="12,50")
        self.assertEqual(question.disputed_amount, 12.5)

    def test_a_dispute_stops_reminders_by_choice(self):
        invoice = self.invoice
        dispute = {"scope": "whole"}
        question = invoice._ask_from_outside(self.clerk.partner_id, self.kind.id, "Wrong", dispute=dispute)
        self.assertFalse(invoice.no_followup, "Not chosen.")
        question._do_from_outside(self.clerk.partner_id, "withdraw")
        self.company.dispute_stops_reminders = True
        question = invoice._ask_from_outside(self.clerk.partner_id, self.kind.id, "Wrong", dispute=dispute)
        self.assertTrue(invoice.no_followup)
        question._do_from_outside(self.clerk.partner_id, "withdraw")
        self.assertFalse(invoice.no_followup)
        invoice.no_followup = True
        question = invoice._ask_from_outside(self.clerk.partner_id, self.kind.id, "Wrong", dispute=dispute)
        question._do_from_outside(self.clerk.partner_id, "withdraw")
        self.assertTrue(invoice.no_followup, "What somebody set by hand stays.")

    def test_the_answer_goes_out_in_their_language_and_nothing_else_does(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.clerk.partner_id.lang = "fr_FR"
        _answer, question = self._ask_outside()
        with patch.object(type(self.env["mail.mail"]), "create", autospec=True) as create:
            question.with_user(self.manager).message_post(
                body="Between us", partner_ids=self.clerk.partner_id.ids, subtype_xmlid="mail.mt_comment"
            )
            for call in create.call_args_list:
                self.assertNotIn(self.clerk.partner_id.id, [id_ for _op, id_ in call.args[1].get("recipient_ids", [])])
        self.assertNotIn(self.clerk.partner_id.name, self._get_notified(question))
        with patch.object(type(question), "_notify_thread", autospec=True):
            before = self.env["mail.mail"].sudo().search([])
            question.with_user(self.manager).action_answer("C'est juste.")
            mail = self.env["mail.mail"].sudo().search([]) - before
        self.assertEqual(mail.recipient_ids, self.clerk.partner_id)
        self.assertIn("Votre question", mail.body_html)
        self.assertNotIn("access_token", mail.body_html)
        page = self._open(f"/my/invoices/{self.invoice.id}/questions/{question.id}", self.clerk)
        self.assertNotIn("Between us", page.text)
        self.assertNotIn("Manager", page.text)

    def test_nobody_here_accepts_for_a_customer(self):
        _answer, question = self._ask_outside()
        mine = question.with_user(self.manager)
        mine.action_answer("It is.")
        self.assertFalse(mine.can_accept)
        for action in (mine.action_accept, mine.action_withdraw):
            self.assertRefused(AccessError, "from outside, and alone accepts", action)
        mine.action_close()
        self.assertEqual(question.state, "closed")

    def test_an_email_from_inside_is_a_remark(self):
        _answer, question = self._ask_outside()
        self._reply(question, self.manager.email, "Do not tell them.")
        self.assertEqual((question.state, question.answer), ("open", False))

    # Strangers

    def test_whatever_is_not_theirs_is_not_found(self):
        _answer, question = self._ask_outside()
        other = self._create_invoice(partner_id=self.stranger.partner_id.id)
        token = self.invoice.access_token
        draft = self._create_invoice(post=False)
        paths = [
            f"/my/invoices/{self.invoice.id}/ask",
            f"/my/invoices/{self.invoice.id}/questions/{question.id}",
            f"/my/invoices/{other.id}/questions/{question.id}",
            f"/my/invoices/{other.id}/questions/999999",
            f"/my/invoices/{draft.id}/ask",
            f"/my/invoices/{draft.id}/ask?access_token={draft.access_token}",
            "/my/invoices/999999/ask",
            "/my/invoices/99999999999999/ask",
            f"/my/invoices/{self.invoice.id}/ask?access_token={token[:-1]}x",
            f"/my/invoices/{self.invoice.id}/ask?access_token=",
            f"/my/invoices/{self.invoice.id}/ask?access_token={other.access_token}",
            f"/my/invoices/{self.invoice.id}/ask?access_token={token}",
        ]
        pages = set()
        for user in (self.stranger, None):
            self.authenticate(user and user.login, user and user.login)
            found = paths if user else [path for path in paths if path[-1] != "=" and "token=" in path]
            for path in found:
                with mute_logger("odoo.http"):
                    page = self.url_open(path)
                self.assertEqual(page.status_code, 404, (path, user))
                pages.add(re.sub(r'csrf_token: ".*?"', "", page.text.replace(path, "")))
            self.assertEqual(len(pages), 1, "Every refusal looks the same.")
            self.assertEqual(self.env["account.validation.link.miss"].sudo().search_count([]), len(found))
            pages.clear()
            self.env["account.validation.link.miss"].sudo().search([])._engine().unlink()

    def test_the_page_tells_the_facts_one_by_one(self):
        line = self.invoice.sudo().invoice_line_ids.filtered(lambda line: line.name == "Delivery")
        _answer, question = self._ask_outside(dispute="1", scope="lines", line_ids=line.id)
        page = self._open(f"/my/invoices/{self.invoice.id}/questions/{question.id}", self.clerk)
        (facts,) = html.fromstring(page.text).find_class("o_question_facts")
        told = [" ".join(fact.text_content().split()) for fact in facts.xpath("dd")]
        self.assertEqual(told[:3], [self.invoice.name, self.kind.name, "Some lines Delivery"])
        self.assertIn("50.00", told[3])
        self.assertEqual(len(facts.xpath("dt")), len(told))

    def test_a_visitor_logs_in_first_whatever_there_is(self):
        _answer, question = self._ask_outside()
        path = f"/my/invoices/{self.invoice.id}/questions/{question.id}"
        for target in (path, path + "9", f"/my/invoices/999999/questions/{question.id}", f"{path}?access_token="):
            page = self._open(target, allow_redirects=False)
            self.assertEqual(page.status_code, 303, target)
            self.assertIn(f"/web/login?redirect={target.split('?')[0]}", page.headers["Location"])

    def test_a_file_opens_for_its_question_alone(self):
        _answer, question = self._ask_outside(files=[("files", ("a.pdf", PDF))])
        internal = (
            self.env["ir.attachment"]
            .sudo()
            .create({"name": "internal", "raw": PDF, "res_model": question._name, "res_id": question.id})
        )
        path = f"/my/invoices/{self.invoice.id}/questions/{question.id}/files"
        page = self._open(f"{path}/{question.outside_file_ids.id}", self.clerk)
        self.assertEqual((page.content, page.headers["Content-Type"]), (PDF, "application/pdf"))
        self.assertIn("attachment", page.headers["Content-Disposition"])
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open(f"{path}/{internal.id}").status_code, 404)
            page = self._open(f"{path}/{question.outside_file_ids.id}", self.stranger)
            self.assertEqual(page.status_code, 404)

    def test_a_link_asks_only_where_the_company_lets_it(self):
        token = self.invoice.access_token
        path = f"/my/invoices/{self.invoice.id}"
        page = self._open(f"{path}?access_token={token}")
        self.assertNotIn(f"{path}/ask", page.text)
        self.company.portal_question_access = "link"
        self.assertIn(f"{path}/ask", self.url_open(f"{path}?access_token={token}").text)
        self.authenticate(None, None)
        page = self.url_open(f"{path}/ask?access_token={token}").text
        csrf = page.split('name="csrf_token" value="')[1].split('"')[0]
        data = {"csrf_token": csrf, "kind_id": self.kind.id, "text": "Why?"}
        self.url_open(f"{path}/ask?access_token={token}", data=data)
        question = self.invoice.sudo().question_ids
        self.assertEqual((question.asker_partner_id, question.asked_by_link), (self.customer, True))
        self.assertIn(f"access_token={token}", question._get_outside_url())
        self.company.portal_question_access = "off"
        with mute_logger("odoo.http"):
            self.assertEqual(self._open(f"{path}/ask", self.clerk).status_code, 404)

    def test_a_post_needs_its_page(self):
        self.authenticate(self.clerk.login, self.clerk.login)
        path = f"/my/invoices/{self.invoice.id}/ask"
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open(path, data={"kind_id": self.kind.id, "text": "Why?"}).status_code, 400)
        self.assertFalse(self.invoice.sudo().question_ids)

    def test_files_are_checked(self):
        for files in (
            [("files", ("a.pdf", b"<script>alert(1)</script>"))],
            [("files", ("a.exe", b"MZ"))],
            [("files", (f"{number}.pdf", PDF)) for number in range(6)],
        ):
            answer, question = self._ask_outside(files=files)
            self.assertEqual((answer.status_code, len(question)), (422, 0))
        with self.assertRaisesRegex(UserError, "larger"):
            large = [("a.pdf", PDF + b"0" * 10 * 1024 * 1024)]
            self.invoice._ask_from_outside(self.clerk.partner_id, self.kind.id, "See", large)

    def test_only_offered_kinds_and_texts_are_taken(self):
        for data in (
            {"kind_id": self.plain_kind.id},
            {"kind_id": "x"},
            {"kind_id": "-1"},
            {"text": " \n"},
            {"text": ""},
        ):
            answer, question = self._ask_outside(**data)
            self.assertEqual((answer.status_code, len(question)), (422, 0), data)
        self.assertIn("Is the price right?", self._ask_outside(kind_id="")[0].text, "What was entered stays.")

    def test_files_in_the_place_of_texts_are_no_error(self):
        for name in ("text", "kind_id", "dispute", "operation", "access_token", "amount"):
            answer, _question = self._ask_outside(files=[(name, ("a.pdf", PDF))], **{name: ""})
            self.assertIn(answer.status_code, (303, 422), name)
            self.env["account.invoice.portal.call"].sudo().search([])._engine().unlink()

    def test_too_much_is_refused(self):
        calls = self.env["account.invoice.portal.call"]
        with patch.object(type(calls), "_limits", {"partner_id": 2}):
            for code in (303, 303, 422):
                self.assertEqual(self._ask_outside()[0].status_code, code)
        self.assertEqual(len(calls.sudo().search([])), 2)
        person = self.clerk.partner_id
        for _number in range(3):
            self.invoice._ask_from_outside(person, self.kind.id, "Again?")
        with self.assertRaisesRegex(UserError, "5 open questions"):
            self.invoice._ask_from_outside(person, self.kind.id, "Again?")

    def test_operations_follow_the_state(self):
        _answer, question = self._ask_outside()
        path = f"/my/invoices/{self.invoice.id}/questions/{question.id}"
        for operation in ("accept", "reopen", "rate", "answer", "action_close", ""):
            answer = self._send(path, self.clerk, operation=operation, text="x", rating="5")
            self.assertEqual((answer.status_code, question.state), (422, "open"), operation)

    def test_portal_users_have_no_right_on_questions(self):
        _answer, question = self._ask_outside()
        for user in (self.clerk, self.stranger):
            for model in ("account.invoice.question", "account.invoice.question.kind", "account.invoice.portal.call"):
                self.assertFalse(self.env[model].with_user(user).has_access("read"), model)
        call = self.env["account.invoice.portal.call"].sudo().search([], limit=1)
        self.assertRefused(AccessError, "by hand", call.unlink)
        for user in (self.manager, self.finance, self.administrator):
            self.assertFalse(call.with_user(user).has_access("read"))
        messages = self.env["mail.message"].with_user(self.stranger)
        self.assertFalse(messages.search([("id", "in", question.message_ids.ids)]))
