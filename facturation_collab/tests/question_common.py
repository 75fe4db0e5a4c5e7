from odoo import fields

from .validation_common import ValidationCase


class QuestionCase(ValidationCase):
    """A bill of Marketing that waits for its manager, and a kind of question that holds it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in (cls.contributor, cls.manager, cls.reader, cls.outsider, cls.finance, cls.director):
            user.partner_id.email = f"{user.login}@example.com"
            user.notification_type = "email"
        kinds = cls.env["account.invoice.question.kind"].sudo()
        cls.kind = kinds.create({"name": "Test price", "code": "test_price", "is_blocking": True, "deadline_hours": 8})
        cls.plain_kind = kinds.create({"name": "Test other", "code": "test_other"})
        cls.bill = cls._create_bill()

    def _ask(self, user=None, moves=None, text="Is the price right?", kind=None, **params):
        """Ask as the manager unless said otherwise; return the new questions, as sudo."""
        moves = moves or self.bill
        before = self.env["account.invoice.question"].sudo().search([("move_id", "in", moves.ids)])
        moves.with_user(user or self.manager).action_ask((kind or self.kind).id, text, **params)
        return self.env["account.invoice.question"].sudo().search([("move_id", "in", moves.ids)]) - before

    def _get_notified(self, question):
        """Names of the partners who heard of something in the thread of a question, once for each time."""
        domain = [("mail_message_id", "in", question.sudo().message_ids.ids)]
        return sorted(self.env["mail.notification"].sudo().search(domain).mapped("res_partner_id.name"))

    def _reply(self, question, sender, text="It is right.", headers="", content_type="text/plain", encoding="utf-8"):
        """Send a plain reply to the last message of a question through the mail gateway, as raw bytes."""
        parent = question.sudo().message_ids.sorted("id")[-1]
        number = self.env["ir.sequence"].sudo().search_count([]) + parent.id + len(text)
        raw = (
            f"From: {sender}\r\nTo: catchall@example.com\r\nSubject: Re: {parent.subject or 'Question'}\r\n"
            f"Message-Id: <{number}.{fields.Datetime.now().timestamp()}.{id(text)}@example.com>\r\n"
            f"In-Reply-To: {parent.message_id}\r\nReferences: {parent.message_id}\r\n"
            f"Content-Type: {content_type}; charset={encoding}\r\nContent-Transfer-Encoding: 8bit\r\n"
            f"{headers}\r\n{text}"
        )
        self.env["mail.thread"].sudo().message_process(None, raw.encode(encoding))
        self.env.invalidate_all()
