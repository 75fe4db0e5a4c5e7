from odoo import Command, models

from . import identifiers

# name: (label, street, zip, city, department that receives their bills)
VENDORS = {
    "lumiere": ("Agence Lumière", "8 quai Créqui", "38000", "Grenoble", "marketing"),
    "drac": ("Imprimerie du Drac", "41 rue Ampère", "38600", "Fontaine", "marketing"),
    "salons": ("Salons Alpins Organisation", "3 place des Allobroges", "73000", "Chambéry", "marketing"),
    "radio": ("Radio Belledonne", "22 cours Berriat", "38000", "Grenoble", "marketing"),
    "cimes": ("Traiteur des Cimes", "5 route de Lans", "38250", "Villard-de-Lans", "marketing"),
    "tissages": ("Tissages Roannais", "17 rue de la Filature", "42300", "Roanne", "achats"),
    "vercors": ("Transports Vercors Express", "60 rue des Alliés", "38100", "Grenoble", "achats"),
    "carton": ("Cartonnages Isérois", "9 zone des Îles", "38120", "Saint-Égrève", "achats"),
    "nuage": ("Nuage Alpin Hébergement", "2 chemin du Vieux Chêne", "38240", "Meylan", "informatique"),
    "bureautique": ("Bureautique du Dauphiné", "14 boulevard Gambetta", "38000", "Grenoble", "informatique"),
    "morel": ("Cabinet Morel Expertise", "30 rue de la République", "69002", "Lyon", "finance"),
    "dufour": ("Dufour Avocats", "6 place de Verdun", "38000", "Grenoble", "direction"),
    "telecom": ("Télécom des Alpes", "75 avenue de l'Europe", "38320", "Eybens", None),
    "energie": ("Énergies de l'Isère", "1 rue du Barrage", "38340", "Voreppe", None),
}
CUSTOMERS = {
    "horizon": ("Sport Horizon", "120 avenue Foch", "69006", "Lyon", None),
    "chalets": ("Chalets de Montagne", "18 rue du Mont-Blanc", "74400", "Chamonix-Mont-Blanc", None),
    "refuges": ("Refuges et Sentiers", "4 rue des Écrins", "05000", "Gap", None),
    "stations": ("Stations du Sancy", "7 place de l'Hôtel-de-Ville", "63240", "Mont-Dore", None),
    "guides": ("Compagnie des Guides du Vercors", "25 rue de la Grange", "38250", "Lans-en-Vercors", None),
}


class AccountValidationDemo(models.AbstractModel):
    _inherit = "account.validation.demo"

    def _create_partners(self, company):
        """Create vendors and customers, with their tax numbers, bank accounts and default departments."""
        term = self.env.ref("account.account_payment_term_30days")
        vals_by_name = {}
        for number, (name, partner) in enumerate({**VENDORS, **CUSTOMERS}.items(), 10):
            label, street, zip_code, city, department = partner
            vals_by_name[f"partner_{name}"] = {
                "name": label,
                "is_company": True,
                "street": street,
                "zip": zip_code,
                "city": city,
                "country_id": self.env.ref("base.fr").id,
                "vat": identifiers.vat(number),
                "company_registry": identifiers.siret(number),
                "email": f"contact@{name}.example",
                "company_id": company.id,
                "lang": "fr_FR",
                "supplier_rank": int(name in VENDORS),
                "customer_rank": int(name in CUSTOMERS),
                "property_payment_term_id": term.id,
                "property_supplier_payment_term_id": term.id,
                "department_id": department and self._ref(f"department_{department}").id,
                "bank_ids": [Command.create({"acc_number": identifiers.iban(number), "allow_out_payment": True})],
            }
        self._create("res.partner", vals_by_name)
