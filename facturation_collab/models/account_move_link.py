from odoo import api, models


class AccountMove(models.Model):
    """Links with a token, which open an invoice to whoever has them."""

    _inherit = "account.move"

    def _is_withheld_from_links(self):
        """Whether a link does not open this invoice: it is not posted, and it is being validated, was returned or
        rejected, must be validated first, or is confidential. Posted invoices are served as natively.
        """
        move = self.sudo()
        move.ensure_one()
        if move.state == "posted" or not move.is_invoice(include_receipts=True):
            return False
        return bool(
            move.validation_request_id
            or move.department_id.is_within_confidential
            or (move.state == "draft" and move._get_posting_refusals())
        )

    @api.model
    def _get_thread_with_access(self, thread_id, *, mode="read", **kwargs):
        """Nor does a token open the conversation on such an invoice."""
        thread = super()._get_thread_with_access(thread_id, mode=mode, **kwargs)
        by_token = kwargs.get("token") or kwargs.get("hash")
        if thread and by_token and thread._is_withheld_from_links() and not thread.sudo(False).has_access("read"):
            return self.browse()
        return thread
