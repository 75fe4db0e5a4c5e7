from psycopg2.errors import IntegrityError

from odoo import Command, fields
from odoo.tools import mute_logger

from .common import CollabCommon


class ValidationCase(CollabCommon):
    """Vendor bills of Marketing go to its manager, then to finance."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.controller = cls._create_user("controller", groups="account.group_account_invoice")
        cls.policy = cls._create_policy(
            "Marketing bills",
            cls._level("Manager", role="manager"),
            cls._level("Finance", sequence=20, approver_type="user", user_ids=cls.controller.ids),
            department_ids=cls.marketing.ids,
        )

    @classmethod
    def _level(cls, name="Level", **vals):
        """Command that creates a level; lists of ids stand for many2many values."""
        return Command.create({"name": name, **_set_ids(vals)})

    @classmethod
    def _create_policy(cls, name, *levels, **vals):
        vals = {"name": name, "company_id": cls.company.id, "level_ids": list(levels), **_set_ids(vals)}
        return cls.env["account.validation.policy"].sudo().create(vals)

    @classmethod
    def _create_bill(cls, user=None, department=None, **vals):
        """A bill of Marketing entered by its contributor, unless said otherwise."""
        return cls._create_move(user or cls.contributor, department or cls.marketing, **vals)

    def _submit(self, moves, user=None):
        """Submit as the contributor unless said otherwise; return the requests."""
        moves.with_user(user or self.contributor).action_submit()
        return moves.sudo().validation_request_id

    def _approve(self, moves, *users):
        for user in users:
            moves.with_user(user).action_approve()

    def _create_approved(self, **vals):
        """A bill that everybody has approved."""
        bill = self._create_bill(**vals)
        self._submit(bill)
        self._approve(bill, self.manager, self.controller)
        self.assertEqual(bill.sudo().validation_state, "approved")
        return bill.sudo()

    def _match(self, moves):
        """Return {move: policy} of the policies that match."""
        found = self.env["account.validation.policy"]._match(moves)
        return {moves.browse(move_id): policy for move_id, (policy, _criteria) in found.items()}

    def _get_activities(self, moves):
        """Users who have an activity of ours on these invoices, sorted by name, one for each activity."""
        types = self.env.ref("facturation_collab.mail_activity_type_validate")
        types |= self.env.ref("facturation_collab.mail_activity_type_correct")
        domain = [
            ("res_model", "=", "account.move"),
            ("res_id", "in", moves.ids),
            ("activity_type_id", "in", types.ids),
        ]
        return self.env["mail.activity"].sudo().search(domain).mapped("user_id.name")

    def assertRefused(self, error, pattern, function, *args, **kwargs):
        """The call fails with this error and says so; nothing of it stays."""
        with self.assertRaisesRegex(error, pattern), self.env.cr.savepoint():
            function(*args, **kwargs)
        self.env.invalidate_all()

    def assertViolates(self, constraint, function, *args):
        """The call breaks a constraint of the database."""
        with mute_logger("odoo.sql_db"):
            self.assertRefused(IntegrityError, constraint, function, *args)


def _set_ids(vals):
    """Return values in which lists of ids have become commands."""
    return {
        name: [Command.set(value)] if isinstance(value, (list, tuple)) and name.endswith("_ids") else value
        for name, value in vals.items()
    }


def day(text):
    return fields.Date.from_string(text)
