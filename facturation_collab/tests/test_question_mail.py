"""Answers by e-mail, through the gateway, from raw messages; and by a link."""

import base64
from email.message import EmailMessage
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.misc import hash_sign

from ..models.account_invoice_question_link import SCOPE
from .question_common import QuestionCase

PDF = b"%PDF-1.4\nbill"


@tagged("post_install", "-at_install")
class TestQuestionMail(QuestionCase):
    def setUp(self):
        super().setUp()
        self._submit(self.bill)
        self.question = self._ask(self.manager, user_id=self.contributor.id)

    def test_a_reply_answers_and_the_step_goes_on(self):
        text = "It is right.\r\n\r\nOn Mon, Jan 5, 2026 Manager wrote:\r\n> Is the price right?\r\n"
        self._reply(self.question, self.contributor.email, text)
        self.assertEqual(self.question.state, "answered")
        self.assertEqual(self.question.answer, "It is right.")
        self.assertEqual(self.question.answered_by, self.contributor.partner_id)
        self.assertIn("Manager", self._get_notified(self.question))
        self._approve(self.bill, self.manager)

    def test_a_machine_answers_nothing(self):
        count = len(self.question.message_ids)
        for header in ("Auto-Submitted: auto-replied", "Precedence: bulk", "X-Autoreply: yes"):
            self._reply(self.question, self.contributor.email, "I am away.", f"{header}\r\n")
        self.assertEqual((self.question.state, len(self.question.message_ids)), ("open", count))

    def test_a_stranger_answers_nothing(self):
        count = len(self.question.message_ids)
        for sender in (self.outsider.email, "nobody@example.com", "", '"Contributor" <x@example.com>'):
            self._reply(self.question, sender, "It is right.")
        self.assertEqual((self.question.state, len(self.question.message_ids)), ("open", count))

    def test_a_reader_who_is_not_asked_writes_a_remark(self):
        self._reply(self.question, self.reader.email, "I think so.")
        self.assertEqual(self.question.state, "open")
        self.assertIn("I think so.", self.question.message_ids.sorted("id")[-1].body)

    def test_what_is_closed_is_not_answered(self):
        self.question.with_user(self.manager).action_withdraw()
        self._reply(self.question, self.contributor.email)
        self.assertEqual((self.question.state, self.question.answer), ("withdrawn", False))

    def test_only_a_quote_is_no_answer(self):
        self._reply(self.question, self.contributor.email, "> Is the price right?\r\n")
        self.assertEqual(self.question.state, "open")

    # ---- a new e-mail asks

    def _send_new(self, sender, subject, text="Which order is it?", headers="", files=()):
        """Send an e-mail to the alias of questions; return the questions that it asked."""
        self.company.alias_domain_id = self.company.alias_domain_id or self.env["mail.alias.domain"].create(
            {"name": "example.com"}
        )
        alias = self.env.ref("facturation_collab.mail_alias_questions").sudo()
        alias.alias_domain_id = self.company.alias_domain_id
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, alias.alias_full_name, subject
        message["Message-Id"] = f"<new-{len(subject)}-{id(message)}@example.com>"
        for header in filter(None, headers.split("\n")):
            name, value = header.split(": ")
            message[name] = value
        message.set_content(text)
        for name, content in files:
            message.add_attachment(content, maintype="application", subtype="pdf", filename=name)
        questions = self.env["account.invoice.question"].sudo()
        before = questions.search([])
        self.env["mail.thread"].message_process(None, message.as_bytes())
        return questions.search([]) - before

    def _get_bounces(self, sender):
        return self.env["mail.mail"].sudo().search([("email_to", "=", sender)]).mapped("body_html")

    def test_a_new_mail_asks_about_the_invoice_of_its_subject(self):
        bill = self._create_bill(ref="V-2026-77")
        question = self._send_new(self.reader.email, "Re: V-2026-77: which order", files=[("order.pdf", PDF)])
        values = {"move_id": bill.id, "asker_id": self.reader.id, "name": "Which order is it?", "state": "open"}
        self.assertRecordValues(question, [values])
        self.assertEqual(question.kind_id, self.env.ref("facturation_collab.account_invoice_question_kind_other"))
        self.assertEqual(question.message_ids.attachment_ids.mapped("name"), ["order.pdf"])
        self.assertEqual(len(question.message_ids), 1)

    def test_a_new_mail_that_names_no_readable_invoice_is_answered_alike(self):
        hidden = self._create_move(department=self.logistics, ref="HIDDEN-1")
        twice = self._create_bill(ref="TWICE-1") | self._create_bill(ref="TWICE-1")
        for subject in ("HIDDEN-1", "NOTHING-1", "TWICE-1", ""):
            self.assertFalse(self._send_new(self.reader.email, subject), subject)
        bounces = self._get_bounces(self.reader.email)
        self.assertEqual((len(bounces), len(set(bounces))), (4, 1))
        self.assertIn("Write the number or the reference", bounces[0])
        self.assertFalse((hidden | twice).sudo().question_ids)

    def test_a_new_mail_of_a_machine_or_a_stranger_asks_nothing(self):
        self._create_bill(ref="V-2026-77")
        portal = new_test_user(self.env, "q_portal", groups="base.group_portal", email="q_portal@example.com")
        self.assertFalse(self._send_new(self.reader.email, "V-2026-77", headers="Auto-Submitted: auto-replied"))
        self.assertFalse(self._send_new("nobody@elsewhere.example", "V-2026-77"))
        self.assertFalse(self._send_new(portal.email, "V-2026-77"))
        self.assertFalse(self._send_new(self.outsider.email, "V-2026-77"))
        self.assertFalse(self._send_new(self.reader.email, "V-2026-77", text="> only a quote"))

    def test_other_encodings_are_read(self):
        self._reply(self.question, self.contributor.email, "Payé à l’été, réglé.", encoding="utf-8")
        self.assertEqual(self.question.answer, "Payé à l’été, réglé.")
        self._reply(self.question, self.contributor.email, "Déjà réglé", encoding="iso-8859-1")
        self.assertEqual(self.question.answer, "Déjà réglé")

    def test_html_is_read_without_what_it_quotes(self):
        text = "<p>It is <b>right</b>.</p><div class='gmail_quote'>On Monday<blockquote>Is it?</blockquote></div>"
        self._reply(self.question, self.contributor.email, text, content_type="text/html")
        self.assertEqual(self.question.answer, "It is *right*.")

    def test_a_large_file_comes_along(self):
        content = base64.b64encode(PDF + b"0" * 10 * 1024 * 1024).decode()
        text = (
            "--B\r\nContent-Type: text/plain\r\n\r\nSee the order.\r\n"
            "--B\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
            f"Content-Disposition: attachment; filename=order.pdf\r\n\r\n{content}\r\n--B--\r\n"
        )
        self._reply(self.question, self.contributor.email, text, content_type="multipart/mixed; boundary=B")
        self.assertEqual(self.question.answer, "See the order.")
        self.assertEqual(self.question.message_ids.attachment_ids.mapped("name"), ["order.pdf"])

    def test_a_loop_ends(self):
        parent = self.question.message_ids.sorted("id")[-1]
        count = len(self.question.message_ids)
        raw = (
            f"From: {self.contributor.email}\r\nTo: catchall@example.com\r\nSubject: Re: Question\r\n"
            f"Message-Id: {parent.message_id}\r\nIn-Reply-To: {parent.message_id}\r\n\r\nLoop"
        )
        self.env["mail.thread"].sudo().message_process(None, raw)
        self._reply(self.question, self.contributor.email, "Loop", "Auto-Submitted: auto-generated\r\n")
        self.env.invalidate_all()
        self.assertEqual((self.question.state, len(self.question.message_ids)), ("open", count))


@tagged("post_install", "-at_install")
class TestQuestionLink(QuestionCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.partner_a.email = "partner@example.com"
        self.question = self._ask(self.contributor, partner_id=self.partner_a.id)
        self.url = f"/invoice-question/{self._get_token(self.question)}"

    def _get_token(self, question, **changes):
        values = {"id": question.id, "partner": question.partner_id.id, "key": question.link_key, **changes}
        return hash_sign(self.env, SCOPE, list(values.values()), expiration_hours=1)

    def _post(self, **data):
        page = self.url_open(self.url)
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        return self.url_open(self.url, data={"csrf_token": token, **data}, files=self.files or None)

    files = ()

    def test_a_get_shows_the_question_and_changes_nothing(self):
        page = self.url_open(self.url)
        self.assertEqual(page.status_code, 200)
        self.assertIn("Is the price right?", page.text)
        self.assertNotIn("1,000", page.text)
        self.assertEqual(self.question.state, "open")

    def test_the_person_of_the_link_answers_once(self):
        page = self._post(answer="It is.")
        self.assertIn("your answer is recorded", page.text)
        self.env.invalidate_all()
        self.assertEqual((self.question.state, self.question.answered_by), ("answered", self.partner_a))
        self.assertNotIn(self.partner_a.name, self._get_notified(self.question))
        self.assertIn("Contributor", self._get_notified(self.question))

    def test_a_post_needs_its_page(self):
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open(self.url, data={"answer": "It is."}).status_code, 400)

    def test_other_links_lead_nowhere(self):
        self.partner_b.email = "other@example.com"
        other = self._ask(self.contributor, partner_id=self.partner_b.id, text="Other?")
        tokens = [self._get_token(self.question, key="guess"), self._get_token(self.question, partner=1), "abc", "é"]
        tokens.append(self._get_token(self.question, id=other.id))
        for token in tokens:
            self.assertEqual(self.url_open(f"/invoice-question/{token}").status_code, 404, token)

    def test_files_are_checked(self):
        for files in ([("a.exe", b"MZ")], [("a.pdf", PDF)] * 6, [("a.pdf", PDF + b"0" * 11 * 1024 * 1024)]):
            with self.assertRaises(UserError):
                self.question._answer_by_link("See the file.", files)
        self.question._answer_by_link("See the file.", [("a.pdf", PDF)])
        self.assertEqual(self.question.message_ids.attachment_ids.mapped("name"), ["a.pdf"])

    def test_the_mail_goes_to_the_person_alone(self):
        with patch.object(
            type(self.env["mail.mail"]), "create", autospec=True, side_effect=AssertionError("sent")
        ) as create:
            with self.assertRaises(AssertionError):
                self._ask(self.contributor, partner_id=self.partner_a.id)
        vals = create.call_args.args[1]
        self.assertEqual(vals["recipient_ids"], [(4, self.partner_a.id)])
        self.assertTrue(vals["auto_delete"])
        self.assertIn("/invoice-question/", vals["body_html"])
