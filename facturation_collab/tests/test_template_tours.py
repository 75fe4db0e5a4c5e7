"""The life of a template, each person on the screen that they use, in a real Chromium."""

from odoo import Command
from odoo.tests import HttpCase, tagged

from .template_common import TemplateCase
from .test_tours import DESKTOP, PHONE
from .validation_common import day


@tagged("post_install", "-at_install")
class TestTemplateTours(TemplateCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rent.action_archive_version()
        # The welcome of the bot opens by itself and covers the screen of a phone.
        (cls.contributor | cls.manager).sudo().odoobot_state = "disabled"

    def _play(self, tour, user, path, size=DESKTOP):
        self.browser_size = size
        self.touch_enabled = size == PHONE
        self.start_tour(path, f"facturation_collab_{tour}", login=user.login)
        self.env.invalidate_all()

    def test_a_template_is_saved_applied_used_and_changed(self):
        form = "/odoo/collaborative-bills"
        line = Command.create({"name": "Rent of {month}", "price_unit": 900.0, "tax_ids": [Command.clear()]})
        bill = self._create_bill(partner_id=self.landlord.id, invoice_line_ids=[line])
        self._play("manager_saves_a_template", self.manager, f"{form}/{bill.id}")
        template = self.env["account.invoice.template"].sudo().search([("name", "=", "Monthly rent")])
        self.assertEqual((template.state, template.department_id), ("active", self.marketing))
        empty = self._create_bill(
            partner_id=self.landlord.id, invoice_date=day("2026-01-15"), invoice_line_ids=[Command.clear()]
        )
        self._play("contributor_applies_a_template", self.contributor, f"{form}/{empty.id}")
        self.assertEqual((empty.sudo().template_id, empty.amount_total), (template, 900.0))
        self._play("contributor_starts_from_a_template_on_a_phone", self.contributor, "/odoo/invoice-templates", PHONE)
        self.assertEqual(len(template.move_ids), 2)
        self._play("manager_makes_a_new_version", self.manager, f"/odoo/invoice-templates/{template.id}")
        self.assertEqual(template.state, "archived")
        self.assertEqual(
            template.version_ids.filtered(lambda version: version.state == "active").line_ids.price_unit, 950.0
        )
