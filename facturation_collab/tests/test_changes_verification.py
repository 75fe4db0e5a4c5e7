import itertools
import json
import tempfile
from decimal import Decimal
from pathlib import Path

from odoo.tests import tagged

from .. import chains, facets
from ..audit import verify
from .changes_common import ChangesCase
from .integrity_common import IntegrityCase


@tagged("post_install", "-at_install")
class TestChangesVerification(ChangesCase, IntegrityCase):
    """Approvals that stand and returns to a level are verified, in Odoo and in the pack; forged ones are found."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first.tolerance_percent = 5

    def setUp(self):
        super().setUp()
        bill = self._create_returned()
        self._set_price(bill, 1040)
        self._submit(bill)
        self._approve(bill, self.controller)
        bill.with_user(self.director).action_return("Look again.", step_id=self._step(bill, "Finance").id)
        self._approve(bill, self.controller, self.director)
        self.bill = bill.sudo()
        self.request = self.bill.validation_request_id
        self.assertEqual((self.request.state, self._carried(bill)), ("approved", ["Manager"]))

    def _step(self, bill, name):
        steps = bill.sudo().validation_request_id._get_live_steps()
        return steps.filtered(lambda step: step.name == name)

    def _event(self, event_type):
        return self.request.event_ids.filtered(lambda event: event.type == event_type)[0]

    def _forge(self, event_type, **data):
        """Change the data of an event, and all hashes of the chain after it, as a forger who knows the rules would."""
        event = self._event(event_type)
        values = json.dumps({**event.data, **data})
        self._sql("UPDATE account_validation_event SET data = %s WHERE id = %s", values, event.id)
        previous = ""
        for link in self.request.event_ids.sorted("sequence"):
            hash_ = chains.chained_hash(previous, link._get_payload(link._get_hashed_values()))
            self._sql(
                "UPDATE account_validation_event SET previous_hash = %s, hash = %s WHERE id = %s",
                previous,
                hash_,
                link.id,
            )
            previous = hash_

    def _verify_pack(self):
        """What the program in the pack says of the pack."""
        scope = {"company_ids": self.company.ids, "move_ids": self.bill.ids, "date_from": False, "date_to": False}
        self.env.flush_all()
        requests = self.bill.validation_request_ids
        content = self.env["account.validation.archive"]._build(self.bill, requests, scope)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pack.zip"
            path.write_bytes(content)
            return list(verify.verify(verify.Pack(path)))

    def assertFound(self, code, words):
        """Both verifications find it."""
        self.assertIn(code, self._codes(self.bill))
        self.assertTrue(any(words in sentence for sentence in self._sentences(self.bill)), self._sentences(self.bill))
        return self._verify_pack()

    def test_what_stands_and_what_was_returned_is_intact(self):
        self.assertFalse(self._codes(self.bill))
        self.assertFalse(self._verify_pack())
        self.bill.with_user(self.finance).action_post()
        self.assertFalse(self._codes(self.bill))
        self.assertFalse(self._verify_pack())

    def test_verifying_costs_the_same_for_one_and_for_many(self):
        bills = self.bill
        for _number in range(3):
            bill = self._create_returned({"ref": "INV-9"})
            self._submit(bill)
            bills |= bill.sudo()
        self.assertEqual(len(bills.validation_request_id.step_ids.filtered("carried")), 7)
        counts = []
        for moves in (bills[0], bills):
            self.env.flush_all()
            self.env.invalidate_all()
            requests = moves.validation_request_ids
            before = self.env.cr.sql_log_count
            self.assertFalse(self.verifier._verify_requests(requests))
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0], counts)

    def test_the_program_judges_a_change_as_the_addon_does(self):
        found = []
        for asked in (None, "password"):
            for percent, amount, moved in itertools.product((0, 5), (0, 20), (0, 10, 20.01, 50, 50.01)):
                for changed in ([], ["amounts"], ["amounts", "texts"], ["document"], ["bank"]):
                    limits = {"tolerance_percent": percent, "tolerance_amount": amount}
                    step = {"facets": ["amounts", "bank"], "authentication": asked, **limits}
                    data = {"facets": changed, "moved": moved}
                    tolerated = not asked and facets.is_tolerated(Decimal(str(moved)), 1000.0, percent, amount)
                    expected = bool(facets.facets_concerning(changed, step["facets"], tolerated))
                    self.assertEqual(verify.is_concerned(step, {"amount": 1000.0}, data), expected, (step, data))
                    found.append(expected)
        self.assertEqual(set(found), {True, False})

    def test_an_approval_that_nobody_gave_is_found(self):
        given = self._event("carried").data
        opened = self.request.previous_id.event_ids.filtered(lambda event: event.type == "opened")[0]
        for forged in (
            {"from_event": opened.id, "from_hash": opened.hash},
            {"from_event": 10**6},
            {"from_hash": "0" * 64},
            {"fingerprint": self.request.fingerprint},
        ):
            self._forge("carried", **{**given, **forged})
            self.assertTrue(self.assertFound("carried", "no such approval was given"), forged)

    def test_another_approver_is_found(self):
        self._forge("carried", user_id=self.finance.id)
        step = self.request.step_ids.filtered("carried")
        query = "UPDATE account_validation_step_voter_rel SET res_users_id = %s WHERE account_validation_step_id = %s"
        self._sql(query, self.finance.id, step.id)
        self.assertTrue(self.assertFound("carried", "no such approval was given"))

    def test_an_approval_on_another_invoice_is_found(self):
        other = self._create_bill()
        self._submit(other)
        self._approve(other, self.manager)
        approval = other.sudo().validation_request_id.event_ids.filtered(lambda event: event.type == "approved")
        self._forge(
            "carried",
            from_event=approval.id,
            from_hash=approval.hash,
            from_request=approval.request_id.id,
            fingerprint=approval.request_id.fingerprint,
        )
        self.assertTrue(self.assertFound("carried", "no such approval was given"))

    def test_a_change_that_had_to_be_asked_about_is_found(self):
        step = self.request.step_ids.filtered("carried")
        self._sql("UPDATE account_validation_step SET tolerance_percent = 1 WHERE id = %s", step.id)
        codes = self._codes(self.bill)
        self.assertLessEqual({"step_changed", "carried_change"}, set(codes))
        self.assertTrue(self.assertFound("carried_change", "had to be asked again"))

    def test_a_change_that_was_made_small_is_found(self):
        self._forge("carried", facets=[], moved=0)
        step = self.request.step_ids.filtered("carried")
        self._sql("UPDATE account_validation_step SET tolerance_percent = 1 WHERE id = %s", step.id)
        self.assertIn("carried_change", self._codes(self.bill), "the snapshots tell what changed")

    def test_a_step_that_nobody_returned_to_is_found(self):
        step = self.request.step_ids.filtered("supersedes_id")[0]
        self._sql("UPDATE account_validation_step SET supersedes_id = NULL WHERE id = %s", step.id)
        self.assertTrue(self.assertFound("superseded", "is not what a return to an earlier level recorded"))

    def test_a_decision_that_was_set_aside_is_found(self):
        step = self.request.step_ids.filtered(lambda step: step.state == "approved")[0]
        self._sql("UPDATE account_validation_step SET state = 'superseded' WHERE id = %s", step.id)
        self.assertTrue(self.assertFound("superseded", "is not what a return to an earlier level recorded"))
