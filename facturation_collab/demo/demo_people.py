from odoo import Command, models

USER = "facturation_collab.group_user"
AUDITOR = "facturation_collab.group_auditor"
ADMINISTRATOR = "facturation_collab.group_administrator"
SERVICE = "facturation_collab.group_customer_service"
# Finance also creates vendors, as electronic invoices name new ones.
FINANCE = ["account.group_account_invoice", "base.group_partner_manager"]

# login: (name, title, language, department where employed, {department: role}, groups beside the internal user's)
PEOPLE = {
    "claire": ("Claire Fontaine", "Directrice générale", "fr_FR", "direction", {"direction": "manager"}, []),
    "max": ("Max Keller", "Responsable marketing", "en_US", "marketing", {"marketing": "manager"}, []),
    "emma": ("Emma Rousseau", "Chargée de communication", "en_US", "marketing", {"marketing": "contributor"}, []),
    "lea": ("Léa Moreau", "Cheffe de projet événements", "fr_FR", "marketing", {"marketing": "contributor"}, []),
    "hugo": ("Hugo Lambert", "Responsable de la marque", "fr_FR", "marketing", {"marketing": "validator"}, []),
    "nina": ("Nina Costa", "Graphiste", "en_US", "marketing", {"marketing": "reader"}, []),
    "paul": ("Paul Girard", "Directeur des opérations", "fr_FR", "operations", {"operations": "manager"}, []),
    "theo": (
        "Théo Blanc",
        "Chargé d'affaires",
        "fr_FR",
        "operations",
        {"operations": "contributor", "achats": "reader"},
        [],
    ),
    "sophie": ("Sophie Bernard", "Responsable des achats", "fr_FR", "achats", {"achats": "manager"}, []),
    "tom": ("Tom Petit", "Acheteur", "fr_FR", "achats", {"achats": "contributor"}, []),
    "karim": ("Karim Haddad", "Responsable informatique", "fr_FR", "informatique", {}, []),
    "ines": ("Inès Faure", "Administratrice systèmes", "fr_FR", "informatique", {}, []),
    "jane": ("Jane Martin", "Comptable", "en_US", "finance", {}, FINANCE),
    "luc": ("Luc Mercier", "Directeur financier", "fr_FR", "finance", {"finance": "manager"}, FINANCE),
    "sonia": ("Sonia Petit", "Chargée de clientèle", "fr_FR", "operations", {}, [SERVICE]),
    "alice": ("Alice Renard", "Commissaire aux comptes", "fr_FR", None, {}, [AUDITOR]),
    "adele": ("Adèle Roy", "Administratrice de la facturation", "fr_FR", "finance", {}, [ADMINISTRATOR]),
}
MANAGERS = {
    "direction": "claire",
    "marketing": "max",
    "operations": "paul",
    "achats": "sophie",
    "informatique": "karim",
    "finance": "luc",
}
# Roles there come from the employee records, everywhere else they are given by hand.
SYNCHRONIZED = "informatique"


class AccountValidationDemo(models.AbstractModel):
    _inherit = "account.validation.demo"

    def _create_people(self, company):
        """Create the users, whose password is their login, with their employee records and roles."""
        users = self._create(
            "res.users",
            {
                f"user_{login}": {
                    "name": name,
                    "login": login,
                    "password": login,
                    "email": f"{login}@alticime.example",
                    "lang": lang,
                    "tz": "Europe/Paris",
                    # No demo writes e-mails.
                    "notification_type": "inbox",
                    "company_id": company.id,
                    "company_ids": [Command.set(company.ids)],
                    "group_ids": [Command.set([self.env.ref(group).id for group in ["base.group_user", *groups]])],
                }
                for login, (name, _title, lang, _department, _roles, groups) in PEOPLE.items()
            },
        )
        self._create_employees(company, users)
        self._create("account.department.member", dict(self._get_members(users)))

    def _create_employees(self, company, users):
        employees = self._create(
            "hr.employee",
            {
                f"employee_{login}": {
                    "name": name,
                    "job_title": title,
                    "work_email": f"{login}@alticime.example",
                    "user_id": users[f"user_{login}"].id,
                    "department_id": self._ref(f"department_{department}").id,
                    "company_id": company.id,
                }
                for login, (name, title, _lang, department, _roles, _groups) in PEOPLE.items()
                if department
            },
        )
        for department, login in MANAGERS.items():
            self._ref(f"department_{department}").manager_id = employees[f"employee_{login}"]
        self._ref(f"department_{SYNCHRONIZED}").sync_members = True

    def _get_members(self, users):
        for login, (*_person, roles, _groups) in PEOPLE.items():
            for department, role in roles.items():
                department_id = self._ref(f"department_{department}").id
                vals = {"department_id": department_id, "user_id": users[f"user_{login}"].id, "role": role}
                yield f"member_{department}_{login}", vals
