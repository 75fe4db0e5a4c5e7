from odoo import Command

from .validation_common import ValidationCase


class ApproverCase(ValidationCase):
    """Who would be asked about a bill of Marketing, under a policy made for the occasion."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.sudo().mode = "off"
        cls.head = cls._create_user("head", groups="facturation_collab.group_user")

    @classmethod
    def _hire(cls, user, manager=None, **vals):
        """An employee record, under a manager."""
        vals = {"name": user.name, "user_id": user.id, "parent_id": manager and manager.id, **vals}
        return cls.env["hr.employee"].sudo().create({"company_id": cls.company.id, **vals})

    @classmethod
    def _limit(cls, amount=0.0, **vals):
        return cls.env["account.approval.limit"].sudo().create({"company_id": cls.company.id, "amount": amount, **vals})

    def _plan(self, *levels, bill=None, user=None, **vals):
        """Plan a bill as if a user (the contributor) submitted it now; return whom the first level asks."""
        bill = (bill or self._create_bill()).with_user(user or self.contributor).sudo()
        self.planned_policy = self._create_policy("Policy", *levels, **vals).with_user(user or self.contributor).sudo()
        plans, problems = self.planned_policy._plan(bill)
        self.planned, self.problem, self.planned_bill = plans[bill.id], problems.get(bill.id, ""), bill
        return self.planned[0][1]

    def _why(self, position=0, **context):
        """Why the people of a level would be asked, as the step would say it."""
        vals = self.planned_policy._prepare_planned_vals(self.planned[position], self.planned_bill)
        return self.env["account.validation.wording"].with_context(**context)._describe_reason(vals["reason"])

    def _count_plan_queries(self, count, **level):
        """How many queries it takes to plan some new bills."""
        policy = self._create_policy("Policy", self._level(**level)).with_user(self.contributor).sudo()
        vals = [self._get_move_vals(department_id=self.marketing.id, **self._get_bill_vals()) for _bill in range(count)]
        bills = self.env["account.move"].with_user(self.contributor).create(vals).sudo()
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        plans, problems = policy._plan(bills)
        self.assertFalse(problems)
        self.assertTrue(all(plans[bill.id][0][1] for bill in bills))
        return self.env.cr.sql_log_count - before

    def _get_bill_vals(self):
        return {}

    def assertConstantQueries(self, **level):
        """Planning many bills takes as many queries as planning a few."""
        self._count_plan_queries(1, **level)
        few, many = (self._count_plan_queries(count, **level) for count in (3, 12))
        self.assertLessEqual(many, few)

    def _named(self, *users, name="Named", **vals):
        """Command that creates a level of named users."""
        ids = [user.id for user in users]
        return self._level(name, approver_type="user", user_ids=ids, **vals)

    def _create_group(self, *users):
        ids = [user.id for user in users]
        return self.env["res.groups"].sudo().create({"name": "Signers", "user_ids": [Command.set(ids)]})
