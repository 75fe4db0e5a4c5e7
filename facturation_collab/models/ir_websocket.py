import re

from odoo import models

from .account_move_live import LISTS, RECORD

OURS = "facturation_collab."
INVOICE_CHANNEL = re.compile(r"facturation_collab\.invoice_([1-9]\d{0,8})")
SHOWN_LIMIT = 1000
"""Invoices of all tabs of a browser together; what is beyond is followed when it is opened."""


class IrWebsocket(models.AbstractModel):
    """What a browser asks to hear of, and whether its user may."""

    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        ours = {channel for channel in channels if isinstance(channel, str) and channel.startswith(OURS)}
        channels = [channel for channel in channels if channel not in ours]
        if ours and self.env.user._is_internal():
            channels += [(record, RECORD) for record in self._get_invoice_audience(ours)]
        return super()._build_bus_channel_list(channels)

    def _get_invoice_audience(self, asked):
        """Return the records of whose channels the present user may hear, of those that were asked for."""
        user = self.env.user
        env = self.with_context(allowed_company_ids=user.sudo().company_ids.ids).env
        matches = map(INVOICE_CHANNEL.fullmatch, sorted(asked))
        ids = [int(match[1]) for match in matches if match][:SHOWN_LIMIT]
        records = [user]
        if ids and env["account.move"].has_access("read"):
            records += env["account.move"].search([("id", "in", ids)])
        if LISTS in asked:
            records += self._get_list_audience(user)
        return records

    def _get_list_audience(self, user):
        """Return the departments and companies of whose invoices this user reads all that are told there."""
        departments = self.env["hr.department"].sudo().with_context(active_test=False)
        is_auditor = user.has_group("facturation_collab.group_auditor")
        found = departments.search([("reader_ids", "in", user.ids)])
        if is_auditor:
            secret = departments.browse(departments._get_confidential_ids())
            found |= secret.filtered(lambda department: department.company_id in user.sudo().company_ids)
        if is_auditor or user.has_group("account.group_account_invoice"):
            return [*found, *user.sudo().company_ids]
        return list(found)
