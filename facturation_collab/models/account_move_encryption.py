from odoo import models

CHANGED = "facturation_collab.department_changed"


class AccountMove(models.Model):
    """Documents follow the department of their invoice: encrypted when it is confidential, plain when it is not."""

    _inherit = "account.move"

    def _write_multi(self, vals_list):
        """Notice a change of the department also where it was computed: there is no `write()` then.

        The documents follow before the transaction ends, so that it holds both or nothing.
        """
        super()._write_multi(vals_list)
        if not any("department_id" in vals for vals in vals_list):
            return
        if not self.env["hr.department"]._get_confidential_ids():
            return
        precommit = self.env.cr.precommit
        if CHANGED not in precommit.data:
            precommit.data[CHANGED] = set()
            precommit.add(self.env["account.move"]._settle_changed_documents)
        precommit.data[CHANGED].update(self.ids)

    def _settle_changed_documents(self):
        move_ids = self.env.cr.precommit.data.pop(CHANGED, None)
        if move_ids:
            self.env["ir.attachment"]._settle_invoices(move_ids)
