import json
from datetime import date, timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .. import lifecycle
from ..models import account_validation_verifier
from ..wizards import account_validation_verify
from .integrity_common import IntegrityCase


@tagged("post_install", "-at_install")
class TestVerification(IntegrityCase):
    """What somebody changes straight in the database is found, and named."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill = cls._create_bill()
        cls.bill.with_user(cls.contributor).action_submit("please")
        cls.bill.with_user(cls.manager).action_approve("fine")
        cls.bill.with_user(cls.controller).action_approve()
        cls.bill.with_user(cls.finance).action_post()
        cls.bill = cls.bill.sudo()
        cls.request = cls.bill.validation_request_id
        cls.other = cls._create_bill()
        cls.other.with_user(cls.contributor).action_submit()
        cls.other = cls.other.sudo()

    def _event(self, event_type):
        return self.request.event_ids.filtered(lambda event: event.type == event_type).sorted("sequence")[0]

    def _change_event(self, event_type, column, value):
        event = self._event(event_type)
        self._sql(f"UPDATE account_validation_event SET {column} = %s WHERE id = %s", value, event.id)
        return event.sequence

    def _rewrite_chain(self, request):
        """Compute all hashes again, as a forger who knows the rules would."""
        previous = ""
        for event in request.event_ids.sorted("sequence"):
            payload = event._get_payload(event._get_hashed_values())
            hash_ = lifecycle.chained_hash(previous, payload)
            self._sql(
                "UPDATE account_validation_event SET previous_hash = %s, hash = %s WHERE id = %s",
                previous,
                hash_,
                event.id,
            )
            previous = hash_

    def assertFound(self, code, *words, scope=None):
        """The first break has this code, and its sentence says these words; the invoice is found by itself too."""
        found = self._verify(**(scope or {"moves": self.bill}))
        self.assertTrue(found, "nothing was found")
        self.assertEqual(found[0]["code"], code, found)
        sentence = self.env["account.validation.wording"].with_user(self.auditor)._describe_break(found[0])
        for word in words:
            self.assertIn(str(word), sentence)
        return sentence

    # ---- nothing to find

    def test_what_nobody_touched_is_intact(self):
        self._seal()
        self.assertFalse(self._verify(self.bill | self.other))
        self.assertFalse(self._verify(company=self.company))
        self.assertFalse(self._verify(date_from=date(2020, 1, 1), date_to=date.today() + timedelta(days=1)))

    def test_every_outcome_is_intact(self):
        returned, rejected, cancelled = (self._create_bill() for _bill in range(3))
        self._submit(returned | rejected | cancelled)
        returned.with_user(self.manager).action_return("no")
        rejected.with_user(self.manager).action_reject("never")
        cancelled.with_user(self.contributor).action_cancel_validation()
        self._submit(returned)
        self._seal()
        self.assertFalse(self._verify(returned | rejected | cancelled))

    def test_an_invoice_approved_without_a_date_and_posted_is_intact(self):
        self._create_policy(
            "Sales",
            self._level(approver_type="user", user_ids=self.controller.ids),
            sequence=1,
            apply_out_invoice=True,
            department_ids=self.marketing.ids,
        )
        sale = self._create_move(
            self.contributor,
            self.marketing,
            move_type="out_invoice",
            invoice_date=False,
            journal_id=self.company_data["default_journal_sale"].id,
        )
        self._submit(sale)
        self._approve(sale, self.controller)
        sale.with_user(self.finance).action_post()
        self.assertEqual((sale.sudo().state, sale.sudo().validation_state), ("posted", "approved"))
        self.assertFalse(self._verify(sale))

    def test_events_of_the_first_version_are_still_read(self):
        for event in self.request.event_ids:
            self._sql("UPDATE account_validation_event SET version = NULL WHERE id = %s", event.id)
        self.assertFound("event_changed")
        self._rewrite_chain(self.request)
        self.assertFalse(self._verify(self.bill))
        self.assertTrue(self.request.event_ids._is_chain_intact())

    # ---- one invoice

    def test_the_comment_of_an_event(self):
        position = self._change_event("approved", "comment", "I never said so")
        self.assertFound("event_changed", self.bill.name, self.request.id, f"event {position}", "Manager")

    def test_the_author_of_an_event(self):
        position = self._change_event("approved", "user_id", self.finance.id)
        self.assertFound("event_author", f"event {position}", "from Manager to Finance")

    def test_the_voter_of_a_decision(self):
        step = self.request.step_ids.sorted("sequence")[0]
        self._sql(
            "UPDATE account_validation_step_voter_rel SET res_users_id = %s WHERE account_validation_step_id = %s",
            self.finance.id,
            step.id,
        )
        self.assertFound("voter", step.name, "approved by Finance", "by Manager")

    def test_a_vote_that_nobody_gave(self):
        step = self.other.validation_request_id.step_ids.sorted("sequence")[0]
        self._sql("UPDATE account_validation_step SET state = 'approved' WHERE id = %s", step.id)
        self.assertFound("step_state", step.name, scope={"moves": self.other})

    def test_an_approval_that_nobody_gave(self):
        request = self.other.validation_request_id
        self._sql("UPDATE account_validation_request SET state = 'approved' WHERE id = %s", request.id)
        self.assertFound("state", "Approved", "To validate", scope={"moves": self.other})

    def test_an_approver_who_was_not_asked(self):
        step = self.other.validation_request_id.step_ids.sorted("sequence")[0]
        self._sql("INSERT INTO account_validation_step_approver_rel VALUES (%s, %s)", step.id, self.finance.id)
        self.assertFound("step_changed", step.name, "Approvers", scope={"moves": self.other})

    def test_a_smaller_quorum_and_a_removed_step(self):
        request = self.other.validation_request_id
        step = request.step_ids.sorted("sequence")[1]
        self._sql("UPDATE account_validation_step SET quorum_required = 0 WHERE id = %s", step.id)
        self.assertFound("step_changed", "Approvals needed", scope={"moves": self.other})
        self._sql("DELETE FROM account_validation_step WHERE id = %s", step.id)
        self.assertFound("steps", scope={"moves": self.other})

    def test_an_amount_of_the_posted_invoice(self):
        for column, value in (("price_unit", 5), ("name", "Something else"), ("quantity", 3)):
            with self.env.cr.savepoint() as savepoint:
                line = self.bill.invoice_line_ids[0]
                self._sql(f"UPDATE account_move_line SET {column} = %s WHERE id = %s", value, line.id)
                self.assertFound("content", self.bill.name, "lines")
                savepoint.rollback()
            self.env.invalidate_all()
        self._sql(
            "UPDATE account_move SET amount_total = 5, invoice_date_due = '2030-01-01' WHERE id = %s", self.bill.id
        )
        self.assertFound("content", "Total", "Due Date")

    def test_the_number_of_the_bank_account_of_the_posted_invoice(self):
        bank = self.env["res.partner.bank"].create(
            {"acc_number": "FR761234", "partner_id": self.partner_a.id, "allow_out_payment": True}
        )
        bill = self._create_posted(partner_bank_id=bank.id)
        self.assertFalse(self._verify(bill))
        self._sql("UPDATE res_partner_bank SET sanitized_acc_number = 'XX99' WHERE id = %s", bank.id)
        self.assertFound("content", "number of the bank account", scope={"moves": bill})

    def test_an_observing_policy_lets_the_content_change(self):
        self.policy.mode = "observe"
        bill = self._create_approved()
        bill.with_user(self.finance).invoice_line_ids.price_unit = 7
        bill.with_user(self.finance).action_post()
        self.assertEqual((bill.state, bill.validation_request_id.mode), ("posted", "observe"))
        self.assertFalse(self._verify(bill))

    def test_the_snapshot(self):
        changed = self.request.snapshot.replace("1000.00", "9000.00")
        self.assertNotEqual(changed, self.request.snapshot)
        self._sql("UPDATE account_validation_request SET snapshot = %s WHERE id = %s", changed, self.request.id)
        self.assertFound("snapshot", self.bill.name)
        self._sql(
            "UPDATE account_validation_request SET fingerprint = %s WHERE id = %s",
            lifecycle.fingerprint(changed),
            self.request.id,
        )
        self.assertFound("fingerprint")

    def test_the_plan(self):
        plan = json.loads(self.request.plan)
        self.assertEqual([step["name"] for step in plan["steps"]], ["Manager", "Finance"])
        self.assertEqual(plan["steps"][0]["approver_ids"], self.manager.ids)
        self.assertEqual(plan["policy"], "Marketing bills")
        self._sql("UPDATE account_validation_request SET plan = '{}' WHERE id = %s", self.request.id)
        self.assertFound("plan")

    def test_a_request_that_was_moved_to_another_invoice(self):
        self._seal()
        self._sql("UPDATE account_validation_request SET move_id = %s WHERE id = %s", self.other.id, self.request.id)
        codes = self._codes(company=self.company)
        self.assertIn("request_changed", codes)
        self.assertIn("sealed_invoice", codes)

    def test_an_event_in_the_middle_and_all_events(self):
        self._sql("DELETE FROM account_validation_event WHERE id = %s", self._event("approved").id)
        self.assertFound("event_missing", "event 3")
        self._sql("DELETE FROM account_validation_event WHERE request_id = %s", self.request.id)
        self.assertFound("event_missing", "event 1")

    def test_an_event_that_was_inserted_again_elsewhere(self):
        """The chain of another request, copied over: each hash is right, and the payload names its request."""
        event = self._event("submitted")
        source = self.other.validation_request_id.event_ids.sorted("sequence")[0]
        self._sql("UPDATE account_validation_event SET hash = %s WHERE id = %s", source.hash, event.id)
        self.assertFound("event_changed", "event 1")

    # ---- what only a seal finds

    def test_an_event_deleted_at_the_end_of_the_chain(self):
        request = self.other.validation_request_id
        self._seal()
        self._sql(
            "DELETE FROM account_validation_event WHERE request_id = %s AND sequence = %s",
            request.id,
            len(request.event_ids),
        )
        self.assertTrue(request.event_ids._is_chain_intact())
        self.assertFound("sealed_event_missing", "seal 1", "event 2", scope={"moves": self.other})
        self.assertEqual(self._codes(company=self.company), ["sealed_event_missing"])

    def test_a_chain_that_was_rewritten_from_the_beginning(self):
        self._seal()
        self._change_event("approved", "comment", "I never said so")
        self._rewrite_chain(self.request)
        self.assertTrue(self.request.event_ids._is_chain_intact())
        self.assertFound("sealed_event", "rewritten", "seal 1")

    def test_a_whole_chain_removed_with_its_request(self):
        number = self.request.id
        self._seal()
        self._remove(self.request)
        self.assertFound("sealed_request", self.bill.name, number, "removed")
        self.assertFound("sealed_request", scope={"company": self.company})
        self.assertFound("sealed_request", scope={"date_from": date.today(), "date_to": date.today()})

    def test_a_removed_chain_is_found_without_its_invoice_too(self):
        self._seal()
        self._remove(self.other.validation_request_id)
        number = self.other.id
        self._sql("DELETE FROM account_move_line WHERE move_id = %s", number)
        self._sql("DELETE FROM account_move WHERE id = %s", number)
        self.assertFound("sealed_request", f"no. {number}", scope={"company": self.company})

    def _seal_twice(self):
        first = self._seal()
        self._approve(self.other, self.manager)
        return first, self._seal()

    def test_an_altered_seal(self):
        first, _second = self._seal_twice()
        for column, value in (("date", "2020-01-01"), ("leaf_count", 7), ("root", "0" * 64), ("watermark", 1)):
            with self.env.cr.savepoint() as savepoint:
                self._sql(f"UPDATE account_validation_seal SET {column} = %s WHERE id = %s", value, first.id)
                self.assertIn("seal_changed", self._codes(company=self.company), column)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_an_altered_seal_with_a_new_hash(self):
        first, _second = self._seal_twice()
        self._sql("UPDATE account_validation_seal SET watermark = 1 WHERE id = %s", first.id)
        self._sql(
            "UPDATE account_validation_seal SET hash = %s WHERE id = %s",
            lifecycle.chained_hash("", first._get_own_payload()),
            first.id,
        )
        self.assertFound("seal_follow", "seal 2", scope={"company": self.company})

    def test_an_altered_leaf(self):
        first, _second = self._seal_twice()
        leaf = first.leaf_ids[0]
        self._sql("UPDATE account_validation_seal_leaf SET event_sequence = 1 WHERE id = %s", leaf.id)
        self.assertFound("seal_leaves", "seal 1", scope={"company": self.company})
        self.assertFound("seal_leaves", "seal 1")

    def test_a_removed_leaf(self):
        first, _second = self._seal_twice()
        self._remove(self.request)
        self._sql("DELETE FROM account_validation_seal_leaf WHERE move_ref = %s", self.bill.id)
        self.assertFound("seal_leaves", "seal 1", scope={"company": self.company})

    def test_a_removed_seal(self):
        first, _second = self._seal_twice()
        self._sql("DELETE FROM account_validation_seal_leaf WHERE seal_id = %s", first.id)
        self._sql("DELETE FROM account_validation_seal WHERE id = %s", first.id)
        self.assertFound("seal_missing", "seal 1 is missing", scope={"company": self.company})
        self.assertFound("seal_missing", scope={"moves": self.other})

    # ---- the run

    def test_the_number_of_queries_does_not_grow_with_the_requests(self):
        def count(bills):
            requests = bills.sudo().validation_request_id
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            self.assertFalse(self.verifier._verify_requests(requests))
            return self.env.cr.sql_log_count - start

        bills = self.env["account.move"].union(*(self._create_posted() for _bill in range(6)))
        count(bills)
        self.assertLessEqual(count(bills), count(bills[0]))

    def test_a_run_goes_batch_by_batch(self):
        for _bill in range(3):
            self._submit(self._create_bill())
        self._seal()
        self._change_event("approved", "comment", "I never said so")
        whole = self._verify(company=self.company)
        with patch.object(account_validation_verifier, "BATCH", 1):
            self.assertEqual(self._verify(company=self.company), whole)

    def test_a_period_looks_at_no_other_request(self):
        self._change_event("approved", "comment", "I never said so")
        self.assertTrue(self._verify(date_from=date.today(), date_to=date.today()))
        self.assertFalse(self._verify(date_from=date.today() + timedelta(days=3)))
        self.assertFalse(self._verify(date_to=date.today() - timedelta(days=3)))
        self.assertFalse(self._verify(company=self.other_company))

    def test_verifying_changes_nothing(self):
        self._seal()
        self.env.flush_all()
        with patch.object(
            type(self.env.cr), "execute", autospec=True, side_effect=type(self.env.cr).execute
        ) as execute:
            self._verify(company=self.company)
        queries = [getattr(call.args[1], "code", call.args[1]) for call in execute.call_args_list]
        statements = [query.split()[0].upper() for query in queries]
        self.assertTrue(statements)
        self.assertEqual(set(statements) - {"SELECT", "WITH"}, set())


@tagged("post_install", "-at_install")
class TestVerifyWizard(IntegrityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill = cls._create_bill()
        cls.bill.with_user(cls.contributor).action_submit()
        cls.bill = cls.bill.sudo()

    def _wizard(self, user=None, **vals):
        vals = {"company_id": self.company.id, **vals}
        return self.env["account.validation.verify.wizard"].with_user(user or self.auditor).create(vals)

    def _break(self):
        event = self.bill.validation_request_id.event_ids[0]
        self._sql("UPDATE account_validation_event SET comment = 'other' WHERE id = %s", event.id)

    def test_an_auditor_verifies_a_company(self):
        wizard = self._wizard()
        action = wizard.action_verify()
        self.assertEqual((action["res_id"], wizard.state, wizard.break_count), (wizard.id, "done", 0))
        self.assertEqual((wizard.request_count, wizard.unsealed_count, wizard.progress), (1, 1, 100))
        self.assertFalse(wizard.report)
        self._seal()
        wizard.action_verify()
        self.assertEqual((wizard.seal_count, wizard.unsealed_count), (1, 0))

    def test_the_report_names_the_first_broken_link(self):
        self._break()
        wizard = self._wizard(move_ids=[Command.set(self.bill.ids)])
        wizard.action_verify()
        self.assertEqual(wizard.break_count, 1)
        self.assertIn("event 1 (Submitted, Contributor) was changed", wizard.report)

    def test_the_report_escapes_what_people_wrote(self):
        self.bill.validation_request_id.step_ids[0]
        self._sql(
            "UPDATE res_partner SET name = '<b>x</b>', complete_name = '<b>x</b>' WHERE id = %s", self.partner_a.id
        )
        self._break()
        wizard = self._wizard()
        wizard.action_verify()
        self.assertNotIn("<b>", str(wizard.report))

    def test_the_report_is_in_the_language_of_its_reader(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self._break()
        wizard = self._wizard().with_context(lang="fr_FR")
        wizard.action_verify()
        self.assertIn("événement 1", wizard.report)

    def test_an_invoice_that_the_reader_may_not_read_has_no_name(self):
        self._break()
        self.bill.ref = "SECRET-42"
        wizard = self._wizard(self.administrator)
        wizard.action_verify()
        self.assertEqual(wizard.break_count, 1)
        self.assertIn(f"Invoice no. {self.bill.id}", wizard.report)
        self.assertNotIn("SECRET", wizard.report)

    def test_only_auditors_and_administrators_verify(self):
        for user in (self.reader, self.contributor, self.manager, self.finance):
            self.assertRefused(AccessError, "", self._wizard, user)
        forged = self.env["account.validation.verify.wizard"].sudo().create({"company_id": self.company.id})
        self.assertRefused(
            AccessError, "Only auditors and administrators", forged.with_user(self.finance).sudo().action_verify
        )

    def test_what_a_client_enters_as_found_is_never_worded(self):
        """The sentences name records that their reader may not read: only a verification chooses these."""
        forged = [{"code": "event_missing", "request_id": self.bill.validation_request_id.id, "event": 1, "move_id": 1}]
        wizard = self._wizard(self.administrator)
        self.assertRefused(AccessError, "cannot be entered", wizard.write, {"breaks": forged})
        self.assertRefused(AccessError, "cannot be entered", self._wizard, self.administrator, breaks=forged)
        wizards = wizard.with_context(default_breaks=forged)
        self.assertRefused(AccessError, "cannot be entered", wizards.create, {})
        for record in (wizard, wizard.browse()):
            result = record.onchange({"breaks": forged}, ["breaks"], {"breaks": {}, "report": {}})
            self.assertFalse(result["value"].get("report"))

    def test_nobody_opens_the_dialog_of_somebody_else(self):
        wizard = self._wizard(self.administrator)
        self.assertRefused(AccessError, "", wizard.with_user(self.auditor).read, ["breaks"])
        self.assertRefused(AccessError, "", wizard.with_user(self.auditor).action_verify)

    def test_invoices_and_companies_without_access_are_refused(self):
        self.assertRefused(AccessError, "", self._wizard, self.administrator, move_ids=[Command.set(self.bill.ids)])
        wizard = self._wizard(self.administrator)
        wizard.sudo().move_ids = self.bill
        self.assertRefused(AccessError, "", wizard.action_verify)
        wizard = self._wizard()
        wizard.sudo().company_id = self.other_company
        self.assertRefused(AccessError, "no access to that company", wizard.action_verify)

    def test_a_period_that_ends_before_it_begins_is_refused(self):
        wizard = self._wizard(date_from="2026-02-01", date_to="2026-01-01")
        self.assertRefused(UserError, "ends before it begins", wizard.action_verify)

    def test_a_long_verification_goes_on_in_the_background(self):
        self._break()
        cron = self.env.ref("facturation_collab.ir_cron_verify")
        with patch.object(account_validation_verify, "AT_ONCE", 0):
            wizard = self._wizard()
            wizard.action_verify()
        self.assertEqual((wizard.state, wizard.progress), ("running", 0))
        triggers = self.env["ir.cron.trigger"].sudo().search([("cron_id", "=", cron.id)])
        self.assertTrue(triggers)
        with patch.object(type(self.env["res.users"]), "_bus_send") as send:
            wizard.sudo()._cron_verify()
        self.assertEqual((wizard.state, wizard.break_count, wizard.request_count), ("done", 1, 1))
        self.assertIn("1 broken links", send.call_args.args[1]["message"])

    def test_the_background_stops_when_its_time_is_over_and_goes_on_later(self):
        with patch.object(account_validation_verify, "AT_ONCE", 0):
            wizard = self._wizard()
            wizard.action_verify()
        self.time_left = 0
        wizard.sudo()._cron_verify()
        self.assertEqual(wizard.state, "running")
        self.time_left = 60
        wizard.sudo()._cron_verify()
        self.assertEqual(wizard.state, "done")

    def test_the_background_asks_again_what_its_user_may_do(self):
        with patch.object(account_validation_verify, "AT_ONCE", 0):
            wizard = self._wizard()
            wizard.action_verify()
        wizard.sudo().company_id = self.other_company
        wizard.sudo()._cron_verify()
        self.assertEqual((wizard.state, wizard.request_count), ("draft", 0))

    def test_the_menu_of_an_invoice_offers_it_to_auditors_only(self):
        actions = ["facturation_collab.account_move_action_verify", "facturation_collab.account_move_action_pack"]
        ids = {self.env.ref(action).id for action in actions}
        for user, expected in ((self.auditor, ids), (self.administrator, ids), (self.finance, set())):
            bindings = self.env["ir.actions.actions"].with_user(user).get_bindings("account.move")
            self.assertEqual({action["id"] for action in bindings.get("action", ())} & ids, expected)

    def test_the_period_is_that_of_the_person(self):
        self.assertEqual(
            self._wizard(date_from="2026-01-01")._get_scope(),
            {"company_ids": self.company.ids, "move_ids": False, "date_from": "2026-01-01", "date_to": False},
        )
        self.assertEqual(fields.Date.to_string(self._wizard(date_to="2026-01-31").date_to), "2026-01-31")
