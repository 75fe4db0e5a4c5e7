from odoo import api, models
from odoo.tools import format_datetime


class ReportValidationTrail(models.AbstractModel):
    """The trail of an invoice on paper: what was submitted, who was asked and why, who decided, and the proofs."""

    _name = "report.facturation_collab.report_validation_trail"
    _description = "Trail of the validation of an invoice"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Refuse whoever may not make audit packs or read one of the invoices; elevated afterwards, to name people."""
        self.env["account.validation.pack"]._check_reader()
        moves = self.env["account.move"].browse(docids)
        moves.check_access("read")
        return {
            "doc_ids": docids,
            "doc_model": "account.move",
            "docs": moves.sudo(),
            "get_trail": self._get_trail,
            "get_title": lambda move: move._get_validation_title(),
            "get_reason": lambda step: step._get_reason_text(),
            "get_label": lambda event: event._get_label(),
            "get_seal_text": self._get_seal_text,
        }

    @api.model
    def _get_seal_text(self, leaf):
        return self.env._(
            "Sealed up to event %(event)s, by seal %(seal)s of %(date)s:",
            event=leaf.event_sequence,
            seal=leaf.seal_id.sequence,
            date=format_datetime(self.env, leaf.seal_id.date),
        )

    @api.model
    def _get_trail(self, move):
        """Return the requests of an invoice by age, with what changed since the one before and its seals."""
        requests = move.validation_request_ids.sorted("id")
        wording = self.env["account.validation.wording"]
        leaves = self.env["account.validation.seal.leaf"].sudo().search([("request_ref", "in", requests.ids)])
        befores = [None, *requests][:-1]
        return [
            {
                "request": request,
                "differences": wording._describe_differences(before, request) if before else [],
                "leaves": leaves.filtered(lambda leaf, request=request: leaf.request_ref == request.id),
                "policy": (request.match_reason or {}).get("policy") or request.policy_id.name,
            }
            for before, request in zip(befores, requests, strict=True)
        ]
