import io
import zipfile
from contextlib import redirect_stdout
from tempfile import NamedTemporaryFile
from unittest.mock import patch

from ..audit import verify
from .integrity_common import IntegrityCase

SAMPLED = "odoo.addons.facturation_collab.fingerprints.is_sampled"


class AutomaticCase(IntegrityCase):
    """Bills of Marketing up to 1,000 of a known partner are approved automatically; `sampled` says of the sample."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.write({"auto_approve": True, "auto_amount_max": 1000, "auto_bill_count": 2, "auto_sample": 1})
        cls._create_paid_bills(2)

    def setUp(self):
        super().setUp()
        self.sampled, self.number = False, 0
        self.startPatcher(patch(SAMPLED, lambda key, percent: self.sampled))

    @classmethod
    def _create_paid_bills(cls, count, **vals):
        """Paid bills of the partner, outside of the policy."""
        bills = cls.env["account.move"].union(
            *(
                cls._create_move(department=cls.logistics, ref=f"paid {number}", amount=900 + number, **vals)
                for number in range(count)
            )
        )
        bills.action_post()
        cls.env["account.payment.register"].with_context(active_model="account.move", active_ids=bills.ids).create(
            {"group_payment": False}
        )._create_payments()
        return bills

    def _submit_bill(self, **vals):
        """Submit a bill of 500 with a reference of its own, unless said otherwise."""
        self.number += 1
        return self._submit(self._create_bill(**{"ref": f"bill {self.number}", "amount": 500, **vals}))

    def assertGoesToPeople(self, request):
        self.assertEqual((request.state, request.auto_approved), ("pending", False))
        self.assertEqual(request.waiting_user_ids, self.manager)

    def _run_verifier(self, moves):
        """What the program in an audit pack says of invoices."""
        scope = {"company_ids": self.company.ids, "move_ids": moves.ids, "date_from": False, "date_to": False}
        content = self.env["account.validation.archive"]._build(moves, moves.validation_request_ids, scope)
        self.assertTrue(zipfile.is_zipfile(io.BytesIO(content)))
        output = io.StringIO()
        with NamedTemporaryFile(suffix=".zip") as file, redirect_stdout(output):
            file.write(content)
            file.flush()
            verify.main([file.name])
        return output.getvalue()
