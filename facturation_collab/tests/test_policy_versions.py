import json
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .. import fingerprints
from .integrity_common import IntegrityCase

VERSION = "odoo.addons.facturation_collab.models.account_validation_policy_version.AccountValidationPolicyVersion"


class VersionCase(IntegrityCase):
    """A test is one transaction; each `_commit` ends one for the versions."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Version = cls.env["account.validation.policy.version"]

    def _commit(self):
        """Do what the end of a transaction does; the next change is of another one."""
        with patch(f"{VERSION}._is_of_this_transaction", lambda version: False):
            self.env.cr.flush()

    def _change(self, **vals):
        self.policy.with_user(self.administrator).write(vals)
        self._commit()
        return self.policy.version_id


@tagged("post_install", "-at_install")
class TestPolicyVersions(VersionCase):
    def setUp(self):
        super().setUp()
        self.first = self.policy._get_present_version()

    def test_a_new_policy_has_its_first_version(self):
        self.assertEqual((self.first.number, self.first.state), (1, "applied"))
        self.assertEqual(self.first.changes, "First version.")
        self.assertEqual(fingerprints.fingerprint(self.first.content), self.first.digest)
        levels = json.loads(self.first.content)["levels"]
        self.assertEqual(sorted(levels), sorted(map(str, self.policy.level_ids.ids)))

    def test_a_change_makes_a_version_with_its_author(self):
        version = self._change(amount_min=500)
        self.assertEqual((version.number, version.user_id), (2, self.administrator))
        self.assertEqual(version.changes, "Amount from: “0.0” becomes “500.0”.")

    def test_a_change_of_a_level_makes_a_version(self):
        level = self.policy.level_ids[0]
        level.with_user(self.administrator).write({"role": "validator", "deadline_hours": 8})
        self._commit()
        self.assertIn("Level “Manager”, Role: “Manager” becomes “Validator”.", self.policy.version_id.changes)
        self.policy.level_ids[1].unlink()
        self._commit()
        self.assertEqual(self.policy.version_id.number, 3)
        self.assertEqual(self.policy.version_id.changes, "Level “Finance”: “Finance” becomes “”.")
        self.policy.write({"level_ids": [self._level("Director", approver_type="user", user_ids=self.director.ids)]})
        self._commit()
        self.assertEqual(self.policy.version_id.changes, "Level “Director”: “” becomes “Director”.")

    def test_one_version_for_each_transaction(self):
        self.policy.amount_min = 1
        self._commit()
        self.policy.amount_min = 2
        self.env.cr.flush()
        self.policy.level_ids[0].deadline_hours = 3
        self.env.cr.flush()
        self.assertEqual(self.policy.version_ids.mapped("number"), [2, 1])
        self.assertEqual(json.loads(self.policy.version_id.content)["amount_min"], 2)

    def test_what_changes_nothing_makes_no_version(self):
        self._change(amount_min=self.policy.amount_min)
        self.policy.level_ids[0].write({"name": self.policy.level_ids[0].name})
        self._commit()
        self.assertEqual(self.policy.version_id, self.first)

    def test_reading_makes_no_version(self):
        self.policy.read(["summary", "version_id"])
        self._commit()
        self.assertEqual(len(self.policy.version_ids), 1)

    def test_requests_say_which_version_they_ran(self):
        old = self._submit(self._create_bill())
        version = self._change(amount_min=500)
        new = self._submit(self._create_bill())
        self.assertEqual((old | new).mapped("policy_version_id"), self.first | version)
        self.assertEqual(json.loads(new.plan)["policy_version"], [2, version.digest])
        self.assertEqual(new.move_id.with_user(self.manager).validation_panel["policy"]["version"], 2)
        archive = self.env["account.validation.archive"]
        self.assertEqual(archive._get_request(new)["policy_version"], 2)

    def test_verify_finds_a_version_that_was_changed(self):
        request = self._submit(self._create_bill())
        self.assertEqual(self.verifier._verify_requests(request), [])
        version = request.policy_version_id
        forged = version.content.replace('"amount_min":0.0', '"amount_min":9.0')
        self.assertNotEqual(forged, version.content)
        for query, values in (
            ("content = %s", [forged]),
            ("content = %s, digest = %s", [forged, fingerprints.fingerprint(forged)]),
            ("number = %s", [7]),
        ):
            with self.env.cr.savepoint() as savepoint:
                self._sql(f"UPDATE account_validation_policy_version SET {query} WHERE id = %s", *values, version.id)
                codes = [found["code"] for found in self.verifier._verify_requests(request)]
                self.assertEqual(codes, ["version"])
                savepoint.rollback()
            self.env.invalidate_all()

    def test_a_change_of_the_same_transaction_counts_for_the_submission(self):
        self.policy.amount_min = 500
        request = self._submit(self._create_bill())
        self.assertEqual(json.loads(request.policy_version_id.content)["amount_min"], 500)

    def test_a_version_that_ran_is_not_changed_by_the_same_transaction(self):
        request = self._submit(self._create_bill())
        version = request.policy_version_id
        self.policy.amount_min = 1
        self.env.cr.flush()
        self.assertEqual(json.loads(version.content)["amount_min"], 0)
        self.assertNotEqual(self.policy.version_id, version)

    def test_a_policy_older_than_versions_gets_one_when_it_runs(self):
        self._sql("DELETE FROM account_validation_policy_version WHERE policy_id = %s", self.policy.id)
        self.assertTrue(self._submit(self._create_bill()).policy_version_id)

    def test_many_submissions_read_the_version_once(self):
        policy = self.policy.sudo()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(2):
            for _number in range(10):
                policy._get_present_version()

    def test_any_two_versions_are_compared(self):
        self._change(amount_min=500)
        last = self._change(amount_min=0, amount_max=900)
        action = (self.first | last).with_user(self.administrator).action_compare()
        wizard = (
            self.env[action["res_model"]].with_user(self.administrator).with_context(**action["context"]).create({})
        )
        self.assertEqual([difference["label"] for difference in wizard.differences], ["Amount up to"])
        self.assertIn("900.0", wizard.answer)
        same = (
            self.env[action["res_model"]]
            .with_user(self.administrator)
            .create({"before_id": last.id, "after_id": last.id})
        )
        self.assertIn("Nothing differs", same.answer)
        self.assertRefused(UserError, "Choose one version", self.policy.version_ids.action_compare)

    def test_differences_name_records(self):
        version = self._change(department_ids=[Command.set(self.logistics.ids)])
        self.assertEqual(
            self.first._get_differences_to(version),
            [{"label": "Departments", "before": "Direction / Marketing", "after": "Direction / Logistics"}],
        )

    def test_nobody_writes_versions(self):
        for user in (self.administrator, self.auditor, self.finance):
            version = self.first.with_user(user)
            self.assertRefused(AccessError, "", version.write, {"content": "{}"})
            self.assertRefused(AccessError, "", version.unlink)
            self.assertRefused(AccessError, "", version.create, {"policy_id": self.policy.id})
        self.assertRefused(AccessError, "cannot be changed by hand", self.first.sudo().write, {"content": "{}"})
        forged = self.first.sudo().with_context(facturation_collab_engine=True)
        self.assertRefused(AccessError, "cannot be changed by hand", forged.write, {"content": "{}"})

    def test_administrators_and_auditors_read_versions(self):
        for user in (self.administrator, self.auditor):
            self.assertTrue(self.first.with_user(user).read(["changes"]))
        for user in (self.finance, self.manager):
            self.assertRefused(AccessError, "", self.first.with_user(user).read, ["changes"])
            self.assertRefused(AccessError, "", self.policy.with_user(user).read, ["version_ids"])

    def test_versions_of_other_companies_are_not_read(self):
        other = self._create_policy(
            "Elsewhere",
            self._level(approver_type="user", user_ids=self.controller.ids),
            company_id=self.other_company.id,
        )
        self._commit()
        self.assertRefused(AccessError, "", other.version_id.with_user(self.administrator).read, ["number"])


@tagged("post_install", "-at_install")
class TestPlannedVersions(VersionCase):
    def setUp(self):
        super().setUp()
        self.policy._get_present_version()
        self.admin_policy = self.policy.with_user(self.administrator)

    def _prepare(self, policy=None, **vals):
        action = (policy or self.admin_policy).action_prepare_change()
        draft = self.admin_policy.browse(action["res_id"])
        draft.write(vals)
        return draft

    def test_a_draft_is_a_copy_that_does_not_apply(self):
        draft = self._prepare()
        self.assertEqual((draft.mode, draft.draft_of_id), ("off", self.policy))
        self.assertEqual(draft.level_ids.mapped("name"), ["Manager", "Finance"])
        self.assertEqual(draft.department_ids, self.marketing)
        self.assertRefused(ValidationError, "never applies itself", draft.write, {"mode": "enforce"})
        self.assertEqual(self._match(self._create_bill()).popitem()[1], self.policy)

    def test_a_planned_change_waits_for_its_day(self):
        draft = self._prepare(amount_min=500, planned_from="2099-01-01 08:00:00")
        draft.action_plan()
        version = self.policy.planned_version_ids
        self.assertEqual((version.state, version.number), ("planned", 2))
        self.assertEqual(version.changes, "Amount from: “0.0” becomes “500.0”.")
        self.assertEqual((self.policy.amount_min, draft.active), (0, False))
        self.Version._cron_apply_versions()
        self.assertEqual(self.policy.amount_min, 0)
        with freeze_time("2099-01-01 08:00:01"):
            self.Version._cron_apply_versions()
        self._commit()
        self.assertEqual(self.policy.amount_min, 500)
        self.assertEqual((self.policy.version_id, version.state), (version, "applied"))
        self.assertEqual((version.user_id, len(self.policy.version_ids)), (self.administrator, 2))

    def test_levels_keep_their_identity(self):
        manager, finance = self.policy.level_ids
        draft = self._prepare()
        draft.level_ids[0].role = "validator"
        draft.level_ids[1].unlink()
        draft.write({"level_ids": [self._level("Director", approver_type="user", user_ids=self.director.ids)]})
        draft.action_plan()
        self._commit()
        self.assertEqual(self.policy.level_ids.mapped("name"), ["Manager", "Director"])
        self.assertEqual((self.policy.level_ids[0], manager.role), (manager, "validator"))
        self.assertFalse(finance.exists())
        self.assertEqual(self.policy.mode, "enforce")

    def test_what_was_changed_in_the_meantime_stays(self):
        draft = self._prepare(amount_min=500, planned_from="2099-01-01 08:00:00")
        draft.action_plan()
        self._change(amount_max=9000)
        with freeze_time("2099-01-02"):
            self.Version._cron_apply_versions()
        self.assertEqual((self.policy.amount_min, self.policy.amount_max), (500, 9000))

    def test_a_plan_that_no_longer_fits_is_cancelled_and_told(self):
        draft = self._prepare(amount_min=500, planned_from="2099-01-01 08:00:00")
        draft.action_plan()
        version = self.policy.planned_version_ids
        self._change(amount_max=300)
        messages = self.env["mail.message"].search_count([])
        with freeze_time("2099-01-02"), mute_logger("odoo.sql_db"):
            self.Version._cron_apply_versions()
        self.assertEqual((version.state, self.policy.amount_min), ("cancelled", 0))
        self.assertEqual(self.env["mail.message"].search_count([]), messages + 1)
        message = self.env["mail.message"].search([], limit=1, order="id desc")
        self.assertIn("the upper one not below the lower one", message.body)

    def test_a_plan_is_cancelled_by_hand(self):
        self._prepare(amount_min=500, planned_from="2099-01-01 08:00:00").action_plan()
        version = self.policy.planned_version_ids.with_user(self.administrator)
        version.action_cancel()
        with freeze_time("2099-01-02"):
            self.Version._cron_apply_versions()
        self.assertEqual((version.state, self.policy.amount_min), ("cancelled", 0))
        self.assertRefused(UserError, "Only a planned version", version.action_cancel)

    def test_an_older_version_becomes_a_draft(self):
        first = self.policy.version_id
        self._change(amount_min=500)
        draft = self.admin_policy.browse(first.with_user(self.administrator).action_make_draft()["res_id"])
        self.assertEqual(draft.amount_min, 0)
        draft.action_plan()
        self.assertEqual(self.policy.amount_min, 0)

    def test_a_draft_without_a_change_is_not_planned(self):
        self.assertRefused(UserError, "changes nothing", self._prepare().action_plan)

    def test_only_drafts_are_planned(self):
        self.assertRefused(UserError, "is no draft", self.admin_policy.action_plan)

    def test_only_administrators_plan(self):
        draft = self._prepare(amount_min=500, planned_from=fields.Datetime.to_datetime("2099-01-01"))
        draft.action_plan()
        version = self.policy.planned_version_ids
        for user in (self.finance, self.manager, self.auditor):
            self.assertRefused(AccessError, "", self.policy.with_user(user).action_prepare_change)
            self.assertRefused(AccessError, "", draft.with_user(user).action_plan)
            self.assertRefused(AccessError, "", version.with_user(user).action_cancel)
            self.assertRefused(AccessError, "", version.with_user(user).action_make_draft)

    def test_the_job_does_one_version_at_a_time(self):
        self._prepare(amount_min=500, planned_from="2099-01-01 08:00:00").action_plan()
        self._prepare(amount_max=900, planned_from="2099-01-01 09:00:00").action_plan()
        self.time_left = 0
        with freeze_time("2099-01-02"):
            self.Version._cron_apply_versions()
            self.assertEqual((self.policy.amount_min, self.policy.amount_max), (500, 0))
            self.time_left = 60
            self.Version._cron_apply_versions()
        self.assertEqual(self.policy.amount_max, 900)
