import json

from odoo import api, fields, models
from odoo.fields import Domain

from .. import chains, fingerprints

NAMES = ("sequence", "watermark", "leaf_count", "root", "hash")
DATES = ("date_from", "date")


class AccountValidationArchive(models.AbstractModel):
    """The seals of an audit pack: the whole chain of each company, and the trees of those that cover the pack."""

    _inherit = "account.validation.archive"

    @api.model
    def _get_seal_files(self, requests, scope):
        """Yield (name, bytes) of the chain of seals, and of the tree of each seal that covers a request of the pack.

        A tree shows what is in the pack, and what is nowhere any more (a validation that was removed); all others are
        a hash in it, which tells nothing of them.
        """
        Seal = self.env["account.validation.seal"].sudo()
        seals = Seal.search(Domain("company_id", "in", scope["company_ids"]), order="company_id, sequence")
        by_company = {
            str(company.id): [self._get_seal(seal) for seal in chain]
            for company, chain in seals.grouped("company_id").items()
        }
        yield "seals.json", (json.dumps(by_company, sort_keys=True, ensure_ascii=False, indent=1) + "\n").encode()
        for seal in self._get_covering_seals(requests, scope):
            leaves = [leaf._get_leaf() for leaf in seal.leaf_ids.sorted("position")]
            shown = self._get_shown(leaves, requests, scope)
            tree = fingerprints.canonical(chains.pruned_tree(leaves, shown))
            yield f"trees/{seal.company_id.id}-{seal.sequence}.json", tree.encode()
            seal.leaf_ids.invalidate_recordset()

    @api.model
    def _get_seal(self, seal):
        return {
            **{name: seal[name] for name in NAMES},
            **{name: fields.Datetime.to_string(seal[name]) or None for name in DATES},
            "company_id": seal.company_id.id,
            "previous_hash": seal.previous_hash or "",
        }

    @api.model
    def _get_covering_seals(self, requests, scope):
        """Return the seals that cover a request of the pack, or that were made in its period."""
        leaves = self.env["account.validation.seal.leaf"].sudo().search([("request_ref", "in", requests.ids)])
        domain = self.env["account.validation.verifier"]._get_seal_domain(scope)
        seals = self.env["account.validation.seal"].sudo().search(domain) | leaves.seal_id
        return seals.sorted(lambda seal: (seal.company_id.id, seal.sequence))

    @api.model
    def _get_shown(self, leaves, requests, scope):
        """Return the positions of the leaves of one seal that the pack shows."""
        mine, asked = set(requests.ids), set(scope.get("move_ids") or [])
        others = [request for request, _move, _sequence, _hash in leaves if request not in mine]
        gone = set(others) - set(self.env["account.validation.request"].sudo().browse(others).exists().ids)
        return {
            position
            for position, (request, move, _sequence, _hash) in enumerate(leaves)
            if request in mine or (request in gone and (not asked or move in asked))
        }
