"""The page behind a link in an e-mail: it shows an invoice to its approver, and takes one decision."""

from urllib.parse import quote

from markupsafe import Markup

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools.misc import get_lang

from ..models.account_validation_link_page import INLINE_TYPES
from ..models.account_validation_link_question import ASK, CHOICES

PATH = "/validation/<string:token>"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
STATUS = {
    "unknown": 404,
    "limit": 429,
    "login": 403,
    "personal": 403,
    "archived": 403,
    "off": 403,
    "reassigned": 403,
    "proof": 403,
    "refused": 403,
}
"""HTTP status of the pages that do nothing; the others are gone."""
GONE = 410
INCOMPLETE = 422


def _read_id(text):
    """Return the number that a form sends, or None."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else None


def _is_known(_controller, _rule, args):
    """Whether to serve in a read-only transaction: what is unknown is counted."""
    return bool(request.env["account.validation.link"].sudo()._find(args["token"]))


class ValidationLink(http.Controller):
    """A GET shows and changes nothing, so that scanners of mail may follow links; PostgreSQL itself refuses a write.

    Every answer about a link that we did not make is the same, and says nothing of any invoice.
    """

    @http.route(PATH, type="http", auth="public", methods=["GET"], readonly=_is_known, sitemap=False)
    def validation_link(self, token, choice=None, done=None, **_ignored):
        """Show the invoice and ask, or say why nothing is asked."""
        link = self._find(token)
        kind, sentence = self._get_refusal(link) or (link._get_refusal() or (None, ""))
        if kind:
            is_fine = kind == "login" or (kind == "used" and done)
            return self._show_end(link, kind, sentence, token=token, choice=choice, status=200 if is_fine else None)
        return self._show_form(link, token, choice=choice)

    @http.route(PATH, type="http", auth="public", methods=["POST"], sitemap=False)
    def validation_link_decide(self, token, outcome=None, comment=None, identity=None, kind=None, **_ignored):
        """Decide, or ask, as the person of the link."""
        link = self._find(token)
        if refusal := self._get_refusal(link):
            return self._show_end(link, *refusal, token=token)
        error = self._get_incomplete(link, outcome, identity)
        if not error:
            try:
                with request.env.cr.savepoint():
                    refusal = link._ask(_read_id(kind), comment) if outcome == ASK else link._use(outcome, comment)
            except UserError as refused:
                error = str(refused)
        if error:
            return self._show_form(link, token, choice=outcome, comment=comment, kind=_read_id(kind), error=error)
        if refusal:
            return self._show_end(link, *refusal)
        return self._send(request.redirect(f"/validation/{token}?done=1", code=303))

    @http.route(
        f"{PATH}/document/<int:document_id>",
        type="http",
        auth="public",
        methods=["GET"],
        readonly=_is_known,
        sitemap=False,
    )
    def validation_link_document(self, token, document_id, **_ignored):
        """Show a document of the invoice, as long as the link asks."""
        link = self._find(token)
        kind, sentence = self._get_refusal(link) or link._get_refusal() or (None, "")
        if kind:
            return self._show_end(link, kind, sentence)
        document = link._get_documents().filtered(lambda document: document.id == document_id)
        if not document:
            return self._show_end(link, "unknown", self._get_unknown())
        stream = request.env["ir.binary"]._get_stream_from(document.sudo())
        response = stream.get_response(as_attachment=document.mimetype not in INLINE_TYPES)
        return self._send(response, csp=False)

    # Who, and what of it

    def _find(self, token):
        """Return the link, in the language of its person; else in that of the browser."""
        link = request.env["account.validation.link"].sudo()._find(token)
        lang = link.user_id.lang or get_lang(request.env).code
        request.update_context(lang=lang)
        return link.with_context(lang=lang)

    def _get_refusal(self, link):
        """Return (kind, sentence) of a link that is unknown, over, or not opened by whoever follows it; None else."""
        if not link:
            if request.env["account.validation.link.miss"]._count(request.httprequest.remote_addr):
                return "limit", request.env._("Too many links that do not exist were opened. Try again in 15 minutes.")
            return "unknown", self._get_unknown()
        viewer = request.env["res.users"].browse(request.session.uid or [])
        return link._get_end() or link._get_viewer_refusal(viewer)

    def _get_unknown(self):
        return request.env._(
            "This link is not complete, was altered or is too old. Open it from the e-mail itself, or decide in Odoo."
        )

    def _get_incomplete(self, link, outcome, identity):
        """Return what the form lacks, or an empty text."""
        if outcome not in CHOICES:
            return request.env._("Choose what you decide: approve, return or reject; or ask a question.")
        if not request.session.uid and not identity:
            return request.env._("Confirm that you are %s, whom this link belongs to.", link.user_id.name)
        return ""

    # Pages

    def _show_form(self, link, token, choice=None, comment=None, kind=None, error=""):
        """Show the invoice with the question; an error keeps what the person entered."""
        page = link._get_page()
        values = {
            **page,
            "token": token,
            "choice": choice if choice in [option[0] for option in page["options"]] else None,
            "chosen_kind": kind,
            "comment": comment or "",
            "error": error,
            "asks_identity": not request.session.uid,
            "csrf_token": request.csrf_token(),
        }
        return self._render("validation_link_form", values, INCOMPLETE if error else 200)

    def _show_end(self, link, kind, sentence, token=None, choice=None, status=None):
        """Show why nothing is asked here, and where to go."""
        url, label = "/odoo/to-validate", request.env._("See what waits for me in Odoo")
        if kind == "login":
            back = f"/validation/{token}" + (f"?choice={choice}" if choice in CHOICES else "")
            url, label = f"/web/login?redirect={quote(back, safe='')}", request.env._("Log in")
        elif link and kind not in ("personal", "archived", "unknown"):
            url, label = f"/odoo/account.move/{link.move_id.id}", request.env._("Open the invoice in Odoo")
        values = {"heading": self._get_heading(kind), "sentence": sentence, "url": url, "label": label, "kind": kind}
        if kind == "archived":
            values["url"] = None
        return self._render("validation_link_end", values, status or STATUS.get(kind, GONE))

    def _get_heading(self, kind):
        headings = {
            "unknown": request.env._("This link leads nowhere"),
            "limit": request.env._("Please wait"),
            "login": request.env._("Please log in"),
            "personal": request.env._("This link belongs to somebody else"),
            "archived": request.env._("This link no longer works"),
            "revoked": request.env._("This link no longer works"),
            "off": request.env._("This link no longer works"),
            "expired": request.env._("This link has expired"),
            "used": request.env._("Your decision is recorded"),
            "decided": request.env._("Nothing is left to decide"),
            "superseded": request.env._("There is a newer version"),
            "changed": request.env._("The invoice was changed"),
            "reassigned": request.env._("It no longer waits for you"),
            "proof": request.env._("Approve this one in Odoo"),
            "refused": request.env._("This cannot be decided now"),
        }
        return headings[kind]

    def _render(self, template, values, status):
        code = get_lang(request.env).code
        html = request.env["ir.qweb"]._render(
            f"facturation_collab.{template}",
            {**values, "doctype": Markup("<!DOCTYPE html>"), "html_lang": code.replace("_", "-")},
            lang=code,
        )
        headers = [("Content-Type", "text/html; charset=utf-8")]
        return self._send(request.make_response(html, headers=headers, status=status))

    def _send(self, response, csp=True):
        """Return a response that is kept, framed, indexed and told to other sites by nobody."""
        headers = {name: value for name, value in HEADERS.items() if csp or name != "Content-Security-Policy"}
        for name, value in headers.items():
            response.headers[name] = value
        return response
