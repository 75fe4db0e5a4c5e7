from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount

from ..calls import check_call


class AccountMove(models.Model):
    """What is done about refused lines: the draft is corrected, or a credit note is made for the posted invoice."""

    _inherit = "account.move"

    validation_can_refuse_lines = fields.Boolean(
        compute="_compute_validation_refused", help="The present user decides on a share, and may refuse lines of it."
    )
    validation_can_remove_refused = fields.Boolean(compute="_compute_validation_refused")
    validation_can_credit_refused = fields.Boolean(compute="_compute_validation_refused")

    @api.depends_context("uid")
    @api.depends("state", "validation_state", "validation_waiting_user_ids", "reversal_move_ids.state")
    def _compute_validation_refused(self):
        user = self.env.user
        for move in self:
            request = move.sudo().validation_request_id
            step = request._get_share_of(user) if request.state == "pending" else request.step_ids.browse()
            move.validation_can_refuse_lines = bool(step)
            move.validation_can_remove_refused = move._can_remove_refused(user)[0]
            move.validation_can_credit_refused = move._can_credit_refused(user)[0]

    # Predicates

    def _can_remove_refused(self, user):
        """Tell whether a user may take the refused lines out of this draft: (True, "") or (False, why)."""
        self.ensure_one()
        request = self.sudo().validation_request_id
        problem = ""
        if not request.refused_amount or request.state not in ("returned", "cancelled") or self.state != "draft":
            problem = self.env._("No line of it was refused, or it is not back for correction.")
        elif not self.with_user(user).has_access("write"):
            problem = self.env._("You may read it, but not edit it.")
        elif not request._is_content_unchanged():
            problem = self.env._("It was changed since lines were refused: correct it by hand, and submit it again.")
        return (not problem, problem)

    def _can_credit_refused(self, user):
        """Tell whether a user may make the credit note for what was refused: (True, "") or (False, why)."""
        self.ensure_one()
        request = self.sudo().validation_request_id
        problem = ""
        if not request.refused_amount or self.state != "posted" or not self.is_invoice():
            problem = self.env._("No line of it was refused, or it is not posted.")
        elif self.sudo().reversal_move_ids.filtered(lambda move: move.state != "cancel"):
            problem = self.env._("It already has a credit note.")
        elif not user.has_group("account.group_account_invoice") or not self.with_user(user).has_access("write"):
            problem = self.env._("Accounting makes the credit note.")
        return (not problem, problem)

    # Actions

    def action_open_refusal(self):
        """Return the dialog in which the present user refuses lines of their share of this invoice.

        :raises UserError: when no share of it waits for them
        """
        check_call(self, single=True)
        self.check_access("read")
        request = self.sudo().validation_request_id
        step = request._get_share_of(self.env.user) if request.state == "pending" else None
        if not step:
            raise UserError(self.env._("No share of this invoice waits for you: return or reject it as a whole."))
        return step.sudo(False).action_open_refusal()

    def action_remove_refused_lines(self):
        """Take what was refused out of this draft: lines go, and of lines that were refused in part that part of the
        quantity goes.

        :raises UserError: when it cannot be done now; says why
        """
        check_call(self, single=True)
        can, problem = self._can_remove_refused(self.env.user)
        if not can:
            raise UserError(problem)
        refused = self.sudo().validation_request_id._get_refused()
        amount = self._get_refused_text()
        self.write({"invoice_line_ids": self._get_refused_commands(refused)})
        self._message_log(body=self.env._("Refused lines were taken out (%s). Submit the invoice again.", amount))
        return False

    def action_credit_refused_lines(self):
        """Make the draft credit note for what was refused of this posted invoice, by Odoo's own reversal.

        :returns: the action that opens it
        :raises UserError: when it cannot be done now; says why
        """
        check_call(self, single=True)
        can, problem = self._can_credit_refused(self.env.user)
        if not can:
            raise UserError(problem)
        refused = self.sudo().validation_request_id._get_refused()
        reasons = dict.fromkeys(reason for entry in refused.values() for reason in entry["reasons"])
        reversal = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=self.ids)
            .create({"journal_id": self.journal_id.id, "reason": "; ".join(reasons)})
        )
        action = reversal.refund_moves()
        note = reversal.new_move_ids
        note.write({"invoice_line_ids": note._get_refused_commands(refused, crediting=True)})
        return action

    # Business

    def _get_refused_commands(self, refused, crediting=False):
        """Return the commands that take what was refused out of the lines of this invoice.

        :param refused: as `account.validation.request._get_refused` returns it
        :param crediting: whether to take out what was not refused instead
        """
        commands = []
        for position, line in enumerate(self._get_content_lines()):
            entry = refused.get(position, {"part": 0.0, "accounts": set()})
            stays = entry["part"] if crediting else 100.0 - entry["part"]
            if stays <= 0:
                commands.append(Command.delete(line.id))
            elif stays < 100:
                vals = {"quantity": line.quantity * stays / 100}
                if entry["accounts"]:
                    vals["analytic_distribution"] = line._get_distribution_of(entry["accounts"], crediting)
                commands.append(Command.update(line.id, vals))
        return commands

    def _get_refused_text(self):
        request = self.sudo().validation_request_id
        return format_amount(self.env, request.refused_amount, request.currency_id)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _get_distribution_of(self, account_ids, inside):
        """Return the analytic distribution of this line over some accounts alone, adding up to what it did.

        :param inside: whether over these accounts, or over the others
        """
        distribution = self.analytic_distribution or {}
        kept = {
            key: percent
            for key, percent in distribution.items()
            if inside == any(int(id_) in account_ids for id_ in key.split(",") if id_.isdigit())
        }
        whole, rest = sum(distribution.values()), sum(kept.values())
        return {key: percent * whole / rest for key, percent in kept.items()} if rest else False


class AccountValidationRequest(models.Model):
    _inherit = "account.validation.request"

    def _get_share_of(self, user):
        """Return the open step at which a user decides on a share of this invoice now, or nothing."""
        self.ensure_one()
        if not any(step.share for step in self.step_ids):
            return self.step_ids.browse()
        return self._get_decidable_step(user, "return")[0].filtered("share")
