"""Questions and disputes on the native page of an invoice: what customers and vendors see, send and follow."""

import functools
from urllib.parse import quote

from werkzeug.exceptions import NotFound

from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

from odoo.addons.account.controllers.portal import PortalAccount

from ..models.account_invoice_question_link import MAX_FILE_SIZE, MAX_FILES

ASK = "/my/invoices/<int:invoice_id>/ask"
QUESTION = "/my/invoices/<int:invoice_id>/questions/<int:question_id>"
PAGE = {"type": "http", "auth": "public", "website": True, "sitemap": False}
GET = {**PAGE, "methods": ["GET"]}
POST = {**PAGE, "methods": ["POST"], "max_content_length": MAX_FILES * MAX_FILE_SIZE + 2**20}
INCOMPLETE = 422


def counting_misses(function):
    """Answer with a page what the visitor may not know of, so that the miss is committed: an exception rolls it back.

    Many misses from one address are refused; what is found is never counted. Whoever is not logged in and has no token
    logs in first, whatever there is.
    """

    @functools.wraps(function)
    def endpoint(self, *args, **kwargs):
        try:
            return function(self, *args, **kwargs)
        except NotFound:
            if request.env.user._is_public() and not kwargs.get("access_token"):
                return request.redirect(f"/web/login?redirect={quote(request.httprequest.path)}", code=303)
            too_many = request.env["account.validation.link.miss"]._count(request.httprequest.remote_addr)
            values = {"too_many": too_many}
            return request.render("facturation_collab.portal_nothing", values, status=429 if too_many else 404)

    return endpoint


class PortalQuestion(PortalAccount):
    """Whatever does not exist, is somebody else's or is not offered gets the same answer: not found."""

    def _invoice_get_page_view_values(self, invoice, access_token, **kwargs):
        values = super()._invoice_get_page_view_values(invoice, access_token, **kwargs)
        by_token = not request.env["account.move"].browse(invoice.id).has_access("read")
        person = invoice._get_outside_person(request.env.user, by_token)
        return {**values, **self._get_question_values(invoice, person, access_token if by_token else None)}

    @http.route(ASK, **GET)
    @counting_misses
    def portal_ask(self, invoice_id, access_token=None, dispute=None, **_ignored):
        """Show the form that asks about an invoice, or disputes it."""
        invoice, person, token = self._find_invoice(invoice_id, access_token)
        return self._show_ask(invoice, person, token, {"dispute": bool(dispute)})

    @http.route(ASK, **POST)
    @counting_misses
    def portal_ask_send(self, invoice_id, access_token=None, **_form):
        """Ask, as the contact that the visitor is."""
        form = self._get_form()
        invoice, person, token = self._find_invoice(invoice_id, access_token)

        def ask():
            question = invoice._ask_from_outside(
                person,
                _to_int(form.get("kind_id")),
                form.get("text"),
                self._get_files(),
                by_token=bool(token),
                dispute=self._get_dispute(form) if form.get("dispute") else None,
            )
            return question._get_outside_url()

        return self._send(invoice, person, ask, lambda error: self._show_ask(invoice, person, token, form, error))

    @http.route(QUESTION, **GET)
    @counting_misses
    def portal_question(self, invoice_id, question_id, access_token=None, **_ignored):
        """Show a question, where it stands and its answer."""
        return self._show_question(*self._find_question(invoice_id, question_id, access_token))

    @http.route(QUESTION, **POST)
    @counting_misses
    def portal_question_send(self, invoice_id, question_id, access_token=None, **_form):
        """Answer, accept, ask again, rate or withdraw, as the contact that the visitor is."""
        form = self._get_form()
        question, person, token = self._find_question(invoice_id, question_id, access_token)

        def act():
            question._do_from_outside(
                person, form.get("operation"), form.get("text"), self._get_files(), rating=form.get("rating")
            )
            return self._get_url(f"{invoice_id}/questions/{question_id}", token)

        return self._send(
            question.move_id, person, act, lambda error: self._show_question(question, person, token, form, error)
        )

    @http.route(f"{QUESTION}/files/<int:file_id>", **GET)
    @counting_misses
    def portal_question_file(self, invoice_id, question_id, file_id, access_token=None, **_ignored):
        """Send a file that people outside may see of this question."""
        question, _person, _token = self._find_question(invoice_id, question_id, access_token)
        document = question.outside_file_ids.filtered(lambda document: document.id == file_id)
        if not document:
            raise NotFound
        response = request.env["ir.binary"]._get_stream_from(document).get_response(as_attachment=True)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        return response

    # Who, and what of it

    def _find_invoice(self, invoice_id, access_token):
        """Return (invoice, contact, token) for a visitor who may ask; the token where they may read only with it.

        :raises NotFound: for any other
        """
        # A program may send a file under that name.
        access_token = access_token if isinstance(access_token, str) else None
        invoice, by_token = self._find_readable(invoice_id, access_token)
        if invoice and (person := invoice._get_outside_person(request.env.user, by_token)):
            return invoice, person, access_token if by_token else None
        raise NotFound

    def _find_readable(self, invoice_id, access_token):
        """Return (invoice, whether only by the token) for an invoice that the visitor may read, as sudo; nothing for
        any other.
        """
        invoices = request.env["account.move"]
        if not 0 < invoice_id < 2**31:
            return invoices, False
        if bill := invoices._get_vendor_bill(request.env.user, invoice_id):
            return bill, False
        try:
            self._document_check_access("account.move", invoice_id, access_token)
        except (AccessError, MissingError):
            return invoices, False
        invoice = invoices.browse(invoice_id)
        return invoice.sudo(), not invoice.has_access("read")

    def _find_question(self, invoice_id, question_id, access_token):
        """Return (question, contact, token) for a visitor who sees the question."""
        invoice, person, token = self._find_invoice(invoice_id, access_token)
        question = invoice._get_outside_questions(person).filtered(lambda question: question.id == question_id)
        if not question:
            raise NotFound
        return question, person, token

    def _send(self, invoice, person, act, show):
        """Do what a form asks for, whole or not at all, and go on to the page of what became of it.

        :param act: function that does it and returns the address of that page
        :param show: function that returns the page of the form again, given what is wrong
        """
        try:
            self._check_limits(person, invoice)
            with request.env.cr.savepoint():
                url = act()
        except UserError as refused:
            return show(str(refused))
        return request.redirect(url, code=303)

    def _check_limits(self, person, invoice):
        """:raises UserError: when this contact, invoice or address sent too much in the last hour"""
        if request.env["account.invoice.portal.call"]._count(person, invoice, request.httprequest.remote_addr):
            raise UserError(request.env._("Too much was sent in a short time. Try again in an hour."))

    def _get_form(self):
        """Return the texts of the form: Odoo's own parameters hold files, too, whatever their name."""
        return request.httprequest.form.to_dict()

    def _get_files(self):
        """Return [(name, content)] of what was uploaded; a little more than what is allowed, so that it is refused."""
        uploads = [upload for upload in request.httprequest.files.getlist("files") if upload.filename]
        return [(upload.filename, upload.read(MAX_FILE_SIZE + 1)) for upload in uploads[: MAX_FILES + 1]]

    def _get_dispute(self, form):
        try:
            amount = float((form.get("amount") or "0").replace(",", "."))
        except ValueError:
            amount = 0.0
        line_ids = [_to_int(id_) for id_ in request.httprequest.form.getlist("line_ids")]
        return {"scope": form.get("scope"), "line_ids": line_ids, "amount": amount}

    # Pages

    def _get_back_url(self, invoice, token):
        """Return the page of the invoice itself: one that is not posted has only that of its vendor."""
        return self._get_url(invoice.id, token) if invoice.state == "posted" else f"/my/bills/{invoice.id}"

    def _get_url(self, path, token):
        return f"/my/invoices/{path}" + (f"?access_token={token}" if token else "")

    def _get_question_values(self, invoice, person, token):
        """Return what pages show of the questions on an invoice."""
        return {
            "outside_person": person,
            "outside_questions": invoice._get_outside_questions(person) if person else [],
            "outside_url": lambda path: self._get_url(f"{invoice.id}/{path}", token),
            "outside_back": self._get_back_url(invoice, token),
            "can_dispute": invoice._is_disputable(),
        }

    def _get_page_values(self, invoice, person, token):
        """Return what pages of our own show of an invoice: one that is not posted is a bill of its vendor."""
        is_bill = invoice.state != "posted"
        return {
            "document": invoice,
            "document_name": invoice.ref if is_bill else invoice.name,
            **({"page_name": "bill", "bill": invoice} if is_bill else {"page_name": "invoice", "invoice": invoice}),
            **self._get_question_values(invoice, person, token),
        }

    def _show_ask(self, invoice, person, token, form, error=""):
        values = {
            "kinds": invoice._get_outside_kinds(),
            "form": form,
            "chosen_lines": [_to_int(id_) for id_ in request.httprequest.form.getlist("line_ids")],
            "error_text": error,
            **self._get_page_values(invoice, person, token),
        }
        return request.render("facturation_collab.portal_ask", values, status=INCOMPLETE if error else 200)

    def _show_question(self, question, person, token, form=None, error=""):
        values = {
            "question": question,
            "operations": question._get_outside_operations(person),
            "form": form or {},
            "error_text": error,
            **self._get_page_values(question.move_id, person, token),
        }
        return request.render("facturation_collab.portal_question", values, status=INCOMPLETE if error else 200)


def _to_int(text):
    """Return the number that a form sends, or 0.

    >>> _to_int("12"), _to_int("twelve"), _to_int(None)
    (12, 0, 0)
    """
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0
