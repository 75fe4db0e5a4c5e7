from odoo import Command

from .validation_common import ValidationCase


class TemplateCase(ValidationCase):
    """Marketing has a template of its rent, which its manager keeps; the company has one for everybody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.landlord = cls.env["res.partner"].sudo().create({"name": "Landlord", "supplier_rank": 1})
        cls.terms = cls.env.ref("account.account_payment_term_30days")
        cls.rent = cls._create_template(
            "Rent",
            department_id=cls.marketing.id,
            partner_ids=[Command.set(cls.landlord.ids)],
            payment_term_id=cls.terms.id,
            line_ids=[
                cls._template_line("Offices", display_type="line_section"),
                cls._template_line("Rent of {month}", price_unit=1200.0),
                cls._template_line("As agreed", display_type="line_note"),
            ],
        )
        cls.common = cls._create_template("Cleaning", line_ids=[cls._template_line("Cleaning", price_unit=80.0)])

    @classmethod
    def _template_line(cls, name, **vals):
        return Command.create({"name": name, **vals})

    @classmethod
    def _create_template(cls, name, user=None, state="active", **vals):
        """A template for vendor bills, in use unless said otherwise."""
        templates = cls.env["account.invoice.template"]
        templates = templates.with_user(user) if user else templates.sudo()
        template = templates.create({"name": name, "move_type": "in_invoice", "company_id": cls.company.id, **vals})
        if state == "active":
            template.action_activate()
        return template

    def _use(self, template=None, user=None):
        """Make an invoice from a template, as the contributor unless said otherwise."""
        template = (template or self.rent).with_user(user or self.contributor)
        return self.env["account.move"].browse(template.action_create_invoice()["res_id"])

    def _apply(self, move, template, user=None, **params):
        move.with_user(user or self.contributor).action_apply_template(template.id, **params)
        return move.sudo()
