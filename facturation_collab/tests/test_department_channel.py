"""The chat of a department in Discuss: who is in it, what it tells, and who is kept out."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .question_common import QuestionCase


@tagged("post_install", "-at_install")
class TestDepartmentChannel(QuestionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marketing.with_user(cls.administrator).has_channel = True
        cls.channel = cls.marketing.sudo().channel_id

    def _get_bodies(self, channel=None):
        domain = [("model", "=", "discuss.channel"), ("res_id", "=", (channel or self.channel).id)]
        return self.env["mail.message"].sudo().search(domain, order="id").mapped("body")

    def _get_members(self):
        return self.channel.channel_member_ids.partner_id.user_ids

    def test_its_members_are_the_readers(self):
        self.assertEqual(self._get_members(), self.marketing.sudo().reader_ids)
        self.assertNotIn(self.outsider, self._get_members())
        self.assertNotIn(self.administrator, self._get_members())
        self.assertEqual((self.channel.name, self.channel.channel_type), ("Marketing", "group"))

    def test_it_tells_what_happens_in_one_message_for_each_batch(self):
        bills = self.bill | self._create_bill()
        elsewhere = self._create_move(department=self.logistics)
        bills.with_user(self.contributor).action_submit()
        [body] = self._get_bodies()
        self.assertIn("Submitted for validation", body)
        for bill in bills:
            self.assertIn(f"/odoo/account.move/{bill.id}", body)
        self.assertNotIn(f"/odoo/account.move/{elsewhere.id}", body)
        self._ask(self.manager, user_id=self.contributor.id)
        self.bill.sudo().question_ids.with_user(self.manager).action_withdraw()
        self._approve(self.bill, self.manager)
        self._approve(self.bill, self.controller)
        bills[1].with_user(self.manager).action_return("Wrong price")
        texts = self._get_bodies()[1:]
        for text, part in zip(
            texts, ("A question was asked", "validation is complete", "to be corrected"), strict=True
        ):
            self.assertIn(part, text)

    def test_nobody_else_reads_it(self):
        self.bill.with_user(self.contributor).action_submit()
        message = (
            self.env["mail.message"]
            .sudo()
            .search([("model", "=", "discuss.channel"), ("res_id", "=", self.channel.id)])
        )
        for user in (self.outsider, self.administrator):
            self.assertFalse(self.channel.with_user(user).has_access("read"))
            self.assertFalse(message.with_user(user).has_access("read"))
        self.assertTrue(message.with_user(self.reader).has_access("read"))

    def test_who_loses_the_role_leaves_at_once_and_who_gets_one_joins(self):
        self.env["account.department.member"].sudo().search([("user_id", "=", self.reader.id)]).unlink()
        self.assertNotIn(self.reader, self._get_members())
        self.assertFalse(self.channel.with_user(self.reader).has_access("read"))
        self._give_role(self.outsider, self.marketing, "reader")
        self.assertIn(self.outsider, self._get_members())

    def test_nobody_is_invited_past_the_roles(self):
        guest = self.env["mail.guest"].sudo().create({"name": "Guest"})
        refusal = (AccessError, "give a role in the department")
        add = self.channel.with_user(self.manager).add_members
        self.assertRefused(*refusal, add, partner_ids=self.outsider.partner_id.ids)
        self.assertRefused(*refusal, self.channel.sudo().add_members, guest_ids=guest.ids)
        self.env.invalidate_all()
        self.assertNotIn(self.outsider, self._get_members())

    def test_switched_off_it_is_left_by_all_and_told_nothing(self):
        self.marketing.with_user(self.administrator).has_channel = False
        self.assertFalse(self._get_members())
        self.bill.with_user(self.contributor).action_submit()
        self.assertFalse(self._get_bodies())
        self.marketing.with_user(self.administrator).has_channel = True
        self.assertEqual(self.marketing.sudo().channel_id, self.channel)
        self.assertEqual(self._get_members(), self.marketing.sudo().reader_ids)

    def test_only_an_administrator_opens_one(self):
        with self.assertRaises(AccessError):
            self.logistics.with_user(self.manager).has_channel = True
