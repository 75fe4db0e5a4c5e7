from odoo import models
from odoo.tools import format_list


class AccountMove(models.Model):
    """What the panel shows of delegations, of places that changed hands, and of advice."""

    _inherit = "account.move"

    def _get_panel_people(self, step):
        """Each place once: who gave its voice, or can give it, and for whom."""
        people = super()._get_panel_people(step)
        if not self.env["account.validation.delegation"]._has_any():
            return people
        answers = [event for event in step.request_id.event_ids if event.step_id == step and event._get_place()]
        shown = [self._get_panel_place(person, answers) for person in people]
        for delegate, holder in step._get_voices().items():
            if delegate != holder:
                name = self._get_place_name(delegate.sudo(), holder.sudo())
                shown.append({"id": delegate.id, "name": name, "state": "waiting"})
        return shown

    def _get_panel_place(self, person, answers):
        """Return a person of the panel, or whoever answered for that person."""
        for event in answers:
            holder = event._get_place()
            if person["id"] in (holder.id, event.user_id.id):
                name = self._get_place_name(event.user_id.sudo(), holder)
                return {"id": event.user_id.id, "name": name, "state": event.type}
        return person

    def _get_place_name(self, delegate, holder):
        return self.env._("%(delegate)s for %(approver)s", delegate=delegate.name, approver=holder.name)

    def _get_panel_past(self, request):
        """The comments say of whom they speak."""
        past = super()._get_panel_past(request)
        events = self.env["account.validation.event"].sudo().browse(comment["id"] for comment in past["comments"])
        labels = {event.id: event.with_env(self.env).sudo()._get_label() for event in events}
        comments = [{**comment, "type_label": labels[comment["id"]]} for comment in past["comments"]]
        return {**past, "comments": comments}


class AccountValidationEvent(models.Model):
    _inherit = "account.validation.event"

    def _get_label(self):
        """Return what this event is, in a few words: its type, and whom it concerns."""
        self.ensure_one()
        label = dict(self._fields["type"]._description_selection(self.env)).get(self.type, self.type)
        data = self.data if isinstance(self.data, dict) else {}
        if place := self._get_place():
            return self.env._("%(event)s for %(person)s", event=label, person=place.name)
        if seats := data.get("seats"):
            return self.env._(
                "%(event)s: %(before)s → %(after)s",
                event=label,
                before=self._get_user_names(seats.get("out")),
                after=self._get_user_names(seats.get("in")),
            )
        if adviser := data.get("adviser"):
            return self.env._("%(event)s: %(person)s", event=label, person=self._get_user_names([adviser]))
        return label

    def _get_user_names(self, ids):
        return format_list(self.env, self.env["res.users"].sudo().browse(ids or []).mapped("name"))
