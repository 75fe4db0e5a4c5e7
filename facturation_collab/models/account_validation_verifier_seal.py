from odoo import api, fields, models
from odoo.fields import Domain

from .. import chains
from .account_validation_seal import OVERLAP
from .account_validation_verifier import BATCH

SEALS = 20
"""Seals of one batch: each has up to thousands of leaves."""
STAGES = ("requests", "seals", "chain")


class AccountValidationVerifier(models.AbstractModel):
    """Seals: what they say is there, is what it was, and they are all there. And the way through a long run."""

    _inherit = "account.validation.verifier"

    # A run, batch by batch

    @api.model
    def _run(self, scope, position=None):
        """Verify one batch of a scope.

        :param scope: {"company_ids": ids, "date_from": text or False, "date_to": text or False, "move_ids": ids or
            False}; dates are days, of submission and of sealing
        :param position: where the last batch ended, as returned; None to begin
        :returns: (breaks, position to go on from or None, numbers: {"requests", "seals", "unsealed"} of this batch)
        """
        stage, after = position or (STAGES[0], 0)
        if stage == "chain":
            companies = self._get_sealed_companies(scope)
            return [found for company in companies for found in self._verify_seal_chain(company)], None, {}
        model, domain, size = {
            "requests": ("account.validation.request", self._get_request_domain(scope), BATCH),
            "seals": ("account.validation.seal", self._get_seal_domain(scope), SEALS),
        }[stage]
        records = self.env[model].sudo().search(domain & Domain("id", ">", after), order="id", limit=size)
        verify = self._verify_requests if stage == "requests" else self._verify_seals
        breaks = verify(records) if records else []
        counts = {stage: len(records)}
        if stage == "requests":
            counts["unsealed"] = self._count_unsealed(records)
        if len(records) == size:
            return breaks, (stage, records[-1:].id), counts
        return breaks, (STAGES[STAGES.index(stage) + 1], 0), counts

    @api.model
    def _count(self, scope):
        """Return how many requests and seals a scope has."""
        return self.env["account.validation.request"].sudo().search_count(self._get_request_domain(scope)) + self.env[
            "account.validation.seal"
        ].sudo().search_count(self._get_seal_domain(scope))

    @api.model
    def _count_unsealed(self, requests):
        """Return how many requests have an event that no seal covers yet. One query."""
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT count(*) FROM (SELECT request_id, max(sequence) AS sequence FROM account_validation_event
                                     WHERE request_id = ANY(%s) GROUP BY request_id) AS head
               WHERE NOT EXISTS (SELECT FROM account_validation_seal_leaf AS leaf
                                 WHERE leaf.request_ref = head.request_id AND leaf.event_sequence >= head.sequence)""",
            [requests.ids],
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _get_request_domain(self, scope):
        domain = Domain("company_id", "in", scope["company_ids"])
        if scope.get("move_ids"):
            return domain & Domain("move_id", "in", scope["move_ids"])
        if scope.get("date_from"):
            domain &= Domain("submitted_at", ">=", scope["date_from"])
        if scope.get("date_to"):
            domain &= Domain("submitted_at", "<", fields.Date.add(fields.Date.to_date(scope["date_to"]), days=1))
        return domain

    @api.model
    def _get_seal_domain(self, scope):
        """Return the domain of the seals that cover a scope: a request is sealed a while after it was submitted."""
        domain = Domain("company_id", "in", scope["company_ids"])
        if scope.get("move_ids"):
            leaves = self.env["account.validation.seal.leaf"].sudo()
            requests = self.env["account.validation.request"].sudo().search(self._get_request_domain(scope))
            covering = leaves.search(
                Domain("move_ref", "in", scope["move_ids"]) | Domain("request_ref", "in", requests.ids)
            )
            return domain & Domain("id", "in", covering.seal_id.ids)
        if scope.get("date_from"):
            domain &= Domain("date", ">=", scope["date_from"])
        if scope.get("date_to"):
            domain &= Domain("date", "<", fields.Datetime.to_datetime(scope["date_to"]) + OVERLAP)
        return domain

    @api.model
    def _get_sealed_companies(self, scope):
        return self.env["res.company"].sudo().browse(scope["company_ids"])

    # Checks

    @api.model
    def _verify_seals(self, seals):
        """Return the breaks of seals against their leaves, and of the leaves against what is there now."""
        self.env.invalidate_all()
        breaks = []
        for seal in seals.sudo().sorted("sequence"):
            leaves = [leaf._get_leaf() for leaf in seal.leaf_ids.sorted("position")]
            root = chains.merkle_root([chains.leaf_hash(leaf) for leaf in leaves])
            if (len(leaves), root) != (seal.leaf_count, seal.root):
                breaks.append(self._get_seal_break("seal_leaves", seal, expected=seal.leaf_count, found=len(leaves)))
        return breaks + self._verify_leaves(seals)

    @api.model
    def _verify_leaves(self, seals):
        """Return the breaks of sealed chains: what was sealed and is gone, or is not what it was. One query."""
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT seal.company_id, seal.sequence, seal.date, leaf.request_ref, leaf.move_ref, leaf.event_sequence,
                      request.id, request.move_id, event.hash
               FROM account_validation_seal_leaf AS leaf
               JOIN account_validation_seal AS seal ON seal.id = leaf.seal_id
               LEFT JOIN account_validation_request AS request ON request.id = leaf.request_ref
               LEFT JOIN account_validation_event AS event
                      ON event.request_id = leaf.request_ref AND event.sequence = leaf.event_sequence
               WHERE leaf.seal_id = ANY(%s)
                 AND (event.hash IS DISTINCT FROM leaf.event_hash OR request.move_id IS DISTINCT FROM leaf.move_ref)
               ORDER BY seal.company_id, seal.sequence, leaf.position""",
            [seals.ids],
        )
        return [self._get_leaf_break(*row) for row in self.env.cr.fetchall()]

    @api.model
    def _get_leaf_break(self, company_id, seal, date, request_ref, move_ref, sequence, request_id, move_id, hash_):
        """Return the break of one sealed chain, from what was sealed and what is there now."""
        place = {"company_id": company_id, "move_id": move_ref, "request_id": request_ref, "seal": seal}
        place["date"] = fields.Datetime.to_string(date)
        if not request_id:
            return {"code": "sealed_request", **place}
        if move_id != move_ref:
            return {"code": "sealed_invoice", **place, "found": move_id, "expected": move_ref}
        return {"code": "sealed_event" if hash_ else "sealed_event_missing", "event": sequence, **place}

    @api.model
    def _verify_seal_chain(self, company):
        """Return the breaks among the seals of a company: each is there, is what was hashed, and follows the last."""
        seals = self.env["account.validation.seal"].sudo()
        chain = seals.search([("company_id", "=", company.id)], order="sequence").sorted("sequence")
        links = [(seal.sequence, seal.previous_hash or "", seal.hash, seal._get_own_payload()) for seal in chain]
        link = chains.broken_link(links)
        if not link:
            return []
        position, problem = link
        return [self._get_seal_break(f"seal_{problem}", chain[position - 1], seal=position)]

    @api.model
    def _get_seal_break(self, code, record, **details):
        date = fields.Datetime.to_string(record.date)
        place = {"company_id": record.company_id.id, "seal": record.sequence, "date": date}
        return {"code": code, **place, **details}
