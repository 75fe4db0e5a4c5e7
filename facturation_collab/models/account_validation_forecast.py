from odoo import api, fields, models


class AccountValidationForecast(models.AbstractModel):
    """Tells the circuit that an invoice would take, without taking it: a real invoice, or one made of typed values.

    Uses the very methods that submitting uses, and writes nothing.
    """

    _name = "account.validation.forecast"
    _description = "Forecast of a validation"

    @api.model
    def _forecast(self, move, policies=None):
        """Return what would happen if the present user submitted an invoice now, as plain values in their language.

        Elevated: the caller has checked who asks, and that they may read the invoice.

        :param move: account.move, real or virtual (`new()`)
        :param policies: the policies to try, in this order; those in force by default
        :returns: {"policy", "criteria", "passed_over", "levels", "problem", "end", "mode"}; without a policy that
            fits, "policy" is None and "levels" empty
        """
        Policy = self.env["account.validation.policy"].sudo()
        match = Policy._match(move, policies).get(move.id)
        policy, criteria = match or (Policy.browse(), [])
        forecast = {
            "policy": policy.name or None,
            "policy_id": policy.id,
            "mode": policy.mode,
            "criteria": self._get_criteria(policy, move, criteria),
            "passed_over": self._get_passed_over(move, Policy._get_tried(move.company_id, policies), policy),
            **dict.fromkeys(("problem", "end")),
            "levels": [],
        }
        if not policy:
            return forecast
        plans, problems = policy.with_env(self.env).sudo()._plan(move.sudo())
        levels, end = self._get_levels(move.sudo(), plans[move.id])
        return {**forecast, "levels": levels, "end": end, "problem": problems.get(move.id)}

    @api.model
    def _get_criteria(self, policy, move, names):
        """Return the sentences that say why a policy fits an invoice."""
        wording = self.env["account.validation.wording"]
        return wording._describe_criteria(wording._get_criteria_values(policy, move.sudo(), names))

    @api.model
    def _get_passed_over(self, move, tried, policy):
        """Return the policies that come before the one that fits, with the criterion that each fails."""
        labels = self._get_criterion_labels()
        ids = list(tried.ids)
        earlier = tried[: ids.index(policy.id)] if policy else tried
        return [
            {
                "name": other.with_env(self.env).sudo().name,
                "policy_id": other.id,
                "reason": labels.get(name := self._get_failed_criterion(other, move), name),
            }
            for other in earlier
        ]

    @api.model
    def _get_failed_criterion(self, policy, move):
        """Return the name of the first criterion of a policy that an invoice does not meet."""
        move = move.sudo().with_env(move.sudo().env(context={})).with_company(move.company_id)
        for name, matching in policy._get_match_criteria().items():
            if not matching(move):
                return name
        return ""

    @api.model
    def _get_criterion_labels(self):
        """Return {criterion: what is said of an invoice that does not meet it}."""
        return {
            "move_type": self.env._("It is for other kinds of documents."),
            "journal": self.env._("It is for other journals."),
            "department": self.env._("It is for other departments."),
            "partner": self.env._("It is for other partners."),
            "partner_category": self.env._("It is for partners with another tag."),
            "amount": self.env._("It is for other amounts."),
            "domain": self.env._("The invoice does not meet its other conditions."),
            "level": self.env._("None of its levels is for this amount."),
        }

    @api.model
    def _get_levels(self, move, plan):
        """Return the levels of a plan in order, with who is asked, why and until when, and when all would have ended.

        Each level opens when the one before has answered, at the latest when its time is over.
        """
        levels, start, end = [], fields.Datetime.now(), False
        by_sequence = {}
        for planned in plan:
            by_sequence.setdefault(planned[0].sequence, []).append(planned)
        for sequence in sorted(by_sequence):
            steps = [(planned[0], self._get_step(move, planned)) for planned in by_sequence[sequence]]
            deadlines = [step._get_opening_vals(start)[step]["deadline"] for _level, step in steps]
            levels += [
                self._get_level(level, step, deadline) for (level, step), deadline in zip(steps, deadlines, strict=True)
            ]
            end = max(filter(None, deadlines), default=end)
            start = end or start
        return levels, end and fields.Datetime.to_string(end)

    @api.model
    def _get_step(self, move, planned):
        """Return the virtual step that a level would become."""
        requests = self.env["account.validation.request"].sudo()
        policy = planned[0].policy_id
        request = requests.new({"move_id": move, "company_id": move.company_id, "policy_id": policy})
        vals = policy._prepare_planned_vals(planned, move)
        return self.env["account.validation.step"].sudo().new({**vals, "request_id": request, "move_id": move})

    @api.model
    def _get_level(self, level, step, deadline):
        """Return one level of a forecast."""
        return {
            "name": step.name,
            "level_id": level.id,
            "sequence": step.sequence,
            "people": step.approver_ids._origin.mapped("name"),
            "user_ids": step.approver_ids._origin.ids,
            "required": step.quorum_required,
            "reason": step._get_reason_text(),
            "authentication": step.authentication or None,
            "deadline": fields.Datetime.to_string(deadline) if deadline else None,
        }
