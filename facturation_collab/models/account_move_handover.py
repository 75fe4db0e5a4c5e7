from odoo import api, fields, models
from odoo.exceptions import UserError

from ..calls import check_call

OPERATIONS = ("reassign", "take_over", "forward", "advise")


class AccountMove(models.Model):
    """Giving one's place to somebody else, taking one over, and asking for advice: the public methods."""

    _inherit = "account.move"

    validation_can_advise = fields.Boolean(
        compute="_compute_validation_can_advise", help="Somebody asked the present user for advice on this invoice."
    )

    @api.depends_context("uid")
    @api.depends("validation_state", "validation_participant_ids")
    def _compute_validation_can_advise(self):
        """Whoever was asked takes part: for all others nothing is looked up."""
        user = self.env.user
        for move in self:
            asked = move.validation_state == "pending" and user in move.sudo().validation_participant_ids
            move.validation_can_advise = asked and bool(move.sudo().validation_request_id._get_questions(user))

    # Actions

    def action_reassign(self, user_id, reason, approver_id=None):
        """Give the place of an approver on these invoices to somebody else, for good.

        An approver gives their own place; a manager the places of the people of their department; an administrator any.

        :param user_id: id of the user who approves instead; has to pass all that is asked of an approver
        :param reason: text that says why
        :param approver_id: id of the approver who leaves; by default the present user, else the only one there is
        :returns: False, or for several invoices an action that tells which were left out and why
        :raises UserError: when none can be given; says why for each
        """
        check_call(self, reason)
        self.check_access("read")
        reason = self._check_text(
            reason, self.env._("Say why somebody else approves: the reason stays in the history.")
        )
        successor, approver = self._read_user(user_id), self._read_user(approver_id) if approver_id else None
        if successor == self.env.user:
            raise UserError(
                self.env._("Nobody gives a place to themselves: a manager of the department takes it over instead.")
            )
        return self._hand_over(
            successor, "reassigned", reason, approver, self.env._("Invoices given to somebody else: %s.")
        )

    def action_take_over(self, reason, approver_id=None):
        """Take over the place of somebody of one's department, as its manager, there or above.

        :param reason: text that says why
        :param approver_id: id of the approver whose place it is; by default the first whom the user may replace
        :raises UserError: when none can be taken over; says why for each
        """
        check_call(self, reason)
        self.check_access("read")
        reason = self._check_text(reason, self.env._("Say why you take it over: the reason stays in the history."))
        approver = self._read_user(approver_id) if approver_id else None
        done = self.env._("Invoices taken over: %s.")
        return self._hand_over(self.env.user, "taken_over", reason, approver, done)

    def action_forward(self, user_id, question):
        """Ask somebody for advice on these invoices. It is an opinion: the decision stays where it is.

        :param user_id: id of the user who is asked, and may read the invoices from then on
        :param question: text
        :raises UserError: when nobody can be asked on any of them; says why for each
        """
        check_call(self, question)
        self.check_access("read")
        question = self._check_text(question, self.env._("Write what you want to know."))
        adviser = self._read_user(user_id)
        requests = self._lock_pending()
        refusals = self._get_unsubmitted(requests)
        for request in requests:
            refusal = request._get_forward_refusal(self.env.user) or request._get_adviser_refusal(adviser)
            if refusal:
                refusals[request.move_id.with_env(self.env)] = refusal
        action = self._report(refusals, self.env._("Invoices on which advice was asked: %s."))
        requests.filtered(lambda request: request.move_id.with_env(self.env) not in refusals)._ask_advice(
            adviser, question
        )
        return action

    def action_advise(self, advice):
        """Give the advice that somebody asked for on these invoices.

        :param advice: text
        :raises UserError: when nobody asked the present user on any of them; says why for each
        """
        check_call(self, advice)
        self.check_access("read")
        advice = self._check_text(advice, self.env._("Write your advice."))
        requests = self._lock_pending()
        refusals = self._get_unsubmitted(requests)
        for request in requests:
            if not request._get_questions(self.env.user):
                refusals[request.move_id.with_env(self.env)] = self.env._(
                    "Nobody waits for your advice on it: you were not asked, or you have answered."
                )
        action = self._report(refusals, self.env._("Invoices on which advice was given: %s."))
        requests.filtered(lambda request: request.move_id.with_env(self.env) not in refusals)._give_advice(advice)
        return action

    def action_open_handover_wizard(self):
        """Return the dialog of one of these operations; the context's `default_operation` says which."""
        check_call(self)
        operation = self.env.context.get("default_operation")
        operation = operation if operation in OPERATIONS else "reassign"
        titles = {
            "reassign": self.env._("Give to somebody else"),
            "take_over": self.env._("Take over"),
            "forward": self.env._("Ask for advice"),
            "advise": self.env._("Give your advice"),
        }
        return {
            "type": "ir.actions.act_window",
            "name": titles[operation],
            "res_model": "account.validation.handover",
            "view_mode": "form",
            "target": "new",
            "context": {"default_move_ids": self.ids, "default_operation": operation},
        }

    # Business

    def _hand_over(self, successor, event_type, reason, approver, done):
        """Give or take over the places where the present user may, report the others."""
        requests = self._lock_pending()
        refusals, places = self._get_unsubmitted(requests), {}
        user, take_over = self.env.user, event_type == "taken_over"
        managed = user._get_managed_people()
        # Read once for all invoices who is the same person as whom.
        (requests.step_ids.approver_ids | requests.move_id._get_concerned_users() | user | successor)._get_persons()
        for request in requests:
            step, holder, refusal = request._get_place_to_give(user, managed, approver, take_over)
            refusal = refusal or step._get_successor_refusal(holder, successor)
            if refusal:
                refusals[request.move_id.with_env(self.env)] = refusal
            else:
                places[step] = holder
        action = self._report(refusals, done)
        given = requests.filtered(lambda request: request.move_id.with_env(self.env) not in refusals)
        given._hand_over(places, successor, event_type, reason)
        return action

    def _lock_pending(self):
        """Lock and return, as sudo, the requests under way on these invoices."""
        # Read together, whatever becomes of what the invoices remember.
        requests = self.env["account.validation.request"].sudo().browse(self.sudo().validation_request_id.ids)
        requests._lock()
        return requests.filtered(lambda request: request.state == "pending")

    def _get_unsubmitted(self, requests):
        """Return {move: sentence} of those of these invoices that none of these requests is about."""
        others = self - requests.move_id.with_env(self.env)
        return dict.fromkeys(others, self.env._("It is not being validated."))

    def _read_user(self, user_id):
        """Return the user that a program names by its id.

        :raises UserError: when it is no id of a user
        """
        user = self.env["res.users"].browse(user_id if type(user_id) is int and user_id > 0 else 0)
        if not user.id or not user.sudo().exists():
            raise UserError(self.env._("Choose a person (a program passes the id of a user)."))
        return user

    def _check_text(self, text, lack):
        """Return a text without outer spaces; refuse an empty one with a sentence."""
        text = (text or "").strip()
        if not text:
            raise UserError(lack)
        return text
