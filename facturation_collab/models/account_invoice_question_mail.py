import logging
from collections import defaultdict

from lxml import html
from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL, html2plaintext, plaintext2html
from odoo.tools.mail import generate_tracking_message_id

from .. import questions

_logger = logging.getLogger(__name__)

QUESTION = "facturation_collab.mt_question"
"""Subtype of what people inside the company write about a question: never told outside."""
LOOSE = (False, "mail.compose.message", "account.invoice.question.dialog")
"""Where a file stands that somebody has just added."""
GATEWAY = object()
GATEWAY_KEY = "facturation_collab_mail_gateway"
"""Only the mail gateway passes this very object: a message that a client posts as an e-mail is none."""
URL = "/odoo/action-facturation_collab.account_invoice_question_action/%s"


class AccountInvoiceQuestion(models.Model):
    """What people hear of a question: its thread, and a note on the invoice for each event."""

    _inherit = "account.invoice.question"

    # Telling

    def _on_asked(self, attachment_ids=None):
        """Called once for new questions: their text opens their thread, and whoever is asked hears of it once."""
        self._note_on_moves(lambda question: self.env._("Question to %s:", question._get_waited_for()), "name")
        if len(self) == 1:
            self._tell(self.body, self._get_asked_partners(), attachment_ids)
        elif self:
            self.sudo()._message_log_batch({question.id: question.body for question in self})
            self._notify_asked()
        self.filtered("partner_id")._send_links()

    def _notify_asked(self):
        """Tell people of several questions that they are asked at once: one message for each language and list."""
        asked = defaultdict(self.browse)
        for question in self:
            for partner in question._get_asked_partners():
                asked[partner] |= question
        told = defaultdict(self.env["res.partner"].browse)
        for partner, found in asked.items():
            told[partner.sudo().lang, found] |= partner
        for (lang, found), partners in told.items():
            env = self.with_context(lang=lang).env
            links = Markup("").join(
                Markup('<li><a href="%s">%s</a></li>')
                % (URL % question.id, f"{question.move_id._get_validation_title()}: {question.name}")
                for question in found.with_env(env).sudo()
            )
            self.env["mail.thread"].sudo().message_notify(
                partner_ids=partners.ids,
                author_id=self.env.user.partner_id.id,
                subject=env._("%s questions wait for your answer", len(found)),
                body=Markup("<p>%s</p><ul>%s</ul>") % (env._("These questions wait for your answer:"), links),
                subtype_xmlid=QUESTION,
            )

    def _tell_answered(self, text, attachment_ids=None):
        self._tell(plaintext2html(text), self._get_asker_partners(), attachment_ids)
        self._note_on_moves(lambda question: self.env._("Answer to the question:"), "name", text)

    def _tell_settled(self, sentence, text=None):
        """Tell those who had the question what became of it."""
        body = Markup("<p>%s</p>%s") % (sentence, plaintext2html(text) if text else "")
        self._tell(body, self._get_asked_partners() | self._get_asker_partners())
        self._note_on_moves(lambda question: sentence, "name", text)

    def _tell_assigned(self):
        sentence = self.env._("The question was given to %s.", self._get_waited_for())
        self._tell(Markup("<p>%s</p>%s") % (sentence, self.body or ""), self._get_asked_partners())
        self._note_on_moves(lambda question: sentence, "name")

    def _tell(self, body, partners, attachment_ids=None):
        """Write in the thread of this question as the present user; these partners hear of it, once each."""
        self.ensure_one()
        author = self.env.user.partner_id
        subject = f"{self.sudo().move_id._get_validation_title()}: {self.name}"
        self.sudo().with_context(mail_post_autofollow_author_skip=True).message_post(
            body=body,
            author_id=author.id,
            message_type="notification",
            partner_ids=(partners - author).ids,
            subject=subject,
            subtype_xmlid=QUESTION,
            attachment_ids=self._adopt_files(attachment_ids),
        )

    def _adopt_files(self, attachment_ids):
        """Give files that the present user has just added to this question, and return their ids.

        :raises AccessError: when one is not a new file of their own: nobody sends on what they may not read
        """
        ids = attachment_ids if isinstance(attachment_ids, (list, tuple)) else []
        if any(type(id_) is not int or id_ <= 0 for id_ in ids):
            raise AccessError(self.env._("Pass the ids of files that you have just added."))
        files = self.env["ir.attachment"].sudo().browse(ids).exists()
        loose = files.filtered(lambda file: file.create_uid == self.env.user and file.res_model in LOOSE)
        if len(loose) != len(ids):
            raise AccessError(self.env._("Only files that you have just added yourself go with a question."))
        loose.write({"res_model": self._name, "res_id": self.id})
        return loose.ids

    def _note_on_moves(self, sentence, name, text=None, author=None):
        """Note on each invoice what happened to a question, with a link to it: one insertion for all.

        :param author: the contact who did it, by default the present user
        """
        notes = {}
        for question in self.sudo():
            link = Markup('<a href="%s">%s</a>') % (URL % question.id, question[name])
            body = Markup("<p>%s %s</p>%s") % (
                sentence(question),
                link,
                Markup("<blockquote>%s</blockquote>") % plaintext2html(text) if text else "",
            )
            notes[question.move_id.id] = notes.get(question.move_id.id, Markup()) + body
        if notes:
            moves = self.env["account.move"].sudo().browse(notes)
            moves._message_log_batch(notes, author_id=(author or self.env.user.partner_id).id)

    def _get_asked_partners(self):
        """Return, as sudo, the partners of the colleagues who are asked here and may read the invoice."""
        self.ensure_one()
        question = self.sudo()
        users = question.user_id
        if not users and question.department_id:
            users = question.move_id._get_department_audience(question.department_id)
        return users.partner_id

    def _get_asker_partners(self):
        return self.sudo().asker_id.partner_id

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """Whoever asked and whoever answers by name hear of every reply. Nobody hears of an invoice that they cannot
        read, follower or mentioned; nobody outside gets what is internal, and whoever asked from outside nothing.
        """
        msg_vals = msg_vals or {}
        kind = msg_vals.get("message_type") or message.message_type
        if len(self) == 1 and kind in ("email", "comment"):
            named = msg_vals["partner_ids"] if "partner_ids" in msg_vals else message.sudo().partner_ids.ids
            author_id = msg_vals["author_id"] if "author_id" in msg_vals else message.sudo().author_id.id
            people = self._get_reply_partners(self.env["res.partner"].sudo().browse(author_id or []))
            msg_vals = {**msg_vals, "partner_ids": list({*(named or ()), *people.ids})}
        recipients = super()._notify_get_recipients(message, msg_vals, **kwargs)
        return self._filter_recipients(message, msg_vals, recipients) if len(self) == 1 else recipients

    def _get_reply_partners(self, author):
        """Return, as sudo, who hears of a reply of this author in any case."""
        return (self.sudo().asker_id | self.sudo().user_id).partner_id

    def _filter_recipients(self, message, msg_vals, recipients):
        question = self.sudo()
        subtype_id = msg_vals["subtype_id"] if "subtype_id" in msg_vals else message.sudo().subtype_id.id
        subtype = self.env["mail.message.subtype"].sudo().browse(subtype_id)
        internal = subtype.internal or msg_vals.get("is_internal") or message.sudo().is_internal
        # Whoever asked from outside gets what is marked as the answer, by a mail of its own.
        outside = question.partner_id.ids
        users = self.env["res.users"].sudo().browse(data["uid"] for data in recipients if data.get("uid"))
        insiders = users.filtered(lambda user: not user.share)
        readers = set(insiders.filtered(question.move_id._is_readable_by).ids)
        return [
            data
            for data in recipients
            if data.get("uid") in readers
            or (not internal and data.get("uid") not in insiders.ids and data["id"] in outside)
        ]

    # Replies by e-mail

    def _message_post_after_hook(self, message, msg_vals):
        """A plain reply by e-mail from whoever is asked is the answer."""
        result = super()._message_post_after_hook(message, msg_vals)
        if self.env.context.get(GATEWAY_KEY) is GATEWAY and len(self) == 1:
            self._take_reply(message)
        return result

    def _take_reply(self, message):
        """Record an e-mail as the answer, if its author may answer and it says something."""
        author = message.sudo().author_id
        text = questions.without_quote(html2plaintext(drop_quotes(message.sudo().body)))
        if not text or not author or self.sudo().state not in ("open", "answered"):
            return
        user = self._get_answering_user(author)
        if not user and author != self.sudo().partner_id:
            return
        question = self.with_user(user) if user else self
        question._lock()
        question._record_answer(text, author)
        question._note_on_moves(lambda question: self.env._("Answer to the question:"), "name", text)

    def _get_answering_user(self, author):
        """Return the active user of a partner who may answer this question; empty for anybody else."""
        users = author.sudo().user_ids.filtered(lambda user: user.active and not user.share)
        return next((user for user in users if not self._get_answer_refusal(user)), users.browse())

    def _find_reply_author(self, email):
        """Return, as sudo, the contact who writes from an address; empty for one that nobody here has."""
        threads = self.sudo() or self.env["mail.thread"]
        return threads._partner_find_from_emails_single([email], no_create=True).sudo()

    def _get_reply_refusal(self, author, parent):
        """Return why an e-mail does not enter this thread, in words for its sender; empty when it does: from people who
        may read the invoice.

        :param author: res.partner, may be empty
        :param parent: mail.message, as sudo, that it replies to; may be empty
        """
        self.ensure_one()
        users = author.sudo().user_ids.filtered(lambda user: user.active and not user.share)
        if any(self.sudo().move_id._is_readable_by(user) for user in users):
            return ""
        return self.env._(
            "The address that you wrote from takes no part in this conversation. Reply from the address that received "
            "our message, or open the link in it."
        )

    def _refuse_reply(self, author, parent, message, message_dict):
        """Tell whoever replied to this question, in their language, why their e-mail was not taken.

        :returns: whether it was refused
        """
        lang = author.lang or self.sudo().company_id.partner_id.lang
        inside = self.with_context(lang=lang)
        if not (refusal := inside._get_reply_refusal(author, parent)):
            return False
        if message_dict["email_from"]:
            body = Markup("<p>%s</p><p>%s</p>") % (inside.env._("Your e-mail was not delivered."), refusal)
            # With this tag Odoo takes no reply to the refusal, so that two machines do not write to each other.
            tag = generate_tracking_message_id("loop-detection-bounce-email")
            references = f"{message_dict['message_id']} {tag}"
            inside._routing_create_bounce_email(message_dict["email_from"], body, message, references=references)
        return True


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        gateway = self.with_context(**{GATEWAY_KEY: GATEWAY})
        return super(MailThread, gateway)._message_route_process(message, message_dict, routes)

    @api.model
    def _routing_check_route(self, message, message_dict, route, raise_exception=True):
        """What a machine sends to a question is dropped, a stranger is refused: natively both would stand in it."""
        checked = super()._routing_check_route(message, message_dict, route, raise_exception=raise_exception)
        if not checked or checked[0] != "account.invoice.question":
            return checked
        question = self.env["account.invoice.question"].sudo().browse(checked[1] or []).exists()
        author = question._find_reply_author(message_dict["email_from"])
        parent = self.env["mail.message"].sudo().browse(message_dict.get("parent_id") or [])
        if questions.is_automatic(dict(message.items())):
            reason = "it was sent by a machine"
        elif not checked[1] and not author.user_ids._filter_validation_users():
            reason = "its sender works with no invoices"
        elif checked[1] and not question:
            reason = "there is no such question any more"
        elif checked[1] and question._refuse_reply(author, parent, message, message_dict):
            reason = "its sender takes no part in it"
        else:
            message_dict["author_id"] = author.id
            return checked
        _logger.info("E-mail %s to question %s: dropped, %s", message_dict.get("message_id"), checked[1], reason)
        return False


class ResUsers(models.Model):
    _inherit = "res.users"

    def _get_follower_domain(self):
        """Nor the followers of questions that this person may not read."""
        domain = super()._get_follower_domain()
        if domain.is_true():
            return domain

        def to_sql(model, alias, query):
            found = model.env["account.invoice.question"].sudo(False)._search(Domain.TRUE)
            return SQL(
                "(%s <> 'account.invoice.question' OR %s IN %s)",
                SQL.identifier(alias, "res_model"),
                SQL.identifier(alias, "res_id"),
                found.subselect(),
            )

        return domain & Domain.custom(to_sql=to_sql)


def drop_quotes(body):
    """Return the HTML of a message without what it quotes, which Odoo has marked."""
    if not body:
        return ""
    root = html.fragment_fromstring(str(body), create_parent="div")
    for node in root.xpath("//*[@data-o-mail-quote] | //blockquote | //*[contains(@class, 'gmail_quote')]"):
        if node.getparent() is not None:
            node.drop_tree()
    return html.tostring(root, encoding="unicode")
