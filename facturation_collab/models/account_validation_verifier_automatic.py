import json

from odoo import SUPERUSER_ID, api, models

from .. import fingerprints


class AccountValidationVerifier(models.AbstractModel):
    """An automatic approval is one that the plan allowed, and nothing else is approved without a voice."""

    _inherit = "account.validation.verifier"

    @api.model
    def _check_state(self, request, events):
        yield from super()._check_state(request, events)
        automatic = events.filtered(lambda event: event.type == "auto_approved")
        if not automatic:
            voiceless = request.step_ids and "approved" not in request.step_ids.mapped("state")
            if request.state == "approved" and voiceless:
                yield "auto_missing", {}
            if request.auto_approved:
                yield "auto_missing", {}
            return
        if not self._is_automatic_allowed(request, automatic):
            yield "auto_forged", {"event": automatic[0].sequence}

    @api.model
    def _is_automatic_allowed(self, request, automatic):
        """Tell whether the plan of a request let it be approved without a person, as its one event says."""
        try:
            plan = json.loads(request.plan or "{}")
        except ValueError:
            return True  # said by `_check_plan`
        criteria = plan.get("automatic")
        return bool(
            criteria
            and len(automatic) == 1
            and automatic.user_id.id == SUPERUSER_ID
            and all(
                request.currency_id.compare_amounts(step["reason"]["amount"], criteria["amount_max"]) <= 0
                for step in plan["steps"]
            )
            and not any(step.get("authentication") for step in plan["steps"])
            and not any(step.voter_ids for step in request.step_ids)
            and not fingerprints.is_sampled(f"{plan['move_id']}:{plan['policy_id']}", criteria["sample"])
        )


class AccountValidationWording(models.AbstractModel):
    _inherit = "account.validation.wording"

    @api.model
    def _get_request_sentences(self):
        return super()._get_request_sentences() | {
            "auto_missing": self.env._(
                "%(place)s: it is approved without anybody having approved it, and no event says that it was approved "
                "automatically."
            ),
            "auto_forged": self.env._(
                "%(place)s: event %(event)s says that it was approved automatically, and the policy under which it was "
                "submitted did not allow that."
            ),
        }
