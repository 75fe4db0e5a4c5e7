from odoo import Command, fields

from odoo.addons.base.models.ir_cron import IrCron

from .validation_common import ValidationCase


class DelegationCase(ValidationCase):
    """Bills of Marketing that wait for its manager, who has somebody else decide."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.delegations = cls.env["account.validation.delegation"].sudo()
        cls.deputy = cls._create_user("deputy", groups="facturation_collab.group_user")
        cls.other = cls._create_user("other", groups="facturation_collab.group_user")
        cls.today = fields.Date.today()

    def setUp(self):
        super().setUp()

        def commit_progress(cron, processed=0, *, remaining=None, deactivate=False):
            cron.env.flush_all()
            return self.times.pop(0) if self.times else 60

        self.times = []
        self.patch(IrCron, "_commit_progress", commit_progress)

    def _delegate(self, giver=None, delegate=None, user=None, **terms):
        """Give a delegation in the dialog, as the giver unless said otherwise."""
        giver, delegate = giver or self.manager, delegate or self.deputy
        lists = {name: [Command.set(value)] for name, value in terms.items() if name.endswith("_ids")}
        vals = {"from_user_id": giver.id, "to_user_id": delegate.id, "date_from": self.today, **terms, **lists}
        wizard = self.env["account.validation.delegate"].with_user(user or giver).create(vals)
        before = self.delegations.search([])
        wizard.action_delegate()
        return self.delegations.search([]) - before

    def _submit_bill(self, **vals):
        """A new bill under validation, and its request."""
        bill = self._create_bill(**vals)
        return bill, self._submit(bill)

    def _can_approve(self, bill, user):
        """Whether the predicate lets somebody approve now."""
        return bool(bill.sudo().validation_request_id._get_decidable_step(user)[0])

    def _follow(self):
        self.env.invalidate_all()
        self.env["account.validation.delegation"]._cron_follow()
        self.env.invalidate_all()
