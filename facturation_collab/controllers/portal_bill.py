"""The pages on which a vendor follows their bills: received, checked, paid; and nothing of who does it."""

from werkzeug.exceptions import NotFound

from odoo import http
from odoo.http import request

from odoo.addons.portal.controllers.portal import pager as portal_pager

from .portal_question import PortalQuestion, counting_misses


class PortalBill(PortalQuestion):
    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "followed_bill_count" in counters:
            domain = request.env["account.move"]._get_vendor_bill_domain(request.env.user)
            values["followed_bill_count"] = request.env["account.move"].sudo().search_count(domain, limit=1)
        return values

    @http.route(["/my/bills", "/my/bills/page/<int:page>"], type="http", auth="user", methods=["GET"], website=True)
    def portal_bills(self, page=1, **_ignored):
        """List the bills of the vendor, latest first."""
        bills = request.env["account.move"].sudo()
        domain = bills._get_vendor_bill_domain(request.env.user)
        pager = portal_pager("/my/bills", bills.search_count(domain), page, self._items_per_page)
        found = bills.search(
            domain, order="create_date desc, id desc", limit=self._items_per_page, offset=pager["offset"]
        )
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "bill",
            "pages": found._get_vendor_pages(),
            "pager": pager,
            "default_url": "/my/bills",
        }
        return request.render("facturation_collab.portal_bills", values)

    @http.route("/my/bills/<int:bill_id>", type="http", auth="user", methods=["GET"], website=True)
    @counting_misses
    def portal_bill(self, bill_id, **_ignored):
        """Show where a bill stands, and the questions on it."""
        user = request.env.user
        bill = request.env["account.move"]._get_vendor_bill(user, bill_id) if bill_id < 2**31 else None
        if not bill:
            raise NotFound
        values = {
            **self._get_question_values(bill, bill._get_outside_person(user, by_token=False), None),
            **bill._get_vendor_pages()[0],
            "page_name": "bill",
            "invoice": None,
        }
        return request.render("facturation_collab.portal_bill", values)
