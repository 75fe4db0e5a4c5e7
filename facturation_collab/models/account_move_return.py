from odoo import api, fields, models
from odoo.exceptions import UserError

from ..calls import check_call


class AccountMove(models.Model):
    """What goes back: one invoice to an earlier level, and a request whose invoice was changed under way."""

    _inherit = "account.move"

    validation_return_targets = fields.Json(
        string="Levels to return to",
        compute="_compute_validation_return_targets",
        help="Earlier levels to which the present user may return the invoice now: [{id, name}] of their steps.",
    )

    @api.depends_context("uid")
    @api.depends("validation_state", "validation_waiting_user_ids")
    def _compute_validation_return_targets(self):
        for move in self:
            targets = move._get_return_targets()
            move.validation_return_targets = [{"id": step.id, "name": step.name} for step in targets]

    def _get_return_targets(self):
        """Return the steps to which the present user may return this invoice now, as sudo."""
        request = self.sudo().validation_request_id
        step, _refusal = request._get_decidable_step(self.env.user, "return") if request else (request.step_ids, "")
        return step._get_return_targets()

    def action_return(self, comment, step_id=None):
        """Return these invoices to whoever submitted them, or one invoice to an earlier level, which decides anew.

        :param step_id: id of the approved step of the invoice's request to return to, or None
        :raises UserError: when none can be returned; says why for each
        """
        if step_id is None or step_id is False:
            return super().action_return(comment)
        check_call(self, comment, single=True)
        if type(step_id) is not int:
            raise UserError(self.env._("Pass the id of the step to return to as a number."))
        self.check_access("read")
        request = self.sudo().validation_request_id
        refusal = request._return_to(step_id, comment) if request else self._get_unsubmitted_refusal()
        return self._report({self: refusal} if refusal else {}, "")

    def _end_changed_requests(self):
        """Close the requests under way of invoices that were changed since, and that are submitted again now."""
        requests = self.sudo().validation_request_id.filtered(lambda request: request.state == "pending")
        if requests:
            comment = self.env._("The invoice was changed under way, and submitted again.")
            requests.with_env(self.env).sudo()._close("cancelled", comment)
