"""The page behind the link of a question: somebody without a user account answers one question."""

from markupsafe import Markup

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools.misc import get_lang

from ..models.account_invoice_question_link import MAX_FILE_SIZE, MAX_FILES
from .validation_link import GONE, HEADERS, INCOMPLETE

PATH = "/invoice-question/<string:token>"


def _is_known(_controller, _rule, args):
    """Whether to serve in a read-only transaction: what is unknown is counted."""
    return bool(request.env["account.invoice.question"]._find_by_token(args["token"]))


class QuestionLink(http.Controller):
    """A GET shows the question and nothing of the invoice; a POST answers it."""

    @http.route(PATH, type="http", auth="public", methods=["GET"], readonly=_is_known, sitemap=False)
    def question_link(self, token, **_ignored):
        """Show the question, or say why nothing is asked."""
        question = self._find(token)
        if not question:
            return self._refuse()
        if end := question._get_link_end():
            return self._render("question_link_end", {"sentence": end}, 200 if question.state == "answered" else GONE)
        return self._show(question, token)

    @http.route(
        PATH,
        type="http",
        auth="public",
        methods=["POST"],
        sitemap=False,
        max_content_length=MAX_FILES * MAX_FILE_SIZE + 2**20,
    )
    def question_link_answer(self, token, answer=None, **_ignored):
        """Answer as the person of the link."""
        question = self._find(token)
        if not question:
            return self._refuse()
        uploads = [upload for upload in request.httprequest.files.getlist("files") if upload.filename]
        files = [(upload.filename, upload.read(MAX_FILE_SIZE + 1)) for upload in uploads[: MAX_FILES + 1]]
        try:
            with request.env.cr.savepoint():
                question._answer_by_link(answer, files)
        except UserError as refused:
            return self._show(question, token, answer, str(refused))
        return self._send(request.redirect(f"/invoice-question/{token}", code=303))

    def _find(self, token):
        question = request.env["account.invoice.question"]._find_by_token(token)
        lang = question.partner_id.lang or get_lang(request.env).code
        request.update_context(lang=lang)
        return question.with_context(lang=lang)

    def _refuse(self):
        """Every answer about a link that we did not make, or that is over, is the same; guesses are limited."""
        if request.env["account.validation.link.miss"]._count(request.httprequest.remote_addr):
            sentence = request.env._("Too many links that do not exist were opened. Try again in 15 minutes.")
            return self._render("question_link_end", {"sentence": sentence}, 429)
        sentence = request.env._(
            "This link is not complete or too old. Open it from the e-mail itself, or ask for a new one."
        )
        return self._render("question_link_end", {"sentence": sentence}, 404)

    def _show(self, question, token, answer=None, error=""):
        values = {
            "token": token,
            "company": question.company_id.name,
            "text": question.body,
            "reference": question.move_id.ref or question.move_id.name or "",
            "answer": answer or "",
            "error": error,
            "csrf_token": request.csrf_token(),
        }
        return self._render("question_link_form", values, INCOMPLETE if error else 200)

    def _render(self, template, values, status):
        code = get_lang(request.env).code
        heading = request.env._("A question about an invoice")
        html = request.env["ir.qweb"]._render(
            f"facturation_collab.{template}",
            {
                "heading": heading,
                **values,
                "doctype": Markup("<!DOCTYPE html>"),
                "html_lang": code.replace("_", "-"),
            },
            lang=code,
        )
        headers = [("Content-Type", "text/html; charset=utf-8")]
        return self._send(request.make_response(html, headers=headers, status=status))

    def _send(self, response):
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response
