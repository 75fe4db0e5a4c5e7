import json

import psycopg2

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .. import comparison, fingerprints
from ..models.account_validation_record import ENGINE_KEY
from .validation_common import ValidationCase

FORGED = (True, 1, "ENGINE", "facturation_collab_engine", [1], {"a": 1})


@tagged("post_install", "-at_install")
class TestIntegrity(ValidationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill = cls._create_bill()
        cls.bill.with_user(cls.contributor).action_submit()
        cls.request = cls.bill.sudo().validation_request_id
        cls.records = (cls.request, cls.request.step_ids[0], cls.request.event_ids[0])
        cls.system = cls._create_user(
            "system", groups="base.group_system,account.group_account_manager,facturation_collab.group_administrator"
        )

    def _forms(self, record):
        """The same record as everybody could reach it."""
        for user in (self.contributor, self.manager, self.finance, self.auditor, self.administrator, self.system):
            yield record.with_user(user)
            yield record.with_user(user).sudo()
        yield record.sudo()
        yield record.with_user(self.env.ref("base.user_root"))

    # ---- the records of the engine

    def test_nobody_writes_creates_copies_or_deletes_them(self):
        for record in self.records:
            for form in self._forms(record):
                self.assertRefused(AccessError, "", form.write, {"create_date": False})
                self.assertRefused(AccessError, "", form.unlink)
                self.assertRefused(AccessError, "", form.create, {})
                self.assertRefused(AccessError, "", form.copy)

    def test_nobody_writes_them_by_assignment(self):
        step = self.request.step_ids[0]
        for field, value in (("state", "approved"), ("voter_ids", self.manager), ("quorum_required", 0)):
            with self.assertRaises(AccessError):
                step[field] = value
        with self.assertRaises(AccessError):
            self.request.state = "approved"
        with self.assertRaises(AccessError):
            self.request.event_ids[0].comment = "other"

    def test_no_context_of_a_client_writes_them(self):
        for record in self.records:
            for value in FORGED:
                form = record.sudo().with_context(**{ENGINE_KEY: value})
                self.assertRefused(AccessError, "kept by the validation itself", form.write, {"create_date": False})
                self.assertRefused(AccessError, "kept by the validation itself", form.unlink)
                self.assertRefused(AccessError, "kept by the validation itself", form.create, {})

    def test_nobody_writes_them_through_other_records(self):
        step = self.request.step_ids[0]
        approve = [Command.update(step.id, {"state": "approved"})]
        self.assertRefused(AccessError, "", self.request.sudo().write, {"step_ids": approve})
        nested = [Command.update(self.request.id, {"state": "approved"})]
        self.assertRefused(AccessError, "", self.bill.sudo().write, {"validation_request_ids": nested})
        self.assertRefused(AccessError, "", self.bill.sudo().write, {"validation_request_ids": [Command.clear()]})

    def test_nobody_imports_them(self):
        for record in self.records:
            fields = {"account.validation.request": "move_id", "account.validation.step": "name"}
            field = fields.get(record._name, "type")
            result = record.sudo().load([".id", field], [[str(record.id), "approved"]])
            self.assertTrue(result["messages"])
            self.assertFalse(result["ids"])

    def test_the_engine_is_closed_to_clients(self):
        from odoo.service.model import get_public_method

        private = {
            "account.validation.request": [
                "_engine",
                "_lock",
                "_decide",
                "_advance",
                "_close",
                "_open_next_steps",
                "_refresh_waiting",
            ],
            "account.validation.step": ["_engine", "_record", "_move_to"],
            "account.validation.event": ["_engine", "_append"],
            "account.validation.policy": ["_start", "_match"],
            "account.move": ["_decide", "_post", "_end_pending_requests"],
        }
        for model, names in private.items():
            for name in names:
                self.assertTrue(hasattr(self.env[model], name), name)
                with self.assertRaises(AccessError):
                    get_public_method(self.env[model], name)

    # ---- the fields of the invoice

    def _validation_fields(self):
        return [name for name, field in self.bill._fields.items() if name.startswith("validation_") and field.store]

    def test_fields_of_the_validation_are_refused_in_write_and_create(self):
        values = {
            "validation_state": "approved",
            "validation_request_id": self.request.id,
            "validation_submitter_id": self.finance.id,
        }
        self.assertGreater(len(self._validation_fields()), 6)
        for name in self._validation_fields():
            for context in ({}, {ENGINE_KEY: True}):
                form = self.bill.sudo().with_context(**context)
                self.assertRefused(
                    AccessError, "cannot be changed by hand", form.write, {name: values.get(name, False)}
                )
                vals = {**self._get_move_vals(), name: values.get(name, False)}
                self.assertRefused(AccessError, "cannot be changed by hand", form.create, vals)

    def test_defaults_of_a_client_do_not_reach_them(self):
        defaults = {
            "default_validation_state": "approved",
            "default_validation_request_id": self.request.id,
            "default_validation_request_ids": [Command.link(self.request.id)],
            "default_validation_participant_ids": self.outsider.ids,
        }
        bill = (
            self.env["account.move"].with_user(self.contributor).with_context(**defaults).create(self._get_move_vals())
        )
        self.assertFalse(any(bill.sudo()[name] for name in self._validation_fields()))
        copy = self.bill.with_user(self.contributor).with_context(**defaults).copy()
        self.assertFalse(any(copy.sudo()[name] for name in self._validation_fields()))
        self.assertEqual(self.bill.sudo().validation_request_ids, self.request)

    def test_a_copy_starts_clean(self):
        bill = self._create_approved()
        for copy in (bill.copy(), bill.with_context(copy_data=True).copy({"ref": "x"})):
            self.assertFalse(any(copy[name] for name in self._validation_fields()))
            self.assertRefused(UserError, "must be validated", copy.action_post)

    # ---- history stays

    def test_invoices_with_a_history_are_not_deleted(self):
        bill = self.bill.sudo()
        self.assertRefused(UserError, "has a validation history", bill.unlink)
        self.assertRefused(UserError, "has a validation history", bill.with_context(force_delete=True).unlink)
        bill.button_cancel()
        self.assertRefused(UserError, "has a validation history", bill.unlink)

    def test_users_with_a_history_are_not_deleted(self):
        self._approve(self.bill, self.manager)
        for user in (self.contributor, self.manager, self.controller):
            with mute_logger("odoo.sql_db"):
                self.assertRefused((psycopg2.IntegrityError, UserError), "", user.sudo().unlink)

    def test_policies_and_companies_with_a_history_are_not_deleted(self):
        with mute_logger("odoo.sql_db"):
            self.assertRefused((psycopg2.IntegrityError, UserError), "", self.policy.unlink)

    def test_one_pending_request_per_invoice_is_a_rule_of_the_database(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError), self.env.cr.savepoint():
            self.env.cr.execute(
                """INSERT INTO account_validation_request (move_id, policy_id, mode, company_id, state, submitter_id,
                submitted_at)
                   SELECT move_id, policy_id, mode, company_id, state, submitter_id, submitted_at
                   FROM account_validation_request WHERE id = %s""",
                [self.request.id],
            )

    # ---- the chain

    def test_the_chain_of_events_is_intact(self):
        self._approve(self.bill, self.manager)
        self.bill.with_user(self.controller).action_return("ligne 2 – « à revoir »\n\ttab")
        events = self.request.event_ids
        self.assertEqual(events.sorted("sequence").mapped("sequence"), list(range(1, 7)))
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertTrue(events._is_chain_intact())
        self.assertEqual(
            events.sorted("sequence")[0].data,
            {"fingerprint": self.request.fingerprint, "plan": fingerprints.fingerprint(self.request.plan)},
        )

    def test_every_alteration_breaks_the_chain(self):
        self._approve(self.bill, self.manager)
        self.bill.with_user(self.controller).action_return("no")
        events = self.request.event_ids.sorted("sequence")
        for column, value in (
            ("comment", "yes"),
            ("type", "approved"),
            ("user_id", self.finance.id),
            ("date", "2020-01-01"),
            ("sequence", 99),
            ("step_id", None),
            ("data", '{"x": 1}'),
            ("hash", "0" * 64),
        ):
            event = events[-2]
            with self.env.cr.savepoint() as savepoint:
                self.env.cr.execute(
                    f"UPDATE account_validation_event SET {column} = %s WHERE id = %s", [value, event.id]
                )
                self.env.invalidate_all()
                self.assertFalse(events._is_chain_intact(), column)
                savepoint.rollback()
            self.env.invalidate_all()
        self.assertTrue(events._is_chain_intact())

    def test_a_removed_event_breaks_the_chain(self):
        self._approve(self.bill, self.manager)
        events = self.request.event_ids.sorted("sequence")
        self.env.cr.execute("DELETE FROM account_validation_event WHERE id = %s", [events[1].id])
        self.env.invalidate_all()
        self.assertFalse(self.request.event_ids._is_chain_intact())

    def test_the_snapshot_is_what_the_fingerprint_says(self):
        self.assertEqual(fingerprints.fingerprint(self.request.snapshot), self.request.fingerprint)
        snapshot = json.loads(self.request.snapshot)
        self.assertEqual(snapshot["amount_total"], "1000.00")
        self.assertEqual(snapshot["version"], comparison.SNAPSHOT_VERSION)
        self.assertEqual(fingerprints.canonical(snapshot), self.request.snapshot)

    def test_the_snapshot_does_not_depend_on_who_looks(self):
        bill = self.bill.sudo()
        text = self.request.snapshot
        self.env["res.lang"]._activate_lang("fr_FR")
        for context in (
            {"lang": "fr_FR"},
            {"active_test": False},
            {"tz": "Pacific/Auckland"},
            {"allowed_company_ids": []},
        ):
            self.env.invalidate_all()
            self.assertEqual(fingerprints.canonical(bill.with_context(**context)._get_snapshot()), text)

    def test_forged_records_do_not_count(self):
        """A request that points to another invoice does not open the gate, even if it got there by SQL."""
        approved = self._create_approved()
        other = self._create_bill(amount=5000).sudo()
        self.env.cr.execute(
            "UPDATE account_move SET validation_request_id = %s, validation_state = 'approved' WHERE id = %s",
            [approved.validation_request_id.id, other.id],
        )
        self.env.invalidate_all()
        self.assertRefused(UserError, "must be validated", other.action_post)

    def test_mistyped_values_are_refused(self):
        for outcome in ("posted", "approve2"):
            with self.assertRaises(ValueError):
                self.env["account.validation.decision.wizard"].with_user(self.manager).create(
                    {"move_ids": [Command.set(self.bill.ids)], "outcome": outcome}
                )

    def test_wizard_decides_only_for_whoever_may(self):
        wizards = self.env["account.validation.decision.wizard"]
        vals = {"move_ids": [Command.set(self.bill.ids)], "outcome": "approve"}
        for user, error in ((self.finance, UserError), (self.outsider, AccessError), (self.contributor, UserError)):
            with self.assertRaises(error), self.env.cr.savepoint():
                wizards.with_user(user).create(vals).action_confirm()
            self.env.invalidate_all()
        self.assertEqual(self.request.state, "pending")
        self.assertFalse(self.request.step_ids.voter_ids)
