"""Chains of managers that climb until an approval limit covers the amount, and who may set these limits."""

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError

from .approvers_common import ApproverCase
from .validation_common import day


class TestDepartmentChain(ApproverCase):
    """Marketing has a manager, Direction a director."""

    LEVEL = {"name": "Chain", "approver_type": "department_chain"}

    def _chain(self, amount=1000.0, department=None, **vals):
        bill = self._create_bill(self.finance, department or self.marketing, amount=amount)
        return self._plan(self._level(**self.LEVEL), bill=bill, **vals)

    def test_the_nearest_whose_limit_covers_is_asked(self):
        self._limit(1000, user_id=self.manager.id)
        self._limit(50000, user_id=self.director.id)
        self.assertEqual(self._chain(1000), self.manager)
        self.assertEqual(self._chain(1000.01), self.director)
        self.assertEqual(self._chain(50000), self.director)
        self.assertFalse(self.problem)

    def test_departments_without_a_manager_are_passed(self):
        self._limit(1000, role="manager")
        self.assertEqual(self._chain(department=self.events), self.manager)
        self.assertIn("Events (nobody to ask there)", self._why())

    def test_a_chain_starts_in_the_department_of_the_invoice(self):
        self._limit(unlimited=True, role="manager")
        self.assertEqual(self._chain(department=self.logistics), self.director)

    def test_whoever_may_not_decide_is_passed(self):
        self._limit(5000, role="manager")
        self.assertEqual(self._chain(user=self.manager), self.director)
        self.assertIn("Marketing (Manager) (cannot decide on this invoice)", self._why())

    def test_all_managers_of_a_department_whose_limit_covers_are_asked(self):
        self._give_role(self.head, self.marketing, "manager")
        self._limit(5000, role="manager")
        self.assertEqual(self._chain(), self.manager | self.head)
        self._limit(10, user_id=self.manager.id)
        self.assertEqual(self._chain(), self.head)

    def test_a_quorum_climbs_until_it_has_enough(self):
        self._limit(5000, role="manager")
        level = self._level(**self.LEVEL, quorum="count", quorum_count=2)
        bill = self._create_bill()
        self.assertEqual(self._plan(level, bill=bill), self.manager | self.director)

    def test_nobody_covers(self):
        self._limit(500, user_id=self.manager.id)
        self.assertFalse(self._chain())
        for part in ("“Chain”", "Marketing (Manager) (limit too low)", "Direction (Director) (no approval limit)"):
            self.assertIn(part, self.problem)
        self.assertRegex(self.problem, r"covers .*1,000.*: an administrator must give a higher limit")

    def test_without_a_department_it_says_so(self):
        bill = self._create_bill(self.finance)
        bill.sudo().department_id = False
        self._plan(self._level(**self.LEVEL), bill=bill, user=self.finance)
        self.assertIn("has no department", self.problem)

    def test_the_reason_says_how_far_it_climbed_and_is_kept(self):
        self._limit(500, user_id=self.manager.id)
        limit = self._limit(20000, user_id=self.director.id)
        self._create_policy("Policy", self._level(**self.LEVEL))
        request = self._submit(self._create_bill())
        self.assertEqual(request.step_ids.approver_ids, self.director)
        limit.unlink()
        self.assertEqual(
            request.step_ids._get_reason_text(),
            "Manager of Marketing or above, whose approval limit of $\u00a020,000 covers the amount, asked by the "
            "policy “Policy”. Not asked: Marketing (Manager) (limit too low).",
        )

    def test_the_reason_of_somebody_who_may_approve_any_amount(self):
        self._limit(unlimited=True, user_id=self.manager.id)
        self._chain()
        self.assertIn("whose approval limit covers the amount", self._why())

    def test_the_number_of_queries_does_not_depend_on_the_invoices(self):
        self._limit(500, role="manager", department_id=self.marketing.id)
        self._limit(50000, role="manager")
        self.assertConstantQueries(**self.LEVEL)

    # ---- which limit applies

    def test_the_most_precise_limit_applies(self):
        """A person, a role in a department, a department, a role; asked from 1,000 on."""
        self._limit(2000, role="manager")
        self.assertEqual(self._chain(), self.manager)
        self._limit(10, department_id=self.marketing.id)
        self.assertEqual(self._chain(), self.director)
        self._limit(2000, department_id=self.marketing.id, role="manager")
        self.assertEqual(self._chain(), self.manager)
        self._limit(10, user_id=self.manager.id)
        self.assertEqual(self._chain(), self.director)

    def test_limits_hold_on_their_days_only(self):
        self._limit(5000, user_id=self.manager.id, date_from=day("2026-03-10"), date_to=day("2026-03-20"))
        self._limit(5000, user_id=self.director.id)
        for date, user in (
            ("2026-03-09", self.director),
            ("2026-03-10", self.manager),
            ("2026-03-20", self.manager),
            ("2026-03-21", self.director),
        ):
            with freeze_time(f"{date} 10:00:00"):
                self.assertEqual(self._chain(), user, date)

    def test_limits_of_other_companies_do_not_count(self):
        other = self.env["res.company"].sudo().create({"name": "Other"})
        self._limit(5000, user_id=self.manager.id, company_id=other.id)
        self._limit(5000, user_id=self.director.id)
        self.assertEqual(self._chain(), self.director)

    def test_a_branch_follows_the_company_above_unless_it_has_its_own(self):
        branch = self.env["res.company"].sudo().create({"name": "Branch", "parent_id": self.company.id})
        limits = self.env["account.approval.limit"]
        self._limit(5000, role="manager")
        amounts = [limit.amount for limit in limits._get_current_limits(branch)[branch]]
        self.assertEqual(amounts, [5000])
        self._limit(70, role="manager", company_id=branch.id)
        found = limits._get_current_limits(branch | self.company)
        self.assertEqual(sorted((limit.company, limit.amount) for limit in found[branch]), [(1, 5000), (2, 70)])
        self.assertEqual([limit.amount for limit in found[self.company]], [5000])

    def test_an_amount_in_another_currency_is_compared_in_that_of_the_company(self):
        euro = self.setup_other_currency("EUR", rates=[("2025-01-01", 2.0)])
        self._limit(500, user_id=self.manager.id)
        self._limit(5000, user_id=self.director.id)
        level = self._level(**self.LEVEL)
        bill = self._create_bill(amount=1000, currency_id=euro.id)
        self.assertEqual(self._plan(level, bill=bill), self.manager)
        self.assertEqual(self._chain(1000), self.director)


class TestSubmitterChain(ApproverCase):
    """The contributor works for the manager, who works for the director."""

    LEVEL = {"name": "Chain", "approver_type": "submitter_chain"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.top = cls._hire(cls.director)
        cls.middle = cls._hire(cls.manager, cls.top)
        cls.bottom = cls._hire(cls.contributor, cls.middle)

    def _chain(self, **vals):
        return self._plan(self._level(**self.LEVEL), **vals)

    def test_managers_of_whoever_submits(self):
        self._limit(5000, role="manager")
        self.assertEqual(self._chain(), self.manager)
        self.assertEqual(self._chain(user=self.manager), self.director)
        self.assertEqual(self._chain(bill=self._create_bill(amount=9000)), self.env["res.users"])
        self.assertIn("Manager (limit too low) and Director (limit too low)", self.problem)

    def test_a_limit_of_the_department_where_somebody_is_employed(self):
        self.middle.department_id = self.logistics
        self._limit(5000, department_id=self.logistics.id)
        self.assertEqual(self._chain(), self.manager)

    def test_who_has_several_positions_has_the_largest_limit(self):
        self._give_role(self.manager, self.logistics, "manager")
        self._limit(10, department_id=self.marketing.id, role="manager")
        self._limit(5000, department_id=self.logistics.id, role="manager")
        self.assertEqual(self._chain(), self.manager)

    def test_archived_employees_and_those_without_a_user_are_passed(self):
        self._limit(5000, role="manager")
        self.middle.user_id = False
        self.assertEqual(self._chain(), self.director)
        self.assertIn("Not asked: Manager (nobody to ask there).", self._why())
        self.middle.user_id = self.manager
        self.middle.active = False
        self.assertEqual(self._chain(), self.director)

    def test_a_circle_of_managers_ends(self):
        self.top.parent_id = self.bottom
        self._chain()
        self.assertIn("climbed past Manager (no approval limit) and Director (no approval limit)", self.problem)

    def test_without_a_manager_it_says_what_to_do(self):
        self._limit(5000, role="manager")
        self._chain(bill=self._create_bill(self.director), user=self.director)
        self.assertIn("nobody is above Director among the employees: HR must", self.problem)
        self._chain(bill=self._create_bill(self.finance), user=self.finance)
        self.assertIn("nobody is above Finance", self.problem)

    def test_the_employee_of_the_invoices_company_counts(self):
        other = self.env["res.company"].sudo().create({"name": "Other"})
        abroad = self._hire(self.head, company_id=other.id)
        self._hire(self.contributor, abroad, company_id=other.id)
        self._limit(5000, role="manager")
        self.assertEqual(self._chain(), self.manager)

    def test_the_number_of_queries_does_not_depend_on_the_invoices(self):
        self._limit(5000, user_id=self.director.id)
        self.assertConstantQueries(**self.LEVEL)

    def test_who_may_come_to_approve(self):
        policy = self._create_policy("Policy", self._level(**self.LEVEL), department_ids=self.events.ids)
        self.assertEqual(policy.level_ids._get_possible_approvers(), self.manager | self.director)
        policy.level_ids.approver_type = "department_chain"
        self.assertEqual(policy.level_ids._get_possible_approvers(), self.manager | self.director)

    def test_it_is_approved_by_whom_the_chain_found(self):
        self._limit(5000, role="manager")
        self._create_policy("Policy", self._level(**self.LEVEL))
        request = self._submit(self._create_bill())
        self.assertRefused(UserError, "not among the approvers", self._approve, request.move_id, self.director)
        self._approve(request.move_id, self.manager)
        self.assertEqual(request.state, "approved")


class TestApprovalLimits(ApproverCase):
    """The limits themselves."""

    def test_two_limits_for_the_same_people_do_not_overlap(self):
        for holder in (
            {"user_id": self.manager.id},
            {"role": "manager"},
            {"department_id": self.marketing.id},
            {"department_id": self.marketing.id, "role": "manager"},
        ):
            self._limit(100, **holder, date_to=day("2026-03-31"))
            later = self._limit(200, **holder, date_from=day("2026-04-01"), date_to=day("2026-06-30"))
            for days in (
                {},
                {"date_from": day("2026-03-31"), "date_to": day("2026-03-31")},
                {"date_from": "2026-06-30"},
            ):
                self.assertRefused(ValidationError, "already has a limit of", self._limit, 300, **holder, **days)
            self.assertRefused(ValidationError, "end that one first", later.write, {"date_from": day("2026-03-31")})
            self._limit(300, **holder, date_from=day("2026-07-01"))
        self._limit(300, department_id=self.marketing.id, role="validator")

    def test_a_refusal_names_who_and_how_much(self):
        self._limit(100, department_id=self.marketing.id, role="manager")
        text = r"Manager of Marketing already has a limit of \$.*100 on"
        self.assertRefused(ValidationError, text, self._limit, 1, department_id=self.marketing.id, role="manager")
        self._limit(unlimited=True, role="validator")
        self.assertRefused(ValidationError, "a limit of any amount on", self._limit, 1, role="validator")

    def test_a_limit_is_for_somebody_and_not_for_two(self):
        for vals in ({}, {"user_id": self.manager.id, "role": "manager"}):
            self.assertViolates("holder_check", lambda vals=vals: self._limit(1, **vals))
        user = {"user_id": self.manager.id}
        self.assertViolates("amount_positive", lambda: self._limit(-1, **user))
        self.assertViolates(
            "dates_check", lambda: self._limit(1, **user, date_from=day("2026-02-01"), date_to=day("2026-01-01"))
        )

    def test_a_department_of_another_company_is_refused(self):
        other = self.env["res.company"].sudo().create({"name": "Other"})
        department = self._create_department("Elsewhere", company=other)
        self.assertRefused(UserError, "Elsewhere", self._limit, 1, department_id=department.id)

    def test_changes_are_kept(self):
        limit = self._limit(100, user_id=self.manager.id).with_user(self.administrator)
        self._flush_tracking()
        limit.with_context(tracking_disable=False, mail_notrack=False).amount = 900
        self._flush_tracking()
        tracked = limit.sudo().message_ids.tracking_value_ids.filtered(lambda value: value.field_id.name == "amount")
        self.assertEqual((tracked.old_value_float, tracked.new_value_float), (100, 900))

    def _flush_tracking(self):
        self.env.flush_all()
        self.cr.precommit.run()

    def test_administrators_set_limits_and_others_do_not(self):
        limit = self._limit(100, user_id=self.manager.id)
        for user, rights in (
            (self.administrator, ["read", "write", "create", "unlink"]),
            (self.finance, ["read"]),
            (self.auditor, ["read"]),
            (self.manager, []),
            (self.contributor, []),
        ):
            mine = limit.with_user(user)
            found = [right for right in ("read", "write", "create", "unlink") if mine.has_access(right)]
            self.assertEqual(found, rights, user.name)
        self.assertRefused(AccessError, "", limit.with_user(self.manager).write, {"amount": 1e6})
        self.assertRefused(AccessError, "", limit.with_user(self.finance).write, {"amount": 1e6})

    def test_limits_of_other_companies_are_not_seen(self):
        other = self.env["res.company"].sudo().create({"name": "Other"})
        limit = self._limit(100, user_id=self.manager.id, company_id=other.id)
        for user in (self.administrator, self.finance, self.auditor):
            self.assertFalse(limit.with_user(user).has_access("read"))
        self.administrator.sudo().company_ids = [Command.link(other.id)]
        self.assertTrue(limit.with_user(self.administrator).with_company(other).has_access("read"))

    def test_the_list_opens_for_those_who_read_limits(self):
        self._limit(100, department_id=self.marketing.id)
        for user in (self.administrator, self.finance, self.auditor):
            action = (
                self.env["ir.actions.actions"]
                .with_user(user)
                ._for_xml_id("facturation_collab.account_approval_limit_action")
            )
            model = self.env[action["res_model"]].with_user(user)
            for view_type in ("list", "form", "search"):
                self.assertIn("department_id", model.get_view(view_type=view_type)["arch"])
            self.assertEqual(model.search([]).mapped("display_name"), ["Marketing"])
