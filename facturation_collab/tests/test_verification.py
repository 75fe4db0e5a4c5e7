import json
from datetime import date, timedelta
from unittest.mock import patch

from odoo.tests import tagged

from .. import chains, fingerprints
from ..models import account_validation_verifier
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
            hash_ = chains.chained_hash(previous, payload)
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
            fingerprints.fingerprint(changed),
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
            chains.chained_hash("", first._get_own_payload()),
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
