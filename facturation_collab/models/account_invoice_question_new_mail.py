import logging

from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import html2plaintext, plaintext2html

from .. import questions
from .account_invoice_question_mail import drop_quotes

_logger = logging.getLogger(__name__)


class AccountInvoiceQuestion(models.Model):
    """Asking by a new e-mail to the alias of questions: the subject names the invoice, the text is the question."""

    _inherit = "account.invoice.question"

    @api.model
    def _ask_by_mail(self, message, message_dict):
        """Ask as the author of an e-mail, with what they may do in Odoo; an answer tells them what is missing.

        Nobody learns whether an invoice exists that they may not read: the answer is the same.

        :param message: email.message.EmailMessage
        :param message_dict: what the gateway has read of it; the routing has checked its author
        """
        author = self.env["res.partner"].sudo().browse(message_dict["author_id"])
        user = author.user_ids.filtered(lambda user: user.active and not user.share)[:1]
        mine = self.with_user(user).with_context(
            lang=user.lang,
            tz=user.tz,
            allowed_company_ids=[user.company_id.id, *(user.company_ids - user.company_id).ids],
        )
        try:
            with self.env.cr.savepoint():
                move = mine._find_named_invoice(message_dict.get("subject") or "")
                text = questions.without_quote(html2plaintext(drop_quotes(message_dict.get("body"))))
                move.action_ask(mine._get_mail_kind(move).id, text, attachment_ids=mine._keep_mail_files(message_dict))
        except (UserError, AccessError) as refused:
            _logger.info("E-mail %s asks nothing: %s", message_dict.get("message_id"), refused)
            text = Markup("<p>%s</p>%s") % (
                mine.env._("Your question was not asked:"),
                plaintext2html(str(refused)),
            )
            self.env["mail.thread"]._routing_create_bounce_email(message_dict["email_from"], text, message)

    def _find_named_invoice(self, subject):
        """Return the one invoice whose number or reference the subject names and the present user may read.

        :raises UserError: when there is none, or more than one
        """
        names = questions.named_documents(subject)
        moves = self.env["account.move"]
        domain = Domain("move_type", "in", moves.get_invoice_types(include_receipts=True))
        found = moves.search(domain & (Domain("name", "in", names) | Domain("ref", "in", names)), limit=2)
        if len(found) == 1:
            return found
        raise UserError(
            self.env._(
                "Write the number or the reference of one invoice that you may read in the subject, for example "
                "“BILL/2026/01/0001: the price”. If several have the same reference, ask in Odoo."
            )
        )

    def _get_mail_kind(self, move):
        """Return the kind of a question that says none: “Other”, or the last one where it was archived."""
        other = self.env.ref("facturation_collab.account_invoice_question_kind_other", raise_if_not_found=False)
        kinds = move._get_question_kinds()
        return other if other in kinds else kinds[-1:]

    def _keep_mail_files(self, message_dict):
        """Return the ids of the files of an e-mail, kept as if the present user had just added them."""
        vals_list = [
            {"name": file.fname, "raw": file.content, "res_model": "mail.compose.message", "res_id": 0}
            for file in message_dict.get("attachments") or ()
            if isinstance(file.content, (bytes, str))
        ]
        for vals in vals_list:
            vals["raw"] = vals["raw"].encode() if isinstance(vals["raw"], str) else vals["raw"]
        return self.env["ir.attachment"].create(vals_list).ids


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """A new e-mail to the alias of questions asks one, as its author; the other routes go on natively."""
        new = [route for route in routes or () if route[0] == "account.invoice.question" and not route[1]]
        for _route in new[:1]:
            self.env["account.invoice.question"]._ask_by_mail(message, message_dict)
        return super()._message_route_process(
            message, message_dict, [route for route in routes or () if route not in new]
        )
