from odoo.tests import HttpCase, new_test_user

from .question_common import QuestionCase

PDF = b"%PDF-1.4\nproof"


class OutsideCase(QuestionCase):
    """A posted invoice of Marketing to Azure, whose clerk has a portal account; and a stranger who has one, too."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.env["res.partner"].sudo().create({"name": "Azure", "email": "azure@example.com"})
        cls.clerk = cls._create_portal_user("clerk", cls.customer)
        cls.stranger = cls._create_portal_user("stranger")
        cls.kind.write({"is_for_customers": True, "is_for_vendors": True, "department_id": cls.marketing.id})
        cls.invoice = cls._create_invoice()

    @classmethod
    def _create_portal_user(cls, login, parent=None):
        user = new_test_user(
            cls.env, f"collab_portal_{login}", groups="base.group_portal", password=f"collab_portal_{login}"
        )
        user.sudo().partner_id.write({"parent_id": parent and parent.id, "email": f"{login}@example.com"})
        return user

    @classmethod
    def _create_invoice(cls, post=True, **vals):
        """A posted invoice of two lines, 100 and 50, unless said otherwise."""
        vals = {"move_type": "out_invoice", "partner_id": cls.customer.id, **vals}
        invoice = cls._create_move(department=cls.marketing, amount=100.0, **vals)
        if "invoice_line_ids" not in vals:
            invoice.invoice_line_ids = [(0, 0, {"name": "Delivery", "price_unit": 50.0, "tax_ids": False})]
        if post:
            invoice.action_post()
        invoice._portal_ensure_token()
        return invoice


class PortalCase(OutsideCase, HttpCase):
    """The same, through the pages of the portal."""

    def _open(self, path, user=None, **params):
        """Get a page as a portal user, or as a visitor."""
        self.authenticate(user and user.login, user and user.login)
        return self.url_open(path, **params)

    def _send(self, path, user=None, page=None, files=None, **data):
        """Send the form of a page, with the token of that page against forged requests."""
        text = self._open(page or path, user).text
        token = text.split('name="csrf_token" value="')[1].split('"')[0]
        answer = self.url_open(path, data={"csrf_token": token, **data}, files=files, allow_redirects=False)
        self.env.invalidate_all()
        return answer

    def _ask_outside(self, user=None, invoice=None, token="", files=None, **data):
        """Ask on the portal; return the answer and the new questions."""
        invoice = invoice or self.invoice
        before = invoice.sudo().question_ids
        path = f"/my/invoices/{invoice.id}/ask" + (f"?access_token={token}" if token else "")
        data = {"kind_id": self.kind.id, "text": "Is the price right?", **data}
        answer = self._send(path, user or self.clerk, files=files, **data)
        return answer, invoice.sudo().question_ids - before
