from odoo.exceptions import AccessError
from odoo.tests import tagged

from .validation_common import ValidationCase


@tagged("post_install", "-at_install")
class TestPolicyChecks(ValidationCase):
    """What would block invoices, or let them pass, is said before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._give_role(cls._create_user("events_manager"), cls.events, "manager")
        cls.named = {"approver_type": "user", "user_ids": cls.controller.ids}

    def _codes(self, policies=None):
        return [problem["code"] for problem in (policies or self.policy)._get_problems()]

    def _sentence(self, policy=None):
        return (policy or self.policy).with_user(self.administrator).check_result

    def test_a_sound_policy_has_nothing_to_correct(self):
        self.assertEqual(self._codes(), [])
        self.assertEqual(self._sentence(), "")
        action = self.policy.with_user(self.administrator).action_check()
        self.assertEqual(action["params"]["type"], "success")

    def test_levels_that_no_invoice_reaches(self):
        self.policy.amount_max = 1000
        self.policy.level_ids[1].amount_min = 2000
        self.assertEqual(self._codes(), ["unreachable"])
        self.assertIn("No invoice reaches level “Finance” of policy “Marketing bills”", self._sentence())
        self.policy.level_ids[1].amount_min = 1000
        self.assertEqual(self._codes(), [])

    def test_amounts_without_a_level(self):
        low, high = self.policy.level_ids
        low.amount_max, high.amount_min = 500, 900
        self.assertEqual(self._codes(), ["gap"])
        self.assertRegex(self._sentence(), "has no level for amounts from .*500.* to .*900")
        high.amount_min = 500.01
        self.assertEqual(self._codes(), [])

    def test_policies_shadowed_by_an_earlier_one(self):
        earlier = self._create_policy("All bills", self._level(**self.named), sequence=1)
        self.assertEqual(self._codes(), ["shadow"])
        self.assertIn("“All bills” comes first and fits all of its invoices", self._sentence())
        for vals in (
            {"amount_min": 10},
            {"department_ids": self.logistics.ids},
            {"partner_ids": self.partner_a.ids},
            {"domain": "[('ref', '=', 'X')]"},
            {"apply_in_invoice": False, "apply_out_invoice": True},
            {"sequence": 99},
            {"mode": "off"},
        ):
            other = earlier.copy({"sequence": 1})
            other.mode = "enforce"
            earlier.mode = "off"
            self.assertEqual(self._codes(), ["shadow"])
            other.write({name: [(6, 0, value)] if name.endswith("_ids") else value for name, value in vals.items()})
            self.assertEqual(self._codes(), [], vals)
            other.active = False

    def test_an_earlier_policy_whose_levels_leave_amounts_shadows_nothing(self):
        self._create_policy("Large", self._level(**self.named, amount_min=100), sequence=1)
        self.assertEqual(self._codes(), [])

    def test_a_policy_of_a_department_above_shadows_those_below(self):
        self._create_policy("Direction", self._level(**self.named), sequence=1, department_ids=self.direction.ids)
        self.assertEqual(self._codes(), ["shadow"])

    def test_approvers_who_left(self):
        self.policy.level_ids[1].user_ids |= self.director
        self.controller.active = False
        self.assertEqual(self._codes(), ["left"])
        self.assertIn("names Controller, who cannot approve any more", self._sentence())

    def test_levels_without_people(self):
        self.controller.active = False
        self.assertEqual(self._codes(), ["left", "nobody"])
        empty = self.env["res.groups"].sudo().create({"name": "Nobody"})
        policy = self._create_policy("Group", self._level(approver_type="group", group_id=empty.id), mode="off")
        self.assertEqual(self._codes(policy), ["nobody"])

    def test_a_user_of_another_company_cannot_approve(self):
        elsewhere = self.env["res.company"].sudo().create({"name": "Elsewhere"})
        self.controller.write({"company_ids": [(6, 0, elsewhere.ids)], "company_id": elsewhere.id})
        self.assertEqual(self._codes(), ["left", "nobody"])

    def test_several_users_of_one_person_count_once(self):
        other = self._create_user("Controller+2", groups="account.group_account_invoice")
        other.login = f"+{self.controller.login}"
        self.policy.level_ids[1].user_ids |= other
        self.policy.level_ids[1].write({"quorum": "count", "quorum_count": 2})
        self.assertEqual(self._codes(), [])
        other.partner_id = self.controller.partner_id
        self.assertEqual(self._codes(), ["nobody"])

    def test_departments_without_the_role(self):
        self.env["account.department.member"].sudo().search([("department_id", "=", self.events.id)]).unlink()
        self.assertEqual(self._codes(), ["department"])
        self.assertIn("nobody is in Events", self._sentence())

    def test_archived_policies_are_not_checked(self):
        self.controller.active = False
        self.policy.active = False
        self.assertEqual(self._codes(), [])

    def test_the_button_checks_all(self):
        self.controller.active = False
        action = self.env["account.validation.policy"].with_user(self.administrator).action_check()
        self.assertEqual(action["params"]["type"], "warning")
        self.assertIn("names Controller", action["params"]["message"])

    def test_only_administrators_check(self):
        for user in (self.finance, self.manager, self.auditor):
            self.assertRefused(AccessError, "", self.policy.with_user(user).action_check)
            self.assertRefused(AccessError, "", self.policy.with_user(user).read, ["check_result"])

    def test_more_policies_cost_the_same_for_each(self):
        policies = self.policy | self._create_policy("Second", self._level(**self.named), sequence=50)
        self._codes(policies)
        self.env.invalidate_all()
        with self.assertQueryCount(60):
            self._codes(policies)
