import base64
import binascii

from odoo import fields, models
from odoo.exceptions import UserError

from ..calls import check_call


class _Tried(Exception):
    """Ends a trial: what it did is undone."""


class AccountValidationPolicyTransfer(models.TransientModel):
    """Policies to a file, and back."""

    _name = "account.validation.policy.transfer"
    _description = "Export and import policies"

    policy_ids = fields.Many2many(
        "account.validation.policy",
        "account_validation_policy_transfer_rel",
        string="Policies",
        context={"active_test": False},
        help="Those to export.",
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company.root_id)
    file = fields.Binary(attachment=False)
    filename = fields.Char()
    keep_mode = fields.Boolean(
        string="Mode of the file",
        help="Otherwise new policies are off until you switch them on, and others keep their mode.",
    )
    result = fields.Text(readonly=True)
    is_wrong = fields.Boolean(readonly=True)

    def action_export(self):
        """Offer the policies as a file to download."""
        check_call(self, single=True)
        self.policy_ids.check_access("write")
        if not self.policy_ids:
            raise UserError(self.env._("Choose the policies to export."))
        text = self.env["account.validation.policy.file"]._export(self.policy_ids)
        self.write({"file": base64.b64encode(text.encode()), "filename": "validation-policies.json"})
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/file/{self.filename}?download=true",
            "target": "download",
        }

    def action_try(self):
        """Tell what an import would do, and what is wrong with the file. Nothing is changed."""
        check_call(self, single=True)
        try:
            with self.env.cr.savepoint():
                names = self._import().mapped("name")
                raise _Tried
        except _Tried:
            self.env.invalidate_all()
            text = self.env._("The file is right. An import would create or change: %s.", ", ".join(names))
            self.write({"result": text, "is_wrong": False})
        except UserError as error:
            self.env.invalidate_all()
            self.write({"result": str(error), "is_wrong": True})
        return self._reopen()

    def action_import(self):
        """Import the file, whole or not at all, and show its policies."""
        check_call(self, single=True)
        policies = self._import()
        action = self.env["ir.actions.act_window"]._for_xml_id("facturation_collab.account_validation_policy_action")
        return action | {"domain": [("id", "in", policies.ids)], "context": {"active_test": False}, "target": "main"}

    def _import(self):
        """:raises UserError: with what is wrong, line by line"""
        self.env["account.validation.policy"].check_access("create")
        if self.company_id not in self.env.user.company_ids:
            raise UserError(self.env._("You have no access to that company: choose one of yours."))
        if not self.file:
            raise UserError(self.env._("Choose the file to import."))
        try:
            text = base64.b64decode(self.file, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise UserError(self.env._("The file is no text in UTF-8: choose the file that was exported.")) from error
        return self.env["account.validation.policy.file"]._import(text, self.company_id, self.keep_mode)

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import policies"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [
                (self.env.ref("facturation_collab.account_validation_policy_transfer_view_form_import").id, "form")
            ],
            "target": "new",
        }
