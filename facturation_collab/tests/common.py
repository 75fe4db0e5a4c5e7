from odoo import Command, fields
from odoo.tests import new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

QUIET = {"no_reset_password": True, "mail_create_nolog": True, "mail_notrack": True}


@tagged("post_install", "-at_install")
class CollabCommon(AccountTestInvoicingCommon):
    """A company with three levels of departments and one person for each role.

    Direction
    ├── Marketing
    │   └── Events
    └── Logistics
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.direction = cls._create_department("Direction")
        cls.marketing = cls._create_department("Marketing", cls.direction)
        cls.events = cls._create_department("Events", cls.marketing)
        cls.logistics = cls._create_department("Logistics", cls.direction)
        cls.reader = cls._create_user("reader", cls.marketing, "reader")
        cls.contributor = cls._create_user("contributor", cls.marketing, "contributor")
        cls.validator = cls._create_user("validator", cls.marketing, "validator")
        cls.manager = cls._create_user("manager", cls.marketing, "manager")
        cls.director = cls._create_user("director", cls.direction, "manager")
        cls.outsider = cls._create_user("outsider", cls.logistics, "contributor")
        cls.auditor = cls._create_user("auditor", groups="facturation_collab.group_auditor")
        cls.administrator = cls._create_user("administrator", groups="facturation_collab.group_administrator")
        cls.finance = cls._create_user("finance", groups="account.group_account_invoice")

    @classmethod
    def _create_department(cls, name, parent=None, company=None, **vals):
        vals = {"name": name, "parent_id": parent and parent.id, "company_id": (company or cls.company).id, **vals}
        return cls.env["hr.department"].sudo().create(vals)

    @classmethod
    def _create_user(cls, login, department=None, role=None, groups="base.group_user", **vals):
        """An internal user who may do nothing beyond `groups` and their role."""
        vals = {"name": login.capitalize(), "company_id": cls.company.id, **vals}
        user = new_test_user(cls.env, login=f"collab_{login}", groups=groups, context=QUIET, **vals)
        if department:
            cls._give_role(user, department, role)
        return user

    @classmethod
    def _give_role(cls, user, department, role, **vals):
        vals = {"user_id": user.id, "department_id": department.id, "role": role, "source": "manual", **vals}
        return cls.env["account.department.member"].sudo().create(vals)

    @classmethod
    def _get_move_vals(cls, move_type="in_invoice", amount=1000.0, **vals):
        """Values of an invoice of one line without tax: its total is `amount`."""
        line = {"name": "Line", "quantity": 1.0, "price_unit": amount, "tax_ids": [Command.clear()]}
        return {
            "move_type": move_type,
            "partner_id": cls.partner_a.id,
            "invoice_date": fields.Date.from_string("2026-01-15"),
            "invoice_line_ids": [Command.create(line)],
            **vals,
        }

    @classmethod
    def _create_move(cls, user=None, department=None, **vals):
        """Create an invoice as `user` (elevated by default), in `department` unless left to the default."""
        if department is not None:
            vals["department_id"] = department.id
        moves = cls.env["account.move"].with_user(user) if user else cls.env["account.move"].sudo()
        return moves.create(cls._get_move_vals(**vals))
