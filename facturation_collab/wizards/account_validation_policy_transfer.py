from odoo import fields, models
from odoo.exceptions import UserError

from ..calls import check_call


class AccountValidationPolicyTransfer(models.TransientModel):
    """Policies to a file, and back."""

    _name = "account.validation.policy.transfer"
    _inherit = ["account.file.transfer"]
    _description = "Export and import policies"
    _import_action = "facturation_collab.account_validation_policy_transfer_action_import"
    _list_action = "facturation_collab.account_validation_policy_action"

    policy_ids = fields.Many2many(
        "account.validation.policy",
        "account_validation_policy_transfer_rel",
        string="Policies",
        context={"active_test": False},
        help="Those to export.",
    )
    keep_mode = fields.Boolean(
        string="Mode of the file",
        help="Otherwise new policies are off until you switch them on, and others keep their mode.",
    )

    def action_export(self):
        """Offer the policies as a file to download."""
        check_call(self, single=True)
        return self._export()

    def action_try(self):
        """Tell what an import would do, and what is wrong with the file. Nothing is changed."""
        check_call(self, single=True)
        return self._try_import()

    def action_import(self):
        """Import the file, whole or not at all, and show its policies."""
        check_call(self, single=True)
        return self._show(self._import(), active_test=False)

    def _export_file(self):
        self.policy_ids.check_access("write")
        if not self.policy_ids:
            raise UserError(self.env._("Choose the policies to export."))
        return self.env["account.validation.policy.file"]._export(self.policy_ids), "validation-policies.json"

    def _import_file(self, text):
        self.env["account.validation.policy"].check_access("create")
        return self.env["account.validation.policy.file"]._import(text, self.company_id, self.keep_mode)
