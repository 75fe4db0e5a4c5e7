import json
import logging
import re

import psycopg2

from odoo import models
from odoo.exceptions import UserError
from odoo.http import request

from .. import credentials

_logger = logging.getLogger(__name__)


class ResUsers(models.Model):
    """How the present user proves who they are: by what Odoo itself offers (password, authenticator app, passkey)."""

    _inherit = "res.users"

    def _is_in_browser(self):
        """Whether this user acts through a session that they logged in to: no API key, no scheduled job."""
        return bool(request and request.session.uid == self.id and request.session.can_save)

    def _has_api_key(self):
        """Whether this very call carries a valid API key of this user, as JSON-2 calls do."""
        header = request.httprequest.headers.get("Authorization", "") if request else ""
        match = re.fullmatch(r"bearer\s+(\S+)", header.strip(), re.IGNORECASE)
        if not match:
            return False
        return self.env["res.users.apikeys"]._check_credentials(scope="rpc", key=match[1]) == self.id

    def _get_answer_types(self, authentication):
        """Return the kinds of answers that satisfy what is asked, and that this user is set up to give.

        :param authentication: password or second_factor
        """
        self.ensure_one()
        user = self.sudo()
        mine = {
            "totp": user.totp_enabled,
            "webauthn": "auth_passkey_key_ids" in user._fields and user.auth_passkey_key_ids,
            "password": True,
        }
        return [kind for kind in credentials.AUTHENTICATION[authentication] if mine[kind]]

    def _verify_identity(self, authentication, answer):
        """Verify what the present user answered, by Odoo's own checks. Wrong answers are counted, limited and logged.

        :param authentication: password or second_factor
        :param answer: dict of a client: type (totp, webauthn, password) and token, webauthn_response or password
        :returns: the type of the answer
        :raises UserError: when it is not right
        """
        self.ensure_one()
        kind = answer.get("type") if isinstance(answer, dict) else None
        if not self._is_in_browser() or kind not in self._get_answer_types(authentication):
            raise UserError(self.env._("This is not a way to prove who you are here: open the invoice and approve it."))
        attempts, method = self.env["account.validation.attempt"], credentials.AUTHENTICATION_METHOD[kind]
        attempt = attempts._begin(method)
        try:
            self.env.user._check_credentials(self._read_answer(kind, answer), {"interactive": True})
        except psycopg2.Error:
            raise
        except Exception as error:  # noqa: BLE001 what cannot be verified, for whatever reason, is no proof
            _logger.info("Proof of identity: FAIL for %s (%s): %s", self.login, method, type(error).__name__)
            raise UserError(self._get_answer_refusal(kind)) from None
        attempts._accept(attempt)
        _logger.info("Proof of identity: SUCCESS for %s (%s)", self.login, method)
        return kind

    def _read_answer(self, kind, answer):
        """Return the credential of an answer, of values of the right types only.

        :raises ValueError: when it has none
        """
        if kind == "totp":
            return {"type": kind, "token": int(re.sub(r"\s", "", str(answer.get("token"))))}
        if kind == "webauthn":
            return {"type": kind, "webauthn_response": json.dumps(json.loads(str(answer.get("webauthn_response"))))}
        return {"type": kind, "login": self.login, "password": str(answer.get("password") or "")}

    def _get_answer_refusal(self, kind):
        """Return the sentence for a wrong answer."""
        return {
            "totp": self.env._(
                "This code is not right, or was used already. Enter the code that your authenticator app shows now."
            ),
            "webauthn": self.env._("This passkey was not recognized. Try again, or use another way."),
            "password": self.env._("This password is not right. Enter the password with which you log in."),
        }[kind]
