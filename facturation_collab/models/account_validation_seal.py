import logging
from datetime import timedelta
from zlib import crc32

from psycopg2.errors import UniqueViolation

from odoo import Command, api, fields, models

from .. import chains

_logger = logging.getLogger(__name__)

LEAVES_PER_SEAL = 5000
"""A seal over more chains is several seals in a row: each is one short transaction."""
OVERLAP = timedelta(days=2)
"""How far back a seal looks again for events that were committed late: longer than any transaction lasts."""
ADVISORY_LOCK = crc32(b"account.validation.seal") - 2**31
"""First key of the lock that keeps two nodes from making one seal; the second is the company."""


class AccountValidationSeal(models.Model):
    """What the chains of a company's requests looked like at a moment, chained to the seal before.

    Covers every chain that has grown since it was last sealed, by a Merkle root over (request, invoice, last event,
    its hash). Making one only reads requests and events, so that no decision waits for it.
    """

    _name = "account.validation.seal"
    _inherit = "account.validation.record"
    _description = "Validation seal"
    _order = "company_id, sequence desc"
    _rec_name = "sequence"

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    sequence = fields.Integer(string="No.", required=True, readonly=True, help="Position among the company's seals.")
    date_from = fields.Datetime(string="Seal before", readonly=True, help="When the seal before was made.")
    date = fields.Datetime(string="Sealed on", required=True, readonly=True)
    watermark = fields.Integer(readonly=True, help="The last event that later seals need not look at again.")
    leaf_count = fields.Integer(string="Validations", readonly=True, help="How many validations this seal covers.")
    root = fields.Char(required=True, readonly=True, help="Merkle root over the sealed validations (RFC 6962).")
    previous_hash = fields.Char(readonly=True)
    hash = fields.Char(
        required=True, readonly=True, help="Keep it outside this database: it proves later that nothing changed."
    )
    leaf_ids = fields.One2many("account.validation.seal.leaf", "seal_id", string="Sealed validations", readonly=True)

    _company_sequence_unique = models.Constraint(
        "UNIQUE(company_id, sequence)", "Another seal was made for this company at the same moment."
    )

    @api.model
    def _cron_seal(self):
        """Seal every company whose validations moved on, slice by slice; several nodes share the work."""
        companies = self._get_companies()
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(companies))
        for company in companies:
            seal = self._seal(company)
            while seal and seal.leaf_count == LEAVES_PER_SEAL:
                if not cron._commit_progress():
                    return
                seal = self._seal(company)
            if not cron._commit_progress(1):
                return

    @api.model
    def _get_companies(self):
        """Return the companies that have requests, in one query."""
        self.env.cr.execute(
            """SELECT id FROM res_company AS company WHERE EXISTS (
                   SELECT FROM account_validation_request WHERE company_id = company.id) ORDER BY id"""
        )
        return self.env["res.company"].browse(company_id for [company_id] in self.env.cr.fetchall())

    @api.model
    def _seal(self, company):
        """Make the next seal of a company over the chains that have grown, at most `LEAVES_PER_SEAL` of them.

        :returns: the seal; none when nothing has grown, or while another node makes one
        """
        self.env.flush_all()
        self.env.cr.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [ADVISORY_LOCK, company.id])
        if not self.env.cr.fetchone()[0]:
            return self.browse()
        start, end = self._get_range(company)
        leaves = self._get_unsealed(company, start)
        if not leaves:
            return self.browse()
        vals = self._prepare_vals(company, leaves, start if len(leaves) == LEAVES_PER_SEAL else end)
        try:
            with self.env.cr.savepoint():
                seal = self._engine().create(vals)
        except UniqueViolation:
            # The other node's seal was committed after this transaction had begun, and cannot be seen here.
            return self.browse()
        _logger.info(
            "Seal %s of company %s over %s validations: %s", seal.sequence, company.id, seal.leaf_count, seal.hash
        )
        return seal.sudo(False).with_env(self.env)

    @api.model
    def _get_range(self, company):
        """Return after which event a seal made now must look, and after which one a later seal need not look back."""
        self.env.cr.execute(
            """SELECT (SELECT max(watermark) FROM account_validation_seal WHERE company_id = %s AND date < %s),
                      (SELECT max(id) FROM account_validation_event)""",
            [company.id, fields.Datetime.now() - OVERLAP],
        )
        start, end = self.env.cr.fetchone()
        return start or 0, end or 0

    @api.model
    def _get_unsealed(self, company, start):
        """Return the chains with an event after `start` whose head is not sealed: [request, invoice, sequence, hash].

        Plain reading: it neither locks nor waits.
        """
        self.env.cr.execute(
            """SELECT moved.id, moved.move_id, head.sequence, head.hash
               FROM (SELECT DISTINCT request.id, request.move_id
                     FROM account_validation_event AS event
                     JOIN account_validation_request AS request ON request.id = event.request_id
                     WHERE event.id > %(start)s AND request.company_id = %(company)s) AS moved
               JOIN LATERAL (SELECT sequence, hash FROM account_validation_event WHERE request_id = moved.id
                             ORDER BY sequence DESC LIMIT 1) AS head ON TRUE
               WHERE NOT EXISTS (SELECT FROM account_validation_seal_leaf AS leaf
                                 WHERE leaf.request_ref = moved.id AND leaf.event_sequence >= head.sequence)
               ORDER BY moved.id LIMIT %(limit)s""",
            {"start": start, "company": company.id, "limit": LEAVES_PER_SEAL},
        )
        return [list(row) for row in self.env.cr.fetchall()]

    @api.model
    def _prepare_vals(self, company, leaves, watermark):
        """Return the values of the next seal of a company over these leaves."""
        last = self.sudo().search([("company_id", "=", company.id)], order="sequence desc", limit=1)
        vals = {
            "company_id": company.id,
            "sequence": last.sequence + 1,
            "date_from": last.date,
            "date": fields.Datetime.now(),
            "watermark": watermark,
            "leaf_count": len(leaves),
            "root": chains.merkle_root([chains.leaf_hash(leaf) for leaf in leaves]),
            "previous_hash": last.hash or "",
        }
        names = self.env["account.validation.seal.leaf"]._leaf_fields
        return {
            **vals,
            "hash": chains.chained_hash(vals["previous_hash"], self._get_payload(vals)),
            "leaf_ids": [
                Command.create({"position": position, **dict(zip(names, leaf, strict=True))})
                for position, leaf in enumerate(leaves)
            ],
        }

    @api.model
    def _get_payload(self, vals):
        """Return what the hash of a seal covers, from its values."""
        dates = {name: fields.Datetime.to_string(vals[name]) for name in ("date_from", "date")}
        return chains.seal_payload({**vals, **dates})

    def _get_own_payload(self):
        """Return what the hash of this seal covers, from what is stored now."""
        self.ensure_one()
        names = ("sequence", "date_from", "date", "watermark", "leaf_count", "root")
        return self._get_payload({**{name: self[name] for name in names}, "company_id": self.company_id.id})
