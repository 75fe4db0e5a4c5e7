import json
from decimal import Decimal

from odoo import api, models

from .. import fingerprints, shares

TOTALS = {"untaxed": "amount_untaxed", "tax": "amount_tax", "total": "amount_total"}


class AccountValidationVerifier(models.AbstractModel):
    """Shares add up to the invoice, and lines were refused by those whose events say so."""

    _inherit = "account.validation.verifier"

    @api.model
    def _check_decisions(self, request, events):
        yield from super()._check_decisions(request, events)
        yield from self._check_refused(request, events)
        yield from self._check_shares(request)

    @api.model
    def _check_refused(self, request, events):
        """The refused lines of a step are those of the events of its decisions."""
        for step in request.step_ids:
            recorded = {}
            for event in events:
                refused = event.data.get("refused") if isinstance(event.data, dict) else None
                if event.step_id == step and event.type == "approved" and refused:
                    recorded |= {position: [position, reason, event.user_id.id] for position, reason in refused}
            if (step.refused or []) != sorted(recorded.values()):
                yield "refused", {"step": step.name}

    @api.model
    def _check_shares(self, request):
        """The shares of each level add up to the invoice that was submitted, to the last cent."""
        shared = [step for step in request.step_ids if step.share and not step.supersedes_id]
        if not shared or fingerprints.fingerprint(request.snapshot or "") != request.fingerprint:
            return
        content = json.loads(request.snapshot)
        levels = {}
        for step in shared:
            levels.setdefault((step.sequence, step.level_id.id), []).append(step)
        for steps in levels.values():
            own = shares.added([step.share for step in steps])
            if any(Decimal(own[name]) != Decimal(content[total]) for name, total in TOTALS.items()):
                yield "shares", {"step": steps[0].name}


class AccountValidationWording(models.AbstractModel):
    _inherit = "account.validation.wording"

    @api.model
    def _get_request_sentences(self):
        return {
            **super()._get_request_sentences(),
            "refused": self.env._(
                "%(place)s: the refused lines of step “%(step)s” are not those that its events recorded."
            ),
            "shares": self.env._("%(place)s: the shares of level “%(step)s” do not add up to the invoice."),
        }
