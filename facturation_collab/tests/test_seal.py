from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .. import chains
from ..models import account_validation_seal
from ..models.account_validation_record import ENGINE_KEY
from .integrity_common import IntegrityCase


@tagged("post_install", "-at_install")
class TestSeal(IntegrityCase):
    def _get_leaves(self, seal):
        return [leaf._get_leaf() for leaf in seal.sudo().leaf_ids.sorted("position")]

    def _get_head(self, request):
        head = request.event_ids.sorted("sequence")[-1]
        return [request.id, request.move_id.id, head.sequence, head.hash]

    # ---- what a seal covers

    def test_a_seal_covers_the_head_of_every_chain(self):
        bills = self._create_bill() | self._create_bill()
        requests = self._submit(bills)
        seal = self._seal()
        self.assertEqual(self._get_leaves(seal), [self._get_head(request) for request in requests.sorted("id")])
        self.assertEqual((seal.sequence, seal.leaf_count, seal.previous_hash), (1, 2, ""))
        self.assertEqual(seal.root, chains.merkle_root([chains.leaf_hash(x) for x in self._get_leaves(seal)]))
        self.assertEqual(seal.hash, chains.chained_hash("", seal.sudo()._get_own_payload()))

    def test_the_next_seal_covers_only_what_has_grown_and_follows_the_first(self):
        bill, other = self._create_bill(), self._create_bill()
        self._submit(bill | other)
        first = self._seal()
        self._approve(bill, self.manager)
        second = self._seal()
        self.assertEqual(self._get_leaves(second), [self._get_head(bill.sudo().validation_request_id)])
        self.assertEqual((second.sequence, second.previous_hash, second.date_from), (2, first.hash, first.date))

    def test_nothing_new_makes_no_seal(self):
        self.assertFalse(self._seal())
        self._submit(self._create_bill())
        self.assertTrue(self._seal())
        self.assertFalse(self._seal())

    def test_each_company_has_its_own_seals(self):
        self._submit(self._create_bill())
        self.assertFalse(self._seal(self.other_company))
        self.assertEqual(self._seal().company_id, self.company)

    def test_an_event_that_was_committed_late_is_sealed_by_the_next_one(self):
        """Numbers of events do not follow the order of commits: the next seal looks back."""
        bill, late = self._create_bill(), self._create_bill()
        self._submit(late)
        self._submit(bill)
        on_time = bill.sudo().validation_request_id
        with patch.object(
            type(self.seals), "_get_unsealed", lambda *args: [self._get_head(on_time)]
        ):  # the other was not visible yet
            self._seal()
        self.assertEqual(self._get_leaves(self._seal()), [self._get_head(late.sudo().validation_request_id)])

    def test_it_does_not_look_back_for_ever(self):
        self._submit(self._create_bill())
        seal = self._seal()
        self._sql(
            "UPDATE account_validation_seal SET date = %s WHERE id = %s",
            fields.Datetime.now() - account_validation_seal.OVERLAP - timedelta(hours=1),
            seal.id,
        )
        self.assertEqual(self.seals._get_range(self.company)[0], seal.watermark)
        self.assertGreater(seal.watermark, 0)

    def test_a_shortened_chain_is_not_sealed_again(self):
        bill = self._create_bill()
        request = self._submit(bill)
        self._seal()
        self._sql("DELETE FROM account_validation_event WHERE request_id = %s AND sequence = 2", request.id)
        self.assertFalse(self._seal())

    # ---- the scheduled job

    def test_the_scheduled_job_seals_in_slices(self):
        bills = self._create_bill() | self._create_bill() | self._create_bill()
        self._submit(bills)
        with patch.object(account_validation_seal, "LEAVES_PER_SEAL", 2):
            self.seals._cron_seal()
        seals = self.seals.search([("company_id", "=", self.company.id)], order="sequence")
        self.assertEqual(seals.mapped("leaf_count"), [2, 1])
        self.assertFalse(self._codes(company=self.company))
        self.assertEqual(self.progress[-1][0], 1)

    def test_the_scheduled_job_stops_when_its_time_is_over(self):
        self._submit(self._create_bill() | self._create_bill() | self._create_bill())
        self.time_left = 0
        with patch.object(account_validation_seal, "LEAVES_PER_SEAL", 1):
            self.seals._cron_seal()
        self.assertEqual(self.seals.search_count([("company_id", "=", self.company.id)]), 1)

    def test_the_number_of_queries_does_not_grow_with_the_chains(self):
        self._submit(self._create_bill())
        self._seal()

        def count(bills):
            self._submit(bills)
            self.env.flush_all()
            start = self.env.cr.sql_log_count
            seal = self._seal()
            self.env.flush_all()
            self.assertEqual(seal.leaf_count, len(bills))
            return self.env.cr.sql_log_count - start

        few = count(self._create_bill())
        many = count(self.env["account.move"].union(*(self._create_bill() for _bill in range(8))))
        self.assertLessEqual(many, few)

    # ---- nobody else

    def test_while_another_node_seals_this_one_leaves_it(self):
        self._submit(self._create_bill())
        with self.registry.cursor() as cr:
            cr.execute("SELECT pg_advisory_xact_lock(%s, %s)", [account_validation_seal.ADVISORY_LOCK, self.company.id])
            self.assertFalse(self._seal())
        self.assertTrue(self._seal())

    def test_two_seals_of_one_number_are_refused_by_the_database(self):
        self._submit(self._create_bill())
        first = self._seal()
        self._submit(self._create_bill())
        vals = self.seals._prepare_vals(self.company, [[1, 1, 1, "0"]], 0) | {"sequence": first.sequence}
        self.assertViolates("company_sequence_unique", self.seals._engine().create, vals)
        with mute_logger("odoo.sql_db"), patch.object(type(self.seals), "_prepare_vals", lambda *args: vals):
            self.assertFalse(self._seal())

    def test_nobody_writes_creates_copies_or_deletes_seals(self):
        self._submit(self._create_bill())
        seal = self._seal()
        pack, _content = (
            self.env["account.validation.pack"].with_user(self.auditor)._make({"company_ids": self.company.ids})
        )
        for record in (seal, seal.leaf_ids[0], pack):
            for user in (self.finance, self.auditor, self.administrator, self.env.ref("base.user_root")):
                for form in (record.with_user(user), record.with_user(user).sudo()):
                    for context in ({}, {ENGINE_KEY: True}):
                        form = form.with_context(**context)
                        self.assertRefused(AccessError, "", form.write, {"company_id": self.company.id})
                        self.assertRefused(AccessError, "", form.unlink)
                        self.assertRefused(AccessError, "", form.create, {})
                        self.assertRefused(AccessError, "", form.copy)

    def test_only_auditors_and_administrators_read_seals_and_packs_of_their_company(self):
        self._submit(self._create_bill())
        seal = self._seal()
        pack, _content = (
            self.env["account.validation.pack"].with_user(self.auditor)._make({"company_ids": self.company.ids})
        )
        stranger = self._create_user(
            "stranger",
            groups="facturation_collab.group_auditor",
            company_id=self.other_company.id,
            company_ids=[fields.Command.set(self.other_company.ids)],
        )
        for record in (seal, seal.leaf_ids[0], pack):
            for user in (self.auditor, self.administrator):
                self.assertTrue(record.with_user(user).read(["company_id"]))
                self.assertTrue(record.with_user(user).search([("id", "=", record.id)]))
            for user in (self.reader, self.contributor, self.manager, self.finance):
                self.assertRefused(AccessError, "", record.with_user(user).read, ["company_id"])
            self.assertRefused(AccessError, "", record.with_user(stranger).read, ["company_id"])
            self.assertFalse(record.with_user(stranger).search([("id", "=", record.id)]))

    def test_a_request_under_a_seal_can_still_be_decided_on(self):
        bill = self._create_bill()
        self._submit(bill)
        self._seal()
        self._approve(bill, self.manager, self.controller)
        self.assertEqual(bill.sudo().validation_state, "approved")

    def test_a_company_with_seals_is_not_deleted(self):
        self._submit(self._create_bill())
        self._seal()
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError), self.env.cr.savepoint():
            self.env.cr.execute("DELETE FROM res_company WHERE id = %s", [self.company.id])
