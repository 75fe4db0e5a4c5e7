import json

from .validation_common import ValidationCase


class ChangesCase(ValidationCase):
    """Three levels: the manager, finance, the direction."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.level_ids = [
            cls._level("Direction", sequence=30, approver_type="user", user_ids=cls.director.ids),
        ]
        cls.first, cls.second, cls.third = cls.policy.level_ids.sorted("sequence")

    def _create_returned(self, edit=None, **vals):
        """A bill that two levels have approved and the third has returned; then edited by its contributor."""
        bill = self._create_bill(**vals)
        self._submit(bill)
        self._approve(bill, self.manager, self.controller)
        bill.with_user(self.director).action_return("Correct it.")
        if edit:
            bill.with_user(self.contributor).write(edit)
        return bill

    def _set_price(self, bill, price, line=0, user=None):
        lines = bill.with_user(user or self.contributor).invoice_line_ids
        lines[line].price_unit = price

    def _states(self, bill):
        """{level: state} of the steps that count."""
        steps = bill.sudo().validation_request_id._get_live_steps().sorted("sequence")
        return {step.name: step.state for step in steps}

    def _carried(self, bill):
        """Names of the levels whose earlier approval stands."""
        steps = bill.sudo().validation_request_id.step_ids.filtered("carried")
        return steps.sorted("sequence").mapped("name")

    def _events(self, bill):
        return bill.sudo().validation_request_id.event_ids.sorted("sequence").mapped("type")

    def _snapshot(self, bill):
        return json.loads(bill.sudo().validation_request_id.snapshot)
