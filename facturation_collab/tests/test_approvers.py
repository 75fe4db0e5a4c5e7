from datetime import datetime

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .validation_common import ValidationCase, day


@tagged("post_install", "-at_install")
class TestApprovers(ValidationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.sudo().mode = "off"
        cls.head = cls._create_user("head", groups="facturation_collab.group_user")

    def _request(self, *levels, bill=None, **vals):
        """Submit a bill under a policy with these levels; return its request."""
        self._create_policy("Policy", *levels, **vals)
        return self._submit(bill or self._create_bill())

    def _asked(self, *levels, **vals):
        """The approvers of the first step."""
        return self._request(*levels, **vals).step_ids.sorted("sequence")[0].approver_ids

    def _lack(self, *levels, bill=None, user=None, **vals):
        """The message of the refusal to submit."""
        self._create_policy("Policy", *levels, **vals)
        with self.assertRaises(UserError) as refusal:
            self._submit(bill or self._create_bill(), user)
        return str(refusal.exception)

    # ---- who is asked

    def test_named_users(self):
        people = self.head | self.controller
        self.assertEqual(self._asked(self._level(approver_type="user", user_ids=people.ids)), people)

    def test_validators_of_the_department_with_its_managers(self):
        self.assertEqual(self._asked(self._level(role="validator")), self.validator | self.manager)

    def test_managers_of_the_department(self):
        self.assertEqual(self._asked(self._level(role="manager")), self.manager)

    def test_managers_of_the_department_above(self):
        self.assertEqual(self._asked(self._level(approver_type="parent_role", role="manager")), self.director)

    def test_members_of_a_group_and_of_the_groups_that_imply_it(self):
        group = self.env["res.groups"].sudo().create({"name": "Signatories"})
        above = self.env["res.groups"].sudo().create({"name": "Board", "implied_ids": [Command.link(group.id)]})
        self.head.sudo().group_ids |= group
        self.controller.sudo().group_ids |= above
        self.assertEqual(
            self._asked(self._level(approver_type="group", group_id=group.id)), self.head | self.controller
        )

    def test_user_named_on_the_invoice(self):
        field = self.env["ir.model.fields"]._get("account.move", "invoice_user_id")
        bill = self._create_bill()
        bill.sudo().invoice_user_id = self.head
        asked = self._asked(self._level(approver_type="field", field_id=field.id), bill=bill)
        self.assertEqual(asked, self.head)

    def test_roles_count_on_their_days_only(self):
        with freeze_time("2026-03-10 10:00:00"):
            self._give_role(self.head, self.logistics, "manager", date_from=day("2026-03-11"))
            self._give_role(
                self.director, self.logistics, "manager", date_from=day("2026-03-10"), date_to=day("2026-03-10")
            )
            self._give_role(self.controller, self.logistics, "manager", date_to=day("2026-03-09"))
            bill = self._create_bill(self.outsider, self.logistics)
            self._create_policy("Policy", self._level(role="manager"))
            self.assertEqual(self._submit(bill, self.outsider).step_ids.approver_ids, self.director)

    def test_people_who_cannot_reach_invoices_are_not_asked(self):
        portal = self._create_user("portal", groups="base.group_portal")
        stranger = self._create_user("stranger")
        gone = self._create_user("gone", groups="facturation_collab.group_user")
        other = self.env["res.company"].sudo().create({"name": "Other"})
        abroad = self._create_user(
            "abroad", groups="facturation_collab.group_user", company_id=other.id, company_ids=[Command.set(other.ids)]
        )
        group = self.env["res.groups"].sudo().create({"name": "G"})
        group.user_ids = portal | stranger | gone | abroad | self.head
        gone.sudo().active = False
        self.assertEqual(self._asked(self._level(approver_type="group", group_id=group.id)), self.head)

    # ---- how many

    def test_quorum(self):
        people = (self.head | self.controller | self.director).ids
        for quorum, required in (("any", 1), ("count", 2), ("all", 3)):
            level = self._level(approver_type="user", user_ids=people, quorum=quorum, quorum_count=2)
            policy = self._create_policy("Policy", level)
            self.assertEqual(self._submit(self._create_bill()).step_ids.quorum_required, required)
            policy.mode = "off"

    def test_quorum_of_two_waits_for_the_second_voice(self):
        people = (self.head | self.controller | self.director).ids
        request = self._request(self._level(approver_type="user", user_ids=people, quorum="count", quorum_count=2))
        self._approve(request.move_id, self.head)
        self.assertEqual((request.state, request.step_ids.voter_ids), ("pending", self.head))
        self.assertEqual(request.waiting_user_ids, self.controller | self.director)
        self.assertRefused(UserError, "already approved", self._approve, request.move_id, self.head)
        self._approve(request.move_id, self.director)
        self.assertEqual(request.state, "approved")

    def test_a_voice_stays_when_its_user_is_archived(self):
        people = self.head | self.controller
        request = self._request(self._level(approver_type="user", user_ids=people.ids, quorum="all"))
        self._approve(request.move_id, self.head)
        self.head.sudo().active = False
        self.env.invalidate_all()
        self._approve(request.move_id, self.controller)
        self.assertEqual(request.state, "approved")

    def test_archived_people_are_no_longer_waited_for(self):
        people = self.head | self.controller
        request = self._request(self._level(approver_type="user", user_ids=people.ids))
        self.head.sudo().active = False
        self.env.invalidate_all()
        self.assertEqual(request.step_ids._get_actors(), self.controller)
        self.assertEqual(request.step_ids.with_context(active_test=False)._get_actors(), self.controller)

    def test_lists_follow_people_who_are_archived_and_come_back(self):
        people = self.head | self.controller
        bill = self._request(self._level(approver_type="user", user_ids=people.ids)).move_id
        activities = bill.activity_ids
        self.assertEqual((bill.validation_waiting_user_ids, activities.user_id), (people, people))
        self.head.sudo().active = False
        self.assertEqual((bill.validation_waiting_user_ids, bill.activity_ids.user_id), (self.controller,) * 2)
        self.assertEqual(bill.validation_request_id.participant_ids - self.contributor, people)
        self.head.sudo().active = True
        self.assertEqual((bill.validation_waiting_user_ids, bill.activity_ids.user_id), (people, people))

    def test_whoever_approved_does_not_come_back_to_decide_again(self):
        people = self.head | self.controller
        bill = self._request(self._level(approver_type="user", user_ids=people.ids, quorum="all")).move_id
        self._approve(bill, self.head)
        for active in (False, True):
            self.head.sudo().active = active
            self.assertEqual(bill.validation_waiting_user_ids, self.controller)

    def test_archiving_costs_the_same_for_many_invoices(self):
        people = self.head | self.controller
        self._create_policy("Policy", self._level(approver_type="user", user_ids=people.ids))
        counts = []
        for number in (2, 8):
            for _bill in range(number):
                self._submit(self._create_bill())
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.head.sudo().active = False
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
            self.head.sudo().active = True
        self.assertLessEqual(counts[1], counts[0] + 2)

    def test_a_request_that_nobody_can_approve_says_how_to_go_on(self):
        request = self._request(self._level(approver_type="user", user_ids=self.head.ids))
        self.head.sudo().active = False
        self.env.invalidate_all()
        way_out = "archived: Head.*Cancel the validation"
        bill = request.move_id
        self.assertRegex(bill.with_user(self.contributor).validation_panel["next"], way_out)
        self.assertRefused(UserError, way_out, bill.with_user(self.finance).action_post)
        self.assertRefused(UserError, way_out, bill.with_user(self.contributor).action_submit)
        bill.with_user(self.finance).action_cancel_validation()
        self.assertEqual(bill.validation_state, "cancelled")

    # ---- which levels

    def test_levels_apply_within_their_amounts(self):
        levels = [
            self._level("Small", approver_type="user", user_ids=self.head.ids, amount_max=999.99),
            self._level("Always", sequence=20, approver_type="user", user_ids=self.controller.ids),
            self._level("Large", sequence=30, approver_type="user", user_ids=self.director.ids, amount_min=1000),
        ]
        self._create_policy("Policy", *levels)
        for amount, names in ((999.99, ["Small", "Always"]), (1000, ["Always", "Large"])):
            request = self._submit(self._create_bill(amount=amount))
            self.assertEqual(request.step_ids.sorted("sequence").mapped("name"), names)

    def test_parallel_levels_are_asked_at_once_and_the_next_waits_for_both(self):
        request = self._request(
            self._level("A", approver_type="user", user_ids=self.head.ids),
            self._level("B", approver_type="user", user_ids=self.controller.ids),
            self._level("C", sequence=20, approver_type="user", user_ids=self.director.ids),
        )
        self.assertEqual(request.waiting_user_ids, self.head | self.controller)
        self._approve(request.move_id, self.controller)
        self.assertEqual(request.waiting_user_ids, self.head)
        self.assertRefused(
            UserError, "not the turn of level “C” yet: level “A”", self._approve, request.move_id, self.director
        )
        self._approve(request.move_id, self.head)
        self.assertEqual(request.waiting_user_ids, self.director)
        self._approve(request.move_id, self.director)
        self.assertEqual(request.state, "approved")

    # ---- until when

    def test_deadline_counts_working_hours_from_the_opening(self):
        calendar = self.env["resource.calendar"].sudo().create({"name": "Office", "tz": "Europe/Paris"})
        self.company.sudo().resource_calendar_id = calendar
        levels = [
            self._level("A", approver_type="user", user_ids=self.head.ids, deadline_hours=8),
            self._level("B", sequence=20, approver_type="user", user_ids=self.controller.ids, deadline_hours=2),
        ]
        with freeze_time("2026-03-06 15:00:00"):  # a Friday, 16:00 in Paris
            request = self._request(*levels)
            first, second = request.step_ids.sorted("sequence")
            self.assertEqual(first.deadline, datetime(2026, 3, 9, 15, 0))
            self.assertFalse(second.deadline)
            self.assertEqual(request.move_id.validation_deadline, first.deadline)
        with freeze_time("2026-03-09 08:00:00"):
            self._approve(request.move_id, self.head)
            self.assertEqual(second.deadline, datetime(2026, 3, 9, 10, 0))
            self.assertFalse(request.move_id.validation_is_late)
        with freeze_time("2026-03-09 10:00:01"):
            self.env.invalidate_all()
            self.assertTrue(request.move_id.validation_is_late)
            late = self.env["account.move"].sudo().search([("validation_is_late", "=", True)])
            self.assertIn(request.move_id, late)

    def test_without_a_deadline_nothing_is_late(self):
        request = self._request(self._level(approver_type="user", user_ids=self.head.ids))
        self.assertFalse(request.step_ids.deadline)
        self.assertFalse(request.move_id.validation_is_late)
        late = self.env["account.move"].sudo().search([("validation_is_late", "!=", True)])
        self.assertIn(request.move_id, late)

    # ---- comment

    def test_comment_required_by_the_level(self):
        request = self._request(self._level(approver_type="user", user_ids=self.head.ids, comment_required=True))
        bill = request.move_id.with_user(self.head)
        self.assertTrue(bill.validation_comment_required)
        for comment in (None, "", "  \n "):
            self.assertRefused(UserError, "asks for a comment", bill.action_approve, comment)
        bill.action_approve("fine")
        self.assertEqual(request.event_ids.filtered(lambda event: event.type == "approved").comment, "fine")

    # ---- nobody to ask

    def test_lacking_role_is_named(self):
        text = self._lack(
            self._level("Head", role="manager"),
            bill=self._create_bill(self.outsider, self.logistics),
            user=self.outsider,
        )
        for part in ("“Head”", "“Policy”", "the manager", "nobody is"):
            self.assertIn(part, text)

    def test_lacking_department_is_named(self):
        bill = self._create_bill(self.finance)
        bill.sudo().department_id = False
        text = self._lack(self._level("Head"), bill=bill, user=self.finance)
        self.assertIn("has no department", text)

    def test_department_without_one_above_is_named(self):
        bill = self._create_bill(self.director, self.direction)
        text = self._lack(self._level("Head", approver_type="parent_role"), bill=bill, user=self.director)
        self.assertIn("no department above", text)

    def test_people_who_may_not_decide_are_named(self):
        text = self._lack(self._level("Head", approver_type="user", user_ids=self.contributor.ids))
        for part in ("“Head”", "“Policy”", "Contributor", "too few can decide"):
            self.assertIn(part, text)

    def test_empty_field_is_named(self):
        field = self.env["ir.model.fields"]._get("account.move", "invoice_user_id")
        bill = self._create_bill()
        bill.sudo().invoice_user_id = False
        text = self._lack(self._level("Head", approver_type="field", field_id=field.id), bill=bill)
        self.assertIn("salesperson", text.lower())

    def test_too_small_a_quorum_is_named(self):
        level = self._level("Two", quorum="count", quorum_count=2)
        self.assertIn("too few", self._lack(level))

    # ---- separation of duties

    def test_submitter_and_creator_do_not_decide(self):
        bill = self._create_bill(self.controller)
        people = self.controller | self.finance | self.head
        asked = self._create_policy("Policy", self._level(approver_type="user", user_ids=people.ids)) and self._submit(
            bill, self.finance
        )
        self.assertEqual(asked.step_ids.approver_ids, self.head)
        for user in (self.controller, self.finance):
            self.assertRefused(UserError, "You entered or submitted this invoice", self._approve, bill, user)

    def test_all_means_all_of_those_who_may(self):
        bill = self._create_bill(self.controller)
        people = self.controller | self.head
        self._create_policy("Policy", self._level(approver_type="user", user_ids=people.ids, quorum="all"))
        request = self._submit(bill, self.controller)
        self.assertEqual((request.step_ids.approver_ids, request.step_ids.quorum_required), (self.head, 1))

    def test_without_separation_everybody_named_decides(self):
        asked = self._asked(
            self._level(approver_type="user", user_ids=self.contributor.ids), separation_of_duties=False
        )
        self.assertEqual(asked, self.contributor)

    def test_creator_cannot_be_forged(self):
        bill = self._create_bill(self.controller, create_uid=self.head.id)
        bill.with_user(self.controller).write({"create_uid": self.head.id})
        bill.invalidate_recordset()
        self.assertEqual(bill.sudo().create_uid, self.controller)

    # ---- one person is one voice

    def _two_levels(self, first, second, **vals):
        return self._request(
            self._level("A", approver_type="user", user_ids=first.ids),
            self._level("B", sequence=20, approver_type="user", user_ids=second.ids),
            **vals,
        )

    def test_nobody_approves_at_two_levels(self):
        request = self._two_levels(self.head | self.controller, self.head | self.controller | self.director)
        self._approve(request.move_id, self.head)
        self.assertEqual(request.waiting_user_ids, self.controller | self.director)
        self.assertRefused(
            UserError, "already approved this invoice at level “A”", self._approve, request.move_id, self.head
        )

    def test_one_person_at_two_levels_where_the_policy_allows(self):
        request = self._two_levels(self.head, self.head, distinct_approvers=False)
        self._approve(request.move_id, self.head, self.head)
        self.assertEqual(request.state, "approved")

    def test_whom_a_later_level_cannot_spare_is_not_asked_now(self):
        request = self._two_levels(self.head | self.controller, self.head)
        self.assertEqual(request.waiting_user_ids, self.controller)
        self.assertRefused(
            UserError, "Your voice is needed at a later level", self._approve, request.move_id, self.head
        )
        self.assertFalse(request.move_id.with_user(self.head).validation_can_approve)
        self._approve(request.move_id, self.controller, self.head)
        self.assertEqual(request.state, "approved")

    def test_levels_that_different_people_cannot_fill_are_refused(self):
        text = self._lack(
            self._level("A", approver_type="user", user_ids=self.head.ids),
            self._level("B", sequence=20, approver_type="user", user_ids=self.head.ids),
        )
        self.assertIn("level “B” has nobody left", text)

    def test_same_person_in_two_parallel_levels_has_one_voice(self):
        request = self._request(
            self._level("A", approver_type="user", user_ids=(self.head | self.controller).ids),
            self._level("B", approver_type="user", user_ids=(self.head | self.director).ids),
        )
        self._approve(request.move_id, self.head)
        self.assertEqual(len(request.step_ids.filtered(lambda step: step.state == "approved")), 1)
        self.assertRefused(UserError, "already approved", self._approve, request.move_id, self.head)
