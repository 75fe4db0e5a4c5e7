"""Questions that nobody has: somebody hears of each, answers it, and finds it."""

from odoo import Command
from odoo.tests import tagged

from .question_common import QuestionCase


@tagged("post_install", "-at_install")
class TestQuestionUnassigned(QuestionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        administrators = cls.env.ref("facturation_collab.group_administrator").sudo()
        administrators.user_ids = [Command.set(cls.administrator.ids)]
        cls.chief = cls._create_user("chief", groups="account.group_account_manager")
        for user in (cls.chief, cls.administrator):
            user.partner_id.email = f"{user.login}@example.com"
            user.notification_type = "email"
        cls.bill.sudo().department_id = False

    def _take_roles(self):
        self.env["account.department.member"].sudo().search([]).unlink()
        self.env.invalidate_all()

    def test_without_a_department_those_of_accounting_hear_of_it(self):
        question = self._ask(self.finance)
        self.assertFalse(question.department_id)
        self.assertIn("Chief", self._get_notified(question))
        self.assertNotIn("Administrator", self._get_notified(question), "They may not read the invoice.")
        self.assertRegex(question._get_waited_for(), r"^accounting \(.*Chief.*\)$")
        question.with_user(self.chief).action_answer("It is.")
        self.assertEqual(question.answered_by, self.chief.partner_id)

    def test_administrators_who_may_read_it_hear_of_it_first(self):
        self.administrator.group_ids = [Command.link(self.env.ref("account.group_account_invoice").id)]
        question = self._ask(self.finance)
        self.assertEqual(self._get_notified(question), ["Administrator"])

    def test_whom_the_company_names_hears_of_it_unless_they_may_not_read_it(self):
        self.company.question_user_id = self.controller
        self.assertEqual(self._get_notified(self._ask(self.finance)), ["Controller"])
        self.company.question_user_id = self.outsider
        question = self._ask(self.finance)
        self.assertIn("Chief", self._get_notified(question))
        self.assertNotIn("Outsider", [*self._get_notified(question), question._get_waited_for()])

    def test_many_are_told_in_one_message(self):
        bills = self.bill | self._create_bill() | self._create_bill()
        bills.sudo().department_id = False
        before = self.env["mail.notification"].sudo().search([("res_partner_id", "=", self.chief.partner_id.id)])
        self._ask(self.finance, bills)
        domain = [("res_partner_id", "=", self.chief.partner_id.id), ("id", "not in", before.ids)]
        self.assertEqual(self.env["mail.notification"].sudo().search_count(domain), 1)

    def test_a_department_that_lost_its_people_has_nothing(self):
        self.bill.sudo().department_id = self.marketing
        question = self._ask(self.finance)
        self.assertEqual(question.department_id, self.marketing)
        self.assertFalse(question.is_unassigned)
        self._take_roles()
        self.assertTrue(question.is_unassigned)
        self.assertIn("Chief", question._get_waited_for())
        question.with_user(self.chief).action_answer("It is.")
        self.assertEqual(question.state, "answered")

    def test_the_filter_finds_what_nobody_has(self):
        mine = self._ask(self.finance)
        others = self._ask(self.finance, user_id=self.controller.id)
        others |= self._ask(self.finance, self._create_bill())
        questions = self.env["account.invoice.question"].with_user(self.finance)
        self.assertEqual(questions.search([("is_unassigned", "=", True)]).sudo(), mine)
        found = questions.search([("is_unassigned", "=", False), ("id", "in", (mine | others).ids)])
        self.assertEqual(found.sudo(), others)

    def test_whoever_neither_has_it_nor_stands_in_answers_nothing(self):
        self.bill.sudo().department_id = self.logistics
        self._take_roles()
        question = self._ask(self.finance)
        self.assertTrue(question.is_unassigned)
        self.assertTrue(question._get_answer_refusal(self.administrator))
        self.assertTrue(question._get_answer_refusal(self.outsider))
        self.assertFalse(question._get_answer_refusal(self.finance))
