"""Random people do random things in random order; after each of them the invariants of the design must hold.

`FACTURATION_COLLAB_SEQUENCES` sets how many sequences are tried (200 when unset, always the same ones; any other number
draws new ones at each run).
"""

import base64
import inspect
import json
import os
from collections import Counter
from datetime import timedelta
from random import Random

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import RedirectWarning, UserError
from odoo.service.model import call_kw
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .. import fingerprints, lifecycle
from .validation_common import ValidationCase

USUAL = 200
SEQUENCES = int(os.environ.get("FACTURATION_COLLAB_SEQUENCES") or USUAL)
CLEAN_ERRORS = (UserError, RedirectWarning, IntegrityError)
"""What the web client shows as a sentence, and JSON-2 as an error that is the caller's."""
CONTEXTS = (
    {},
    {"skip_readonly_check": True, "check_move_validity": False, "force_delete": True},
    {"default_validation_state": "approved", "default_state": "posted", "active_test": False},
    {"facturation_collab_engine": True, "tracking_disable": True, "mail_notrack": True, "validate_analytic": False},
)
PEOPLE = (
    *("the right one",) * 12,
    *("contributor", "reader", "validator", "manager", "director", "controller", "finance"),
    *("outsider", "auditor", "administrator", "stranger", "foreigner"),
)
FINANCE = ("post", "post_by_write", "post_many", "sudo_post", "pay", "reset", "cancel", "reverse")
DECISIONS = (
    *("approve", "return", "return_to_level", "reject", "decide_in_the_wizard", "refuse_lines"),
    *("delegate", "reassign", "forward"),
)
"""Whom "the right one" is depends on what is done; everybody else mostly tries in vain, which is tried too."""
OPERATIONS = (
    *("create", "create", "submit", "submit", "submit", "approve", "approve", "approve", "approve"),
    *("return", "reject", "cancel_validation", "edit", "edit_line", "add_line", "remove_line", "assign"),
    *("post", "post", "post_by_write", "post_many", "pay", "reset", "cancel", "attach", "talk", "copy", "reverse"),
    *("delete", "forge_move", "forge_step", "forge_event", "decide_in_the_wizard", "sudo_post", "read_panel"),
    *("return_to_level", "return_to_level", "delegate", "delegate", "reassign", "reassign", "forward"),
    *("refuse_lines", "refuse_lines", "remove_refused"),
)
OVER_HTTP = 0.15
"""Share of the calls that go over JSON-2, with an API key; they take ten times as long as the others."""
SEQUENCE = st.tuples(st.integers(0, 2**31), st.integers(4, 8))
"""A seed and how many calls, see `_draw`: drawn by hypothesis themselves, the calls would be the same few most of the
time. What fails is shrunk to the first calls that make it fail.
"""


def _draw(seed, position):
    """Return a call: (person, operation, which invoice, context, more than one, over JSON-2)."""
    random = Random(f"{seed}/{position}")
    return (
        random.choice(PEOPLE),
        random.choice(OPERATIONS),
        random.randrange(12),
        random.randrange(len(CONTEXTS)),
        random.random() < 0.3,
        random.random() < OVER_HTTP,
    )


class _Undo(Exception):
    """Ends a sequence: nothing of it stays."""


@tagged("post_install", "-at_install", "facturation_random")
class TestRandomSequences(ValidationCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stranger = cls._create_user("stranger")
        other = cls.setup_other_company()["company"]
        cls.foreigner = cls._create_user(
            "foreigner", groups="account.group_account_invoice", company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        cls._create_policy(
            "Customer invoices",
            cls._level("Two of three", approver_type="user", quorum="count", quorum_count=2, user_ids=cls._ids()),
            apply_in_invoice=False,
            apply_out_invoice=True,
        )
        cls._give_role(cls.director, cls.logistics, "manager")
        cls._create_policy(
            "Shared receipts",
            cls._level("Departments", approver_type="department_lines", role="manager"),
            cls._level("Finance", sequence=20, approver_type="user", user_ids=cls.controller.ids),
            apply_in_invoice=False,
            apply_in_receipt=True,
        )
        cls._create_policy(
            "Elsewhere", cls._level("A", approver_type="user", user_ids=cls.foreigner.ids), company_id=other.id
        )
        draft = cls._create_bill()
        pending = cls._create_bill()
        pending.with_user(cls.contributor).action_submit()
        halfway, approved = cls._create_bill(), cls._create_bill()
        (halfway | approved).with_user(cls.contributor).action_submit()
        (halfway | approved).with_user(cls.manager).action_approve()
        approved.with_user(cls.controller).action_approve()
        invoice = cls._create_bill(move_type="out_invoice")
        invoice.with_user(cls.contributor).action_submit()
        shared = cls._create_move(cls.contributor, cls.marketing, **cls._get_shared_vals())
        shared.with_user(cls.contributor).action_submit()
        abroad = cls.env["account.move"].with_user(cls.foreigner).with_company(other).create(cls._get_move_vals())
        cls.start = (draft | pending | halfway | approved | invoice | shared | abroad).ids
        cls.calls = Counter()
        people = [getattr(cls, login) for login in dict.fromkeys(PEOPLE) if login != "the right one"]
        cls.keys = {user: cls._create_key(user) for user in people}

    @classmethod
    def _get_shared_vals(cls):
        """Values of a receipt over two departments."""
        lines = [
            {"name": department.name, "price_unit": 100.0, "department_id": department.id, "tax_ids": [Command.clear()]}
            for department in (cls.marketing, cls.logistics, cls.logistics)
        ]
        return {"move_type": "in_receipt", "invoice_line_ids": [Command.create(line) for line in lines]}

    @classmethod
    def _create_key(cls, user):
        keys = cls.env["res.users.apikeys"].with_user(user).sudo()
        return keys._generate("rpc", "test", fields.Datetime.now() + timedelta(days=1))

    @classmethod
    def _ids(cls):
        return (cls.manager | cls.director | cls.controller).ids

    @mute_logger("odoo.http", "odoo.sql_db", "odoo.addons.base.models.ir_rule", "odoo.models", "odoo.models.unlink")
    def test_invariants_hold_whatever_people_do(self):
        @settings(
            max_examples=SEQUENCES,
            deadline=None,
            database=None,
            derandomize=SEQUENCES == USUAL,
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(sequence=SEQUENCE)
        def play(sequence):
            seed, length = sequence
            calls = [_draw(seed, position) for position in range(length)]
            try:
                with self.env.cr.savepoint():
                    self._play(calls)
                    raise _Undo
            except _Undo:
                self.env.invalidate_all()

        play()
        if SEQUENCES < USUAL:
            return
        # Sequences in which everything is refused would prove nothing.
        done = {operation for (operation, outcome) in self.calls if outcome == "done"}
        needed = {
            "refuse_lines",
            "create",
            "submit",
            "approve",
            "return",
            "edit",
            "post",
            "attach",
            "delegate",
            "reassign",
            "forward",
        }
        self.assertLessEqual(needed, done, self.calls)
        self.assertTrue(self.calls["JSON-2", 200] and self.calls["JSON-2", 403], self.calls)

    def _play(self, calls):
        self.ids = list(self.start)
        self.history = self._read_history()
        for login, operation, target, variant, many, self.over_http in calls:
            before = self._read_states()
            try:
                with self.env.cr.savepoint():
                    self._call(login, operation, target, variant, many)
                    self.env.flush_all()
                self.calls[operation, "done"] += 1
            except CLEAN_ERRORS:
                self.calls[operation, "refused"] += 1
                self.env.invalidate_all()
            self._check_invariants(before, (login, operation, target, variant))
        self._check_verified()

    # ---- what people do

    def _call(self, login, operation, target, variant, many):
        ids = [self.ids[target % len(self.ids)]]
        if many:
            ids.append(self.ids[(target + 1) % len(self.ids)])
        self.user = self._get_person(login, operation, ids)
        self.context = {**CONTEXTS[variant], "allowed_company_ids": self.user.company_ids.ids}
        getattr(self, f"_do_{operation}")(ids)

    def _get_person(self, login, operation, ids):
        if login != "the right one":
            return getattr(self, login)
        if operation in DECISIONS:
            return self._move(ids).validation_waiting_user_ids[:1] or self.manager
        return self.finance if operation in FINANCE else self.contributor

    def _rpc(self, model, method, *args, **kwargs):
        """Call as a client does: the name must be public, the context comes from the client."""
        env = self.env(user=self.user.id, su=False, context={})
        if self.over_http and self.user in self.keys:
            return self._call_json2(env[model], method, args, kwargs)
        return call_kw(env[model], method, list(args), {**kwargs, "context": self.context})

    def _call_json2(self, records, method, args, kwargs):
        """Call as a program does, which names all arguments."""
        function = getattr(type(records), method)
        names = [name for name in inspect.signature(function).parameters if name != "self"]
        if not hasattr(function, "_api_model"):
            names.insert(0, "ids")
        values = {**dict(zip(names, args, strict=False)), **kwargs, "context": self.context}
        if isinstance(values.get("ids"), int):
            values["ids"] = [values["ids"]]
        self.env.flush_all()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.keys[self.user]}"}
        body = json.dumps(values, default=lambda value: value.decode() if isinstance(value, bytes) else str(value))
        answer = self.url_open(f"/json/2/{records._name}/{method}", body, headers=headers)
        self.env.invalidate_all()
        self.calls["JSON-2", answer.status_code] += 1
        self.assertLess(answer.status_code, 500, (method, values, answer.text))
        if answer.status_code != 200:
            raise UserError(answer.json()["message"])
        return answer.json()

    def _move(self, ids):
        return self.env["account.move"].sudo().browse(ids[0])

    def _do_create(self, ids):
        kind = "out_invoice" if ids[0] % 3 == 0 else "in_invoice"
        shared = self._get_shared_vals() if ids[0] % 4 == 1 else {}
        vals = self._get_move_vals(kind, amount=100.0 * (ids[0] % 40 + 1), ref=f"R{ids[0]}") | shared
        self.ids += self._rpc("account.move", "create", [vals])

    def _do_submit(self, ids):
        self._rpc("account.move", "action_submit", ids)

    def _do_approve(self, ids):
        self._rpc("account.move", "action_approve", ids, comment="Fine")

    def _do_return(self, ids):
        self._rpc("account.move", "action_return", ids, "Wrong price")

    def _do_return_to_level(self, ids):
        approved = self._move(ids).validation_request_id.step_ids.filtered(lambda step: step.state == "approved")
        self._rpc("account.move", "action_return", ids[:1], "Look again", step_id=approved[:1].id or 1)

    def _do_reject(self, ids):
        self._rpc("account.move", "action_reject", ids, "Never ordered")

    def _do_cancel_validation(self, ids):
        self._rpc("account.move", "action_cancel_validation", ids)

    def _do_decide_in_the_wizard(self, ids):
        vals = {"move_ids": [Command.set(ids)], "outcome": "approve", "comment": "Fine"}
        wizard = self._rpc("account.validation.decision.wizard", "create", [vals])
        self._rpc("account.validation.decision.wizard", "action_confirm", wizard)

    def _do_edit(self, ids):
        vals = {"ref": "Changed"} if ids[0] % 2 else {"partner_id": self.partner_b.id, "invoice_date": "2026-02-01"}
        self._rpc("account.move", "write", ids, vals)

    def _do_edit_line(self, ids):
        lines = self._move(ids).invoice_line_ids.ids[:1]
        self._rpc("account.move.line", "write", lines, {"price_unit": 7.0})

    def _do_add_line(self, ids):
        line = {"move_id": ids[0], "name": "More", "price_unit": 5.0, "tax_ids": [Command.clear()]}
        self._rpc("account.move.line", "create", [line])

    def _do_remove_line(self, ids):
        self._rpc("account.move.line", "unlink", self._move(ids).invoice_line_ids.ids[:1])

    def _do_assign(self, ids):
        self._rpc("account.move", "write", ids, {"department_id": self.logistics.id})

    def _do_post(self, ids):
        self._rpc("account.move", "action_post", ids)

    def _do_post_by_write(self, ids):
        self._rpc("account.move", "write", ids, {"state": "posted"})

    def _do_post_many(self, ids):
        wizard = self._rpc("validate.account.move", "create", [{"move_ids": [Command.set(ids)], "force_post": True}])
        self._rpc("validate.account.move", "validate_move", wizard)

    def _do_sudo_post(self, ids):
        """Another addon posts with elevated rights."""
        self.env["account.move"].with_user(self.user).sudo().with_context(**self.context).browse(ids)._post(soft=False)

    def _do_pay(self, ids):
        self.context = {**self.context, "active_model": "account.move", "active_ids": ids}
        wizard = self._rpc("account.payment.register", "create", [{}])
        self._rpc("account.payment.register", "action_create_payments", wizard)

    def _do_reset(self, ids):
        self._rpc("account.move", "button_draft", ids)

    def _do_cancel(self, ids):
        self._rpc("account.move", "button_cancel", ids)

    def _do_attach(self, ids):
        vals = {"name": "a.txt", "res_model": "account.move", "res_id": ids[0], "datas": base64.b64encode(b"hello")}
        self._rpc("ir.attachment", "create", [vals])

    def _do_talk(self, ids):
        self._rpc("account.move", "message_post", ids[:1], body="Hello")

    def _do_copy(self, ids):
        self.ids += self._rpc("account.move", "copy", ids[:1])

    def _do_reverse(self, ids):
        self.context = {**self.context, "active_model": "account.move", "active_ids": ids}
        vals = {"journal_id": self._move(ids).journal_id.id, "reason": "Wrong"}
        wizard = self._rpc("account.move.reversal", "create", [vals])
        self._rpc("account.move.reversal", "modify_moves" if ids[0] % 2 else "reverse_moves", wizard)

    def _do_delete(self, ids):
        self._rpc("account.move", "unlink", ids)
        self.ids = [id_ for id_ in self.ids if id_ not in ids] or self.ids

    def _do_delegate(self, ids):
        vals = {"from_user_id": self.user.id, "to_user_id": self._get_colleague(ids).id, "reason": "Away"}
        wizard = self._rpc("account.validation.delegate", "create", [vals])
        self._rpc("account.validation.delegate", "action_delegate", wizard)

    def _do_reassign(self, ids):
        self._rpc("account.move", "action_reassign", ids, self._get_colleague(ids).id, "Away")

    def _do_forward(self, ids):
        self._rpc("account.move", "action_forward", ids, self._get_colleague(ids).id, "What do you think?")

    def _do_refuse_lines(self, ids):
        steps = self._move(ids).validation_request_id.step_ids.filtered(lambda step: step.share)
        step = next((step for step in steps if self.user in step.approver_ids), steps)[:1]
        rows = step.share["rows"] if step else [{"line": 0}]
        refused = [{"line": row["line"], "reason": "Not ours"} for row in rows[: 1 + ids[0] % 2]]
        self._rpc("account.validation.step", "action_refuse_lines", step.ids or [1], refused)

    def _do_remove_refused(self, ids):
        self._rpc("account.move", "action_remove_refused_lines", ids[:1])

    def _get_colleague(self, ids):
        people = (self.validator, self.manager, self.director, self.controller, self.finance, self.outsider)
        return people[ids[0] % len(people)]

    def _do_forge_move(self, ids):
        self._rpc("account.move", "write", ids, {"validation_state": "approved"})

    def _do_forge_step(self, ids):
        steps = self._move(ids).validation_request_id.step_ids
        self._rpc(
            "account.validation.step", "write", steps.ids, {"state": "approved", "voter_ids": [(4, self.user.id)]}
        )

    def _do_forge_event(self, ids):
        request = self._move(ids).validation_request_id
        vals = {"request_id": request.id, "type": "approved", "user_id": self.user.id, "sequence": 99}
        self._rpc("account.validation.event", "create", [vals])

    def _do_read_panel(self, ids):
        self._rpc("account.move", "web_read", ids, {"validation_panel": {}, "validation_can_approve": {}})

    # ---- what must hold

    def _read_states(self):
        moves = self.env["account.move"].sudo().browse(self.ids).exists()
        return {move.id: move.state for move in moves}

    def _read_history(self):
        """{event id: hash} of everything that happened so far: it is never changed and never gets less."""
        self.env.flush_all()
        self.env.cr.execute("SELECT id, hash FROM account_validation_event")
        return dict(self.env.cr.fetchall())

    def _check_invariants(self, before, call):
        self.env.invalidate_all()
        history = self._read_history()
        self.assertLessEqual(self.history.items(), history.items(), call)
        self.history = history
        moves = self.env["account.move"].sudo().browse(self.ids).exists()
        covered = self.env["account.validation.policy"]._match(moves)
        for move in moves:
            if move.state == "posted" and before.get(move.id) != "posted" and move.id in covered:
                self._check_posted(move, call)
            if move.id in covered and move.validation_state not in lifecycle.AGREED:
                self.assertFalse(move.matched_payment_ids, call)
            self._check_requests(move.validation_request_ids, call)
        self._check_readers(moves, call)

    def _check_posted(self, move, call):
        request = move.validation_request_id
        self.assertEqual(request.state, "approved", call)
        self.assertTrue(request._is_content_unchanged(), call)

    def _check_requests(self, requests, call):
        self.assertLessEqual(len(requests.filtered(lambda request: request.state == "pending")), 1, call)
        for request in requests:
            self.assertTrue(request.event_ids._is_chain_intact(), call)
            self.assertEqual(fingerprints.fingerprint(request.snapshot), request.fingerprint, call)
            live = request._get_live_steps()
            if request.state == "approved":
                self.assertEqual(set(live.mapped("state")), {"approved"}, call)
            voices = [user for step in live for user in step.voter_ids]
            self.assertEqual(len(voices), len(set(voices)), call)
            self.assertFalse({request.submitter_id, request.move_id.create_uid} & set(voices), call)
            for step in request.step_ids:
                self.assertLessEqual(step.voter_ids - self._get_delegates(step), step.approver_ids, call)
                self.assertTrue(step.state != "approved" or len(step.voter_ids) >= step.quorum_required, call)

    def _get_delegates(self, step):
        """The users who approved a step for one of its approvers, by an event that says so."""
        events = step.request_id.event_ids.filtered(lambda event: event.step_id == step and event.type == "approved")
        return events.filtered(lambda event: event._get_place() & step.approver_ids).user_id

    def _check_verified(self):
        """Whatever happened, nothing looks as if somebody had altered it."""
        requests = self.env["account.move"].sudo().browse(self.ids).exists().validation_request_ids
        self.assertFalse(self.env["account.validation.verifier"]._verify_requests(requests))

    def _check_readers(self, moves, call):
        for login in ("stranger", "foreigner", "outsider", "reader"):
            user = getattr(self, login)
            seen = self.env["account.move"].with_user(user).with_context(allowed_company_ids=user.company_ids.ids)
            found = seen.search([("id", "in", moves.ids)]) if seen.has_access("read") else seen
            for move in found.sudo():
                self.assertIn(move.company_id, user.company_ids, call)
                at_home = user in move.department_id.reader_ids or user in move.validation_participant_ids
                self.assertTrue(at_home or login == "foreigner", (call, move.id))
