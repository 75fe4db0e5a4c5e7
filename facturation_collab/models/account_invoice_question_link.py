import secrets
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import consteq, format_datetime, plaintext2html
from odoo.tools.misc import hash_sign, verify_hash_signed

SCOPE = "facturation_collab.question"
VALID = timedelta(days=30)
MAX_FILES = 5
MAX_FILE_SIZE = 10 * 1024 * 1024
FILE_TYPES = {
    "application/pdf": b"%PDF-",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
}
"""Files that somebody outside may add, with what each begins with."""


class AccountInvoiceQuestion(models.Model):
    """A link by which somebody without a user account answers one question, and does nothing else."""

    _inherit = "account.invoice.question"

    link_key = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    link_expires_at = fields.Datetime("Link valid until", readonly=True)

    def _send_links(self):
        """Send the people outside who are asked a link each. A new link replaces the one before."""
        for question in self.sudo():
            key = secrets.token_urlsafe(16)
            expires_at = fields.Datetime.now() + VALID
            question._engine().write({"link_key": key, "link_expires_at": expires_at})
            token = hash_sign(question.env, SCOPE, [question.id, question.partner_id.id, key], expiration=expires_at)
            question._send_link(token)

    def _send_link(self, token):
        """Send the e-mail with the link. It is forgotten once it is sent: no thread keeps a link that works."""
        partner = self.partner_id
        env = self.with_context(lang=partner.lang).env
        url = f"{self.get_base_url()}/invoice-question/{token}"
        kept = Markup("<p>%s</p>%s") % (
            env._("%s asks you a question about an invoice:", self.company_id.name),
            self.body or "",
        )
        link = Markup("<p><a href='%s'>%s</a></p><p>%s</p>%s") % (
            url,
            env._("Answer"),
            env._("The link is for you alone and works until %s.", format_datetime(env, self.link_expires_at)),
            self._get_reply_hint(env),
        )
        self._mail_outside(partner, env._("A question about an invoice"), kept, link)

    @api.model
    def _find_by_token(self, token):
        """Return the question of a token, as sudo; empty for any link that we did not make or that is too old."""
        questions = self.sudo()
        try:
            values = verify_hash_signed(questions.env, SCOPE, token)
        except (ValueError, UnicodeError):
            values = None
        if not values or len(values) != 3:
            return questions.browse()
        question = questions.browse(values[0]).exists()
        fits = question and question.partner_id.id == values[1] and consteq(question.link_key or "", values[2])
        return question if fits else questions.browse()

    def _get_link_end(self):
        """Return why nothing is to be answered with the link any more, or an empty text."""
        if self.state == "answered":
            return self.env._("Thank you: your answer is recorded.")
        if self.state != "open" or not self.partner_id.active:
            return self.env._("This question is closed: no answer is needed any more.")
        return ""

    def _answer_by_link(self, text, files=(), person=None):
        """Answer as the person of the link. It gives no other right.

        :param person: the contact who answers for their company, by default the one who was asked
        :param files: [(name, content)], checked in number, size and kind
        :raises UserError: when nothing was written, a file is refused or the question is over
        """
        self.ensure_one()
        text = (text or "").replace("\0", "").strip()[:10000]
        if not text:
            raise UserError(self.env._("Write your answer."))
        self._check_files(files)
        self._lock()
        if end := self._get_link_end():
            raise UserError(end)
        person = person or self.partner_id
        self._record_answer(text, person)
        self.with_context(mail_post_autofollow_author_skip=True).message_post(
            body=plaintext2html(text),
            author_id=person.id,
            message_type="notification",
            partner_ids=self._get_asker_partners().ids,
            subtype_xmlid="facturation_collab.mt_question",
            attachment_ids=self._add_outside_files(files).ids,
        )
        self._note_on_moves(lambda question: self.env._("Answer to the question:"), "name", text, author=person)

    def _check_files(self, files):
        """:raises UserError: when there are too many files, too large ones, or others than documents and pictures"""
        if len(files) > MAX_FILES:
            raise UserError(self.env._("Add at most %s files.", MAX_FILES))
        for name, content in files:
            if len(content) > MAX_FILE_SIZE:
                raise UserError(self.env._("The file %s is larger than 10 MB: send a smaller one.", name))
            if not any(content.startswith(start) for start in FILE_TYPES.values()):
                raise UserError(self.env._("The file %s is neither a PDF nor a picture (PNG, JPEG).", name))
