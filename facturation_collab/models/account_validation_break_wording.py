from odoo import api, fields, models
from odoo.tools import format_datetime, format_list


class AccountValidationWording(models.AbstractModel):
    """Sentences about what a verification found, in the reader's language."""

    _inherit = "account.validation.wording"

    @api.model
    def _describe_break(self, values):
        """Return the sentence that says which record does not fit, and what about it does not.

        :param values: a break of `account.validation.verifier`
        """
        sentences = self._get_request_sentences() | self._get_sealed_sentences() | self._get_seal_sentences()
        return sentences[values["code"]] % self._get_break_names(values)

    @api.model
    def _get_request_sentences(self):
        """Return {code: sentence} of what does not fit in a request."""
        return {
            "event_missing": self.env._("%(place)s: event %(event)s is missing, it was removed."),
            "event_follow": self.env._(
                "%(place)s: event %(event)s (%(what)s) does not follow the one before: one of them was replaced."
            ),
            "event_changed": self.env._(
                "%(place)s: event %(event)s (%(what)s) was changed after it was recorded: its content is not what its "
                "hash says."
            ),
            "event_author": self.env._(
                "%(place)s: the author of event %(event)s was changed after it was recorded, from %(expected)s to "
                "%(found)s."
            ),
            "snapshot": self.env._(
                "%(place)s: the snapshot of what was submitted was changed: it is not what its fingerprint says."
            ),
            "fingerprint": self.env._(
                "%(place)s: the snapshot and its fingerprint were replaced: the submission recorded another "
                "fingerprint."
            ),
            "plan": self.env._(
                "%(place)s: the record of the policy and its steps was changed: it is not what the submission recorded."
            ),
            "request_changed": self.env._("%(place)s: %(fields)s of the request is not what the submission recorded."),
            "steps": self.env._("%(place)s: it has %(found)s steps, and %(expected)s were recorded at its submission."),
            "step_changed": self.env._("%(place)s: %(fields)s of step “%(step)s” is not what the submission recorded."),
            "voter": self.env._(
                "%(place)s: step “%(step)s” says that it was approved by %(found)s, and its events say by %(expected)s."
            ),
            "step_state": self.env._(
                "%(place)s: step “%(step)s” is in state “%(found)s”, and no event says that it was decided so."
            ),
            "state": self.env._("%(place)s: it is in state “%(found)s”, and its events lead to “%(expected)s”."),
            "content": self.env._("%(place)s: the posted invoice is not what was approved. It differs in: %(fields)s."),
        }

    @api.model
    def _get_sealed_sentences(self):
        """Return {code: sentence} of what was sealed and is not there, or is not the same."""
        return {
            "sealed_request": self.env._(
                "%(place)s: seal %(seal)s of %(date)s covers it, and the whole validation was removed."
            ),
            "sealed_invoice": self.env._(
                "%(place)s: seal %(seal)s of %(date)s covers it, and it was moved to another invoice since."
            ),
            "sealed_event": self.env._(
                "%(place)s: event %(event)s is not the one that seal %(seal)s of %(date)s covers: the chain was "
                "rewritten afterwards."
            ),
            "sealed_event_missing": self.env._(
                "%(place)s: seal %(seal)s of %(date)s covers event %(event)s, which was removed."
            ),
        }

    @api.model
    def _get_seal_sentences(self):
        """Return {code: sentence} of what does not fit among the seals."""
        return {
            "seal_missing": self.env._("%(company)s: seal %(seal)s is missing, it was removed."),
            "seal_follow": self.env._(
                "%(company)s: seal %(seal)s of %(date)s does not follow the one before: one of them was replaced."
            ),
            "seal_changed": self.env._(
                "%(company)s: seal %(seal)s of %(date)s was changed: its content is not what its hash says."
            ),
            "seal_leaves": self.env._(
                "%(company)s: the list of what seal %(seal)s of %(date)s covers was changed: it is not what its root "
                "says."
            ),
        }

    @api.model
    def _get_break_names(self, values):
        """Return what the sentences name, from the values of a break."""
        names = {name: values.get(name) for name in ("event", "seal", "step", "found", "expected")}
        names["place"] = self._describe_place(values)
        names["company"] = self.env["res.company"].sudo().browse(values.get("company_id")).name
        date = fields.Datetime.to_datetime(values.get("date"))
        names["date"] = date and format_datetime(self.env, date)
        names["fields"] = self._describe_fields(values)
        names["what"] = self._describe_event(values)
        if values["code"] in ("voter", "event_author"):
            names |= {name: self._describe_users(values[name]) for name in ("found", "expected")}
        if values["code"] in ("state", "step_state"):
            model = "account.validation.request" if values["code"] == "state" else "account.validation.step"
            labels = dict(self.env[model]._fields["state"]._description_selection(self.env))
            names |= {name: labels.get(names[name], names[name]) for name in ("found", "expected")}
        return names

    @api.model
    def _describe_place(self, values):
        """Return which invoice and request a break is about. An invoice that the reader may not read has no name."""
        if not values.get("request_id"):
            return ""
        move = self.env["account.move"].browse(values.get("move_id")).exists()
        readable = move._filtered_access("read")
        name = readable._get_validation_title() if readable else self.env._("Invoice no. %s", values.get("move_id"))
        return self.env._("%(invoice)s, validation %(request)s", invoice=name, request=values["request_id"])

    @api.model
    def _describe_users(self, ids):
        """Return the names of users, given an id or a list of ids."""
        users = self.env["res.users"].sudo().with_context(active_test=False).browse(ids)
        return format_list(self.env, users.exists().mapped("name")) or self.env._("nobody")

    @api.model
    def _describe_event(self, values):
        """Return the label and author of an event as it is stored now."""
        event = self.env["account.validation.event"].sudo()
        if values.get("event") and values.get("request_id"):
            domain = [("request_id", "=", values["request_id"]), ("sequence", "=", values["event"])]
            event = event.search(domain, limit=1)
        labels = dict(event._fields["type"]._description_selection(self.env))
        return event and f"{labels.get(event.type, event.type)}, {event.user_id.name}"

    @api.model
    def _describe_fields(self, values):
        """Return the labels of the fields that a break names."""
        model = {"content": "account.move", "step_changed": "account.validation.step"}.get(
            values["code"], "account.validation.request"
        )
        return format_list(self.env, [self._describe_content_field(model, name) for name in values.get("fields", [])])

    @api.model
    def _describe_content_field(self, model, name):
        """Return the label of one part of a snapshot, or of a field."""
        parts = {
            "lines": self.env._("lines"),
            "entries": self.env._("tax entries"),
            "instalments": self.env._("instalments"),
            "partner_bank_number": self.env._("number of the bank account"),
            "percent": self.env._("part in percent"),
        }
        field = self.env[model]._fields.get(name)
        return parts.get(name) or (field._description_string(self.env) if field else name)
