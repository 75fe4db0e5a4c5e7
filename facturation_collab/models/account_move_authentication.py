from datetime import timedelta

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_amount
from odoo.tools.misc import hash_sign, verify_hash_signed

from .. import credentials
from ..calls import check_call

SCOPE = "facturation_collab.approve"
VALIDITY = timedelta(minutes=5)


class AccountMove(models.Model):
    """Approving where a level asks for a proof of who approves.

    `action_approve` answers with a dialog. It carries a signed token that names what is asked: whose approval, of which
    content, at which steps, until when. The token proves nothing; the answer entered in the dialog does, it is verified
    by the very call that decides, and for nothing but what the token names.
    """

    _inherit = "account.move"

    def action_approve_authenticated(self, token, answer, comment=None):
        """Approve these invoices with a proof of identity, as the dialog asks for it.

        :param token: as `action_approve` gave it to the dialog
        :param answer: what the user entered: {"type": "totp", "token": "123 456"},
            {"type": "password", "password": "…"} or {"type": "webauthn", "webauthn_response": "…"}
        :param comment: text, required where the level says so
        :returns: as `action_approve`
        :raises UserError: when the answer is not right, came too late, or the invoices can no longer be approved
        """
        check_call(self, token, comment)
        self.check_access("read")
        asked = self._read_authentication_token(token)
        steps = self.env["account.validation.step"].sudo().browse(asked).exists().filtered("authentication")
        if not steps or not steps.move_id <= self.sudo():
            raise UserError(self.env._("Nothing is asked of you here any more. Reload the invoice to see where it is."))
        authentication = credentials.strongest_authentication(steps.mapped("authentication"))
        kind = self.env.user._verify_identity(authentication, answer)
        proof = credentials.Proof(self.env.uid, "approve", kind, asked)
        return self._decide("approve", comment, self.env._("Invoices approved: %s."), proof)

    def _get_unproven(self, refusals):
        """Return {invoice: step} of the invoices that the present user could approve, if they proved who they are."""
        requests = {move: move.sudo().validation_request_id for move in refusals}
        found = {move: request._get_unproven_step() for move, request in requests.items() if request}
        return {move: step for move, step in found.items() if step}

    def _ask_authentication(self, asked, comment, notice):
        """Return the dialog that asks the present user to prove who they are.

        :param asked: {invoice: step}
        :param notice: what became of the other invoices, or an empty text
        """
        steps = self.env["account.validation.step"].sudo().browse([step.id for step in asked.values()])
        steps._check_comment("approve", comment)
        authentication = credentials.strongest_authentication(steps.mapped("authentication"))
        return {
            "type": "ir.actions.client",
            "tag": "facturation_collab.authentication",
            "params": {
                "token": self._sign_authentication_token(steps),
                "moves": [
                    {
                        "id": move.id,
                        "name": move._get_validation_title(),
                        "level": step.name,
                        "amount": format_amount(self.env, move.amount_total, move.currency_id),
                    }
                    for move, step in asked.items()
                ],
                "authentication": authentication,
                "answers": self.env.user._get_answer_types(authentication),
                "comment": comment or "",
                "notice": notice,
            },
        }

    def _sign_authentication_token(self, steps):
        """Return the token that names an approval of these steps by the present user."""
        contents = {str(step.id): step.request_id.fingerprint for step in steps}
        return hash_sign(self.sudo().env, SCOPE, {"user": self.env.uid, "steps": contents}, expiration=VALIDITY)

    def _read_authentication_token(self, token):
        """Return {step id: fingerprint} that a token names.

        :raises UserError: when it is not one of the present user, or too old
        """
        try:
            values = verify_hash_signed(self.sudo().env, SCOPE, token) if isinstance(token, str) else None
        except ValueError:
            values = None
        if not values or values["user"] != self.env.uid:
            raise UserError(
                self.env._("This took too long. Close the dialog and approve the invoice again: you have 5 minutes.")
            )
        return {int(step): content for step, content in values["steps"].items()}
