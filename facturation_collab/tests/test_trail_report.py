from odoo.exceptions import AccessError
from odoo.tests import tagged

from .integrity_common import IntegrityCase


@tagged("post_install", "-at_install")
class TestTrailReport(IntegrityCase):
    def _render(self, move, user):
        report = self.env["ir.actions.report"].with_user(user)
        name = "facturation_collab.account_validation_trail_report"
        return report._render_qweb_html(name, move.ids)[0].decode()

    def test_the_trail_says_who_was_asked_why_and_what_they_answered(self):
        bill = self._create_bill()
        self._submit(bill)
        bill.with_user(self.manager).action_return("the quantity is wrong")
        bill.with_user(self.contributor).invoice_line_ids.quantity = 2
        self._submit(bill)
        page = self._render(bill, self.auditor)
        self.assertIn("No seal covers this validation yet", page)
        seal = self._seal()
        page = self._render(bill, self.auditor)
        first, last = bill.sudo().validation_request_ids.sorted("id")
        for text in (
            first.fingerprint,
            last.fingerprint,
            "the quantity is wrong",
            "Manager of Marketing",
            "Line 1, Quantity",
            "2.000000",
            seal.hash,
            "Marketing bills",
        ):
            self.assertIn(text, page)

    def test_only_auditors_and_administrators_print_it(self):
        bill = self._create_posted()
        for user in (self.contributor, self.manager, self.finance):
            self.assertRefused(AccessError, "Only auditors", self._render, bill, user)
        self.assertRefused(AccessError, "", self._render, bill, self.administrator)

    def test_an_invoice_without_validation_says_so(self):
        self.assertIn("never submitted", self._render(self._create_move(), self.auditor))
