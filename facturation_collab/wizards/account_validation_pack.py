import base64

from odoo import fields, models

from ..calls import check_call


class AccountValidationPackWizard(models.TransientModel):
    """Makes an audit pack to download."""

    _name = "account.validation.pack.wizard"
    _inherit = "account.validation.scope"
    _description = "Make an audit pack"

    with_files = fields.Boolean(
        string="With the attached files", help="Without them the pack holds their names and hashes only."
    )
    with_pdf = fields.Boolean(string="With a readable PDF of each invoice")
    archive = fields.Binary(string="Pack", readonly=True)
    filename = fields.Char(readonly=True)
    digest = fields.Char(string="SHA-256", readonly=True)

    def action_make(self):
        """Make the pack, record that it was made, and offer it for download."""
        check_call(self, single=True)
        pack, content = self.env["account.validation.pack"]._make(self._get_scope(), self.with_files, self.with_pdf)
        self.write(
            {
                "archive": base64.b64encode(content),
                "filename": f"audit-pack-{fields.Date.to_string(pack.date)}-{pack.id}.zip",
                "digest": pack.digest,
            }
        )
        return self._reopen()
