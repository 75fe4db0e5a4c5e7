"""Plain replies of customers and vendors to the mails that went out, through the gateway, from raw messages."""

from email.message import EmailMessage

from odoo.tests import tagged
from odoo.tools import mute_logger

from .portal_common import PDF, OutsideCase


@tagged("post_install", "-at_install")
class TestPortalReplies(OutsideCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.alias_domain_id = cls.env["mail.alias.domain"].sudo().create({"name": "ours.example"})
        cls.person = cls.clerk.partner_id

    def setUp(self):
        super().setUp()
        self.question = self.invoice._ask_from_outside(self.person, self.kind.id, "Is the price right?")
        self.question.with_user(self.manager).action_answer("It is, see the order.")
        self.mail = self._get_mails(self.question)

    def _get_mails(self, question):
        domain = [("model", "=", question._name), ("res_id", "=", question.id)]
        return self.env["mail.mail"].sudo().search([*domain, ("message_type", "=", "user_notification")], order="id")

    def _answer_mail(self, sender=None, text="Which order?", mail=None, files=(), **headers):
        """Reply to a mail that went out, as a mail program does; return the refusals that went back to the sender."""
        mail, sender = mail or self.mail, sender or self.person.email
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, mail.reply_to, f"Re: {mail.subject}"
        message["Message-Id"] = f"<{id(message)}.{len(text)}@theirs.example>"
        message["In-Reply-To"] = message["References"] = mail.message_id
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        message.set_content(f"{text}\n\nOn Mon, Jan 5, 2026 the company wrote:\n> It is, see the order.\n")
        for name, content in files:
            message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
        mails = self.env["mail.mail"].sudo()
        before = mails.search([])
        self.env["mail.thread"].sudo().message_process(None, message.as_bytes())
        self.env.invalidate_all()
        return (mails.search([("email_to", "=", sender)]) - before).mapped("body_html")

    def test_the_answer_is_replied_to_the_company_and_tells_nobody_outside_who_wrote_it(self):
        self.assertIn(f"<{self.company.catchall_email}>", self.mail.reply_to)
        self.assertNotIn("Manager", self.mail.reply_to)
        self.assertEqual(self.mail.author_id, self.company.partner_id)
        self.assertIn("Or reply to this e-mail", self.mail.body_html)

    def test_what_goes_out_is_forgotten_but_for_the_text_that_is_replied_to(self):
        message = self.mail.mail_message_id
        self.assertIn("/my/invoices/", self.mail.body_html)
        self.mail.unlink()
        self.assertTrue(message.exists())
        self.assertNotIn("href", message.body)
        self.assertNotIn(message, self.question.message_ids, "The thread holds the answer already.")

    def test_a_customers_reply_asks_again_and_reaches_whoever_answers(self):
        self.question._do_from_outside(self.person, "rate", rating="2")
        self.env["mail.notification"].sudo().search([]).unlink()
        self.assertFalse(self._answer_mail(files=[("proof.pdf", PDF), ("tool.exe", b"MZ")]))
        self.assertEqual((self.question.state, self.question.rating), ("open", False))
        reply = self.question.message_ids.sorted("id")[-1]
        self.assertEqual((reply.author_id, reply.message_type), (self.person, "email"))
        self.assertIn("Which order?", reply.body)
        self.assertEqual(self.question.outside_file_ids.mapped("name"), ["proof.pdf"])
        names = self._get_notified(self.question)
        self.assertEqual(names.count("Manager"), 1)
        self.assertNotIn(self.person.name, names)
        self.assertIn("Which order?", self.invoice.sudo().message_ids.sorted("id")[-1].body)

    def test_what_waits_for_an_answer_takes_a_remark(self):
        self._answer_mail()
        self._answer_mail(text="I mean that of March.")
        self.assertEqual(self.question.state, "open")
        self.assertIn("that of March", self.question.message_ids.sorted("id")[-1].body)

    def test_only_a_quote_asks_nothing_again(self):
        self._answer_mail(text="")
        self.assertEqual(self.question.state, "answered")

    def test_what_is_accepted_or_closed_is_asked_again(self):
        self.question._do_from_outside(self.person, "accept")
        self._answer_mail()
        self.assertEqual(self.question.state, "open")
        self.question.with_user(self.manager).action_close()
        self._answer_mail(text="Why is it closed?", mail=self._get_mails(self.question)[-1])
        self.assertEqual(self.question.state, "open")

    def test_a_shared_address_is_that_of_whoever_asked(self):
        self.env["res.partner"].sudo().create({"name": "Another", "email": self.person.email})
        self._answer_mail(f'"Somebody" <{self.person.email.upper()}>')
        self.assertEqual(self.question.message_ids.sorted("id")[-1].author_id, self.person)

    def test_others_are_refused_kindly_and_alike(self):
        count = len(self.question.message_ids)
        refusals = set()
        for sender in (self.stranger.email, "nobody@elsewhere.example", self.outsider.email):
            found = self._answer_mail(sender)
            self.assertEqual(len(found), 1, sender)
            refusals.update(found)
        self.assertEqual(len(refusals), 1)
        self.assertIn("takes no part in this conversation", refusals.pop())
        self.assertEqual((self.question.state, len(self.question.message_ids)), ("answered", count))

    def test_a_refusal_is_in_the_language_of_its_reader_and_answered_by_nobody(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.stranger.partner_id.lang = "fr_FR"
        self.assertIn("adresse", self._answer_mail(self.stranger.email)[0])
        refusal = self.env["mail.mail"].sudo().search([("email_to", "=", self.stranger.email)], limit=1)
        self.assertIn("loop-detection-bounce-email", refusal.references)

    def test_a_machine_is_neither_taken_nor_refused(self):
        count = len(self.question.message_ids)
        for headers in ({"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"Return_Path": "<>"}):
            for sender in (self.person.email, self.stranger.email):
                self.assertFalse(self._answer_mail(sender, "I am away.", **headers))
        self.assertEqual((self.question.state, len(self.question.message_ids)), ("answered", count))

    def test_what_is_internal_takes_no_reply_from_outside(self):
        internal = self.question.with_user(self.manager).message_post(body="Between us", subtype_xmlid="mail.mt_note")
        count = len(self.question.message_ids)
        for message in (internal, self.question.message_ids - internal):
            for one in message:
                with mute_logger("odoo.addons.mail.models.mail_thread"):
                    self._reply_to(one)
        self.assertEqual((self.question.state, len(self.question.message_ids)), ("answered", count))

    def _reply_to(self, message):
        mail = self.env["mail.mail"].sudo().new({"message_id": message.sudo().message_id, "reply_to": "x@ours.example"})
        return self._answer_mail(mail=mail)

    def test_what_is_withdrawn_or_not_taken_any_more_says_so(self):
        self.company.portal_question_access = "off"
        self.assertIn("not taken by e-mail", self._answer_mail()[0])
        self.company.portal_question_access = "login"
        self.question._do_from_outside(self.person, "withdraw")
        self.assertIn("was withdrawn", self._answer_mail()[-1])
        self.assertEqual(self.question.state, "withdrawn")

    def test_a_vendors_reply_to_the_link_is_the_answer(self):
        self.partner_a.email = "vendor@example.com"
        question = self._ask(self.contributor, partner_id=self.partner_a.id)
        mail = self._get_mails(question)
        self.assertNotIn("/invoice-question/", mail.mail_message_id.body)
        self._answer_mail(self.partner_a.email, "Order 12.", mail=mail)
        self.assertEqual((question.state, question.answer), ("answered", "Order 12."))
        self.assertEqual(question.answered_by, self.partner_a)
        self.assertIn("Contributor", self._get_notified(question))

    def test_a_vendors_question_on_a_bill_is_asked_again_by_a_reply(self):
        self.company.portal_bill_page = True
        bill = self._create_bill(partner_id=self.customer.id)
        question = bill._ask_from_outside(self.person, self.kind.id, "When is it paid?")
        question.with_user(self.manager).action_answer("Next week.")
        self._answer_mail(text="Which day?", mail=self._get_mails(question))
        self.assertEqual(question.state, "open")

    def test_without_an_address_for_replies_nothing_is_promised(self):
        self.company.alias_domain_id = False
        question = self.invoice._ask_from_outside(self.person, self.kind.id, "And the delivery?")
        question.with_user(self.manager).action_answer("Next week.")
        self.assertNotIn("Or reply to this e-mail", self._get_mails(question).body_html)
