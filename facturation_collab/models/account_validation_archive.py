import csv
import hashlib
import io
import json
import zipfile

from odoo import api, fields, models
from odoo.tools import file_open

from .. import lifecycle

VERIFIER = "facturation_collab/audit/verify.py"
README = """This is an audit pack: what happened to the validation of one or several invoices.

manifest.json   what the pack is about, and the SHA-256 of every file
invoices/       each invoice as it is now, its attachments' hashes, and what changed from one submission to the next
changes/        what became of each invoice, version by version: who, when, through what, each value before and after
changes.csv     the same, one changed value a line
requests/       each validation: what was submitted, the policy and the steps as they were, who decided, every event
decisions.csv   all decisions, one a line
policies.json   the policies as they are now, for reference
seals.json      the seals of each company, each chained to the one before
trees/          what each seal covers; validations that are not in this pack appear only as a hash
verify.py       checks all of it, offline: python3 verify.py pack.zip

Times are in UTC.
"""
TOLD = ("submitted", *lifecycle.OUTCOME_STATE.values(), "returned_to", "auto_approved", "cancelled")
"""Types of events that the list of decisions tells."""
HEADER = ["invoice", "validation", "level", "date", "decision", "person", "login", "comment", "for"]


class AccountValidationArchive(models.AbstractModel):
    """Writes an audit pack: a ZIP whose content depends on nothing but the records, byte by byte."""

    _name = "account.validation.archive"
    _description = "Content of an audit pack"

    @api.model
    def _build(self, moves, requests, scope, with_files=False, with_pdf=False):
        """Return an audit pack as bytes.

        Elevated: the caller has checked that the present user may read these invoices.

        :param scope: as for `account.validation.verifier`
        """
        moves, requests = moves.sudo().sorted("id"), requests.sudo().sorted("id")
        buffer, digests = io.BytesIO(), {}
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self._get_files(moves, requests, scope, with_files, with_pdf):
                digests[name] = hashlib.sha256(content).hexdigest()
                _write(archive, name, content)
            manifest = self._get_manifest(moves, requests, scope)
            _write(archive, "manifest.json", _dump({**manifest, "files": digests}))
        return buffer.getvalue()

    @api.model
    def _get_manifest(self, moves, requests, scope):
        """Return what the pack is about. No time and no user: the same records make the same bytes."""
        companies = self.env["res.company"].sudo().browse(scope["company_ids"])
        return {
            "format": 1,
            "scope": scope,
            "companies": {company.id: company.name for company in companies},
            "invoices": moves.ids,
            "requests": requests.ids,
        }

    @api.model
    def _get_files(self, moves, requests, scope, with_files, with_pdf):
        """Yield (name, bytes) of every file but the manifest."""
        yield "README.txt", README.encode()
        with file_open(VERIFIER, "rb") as verifier:
            yield "verify.py", verifier.read()
        attachments = self._get_attachments(moves).grouped("res_id")
        for move in moves:
            files = attachments.get(move.id, self.env["ir.attachment"])
            yield f"invoices/{move.id}.json", _dump(self._get_invoice(move, files, with_files))
            if with_files:
                yield from ((_get_file_name(file), file.raw or b"") for file in files)
            if with_pdf:
                yield f"pdf/{move.id}.pdf", self._get_pdf(move)
        for request in requests:
            yield f"requests/{request.id}.json", _dump(self._get_request(request))
        yield "decisions.csv", self._get_decisions(requests)
        yield from self.env["account.validation.archive.changes"]._get_files(moves)
        yield "policies.json", _dump([self._get_policy(policy) for policy in requests.policy_id.sorted("id")])
        yield from self._get_seal_files(requests, scope)

    # Invoices

    @api.model
    def _get_invoice(self, move, attachments, with_files):
        """Return an invoice as it is now, and what changed from one of its requests to the next."""
        requests = move.validation_request_ids.sorted("id")
        wording = self.env["account.validation.wording"]
        return {
            "id": move.id,
            "name": move._get_validation_title(),
            "number": move.name,
            "type": move.move_type,
            "state": move.state,
            "company": move.company_id.name,
            "content": move._get_snapshot(),
            "requests": requests.ids,
            "differences": [
                {"from": old.id, "to": new.id, "changes": wording._describe_differences(old, new)}
                for old, new in zip(requests, requests[1:], strict=False)
            ],
            "attachments": [_get_attachment(attachment, with_files) for attachment in attachments],
        }

    @api.model
    def _get_attachments(self, moves):
        """Return the files attached to invoices, those of their fields too."""
        return (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", "account.move"),
                    ("res_id", "in", moves.ids),
                    ("type", "=", "binary"),
                    "|",
                    ("res_field", "=", False),
                    ("res_field", "!=", False),
                ],
                order="id",
            )
        )

    @api.model
    def _get_pdf(self, move):
        report = "facturation_collab.account_validation_trail_report"
        return self.env["ir.actions.report"].sudo(False)._render_qweb_pdf(report, move.ids)[0]

    # Requests

    @api.model
    def _get_request(self, request):
        """Return a request with its steps and events, as plain values."""
        names = ("id", "mode", "state", "amount", "fingerprint", "snapshot", "plan", "match_reason", "on_change")
        dates = ("submitted_at", "closed_at")
        return {
            **{name: request[name] for name in names},
            **{name: fields.Datetime.to_string(request[name]) or None for name in dates},
            "move_id": request.move_id.id,
            "invoice": request.move_id._get_validation_title(),
            "company_id": request.company_id.id,
            "policy": (request.match_reason or {}).get("policy") or request.policy_id.name,
            "policy_version": request.policy_version_id.number or None,
            "submitter": _get_person(request.submitter_id),
            "steps": [self._get_step(step) for step in request.step_ids.sorted(lambda step: (step.sequence, step.id))],
            "events": [self._get_event(event) for event in request.event_ids.sorted("sequence")],
        }

    @api.model
    def _get_step(self, step):
        names = ("id", "sequence", "name", "state", "quorum_required", "comment_required", "deadline_hours", "reason")
        names += ("facets", "tolerance_percent", "tolerance_amount", "authentication", "carried", "share", "refused")
        dates = ("opened_at", "deadline", "decided_at")
        return {
            **{name: step[name] for name in names},
            **{name: fields.Datetime.to_string(step[name]) or None for name in dates},
            "why": step._get_reason_text(),
            "approvers": [_get_person(user) for user in step.approver_ids.sorted("id")],
            "voters": step.voter_ids.sorted("id").ids,
            "represented": step.represented_ids.sorted("id").ids,
            "level_id": step.level_id.id,
            "previous_step_id": step.previous_step_id.id,
            "supersedes_id": step.supersedes_id.id,
        }

    @api.model
    def _get_event(self, event):
        values = {**event._get_payload(event._get_hashed_values()), "id": event.id}
        chain = {"previous_hash": event.previous_hash or "", "hash": event.hash, "version": event.version or 1}
        return {**values, **chain, "user": event.user_id.name}

    @api.model
    def _get_decisions(self, requests):
        """Return a table of all decisions, one a line, as CSV."""
        text = io.StringIO()
        table = csv.writer(text)
        table.writerow(HEADER)
        for request in requests:
            for event in request.event_ids.sorted("sequence"):
                if event.type in TOLD:
                    row = [request.move_id._get_validation_title(), request.id, event.step_id.name]
                    row += [fields.Datetime.to_string(event.date), event.type]
                    row += [event.user_id.name, event.user_id.login, event.comment, event._get_place().name]
                    table.writerow([_get_cell(value) for value in row])
        return text.getvalue().encode()

    @api.model
    def _get_policy(self, policy):
        """Return a policy as it is now."""
        levels = [
            {
                "name": level.name,
                "sequence": level.sequence,
                "quorum": level.quorum,
                "quorum_count": level.quorum_count,
                "amount_min": level.amount_min,
                "amount_max": level.amount_max,
                **self.env["account.validation.wording"]._get_level_values(level),
            }
            for level in policy.level_ids.sorted(lambda level: (level.sequence, level.id))
        ]
        names = ("id", "name", "mode", "active", "separation_of_duties", "distinct_approvers", "summary")
        return {**{name: policy[name] for name in names}, "levels": levels}


def _write(archive, name, content):
    """Add a file to a ZIP, always with the same time and rights."""
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
    archive.writestr(info, content)


def _dump(content):
    return (json.dumps(content, sort_keys=True, ensure_ascii=False, indent=1) + "\n").encode()


def _get_person(user):
    return {"id": user.id, "name": user.name, "login": user.login}


def _get_attachment(attachment, with_files):
    """Return what identifies a file: name, size, kind and SHA-256 of its content."""
    content = attachment.raw or b""
    values = {
        "id": attachment.id,
        "name": attachment.name,
        "mimetype": attachment.mimetype,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "attached_on": fields.Datetime.to_string(attachment.create_date),
        "attached_by": attachment.create_uid.name,
    }
    return {**values, "file": _get_file_name(attachment)} if with_files else values


def _get_file_name(attachment):
    """Return the name of an attachment's file in the pack: no part of it leads out of its folder."""
    name = "".join(char if char.isalnum() or char in "-_. " else "_" for char in attachment.name)
    return f"files/{attachment.res_id}/{attachment.id}-{name}"


def _get_cell(value):
    """Return a value for a table: a text that a spreadsheet would take for a formula gets a quote in front."""
    text = "" if value in (None, False) else str(value)
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text
