"""Why somebody can, or cannot, do something with an invoice: the answer is what Odoo does, with what decides."""

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL

from ..wizards import account_access_explanation
from .validation_common import ValidationCase

RULE = "facturation_collab.account_move_rule_"
MODES = ("read", "write", "create", "unlink")
OPERATIONS = (*MODES, "submit", "approve", "post")
RUN = ("request", "step", "event")


class Undo(Exception):
    """Ends a trial that succeeded."""


@tagged("post_install", "-at_install")
class TestAccessExplanation(ValidationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.employee = cls._create_user("employee")
        cls.people = (
            *(cls.reader, cls.contributor, cls.validator, cls.manager, cls.director, cls.outsider, cls.auditor),
            *(cls.administrator, cls.finance, cls.controller, cls.employee),
        )

    def _create_documents(self):
        """One invoice in each state that matters, and one of another department."""
        draft, pending, returned = self._create_bill(), self._create_bill(), self._create_bill()
        approved, posted = self._create_approved(), self._create_approved()
        self._submit(pending | returned)
        returned.with_user(self.manager).action_return("The amount is wrong.")
        posted.with_user(self.finance).action_post()
        foreign = self._create_move(self.outsider, self.logistics)
        self.env.flush_all()
        return (draft | pending | returned | approved | posted | foreign).sudo()

    def _explain(self, move, user, operation="read", asker=None):
        """The answer as somebody who may read the invoice gets it: an auditor, unless said otherwise."""
        vals = {"user_id": user.id, "reference": str(move.id), "operation": operation}
        wizard = self.env["account.access.explanation"].with_user(asker or self.auditor).create(vals)
        return wizard.explanation

    def _happens(self, function, *args):
        """Whether this succeeds; nothing of it stays."""
        try:
            with self.env.cr.savepoint():
                function(*args)
                self.env.flush_all()
                raise Undo
        except Undo:
            return True
        except UserError:
            return False
        finally:
            self.env.invalidate_all()

    def _get_rules(self, explanation, passes):
        """XML ids of the rules that answer so."""
        checks = [check for section in explanation["sections"] for check in section["checks"]]
        return {check["rule"] for check in checks if check["passes"] == passes}

    def _get_facts(self, explanation, rule):
        checks = [check for section in explanation["sections"] for check in section["checks"]]
        return [fact for check in checks if check["rule"] == rule for fact in check["facts"]]

    def assertDecides(self, explanation, rule):
        """The answer names this rule (an XML id) as one that decides."""
        name = self.env.ref(rule).name
        self.assertTrue(any(f"“{name}”" in text for text in explanation["decisive"]), explanation["decisive"])

    # ---- the answer is the truth

    def test_answer_equals_what_the_orm_does_for_everybody_on_every_document(self):
        reasons = self.env["account.access.reason"]
        for move in self._create_documents():
            for user in self.people:
                for mode in MODES:
                    with self.subTest(user=user.name, state=(move.state, move.validation_state), mode=mode):
                        section = reasons._explain_access(reasons._as_user(move, user), mode)
                        self.assertEqual(section["allowed"], move.with_user(user).has_access(mode))
                        self.assertTrue(section["decisive"])
                        self.assertNotIn("Another app", " ".join(section["decisive"]), "The rules explain it all.")

    def test_answer_equals_what_happens_when_one_tries(self):
        actions = {"unlink": "unlink", "submit": "action_submit", "approve": "action_approve", "post": "action_post"}
        reasons = self.env["account.access.reason"]
        answers = set()
        for move in self._create_documents():
            for user in self.people:
                for operation, method in actions.items():
                    happens = self._happens(getattr(move.with_user(user), method))
                    explanation = reasons._explain(move, user, operation)
                    with self.subTest(user=user.name, state=(move.state, move.validation_state), operation=operation):
                        self.assertEqual(explanation["allowed"], happens, explanation["decisive"])
                    answers.add((operation, happens))
        self.assertEqual(len(answers), 2 * len(actions), "Each operation is allowed to some and refused to others.")

    def test_asking_changes_nothing(self):
        bill = self._create_bill()
        self._submit(bill)

        def read_rows():
            self.env.flush_all()
            tables = (*("account_move", "account_move_line"), *(f"account_validation_{name}" for name in RUN))
            tables += ("mail_message", "mail_activity")
            rows = [SQL("SELECT * FROM %s ORDER BY id", SQL.identifier(table)) for table in tables]
            return [self.env.execute_query(query) for query in rows]

        before = read_rows()
        for operation in OPERATIONS:
            self.assertIn(self._explain(bill, self.manager, operation)["allowed"], (True, False))
        self.assertEqual(before, read_rows())

    def test_odoo_itself_is_told(self):
        robot = self.env.ref("base.user_root")
        explanation = self._explain(self._create_bill(), robot)
        self.assertEqual((explanation["allowed"], len(explanation["sections"])), (True, 1))
        self.assertFalse(self._explain(self._create_bill(), robot, "approve")["allowed"])

    # ---- the rule that decides, and the fact behind it

    def test_roles_are_told(self):
        bill = self._create_bill()
        explanation = self._explain(bill, self.contributor)
        self.assertTrue(explanation["allowed"])
        self.assertEqual(explanation["verdict"], "Yes: Contributor can read this invoice.")
        self.assertDecides(explanation, RULE + "user_read")
        facts = self._get_facts(explanation, RULE + "user_read")
        self.assertRegex(facts[0], r"Contributor has the role Contributor in Marketing since \d")
        self.assertEqual(explanation["facts"], facts, "The fact that decides is told first.")

    def test_a_manager_above_is_told(self):
        facts = self._get_facts(self._explain(self._create_bill(), self.director), RULE + "user_read")
        self.assertRegex(facts[0], r"Director is manager of Direction, above Marketing, since \d")

    def test_a_missing_role_is_told(self):
        explanation = self._explain(self._create_bill(), self.outsider)
        self.assertEqual((explanation["allowed"], explanation["verdict"][:3]), (False, "No:"))
        self.assertDecides(explanation, RULE + "user_read")
        facts = self._get_facts(explanation, RULE + "user_read")
        self.assertIn("Outsider has no role in Marketing, and manages no department above it.", facts)
        self.assertRegex(" ".join(facts), "Outsider took no part in it")

    def test_a_role_outside_its_dates_is_told(self):
        for dates, sentence in (
            ({"date_to": "2020-01-31"}, "The role Reader of Stranger in Marketing ended on 01/31/2020."),
            ({"date_from": "2999-01-01"}, "The role Reader of Stranger in Marketing begins on 01/01/2999."),
        ):
            stranger = self._create_user(f"stranger_{len(dates)}{sentence[-3]}", name="Stranger")
            self._give_role(stranger, self.marketing, "reader", **dates)
            explanation = self._explain(self._create_bill(), stranger)
            self.assertFalse(explanation["allowed"])
            self.assertIn(sentence, self._get_facts(explanation, RULE + "user_read"))

    def test_a_participant_is_told_with_level_and_date(self):
        self.policy.level_ids[1].write({"user_ids": [Command.set(self.outsider.ids)]})
        bill = self._create_bill()
        self._submit(bill)
        self._approve(bill, self.manager)
        explanation = self._explain(bill, self.outsider)
        self.assertTrue(explanation["allowed"])
        facts = self._get_facts(explanation, RULE + "user_read")
        self.assertRegex(" ".join(facts), r"Outsider was asked to validate it at level “Finance” on \d")
        submitter = self._get_facts(self._explain(bill, self.contributor), RULE + "user_read")
        self.assertRegex(" ".join(submitter), r"Contributor submitted it on \d")

    def test_a_validation_under_way_is_told_to_whoever_wants_to_edit(self):
        bill = self._create_bill()
        self._submit(bill)
        explanation = self._explain(bill, self.contributor, "write")
        self.assertFalse(explanation["allowed"])
        self.assertDecides(explanation, RULE + "user_edit")
        facts = self._get_facts(explanation, RULE + "user_edit")
        self.assertIn("It is being validated: nobody in the departments edits it meanwhile.", facts)

    def test_a_role_that_only_reads_is_told_to_whoever_wants_to_edit(self):
        facts = self._get_facts(self._explain(self._create_bill(), self.reader, "write"), RULE + "user_edit")
        self.assertIn("Only contributors and managers enter and edit drafts.", facts)
        facts = self._get_facts(self._explain(self._create_bill(), self.contributor, "write"), RULE + "user_edit")
        self.assertNotIn("Only contributors and managers enter and edit drafts.", facts)

    def test_an_author_is_told_to_whoever_wants_to_delete(self):
        bill = self._create_bill()
        self.assertTrue(self._explain(bill, self.contributor, "unlink")["allowed"])
        facts = self._get_facts(self._explain(bill, self.manager, "unlink"), RULE + "user_unlink")
        self.assertIn("Contributor entered it: only they may delete the draft.", facts)
        self._submit(bill)
        explanation = self._explain(bill, self.finance, "unlink")
        self.assertRegex(" ".join(explanation["decisive"]), "Finance is told: .*has a validation history")

    def test_groups_of_auditors_and_finance_are_told(self):
        bill = self._create_bill()
        self.assertDecides(self._explain(bill, self.auditor), RULE + "auditor")
        self.assertDecides(self._explain(bill, self.finance), "account.account_move_see_all")
        self.assertDecides(self._explain(bill, self.auditor, "write"), RULE + "user_edit")

    def test_a_missing_right_is_told(self):
        explanation = self._explain(self._create_bill(), self.employee)
        self.assertEqual(explanation["decisive"], ["No group of Employee gives this right on invoices."])

    def test_a_role_without_the_group_is_told(self):
        self.reader.write({"group_ids": [Command.unlink(self.env.ref("facturation_collab.group_user").id)]})
        explanation = self._explain(self._create_bill(), self.reader)
        self.assertFalse(explanation["allowed"])
        self.assertRegex(self._get_facts(explanation, "ir.model.access")[0], "Reader has a role, but not the group")

    def test_a_confidential_department_is_told(self):
        bill = self._create_bill()
        self.assertTrue(self._explain(bill, self.finance)["allowed"])
        self.marketing.is_confidential = True
        for operation, rule in (("read", "confidential_read"), ("write", "confidential_edit")):
            explanation = self._explain(bill, self.finance, operation)
            self.assertFalse(explanation["allowed"])
            self.assertDecides(explanation, RULE + rule)
            self.assertRegex(" ".join(explanation["facts"]), "Marketing is confidential.*Finance has no role")
        self.assertTrue(self._explain(bill, self.reader)["allowed"])
        groups = "facturation_collab.group_administrator,account.group_account_manager"
        answer = self._explain(bill, self.finance, asker=self._create_user("chief", groups=groups))
        self.assertEqual((answer["allowed"], answer["title"], answer["facts"]), (False, "", []))
        self.assertNotIn("Marketing", str(answer))

    def test_another_company_is_told(self):
        company = self.env["res.company"].create({"name": "Other company"})
        accountant = self._create_user("accountant", groups="account.group_account_invoice")
        accountant.write({"company_ids": [Command.set(company.ids)], "company_id": company.id})
        explanation = self._explain(self._create_bill(), accountant)
        self.assertFalse(explanation["allowed"])
        self.assertDecides(explanation, "account.account_move_comp_rule")
        facts = self._get_facts(explanation, "account.account_move_comp_rule")
        self.assertEqual(facts, [f"The invoice is in the company {self.company.name}, which Accountant has not."])

    def test_companies_that_one_may_select_count(self):
        company = self.env["res.company"].create({"name": "Other company"})
        self.finance.write({"company_ids": [Command.link(company.id)], "company_id": company.id})
        explanation = self._explain(self._create_bill(), self.finance)
        self.assertTrue(explanation["allowed"])
        facts = self._get_facts(explanation, "account.account_move_comp_rule")
        self.assertEqual(facts, [f"Finance sees it while the company {self.company.name} is selected."])

    def test_an_archived_person_is_told(self):
        self.reader.active = False
        explanation = self._explain(self._create_bill(), self.reader)
        self.assertEqual(
            (explanation["allowed"], explanation["decisive"]), (False, ["Reader is archived and cannot log in."])
        )

    def test_reasons_of_the_validation_are_those_that_the_person_reads(self):
        bill = self._create_bill()
        self._submit(bill)
        explanation = self._explain(bill, self.contributor, "approve")
        refusal = bill.sudo().validation_request_id._get_decidable_step(self.contributor)[1]
        self.assertEqual(explanation["decisive"], [f"Contributor is told: “{refusal}”"])
        self.assertTrue(self._explain(bill, self.manager, "approve")["allowed"])
        refusal = bill.sudo()._get_posting_refusals()[bill.id]
        self.assertEqual(self._explain(bill, self.finance, "post")["decisive"], [f"Finance is told: “{refusal}”"])

    def test_the_plan_of_a_validation_is_asked_before_it_is_submitted(self):
        bill = self._create_bill()
        self.assertTrue(self._explain(bill, self.contributor, "submit")["allowed"])
        self.policy.level_ids[1].write({"user_ids": [Command.set(self.contributor.ids)]})
        self.assertRegex(self._explain(bill, self.contributor, "submit")["decisive"][0], "is told: “Level “Finance”")
        self.policy.mode = "off"
        self.assertRegex(self._explain(bill, self.contributor, "submit")["decisive"][0], "No policy asks")

    # ---- rules and facts of others

    def _create_rule(self, name, domain, **vals):
        model = self.env.ref("account.model_account_move")
        rule = self.env["ir.rule"].create({"name": name, "model_id": model.id, "domain_force": domain, **vals})
        self.env["ir.model.data"].create(
            {"module": "their_addon", "name": "their_rule", "model": "ir.rule", "res_id": rule.id}
        )
        return rule

    def test_a_rule_of_an_integrator_that_opens_is_named(self):
        bill = self._create_bill()
        group = self.env.ref("facturation_collab.group_user")
        self.assertFalse(self._explain(bill, self.outsider)["allowed"])
        self._create_rule(
            "Their vendor", f"[('partner_id', '=', {bill.partner_id.id})]", groups=[Command.set(group.ids)]
        )
        explanation = self._explain(bill, self.outsider)
        self.assertTrue(explanation["allowed"])
        self.assertDecides(explanation, "their_addon.their_rule")
        self.assertIn("their_addon.their_rule", self._get_rules(explanation, passes=True))
        self.assertIn(RULE + "user_read", self._get_rules(explanation, passes=False))

    def test_a_rule_of_an_integrator_that_restricts_is_named(self):
        bill = self._create_bill()
        self._create_rule("Nobody at all", "[(0, '=', 1)]")
        explanation = self._explain(bill, self.contributor)
        self.assertFalse(explanation["allowed"])
        self.assertDecides(explanation, "their_addon.their_rule")
        self.assertFalse(explanation["sections"], "It hides the invoice from the auditor who asks, too.")

    def test_facts_of_an_integrator_are_told(self):
        model = self.registry["account.access.reason"]
        native = model._get_facts

        def _get_facts(self, source, move, user):
            facts = native(self, source, move, user)
            return [*facts, "It is Friday."] if source == RULE + "user_read" else facts

        with patch.object(model, "_get_facts", _get_facts):
            explanation = self._explain(self._create_bill(), self.reader)
        self.assertIn("It is Friday.", self._get_facts(explanation, RULE + "user_read"))

    def test_an_app_that_decides_on_its_own_is_told(self):
        bill = self._create_bill()
        with patch.object(self.registry["account.move"], "has_access", lambda self, operation: self.env.su):
            section = self.env["account.access.reason"]._explain_access(bill.with_user(self.reader), "read")
        self.assertEqual(
            (section["allowed"], section["decisive"]), (False, ["Another app forbids it, although the rules allow it."])
        )

    # ---- who may not read the invoice

    def _get_secrets(self, move):
        return (
            *(move.name, move.partner_id.name, move.department_id.name, move.create_uid.name, "1,000", "1000"),
            *("draft", "validated", "Manager", "level"),
        )

    def test_whoever_may_not_read_the_invoice_learns_the_answer_and_nothing_of_it(self):
        bill = self._create_approved()
        bill.action_post()
        for reference in (str(bill.id), bill.name):
            for user, allowed in ((self.outsider, False), (self.reader, True)):
                vals = {"user_id": user.id, "reference": reference}
                wizard = self.env["account.access.explanation"].with_user(self.administrator).create(vals)
                explanation = wizard.explanation
                self.assertEqual(explanation["allowed"], allowed)
                self.assertDecides(explanation, RULE + "user_read")
                self.assertEqual((explanation["title"], explanation["facts"], explanation["sections"]), ("", [], []))
                for secret in self._get_secrets(bill):
                    self.assertNotIn(secret, f"{wizard.answer}{explanation}")

    def test_a_question_about_an_invoice_that_one_may_not_read_is_logged(self):
        bill = self._create_bill()
        with patch.object(account_access_explanation._logger, "info") as log:
            self._explain(bill, self.reader, asker=self.auditor)
            log.assert_not_called()
            self._explain(bill, self.reader, asker=self.administrator)
        self.assertEqual(log.call_args.args[1:], (self.administrator.id, self.reader.id, bill.id))

    def test_whoever_may_not_read_the_invoice_is_not_told_where_it_stands(self):
        bill = self._create_bill()

        def ask():
            return [self._explain(bill, self.manager, operation, self.administrator) for operation in OPERATIONS[1:]]

        before = ask()
        self.assertEqual({answer["allowed"] for answer in before}, {None})
        self.assertFalse(self._explain(bill, self.outsider, "approve", self.administrator)["allowed"])
        self._submit(bill)
        self.assertEqual(before, ask())

    def test_what_does_not_exist_and_what_is_elsewhere_look_the_same(self):
        company = self.env["res.company"].create({"name": "Other company"})
        entry = self.env["account.move"].sudo().create({"move_type": "entry", "ref": "an entry"})
        elsewhere = self._create_bill()
        self.administrator.write({"company_ids": [Command.set(company.ids)], "company_id": company.id})
        for reference in (str(entry.id), "an entry", str(elsewhere.id), "999999999", "9" * 30, "no such number"):
            vals = {"user_id": self.finance.id, "reference": reference}
            explanation = self.env["account.access.explanation"].with_user(self.administrator).create(vals).explanation
            self.assertEqual(explanation["allowed"], None)
            self.assertEqual(explanation["verdict"], f"You know no invoice by “{reference}”.")
