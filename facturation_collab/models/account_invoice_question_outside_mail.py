import mimetypes

from markupsafe import Markup

from odoo import models
from odoo.tools import plaintext2html

from .account_invoice_question_link import FILE_TYPES
from .account_invoice_question_mail import QUESTION


class AccountInvoiceQuestion(models.Model):
    """What goes in from outside, and the one thing that goes out: the answer, by a mail in the reader's language.

    Nobody outside is notified of what is written in the thread.
    """

    _inherit = "account.invoice.question"

    # In

    def _on_asked(self, attachment_ids=None):
        """What was asked from outside is told by `_ask_from_outside`, in the name of that contact."""
        inside = self.filtered(lambda question: not question.sudo().asker_partner_id)
        return super(AccountInvoiceQuestion, inside)._on_asked(attachment_ids)

    def _get_asked_sentence(self):
        """Return the sentence that introduces a new question from outside."""
        return self.env._("Question from outside, to %s:", self._get_waited_for())

    def _tell_from_outside(self, person, sentence, text=None, files=None, body=None):
        """Write in the thread as a contact outside; whoever is asked hears of it. Noted on the invoice, too.

        :param sentence: function of an environment that returns the sentence, in the language of the company
        """
        self.ensure_one()
        inside = self.with_context(lang=self.sudo().company_id.partner_id.lang)
        sentence = sentence(inside.env)
        subject = f"{inside.sudo().move_id._get_validation_title()}: {self.name}"
        body = body or Markup("<p>%s</p>%s") % (sentence, plaintext2html(text) if text else "")
        inside.sudo().with_context(mail_post_autofollow_author_skip=True).message_post(
            body=body,
            author_id=person.id,
            message_type="notification",
            partner_ids=self._get_asked_partners().ids,
            subject=subject,
            subtype_xmlid=QUESTION,
            attachment_ids=files.ids if files else None,
        )
        inside._note_on_moves(lambda question: sentence, "name", text, author=person)

    def _add_outside_files(self, files):
        """Keep checked files from outside with this question, under the kind that their content is of.

        :param files: [(name, content)] that `_check_files` let through
        :returns: ir.attachment, as sudo
        """
        attachments = self.env["ir.attachment"].sudo()
        vals_list = []
        for name, content in files:
            mimetype = next(kind for kind, start in FILE_TYPES.items() if content.startswith(start))
            vals = {"name": _get_safe_name(name, mimetype), "raw": content, "mimetype": mimetype}
            vals_list.append({**vals, "res_model": self._name, "res_id": self.id})
        if vals_list:
            attachments = attachments.create(vals_list)
            self._show_outside(attachments)
        return attachments

    def _show_outside(self, attachments):
        self._engine().write({"outside_file_ids": [(4, attachment.id) for attachment in attachments]})

    # Out

    def _tell_answered(self, text, attachment_ids=None):
        """The answer, with its files, goes to whoever asked from outside."""
        super()._tell_answered(text, attachment_ids)
        if self.sudo().asker_partner_id:
            self._show_outside(self.env["ir.attachment"].browse(attachment_ids or []))
            self._send_outside(lambda env: env._("Your question about an invoice is answered:"), text)

    def _tell_settled(self, sentence, text=None):
        super()._tell_settled(sentence, text)
        if self.sudo().asker_partner_id and self.state == "closed":
            self._send_outside(lambda env: env._("Your question about an invoice was closed:"), self.name)

    def _send_outside(self, sentence, text):
        """Send one mail to whoever asked from outside, in their language, with the link of the page.

        :param sentence: function of an environment that returns the sentence in its language
        """
        question = self.sudo()
        partner = question.asker_partner_id
        if not partner.email:
            return
        env = self.with_context(lang=partner.lang).env
        move = question.move_id.with_env(env).sudo()
        kept = Markup("<p>%s</p>%s") % (sentence(env), plaintext2html(text))
        link = Markup("<p><a href='%s'>%s</a></p>%s") % (
            f"{question.get_base_url()}{question._get_outside_url()}",
            env._("See it, accept it or ask again"),
            question._get_reply_hint(env),
        )
        subject = f"{question.company_id.name}: {move.name if move.state == 'posted' else move.ref or ''}"
        question._mail_outside(partner, subject, kept, link)

    def _mail_outside(self, partner, subject, kept, link):
        """Send one mail of the company to a contact outside, whose replies come back to this question.

        Only what has no link stays here, so that no thread keeps one that works. It is not shown among the messages,
        where the same text stands already.

        :param kept: the text as HTML, which a reply is found by
        :param link: what follows it in the mail, and is forgotten once that is sent
        """
        self.ensure_one()
        company = self.company_id
        vals = {
            "subject": subject,
            "body": kept,
            "body_html": kept + link,
            "email_from": company.email_formatted or self.env.user.email_formatted,
            # Nobody outside learns who wrote it.
            "author_id": company.partner_id.id,
            "recipient_ids": [(4, partner.id)],
            "model": self._name,
            "res_id": self.id,
            "is_notification": True,
            "auto_delete": True,
            "message_type": "user_notification",
        }
        self.env["mail.mail"].sudo().create(vals).send_after_commit()

    def _get_reply_hint(self, env):
        """Return the paragraph that invites to reply, where Odoo receives e-mails for the company."""
        if not self.company_id.catchall_email:
            return Markup()
        return Markup("<p>%s</p>") % env._("Or reply to this e-mail: your reply comes to the same place.")

    def _get_outside_url(self):
        """Return the page of this question; with the token of the invoice only for whoever came with it."""
        question = self.sudo()
        token = question.asked_by_link and question.move_id.access_token
        query = f"?access_token={token}" if token else ""
        return f"/my/invoices/{question.move_id.id}/questions/{question.id}{query}"


def _get_safe_name(name, mimetype):
    """Return the name of a file from outside, without a path, that ends as its content says."""
    name = " ".join(name.replace("\\", "/").rsplit("/", 1)[-1].replace("\0", "").split())[-100:] or "file"
    known = mimetypes.guess_type(name)[0] == mimetype
    return name if known else f"{name}{mimetypes.guess_extension(mimetype)}"
