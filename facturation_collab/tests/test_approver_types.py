"""Kinds of approvers that follow from what an invoice is linked to, or from who has least to do."""

from odoo import Command, fields
from odoo.exceptions import AccessError, ValidationError

from .approvers_common import ApproverCase


class TestAnalyticOwner(ApproverCase):
    LEVEL = {"name": "Owner", "approver_type": "analytic"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plan = cls.env["account.analytic.plan"].sudo().create({"name": "Projects"})
        accounts = cls.env["account.analytic.account"].sudo()
        vals = {"plan_id": plan.id, "company_id": cls.company.id}
        cls.fair = accounts.create({**vals, "name": "Fair", "validation_owner_id": cls.head.id})
        cls.van = accounts.create({**vals, "name": "Van", "validation_owner_id": cls.director.id})
        cls.orphan = accounts.create({**vals, "name": "Orphan"})

    def _charge(self, *distributions):
        """A bill with one line for each distribution."""
        lines = [
            {"name": "Line", "price_unit": 10.0, "tax_ids": [Command.clear()], "analytic_distribution": distribution}
            for distribution in distributions
        ]
        return self._create_bill(invoice_line_ids=[Command.create(line) for line in lines])

    def _get_bill_vals(self):
        line = {"name": "Line", "price_unit": 10.0, "analytic_distribution": {str(self.fair.id): 100}}
        return {"invoice_line_ids": [Command.create(line)]}

    def _owners(self, bill):
        return self._plan(self._level(**self.LEVEL), bill=bill)

    def test_owners_of_all_accounts_of_all_lines(self):
        bill = self._charge({str(self.fair.id): 100}, {f"{self.van.id},{self.orphan.id}": 50}, False)
        self.assertEqual(self._owners(bill), self.head | self.director)
        self.assertEqual(self._why(), "Owner of the analytic account Fair and Van, asked by the policy “Policy”.")

    def test_what_is_missing_is_said(self):
        self.assertFalse(self._owners(self._charge(False)))
        self.assertIn("no line of this invoice has an analytic account: enter one", self.problem)
        self.assertFalse(self._owners(self._charge({str(self.orphan.id): 100})))
        self.assertIn("nobody owns Orphan: accounting must name the owner", self.problem)

    def test_an_owner_who_may_not_decide_is_named(self):
        self.fair.validation_owner_id = self.contributor
        self._owners(self._charge({str(self.fair.id): 100}))
        self.assertIn("of Contributor, too few can decide", self.problem)

    def test_the_number_of_queries_does_not_depend_on_the_invoices(self):
        self.assertConstantQueries(**self.LEVEL)

    def test_who_may_come_to_approve(self):
        policy = self._create_policy("Policy", self._level(**self.LEVEL))
        self.assertEqual(policy.level_ids._get_possible_approvers(), self.head | self.director)

    def test_not_everybody_who_edits_accounts_names_their_owners(self):
        for user in (self.contributor, self.finance):
            user.sudo().group_ids += self.env.ref("analytic.group_analytic_accounting")
        mine = self.fair.with_user(self.contributor)
        mine.name = "Renamed"
        self.assertRefused(AccessError, "", mine.write, {"validation_owner_id": self.contributor.id})
        self.assertRefused(AccessError, "", mine.read, ["validation_owner_id"])
        self.fair.with_user(self.finance).validation_owner_id = self.finance
        self.assertEqual(self.fair.validation_owner_id, self.finance)


class TestUsualApprover(ApproverCase):
    LEVEL = {"name": "Usual", "approver_type": "usual"}

    def _usual(self, **vals):
        return self._plan(self._level(**self.LEVEL), bill=self._create_bill(**vals))

    def test_of_the_partner_else_of_its_company(self):
        self.partner_a.sudo().validation_approver_id = self.head
        contact = self.env["res.partner"].sudo().create({"name": "Contact", "parent_id": self.partner_a.id})
        self.assertEqual(self._usual(partner_id=contact.id), self.head)
        contact.validation_approver_id = self.director
        self.assertEqual(self._usual(partner_id=contact.id), self.director)
        self.assertEqual(self._usual(), self.head)
        self.assertEqual(self._why(), "Usual approver of partner_a, asked by the policy “Policy”.")

    def test_that_of_another_company_does_not_count(self):
        other = self.env["res.company"].sudo().create({"name": "Other"})
        self.partner_a.sudo().with_company(other).validation_approver_id = self.head
        self.assertFalse(self._usual())
        self.assertIn("partner_a has no usual approver: accounting must name one", self.problem)

    def test_finance_and_administrators_name_them_and_others_do_not(self):
        partner = self.partner_a.sudo()
        for user in (self.contributor, self.finance, self.administrator):
            user.sudo().group_ids += self.env.ref("base.group_partner_manager")
        for user in (self.finance, self.administrator):
            partner.with_user(user).validation_approver_id = user
            self.assertEqual(partner.validation_approver_id, user)
        mine = partner.with_user(self.contributor)
        mine.name = "Renamed"
        self.assertRefused(AccessError, "", mine.write, {"validation_approver_id": self.contributor.id})
        self.assertRefused(AccessError, "", mine.read, ["validation_approver_id"])

    def test_the_number_of_queries_does_not_depend_on_the_invoices(self):
        self.partner_a.sudo().validation_approver_id = self.head
        self.assertConstantQueries(**self.LEVEL)

    def test_who_may_come_to_approve(self):
        self.partner_a.sudo().validation_approver_id = self.head
        policy = self._create_policy("Policy", self._level(**self.LEVEL))
        self.assertEqual(policy.level_ids._get_possible_approvers(), self.head)


class TestSalesperson(ApproverCase):
    def test_the_salesperson_of_an_invoice_without_an_order(self):
        bill = self._create_bill()
        bill.sudo().invoice_user_id = self.head
        level = self._level("Sales", approver_type="salesperson")
        self.assertEqual(self._plan(level, bill=bill), self.head)
        self.assertEqual(self._why(), "Salesperson of this invoice, asked by the policy “Policy”.")
        bill.sudo().invoice_user_id = False
        self._plan(level, bill=bill)
        self.assertIn("nobody is named on it", self.problem)


class TestPath(ApproverCase):
    def _level_of(self, path, **vals):
        return self._level("Path", approver_type="path", approver_path=path, **vals)

    def test_users_reached_from_the_invoice(self):
        self.partner_a.sudo().user_id = self.head
        self.assertEqual(self._plan(self._level_of("partner_id.user_id")), self.head)
        label = self.env["res.partner"]._fields["user_id"]._description_string(self.env)
        self.assertIn(f"> {label}” of this invoice, asked by the policy", self._why())
        self.assertIn(f"> {label}” of the invoice", self.planned_policy.level_ids.summary)

    def test_a_path_over_several_records(self):
        category = self.env["res.partner.category"].sudo().create({"name": "C", "partner_ids": self.partner_b.ids})
        self.partner_a.sudo().category_id = category
        self.partner_b.sudo().user_id = self.director
        self.assertEqual(self._plan(self._level_of("partner_id.category_id.partner_ids.user_id")), self.director)

    def test_a_path_that_leads_to_nobody_says_so(self):
        self.partner_a.sudo().user_id = False
        self.assertFalse(self._plan(self._level_of("partner_id.user_id")))
        self.assertIn("the path leads to nobody on this invoice", self.problem)

    def test_what_is_no_path_to_users_is_refused(self):
        for path, why in (
            ("", "Say who approves"),
            ("partner_id", "it leads to"),
            ("partner_id.name", "“name” is no link"),
            ("partner_id.unknown.user_id", "“unknown” is no link"),
            ("partner_id..user_id", "“” is no link"),
            ("partner_id.user_id.", "“” is no link"),
            ("duplicated_ref_ids.create_uid", "“duplicated_ref_ids” is computed each time"),
            ("__class__", "is no link"),
        ):
            self.assertRefused(ValidationError, why, self._create_policy, "Policy", self._level_of(path))

    def test_a_path_does_not_cross_what_its_author_may_not_read(self):
        level = {"name": "Path", "approver_type": "path", "approver_path": "department_id.reader_ids"}
        policies = self.env["account.validation.policy"]
        vals = {"name": "Policy", "company_id": self.company.id, "level_ids": [Command.create(level)]}
        policies.with_user(self.administrator).create(vals)
        self.patch(self.env["hr.department"]._fields["reader_ids"], "groups", "base.group_system")
        self.assertRefused(ValidationError, "is not open to you", policies.with_user(self.administrator).create, vals)
        self.patch(self.env["hr.department"]._fields["reader_ids"], "groups", fields.NO_ACCESS)
        self.assertRefused(ValidationError, "is not open to you", policies.sudo().create, vals)

    def test_a_path_that_no_longer_exists_finds_nobody_and_says_why(self):
        policy = self._create_policy("Policy", self._level_of("partner_id.user_id"))
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_validation_level SET approver_path = 'gone_id.user_id' WHERE id = %s", policy.level_ids.ids
        )
        self.env.invalidate_all()
        bill = self._create_bill().sudo()
        self.assertIn("“gone_id” is no link", policy.with_user(self.contributor).sudo()._plan(bill)[1][bill.id])

    def test_the_number_of_queries_does_not_depend_on_the_invoices(self):
        self.partner_a.sudo().user_id = self.head
        self.assertConstantQueries(name="Path", approver_type="path", approver_path="partner_id.user_id")


class TestLeastLoaded(ApproverCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.group = cls.env["res.groups"].sudo().create({"name": "Signers"})
        cls.people = cls.head | cls.director | cls.controller
        cls.group.user_ids = cls.people

    def _least(self, name="Least", **vals):
        return self._level(name, approver_type="group_least_loaded", group_id=self.group.id, **vals)

    def _plan_many(self, count, *levels, **vals):
        """Whom each level asks about each of some bills, planned together."""
        policy = self._create_policy("Policy", *levels, **vals).with_user(self.contributor).sudo()
        bills = self.env["account.move"].union(*(self._create_bill() for _bill in range(count))).sudo()
        plans, problems = policy._plan(bills)
        self.assertFalse(problems)
        return [[users for _level, users in plans[bill.id]] for bill in bills]

    def test_ties_go_by_id(self):
        self.assertEqual(self._plan(self._least()), self.people.sorted("id")[0])
        self.assertEqual(
            self._why(),
            "The member of “Signers” with the fewest invoices to decide (of 3), asked by the policy “Policy”.",
        )

    def test_who_has_fewer_steps_before_them(self):
        first, second, third = self.people.sorted("id")
        self._create_policy("Busy", self._named(first), self._named(third, sequence=20), amount_min=7000)
        request = self._submit(self._create_bill(amount=7000))
        self.assertEqual(self._plan(self._least()), second)
        self._approve(request.move_id, first)
        self.assertEqual(self._plan(self._least()), first)

    def test_one_batch_is_spread_evenly(self):
        asked = [users for (users,) in self._plan_many(7, self._least())]
        self.assertEqual(sorted(asked.count(user) for user in self.people), [2, 2, 3])

    def test_one_after_the_other_is_spread_evenly(self):
        self._create_policy("Policy", self._named(self.manager), self._least(sequence=20))
        asked = [self._submit(self._create_bill()).step_ids.sorted("sequence")[1].approver_ids for _bill in range(6)]
        self.assertEqual([asked.count(user) for user in self.people], [2, 2, 2])

    def test_only_among_those_who_may_decide(self):
        first, second, _third = self.people.sorted("id")
        self.assertEqual(self._plan(self._least(), user=first), second)

    def test_several_are_asked_where_several_must_approve(self):
        asked = self._plan(self._least(quorum="count", quorum_count=2))
        self.assertEqual(asked, self.people.sorted("id")[:2])

    def test_different_people_at_two_such_levels(self):
        for asked in self._plan_many(5, self._least("A"), self._least("B", sequence=20)):
            self.assertNotEqual(*asked)

    def test_whom_another_level_has_to_have_is_left_to_it(self):
        first, second, _third = self.people.sorted("id")
        self.assertEqual(self._plan_many(1, self._least("A"), self._named(first, sequence=20)), [[second, first]])

    def test_the_same_person_at_two_levels_where_the_policy_allows(self):
        first, _second, _third = self.people.sorted("id")
        levels = (self._least("A"), self._named(first, sequence=20))
        self.assertEqual(self._plan_many(1, *levels, distinct_approvers=False), [[first, first]])

    def test_an_empty_group_says_so(self):
        self.group.user_ids = False
        self.assertFalse(self._plan(self._least()))
        self.assertIn("the least loaded member of “Signers”, and nobody is", self.problem)

    def test_one_query_counts_the_loads(self):
        users = self.people
        self.env.flush_all()
        with self.assertQueryCount(1):
            users._get_validation_loads()
        self.assertConstantQueries(name="Least", approver_type="group_least_loaded", group_id=self.group.id)

    def test_a_group_is_needed(self):
        level = self._level("Least", approver_type="group_least_loaded")
        self.assertRefused(ValidationError, "Say who approves", self._create_policy, "Policy", level)

    def test_who_may_come_to_approve(self):
        policy = self._create_policy("Policy", self._least())
        self.assertEqual(policy.level_ids._get_possible_approvers(), self.people)


class TestMissingApps(ApproverCase):
    """Project and Purchase are not installed here; tests/test_other_apps.py has them."""

    def test_without_the_app_a_level_is_refused_and_says_which(self):
        for kind, app in (("project", "Project"), ("buyer", "Purchase")):
            level = self._level("Level", approver_type=kind)
            self.assertRefused(ValidationError, f"needs the app {app}", self._create_policy, "Policy", level)

    def test_an_app_that_was_uninstalled_leaves_nobody(self):
        policy = self._create_policy("Policy", self._named(self.head)).with_user(self.contributor).sudo()
        bill = self._create_bill().sudo()
        self.env.flush_all()
        for kind in ("project", "buyer"):
            self.env.cr.execute(
                "UPDATE account_validation_level SET approver_type = %s WHERE policy_id = %s", [kind, policy.id]
            )
            self.env.invalidate_all()
            self.assertIn(bill.id, policy._plan(bill)[1])
            self.assertFalse(policy.level_ids._get_possible_approvers())
