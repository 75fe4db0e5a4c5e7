import base64
import csv
import hashlib
import io
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import file_path

from ..audit import verify
from ..models import account_validation_pack
from .integrity_common import IntegrityCase

VERIFIER = file_path("facturation_collab/audit/verify.py")


@tagged("post_install", "-at_install")
class TestAuditPack(IntegrityCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        bill = cls._create_bill(ref="=HYPERLINK(1)")
        bill.with_user(cls.contributor).action_submit("please")
        bill.with_user(cls.manager).action_return("the quantity is wrong")
        bill.with_user(cls.contributor).invoice_line_ids.quantity = 2
        bill.with_user(cls.contributor).action_submit()
        bill.with_user(cls.manager).action_approve("+1")
        bill.with_user(cls.controller).action_approve()
        cls.bill = bill.sudo()
        cls.file = cls.env["ir.attachment"].create(
            {"name": "../bill.txt", "raw": b"content", "res_model": "account.move", "res_id": cls.bill.id}
        )
        cls.bill.with_user(cls.finance).action_post()
        cls.other = cls._create_bill()
        cls.other.with_user(cls.contributor).action_submit()
        cls.other = cls.other.sudo()

    def setUp(self):
        super().setUp()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def _make(self, moves=None, user=None, **vals):
        """A pack as bytes, made by its wizard."""
        vals = {"company_id": self.company.id, "move_ids": [Command.set(moves.ids if moves else [])], **vals}
        wizard = self.env["account.validation.pack.wizard"].with_user(user or self.auditor).create(vals)
        wizard.action_make()
        content = base64.b64decode(wizard.archive)
        self.assertEqual(hashlib.sha256(content).hexdigest(), wizard.digest)
        return content

    def _unpack(self, content):
        """{name: bytes} of the files of a pack."""
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    def _pack(self, files):
        """A pack with these files and a manifest that fits them, as a forger would make it."""
        manifest = json.loads(files["manifest.json"])
        manifest["files"] = {
            name: hashlib.sha256(content).hexdigest() for name, content in files.items() if name != "manifest.json"
        }
        manifest["requests"] = [n for n in manifest["requests"] if f"requests/{n}.json" in files]
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in {**files, "manifest.json": json.dumps(manifest).encode()}.items():
                archive.writestr(name, content)
        return buffer.getvalue()

    def _run(self, content, *arguments):
        """Run the verifier of the pack as a program of its own, without Odoo in its path; (exit code, output)."""
        path = self.folder / "pack.zip"
        path.write_bytes(content)
        program = self.folder / "verify.py"
        program.write_bytes(self._unpack(content).get("verify.py", b""))
        result = subprocess.run(
            [sys.executable, "-I", program, path, *arguments], capture_output=True, timeout=60, check=False, cwd="/"
        )
        self.assertFalse(result.stderr, result.stderr.decode())
        return result.returncode, result.stdout.decode()

    def _edit(self, name, change):
        """Change one JSON file of a pack of everything; return the forged pack."""
        files = self._unpack(self._make())
        content = json.loads(files[name])
        change(content)
        return self._pack({**files, name: json.dumps(content).encode()})

    def assertIntact(self, content, *arguments):
        code, output = self._run(content, *arguments)
        self.assertEqual(code, 0, output)
        return output

    def assertBroken(self, content, *words):
        code, output = self._run(content)
        self.assertEqual(code, 1, output)
        for word in words:
            self.assertIn(word, output)

    # ---- what is in it

    def test_a_pack_holds_the_whole_story(self):
        self._seal()
        files = self._unpack(self._make(self.bill))
        first, last = self.bill.validation_request_ids.sorted("id")
        expected = {"README.txt", "manifest.json", "verify.py", "decisions.csv", "policies.json", "seals.json"}
        expected |= {"changes.csv", f"changes/{self.bill.id}.json"}
        expected |= {f"invoices/{self.bill.id}.json", f"trees/{self.company.id}-1.json"}
        expected |= {f"requests/{request.id}.json" for request in first | last}
        self.assertEqual(set(files), expected)
        request = json.loads(files[f"requests/{last.id}.json"])
        self.assertEqual(
            [event["type"] for event in request["events"]], last.event_ids.sorted("sequence").mapped("type")
        )
        self.assertEqual((request["snapshot"], request["plan"]), (last.snapshot, last.plan))
        self.assertEqual(request["policy"], "Marketing bills")
        self.assertIn("Manager of Marketing", request["steps"][0]["why"])
        self.assertEqual(request["steps"][0]["voters"], self.manager.ids)
        self.assertEqual(files["verify.py"], Path(VERIFIER).read_bytes())
        self.assertEqual([policy["name"] for policy in json.loads(files["policies.json"])], ["Marketing bills"])

    def test_differences_between_submissions_are_readable(self):
        files = self._unpack(self._make(self.bill))
        [difference] = json.loads(files[f"invoices/{self.bill.id}.json"])["differences"]
        changes = {change["label"]: (change["before"], change["after"]) for change in difference["changes"]}
        self.assertEqual(changes["Line 1, Quantity"], ("1.000000", "2.000000"))
        self.assertEqual(changes["Total"], ("1000.00", "2000.00"))
        self.assertEqual(changes["Instalments"], ("2026-01-15 -1000.00", "2026-01-15 -2000.00"))
        self.assertNotIn("Tax entries", changes)

    def test_decisions_are_a_table_without_formulas(self):
        table = list(csv.DictReader(io.StringIO(self._unpack(self._make(self.bill))["decisions.csv"].decode())))
        self.assertEqual(
            [(row["decision"], row["person"], row["comment"]) for row in table],
            [
                ("submitted", "Contributor", "please"),
                ("returned", "Manager", "the quantity is wrong"),
                ("submitted", "Contributor", ""),
                ("approved", "Manager", "'+1"),
                ("approved", "Controller", ""),
            ],
        )

    def test_attachments_are_hashes_unless_the_files_are_asked_for(self):
        files = self._unpack(self._make(self.bill))
        [attachment] = json.loads(files[f"invoices/{self.bill.id}.json"])["attachments"]
        self.assertEqual(attachment["sha256"], hashlib.sha256(b"content").hexdigest())
        self.assertEqual((attachment["name"], attachment["size"]), ("../bill.txt", 7))
        self.assertFalse([name for name in files if name.startswith("files/")])
        content = self._make(self.bill, with_files=True)
        name = f"files/{self.bill.id}/{self.file.id}-.._bill.txt"
        self.assertEqual(self._unpack(content)[name], b"content")
        self.assertIntact(content)
        self.assertBroken(self._pack({**self._unpack(content), name: b"other"}), "is not what its hash says")

    def test_the_same_records_make_the_same_bytes(self):
        self._seal()
        self.assertEqual(self._make(), self._make())

    def test_a_period_takes_whole_invoices(self):
        self._sql(
            "UPDATE account_validation_request SET submitted_at = '2020-01-01' WHERE id = %s",
            min(self.bill.validation_request_ids.ids),
        )
        manifest = json.loads(self._unpack(self._make(date_from="2019-12-31", date_to="2020-01-01"))["manifest.json"])
        self.assertEqual(manifest["invoices"], self.bill.ids)
        self.assertEqual(manifest["requests"], self.bill.validation_request_ids.sorted("id").ids)

    def test_too_many_readable_pdfs_for_one_pack_are_refused(self):
        with patch.object(account_validation_pack, "MAX_PDFS", 0):
            self.assertRefused(UserError, "leave the PDFs out", self._make, with_pdf=True)
            self._make()

    def test_too_much_for_one_pack_is_refused(self):
        with patch.object(account_validation_pack, "MAX_REQUESTS", 2):
            self.assertRefused(UserError, "too many for one pack", self._make)
            self._give_role(self.administrator, self.logistics, "reader")
            mine = self._create_move(self.finance, self.logistics)
            self._create_policy(
                "Logistics",
                self._level(approver_type="user", user_ids=self.controller.ids),
                department_ids=self.logistics.ids,
            )
            self._submit(mine, self.finance)
            manifest = json.loads(self._unpack(self._make(None, self.administrator))["manifest.json"])
        self.assertEqual(manifest["invoices"], mine.ids)

    def test_the_pdf_of_each_invoice_is_in_it_when_asked_for(self):
        files = self._unpack(self._make(self.bill, with_pdf=True))
        trail = files[f"pdf/{self.bill.id}.pdf"].decode()  # a page in tests, where nothing is printed
        self.assertIn(self.bill.validation_request_id.fingerprint, trail)

    # ---- who makes one

    def test_making_a_pack_is_recorded(self):
        content = self._make(self.bill)
        pack = self.env["account.validation.pack"].sudo().search([("user_id", "=", self.auditor.id)])
        self.assertEqual((pack.invoice_count, pack.request_count, pack.company_id), (1, 2, self.company))
        self.assertEqual(pack.digest, hashlib.sha256(content).hexdigest())

    def test_only_auditors_and_administrators_make_packs(self):
        packs = self.env["account.validation.pack"]
        for user in (self.reader, self.contributor, self.manager, self.finance):
            self.assertRefused(AccessError, "", self._make, self.bill, user)
            self.assertRefused(
                AccessError, "Only auditors", packs.with_user(user)._make, {"company_ids": self.company.ids}
            )

    def test_a_pack_holds_only_invoices_that_its_maker_may_read(self):
        self.assertRefused(AccessError, "", self._make, self.bill, self.administrator)
        self.assertRefused(UserError, "No invoice that you may read", self._make, None, self.administrator)
        self._give_role(self.administrator, self.logistics, "reader")
        mine = self._create_bill(self.finance, self.logistics)
        self._create_policy(
            "Logistics",
            self._level(approver_type="user", user_ids=self.controller.ids),
            department_ids=self.logistics.ids,
        )
        self._submit(mine, self.finance)
        self._seal()
        content = self._make(None, self.administrator)
        files = self._unpack(content)
        self.assertEqual(json.loads(files["manifest.json"])["invoices"], mine.ids)
        [(_name, tree)] = [(name, json.loads(text)) for name, text in files.items() if name.startswith("trees/")]
        self.assertEqual([leaf[1] for leaf in verify.shown_leaves(tree)], mine.ids)
        self.assertIntact(content)

    # ---- the verifier

    def test_an_intact_pack_is_intact(self):
        self._seal()
        self._approve(self.other, self.manager)
        seal = self._seal()
        for content in (self._make(), self._make(self.bill), self._make(self.other)):
            self.assertIn(seal.hash, self.assertIntact(content, "--seal", seal.hash))
        content = self._make()
        self.assertIntact(content, "--digest", hashlib.sha256(content).hexdigest())
        self.assertEqual(self._run(content, "--digest", "0" * 64)[0], 1)
        self.assertEqual(self._run(content, "--seal", "0" * 64)[0], 1)

    def test_an_unpacked_pack_is_verified_where_it_lies(self):
        with zipfile.ZipFile(io.BytesIO(self._make())) as archive:
            archive.extractall(self.folder)
        program = [sys.executable, "-I", self.folder / "verify.py"]
        self.assertEqual(subprocess.run(program, capture_output=True, check=False, cwd="/").returncode, 0)
        (self.folder / "README.txt").write_text("other")
        result = subprocess.run(program, capture_output=True, check=False, cwd="/")
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"README.txt was changed", result.stdout)

    def test_a_changed_file_is_found(self):
        files = self._unpack(self._make())
        files["decisions.csv"] += b"one more"
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        self.assertBroken(buffer.getvalue(), "decisions.csv was changed")

    def _request_file(self):
        return f"requests/{self.bill.validation_request_id.id}.json"

    def test_a_changed_event_is_found(self):
        def change(request):
            request["events"][2]["comment"] = "I never said so"

        self.assertBroken(self._edit(self._request_file(), change), "event 3 (approved, Manager)")

    def test_a_changed_snapshot_is_found(self):
        def change(request):
            request["snapshot"] = request["snapshot"].replace("2000.00", "9000.00")

        self.assertBroken(self._edit(self._request_file(), change), "the snapshot is not what its fingerprint says")

    def test_a_changed_snapshot_with_a_new_fingerprint_is_found(self):
        def change(request):
            request["snapshot"] = request["snapshot"].replace("2000.00", "9000.00")
            request["fingerprint"] = verify.sha256(request["snapshot"])

        self.assertBroken(self._edit(self._request_file(), change), "recorded another fingerprint")

    def test_a_changed_plan_decision_state_and_content_are_found(self):
        def plan(request):
            request["plan"] = request["plan"].replace("Marketing", "Other")

        def voter(request):
            request["steps"][0]["voters"] = [1]

        def state(request):
            request["state"] = "rejected"

        def content(invoice):
            invoice["content"]["amount_total"] = "9000.00"

        request, invoice = self._request_file(), f"invoices/{self.bill.id}.json"
        self.assertBroken(self._edit(request, plan), "the plan (policy and steps)")
        self.assertBroken(self._edit(request, voter), "counts other people")
        self.assertBroken(self._edit(request, state), "its state “rejected”")
        self.assertBroken(self._edit(invoice, content), "the posted content is not what was approved: amount_total")

    def test_a_removed_event_is_found(self):
        def middle(request):
            del request["events"][2]

        def end(request):
            del request["events"][-1]

        self.assertBroken(self._edit(self._request_file(), middle), "event 3 is missing")
        self._seal()
        self.assertBroken(self._edit(self._request_file(), end), "is not the one that was sealed")

    def test_reordered_events_are_found(self):
        def swap(request):
            request["events"][1:3] = request["events"][2:0:-1]

        def renumber(request):
            swap(request)
            for position, event in enumerate(request["events"], start=1):
                event["sequence"] = position

        self.assertBroken(self._edit(self._request_file(), swap), "the events are not in their order")
        self.assertBroken(self._edit(self._request_file(), renumber), "event 2 does not follow")

    def test_a_rewritten_chain_is_found_by_its_seal(self):
        def change(request):
            request["events"][2]["comment"] = "I never said so"
            previous = ""
            for event in request["events"]:
                event["previous_hash"] = previous
                previous = event["hash"] = verify.chained_hash(previous, verify.event_payload(event))

        self.assertIntact(self._edit(self._request_file(), change))  # without a seal nobody can tell
        self._seal()
        self.assertBroken(self._edit(self._request_file(), change), "is not the one that was sealed")

    def test_a_removed_chain_is_found(self):
        self._seal()
        files = self._unpack(self._make())
        del files[self._request_file()]
        self.assertBroken(self._pack(files), "was removed from the pack")
        invoice = json.loads(files[f"invoices/{self.bill.id}.json"])
        invoice["requests"] = invoice["requests"][:1]
        files[f"invoices/{self.bill.id}.json"] = json.dumps(invoice).encode()
        self.assertBroken(self._pack(files), "Seal 1", "which was removed from the pack")

    def test_a_chain_removed_from_the_database_is_found(self):
        self._seal()
        self._remove(self.other.validation_request_id)
        self.assertBroken(self._make(), f"of invoice no. {self.other.id}, which was removed")

    def test_changed_and_removed_seals_are_found(self):
        self._seal()
        self._approve(self.other, self.manager)
        self._seal()
        company = str(self.company.id)

        def change(seals):
            seals[company][0]["date"] = "2020-01-01 00:00:00"

        def remove(seals):
            del seals[company][0]

        self.assertBroken(self._edit("seals.json", change), "seal 1 is missing, was replaced or was changed")
        self.assertBroken(self._edit("seals.json", remove), "seal 1 is missing, was replaced or was changed")
        files = self._unpack(self._make())
        files[f"trees/{company}-1.json"] = b'"' + b"0" * 64 + b'"'
        self.assertBroken(self._pack(files), "is not what its root says")

    def test_a_pack_that_cannot_be_read_is_broken(self):
        code, output = self._run(self._pack({**self._unpack(self._make()), "seals.json": b"{"}))
        self.assertEqual(code, 1)
        self.assertIn("cannot be read", output)
        self.assertEqual(verify.main([str(self.folder / "nothing.zip")]), 1)

    def test_an_added_file_and_a_file_twice_are_found(self):
        files = self._unpack(self._make())
        buffer = io.BytesIO()
        with self.assertWarns(UserWarning), zipfile.ZipFile(buffer, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
            archive.writestr("README.txt", "other")
        self.assertBroken(buffer.getvalue(), "have the same name")
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in {**files, "more.txt": b""}.items():
                archive.writestr(name, content)
        self.assertBroken(buffer.getvalue(), "more.txt is not in the manifest")
