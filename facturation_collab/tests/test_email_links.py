"""Who gets a link in an e-mail, what it lets a person do, and that nobody forges, reads or widens one."""

from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import CheckViolation

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import html2plaintext, mute_logger

from ..models.account_validation_link import USE_KEY
from ..models.account_validation_link_mail import MAIL_KEY
from .link_common import TOKEN, LinkCase


@tagged("post_install", "-at_install")
class TestLinksInMails(LinkCase):
    def test_the_mail_to_the_approver_has_links_and_the_message_has_none(self):
        bill, token = self._create_linked()
        link = self._find(token)
        self.assertRecordValues(
            link,
            [{"user_id": self.manager.id, "access": "login", "used_at": False, "company_id": self.company.id}],
        )
        self.assertEqual(link.step_id, bill.sudo().validation_request_id.step_ids.filtered(lambda s: s.state == "open"))
        self.assertAlmostEqual(link.expires_at, fields.Datetime.now() + timedelta(days=7), delta=timedelta(minutes=1))
        messages = self.env["mail.message"].sudo().search([("model", "=", "account.move"), ("res_id", "=", bill.id)])
        self.assertTrue(messages.filtered(lambda message: self.manager.partner_id in message.partner_ids))
        self.assertNotIn("/validation/", " ".join(messages.mapped("body")))

    def test_a_mail_reads_well_as_plain_text(self):
        _bill, token = self._create_linked()
        text = html2plaintext(self._get_mails(self.manager)[0].body_html)
        for word in ("Approve", "Return", "Reject", f"/validation/{token}?choice=reject", "do not forward"):
            self.assertIn(word, text)

    def test_several_invoices_have_each_its_link_in_one_mail(self):
        bills = self._create_bill() | self._create_bill(ref="Second")
        self._submit(bills)
        tokens = self._get_tokens(self.manager)
        self.assertEqual({self._find(token).move_id for token in tokens}, set(bills.sudo()))
        self.assertEqual(len(self._get_mails(self.manager)), 1)

    def test_each_person_gets_links_of_their_own(self):
        self._ask_also(self.validator)
        self._submit(self._create_bill())
        for user in (self.manager, self.validator):
            [token] = self._get_tokens(user)
            self.assertEqual(self._find(token).user_id, user)

    def test_links_are_in_the_language_of_their_person(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.manager.lang = "fr_FR"
        self._create_linked()
        self.assertIn("Approuver", self._get_mails(self.manager)[0].body_html)

    def test_nobody_gets_links_who_decides_in_odoo(self):
        for case, change in {
            "switched off": lambda: setattr(self.policy, "email_decisions", "off"),
            "no e-mail": lambda: setattr(self.manager.sudo(), "notification_type", "inbox"),
        }.items():
            with self.subTest(case), self.env.cr.savepoint() as savepoint:
                change()
                self._submit(self._create_bill())
                self.assertFalse(self.links.search([]))
                self.assertNotIn("/validation/", " ".join(self._get_mails(self.manager).mapped("body_html")))
                savepoint.rollback()

    def test_the_outcome_brings_no_link(self):
        bills = self._create_bill() | self._create_bill()
        self._submit(bills)
        bills.with_user(self.manager).action_return("Wrong.")
        mails = self._get_mails(self.contributor)
        self.assertTrue(mails)
        self.assertNotIn("/validation/", " ".join(mails.mapped("body_html")))

    def test_a_client_cannot_put_links_into_mails(self):
        context = {MAIL_KEY: {"partner_id": self.manager.partner_id.id, "buttons": {}, "note": "evil"}}
        bill = self._create_bill()
        bill.with_user(self.contributor).with_context(**context).action_submit()
        self.assertNotIn("evil", self._get_mails(self.manager)[0].body_html)

    def test_links_of_a_batch_cost_a_constant_number_of_queries(self):
        def count(size):
            bills = self.env["account.move"].union(*(self._create_bill() for _bill in range(size)))
            requests = self._submit(bills)
            self.env.flush_all()
            self.env.invalidate_all()
            requests = requests.browse(requests.ids)
            readers = {self.manager: requests}
            with patch.object(self.links.__class__, "_sign_token", lambda links, step, user: f"{step.id}/{size}"):
                before = self.env.cr.sql_log_count
                self.assertEqual(len(requests._create_mail_links(readers)), 1)
                self.env.flush_all()
                return self.env.cr.sql_log_count - before

        count(2)  # fills the caches of the server
        self.assertLessEqual(count(50), 14)

    def test_without_a_policy_nothing_is_made(self):
        self.policy.mode = "off"
        bill = self._create_bill().with_user(self.finance)
        bill.action_post()
        self.assertEqual(bill.state, "posted")
        self.assertFalse(self.links.search([]))


@tagged("post_install", "-at_install")
class TestLinkDecisions(LinkCase):
    def test_a_link_approves_once(self):
        bill, token = self._create_linked()
        request = bill.sudo().validation_request_id
        self.assertIsNone(self._find(token)._use("approve", " Checked. "))
        event = request.event_ids.filtered(lambda event: event.type == "approved")
        self.assertRecordValues(event, [{"user_id": self.manager.id, "comment": "Checked.", "data": {"link": "login"}}])
        self.assertTrue(request.event_ids._is_chain_intact())
        self.assertEqual(bill.sudo().validation_waiting_user_ids, self.controller)
        self.assertRecordValues(self._find(token), [{"outcome": "approve"}])
        self.assertEqual(self._get_kind(self._find(token)._use("approve")), "used")
        self.assertEqual(len(request.event_ids.filtered(lambda event: event.type == "approved")), 1)

    def test_returning_and_rejecting_ask_for_a_comment(self):
        for outcome, state in (("return", "returned"), ("reject", "rejected")):
            bill, token = self._create_linked()
            self.assertRefused(UserError, "Say ", self._find(token)._use, outcome, "  ")
            self.assertFalse(self._find(token).used_at)
            self.assertIsNone(self._find(token)._use(outcome, "Not ours."))
            self.assertEqual(bill.sudo().validation_state, state)

    def test_a_level_that_asks_for_a_comment_gets_one(self):
        self.policy.level_ids[0].comment_required = True
        _bill, token = self._create_linked()
        self.assertRefused(UserError, "asks for a comment", self._find(token)._use, "approve")
        self.assertIsNone(self._find(token)._use("approve", "Good."))

    def test_a_link_is_no_proof_of_identity(self):
        self.policy.level_ids[0].authentication = "password"
        bill, token = self._create_linked()
        self.assertEqual(self._get_kind(self._find(token)._use("approve")), "proof")
        self.assertEqual(bill.sudo().validation_waiting_user_ids, self.manager)
        self.assertIsNone(self._find(token)._use("return", "Wrong price."))

    def _assertNothing(self, token, kind):
        """The link does nothing, and says so in this way."""
        link = self._find(token)
        events = self.env["account.validation.event"].sudo().search_count([])
        for outcome in ("approve", "return", "reject"):
            self.assertEqual(self._get_kind(link._use(outcome, "Because.")), kind)
        self.assertEqual(self.env["account.validation.event"].sudo().search_count([]), events)
        self.assertFalse(link.used_at)

    def test_decided_by_somebody_else(self):
        self._ask_also(self.validator)
        bill, token = self._create_linked()
        self._approve(bill, self.validator)
        self._assertNothing(token, "decided")

    def test_decided_in_odoo_by_the_same_person(self):
        bill, token = self._create_linked()
        self._approve(bill, self.manager)
        self._assertNothing(token, "decided")

    def test_cancelled_validation(self):
        bill, token = self._create_linked()
        bill.with_user(self.contributor).action_cancel_validation()
        self._assertNothing(token, "decided")

    def test_changed_content(self):
        bill, token = self._create_linked()
        bill.sudo().invoice_line_ids.price_unit = 2000
        self._assertNothing(token, "changed")

    def test_a_newer_version(self):
        bill, token = self._create_linked()
        bill.with_user(self.manager).action_return("Wrong.")
        self._submit(bill)
        self._assertNothing(token, "superseded")
        [new] = self._get_tokens(self.manager)
        self.assertNotEqual(new, token)
        self.assertIsNone(self._find(new)._use("approve"))

    def test_another_approver_now(self):
        bill, token = self._create_linked()
        step = self._find(token).step_id
        step._engine().approver_ids = self.validator
        bill.sudo().validation_request_id._refresh_waiting()
        self._assertNothing(token, "reassigned")

    def test_archived_person(self):
        _bill, token = self._create_linked()
        self.manager.sudo().active = False
        self._assertNothing(token, "archived")

    def test_expired(self):
        _bill, token = self._create_linked()
        self._find(token)._engine().expires_at = fields.Datetime.now() - timedelta(seconds=1)
        self._assertNothing(token, "expired")

    def test_validity_comes_from_the_policy(self):
        self.policy.email_link_days = 2
        _bill, token = self._create_linked()
        self.assertLess(self._find(token).expires_at, fields.Datetime.now() + timedelta(days=3))
        for days in (0, -1, 91):
            with mute_logger("odoo.sql_db"):
                self.assertRefused(CheckViolation, "email_link_days", self._set_days, days)

    def _set_days(self, days):
        self.policy.email_link_days = days
        self.env.flush_all()

    def test_switched_off_since(self):
        _bill, token = self._create_linked()
        self.policy.email_decisions = "off"
        self._assertNothing(token, "off")

    def test_a_policy_never_widens_a_link_that_was_sent(self):
        _bill, token = self._create_linked()
        for now, access in (("link", "login"), ("login", "login"), ("off", "off")):
            self.policy.email_decisions = now
            self.assertEqual(self._find(token)._get_access(), access)
        self.policy.email_decisions = "link"
        _bill, token = self._create_linked()
        self.policy.email_decisions = "login"
        self.assertEqual(self._find(token)._get_access(), "login")

    def test_a_confidential_invoice_always_asks_for_a_login(self):
        self.policy.email_decisions = "link"
        _bill, token = self._create_linked()
        self.assertEqual(self._find(token)._get_access(), "link")
        self.marketing.sudo().is_confidential = True
        self.assertEqual(self._find(token)._get_access(), "login")

    def test_withdrawn_by_an_administrator(self):
        _bill, token = self._create_linked()
        link = self._find(token)
        self.assertRefused(AccessError, "", link.with_user(self.manager).action_revoke)
        self.assertRefused(AccessError, "Only an administrator", link.with_user(self.auditor).action_revoke)
        link.with_user(self.administrator).action_revoke()
        self._assertNothing(token, "revoked")

    def test_a_client_cannot_mark_a_decision_as_a_link(self):
        bill, _token = self._create_linked()
        bill.with_user(self.manager).with_context(**{USE_KEY: {"access": "link"}}).action_approve()
        event = bill.sudo().validation_request_id.event_ids.filtered(lambda event: event.type == "approved")
        self.assertFalse(event.data)


@tagged("post_install", "-at_install")
class TestLinkRecords(LinkCase):
    def test_altered_tokens_are_unknown(self):
        _bill, token = self._create_linked()
        for forged in (
            *("", "é", "!", "AQ", "x" * 5000, token[:-1], token + "A", token + "=", token + "!", "B" + token[1:]),
            *(
                token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
                for place in range(0, len(token), 7)
            ),
        ):
            self.assertFalse(self._find(forged), forged)
        self.assertTrue(self._find(token))

    def test_a_token_of_other_values_is_unknown(self):
        """Signed by us, but not for this: somebody who writes in the table cannot point a link elsewhere."""
        _bill, token = self._create_linked()
        self._find(token)._engine().user_id = self.controller
        self.assertFalse(self._find(token))

    def test_nothing_stored_gives_a_link(self):
        _bill, token = self._create_linked()
        self.env.flush_all()
        self.env.cr.execute("SELECT row_to_json(link)::text FROM account_validation_link link")
        [(row,)] = self.env.cr.fetchall()
        self.assertNotIn(token, row)
        self.assertRefused(AccessError, "", self._find(token).with_user(self.administrator).read, ["token_digest"])

    def test_nobody_makes_changes_or_deletes_links(self):
        _bill, token = self._create_linked()
        link = self._find(token)
        values = {"expires_at": "2099-01-01 00:00:00"}
        for user in (self.manager, self.controller, self.finance, self.outsider):
            self.assertRefused(AccessError, "", link.with_user(user).read, ["user_id"])
        for user in (self.auditor, self.administrator):
            mine = link.with_user(user)
            self.assertEqual(mine.user_id, self.manager)
            for method, arguments in (("write", [values]), ("unlink", []), ("create", [values]), ("copy", [])):
                self.assertRefused(AccessError, "", getattr(mine, method), *arguments)
        for method, arguments in (("write", [values]), ("unlink", []), ("create", [values])):
            self.assertRefused(AccessError, "by hand", getattr(link, method), *arguments)

    def test_links_of_other_companies_are_not_shown(self):
        _bill, token = self._create_linked()
        other = self.setup_other_company()["company"]
        foreigner = self._create_user(
            "foreigner",
            groups="facturation_collab.group_administrator",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertRefused(AccessError, "", self._find(token).with_user(foreigner).read, ["user_id"])

    def test_links_are_forgotten_a_month_after_they_ended(self):
        _bill, token = self._create_linked()
        link = self._find(token)
        for days, kept in ((29, True), (31, False)):
            link._engine().expires_at = fields.Datetime.now() - timedelta(days=days)
            self.links._gc_links()
            self.assertEqual(bool(link.exists()), kept)

    def test_guesses_from_one_address_are_limited_and_recorded(self):
        misses = self.env["account.validation.link.miss"]
        self.assertEqual([misses._count("192.0.2.1") for _time in range(21)], [*[False] * 20, True])
        self.assertFalse(misses._count("192.0.2.2"))
        records = misses.sudo().search([("ip", "=", "192.0.2.1")])
        self.assertEqual(len(records), 20)
        for user in (self.auditor, self.administrator):
            self.assertEqual(records[0].with_user(user).ip, "192.0.2.1")
            self.assertRefused(AccessError, "", records.with_user(user).unlink)
            self.assertRefused(AccessError, "", misses.with_user(user).create, {"date": fields.Datetime.now()})
            self.assertRefused(AccessError, "", records.with_user(user).write, {"ip": ""})
        for user in (self.manager, self.finance):
            self.assertRefused(AccessError, "", records.with_user(user).read, ["ip"])
        self.assertRefused(AccessError, "by hand", records.unlink)
        records._engine().date = fields.Datetime.now() - timedelta(minutes=16)
        self.assertFalse(misses._count("192.0.2.1"))
        records._engine().date = fields.Datetime.now() - timedelta(days=31)
        misses._gc_misses()
        self.assertFalse(records.exists())

    def test_the_token_of_one_mail_is_not_in_that_of_another(self):
        self._ask_also(self.validator)
        self._submit(self._create_bill())
        found = {
            user: set(TOKEN.findall(self._get_mails(user)[0].body_html)) for user in (self.manager, self.validator)
        }
        self.assertFalse(found[self.manager] & found[self.validator])
