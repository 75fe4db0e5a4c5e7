from odoo import Command, models

from . import identifiers

# name: (label, parent)
DEPARTMENTS = {
    "direction": ("Direction générale", None),
    "finance": ("Finance", "direction"),
    "marketing": ("Marketing", "direction"),
    "operations": ("Opérations", "direction"),
    "achats": ("Achats", "operations"),
    "informatique": ("Informatique", "operations"),
}


class AccountValidationDemo(models.AbstractModel):
    _inherit = "account.validation.demo"

    def _install_french(self):
        """Half of the people of the demo work in French."""
        self.env["res.lang"]._activate_and_install_lang("fr_FR")

    def _create_company(self):
        """Create Alticime, a French maker of mountain equipment, with the French chart of accounts."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        partner = self._create(
            "res.partner",
            {
                "partner_company": {
                    "name": "Alticime",
                    "is_company": True,
                    "street": "12 avenue des Sept-Laux",
                    "zip": "38100",
                    "city": "Grenoble",
                    "country_id": self.env.ref("base.fr").id,
                    "vat": identifiers.vat(1),
                    "company_registry": identifiers.siret(1),
                    "email": "compta@alticime.example",
                    "phone": "+33 4 99 00 01 00",
                    "website": "https://alticime.example",
                    "lang": "fr_FR",
                },
            },
        )["partner_company"]
        vals = {"name": partner.name, "partner_id": partner.id, "currency_id": euro.id}
        company = self._create("res.company", {"company": vals})["company"]
        company.resource_calendar_id.tz = "Europe/Paris"
        (self.env.user | self.env.ref("base.user_root") | self.env.ref("base.user_admin")).write(
            {"company_ids": [Command.link(company.id)]},
        )
        self.env.ref("base.user_admin").write({"company_id": company.id, "notification_type": "inbox"})
        # Not `try_loading`, which warns while modules are being installed: the French chart is complete by then.
        self.env["account.chart.template"]._load("fr", company, install_demo=False)
        self.env["res.partner.bank"].create(
            {"acc_number": identifiers.iban(1), "partner_id": partner.id, "company_id": company.id},
        )
        return company

    def _create_departments(self, company):
        for name, (label, parent) in DEPARTMENTS.items():
            parent_id = parent and self._ref(f"department_{parent}").id
            vals = {"name": label, "company_id": company.id, "parent_id": parent_id}
            self._create("hr.department", {f"department_{name}": vals})
        journal = {
            "name": "Achats informatiques",
            "code": "ACHI",
            "type": "purchase",
            "company_id": company.id,
            "department_id": self._ref("department_informatique").id,
        }
        self._create("account.journal", {"journal_informatique": journal})
