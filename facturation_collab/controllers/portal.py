from odoo.exceptions import AccessError
from odoo.http import request

from odoo.addons.account.controllers.portal import PortalAccount


class PortalWithheld(PortalAccount):
    def _document_check_access(self, model_name, document_id, access_token=None):
        """A link does not open a draft that is not released, nor its PDF."""
        document = super()._document_check_access(model_name, document_id, access_token)
        if model_name == "account.move" and document._is_withheld_from_links():
            if not request.env["account.move"].browse(document_id).has_access("read"):
                refusal = request.env._("This invoice is not available yet. You receive it when it is released.")
                raise AccessError(refusal)
        return document
