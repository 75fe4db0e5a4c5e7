from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .validation_common import ValidationCase


@tagged("post_install", "-at_install")
class TestPolicyMatching(ValidationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.sudo().mode = "off"
        cls.level = cls._level("Finance", approver_type="user", user_ids=cls.controller.ids)

    def _policy(self, name="Policy", **vals):
        return self._create_policy(name, self.level, **vals)

    def _create_journal(self):
        journal = self.company_data["default_journal_purchase"].sudo()
        return journal.copy({"default_account_id": journal.default_account_id.id})

    def assertMatches(self, policy, *moves):
        """The policy applies to the first invoices, and not to those after None."""
        split = moves.index(None)
        for move in moves[:split]:
            self.assertEqual(self._match(move).get(move), policy)
        for move in moves[split + 1 :]:
            self.assertFalse(self._match(move))

    def test_without_a_policy_nothing_matches(self):
        self.assertFalse(self._match(self._create_bill()))

    def test_kind_of_document(self):
        kinds = ("out_invoice", "in_invoice", "out_refund", "in_refund", "out_receipt", "in_receipt")
        moves = {kind: self._create_move(move_type=kind) for kind in kinds}
        for kind in kinds:
            policy = self._policy(**{"apply_in_invoice": False, f"apply_{kind}": True})
            others = [move for other, move in moves.items() if other != kind]
            self.assertMatches(policy, moves[kind], None, *others)
            policy.mode = "off"

    def test_entries_are_never_concerned(self):
        self._policy()
        self.assertFalse(self._match(self.env["account.move"].sudo().create({"move_type": "entry"})))

    def test_journal(self):
        other = self._create_journal()
        policy = self._policy(journal_ids=other.ids)
        self.assertMatches(policy, self._create_move(journal_id=other.id), None, self._create_move())

    def test_department_with_those_below(self):
        policy = self._policy(department_ids=self.marketing.ids)
        inside = [self._create_move(department=self.marketing), self._create_move(department=self.events)]
        outside = [self._create_move(department=self.direction), self._create_move(department=self.logistics)]
        nowhere = self._create_move()
        nowhere.department_id = False
        self.assertMatches(policy, *inside, None, *outside, nowhere)

    def test_partner_with_its_contacts(self):
        contact = self.env["res.partner"].sudo().create({"name": "Contact", "parent_id": self.partner_a.id})
        policy = self._policy(partner_ids=self.partner_a.ids)
        moves = [self._create_move(partner_id=partner.id) for partner in (self.partner_a, contact)]
        self.assertMatches(policy, *moves, None, self._create_move(partner_id=self.partner_b.id))

    def test_partner_tag_with_those_below(self):
        tags = self.env["res.partner.category"].sudo()
        above = tags.create({"name": "Suppliers"})
        below = tags.create({"name": "Printers", "parent_id": above.id})
        self.partner_a.sudo().category_id = below
        policy = self._policy(partner_category_ids=above.ids)
        self.assertMatches(policy, self._create_move(), None, self._create_move(partner_id=self.partner_b.id))

    def test_amount_with_its_limits(self):
        policy = self._policy(amount_min=100, amount_max=200)
        inside = [self._create_move(amount=amount) for amount in (100, 200)]
        outside = [self._create_move(amount=amount) for amount in (99.99, 200.01)]
        self.assertMatches(policy, *inside, None, *outside)

    def test_amount_of_a_refund_counts_without_its_sign(self):
        policy = self._policy(apply_in_refund=True, apply_out_refund=True, amount_min=100)
        moves = [self._create_move(move_type=kind, amount=150) for kind in ("in_refund", "out_refund")]
        self.assertMatches(policy, *moves, None, self._create_move(move_type="in_refund", amount=50))

    def test_amount_in_the_currency_of_the_company(self):
        gold = self.setup_other_currency("EUR", rates=[("2025-01-01", 2.0)])
        policy = self._policy(amount_min=100)
        inside, outside = (self._create_move(amount=amount, currency_id=gold.id) for amount in (200, 199))
        self.assertEqual(inside.amount_total_signed, -100)
        self.assertMatches(policy, inside, None, outside)

    def test_domain(self):
        policy = self._policy(domain="[('ref', '=like', 'X%')]")
        self.assertMatches(policy, self._create_move(ref="X1"), None, self._create_move(ref="Y1"))

    def test_context_of_a_client_does_not_change_what_a_domain_means(self):
        """A domain on translated names or archived records could be evaded by a language or a flag of the client."""
        self.env["res.lang"]._activate_lang("fr_FR")
        product = self.product_a.sudo()
        product.with_context(lang="fr_FR").name = "Autre"
        line = {"product_id": product.id, "price_unit": 10.0}
        policy = self._policy(domain=f"[('invoice_line_ids.product_id.name', '=', {product.name!r})]")
        move = self._create_move(invoice_line_ids=[Command.create(line)])
        for context in ({}, {"lang": "fr_FR"}, {"active_test": False}, {"allowed_company_ids": []}):
            self.env.invalidate_all()
            self.assertEqual(self._match(move.with_context(**context)).get(move), policy)

    def test_archived_criteria_stay_criteria(self):
        """A policy whose only partner, journal or department is archived does not widen to all."""
        journal = self._create_journal()
        for field, record in (
            ("partner_ids", self.partner_b.sudo()),
            ("journal_ids", journal),
            ("department_ids", self.logistics.sudo()),
            ("partner_category_ids", self.env["res.partner.category"].sudo().create({"name": "Tag"})),
        ):
            policy = self._policy(**{field: record.ids})
            record.active = False
            self.env.invalidate_all()
            self.assertFalse(self._match(self._create_bill()), field)
            policy.mode = "off"

    def test_first_by_sequence(self):
        last = self._policy("Last", sequence=30)
        first = self._policy("First", sequence=20, amount_min=500)
        small, large = self._create_bill(amount=100), self._create_bill(amount=500)
        self.assertEqual(self._match(small | large), {small: last, large: first})
        last.sequence = 10
        self.assertEqual(self._match(large), {large: last})

    def test_policy_without_a_level_for_the_amount_leaves_the_invoice_to_the_next(self):
        level = self._level("Director", approver_type="user", user_ids=self.director.ids, amount_min=1000)
        first = self._create_policy("First", level, sequence=1)
        second = self._policy("Second", sequence=2)
        small, large = self._create_bill(amount=999), self._create_bill(amount=1000)
        self.assertEqual(self._match(small | large), {small: second, large: first})

    def test_off_and_archived_policies_do_not_apply(self):
        policy = self._policy()
        bill = self._create_bill()
        self.assertTrue(self._match(bill))
        policy.mode = "off"
        self.assertFalse(self._match(bill))
        policy.mode = "observe"
        self.assertTrue(self._match(bill))
        policy.active = False
        self.assertFalse(self._match(bill))

    def test_client_cannot_bring_archived_policies_back(self):
        policy = self._policy()
        policy.active = False
        bill = self._create_bill()
        self.env.registry.clear_cache()
        policies = self.env["account.validation.policy"].with_context(active_test=False)
        self.assertFalse(policies._match(bill.with_context(active_test=False)))
        self.assertFalse(self._match(bill), "what was asked with another context must not stay in the cache")

    def test_changes_apply_at_once(self):
        bill = self._create_bill()
        self.assertFalse(self._match(bill))
        policy = self._policy()
        self.assertTrue(self._match(bill))
        copy = policy.copy()
        self.assertEqual((copy.mode, len(copy.level_ids)), ("off", 1))
        policy.unlink()
        self.assertFalse(self._match(bill))

    def test_branches_inherit_and_other_companies_do_not(self):
        branch = self.env["res.company"].sudo().create({"name": "Branch", "parent_id": self.company.id})
        other = self.setup_other_company()["company"]
        payable = self.company_data["default_account_payable"]
        self.partner_a.sudo().with_company(branch).property_account_payable_id = payable
        policy = self._policy()
        (self.controller | self.env.user).sudo().company_ids |= branch | other
        move = self.env["account.move"].sudo().with_context(allowed_company_ids=branch.ids)
        in_branch = move.create({**self._get_move_vals(), "company_id": branch.id})
        self.assertEqual(in_branch.company_id, branch)
        move = move.with_context(allowed_company_ids=other.ids)
        elsewhere = move.create({**self._get_move_vals(), "company_id": other.id})
        self.assertMatches(policy, in_branch, None, elsewhere)

    def test_policy_of_a_branch_does_not_reach_its_parent(self):
        branch = self.env["res.company"].sudo().create({"name": "Branch", "parent_id": self.company.id})
        self.controller.sudo().company_ids |= branch
        self._policy(company_id=branch.id)
        self.assertFalse(self._match(self._create_bill()))

    def test_reasons_name_the_criteria_that_are_set(self):
        policy = self._policy(department_ids=self.marketing.ids, amount_min=10)
        bill = self._create_bill()
        found, criteria = policy._match(bill)[bill.id]
        self.assertEqual((found, set(criteria)), (policy, {"move_type", "department", "amount", "level"}))
        request = self._submit(bill)
        labels = self.env["account.validation.wording"]._describe_criteria(request.match_reason["criteria"])
        self.assertEqual(labels, ["Vendor bills", "Department: Marketing", "Amount: above $\xa010"])

    def test_queries_do_not_grow_with_the_number_of_invoices(self):
        self._policy("A", sequence=1, department_ids=self.logistics.ids)
        self._policy("B", sequence=2, partner_ids=self.partner_b.ids, amount_min=1)
        last = self._policy("C", sequence=3, domain="[('ref', '=', False)]", partner_category_ids=[])
        moves = self.env["account.move"].sudo().create([self._get_move_vals() for _count in range(50)])
        queries = []
        for batch in (moves[:1], moves):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(set(self._match(batch).values()), {last})
            queries.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(queries[1], queries[0])


@tagged("post_install", "-at_install")
class TestPolicyConfiguration(ValidationCase):
    def test_domain_is_checked_when_it_is_saved(self):
        self.policy.domain = "[('amount_total', '>', 5), ('partner_id.country_id.code', 'in', ['FR', 'BE'])]"
        for wrong in (
            "[('nothing', '=', 1)]",
            "[('partner_id.nothing', '=', 1)]",
            "not a list",
            "[('ref', '=']",
            "[('ref', '!!', 1)]",
            "[('company_id', '=', user.company_id.id)]",
            "[('ref', '=', 1), '&']",
            "7",
            "{}",
            "'ref'",
            "[" * 500,
        ):
            self.assertRefused(
                ValidationError,
                "other conditions of policy “Marketing bills” cannot be read",
                self.policy.write,
                {"domain": wrong},
            )

    def test_summary_reads_as_a_sentence(self):
        self.company.sudo().currency_id = self.env.ref("base.EUR")
        finance = self._level(
            "Finance", sequence=20, approver_type="user", user_ids=self.controller.ids, amount_min=10000
        )
        policy = self._create_policy(
            "M", self._level("Manager", role="manager"), finance, department_ids=self.marketing.ids, amount_min=1000
        )
        self.assertEqual(
            policy.summary.replace("\xa0", " "),
            "Vendor bills of Marketing above 1,000 €: manager, then finance when above 10,000 €",
        )

    def test_summary_says_quorum_and_parallel_levels(self):
        people = self.controller | self.finance | self.director
        policy = self._create_policy(
            "M",
            self._level("Legal", approver_type="user", user_ids=people.ids, quorum="count", quorum_count=2),
            self._level("Quality", approver_type="user", user_ids=people.ids, quorum="all", amount_max=50.5),
            self._level("Board", sequence=20, approver_type="user", user_ids=people.ids),
        )
        self.assertEqual(
            policy.summary, "Vendor bills: 2 of legal and all of quality when up to $\xa050.50, then board"
        )

    def test_summary_follows_its_parts(self):
        self.assertEqual(self.policy.summary, "Vendor bills of Marketing: manager, then finance")
        self.policy.level_ids[0].name = "Head"
        self.policy.department_ids |= self.logistics
        self.assertEqual(self.policy.summary, "Vendor bills of Marketing or Logistics: head, then finance")

    def test_an_active_policy_has_a_level_and_a_kind_of_document(self):
        self.assertRefused(ValidationError, "has no level", self._create_policy, "Empty")
        self.assertRefused(ValidationError, "at least one kind", self.policy.write, {"apply_in_invoice": False})
        self.assertRefused(ValidationError, "has no level", self.policy.write, {"level_ids": [Command.clear()]})
        self.assertTrue(self._create_policy("Empty", mode="off"))

    def test_a_policy_that_lost_its_levels_lets_nothing_pass(self):
        self.policy.level_ids.unlink()
        bill = self._create_bill()
        self.assertRefused(UserError, "has no level: an administrator must add one", bill.action_submit)
        self.assertRefused(UserError, "must be validated", bill.with_user(self.finance).action_post)
        panel = bill.validation_panel
        self.assertEqual((panel["steps"], panel["next"]), ([], "It cannot be submitted yet."))
        self.assertIn("has no level", panel["problem"])

    def test_amounts_are_ordered_and_positive(self):
        for vals in ({"amount_min": -1}, {"amount_min": 10, "amount_max": 5}):
            self.assertViolates("account_validation_policy_amount_range", self.policy.write, vals)
            self.assertViolates("account_validation_level_amount_range", self.policy.level_ids[0].write, vals)

    def test_levels_say_who_approves(self):
        field = self.env["ir.model.fields"]._get("account.move", "partner_id").id
        for vals in (
            {"approver_type": "user", "user_ids": [Command.clear()]},
            {"approver_type": "group"},
            {"approver_type": "field"},
            {"role": False},
        ):
            self.assertRefused(ValidationError, "Say who approves", self.policy.level_ids[0].write, vals)
        wrong = {"approver_type": "field", "field_id": field}
        self.assertRefused(ValidationError, "must name users", self.policy.level_ids[0].write, wrong)

    def test_field_of_another_model_names_nobody_on_an_invoice(self):
        field = self.env["ir.model.fields"]._get("res.partner", "user_id").id
        wrong = {"approver_type": "field", "field_id": field}
        self.assertRefused(ValidationError, "must name users", self.policy.level_ids[0].write, wrong)

    def test_quorum_is_possible(self):
        level = self.policy.level_ids[1]
        self.assertRefused(
            ValidationError,
            "asks for 2 approvals and names only 1",
            level.write,
            {"quorum": "count", "quorum_count": 2},
        )
        self.assertViolates("quorum_count_positive", level.write, {"quorum": "count", "quorum_count": 0})
        self.assertViolates("deadline_positive", level.write, {"deadline_hours": -1})

    def test_used_policies_are_archived_instead_of_deleted(self):
        self._submit(self._create_bill())
        self.assertRefused(UserError, "archive it instead", self.policy.unlink)
        self.policy.active = False
        self.assertEqual(self.policy.request_count, 1)

    def test_levels_of_a_used_policy_can_be_deleted(self):
        request = self._submit(self._create_bill())
        self.policy.level_ids[0].unlink()
        self.assertEqual(request.step_ids.sorted("sequence").mapped("name"), ["Manager", "Finance"])
