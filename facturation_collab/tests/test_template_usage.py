"""How much a template is used, for whoever may read the invoices."""

from lxml import etree

from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .template_common import TemplateCase
from .validation_common import day


@tagged("post_install", "-at_install")
class TestTemplateUsage(TemplateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.mode = "off"

    def _post(self, move, **vals):
        move.sudo().write({"invoice_date": day("2026-01-15"), **vals})
        move.sudo().action_post()
        return move.sudo()

    def _get_figures(self, template, user):
        template = template.with_user(user)
        template.invalidate_recordset()
        return template.use_count, template.posted_count, template.changed_count

    def _get_listed(self, name):
        """The invoices that a button of the template shows."""
        action = getattr(self.rent.with_user(self.manager), name)()
        return self.env["account.move"].search(action["domain"])

    def test_figures_count_uses_and_what_was_changed_before_posting(self):
        kept, changed, draft = (self._use() for _index in range(3))
        draft.invoice_line_ids[1].price_unit = 1.0
        changed.invoice_line_ids[1].quantity = 2.0
        self.assertFalse(self._post(kept).template_changed)
        self.assertTrue(self._post(changed).template_changed)
        self.assertEqual(self._get_figures(self.rent, self.manager), (3, 2, 1))
        self.assertEqual(self.rent.with_user(self.manager).changed_share, 0.5)
        self.assertTrue(self.rent.with_user(self.manager).last_use)
        self.assertEqual(self._get_listed("action_view_invoices"), kept | changed | draft)
        self.assertEqual(self._get_listed("action_view_changed_invoices"), changed)

    def test_choosing_the_date_the_partner_and_the_reference_changes_nothing(self):
        move = self._use(self.common, self.finance)
        move = self._post(move, partner_id=self.partner_a.id, ref="R1", department_id=self.marketing.id)
        self.assertFalse(move.template_changed)

    def test_lines_that_were_added_to_others_are_no_change(self):
        bill = self._create_bill()
        self._apply(bill, self.common, replace=False)
        self.assertFalse(self._post(bill).template_changed)

    def test_everybody_counts_what_they_may_read(self):
        payroll = self._create_department("Payroll", is_confidential=True)
        clerk = self._create_user("clerk", payroll, "contributor")
        bill = self._create_move(clerk, payroll)
        self._apply(bill, self.common, clerk)
        for user, expected in ((clerk, 1), (self.auditor, 1), (self.finance, 0), (self.contributor, 0)):
            with self.subTest(user.name):
                self.assertEqual(self._get_figures(self.common, user)[0], expected)
                templates = self.env["account.invoice.template"].with_user(user)
                unused = templates.search([("is_used", "=", False), ("id", "=", self.common.id)])
                self.assertEqual(bool(unused), not expected)

    def test_filters_find_what_is_never_used_and_what_is_changed(self):
        changed = self._use()
        changed.invoice_line_ids[1].quantity = 2.0
        self._post(changed)
        templates = self.env["account.invoice.template"].with_user(self.finance)
        arch = etree.fromstring(templates.get_view(view_type="search")["arch"])
        domains = {
            node.get("name"): safe_eval(node.get("domain")) for node in arch.iter("filter") if node.get("domain")
        }
        both = ("id", "in", (self.rent | self.common).ids)
        for name, expected in (("used", self.rent), ("never_used", self.common), ("changed_after_use", self.rent)):
            self.assertEqual(templates.search([both, *domains[name]]), expected, name)

    def test_figures_of_many_cost_one_query(self):
        self._use()
        templates = (self.rent | self.common).with_user(self.finance)
        self.env["account.move"].with_user(self.finance).search([], limit=1)
        templates.mapped("name")
        self.env.flush_all()
        templates.invalidate_recordset(["use_count"])
        with self.assertQueryCount(1):
            templates.mapped("use_count")

    def test_an_invoice_without_template_costs_posting_nothing(self):
        bill = self._create_bill().sudo()
        bill.read(["template_id", "state"])
        with self.assertQueryCount(0):
            bill._on_template_posted()
