import re

from odoo import api, fields, models

from .. import seating
from .plain_values import copy_rows


class ResUsers(models.Model):
    """The person behind a user: one who has several user accounts is one voice."""

    _inherit = "res.users"

    identity_keys = fields.Json(
        compute="_compute_identity_keys",
        groups=fields.NO_ACCESS,
        help="What tells a person. Users that have one of these in common are one person.",
    )

    @api.depends("login", "partner_id", "employee_ids.work_contact_id")
    def _compute_identity_keys(self):
        """One query for all users. A company that several employees have as their contact tells nobody."""
        employees = self.env["hr.employee"].sudo().with_context(active_test=False)
        domain = [("user_id", "in", self.ids), ("work_contact_id.is_company", "=", False)]
        contacts = dict(employees._read_group(domain, ["user_id"], ["work_contact_id:array_agg"]))
        for user in self:
            partners = {user.partner_id.id, *contacts.get(user, [])} - {None, False}
            user.identity_keys = [_get_mailbox(user.login), *sorted(partners)]

    def _get_persons(self):
        """Return {user id: person} of these users: the same number for the users of one person.

        Users are one person when they share the contact, an employee's contact, or the mailbox that is their login
        (other capitals, or a `+label`). A constant number of queries, none for users already asked about in this
        transaction.
        """
        rows = copy_rows(self.sudo(), [self._fields["identity_keys"]])
        return seating.group_persons({user_id: keys for user_id, [keys] in rows.items()})

    def _count_persons(self):
        """Return how many persons these users are."""
        return len(self) if len(self) < 2 else len(set(self._get_persons().values()))

    def _get_same_persons(self, others):
        """Return those of these users who are the same person as one of the others."""
        if not self or not others:
            return self.browse()
        persons = (self | others)._get_persons()
        taken = {persons[user.id] for user in others}
        return self.filtered(lambda user: persons[user.id] in taken)


def _get_mailbox(login):
    """Return a login without capitals and without the label of a mailbox: `Ann+x@b.fr` reads `ann@b.fr`."""
    return re.sub(r"\+[^@]*(?=@)", "", (login or "").strip().lower())
