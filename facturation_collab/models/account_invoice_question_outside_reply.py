from odoo import models
from odoo.tools import email_normalize, html2plaintext

from .. import questions
from .account_invoice_question_link import FILE_TYPES, MAX_FILE_SIZE, MAX_FILES
from .account_invoice_question_mail import drop_quotes

ENDED = ("answered", "accepted", "closed")


class AccountInvoiceQuestion(models.Model):
    """Plain replies of customers and vendors to the mails that went out: they come back to the question."""

    _inherit = "account.invoice.question"

    def _find_reply_author(self, email):
        """Where several contacts share an address, whoever outside has this question is meant, colleagues first."""
        author = super()._find_reply_author(email)
        if not author or author.partner_share:
            people = self.sudo().partner_id | self.sudo().asker_partner_id
            address = email_normalize(email)
            return people.filtered(lambda person: address and person.email_normalized == address)[:1] or author
        return author

    def _get_reply_refusal(self, author, parent):
        """Whoever outside has part in this question replies to what went outside, never to what is internal."""
        question = self.sudo()
        if not question._is_outside_writer(author) or parent.is_internal or parent.subtype_id.internal:
            return super()._get_reply_refusal(author, parent)
        if question.state == "withdrawn":
            return self.env._("This question was withdrawn. Ask a new one on the page of the invoice, or contact us.")
        if question._is_of(author) and not question._takes_replies():
            return self.env._("Questions about this invoice are not taken by e-mail. Please contact us another way.")
        return ""

    def _is_outside_writer(self, author):
        """Tell whether a contact outside asked this question, or is asked it."""
        return bool(author.partner_share) and (author == self.partner_id or self._is_of(author))

    def _takes_replies(self):
        """Tell whether the company still takes questions from outside about this invoice."""
        return self.company_id.portal_question_access != "off" and self.move_id._is_open_outside()

    def _get_reply_partners(self, author):
        """A reply from outside reaches whoever has the question, as if it had been asked on the portal."""
        partners = super()._get_reply_partners(author)
        return partners | self._get_asked_partners() if self._is_of(author) else partners

    def _take_reply(self, message):
        """What whoever asked from outside replies asks again. A reply from inside is a remark there: nothing goes
        outside without somebody who marks it as the answer.
        """
        question, author = self.sudo(), message.sudo().author_id
        if not question.asker_partner_id:
            super()._take_reply(message)
        elif author.partner_share and question._is_of(author):
            question._take_outside_reply(message.sudo(), author)

    def _take_outside_reply(self, message, author):
        """Show the files of a reply on the page, and wait for an answer again if it says something."""
        self._lock()
        self._show_outside(message.attachment_ids.filtered(_is_shown)[:MAX_FILES])
        text = questions.without_quote(html2plaintext(drop_quotes(message.body)))
        if text and self.state in ENDED:
            self._reopen()
            inside = self.with_context(lang=self.company_id.partner_id.lang)
            sentence = inside.env._("The question was asked again.")
            inside._note_on_moves(lambda question: sentence, "name", text, author=author)


def _is_shown(attachment):
    """Tell whether a file is of a kind and size that people outside may add on the portal."""
    content = attachment.raw or b""
    return len(content) <= MAX_FILE_SIZE and content.startswith(tuple(FILE_TYPES.values()))
