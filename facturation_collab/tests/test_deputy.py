"""An absence that Odoo knows of: the deputy decides, or is proposed, until the person is back."""

from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.orm.model_classes import add_to_registry
from odoo.tests import tagged

from .delegation_common import DelegationCase

TIME_OFF = """
class HrEmployee(models.Model):
    _inherit = "hr.employee"

    is_absent = fields.Boolean(compute="_compute_absent")
    leave_date_from = fields.Date(compute="_compute_absent")

    def _compute_absent(self):
        for employee in self:
            employee.is_absent = employee.id == id_
            employee.leave_date_from = fields.Date.today()
"""


@tagged("post_install", "-at_install")
class TestDeputy(DelegationCase):
    def setUp(self):
        super().setUp()
        self.company.validation_deputy_mode = "apply"
        self.manager.with_user(self.manager).validation_deputy_id = self.deputy

    def _leave(self, **vals):
        """The manager is out of office from an hour ago."""
        start = fields.Datetime.now() - timedelta(hours=1)
        self.manager.with_user(self.manager).write({"out_of_office_from": start, **vals})
        self.env.invalidate_all()

    def _come_back(self):
        self.manager.with_user(self.manager).write({"out_of_office_from": False, "out_of_office_to": False})
        self.env.invalidate_all()

    def _get_delegations(self):
        return self.delegations.search([("from_user_id", "=", self.manager.id)])

    def test_the_deputy_decides_while_somebody_is_away(self):
        bill, request = self._submit_bill()
        self._leave()
        delegation = self._get_delegations()
        self.assertEqual((delegation.state, delegation.source), ("running", "absence"))
        self.assertEqual(delegation.to_user_id, self.deputy)
        self.assertEqual(request.waiting_user_ids, self.manager | self.deputy)
        self._approve(bill, self.deputy)
        self.assertEqual(request.step_ids.represented_ids, self.manager)
        self._come_back()
        self.assertEqual(delegation.state, "revoked")

    def test_the_job_sees_who_comes_back(self):
        _bill, request = self._submit_bill()
        self._leave(out_of_office_to=fields.Datetime.now() + timedelta(days=1))
        self.assertEqual(request.waiting_user_ids, self.manager | self.deputy)
        self._follow()
        self.assertEqual(request.waiting_user_ids, self.manager | self.deputy, "Still away.")
        query = "UPDATE res_users SET out_of_office_to = out_of_office_from WHERE id = %s"
        self.env.cr.execute(query, [self.manager.id])
        self._follow()
        self.assertEqual(request.waiting_user_ids, self.manager)

    def test_a_proposal_waits_for_the_person(self):
        self.manager.with_user(self.manager).validation_deputy_mode = "propose"
        bill, request = self._submit_bill()
        self._leave()
        delegation = self._get_delegations()
        self.assertEqual(delegation.state, "proposed")
        domain = [("notified_partner_ids", "in", self.manager.partner_id.ids)]
        message = self.env["mail.message"].sudo().search(domain, order="id desc", limit=1)
        self.assertIn("Deputy could decide for you", message.subject)
        self.assertFalse(self._can_approve(bill, self.deputy))
        self.assertEqual(delegation.search([("state", "=", "proposed")]), delegation)
        for user in (self.deputy, self.finance):
            self.assertRefused(UserError, "Only Manager", delegation.with_user(user).action_confirm)
        delegation.with_user(self.manager).action_confirm()
        self.assertEqual((delegation.state, request.waiting_user_ids), ("running", self.manager | self.deputy))
        self.assertRefused(UserError, "does not wait", delegation.with_user(self.manager).action_confirm)

    def test_the_company_proposes_unless_it_says_otherwise(self):
        self.assertEqual(self.env["res.company"].create({"name": "New"}).validation_deputy_mode, "propose")
        self.company.validation_deputy_mode = "propose"
        self._leave()
        self.assertEqual(self._get_delegations().state, "proposed")

    def test_the_person_chooses_otherwise(self):
        self.company.validation_deputy_mode = "propose"
        self.manager.with_user(self.manager).validation_deputy_mode = "apply"
        self._leave()
        self.assertEqual(self._get_delegations().state, "running")

    def test_what_was_revoked_does_not_come_back_in_the_same_absence(self):
        self._leave()
        self._get_delegations().with_user(self.manager).action_revoke()
        self._follow()
        self.assertEqual(len(self._get_delegations()), 1)

    def test_it_is_given_once(self):
        self._leave()
        self._follow()
        self._follow()
        self.assertEqual(len(self._get_delegations()), 1)

    def test_a_new_deputy_replaces_the_former_one(self):
        self._leave()
        self.manager.with_user(self.manager).validation_deputy_id = self.other
        states = {delegation.to_user_id: delegation.state for delegation in self._get_delegations()}
        self.assertEqual(states, {self.deputy: "revoked", self.other: "running"})

    def test_a_deputy_who_would_close_a_circle_does_not_decide(self):
        self._delegate(self.deputy, self.manager)
        self._leave()
        self.assertFalse(self._get_delegations())

    def test_time_off_counts_where_it_is_installed(self):
        employee = self.env["hr.employee"].sudo().create({"name": "Manager", "user_id": self.manager.id})
        _bill, request = self._submit_bill()
        self._follow()
        self.assertFalse(self._get_delegations())
        self._install_time_off(employee.id)
        self._follow()
        self.assertEqual(self._get_delegations().state, "running")
        self.assertEqual(request.waiting_user_ids, self.manager | self.deputy)

    def _install_time_off(self, employee_id):
        """The fields that time off adds to employees, for one who is away, until the end of the test."""
        scope = {"__name__": "odoo.addons.collab_example.models", "fields": fields, "models": models}
        scope["id_"] = employee_id
        exec(TIME_OFF, scope)
        employees = self.registry["hr.employee"]
        self.addCleanup(self.registry._setup_models__, self.env.cr, ["hr.employee"])
        self.addCleanup(setattr, employees, "_base_classes__", employees._base_classes__)
        add_to_registry(self.registry, scope["HrEmployee"])
        self.registry._setup_models__(self.env.cr, ["hr.employee"])

    def test_who_cannot_be_a_deputy(self):
        stranger = self._create_user("stranger")
        for user in (stranger, self.manager):
            vals = {"validation_deputy_id": user.id}
            write = self.manager.with_user(self.manager).write
            self.assertRefused(ValidationError, "cannot be the deputy", write, vals)

    def test_people_choose_their_own_deputy_only(self):
        self.assertRefused(
            AccessError, "", self.manager.with_user(self.deputy).write, {"validation_deputy_id": self.other.id}
        )

    def test_somebody_without_a_deputy_costs_nothing(self):
        self.manager.sudo().validation_deputy_id = False
        self._leave()
        self.assertFalse(self._get_delegations())
