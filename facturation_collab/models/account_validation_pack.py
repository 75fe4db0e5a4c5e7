import hashlib

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

MAX_REQUESTS = 3000
"""Validations of one pack: what a worker writes well within its time limit."""
MAX_PDFS = 60
"""Readable PDFs of one pack: each takes about a second, and a worker has two minutes."""
READERS = ("facturation_collab.group_auditor", "facturation_collab.group_administrator")


class AccountValidationPack(models.Model):
    """Record of an audit pack that somebody made: over what, and its SHA-256, so that it can be recognised later."""

    _name = "account.validation.pack"
    _inherit = "account.validation.record"
    _description = "Audit pack"
    _order = "id desc"
    _rec_name = "digest"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    user_id = fields.Many2one("res.users", string="Made by", required=True, readonly=True, ondelete="restrict")
    date = fields.Datetime(string="Made on", required=True, readonly=True)
    date_from = fields.Date(string="From", readonly=True)
    date_to = fields.Date(string="To", readonly=True)
    invoice_count = fields.Integer(string="Invoices", readonly=True)
    request_count = fields.Integer(string="Validations", readonly=True)
    with_files = fields.Boolean(string="With the attached files", readonly=True)
    digest = fields.Char(string="SHA-256", required=True, readonly=True, help="SHA-256 of the ZIP file.")

    @api.model
    def _check_reader(self):
        """:raises AccessError: when the present user is neither an auditor nor an administrator of this app"""
        if not any(self.env.user.has_group(group) for group in READERS):
            raise AccessError(
                self.env._(
                    "Only auditors and administrators of collaborative invoicing verify validations and make "
                    "audit packs. Ask one of them."
                )
            )

    @api.model
    def _make(self, scope, with_files=False, with_pdf=False):
        """Make an audit pack over the invoices of a scope that the present user may read, and record it.

        :param scope: as for `account.validation.verifier`
        :returns: (record, bytes of the ZIP)
        :raises AccessError: for whoever is neither auditor nor administrator
        :raises UserError: when there is nothing in it, or too much
        """
        self._check_reader()
        moves = self._get_moves(scope)
        requests = moves.sudo().validation_request_ids
        if not requests:
            raise UserError(self.env._("No invoice that you may read was submitted there: choose another period."))
        if len(requests) > MAX_REQUESTS:
            raise UserError(
                self.env._("That is %s validations, too many for one pack: choose a shorter period.", len(requests))
            )
        if with_pdf and len(moves) > MAX_PDFS:
            raise UserError(
                self.env._(
                    "That is %(count)s invoices, and a pack holds the readable PDFs of %(limit)s at most: choose a "
                    "shorter period, or leave the PDFs out. “Print > Trail of the validation” makes them for the "
                    "invoices that you select.",
                    count=len(moves),
                    limit=MAX_PDFS,
                )
            )
        content = self.env["account.validation.archive"]._build(moves, requests, scope, with_files, with_pdf)
        values = {
            "company_id": scope["company_ids"][0],
            "user_id": self.env.uid,
            "date": fields.Datetime.now(),
            "date_from": scope.get("date_from"),
            "date_to": scope.get("date_to"),
            "invoice_count": len(moves),
            "request_count": len(requests),
            "with_files": with_files,
            "digest": hashlib.sha256(content).hexdigest(),
        }
        return self._engine().create(values).sudo(False).with_env(self.env), content

    @api.model
    def _get_moves(self, scope):
        """Return the invoices of a scope that were submitted and that the present user may read."""
        domain = self.env["account.validation.verifier"]._get_request_domain(scope)
        submitted = Domain("validation_request_ids", "any!", domain)
        # One more than a pack may hold, so that too many shows.
        moves = self.env["account.move"].with_context(allowed_company_ids=scope["company_ids"])
        return moves.search(submitted, order="id", limit=MAX_REQUESTS + 1).with_env(self.env)
