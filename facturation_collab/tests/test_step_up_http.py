"""A proof of identity as the web client gives it, and as programs try to do without."""

import base64
import json
import time
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch
from xmlrpc.client import Fault

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.auth_totp.models.totp import TIMESTEP, hotp

from .test_step_up import SECRET, StepUpCase

HEADERS = {"Content-Type": "application/json"}
TAG = "facturation_collab.authentication"

# A key, a challenge and its answer, signed by a real security key (from the tests of Odoo's auth_passkey).
PASSKEY = {
    "host": "http://localhost:8069",
    "id": "wtw0u7D8rp7nq7WBWFCt_FRhEHpU6EHvEgTn3BBid5N-UE5a9XCzS8NaVuh7ydFz",
    "public_key": (
        "pQECAyYgASFYIMLcNLuw_K6e56u1gVioLcAJF8v8eUw7kfqTOqDdl7nFIlggFSs_nZWewd_JqzeWzXmJ6Wmn_nKuo82rCdoOZ-oewOU="
    ),
    "challenge": "oj09zruUyqUMIFO0ol5UltUd955Qqw9iche5w_g9k6jByR69ioWtnC-RWLRie_8sqHO_T2bICJplaQNPRxfpeA",
    "response": {
        "authenticatorData": "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAABg",
        "clientDataJSON": (
            "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoib2owOXpydVV5cVVNSUZPMG9sNVVsdFVkOTU1UXF3OWljaGU1d19n"
            "OWs2akJ5UjY5aW9XdG5DLVJXTFJpZV84c3FIT19UMmJJQ0pwbGFRTlBSeGZwZUEiLCJvcmlnaW4iOiJodHRwOi8vbG9jYWxob3N0"
            "OjgwNjkiLCJjcm9zc09yaWdpbiI6ZmFsc2V9"
        ),
        "signature": "MEUCIDj-tI1yRGqnqd6uZeuInPaGY0yNYwC-5W4d024zwUs0AiEApJAst0t7G40ZRp1_TIKbftD-p9BkmafTPZBBe4Ps0P0",
        "userHandle": "Mg",
    },
}


def make_code(steps=0):
    """The code that an authenticator app shows, so many half minutes from now."""
    code = hotp(base64.b32decode(SECRET), int(time.time() / TIMESTEP) + steps)
    return f"{code:06}"


@tagged("post_install", "-at_install")
class StepUpHttpCase(StepUpCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager.sudo().totp_secret = SECRET

    def setUp(self):
        super().setUp()
        self.bill = self._create_bill()
        self._submit(self.bill)
        self.authenticate(self.manager.login, self.manager.login)

    def _call(self, moves, method, **kwargs):
        """Call as the web client does; the server's refusals come back as UserError."""
        params = {"model": "account.move", "method": method, "args": [moves.ids], "kwargs": kwargs}
        with mute_logger("odoo.http", "odoo.addons.auth_totp.models.res_users"):
            answer = self.url_open("/web/dataset/call_kw", json.dumps({"params": params}), headers=HEADERS).json()
        self.env.invalidate_all()
        if "error" in answer:
            raise UserError(answer["error"]["data"]["message"])
        return answer.get("result")

    def _ask(self, moves=None):
        """The token of the dialog that approving opens."""
        action = self._call(moves or self.bill, "action_approve")
        self.assertEqual(action["tag"], TAG)
        return action["params"]["token"]

    def _answer(self, token, answer, moves=None, **kwargs):
        return self._call(moves or self.bill, "action_approve_authenticated", token=token, answer=answer, **kwargs)

    def _answer_code(self, token, code=None, moves=None, **kwargs):
        return self._answer(token, {"type": "totp", "token": code or make_code()}, moves, **kwargs)

    def _get_approvals(self, bill=None):
        """How each approval of the bill was proven."""
        events = (bill or self.bill).sudo().validation_request_ids.event_ids
        return [event.data for event in events.filtered(lambda event: event.type == "approved")]

    def assertNotApproved(self, pattern, function, *args, **kwargs):
        with self.assertRaisesRegex(UserError, pattern):
            function(*args, **kwargs)
        self.assertEqual(self._get_approvals(), [])


class TestStepUpInTheBrowser(StepUpHttpCase):
    def test_approving_opens_a_dialog_and_the_code_approves(self):
        action = self._call(self.bill, "action_approve", comment="Good.")
        params = action["params"]
        self.assertEqual((action["tag"], params["answers"], params["comment"]), (TAG, ["totp"], "Good."))
        self.assertEqual([move["id"] for move in params["moves"]], self.bill.ids)
        self.assertEqual(self._get_approvals(), [])
        code = make_code()
        self.assertFalse(self._answer_code(params["token"], f"{code[:3]} {code[3:]}", comment="Good."))
        self.assertEqual(self._get_approvals(), [{"authentication": "totp"}])
        events = self.bill.sudo().validation_request_id.event_ids
        self.assertTrue(events._is_chain_intact())
        self.assertNotIn(code, str(events.read()))
        attempt = self.env["account.validation.attempt"].sudo().search([("user_id", "=", self.manager.id)])
        self.assertEqual(attempt.mapped("state"), ["accepted"])

    def test_a_wrong_code_approves_nothing(self):
        token = self._ask()
        for code in (make_code(10), "000000", "", "12", "abcdef", None, ["x"], {"a": 1}, "9" * 400):
            self.assertNotApproved("not right", self._answer, token, {"type": "totp", "token": code})

    def test_an_answer_of_another_kind_approves_nothing(self):
        token = self._ask()
        for answer in (
            {"type": "password", "password": self.manager.login},
            {"type": "webauthn", "webauthn_response": "{}"},
            {"type": "totp_mail", "token": make_code()},
            {"type": "apikey"},
            {},
            None,
            True,
            "totp",
        ):
            self.assertNotApproved("not a way", self._answer, token, answer)

    def test_a_code_is_used_once(self):
        other = self._create_bill(ref="Other")
        self._submit(other)
        tokens, code = [self._ask(), self._ask(other)], make_code()
        self._answer_code(tokens[1], code, other)
        self.assertEqual(len(self._get_approvals(other)), 1)
        self.assertNotApproved("used already", self._answer_code, tokens[0], code)

    def test_a_question_expires(self):
        with patch("odoo.addons.facturation_collab.models.account_move_authentication.VALIDITY", timedelta(seconds=-1)):
            token = self._ask()
        self.assertNotApproved("5 minutes", self._answer_code, token)

    def test_a_question_that_was_altered_is_none(self):
        token = self._ask()
        for forged in (token[:-3] + "AAA", "B" + token[1:], "", "é", "!", None, 1, {}, token + token):
            self.assertNotApproved("", self._answer_code, forged)

    def test_a_question_to_somebody_else_is_none(self):
        token = self._ask()
        self.validator.sudo().totp_secret = SECRET
        self.policy.level_ids[0].role = "validator"
        other = self._create_bill(ref="Other")
        self._submit(other)
        self.authenticate(self.validator.login, self.validator.login)
        self.assertNotApproved("5 minutes", self._answer_code, token)
        self.assertNotApproved("5 minutes", self._answer_code, token, moves=other)

    def test_a_question_about_another_invoice_is_none(self):
        other = self._create_bill(ref="Other")
        self._submit(other)
        token = self._ask(other)
        self.assertNotApproved("Nothing is asked", self._answer_code, token)
        self.assertEqual(self._get_approvals(other), [])

    def test_a_question_about_an_earlier_version_is_none(self):
        token = self._ask()
        self.bill.with_user(self.manager).action_return("Wrong price.")
        self.bill.with_user(self.contributor).invoice_line_ids.price_unit = 900.0
        self._submit(self.bill)
        self.assertNotApproved("second factor", self._answer_code, token)

    def test_a_content_that_changed_meanwhile_is_not_approved(self):
        token = self._ask()
        self.bill.with_user(self.finance).invoice_line_ids.price_unit = 9000.0
        self.assertNotApproved("changed after", self._answer_code, token)

    def test_several_are_approved_with_one_code(self):
        self.policy.level_ids[0].authentication_amount = 5000.0
        plain, foreign = self._create_bill(ref="Plain"), self._create_bill(ref="Not submitted")
        strong = self._create_bill(amount=6000.0, ref="A") | self._create_bill(amount=7000.0, ref="B")
        self._submit(plain | strong)
        params = self._call(plain | foreign | strong, "action_approve")["params"]
        self.assertIn("Invoices approved: 1.", params["notice"])
        self.assertIn("It was not submitted", params["notice"])
        self.assertCountEqual([move["id"] for move in params["moves"]], strong.ids)
        self.assertEqual([self._get_approvals(bill) for bill in plain | strong], [[False], [], []])
        self._answer_code(params["token"], moves=strong)
        self.assertEqual([self._get_approvals(bill) for bill in strong], [[{"authentication": "totp"}]] * 2)

    def test_password_again_takes_the_password_or_more(self):
        self.policy.level_ids[0].authentication = "password"
        bills = self._create_bill(ref="A") | self._create_bill(ref="B")
        self._submit(bills)
        token = self._ask(bills[0])
        with self.assertRaisesRegex(UserError, "password is not right"):
            self._answer(token, {"type": "password", "password": "wrong"}, bills[0])
        self._answer(token, {"type": "password", "password": self.manager.login}, bills[0])
        self._answer_code(self._ask(bills[1]), moves=bills[1])
        methods = [self._get_approvals(bill)[0]["authentication"] for bill in bills]
        self.assertEqual(methods, ["password", "totp"])

    def test_without_a_second_factor_none_is_offered(self):
        self.manager.sudo().totp_secret = False
        self.authenticate(self.manager.login, self.manager.login)
        action = self._call(self.bill, "action_approve")
        self.assertEqual(action["params"]["answers"], [])
        self.assertNotApproved("not a way", self._answer_code, action["params"]["token"])

    def test_a_comment_that_is_required_is_asked_before_the_proof(self):
        self.policy.level_ids[0].comment_required = True
        bill = self._create_bill(ref="Comment")
        self._submit(bill)
        with self.assertRaisesRegex(UserError, "asks for a comment"):
            self._call(bill, "action_approve")
        params = self._call(bill, "action_approve", comment="Checked.")["params"]
        self._answer_code(params["token"], moves=bill, comment=params["comment"])
        self.assertEqual(bill.sudo().validation_request_id.event_ids.filtered("comment").comment, "Checked.")


class TestPasskey(StepUpHttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.execute(
            """INSERT INTO auth_passkey_key (name, credential_identifier, public_key, create_uid)
               VALUES ('key', %s, %s, %s)""",
            [PASSKEY["id"], PASSKEY["public_key"], cls.manager.id],
        )
        cls.env["ir.config_parameter"].sudo().set_param("web.base.url", PASSKEY["host"])

    @contextmanager
    def _with_challenge(self, challenge):
        """Ask the security key what it once answered."""
        model = self.env.registry["auth.passkey.key"]
        start = model._start_auth

        def start_with_challenge(passkeys):
            options = start(passkeys)
            options["challenge"] = request.session["webauthn_challenge"] = challenge
            return options

        with patch.object(model, "_start_auth", start_with_challenge):
            yield

    def _sign(self, **response):
        answer = {
            "id": PASSKEY["id"],
            "rawId": PASSKEY["id"],
            "response": {**PASSKEY["response"], **response},
            "type": "public-key",
            "clientExtensionResults": {},
            "authenticatorAttachment": "cross-platform",
        }
        return {"type": "webauthn", "webauthn_response": json.dumps(answer)}

    def _start(self, challenge=PASSKEY["challenge"]):
        with self._with_challenge(challenge):
            self.url_open("/auth/passkey/start-auth", "{}", headers=HEADERS)

    def test_a_passkey_approves(self):
        token = self._ask()
        self._start()
        self._answer(token, self._sign())
        self.assertEqual(self._get_approvals(), [{"authentication": "passkey"}])

    def test_what_a_passkey_did_not_sign_approves_nothing(self):
        token = self._ask()
        self._start()
        signature = PASSKEY["response"]["signature"]
        self.assertNotApproved("passkey", self._answer, token, self._sign(signature=signature[:-4] + "AAAA"))
        self._start("b3RoZXI")
        self.assertNotApproved("passkey", self._answer, token, self._sign())
        self.assertNotApproved("passkey", self._answer, token, {"type": "webauthn", "webauthn_response": "x"})
        self.assertNotApproved("passkey", self._answer, token, {"type": "webauthn", "webauthn_response": "[]"})


class TestApiKeys(StepUpHttpCase):
    def setUp(self):
        super().setUp()
        self.authenticate(None, None)
        keys = self.env["res.users.apikeys"].with_user(self.manager).sudo()
        self.key = keys._generate("rpc", "test", fields.Datetime.now() + timedelta(days=1))

    def _call_json2(self, method, moves=None, **arguments):
        headers = {**HEADERS, "Authorization": f"Bearer {self.key}"}
        body = json.dumps({"ids": (moves or self.bill).ids, **arguments})
        with mute_logger("odoo.http"):
            answer = self.url_open(f"/json/2/account.move/{method}", body, headers=headers)
        self.env.invalidate_all()
        if answer.status_code != 200:
            raise UserError(answer.json()["message"])
        return answer.json()

    def _call_xmlrpc(self, method, *args):
        try:
            with mute_logger("odoo.http", "odoo.addons.rpc.controllers.xmlrpc"):
                self.xmlrpc_object.execute_kw(
                    self.env.cr.dbname, self.manager.id, self.key, "account.move", method, [self.bill.ids, *args]
                )
        except Fault as fault:
            raise UserError(fault.faultString) from None
        finally:
            self.env.invalidate_all()

    def test_an_api_key_is_no_proof(self):
        self.assertNotApproved("in Odoo itself", self._call_json2, "action_approve")
        self.assertNotApproved("in Odoo itself", self._call_json2, "action_approve", context={"proof": True})
        self.assertNotApproved("in Odoo itself", self._call_xmlrpc, "action_approve")

    def test_no_argument_is_a_proof(self):
        for name in ("proof", "token", "answer", "authentication", "methods"):
            self.assertNotApproved("", self._call_json2, "action_approve", **{name: "totp"})
        for name in ("_decide", "_ask_authentication"):
            self.assertNotApproved("", self._call_json2, name, outcome="approve", comment="", done="%s")

    def test_a_program_that_knows_a_code_cannot_use_it(self):
        step = self.bill.sudo().validation_request_id.step_ids[0]
        token = self.bill.with_user(self.manager)._sign_authentication_token(step)
        answer = {"type": "totp", "token": make_code()}
        self.assertNotApproved(
            "not a way", self._call_json2, "action_approve_authenticated", token=token, answer=answer
        )
        self.assertNotApproved("not a way", self._call_xmlrpc, "action_approve_authenticated", token, answer)

    def test_the_policy_may_let_programs_approve(self):
        self.policy.api_key_allowed = True
        bill = self._create_bill(ref="Program")
        self._submit(bill)
        self._call_json2("action_approve", bill)
        self.assertEqual(self._get_approvals(bill), [{"authentication": "api_key"}])

    def test_what_was_submitted_before_stays_closed_to_programs(self):
        self.policy.api_key_allowed = True
        self.assertNotApproved("in Odoo itself", self._call_json2, "action_approve")

    def test_an_api_key_of_somebody_else_is_none(self):
        self.policy.api_key_allowed = True
        bill = self._create_bill(ref="Program")
        self._submit(bill)
        keys = self.env["res.users.apikeys"].with_user(self.finance).sudo()
        self.key = keys._generate("rpc", "test", fields.Datetime.now() + timedelta(days=1))
        with self.assertRaises(UserError):
            self._call_json2("action_approve", bill)
        self.assertEqual(self._get_approvals(bill), [])

    def test_levels_that_ask_for_nothing_stay_open_to_programs(self):
        self.policy.write({"level_ids": [Command.update(self.policy.level_ids[0].id, {"authentication": "none"})]})
        bill = self._create_bill(ref="Plain")
        self._submit(bill)
        self._call_json2("action_approve", bill)
        self.assertEqual(self._get_approvals(bill), [False])
