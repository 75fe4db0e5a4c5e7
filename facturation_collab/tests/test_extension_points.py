"""The examples of docs/integrators.md, run as an addon of an integrator would run them."""

import re
import unittest
from pathlib import Path

from odoo import Command, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.orm.model_classes import add_to_registry
from odoo.tests import tagged
from odoo.tools.sql import create_column

from .validation_common import ValidationCase

PAGE = Path(__file__).resolve().parents[2] / "docs" / "integrators.md"
PURCHASES = "[('move_type', 'in', ('in_invoice', 'in_refund', 'in_receipt'))]"


def read_examples():
    """Return {class name: source} of the examples on the page; nothing without the page, as in an installed package."""
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    return {
        source.split("(")[0]: f"class {source}"
        for source in re.findall(r"^```python\nclass (.*?)^```", text, re.S | re.M)
    }


EXAMPLES = read_examples()


@unittest.skipUnless(EXAMPLES, "the examples are in docs/, which is no part of the package")
@tagged("post_install", "-at_install")
class TestExtensionPoints(ValidationCase):
    def _install(self, *names):
        """Extend the models by these examples, until the end of the test."""
        definitions = [self._define(name) for name in names]
        model_names = [definition._name for definition in definitions]
        self.addCleanup(self.registry._setup_models__, self.env.cr, model_names)
        for definition in definitions:
            model = self.registry[definition._name]
            self.addCleanup(setattr, model, "_base_classes__", model._base_classes__)
            add_to_registry(self.registry, definition)
        self.registry._setup_models__(self.env.cr, model_names)

    def _define(self, name):
        scope = {"__name__": "odoo.addons.collab_example.models", "fields": fields, "models": models}
        exec(EXAMPLES[name], scope)
        return scope[name]

    def test_every_example_has_a_test(self):
        tested = set(re.findall(r'"(\w+)"', Path(__file__).read_text(encoding="utf-8")))
        self.assertFalse(set(EXAMPLES) - tested)

    def test_a_new_criterion(self):
        create_column(self.env.cr, "account_validation_policy", "only_foreign", "bool")
        self._install("PolicyForeign")
        self.policy.only_foreign = True
        self.company.country_id = self.env.ref("base.fr")
        self.partner_a.country_id = self.env.ref("base.fr")
        self.partner_b.country_id = self.env.ref("base.de")
        here = self._create_bill(partner_id=self.partner_a.id)
        abroad = self._create_bill(partner_id=self.partner_b.id)
        self.assertEqual(self._match(here | abroad), {abroad: self.policy})
        policy, criteria = self.env["account.validation.policy"]._match(abroad)[abroad.id]
        self.assertIn("foreign", criteria)

    def test_a_new_kind_of_approver(self):
        self._install("LevelSalesperson", "WordingSalesperson")
        self._give_role(self.outsider, self.marketing, "reader")
        self.partner_a.user_id = self.outsider
        self.policy.level_ids = [Command.clear(), self._level("Salesperson", approver_type="customer_salesperson")]
        self.assertIn("the customer's salesperson", self.policy.level_ids.summary)
        bill = self._create_bill()
        request = self._submit(bill)
        self.assertEqual(request.step_ids.approver_ids, self.outsider)
        self.assertIn("Salesperson of the customer, asked by", request.step_ids._get_reason_text())
        self._approve(bill, self.outsider)
        self.assertEqual(request.state, "approved")

    def test_a_new_kind_of_approver_that_finds_nobody(self):
        self._install("LevelSalesperson", "WordingSalesperson")
        self.policy.level_ids = [Command.clear(), self._level("Salesperson", approver_type="customer_salesperson")]
        self.assertRefused(UserError, "name a salesperson on the customer", self._submit, self._create_bill())

    def test_a_step_that_differs_from_its_level(self):
        self._install("RequestRefundComment")
        self.policy.apply_in_refund = True
        bill, refund = self._create_bill(), self._create_bill(move_type="in_refund")
        self.assertFalse(any(self._submit(bill).step_ids.mapped("comment_required")))
        self.assertTrue(all(self._submit(refund).step_ids.mapped("comment_required")))
        self.assertRefused(UserError, "comment", refund.with_user(self.manager).action_approve)
        refund.with_user(self.manager).action_approve(comment="The goods came back.")

    def test_a_refusal_of_your_own(self):
        self._install("StepOwnName")
        bill, other = self._create_bill(partner_id=self.manager.partner_id.id), self._create_bill()
        self._submit(bill | other)
        self.assertRefused(UserError, "in your name", bill.with_user(self.manager).action_approve)
        self._approve(other, self.manager)

    def test_what_follows_from_an_approval(self):
        self._install("RequestPostApproved")
        self.assertEqual(self._create_approved().state, "posted")

    def test_more_content_that_approvers_agree_to(self):
        bill = self._create_approved()
        bill.narration = "Paid in thirty days"
        self.assertFalse(bill._get_posting_refusals(), "natively the terms are no content")
        self._install("MoveNarration")
        bill = self._create_approved()
        bill.narration = "Paid in ninety days"
        self.assertRefused(UserError, "changed after it was approved", bill.action_post)

    def test_another_legal_limit_for_payment(self):
        bill = self._create_bill().sudo()
        self.assertNotIn("law", bill._get_payment_dates())
        self._install("MovePublicBuyer")
        self.assertEqual(fields.Date.to_string(bill._get_payment_dates()["law"]), "2026-02-14")

    def test_lists_follow_another_field(self):
        self.assertNotIn("invoice_origin", self.env["account.move"]._get_listed_fields())
        self._install("MoveListed")
        self.assertIn("invoice_origin", self.env["account.move"]._get_listed_fields())
        self.assertIn("state", self.env["account.move"]._get_listed_fields())

    def test_a_field_that_only_finance_may_write(self):
        bill = self._create_bill()
        bill.with_user(self.contributor).payment_reference = "before"
        self._install("MoveFinanceOnly")
        self.assertRefused(
            AccessError, "Invoicing", bill.with_user(self.contributor).write, {"payment_reference": "after"}
        )
        bill.with_user(self.finance).payment_reference = "after"

    def test_a_rule_changed_without_code(self):
        bill, invoice = self._create_move(), self._create_move(move_type="out_invoice")
        seen = (bill | invoice).with_user(self.auditor)
        self.assertEqual(seen._filtered_access("read"), seen)
        self.assertIn(PURCHASES, PAGE.read_text(encoding="utf-8"))
        self.env.ref("facturation_collab.account_move_rule_auditor").domain_force = PURCHASES
        lines = self.env.ref("facturation_collab.account_move_line_rule_auditor")
        lines.domain_force = PURCHASES.replace("move_type", "move_id.move_type")
        self.assertEqual(seen._filtered_access("read"), bill)
        self.assertEqual(seen.sudo().line_ids.with_user(self.auditor)._filtered_access("read"), bill.line_ids)
