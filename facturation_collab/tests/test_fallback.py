"""Whom a policy asks where a level would have too few people, and how the step explains it."""

from odoo import Command

from .approvers_common import ApproverCase


class TestFallback(ApproverCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.substitute = cls._create_user("substitute", groups="facturation_collab.group_user")

    def _fall(self, *levels, people=None, **vals):
        """Plan a bill under a policy with a fallback."""
        return self._plan(*levels, fallback_user_ids=(people or self.substitute).ids, **vals)

    def test_a_level_with_enough_people_asks_nobody_else(self):
        self.assertEqual(self._fall(self._named(self.head)), self.head)
        self.assertNotIn("Substitute", self._why())

    def test_whoever_cannot_be_asked_is_skipped_and_the_reason_says_why(self):
        portal = self._create_user("portal", groups="base.group_portal")
        stranger = self._create_user("stranger")
        other = self.env["res.company"].sudo().create({"name": "Other"})
        abroad = self._create_user(
            "abroad", groups="facturation_collab.group_user", company_id=other.id, company_ids=[Command.set(other.ids)]
        )
        level = self._named(self.head, self.contributor, stranger, abroad)
        self.env.flush_all()
        policy = self._create_policy("Policy", level, fallback_user_ids=self.substitute.ids)
        policy.level_ids.user_ids |= portal
        self.head.sudo().active = False
        self.env.invalidate_all()
        request = self._submit(self._create_bill())
        self.assertEqual(request.step_ids.approver_ids, self.substitute)
        text = request.step_ids._get_reason_text()
        for part in (
            "the policy asks Substitute, too. Skipped: ",
            "Head (archived)",
            "Contributor (entered, changed or submitted the invoice)",
            "Stranger (no access to invoices)",
            "Abroad (no access to the company)",
            "Portal (no internal user)",
        ):
            self.assertIn(part, text)
        self._approve(request.move_id, self.substitute)
        self.assertEqual(request.state, "approved")

    def test_the_reason_is_said_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self._fall(self._named(self.contributor))
        self.assertIn("Contributor (a saisi, modifié ou soumis la facture)", self._why(lang="fr_FR"))

    def test_a_quorum_is_completed(self):
        asked = self._fall(self._named(self.head, self.contributor, quorum="count", quorum_count=2))
        self.assertEqual((asked, self.problem), (self.head | self.substitute, ""))

    def test_nobody_at_all(self):
        asked = self._fall(self._level("Manager", role="manager"), bill=self._create_bill(self.finance, self.logistics))
        self.assertEqual((asked, self.problem), (self.substitute, ""))
        self.assertIn("The level found nobody: the policy asks Substitute instead.", self._why())

    def test_a_fallback_is_held_to_the_same_rules(self):
        """Whoever entered the invoice, or is the same person as an approver, is no fallback."""
        self._fall(self._named(self.contributor), people=self.contributor)
        self.assertIn("too few can decide", self.problem)
        self.substitute.sudo().partner_id = self.head.partner_id
        level = self._named(self.head, self.contributor, quorum="count", quorum_count=2)
        self.assertEqual(self._fall(level), self.head)
        self.assertIn("too few can decide", self.problem)

    def test_without_a_fallback_submitting_is_refused(self):
        self._plan(self._named(self.contributor))
        self.assertIn("too few can decide", self.problem)

    def test_a_level_that_different_people_cannot_fill(self):
        levels = (self._named(self.head, name="A"), self._named(self.head, name="B", sequence=20))
        self._fall(*levels)
        self.assertFalse(self.problem)
        self.assertEqual([users for _level, users in self.planned], [self.head, self.head | self.substitute])
        self.assertIn("Skipped: Head (needed at another level).", self._why(1))
        self._plan(*levels)
        self.assertIn("level “B” has nobody left", self.problem)

    def test_a_chain_whose_limits_do_not_cover(self):
        self._limit(5, role="manager")
        asked = self._fall(self._level("Chain", approver_type="department_chain"))
        self.assertEqual(asked, self.substitute)
        self.assertIn("Marketing (Manager) (limit too low)", self._why())

    def test_they_count_among_those_who_may_come_to_approve(self):
        policy = self._create_policy("Policy", self._named(self.head), fallback_user_ids=self.substitute.ids)
        self.assertEqual(policy.level_ids._get_possible_approvers(), self.head | self.substitute)

    def test_a_change_of_the_policy_does_not_reach_a_request_under_way(self):
        policy = self._create_policy("Policy", self._named(self.contributor), fallback_user_ids=self.substitute.ids)
        request = self._submit(self._create_bill())
        policy.fallback_user_ids = self.head
        self.assertEqual(request.step_ids.approver_ids, self.substitute)
        self.assertIn("Substitute", request.step_ids._get_reason_text())

    def test_the_number_of_queries_does_not_depend_on_the_invoices(self):
        def count(bills):
            policy = self._create_policy("Policy", self._named(self.contributor), fallback_user_ids=self.substitute.ids)
            policy = policy.with_user(self.contributor).sudo()
            vals = [self._get_move_vals(department_id=self.marketing.id) for _bill in range(bills)]
            moves = self.env["account.move"].with_user(self.contributor).create(vals).sudo()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertFalse(policy._plan(moves)[1])
            return self.env.cr.sql_log_count - before

        count(1)
        self.assertLessEqual(count(12), count(3))
