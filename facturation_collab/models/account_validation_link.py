import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_datetime
from odoo.tools.misc import hash_sign, verify_hash_signed

from .. import lifecycle
from ..calls import check_call
from .hr_department import ADMINISTRATOR

SCOPE = "facturation_collab.link"
ACCESSES = ("off", "login", "link")
"""What a policy lets a link do, strictest first."""
USE_KEY = "facturation_collab_link_use"
DECISIONS = frozenset(lifecycle.OUTCOME_STATE.values())


@dataclass(frozen=True)
class LinkUse:
    """Marks the decision that a link brought, for the event that records it. A client cannot send one."""

    access: str
    step_id: int


class AccountValidationLink(models.Model):
    """A link by which one person decides at one step, on the content that was submitted, once and for some days.

    The link holds a token that the secret of the database signs; this record keeps its digest alone. So neither who
    reads the database nor who guesses has a link that works.
    """

    _name = "account.validation.link"
    _inherit = "account.validation.record"
    _description = "Decision link"
    _order = "id desc"
    _rec_name = "step_id"

    _kept = timedelta(days=30)

    token_digest = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS, help="SHA-256 of the token.")
    step_id = fields.Many2one("account.validation.step", required=True, readonly=True, index=True, ondelete="cascade")
    request_id = fields.Many2one(related="step_id.request_id")
    move_id = fields.Many2one(related="step_id.move_id")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    user_id = fields.Many2one("res.users", required=True, readonly=True, index=True, ondelete="restrict")
    fingerprint = fields.Char(required=True, readonly=True, help="Of the content that it asks about.")
    access = fields.Selection(
        [("login", "With login"), ("link", "Without login")], required=True, readonly=True, help="When it was sent."
    )
    expires_at = fields.Datetime("Valid until", required=True, readonly=True)
    used_at = fields.Datetime("Used on", readonly=True)
    outcome = fields.Selection([("approve", "Approved"), ("return", "Returned"), ("reject", "Rejected")], readonly=True)
    revoked_at = fields.Datetime("Withdrawn on", readonly=True)

    _token_digest_unique = models.UniqueIndex("(token_digest)")

    # Making and finding

    @api.model
    def _issue(self, pairs):
        """Make a link for each (step, user), in one insertion.

        :returns: {(step id, user id): token}; the only place where the tokens are
        """
        tokens, vals_list = {}, []
        for step, user in pairs:
            token = self._sign_token(step, user)
            tokens[step.id, user.id] = token
            vals_list.append(self._prepare_link_vals(step, user, token))
        if vals_list:
            self._engine().create(vals_list)
        return tokens

    def _prepare_link_vals(self, step, user, token):
        request = step.request_id
        policy = request.policy_id
        return {
            "token_digest": _get_digest(token),
            "step_id": step.id,
            "company_id": request.company_id.id,
            "user_id": user.id,
            "fingerprint": request.fingerprint,
            "access": policy.email_decisions,
            "expires_at": fields.Datetime.now() + timedelta(days=policy.email_link_days),
        }

    @api.model
    def _sign_token(self, step, user):
        """Return a new token. Its random part makes it unknown to whoever reads the database."""
        values = [step.id, user.id, step.request_id.fingerprint, secrets.token_urlsafe(16)]
        return hash_sign(self.sudo().env, SCOPE, values)

    @api.model
    def _find(self, token):
        """Return the link of a token, as sudo; empty for any that we did not make, altered ones included."""
        try:
            values = verify_hash_signed(self.sudo().env, SCOPE, token)
        except ValueError:
            values = None
        if not values:
            return self.sudo().browse()
        link = self.sudo().search([("token_digest", "=", _get_digest(token))])
        bound = [link.step_id.id, link.user_id.id, link.fingerprint]
        return link if values[:3] == bound else link.browse()

    # Predicates: None, or (kind of refusal, sentence that says why and what to do)

    def _get_access(self):
        """Return what this link lets its person do now: what it was made for, or less if the policy now says less.

        An invoice with confidential lines never opens to whoever has the e-mail.
        """
        most = "login" if self.request_id._get_closed_departments() else "link"
        return min(most, self.access, self.request_id.policy_id.email_decisions, key=ACCESSES.index)

    def _get_end(self):
        """Return why this link is over for everybody. Tells nothing of the invoice."""
        self.ensure_one()
        if self.revoked_at:
            return "revoked", self.env._("This link was withdrawn. Open the invoice in Odoo to decide on it.")
        if self.expires_at < fields.Datetime.now() and not self.used_at:
            return "expired", self.env._("This link is too old. Open the invoice in Odoo to decide on it.")
        if not self.user_id.active or self.user_id.share:
            return "archived", self.env._("The user account of the person whom this link was sent to is closed.")
        if self._get_access() == "off":
            return "off", self.env._(
                "Decisions by e-mail were switched off since this link was sent. Open the invoice in Odoo to decide "
                "on it."
            )
        return None

    def _get_viewer_refusal(self, viewer):
        """Return why this link does not open to whoever follows it.

        :param viewer: res.users of the session; empty without one
        """
        self.ensure_one()
        name = self.user_id.name
        if viewer and viewer != self.user_id:
            return "personal", self.env._(
                "This link is personal to %(person)s, and you are logged in as %(viewer)s. Nothing was done. If the "
                "e-mail was forwarded to you, ask %(person)s to decide.",
                person=name,
                viewer=viewer.sudo().name,
            )
        if not viewer and self._get_access() == "login":
            return "login", self.env._(
                "This link is personal to %s. Log in to see the invoice and to decide. If you are not this person, "
                "please delete the e-mail.",
                name,
            )
        return None

    def _get_refusal(self):
        """Return why nothing is left to decide with this link, for the person whom it belongs to."""
        self.ensure_one()
        if self.used_at:
            return "used", self._describe_use()
        request, move = self.request_id, self._get_move()
        if move.sudo().validation_request_id != request:
            return "superseded", self.env._(
                "The invoice was submitted again since this link was sent: it asks about an earlier version. You get "
                "a new e-mail if your answer is needed."
            )
        if request.state == "pending" and not (
            request.fingerprint == self.fingerprint and request._is_content_unchanged()
        ):
            return "changed", self.env._(
                "The invoice was changed since this link was sent. Open it in Odoo to see what is asked of you now."
            )
        request = move.sudo().validation_request_id
        step, reason = request._get_decidable_step(self.user_id, "return")
        if self.step_id.state != "open":
            return "decided", reason or self.env._("This level is decided already. Another one now waits for you.")
        if step != self.step_id or not move.has_access("read"):
            return "reassigned", reason or self.env._("This level no longer waits for you.")
        return None

    def _describe_use(self):
        """Return the sentence that says what was decided with this link."""
        sentence = {
            "approve": self.env._("You approved the invoice with this link on %s."),
            "return": self.env._("You returned the invoice with this link on %s, to be corrected."),
            "reject": self.env._("You rejected the invoice with this link on %s."),
        }[self.outcome]
        return sentence % format_datetime(self.env, self.used_at, tz=self.user_id.tz)

    def _get_move(self):
        """Return the invoice as the person of this link sees it, in their language."""
        context = {"lang": self.env.context.get("lang"), "tz": self.user_id.tz}
        return self.env(user=self.user_id.id, su=False, context=context)["account.move"].browse(self.move_id.id)

    # Deciding

    def _use(self, outcome, comment=None):
        """Decide as the person of this link, once, through the same entrance as the buttons.

        A link is no proof of who uses it: a level that asks for one is approved in Odoo only.

        :param outcome: approve, return or reject
        :returns: None, or (kind of refusal, sentence): nothing was done then
        :raises UserError: when the comment is missing
        """
        self.ensure_one()
        self._lock()
        refusal = self._get_end() or self._get_refusal()
        if not refusal and outcome == "approve" and self.step_id.authentication:
            refusal = "proof", self.step_id.with_env(self.env)._get_authentication_refusal()
        if refusal:
            return refusal
        move = self._get_move().with_context(**{USE_KEY: LinkUse(self._get_access(), self.step_id.id)})
        check_call(move, comment)
        move.check_access("read")
        for reason in move.sudo().validation_request_id._decide(outcome, comment).values():
            return "refused", reason
        self._engine().write({"used_at": fields.Datetime.now(), "outcome": outcome})
        return None

    def _lock(self):
        """Wait for whoever decides on the same invoice or uses this link at this moment: the invoice and its request
        first, as everywhere.
        """
        self.request_id._lock()
        self.env.cr.execute("SELECT id FROM account_validation_link WHERE id = %s FOR UPDATE", [self.id])
        self.invalidate_recordset(flush=False)

    def action_revoke(self):
        """Withdraw these links: they do nothing any more. For administrators."""
        check_call(self)
        self.check_access("read")
        if not self.env.user.has_group(ADMINISTRATOR):
            raise AccessError(self.env._("Only an administrator of collaborative invoicing withdraws links."))
        now = fields.Datetime.now()
        self.filtered(lambda link: not link.used_at and not link.revoked_at)._engine().write({"revoked_at": now})

    @api.autovacuum
    def _gc_links(self):
        """Links that were over a while ago are forgotten: events keep what was decided."""
        old = self.sudo().search([("expires_at", "<", fields.Datetime.now() - self._kept)], limit=10000)
        old._engine().unlink()


class AccountValidationRequest(models.Model):
    _inherit = "account.validation.request"

    def _prepare_event_vals(self, event_type, step=None, comment=None, data=None):
        """The event of a decision says that a link brought it: login, or link where the link alone was enough."""
        use = self.env.context.get(USE_KEY)
        if isinstance(use, LinkUse) and step and step.id == use.step_id and event_type in DECISIONS:
            data = {**(data or {}), "link": use.access}
        return super()._prepare_event_vals(event_type, step, comment, data)


def _get_digest(token):
    return hashlib.sha256(token.encode()).hexdigest()
