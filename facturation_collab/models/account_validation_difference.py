import json

from odoo import models

from .. import facets, shares


class AccountValidationStep(models.Model):
    """What changed since a level last approved the invoice: what its approvers see, and decide on."""

    _inherit = "account.validation.step"

    def _get_compared_request(self):
        """Return the request that this step is compared with: where its level last approved the invoice, else the last
        submission; empty at the first one.
        """
        self.ensure_one()
        request = self.request_id
        approved = self.previous_step_id.request_id
        return (approved if approved != request else approved.browse()) or request.previous_id

    def _get_compared_contents(self, compared):
        """Return the snapshots of another request and of this one, as far as they concern this step."""
        contents = [json.loads(request.snapshot or "{}") for request in (compared, self.request_id.sudo())]
        if not self.share:
            return contents
        before = self._get_compared_share(compared).share or shares.NOTHING
        return [shares.narrowed(contents[0], before), shares.narrowed(contents[1], self.share)]

    def _get_decision_data(self):
        """Keep what the approver had before their eyes: the SHA-256 of the difference, and with which request."""
        data = super()._get_decision_data()
        compared = self._get_compared_request().sudo()
        if not compared:
            return data
        before, after = self._get_compared_contents(compared)
        return {**data, "difference": facets.difference_hash(before, after), "since": compared.id}


class AccountMove(models.Model):
    _inherit = "account.move"

    def _get_panel_step(self, step):
        """Add what an approval that stands tolerates, and to whoever decides now, what changed."""
        panel = super()._get_panel_step(step)
        wording = self.env["account.validation.wording"]
        compared = step._get_compared_request() if step.state == "open" else step.request_id.browse()
        return {
            **panel,
            "standing": wording._describe_carried(step.previous_step_id, step.carried, step) if step.carried else None,
            "difference": compared and wording._describe_since(step, compared) or None,
        }

    def _get_panel_people(self, step):
        if not step.carried or step.state != "approved":
            return super()._get_panel_people(step)
        return [{"id": user.id, "name": user.name, "state": "approved"} for user in step.voter_ids.sudo()]

    def _get_panel_standing(self, policy, criteria, plan):
        """Return {position in the plan: sentence} of the approvals that would stand if it were submitted now."""
        self.ensure_one()
        if not self.validation_request_id:
            return {}
        Request = self.env["account.validation.request"].with_env(self.env).sudo()
        wording = self.env["account.validation.wording"]
        vals = Request._prepare_request_vals(policy, self, criteria)
        steps = [policy._prepare_planned_vals(planned, self) for planned in plan]
        carried = Request._carry_over(self, vals, plan, steps)
        return {
            position: wording._describe_carried(
                Request.step_ids.browse(step["previous_step_id"]), step["carried"], level
            )
            for position, ((level, _users), step) in enumerate(zip(plan, carried, strict=True))
            if step.get("carried")
        }
