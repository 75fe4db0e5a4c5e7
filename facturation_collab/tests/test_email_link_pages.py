"""The pages behind the links, as browsers, scanners of mail, forwarded mails and attackers ask for them."""

import base64
import re
from datetime import timedelta

from odoo import fields
from odoo.http import Request
from odoo.tests import HttpCase, tagged
from odoo.tests.common import ChromeBrowser
from odoo.tools import SQL, mute_logger

from ..controllers.validation_link import HEADERS
from .link_common import LinkCase

TABLES = ("account_validation_link", "account_validation_event", "account_validation_step", "account_move")
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


@tagged("post_install", "-at_install")
class LinkPageCase(LinkCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.email_decisions = "link"

    def setUp(self):
        super().setUp()
        self.bill, self.token = self._create_linked(ref="PAGE-1")
        self.authenticate(None, None)

    def _open(self, token=None, query="", **options):
        response = self.url_open(f"/validation/{token or self.token}{query}", **options)
        self.env.invalidate_all()
        return response

    def _post(self, token=None, **values):
        """Send the form of the page, as the browser does in this session."""
        values = {"csrf_token": Request.csrf_token(self), "comment": "", "identity": "1", **values}
        return self._open(token, data=values, method="POST")

    def _get_states(self):
        """What the links, the history and the invoices are now, as one value."""
        self.env.flush_all()
        states = []
        for table in TABLES:
            self.env.cr.execute(SQL("SELECT sum(hashtext(t::text)::bigint) FROM %s t", SQL.identifier(table)))
            states.append(self.env.cr.fetchone()[0])
        return states

    def _get_decisions(self):
        events = self.bill.sudo().validation_request_ids.event_ids
        return events.filtered(lambda event: event.type in ("approved", "returned", "rejected")).mapped("type")

    def assertEnd(self, response, kind, status):
        """The page says in this way that nothing is asked, and shows nothing of the invoice."""
        self.assertIn(f'class="end_{kind}"', response.text)
        self.assertEqual(response.status_code, status)
        self.assertNotIn("PAGE-1", response.text)
        self.assertNotIn(self.partner_a.name, response.text)
        self.assertHeaders(response)

    def assertHeaders(self, response):
        self.assertEqual({name: response.headers.get(name) for name in HEADERS}, HEADERS)


class TestLinkPage(LinkPageCase):
    def test_a_get_shows_what_is_needed_to_decide_and_changes_nothing(self):
        past = self._create_approved(ref="Past", amount=77.0)
        past.action_post()
        hidden = self._create_move(department=self.logistics, ref="Hidden", amount=66.0)
        hidden.action_post()
        before = self._get_states()
        for query in ("", "?choice=approve", "?choice=return", "?choice=nonsense"):
            response = self._open(query=query)
            self.assertEqual(response.status_code, 200)
            self.assertHeaders(response)
        for text in ("PAGE-1", self.partner_a.name, "1,000.00", "Marketing", "Contributor", "Manager", past.name):
            self.assertIn(text, response.text)
        self.assertNotIn(hidden.name, response.text)
        self.assertIn("personal to", response.text)
        self.assertEqual(self._get_states(), before)

    def test_scanners_change_nothing(self):
        before = self._get_states()
        for method in ("HEAD", "GET", "HEAD", "GET"):
            self.assertEqual(self._open(method=method, query="?choice=approve").status_code, 200)
        for method in ("PUT", "DELETE", "PATCH"):
            self.assertEqual(self._open(method=method).status_code, 405)
        self.assertEqual(self._get_states(), before)

    def test_the_choice_of_the_mail_is_chosen_on_the_page(self):
        self.assertRegex(self._open(query="?choice=return").text, r'value="return"[^>]*checked')
        self.assertNotIn("checked=", self._open().text)

    def test_a_post_decides_once_and_a_second_click_says_so(self):
        response = self._post(outcome="approve", comment="From the train.")
        self.assertEqual(response.status_code, 200)
        self.assertIn("You approved the invoice with this link", response.text)
        self.assertEqual(self._get_decisions(), ["approved"])
        event = self.bill.sudo().validation_request_id.event_ids.filtered(lambda event: event.type == "approved")
        self.assertRecordValues(
            event, [{"user_id": self.manager.id, "comment": "From the train.", "data": {"link": "link"}}]
        )
        self.assertEnd(self._open(), "used", 410)

    def test_a_second_post_of_the_same_form_does_nothing(self):
        values = {"csrf_token": CSRF.search(self._open().text)[1], "comment": "no"}
        self._post(**values, outcome="approve")
        before = self._get_states()
        self.assertEnd(self._post(**values, outcome="reject"), "used", 410)
        self.assertEqual(self._get_states(), before)

    def _ask(self, **values):
        kind = self.env.ref("facturation_collab.account_invoice_question_kind_price")
        return self._post(**{"outcome": "ask", "kind": str(kind.id), "comment": "Why so much?", **values})

    def test_an_approver_asks_first_and_decides_with_the_same_link(self):
        self.assertRegex(self._open(query="?choice=ask").text, r'value="ask"[^>]*checked')
        response = self._ask()
        self.assertEqual(response.status_code, 200)
        self.assertIn("waits for Contributor", response.text)
        self.assertNotIn('value="ask"', response.text)
        question = self.bill.sudo().question_ids
        asked = {"asker_id": self.manager.id, "user_id": self.contributor.id, "name": "Why so much?"}
        self.assertRecordValues(question, [{**asked, "state": "open", "is_blocking": True}])
        self.assertEqual(question.step_id, self.bill.sudo().validation_request_id.step_ids[0])
        self.assertIn("is not answered yet", self._post(outcome="approve").text)
        question.with_user(self.contributor).action_answer("It is twice the quantity.")
        self.assertIn("It is twice the quantity.", self._open().text)
        self.assertIn("You approved", self._post(outcome="approve").text)
        self.assertEqual(self._get_decisions(), ["approved"])

    def test_an_approver_asks_one_question_at_a_time(self):
        self._ask()
        before = self._get_states()
        self.assertEnd(self._ask(comment="And again"), "refused", 403)
        self.assertEqual(self._get_states(), before)
        self.assertEqual(len(self.bill.sudo().question_ids), 1)

    def test_a_question_that_lacks_something_says_what(self):
        for values, text in (
            ({"comment": " "}, "Write your question"),
            ({"kind": "x"}, "Choose what the question is about"),
            ({"kind": "999999999"}, "Choose what the question is about|does not exist any more"),
            ({"identity": ""}, "Confirm that you are Manager"),
        ):
            with self.subTest(values):
                response = self._ask(**values)
                self.assertEqual(response.status_code, 422)
                self.assertRegex(response.text, text)
        self.assertFalse(self.bill.sudo().question_ids)

    def test_nothing_is_asked_by_a_link_that_is_over(self):
        self._post(outcome="approve")
        self.assertEnd(self._ask(), "used", 410)
        self.assertFalse(self.bill.sudo().question_ids)

    def test_a_submitter_who_left_is_not_asked(self):
        self.contributor.sudo().active = False
        self._ask()
        self.assertRecordValues(self.bill.sudo().question_ids, [{"user_id": False, "department_id": self.marketing.id}])

    @mute_logger("odoo.http")
    def test_a_post_from_another_site_does_nothing(self):
        for token in (None, "", "0o9999999999", "x"):
            self.assertEqual(self._post(outcome="approve", csrf_token=token).status_code, 400)
        self.assertEqual(self._get_decisions(), [])

    def test_what_the_form_lacks_is_told_and_what_was_typed_stays(self):
        for values, text in (
            ({"outcome": "return"}, "Say what has to be corrected"),
            ({"outcome": "reject"}, "Say why the invoice is rejected"),
            ({"outcome": "delete"}, "Choose what you decide"),
            ({"comment": "<b>typed</b>"}, "Choose what you decide"),
            ({"outcome": "approve", "identity": ""}, "Confirm that you are Manager"),
        ):
            with self.subTest(values):
                response = self._post(**values)
                self.assertEqual(response.status_code, 422)
                self.assertIn(text, response.text)
                self.assertHeaders(response)
        self.assertIn("&lt;b&gt;typed&lt;/b&gt;", self._post(comment="<b>typed</b>").text)
        self.assertEqual(self._get_decisions(), [])

    def test_unknown_and_altered_links_get_the_same_page(self):
        pages = set()
        for token in ("x", "AQ", self.token[:-2], self.token + "A", "B" + self.token[1:], "%C3%A9", "a" * 3000):
            for response in (self._open(token), self._post(token, outcome="approve")):
                self.assertEnd(response, "unknown", 404)
                pages.add(response.text)
        self.assertEqual(len(pages), 1)

    def test_guessing_is_slowed_down_and_a_true_link_still_opens(self):
        responses = [self._open(f"guess{number}") for number in range(21)]
        self.assertEqual([response.status_code for response in responses], [*[404] * 20, 429])
        self.assertEqual(self._open().status_code, 200)

    def test_links_that_are_over_say_so_and_do_nothing(self):
        link = self._find(self.token)
        for kind, status, change in (
            ("expired", 410, lambda: setattr(link._engine(), "expires_at", fields.Datetime.now() - timedelta(1))),
            ("revoked", 410, lambda: link.with_user(self.administrator).action_revoke()),
            ("archived", 403, lambda: setattr(self.manager.sudo(), "active", False)),
            ("off", 403, lambda: setattr(self.policy, "email_decisions", "off")),
            ("changed", 410, lambda: setattr(self.bill.sudo().invoice_line_ids, "price_unit", 5)),
            ("decided", 410, lambda: self._approve(self.bill, self.manager)),
            ("superseded", 410, self._submit_again),
            ("reassigned", 403, self._reassign),
        ):
            with self.subTest(kind), self.env.cr.savepoint() as savepoint:
                change()
                decisions, before = self._get_decisions(), self._get_states()
                self.assertEnd(self._open(query="?choice=approve"), kind, status)
                for outcome in ("approve", "reject"):
                    response = self._post(outcome=outcome, comment="no")
                    self.assertEnd(response, kind, status)
                self.assertEqual((self._get_decisions(), self._get_states()), (decisions, before))
                savepoint.rollback()
                self.env.invalidate_all()

    def _submit_again(self):
        self.bill.with_user(self.manager).action_return("Wrong.")
        self._submit(self.bill)

    def _reassign(self):
        self._find(self.token).step_id._engine().approver_ids = self.validator
        self.bill.sudo().validation_request_id._refresh_waiting()

    def test_a_level_that_asks_for_a_proof_is_approved_in_odoo(self):
        self.policy.level_ids[0].authentication = "second_factor"
        self.bill, self.token = self._create_linked(ref="PAGE-2")
        page = self._open(query="?choice=approve").text
        self.assertIn("asks for a second factor", page)
        self.assertIn(f"/odoo/account.move/{self.bill.id}", page)
        self.assertNotIn('value="approve"', page)
        self.assertEnd(self._post(outcome="approve"), "proof", 403)
        self.assertEqual(self._get_decisions(), [])
        # Nor for whoever is logged in: the session is no proof either.
        self.authenticate(self.manager.login, self.manager.login)
        self.assertEnd(self._post(outcome="approve"), "proof", 403)
        self._post(outcome="return", comment="Wrong.")
        self.assertEqual(self._get_decisions(), ["returned"])

    def test_the_page_speaks_the_language_of_its_person(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env.ref("base.module_facturation_collab")._update_translations("fr_FR")
        self.manager.lang = "fr_FR"
        response = self._open()
        self.assertIn('lang="fr-FR"', response.text)
        self.assertIn("Votre décision", response.text)
        self.assertIn("Approuver", response.text)

    def test_every_field_has_a_label(self):
        page = self._open().text
        for ident in re.findall(r'<textarea\s+id="([^"]+)"', page):
            self.assertIn(f'for="{ident}"', page)
        inputs = re.findall(r'<input(?![^>]*type="hidden")', page)
        self.assertEqual(len(re.findall(r'<label class="choice">\s*<input', page)), len(inputs))
        self.assertNotIn("<script", page)


class TestLinkPerson(LinkPageCase):
    def test_whoever_is_logged_in_as_somebody_else_sees_nothing(self):
        for user in (self.controller, self.administrator, self.outsider):
            self.authenticate(user.login, user.login)
            response = self._open()
            self.assertEnd(response, "personal", 403)
            self.assertIn("personal to Manager", response.text)
            self.assertEnd(self._post(outcome="approve"), "personal", 403)
        self.assertEqual(self._get_decisions(), [])

    def test_with_login_a_forwarded_mail_shows_nothing(self):
        self.policy.email_decisions = "login"
        response = self._open(query="?choice=return")
        self.assertEnd(response, "login", 200)
        self.assertIn("personal to Manager", response.text)
        self.assertIn(f"/web/login?redirect=%2Fvalidation%2F{self.token}%3Fchoice%3Dreturn", response.text)
        self.assertEnd(self._post(outcome="approve"), "login", 403)
        self.assertEqual(self._get_decisions(), [])
        self.assertEnd(self._open(f"{self.token}/document/1"), "login", 403)

    def test_with_login_its_person_decides(self):
        self.policy.email_decisions = "login"
        self.authenticate(self.manager.login, self.manager.login)
        self.assertNotIn('name="identity"', self._open().text)
        self._post(outcome="approve", identity="")
        self.assertEqual(self._get_decisions(), ["approved"])
        event = self.bill.sudo().validation_request_id.event_ids.filtered(lambda event: event.type == "approved")
        self.assertEqual(event.data, {"link": "login"})

    def test_logging_in_leads_back_to_the_link(self):
        self.policy.email_decisions = "login"
        path = re.search(r'href="(/web/login[^"]+)"', self._open().text)[1]
        page = self.url_open(path).text
        self.assertIn(f'name="redirect" value="/validation/{self.token}"', page)

    def test_the_token_of_one_person_is_nothing_for_another(self):
        """The approver of the next level cannot use the link of the first one."""
        self.policy.email_decisions = "login"
        self.authenticate(self.controller.login, self.controller.login)
        self.assertEnd(self._open(), "personal", 403)
        self._approve(self.bill, self.manager)
        [token] = self._get_tokens(self.controller)
        self.assertEqual(self._open(token).status_code, 200)


class TestLinkDocuments(LinkPageCase):
    def _attach(self, record, name="bill.png", mimetype="image/png"):
        content = base64.b64decode(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
        )
        vals = {"name": name, "res_model": record._name, "res_id": record.id, "mimetype": mimetype, "raw": content}
        return self.env["ir.attachment"].sudo().create(vals)

    def test_documents_of_the_invoice_open_while_the_link_asks(self):
        document = self._attach(self.bill)
        path = f"{self.token}/document/{document.id}"
        self.assertIn(f"/validation/{path}", self._open().text)
        response = self._open(path)
        self.assertEqual((response.status_code, response.content), (200, document.raw))
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")
        self._post(outcome="approve")
        self.assertEnd(self._open(path), "used", 410)

    def test_other_documents_do_not_open(self):
        other = self._create_bill(ref="Other")
        for document in (self._attach(other), self._attach(self.partner_a)):
            self.assertEnd(self._open(f"{self.token}/document/{document.id}"), "unknown", 404)
        self.assertEnd(self._open(f"{self.token}/document/999999999"), "unknown", 404)

    def test_what_could_run_something_is_downloaded(self):
        document = self._attach(self.bill, "page.svg", "image/svg+xml")
        response = self._open(f"{self.token}/document/{document.id}")
        self.assertIn("attachment", response.headers["Content-Disposition"])


class TestLinkOnAPhone(LinkPageCase):
    """In a real Chromium, on the screen of a phone."""

    browser_size = "375x667"
    touch_enabled = True

    def _run(self, code):
        """The value of an expression in the page."""
        options = {"expression": code, "returnByValue": True, "awaitPromise": True}
        result = self.browser._websocket_request("Runtime.evaluate", params=options)["result"]
        return result.get("value")

    def test_an_approver_returns_a_bill_on_a_phone(self):
        self._decide("return", "Wrong price.")
        self.assertEqual(self._get_decisions(), ["returned"])
        comment = self.bill.sudo().validation_request_id.event_ids.filtered("comment").comment
        self.assertEqual(comment, "Wrong price.")

    def test_an_approver_approves_a_bill_on_a_phone(self):
        self._decide("approve")
        self.assertEqual(self._get_decisions(), ["approved"])
        event = self.bill.sudo().validation_request_id.event_ids.filtered(lambda event: event.type == "approved")
        self.assertRecordValues(event, [{"user_id": self.manager.id, "data": {"link": "link"}}])
        self.assertEqual(self.bill.sudo().validation_waiting_user_ids, self.controller)

    def _decide(self, choice, comment=""):
        """Follow the link of a choice in the e-mail, look at the page, and confirm."""
        self.browser = ChromeBrowser(self, headless=True, success_signal="")
        self.addCleanup(self.browser.stop)
        with self.allow_requests(browser=self.browser):
            self.authenticate(None, None, browser=self.browser)
            self.env.cr.flush()
            self.env.cr.clear()
            self.browser.navigate_to(f"{self.base_url()}/validation/{self.token}?choice={choice}")
            loaded = "document.readyState === 'complete' && !!document.querySelector('form button')"
            self.assertTrue(self.browser._wait_ready(loaded))
            self._check_layout(choice)
            self._run(f"document.querySelector('#comment').value = '{comment}'")
            self._run("document.querySelector('[name=identity]').click()")
            self._run("document.querySelector('form button').click()")
            self.assertTrue(self.browser._wait_ready("!!document.querySelector('.end_used')"))
            self._wait_remaining_requests()
        self.env.invalidate_all()

    def _check_layout(self, choice):
        self.assertTrue(self._run("document.documentElement.scrollWidth <= window.innerWidth"), "It scrolls sideways.")
        self.assertEqual(self._run("document.querySelector('[name=outcome]:checked').value"), choice)
        shown = self._run("document.body.innerText")
        for text in ("1,000.00", self.partner_a.name, "PAGE-1"):
            self.assertIn(text, shown)
        targets = "[...document.querySelectorAll('button, .choice')].map((el) => el.getBoundingClientRect().height)"
        self.assertGreaterEqual(min(self._run(targets)), 44, "Something is too small for a finger.")
        size = "parseFloat(getComputedStyle(document.querySelector('textarea')).fontSize)"
        self.assertGreaterEqual(self._run(size), 16, "A phone would zoom in.")
        self._run("document.querySelector('form button').focus()")
        self.assertEqual(self._run("document.activeElement.textContent.trim()"), "Confirm")
