from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _extend_with_attachments(self, files_data, new=False):
        """Read an electronic invoice into a draft also for those who have no accounting right.

        Natively that needs the right to create contacts and bank accounts and to read taxes, and fails halfway without.
        A department user who may edit this very draft gets what the mail alias would have made of the document; for
        somebody who may not (an approver who attaches a file), a document is a file and changes nothing.
        """
        if self.env.su or not self.env.user._is_department_user():
            return super()._extend_with_attachments(files_data, new)
        if not self.has_access("write"):
            return None
        return super(AccountMove, self.sudo())._extend_with_attachments(files_data, new)
