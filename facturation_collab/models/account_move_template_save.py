from odoo import Command, models
from odoo.exceptions import AccessError, UserError

from ..calls import check_call
from .account_move_template import HEADER


class AccountMove(models.Model):
    """Saving an invoice as a template."""

    _inherit = "account.move"

    def action_save_as_template(self):
        """Make a draft template of this invoice and return the action that opens it."""
        check_call(self, single=True)
        self.check_access("read")
        if not self.is_invoice(include_receipts=True):
            raise UserError(self.env._("Templates are made of invoices, bills, refunds and receipts only."))
        templates = self.env["account.invoice.template"]
        try:
            template = templates.create(self._prepare_saved_template_vals())
        except AccessError as error:
            raise UserError(
                self.env._(
                    "Only managers of the department of the invoice, accounting and administrators may make templates "
                    "of it. Ask one of them."
                )
            ) from error
        return {
            "type": "ir.actions.act_window",
            "res_model": templates._name,
            "res_id": template.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def _prepare_saved_template_vals(self):
        """Return the values of a template that makes invoices like this one."""
        self.ensure_one()
        move = self.sudo()
        names = (move.partner_id.display_name, dict(self._fields["move_type"]._description_selection(self.env)))
        lines = (
            move.env["account.invoice.template.line"]._prepare_saved_vals(line) for line in move._get_content_lines()
        )
        return {
            "name": f"{names[0]} ({names[1][move.move_type]})" if names[0] else names[1][move.move_type],
            "company_id": move.company_id.id,
            "department_id": move.department_id.id,
            "move_type": move.move_type,
            "partner_ids": [Command.set(move.partner_id.ids)],
            **{own: move[name].id for own, name in HEADER.items()},
            "narration": move.narration,
            "legal_mentions": move.legal_mentions,
            "line_ids": [Command.create(vals) for vals in lines],
        }
