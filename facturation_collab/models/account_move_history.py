"""What became of an invoice, readable: a time line of changes and validation events. Reading it changes nothing."""

from datetime import datetime, time

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import history
from ..calls import check_call

PAGE = 20
MAX_PAGE = 200
FILTERS = {"user_id", "place", "through", "date_from", "date_to"}
TOLD = (
    *("submitted", "approved", "returned", "returned_to", "rejected", "cancelled", "auto_approved", "forced"),
    *("reviewed", "changed", "reset", "invoice_cancelled", "carried"),
)
"""Types of events that stand in a time line."""


class AccountMove(models.Model):
    _inherit = "account.move"

    def get_history(self, filters=None, offset=0, limit=PAGE):
        """Return what became of this invoice, the newest first, for whoever may read it.

        :param filters: {"user_id": id, "place": name of a field, id of a line as text, or "lines", "through": key,
            "date_from" and "date_to": days as text, in the reader's time zone}; each may be left out
        :returns: {"revision": number of the present version, "total", "items", "can_restore", "since", "choices"}. An
            item is of the kind "change" (with "rows"), "event" (with "type") or "created"; all have the "number" of the
            version that there was then, "user", "date" in UTC and "title".
        :raises AccessError: for whoever may not read the invoice
        :raises UserError: when it is called with something else
        """
        check_call(self, single=True)
        filters = self._check_history_filters(filters, offset, limit)
        self.check_access("read")
        move = self.sudo()
        entries = self._get_history_entries(move)
        found = [entry for entry in entries if self._is_in_history(entry, filters)]
        return {
            "revision": move.content_revision,
            "total": len(found),
            "items": self._get_history_items(move, found[offset : offset + limit]),
            "can_restore": self._can_restore()[0],
            "since": self._get_history_since(entries, move.content_revision),
            "choices": self._get_history_choices(move, entries),
        }

    def _check_history_filters(self, filters, offset, limit):
        """Return the filters of a call, with days as moments.

        :raises UserError: says what to pass instead
        """
        filters = {name: value for name, value in (filters if isinstance(filters, dict) else {}).items() if value}
        numbers = (offset, limit, filters.get("user_id", 0))
        texts = [filters[name] for name in FILTERS - {"user_id"} if name in filters]
        if (
            not filters.keys() <= FILTERS
            or any(type(number) is not int or number < 0 for number in numbers)
            or limit > MAX_PAGE
            or not all(isinstance(text, str) for text in texts)
        ):
            raise UserError(self.env._("Pass filters of a history as its documentation says, and up to 200 at a time."))
        for name, end in (("date_from", time.min), ("date_to", time.max)):
            if name in filters:
                filters[name] = self._get_history_moment(filters[name], end)
        return filters

    def _get_history_moment(self, day, end):
        """Return the first or last moment of a day of the reader's, in UTC."""
        try:
            local = datetime.combine(fields.Date.to_date(day), end)
        except (TypeError, ValueError) as error:
            raise UserError(self.env._("“%s” is not a day: write it as 2026-01-31.", day)) from error
        zone = pytz.timezone(self.env.user.tz or "UTC")
        return zone.localize(local).astimezone(pytz.utc).replace(tzinfo=None)

    @api.model
    def _get_history_entries(self, move):
        """Return the changes and events of an invoice (as sudo), and the invoice itself for its creation, the newest
        first.
        """
        events = move.validation_request_ids.event_ids.filtered(lambda event: event.type in TOLD)
        # An event stands after the change that made the version that it is about.
        entries = [((revision.number, 0, revision.id), revision) for revision in move.revision_ids]
        entries += [((event.revision, 1, event.id), event) for event in events]
        return [entry for _place, entry in sorted(entries, key=lambda pair: pair[0], reverse=True)] + [move]

    @api.model
    def _is_in_history(self, entry, filters):
        """Tell whether an entry passes filters. A field or a way concerns changes only."""
        is_change = entry._name == "account.move.revision"
        user, date = self._get_history_author(entry)
        if not is_change and ("place" in filters or "through" in filters):
            return False
        return (
            filters.get("user_id", user.id) == user.id
            and filters.get("date_from", date) <= date <= filters.get("date_to", date)
            and filters.get("through", is_change and entry.through) == (is_change and entry.through)
            and ("place" not in filters or history.concerns(entry.changes, filters["place"]))
        )

    @api.model
    def _get_history_author(self, entry):
        """Return (user, moment) of an entry."""
        return (entry.create_uid, entry.create_date) if entry._name == self._name else (entry.user_id, entry.date)

    # What is shown

    def _get_history_items(self, move, entries):
        """Return entries as the time line shows them."""
        revisions = self.env["account.move.revision"].union(
            *(entry for entry in entries if entry._name == "account.move.revision")
        )
        rows = self.env["account.validation.wording"]._describe_revisions(revisions)
        ways = dict(revisions._fields["through"]._description_selection(self.env))
        types = dict(self.env["account.validation.event"]._fields["type"]._description_selection(self.env))
        items = []
        for entry in entries:
            user, date = self._get_history_author(entry)
            item = {
                "user": {"id": user.id, "name": user.name},
                "date": fields.Datetime.to_string(date),
                "number": entry.content_revision if entry == move else 0,
            }
            if entry._name == "account.move.revision":
                item |= self._get_history_change(entry, rows[entry.id], ways)
            elif entry == move:
                item |= {"kind": "created", "key": "created", "number": 0, "title": self.env._("Created")}
            else:
                item |= self._get_history_event(entry, types)
            items.append(item)
        return items

    def _get_history_change(self, revision, rows, ways):
        title = self.env._("Changed")
        if revision.is_restored:
            title = self.env._("Brought version %s back", revision.restored_number)
        return {
            "kind": "change",
            "key": f"change_{revision.id}",
            "number": revision.number,
            "first_number": revision.first_number or revision.number,
            "date_from": fields.Datetime.to_string(revision.date_from) or None,
            "title": title,
            "through": ways[revision.through],
            "rows": rows,
        }

    def _get_history_event(self, event, types):
        return {
            "kind": "event",
            "key": f"event_{event.id}",
            "number": event.revision,
            "type": event.type,
            "title": types[event.type],
            "level": event.step_id.name or "",
            "comment": event.comment or "",
        }

    def _get_history_since(self, entries, present):
        """Return from where the present user may want to see what changed: what they approved, and what was submitted,
        the last time when it was another version than the present one.
        """
        events = [entry for entry in entries if entry._name == "account.validation.event"]
        wanted = (
            ("approved", lambda event: event.type == "approved" and event.user_id == self.env.user),
            ("submitted", lambda event: event.type == "submitted"),
        )
        labels = {
            "approved": self.env._("Since I approved"),
            "submitted": self.env._("Since it was submitted"),
        }
        since = []
        for key, is_wanted in wanted:
            found = [event for event in events if is_wanted(event)]
            if event := next((event for event in found if event.revision != present), found and found[0]):
                moment = fields.Datetime.to_string(event.date)
                since.append({"key": key, "label": labels[key], "number": event.revision, "date": moment})
        return since

    def _get_history_choices(self, move, entries):
        """Return what can be filtered by: the people, ways and places of this invoice's history."""
        revisions = move.revision_ids
        people = self.env["res.users"].sudo().union(*(self._get_history_author(entry)[0] for entry in entries))
        ways = dict(revisions._fields["through"]._description_selection(self.env))
        words = self.env["account.validation.wording"]._get_words(move, [])
        names = {name for revision in revisions for name in revision.changes.get("move", {})}
        places = sorted(({"key": name, "label": words.field(name, False)} for name in names), key=_get_label)
        if any(revision.changes.get("lines") for revision in revisions):
            places.insert(0, {"key": history.ANY_LINE, "label": self.env._("Lines")})
        return {
            "people": [{"id": user.id, "name": user.name} for user in people.sorted("name")],
            "through": [{"key": key, "label": ways[key]} for key in sorted(set(revisions.mapped("through")))],
            "places": places,
        }


def _get_label(choice):
    return choice["label"]
