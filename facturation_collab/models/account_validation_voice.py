from collections import defaultdict

from odoo import Command, fields, models
from odoo.tools import format_list

from .account_validation_record import ARCHIVED_TOO


class AccountValidationStep(models.Model):
    """Whose voice counts on a step: each approver has one place, and gives it themselves or has it given by whom they
    delegated to. A person counts once, whatever the place.
    """

    _inherit = "account.validation.step"

    represented_ids = fields.Many2many(
        "res.users",
        "account_validation_step_represented_rel",
        string="Approved for",
        readonly=True,
        ondelete="restrict",
        context=ARCHIVED_TOO,
        help="Approvers for whom somebody else has approved.",
    )

    def _get_voices(self):
        """Return {user who can decide on this step now: the approver in whose place}, nothing for a closed step.

        Whoever has a place uses it before that of anybody else.
        """
        self.ensure_one()
        if self.state != "open":
            return {}
        holders = self.approver_ids.filtered("active")
        holders -= holders._get_same_persons(self.voter_ids | self._get_represented())
        if self.request_id.distinct_approvers:
            holders = self._spare_for_later(holders)
        voices = {holder: holder for holder in holders}
        if self.env["account.validation.delegation"]._has_any():
            voices |= self._get_delegates(holders)
        return voices

    def _get_represented(self):
        """Return the approvers of this step for whom somebody else approved; costs nothing where nobody delegates."""
        used = self.env["account.validation.delegation"]._has_any()
        return self.represented_ids if used else self.env["res.users"]

    def _get_open_places(self, place=None):
        """Return the ids of the approvers whose places on this step are not taken, without one more.

        :param place: an approver whose place somebody else is about to take, or None
        """
        taken = self._get_represented() | (place or self.env["res.users"])
        return (self.approver_ids - self.approver_ids._get_same_persons(taken)).ids

    def _get_delegates(self, holders):
        """Return {delegate: approver} of those who can decide on this open step for one of these approvers now."""
        found = {}
        for holder in holders.sorted("id"):
            for delegation in self._get_delegations(holder):
                found.setdefault(delegation.to_user_id.with_env(self.env), holder)
        if found:
            self._read_persons_along(found)
        return {
            delegate: holder
            for delegate, holder in found.items()
            if delegate._filter_validation_users() and not self._get_place_refusal(delegate, holder)
        }

    def _get_delegations(self, holder):
        """Return the list of an approver's delegations that run now and hold for this step."""
        # One reading for the approvers of all steps that are looked at together, which a new recordset would lose.
        holder = holder.with_prefetch(self.approver_ids._prefetch_ids).sudo()
        return [delegation for delegation in holder.running_delegation_ids if delegation._covers(self.request_id)]

    def _read_persons_along(self, delegates):
        """Read once, for all steps that are looked at together, who is the same person as whom."""
        move = self.request_id.move_id.sudo()
        for users in (*delegates, move.create_uid, move.content_editor_id, self.request_id.submitter_id):
            users._get_persons()

    def _get_place_refusal(self, delegate, holder):
        """Return why somebody cannot decide on this open step for an approver who delegated to them, or an empty text.

        What keeps one of the two from approving keeps the delegate from deciding.
        """
        names = {"approver": holder.sudo().name, "delegate": delegate.sudo().name, "level": self.name}
        if delegate._get_same_persons(self.voter_ids):
            return self.env._("You have already approved this invoice at level “%s”; it waits for others.", self.name)
        if delegate._get_same_persons(self.approver_ids):
            return self.env._("You are an approver of level “%s” yourself, and one person is one voice.", self.name)
        if self.request_id.company_id not in delegate.sudo().company_ids:
            return self.env._("You have no access to the company of this invoice.")
        if refusal := self._get_duty_refusal(delegate):
            return refusal
        if self._get_duty_refusal(holder):
            return self.env._(
                "%(approver)s, for whom you decide, entered, changed or submitted this invoice: somebody else must "
                "approve it.",
                **names,
            )
        return self._get_other_level_refusal(delegate, holder)

    def _get_other_level_refusal(self, delegate, holder):
        """Return why the other levels of a request where people must differ keep a delegate from deciding here."""
        request = self.request_id
        if not request.distinct_approvers:
            return ""
        voted = request._get_live_steps().filtered(lambda step: delegate._get_same_persons(step.voter_ids))
        if voted:
            return self.env._(
                "You already approved this invoice at level “%s”: the policy asks for different people.", voted[0].name
            )
        if not request._is_feasible(self, delegate, holder):
            return self.env._(
                "Your voice is needed at a later level, which nobody else can approve: leave level “%(level)s” to "
                "%(people)s.",
                level=self.name,
                people=holder.sudo().name,
            )
        return ""

    def _get_represented_refusal(self, user):
        """Return the sentence for an approver in whose place somebody else has approved this step, or an empty text."""
        if not user._get_same_persons(self._get_represented()):
            return ""
        return self.env._(
            "%(delegate)s has already approved this invoice for you at level “%(level)s”; it waits for others.",
            delegate=format_list(self.env, self._get_representatives(user).sudo().mapped("name")),
            level=self.name,
        )

    def _get_representatives(self, holder):
        """Return the users who approved this step for one of its approvers."""
        events = self.request_id.event_ids.filtered(lambda event: event.step_id == self and event.type == "approved")
        return events.filtered(lambda event: (event.data or {}).get("for") == holder.id).user_id

    def _get_delegate_refusal(self, user):
        """Return why somebody to whom an approver of this open step delegated cannot decide, or an empty text."""
        if not self.env["account.validation.delegation"]._has_any():
            return ""
        for holder in self.approver_ids.filtered("active").sorted("id"):
            if not any(delegation.to_user_id == user for delegation in self._get_delegations(holder)):
                continue
            names = {"approver": holder.sudo().name, "level": self.name}
            if holder._get_same_persons(self.voter_ids | self._get_represented()):
                return self.env._(
                    "%(approver)s, for whom you decide, has already approved this invoice at level “%(level)s”.",
                    **names,
                )
            return self._get_place_refusal(user, holder) or self.env._(
                "%(approver)s, for whom you decide, cannot approve this invoice at level “%(level)s” either.", **names
            )
        return ""

    # Recording

    def _get_places(self, user):
        """Return {step: data of the event} of those of these steps on which a user decides for somebody else."""
        if not self.env["account.validation.delegation"]._has_any():
            return {}
        holders = {step: step._get_voices().get(user, user) for step in self}
        return {step: step._get_place_data(user, holder) for step, holder in holders.items() if holder != user}

    def _get_place_data(self, user, holder):
        """Return what the event of a decision for an approver holds: for whom, and by which delegation."""
        used = next(delegation for delegation in self._get_delegations(holder) if delegation.to_user_id == user)
        return {"for": holder.id, "delegation": used.id}

    def _take_places(self, places):
        """Note in whose places the present user approved. Called by `_record`, the only writer of decisions."""
        by_holder = defaultdict(self.browse)
        for step, data in places.items():
            by_holder[data["for"]] |= step
        for holder_id, steps in by_holder.items():
            steps._engine().write({"represented_ids": [Command.link(holder_id)]})

    # Words

    def _describe_decided(self, outcome):
        """Return the sentence of the chatter on the decision that the present user has just taken on this step."""
        holder = self._get_last_place()
        names = {"level": self.name, "approver": holder.sudo().name}
        if holder:
            return {
                "approve": self.env._("Approved for %(approver)s at level “%(level)s”.", **names),
                "return": self.env._("Returned for correction for %(approver)s at level “%(level)s”.", **names),
                "reject": self.env._("Rejected for %(approver)s at level “%(level)s”.", **names),
            }[outcome]
        return {
            "approve": self.env._("Approved at level “%s”.", self.name),
            "return": self.env._("Returned for correction at level “%s”.", self.name),
            "reject": self.env._("Rejected at level “%s”.", self.name),
        }[outcome]

    def _get_last_place(self):
        """Return the approver for whom the last decision on this step was taken; empty when it was one's own."""
        if not self.env["account.validation.delegation"]._has_any():
            return self.env["res.users"]
        events = self.request_id.event_ids.filtered(
            lambda event: event.step_id == self and event.user_id == self.env.user
        )
        return events.sorted("sequence")[-1:]._get_place()

    def _get_reason_text(self):
        """Besides why these people were asked: who decided, or can decide, for one of them."""
        text = super()._get_reason_text()
        return " ".join([text, *self._describe_places()])

    def _describe_places(self):
        if not self.env["account.validation.delegation"]._has_any():
            return []
        sentences = [
            self.env._(
                "%(delegate)s decided for %(approver)s.",
                delegate=event.user_id.sudo().name,
                approver=event._get_place().name,
            )
            for event in self.request_id.event_ids.sorted("sequence")
            if event.step_id == self and event._get_place()
        ]
        for delegate, holder in self._get_voices().items():
            if delegate != holder:
                names = {"delegate": delegate.sudo().name, "approver": holder.sudo().name}
                sentences.append(self.env._("%(delegate)s can decide for %(approver)s.", **names))
        return sentences


class AccountValidationEvent(models.Model):
    _inherit = "account.validation.event"

    def _get_place(self):
        """Return, with elevated rights, the approver for whom this decision was taken; empty for one's own."""
        users = self.env["res.users"].sudo()
        place = isinstance(self.data, dict) and self.data.get("for")
        return users.browse(place) if place else users
