"""Who has an invoice open: shown to whoever may read it, kept no longer than the screen is open, and only if wanted."""

import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..models.account_move_live import PRESENCE, RECORD, TAKE_OVER
from .validation_common import ValidationCase

TAB = "tab-00000001"


@tagged("post_install", "-at_install")
class TestPresence(ValidationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill = cls._create_bill()
        cls._flush_bus(cls)

    def _report(self, user, mode="viewing", place="", tab=TAB, bill=None):
        return (bill or self.bill).with_user(user).report_presence(tab, mode, place)

    def _get_people(self, user, bill=None):
        return {
            person["name"]: person["mode"] for person in self._report(user, tab="tab-of-reader", bill=bill)["people"]
        }

    def _count_rows(self, **columns):
        self.env.cr.execute(
            "SELECT count(*) FROM account_move_presence WHERE move_id = %s AND (user_id = %s OR %s IS NULL)",
            [self.bill.id, columns.get("user_id"), columns.get("user_id")],
        )
        return self.env.cr.fetchone()[0]

    def _grow_old(self, seconds):
        self.env.cr.execute(
            "UPDATE account_move_presence SET seen_at = seen_at - %s * interval '1 second', "
            "since = since - %s * interval '1 second', asked_at = asked_at - %s * interval '1 second'",
            [seconds] * 3,
        )

    def _flush_bus(self):
        """Write what is to be sent, and forget it."""
        self.env.cr.flush()
        self.env["bus.bus"].sudo().search([]).unlink()

    def _get_sent(self, kind):
        """[(channel, payload)] of what was sent of this kind."""
        self.env.cr.flush()
        sent = [(json.loads(row.channel), json.loads(row.message)) for row in self.env["bus.bus"].sudo().search([])]
        return [(channel[1:], message["payload"]) for channel, message in sent if message["type"] == kind]

    # Who sees whom

    def test_whoever_reads_the_invoice_sees_who_has_it_open_and_what_they_edit(self):
        self._report(self.contributor, "editing", "ref")
        self._report(self.finance)
        answer = self._report(self.reader, tab="tab-of-reader")
        people = {person["name"]: (person["mode"], person["place"]) for person in answer["people"]}
        self.assertEqual(people, {"Contributor": ("editing", "Reference"), "Finance": ("viewing", "")})
        self.assertEqual((answer["is_on"], answer["is_shown"]), (True, True))

    def test_the_field_of_a_line_is_named(self):
        line = self.bill.invoice_line_ids
        self._report(self.contributor, "editing", f"invoice_line_ids/{line.id}/price_unit")
        (person,) = self._report(self.finance)["people"]
        self.assertEqual(person["place"], "Invoice lines, Unit Price")

    def test_several_screens_of_one_person_are_one_face(self):
        self._report(self.contributor, "viewing")
        self._report(self.contributor, "editing", "ref", tab="tab-00000002")
        self._report(self.contributor, "idle", tab="tab-00000003")
        self.assertEqual(self._get_people(self.reader), {"Contributor": "editing"})
        self.assertNotIn("Contributor", self._get_people(self.contributor), "Nobody is shown themselves.")

    def test_who_may_not_read_the_invoice_neither_sees_nor_is_seen(self):
        portal = new_test_user(self.env, "presence_portal", groups="base.group_portal", company_id=self.company.id)
        stranger = self._create_user("presence_stranger")
        for user in (self.outsider, stranger, portal):
            for call, *arguments in (
                ("report_presence", TAB, "viewing"),
                ("ask_take_over", TAB, self.contributor.id),
                ("answer_take_over", TAB, self.contributor.id, True),
            ):
                self.assertRefused(AccessError, "", getattr(self.bill.with_user(user), call), *arguments)
        self.assertEqual(self._count_rows(), 0)

    def test_another_company_and_a_confidential_department_see_nothing(self):
        other = self.setup_other_company()["company"]
        foreigner = self._create_user(
            "foreigner", groups="account.group_account_invoice", company_id=other.id, company_ids=other.ids
        )
        self.assertRefused(AccessError, "", self._report, foreigner)
        payroll = self._create_department("Payroll", is_confidential=True)
        insider = self._create_user("insider", payroll, "contributor")
        secret = self._create_bill(insider, payroll)
        self._report(insider, "editing", "ref", bill=secret)
        self.assertRefused(AccessError, "", self._report, self.finance, bill=secret)
        self.assertEqual(self._get_people(self.auditor, secret), {"Insider": "editing"})

    def test_whoever_may_no_longer_read_it_is_refused_at_the_next_report(self):
        self._report(self.reader)
        self.bill.sudo().department_id = self.logistics
        self.assertRefused(AccessError, "", self._report, self.reader)
        self.bill.with_user(self.reader).leave_presence(TAB)
        self.assertEqual(self._count_rows(), 0, "One may always take oneself away.")

    def test_nobody_reads_or_writes_the_rows_themselves(self):
        self._report(self.contributor)
        for user in (self.reader, self.finance, self.administrator, self.env.ref("base.user_admin")):
            rows = self.env["account.move.presence"].with_user(user)
            self.assertRefused(AccessError, "", rows.search, [])
            self.assertRefused(AccessError, "", rows.create, {"move_id": self.bill.id, "user_id": user.id, "tab": TAB})
        rows = self.env["account.move.presence"].sudo().search([])
        self.assertRefused(AccessError, "", rows.write, {"mode": "editing"})
        self.assertRefused(AccessError, "", rows.unlink)

    def test_nonsense_is_refused(self):
        mine = self.bill.with_user(self.contributor)
        for arguments in (("", "viewing"), (TAB, "x"), (TAB, "editing", "a b"), (None, None), ("x" * 65, "viewing")):
            self.assertRefused(UserError, "", mine.report_presence, *arguments)
        answer = self._report(self.contributor, "editing", "no_such_field/1")
        self.assertEqual(answer["people"], [])
        self.assertEqual(self._report(self.reader)["people"][0]["place"], "")

    # How long

    def test_a_screen_that_is_left_is_gone_at_once_and_one_that_vanished_within_a_minute(self):
        self._report(self.contributor)
        self.bill.with_user(self.contributor).leave_presence(TAB)
        self.assertEqual((self._get_people(self.reader), self._count_rows(user_id=self.contributor.id)), ({}, 0))
        self._report(self.contributor)
        self._grow_old(44)
        self.assertEqual(self._get_people(self.reader), {"Contributor": "viewing"})
        self._grow_old(2)
        self.assertNotIn("Contributor", self._get_people(self.finance))
        self.assertEqual(self._count_rows(user_id=self.contributor.id), 0, "The next report of anybody forgets it.")

    def test_what_nobody_forgot_is_cleaned_up(self):
        self._report(self.contributor)
        self._grow_old(46)
        self.env["account.move.presence"]._gc_presences()
        self.assertEqual(self._count_rows(), 0)

    def test_nobody_takes_somebody_elses_screen_away(self):
        self._report(self.contributor)
        self.bill.with_user(self.finance).leave_presence(TAB)
        self.assertEqual(self._count_rows(), 1)

    def test_the_table_costs_no_journal_of_the_database(self):
        self.env.cr.execute("SELECT relpersistence FROM pg_class WHERE relname = 'account_move_presence'")
        self.assertEqual(self.env.cr.fetchone()[0], "u")

    # Not wanted: no trace

    def test_a_company_switches_it_off(self):
        self._report(self.contributor)
        self.company.sudo().has_presence = False
        self.assertEqual(self._count_rows(), 0)
        answer = self._report(self.finance)
        self.assertEqual((answer["is_on"], answer["is_shown"], answer["people"]), (False, False, []))
        self.assertEqual(self._count_rows(), 0)
        self.assertFalse(self.bill.with_user(self.reader).presence)

    def test_somebody_does_not_want_to_be_seen(self):
        self._report(self.contributor)
        self._report(self.finance)
        self.contributor.with_user(self.contributor).write({"has_presence": False})
        self.assertEqual(self._count_rows(user_id=self.contributor.id), 0)
        answer = self._report(self.contributor, "editing", "ref")
        self.assertEqual([person["name"] for person in answer["people"]], ["Finance"], "They still see the others.")
        self.assertFalse(answer["is_shown"])
        self.assertEqual(self._count_rows(user_id=self.contributor.id), 0)
        self.assertRefused(AccessError, "", self.finance.with_user(self.contributor).write, {"has_presence": False})

    # Lists

    def test_lists_show_it_for_one_query(self):
        bills = self.bill | self._create_bill() | self._create_bill()
        self._report(self.contributor, "editing", "ref")
        read = bills.with_user(self.reader)
        read.web_read({"ref": {}, "company_id": {}, "presence": {}})
        self.env.invalidate_all()
        read.web_read({"ref": {}, "company_id": {}})
        self.assertTrue(read.company_id.sudo().has_presence, "A company is read for many things.")
        with self.assertQueryCount(1):
            shown = read.mapped("presence")
        self.assertEqual(shown[0][0]["name"], "Contributor")
        self.assertEqual(shown[1:], [False, False])

    def test_a_report_costs_few_queries(self):
        self._report(self.contributor)
        self._report(self.finance)
        self.env.cr.flush()
        self.env.invalidate_all()
        with self.assertQueryCount(7):
            self._report(self.contributor)
            self.env.cr.flush()

    # The news

    def test_news_go_to_the_channel_of_the_invoice_without_names(self):
        self._report(self.contributor)
        self.assertEqual(
            self._get_sent(PRESENCE),
            [(["account.move", self.bill.id, RECORD], {"id": self.bill.id, "is_place": False})],
        )
        self._flush_bus()
        self._report(self.contributor)
        self.assertEqual(self._get_sent(PRESENCE), [], "A report that says nothing new is not told.")
        self._report(self.contributor, "editing", "ref")
        self._flush_bus()
        self._report(self.contributor, "editing", "partner_id")
        self.assertEqual([payload["is_place"] for _channel, payload in self._get_sent(PRESENCE)], [True])

    # Taking over

    def test_somebody_asks_to_take_over(self):
        self._report(self.contributor, "editing", "ref")
        self._report(self.finance)
        asking = self.bill.with_user(self.finance)
        asking.ask_take_over(TAB, self.contributor.id)
        payload = {"id": self.bill.id, "user": self.finance.id, "kind": "asked"}
        self.assertEqual(self._get_sent(TAKE_OVER), [(["res.users", self.contributor.id, RECORD], payload)])
        self.assertRefused(UserError, "moment ago", asking.ask_take_over, TAB, self.contributor.id)
        self._flush_bus()
        self.bill.with_user(self.contributor).answer_take_over(TAB, self.finance.id, True)
        (sent,) = self._get_sent(TAKE_OVER)
        self.assertEqual(sent[0], ["res.users", self.finance.id, RECORD])
        self.assertEqual(sent[1]["kind"], "given")

    def test_who_went_away_from_what_they_had_typed_is_asked(self):
        self._report(self.contributor, "idle", "ref")
        self._report(self.finance)
        self.bill.with_user(self.finance).ask_take_over(TAB, self.contributor.id)
        self.assertEqual(len(self._get_sent(TAKE_OVER)), 1)

    def test_only_who_edits_is_asked_and_only_who_asked_is_answered(self):
        self._report(self.contributor)
        self._report(self.finance)
        asking = self.bill.with_user(self.finance)
        for user_id in (self.contributor.id, self.outsider.id, None, "1", True):
            self.assertRefused(UserError, "not editing", asking.ask_take_over, TAB, user_id)
        answering = self.bill.with_user(self.contributor)
        self.assertRefused(UserError, "waits", answering.answer_take_over, TAB, self.finance.id, True)

    def test_whoever_is_not_shown_cannot_ask(self):
        self._report(self.contributor, "editing", "ref")
        asking = self.bill.with_user(self.finance)
        self.assertRefused(UserError, "do not see you", asking.ask_take_over, TAB, self.contributor.id)
