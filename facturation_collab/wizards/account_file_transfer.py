import base64
import binascii

from odoo import fields, models
from odoo.exceptions import UserError


class _Tried(Exception):
    """Ends a trial: what it did is undone."""


class AccountFileTransfer(models.AbstractModel):
    """Configuration to a file, and back. Whoever inherits says which: `_export_file`, `_import_file` and two actions.

    The public methods are those of each dialog, so that each is tried by strangers.
    """

    _name = "account.file.transfer"
    _description = "Export and import as a file"
    _import_action = None
    """XML id of the action that opens this dialog to import."""
    _list_action = None
    """XML id of the action that lists what is imported."""

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company.root_id)
    file = fields.Binary(attachment=False)
    filename = fields.Char()
    result = fields.Text(readonly=True)
    is_wrong = fields.Boolean(readonly=True)

    def _export(self):
        """Offer what was chosen as a file to download."""
        text, filename = self._export_file()
        self.write({"file": base64.b64encode(text.encode()), "filename": filename})
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/file/{self.filename}?download=true",
            "target": "download",
        }

    def _try_import(self):
        """Tell what an import would do, and what is wrong with the file. Nothing is changed."""
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

    def _import(self):
        """:raises UserError: with what is wrong, line by line"""
        if self.company_id not in self.env.user.company_ids:
            raise UserError(self.env._("You have no access to that company: choose one of yours."))
        if not self.file:
            raise UserError(self.env._("Choose the file to import."))
        try:
            text = base64.b64decode(self.file, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise UserError(self.env._("The file is no text in UTF-8: choose the file that was exported.")) from error
        return self._import_file(text)

    def _export_file(self):
        """Return the text of the file and its name. The access was not checked yet."""
        raise NotImplementedError

    def _import_file(self, text):
        """Return the records that a file makes or changes. The access was not checked yet."""
        raise NotImplementedError

    def _show(self, records, **context):
        """Return the list of what was imported."""
        action = self.env["ir.actions.act_window"]._for_xml_id(self._list_action)
        return action | {"domain": [("id", "in", records.ids)], "context": context, "target": "main"}

    def _reopen(self):
        """Return the action that shows this dialog again."""
        return self.env["ir.actions.act_window"]._for_xml_id(self._import_action) | {"res_id": self.id}
