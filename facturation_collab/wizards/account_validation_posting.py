from odoo import Command, models


class ValidateAccountMove(models.TransientModel):
    _inherit = "validate.account.move"

    def validate_move(self):
        """Post what can be posted and tell which invoices were left out, instead of failing for all of them."""
        refusals = self.move_ids._get_posting_refusals()
        if len(refusals) == len(self.move_ids):
            self.move_ids._raise_refusals(refusals)
        refused = self.move_ids.filtered(lambda move: move.id in refusals)
        self.move_ids = [Command.unlink(move.id) for move in refused]
        return refused._with_posting_report(super().validate_move(), refusals)
