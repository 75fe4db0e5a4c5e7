import re
from dataclasses import dataclass

from markupsafe import Markup

from odoo import fields, models

MAIL_KEY = "facturation_collab_mail_links"
ITEM = re.compile(r'(<a\b[^>]*\bhref="/odoo/account\.move/(\d+)"[^>]*>.*?)(</li>)', re.DOTALL)
"""An invoice in the list of a message: its link, and what follows up to the end of the item."""

# Tables and attributes, which every mail program draws; html2plaintext makes numbered links of it.
BUTTONS = Markup(
    '<table role="presentation" cellspacing="0" cellpadding="0" border="0" style="margin:6px 0 12px 0;">'
    "<tr>%s</tr></table>"
)
BUTTON = Markup(
    '<td bgcolor="%s" style="padding:9px 16px;border-radius:4px;"><a href="/validation/%s?choice=%s" '
    'style="color:#ffffff;font-weight:bold;text-decoration:none;">%s</a></td><td width="8">&#160;</td>'
)
COLORS = {"approve": "#1b6e3c", "return": "#8a5300", "reject": "#a3262c", "ask": "#30507a"}


@dataclass(frozen=True)
class MailLinks:
    """The links of one person, on their way into this person's own e-mail. A client cannot send one."""

    partner_id: int
    buttons: dict[int, str]
    note: str

    def fill(self, body):
        """Return the body of an e-mail with the buttons under each invoice of its list."""
        filled, count = ITEM.subn(self._fill_item, str(body))
        return filled.replace("</ul>", f"</ul>{self.note}", 1) if count else body

    def _fill_item(self, found):
        return f"{found[1]}{self.buttons.get(int(found[2]), '')}{found[3]}"


class AccountValidationPolicy(models.Model):
    """What people may do from an e-mail about the invoices of a policy."""

    _inherit = "account.validation.policy"

    email_decisions = fields.Selection(
        [
            ("off", "No: in Odoo only"),
            ("login", "Yes, after logging in"),
            ("link", "Yes, the link is enough"),
        ],
        string="Decide from an e-mail",
        required=True,
        default="login",
        help="Each e-mail to an approver has personal links to approve, return or reject. After logging in: the link "
        "opens for its person only. The link is enough: whoever has the e-mail sees the invoice and can decide in the "
        "name of its person; choose it where people read their mail on a phone without access to Odoo. A level "
        "that asks for a proof of identity is approved in Odoo only, in any case.",
    )
    email_link_days = fields.Integer("Days that a link is valid", required=True, default=7)

    _email_link_days_range = models.Constraint(
        "CHECK(email_link_days BETWEEN 1 AND 90)", "A link in an e-mail is valid for 1 to 90 days."
    )


class AccountValidationRequest(models.Model):
    """Links in the e-mail that asks somebody for a decision."""

    _inherit = "account.validation.request"

    def _create_mail_links(self, readers):
        """Make links for those of these people who get an e-mail and can decide now, in one insertion for all.

        :param readers: {res.users: requests}
        :returns: {res.users: context with which their message is sent}
        """
        asked = [
            (user, request, step)
            for user, requests in readers.items()
            if user.sudo().notification_type == "email" and user.sudo().email
            for request, step in requests.sudo()._get_linked_steps(user).items()
        ]
        links = self.env["account.validation.link"].sudo()
        tokens = links._issue([(step, user) for user, _request, step in asked])
        found = {}
        for user, request, step in asked:
            found.setdefault(user, {})[request.move_id.id] = tokens[step.id, user.id]
        return {user: {MAIL_KEY: self._prepare_mail_links(user, by_move)} for user, by_move in found.items()}

    def _get_linked_steps(self, user):
        """Return {request: step} of those on which a user can decide now, where the policy lets e-mails decide.

        A constant number of queries per batch.
        """
        # Read once for all requests who is the same person as whom.
        (self.step_ids.approver_ids | self.step_ids.voter_ids | user)._get_persons()
        waiting = [
            request
            for request in self
            if request.state == "pending"
            and request.policy_id.email_decisions != "off"
            and user in request.waiting_user_ids
        ]
        steps = {request: request._get_decidable_step(user, "return")[0] for request in waiting}
        return {request: step for request, step in steps.items() if step}

    def _prepare_mail_links(self, user, tokens):
        """Return the MailLinks of a user, in their language.

        :param tokens: {invoice id: token}
        """
        env = self.with_context(lang=user.sudo().lang).env
        labels = {"approve": env._("Approve"), "return": env._("Return"), "reject": env._("Reject")}
        labels["ask"] = env._("Ask")
        buttons = {
            move_id: BUTTONS
            % Markup("").join(BUTTON % (COLORS[name], token, name, label) for name, label in labels.items())
            for move_id, token in tokens.items()
        }
        note = env._("These buttons are yours alone, work once and for some days: do not forward this e-mail.")
        return MailLinks(user.sudo().partner_id.id, buttons, Markup("<p><small>%s</small></p>") % note)


class MailThread(models.AbstractModel):
    """Links enter the e-mail to their person and nothing else: not the message, which others may read in Odoo."""

    _inherit = "mail.thread"

    def _notify_by_email_get_final_mail_values(self, recipient_ids, mail_values, additional_values=None):
        values = super()._notify_by_email_get_final_mail_values(recipient_ids, mail_values, additional_values)
        links = self.env.context.get(MAIL_KEY)
        if isinstance(links, MailLinks) and list(recipient_ids) == [links.partner_id] and values.get("body_html"):
            values["body_html"] = links.fill(values["body_html"])
        return values
