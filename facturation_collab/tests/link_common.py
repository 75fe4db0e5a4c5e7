"""Links in e-mails: what tests of them share."""

import re

from odoo import Command

from .validation_common import ValidationCase

TOKEN = re.compile(r'href="/validation/([\w-]+)\?choice=approve"')


class LinkCase(ValidationCase):
    """Bills of Marketing, submitted by its contributor: the manager gets an e-mail with links."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.links = cls.env["account.validation.link"].sudo()

    def _get_mails(self, user):
        """The e-mails that wait to be sent to a user."""
        domain = [("recipient_ids", "in", user.partner_id.ids)]
        return self.env["mail.mail"].sudo().search(domain)

    def _get_tokens(self, user):
        """The tokens in the last e-mail to a user."""
        return TOKEN.findall(self._get_mails(user)[:1].body_html or "")

    def _create_linked(self, **vals):
        """A submitted bill, and the token in the e-mail to the manager."""
        bill = self._create_bill(**vals)
        self._submit(bill)
        [token] = self._get_tokens(self.manager)
        return bill, token

    def _ask_also(self, user):
        """The first level asks the manager, or this user."""
        users = self.manager | user
        self.policy.level_ids[0].write({"approver_type": "user", "user_ids": [Command.set(users.ids)]})

    def _find(self, token):
        return self.links._find(token)

    def _get_kind(self, refusal):
        return refusal and refusal[0]
