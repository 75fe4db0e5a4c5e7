from odoo import fields

from odoo.addons.base.models.ir_cron import IrCron

from .validation_common import ValidationCase


class IntegrityCase(ValidationCase):
    """Bills that were approved and posted, seals over them, and hands that write straight into the database."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seals = cls.env["account.validation.seal"].sudo()
        cls.verifier = cls.env["account.validation.verifier"]
        cls.other_company = cls.env["res.company"].create({"name": "Elsewhere"})

    def setUp(self):
        super().setUp()
        self.progress = []

        def commit_progress(cron, processed=0, *, remaining=None, deactivate=False):
            cron.env.flush_all()
            self.progress.append((processed, remaining))
            return self.time_left

        self.time_left = 60
        self.patch(IrCron, "_commit_progress", commit_progress)

    def _seal(self, company=None):
        """Make the next seal now."""
        return self.seals._seal(company or self.company)

    def _create_posted(self, **vals):
        """A bill that was approved and posted as it was approved."""
        bill = self._create_approved(**vals)
        bill.with_user(self.finance).action_post()
        self.assertEqual(bill.state, "posted")
        return bill

    def _sql(self, query, *params):
        """Change the database as somebody with access to it would."""
        self.env.flush_all()
        self.env.cr.execute(query, params)
        self.env.invalidate_all()

    def _remove(self, request):
        """Remove a whole validation, with all that refers to it."""
        for table in ("event", "step"):
            self._sql(f"DELETE FROM account_validation_{table} WHERE request_id = %s", request.id)
        self._sql("UPDATE account_move SET validation_request_id = NULL WHERE validation_request_id = %s", request.id)
        self._sql("DELETE FROM account_validation_request WHERE id = %s", request.id)

    def _verify(self, moves=None, company=None, date_from=None, date_to=None):
        """Breaks of given invoices, or of a company and a period."""
        scope = {
            "company_ids": (company or self.company).ids,
            "move_ids": moves and moves.ids,
            "date_from": fields.Date.to_string(date_from),
            "date_to": fields.Date.to_string(date_to),
        }
        found, position = [], None
        while True:
            breaks, position, _counts = self.verifier._run(scope, position)
            found += breaks
            if not position:
                return found

    def _codes(self, *args, **kwargs):
        return [values["code"] for values in self._verify(*args, **kwargs)]

    def _sentences(self, *args, **kwargs):
        wording = self.env["account.validation.wording"].with_user(self.auditor)
        return [wording._describe_break(values) for values in self._verify(*args, **kwargs)]
