from datetime import datetime, time, timedelta

from dateutil.relativedelta import relativedelta

from odoo import fields, models


class AccountValidationDemo(models.AbstractModel):
    """What is under way today besides invoices: somebody is away, and a policy is about to change."""

    _inherit = "account.validation.demo"

    def _delegate(self):
        """Paul is on holiday, whence the late answer: Sophie decides for him from today on, up to an amount."""
        giver, delegate = self._ref("user_paul"), self._ref("user_sophie")
        today = self.env["account.validation.delegation"]._get_today(giver)
        terms = {
            "from_user_id": giver.id,
            "to_user_id": delegate.id,
            "date_from": today,
            "date_to": today + timedelta(days=11),
            "amount_max": 10000.0,
            "reason": "En congés, de retour dans deux semaines",
        }
        self._as(giver).env["account.validation.delegate"].create(terms).action_delegate()

    def _plan_change(self):
        """From the first of next month on, accounting sees the bills of Marketing from 8,000 euros."""
        policy = self._ref("policy_marketing").with_env(self._as(self._ref("user_adele")).env)
        draft = policy.browse(policy.action_prepare_change()["res_id"])
        draft.level_ids.filtered("amount_min").amount_min = 8000.0
        first = fields.Date.today() + relativedelta(months=1, day=1)
        draft.planned_from = datetime.combine(first, time.min)
        draft.action_plan()

    def _as(self, user):
        return self.with_user(user).with_context(lang=user.lang, tz=user.tz)
