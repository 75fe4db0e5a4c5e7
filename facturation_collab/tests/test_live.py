"""What open screens are told: one message for each transaction and channel, to those who may hear it, and only ids."""

import json
from unittest.mock import patch

from odoo import Command
from odoo.tests import new_test_user, tagged

from ..models.account_move_live import CHANNELS, INBOX, INVOICE, LISTS, RECORD
from .validation_common import ValidationCase


class LiveCase(ValidationCase):
    def _forget_sent(self):
        self.env.cr.flush()
        self.env["bus.bus"].sudo().search([]).unlink()

    def _get_sent(self, *kinds):
        """[(channel without the database, kind, payload)] of what this addon sent."""
        self.env.cr.flush()
        rows = self.env["bus.bus"].sudo().search([], order="id")
        sent = [(json.loads(row.channel), json.loads(row.message)) for row in rows]
        return [
            (tuple(channel[1:]), message["type"], message["payload"])
            for channel, message in sent
            if message["type"] in (kinds or (INVOICE, LISTS, INBOX, CHANNELS))
        ]

    def _get_channels(self, user, *asked):
        """Channels of ours that a screen of this user hears, of those that it asks for."""

        class Request:
            session = type("Session", (), {"uid": user.id})()

        websocket = self.env["ir.websocket"].with_user(user)
        with patch("odoo.addons.bus.models.ir_websocket.wsrequest", Request):
            channels = websocket._build_bus_channel_list(list(asked))
        self.assertFalse([name for name in channels if isinstance(name, str) and name.startswith("facturation")])
        return {(name[0]._name, name[0].id) for name in channels if isinstance(name, tuple) and name[1] == RECORD}


@tagged("post_install", "-at_install")
class TestLive(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill = cls._create_bill()
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        # Created in another transaction than what is done with it.
        self.env.cr.execute("UPDATE account_move SET create_date = create_date - interval '1 hour'")
        self.env.invalidate_all()
        self._forget_sent()

    def _invoice(self, bill=None):
        return ("account.move", (bill or self.bill).id, RECORD)

    # What is told

    def test_a_change_is_told_once_with_the_revision(self):
        mine = self.bill.with_user(self.contributor)
        mine.write({"ref": "A"})
        mine.write({"ref": "B", "payment_reference": "C"})
        ((channel, kind, payload),) = self._get_sent()
        self.assertEqual((channel, kind), (self._invoice(), INVOICE))
        self.assertEqual((payload["id"], payload["revision"]), (self.bill.id, 2))

    def test_what_shows_nowhere_is_not_told(self):
        self.bill.sudo().write({"ref": self.bill.ref})
        self.bill.message_post(body="Hello")
        self.bill.sudo()._portal_ensure_token()
        self.assertEqual(self._get_sent(), [])

    def test_lines_are_told_as_their_invoice(self):
        self.bill.with_user(self.finance).write(
            {"invoice_line_ids": [Command.update(self.bill.invoice_line_ids.id, {"price_unit": 7})]}
        )
        self.assertEqual([sent[:2] for sent in self._get_sent(INVOICE)], [(self._invoice(), INVOICE)])

    def test_nothing_of_the_content_is_sent(self):
        self.bill.with_user(self.finance).write({"ref": "Very secret", "narration": "Hidden"})
        self._submit(self.bill)
        self.env.cr.flush()
        ours = self.env["bus.bus"].sudo().search([("message", "like", '"facturation_collab.')])
        self.assertTrue(ours)
        for message in ours.mapped("message"):
            payload = json.loads(message)["payload"]
            self.assertLessEqual(payload.keys(), {"id", "ids", "revision", "user"})

    def test_a_new_invoice_is_told_to_lists_alone(self):
        bill = self._create_bill()
        self.env.cr.flush()
        told = {sent[0]: sent[2]["ids"] for sent in self._get_sent()}
        self.assertEqual(
            told,
            {
                ("hr.department", self.marketing.id, RECORD): bill.ids,
                ("res.company", self.company.id, RECORD): bill.ids,
            },
        )

    def test_a_confidential_invoice_is_told_to_its_department_alone(self):
        payroll = self._create_department("Payroll", is_confidential=True)
        self._create_bill(self._create_user("insider", payroll, "contributor"), payroll)
        self.assertEqual([sent[0] for sent in self._get_sent(LISTS)], [("hr.department", payroll.id, RECORD)])

    def test_an_invoice_that_changes_its_department_is_told_to_the_new_one(self):
        self.bill.sudo().department_id = self.logistics
        self.assertIn(("hr.department", self.logistics.id, RECORD), [sent[0] for sent in self._get_sent(LISTS)])
        self.assertIn(self._invoice(), [sent[0] for sent in self._get_sent(INVOICE)], "Lists lose the row.")

    def test_a_deleted_invoice_is_told(self):
        bill_id = self.bill.id
        self.bill.with_user(self.contributor).unlink()
        self.assertEqual([sent[0] for sent in self._get_sent(INVOICE)], [("account.move", bill_id, RECORD)])

    def test_whoever_it_waits_for_is_told_and_whoever_it_no_longer_waits_for(self):
        self._submit(self.bill)
        told = [(sent[0], sent[2]["ids"]) for sent in self._get_sent(INBOX)]
        self.assertEqual(told, [(("res.users", self.manager.id, RECORD), self.bill.ids)])
        self._forget_sent()
        self._approve(self.bill, self.manager)
        people = {sent[0][1] for sent in self._get_sent(INBOX)}
        self.assertEqual(people, {self.manager.id, self.controller.id})
        self._forget_sent()
        self.bill.with_user(self.controller).action_return("Wrong")
        self.assertEqual({sent[0][1] for sent in self._get_sent(INBOX)}, {self.controller.id})

    def test_a_batch_is_one_message_for_each_channel(self):
        bills = self.bill.browse([self._create_bill().id for _bill in range(5)])
        self.env.cr.execute("UPDATE account_move SET create_date = create_date - interval '1 hour'")
        self.env.invalidate_all()
        self._forget_sent()
        self._submit(bills)
        sent = self._get_sent()
        self.assertEqual(len({channel for channel, _kind, _payload in sent}), len(sent))
        self.assertEqual(len([kind for _channel, kind, _payload in sent if kind == INBOX]), 1)
        self.assertEqual(len([kind for _channel, kind, _payload in sent if kind == LISTS]), 2)

    def test_telling_of_a_batch_costs_one_query(self):
        bills = self.bill.browse([self._create_bill().id for _bill in range(10)])
        self._forget_sent()
        bills.mapped("department_id.company_id")
        bills.mapped("create_date")
        with self.assertQueryCount(1):
            bills._note_changes(dict.fromkeys(bills.ids, True))
            self.env.cr.flush()

    def test_plain_entries_are_not_told(self):
        self.env["account.move"].sudo().create(
            {"move_type": "entry", "journal_id": self.company_data["default_journal_misc"].id}
        )
        self.assertEqual(self._get_sent(), [])

    # Who hears it

    def test_whoever_may_read_an_invoice_hears_of_it(self):
        name = f"facturation_collab.invoice_{self.bill.id}"
        for user in (self.reader, self.contributor, self.director, self.finance, self.auditor):
            self.assertIn(("account.move", self.bill.id), self._get_channels(user, name))

    def test_whoever_may_not_read_it_does_not(self):
        portal = new_test_user(self.env, "live_portal", groups="base.group_portal", company_id=self.company.id)
        stranger = self._create_user("live_stranger")
        other = self.setup_other_company()["company"]
        foreigner = self._create_user(
            "foreigner", groups="account.group_account_invoice", company_id=other.id, company_ids=other.ids
        )
        names = (f"facturation_collab.invoice_{self.bill.id}", "facturation_collab.lists")
        for user in (self.outsider, stranger, portal, foreigner, self.env.ref("base.public_user")):
            channels = self._get_channels(user, *names)
            self.assertNotIn(("account.move", self.bill.id), channels)
            self.assertNotIn(("hr.department", self.marketing.id), channels)
            self.assertNotIn(("res.company", self.company.id), channels)

    def test_a_confidential_invoice_is_heard_of_by_its_department_and_auditors(self):
        payroll = self._create_department("Payroll", is_confidential=True)
        insider = self._create_user("insider", payroll, "contributor")
        secret = self._create_bill(insider, payroll)
        names = (f"facturation_collab.invoice_{secret.id}", "facturation_collab.lists")
        secrets = {("account.move", secret.id), ("hr.department", payroll.id)}
        for user in (insider, self.auditor):
            self.assertLessEqual(secrets, self._get_channels(user, *names))
        for user in (self.finance, self.administrator, self.reader, self.director):
            self.assertFalse(secrets & self._get_channels(user, *names))

    def test_lists_hear_of_their_departments_or_of_the_company(self):
        self.assertEqual(
            self._get_channels(self.reader, "facturation_collab.lists"),
            {("res.users", self.reader.id), ("hr.department", self.marketing.id)},
        )
        self.assertLess(
            {("hr.department", self.marketing.id), ("hr.department", self.events.id)},
            self._get_channels(self.director, "facturation_collab.lists"),
        )
        self.assertEqual(
            self._get_channels(self.finance, "facturation_collab.lists"),
            {("res.users", self.finance.id), ("res.company", self.company.id)},
        )
        self.assertEqual(self._get_channels(self.reader), set(), "Nothing is heard that was not asked for.")

    def test_nonsense_is_not_subscribed_to(self):
        for name in ("invoice_0", "invoice_-1", "invoice_1x", "invoice_99999999999", "invoice_", "nothing"):
            self.assertEqual(
                self._get_channels(self.finance, f"facturation_collab.{name}"), {("res.users", self.finance.id)}
            )

    def test_eighty_invoices_are_one_query_to_subscribe_to(self):
        names = [f"facturation_collab.invoice_{self._create_bill().id}" for _bill in range(4)]
        self._get_channels(self.reader, *names[:1])
        counts = []
        for asked in (names[:1], names):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._get_channels(self.reader, *asked)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_whoever_gets_or_loses_a_role_subscribes_anew(self):
        self._give_role(self.outsider, self.marketing, "reader")
        self.assertEqual([sent[0] for sent in self._get_sent(CHANNELS)], [("res.users", self.outsider.id, RECORD)])
        self._forget_sent()
        self.marketing.sudo().account_member_ids.filtered(lambda member: member.user_id == self.outsider).unlink()
        self.assertEqual([sent[0] for sent in self._get_sent(CHANNELS)], [("res.users", self.outsider.id, RECORD)])
