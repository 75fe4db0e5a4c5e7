from odoo import Command, models

# Two levels with this are asked at the same time.
AT_ONCE = {"sequence": 10, "deadline_hours": 24.0}
# Small bills of a vendor of whom two were paid are approved without a person, but for a sample.
LOW_RISK = {"auto_approve": True, "auto_amount_max": 1200.0, "auto_bill_count": 2, "auto_sample": 5.0}
# A late answer is asked of the manager above, too.
ESCALATES = {"deadline_hours": 16.0, "escalation": "manager", "escalation_hours": 4.0}
# name: (English, French, values, levels); a level: (English, French, values)
POLICIES = {
    "marketing": (
        "Vendor bills of Marketing",
        "Factures fournisseurs du Marketing",
        {"sequence": 10, "departments": ["marketing"], "amount_min": 1000.0, **LOW_RISK},
        [
            ("Manager", "Responsable", {"approver_type": "role", "role": "manager", "deadline_hours": 16.0}),
            (
                "Finance",
                "Finance",
                {
                    "approver_type": "group",
                    "group": "account.group_account_invoice",
                    "amount_min": 10000.0,
                    "deadline_hours": 24.0,
                },
            ),
        ],
    ),
    "shared": (
        "Telephone bills, shared by departments",
        "Factures de téléphone, partagées entre services",
        {"sequence": 5, "partners": ["telecom"]},
        [
            (
                "Departments",
                "Services",
                {"approver_type": "department_lines", "role": "manager", "deadline_hours": 24.0},
            ),
            ("Finance", "Finance", {"approver_type": "user", "users": ["luc"], "deadline_hours": 16.0}),
        ],
    ),
    "customers": (
        "Customer invoices",
        "Factures clients",
        {"sequence": 20, "apply_in_invoice": False, "apply_out_invoice": True, "amount_min": 5000.0},
        [
            ("Manager", "Responsable", {"approver_type": "role", "role": "manager", **ESCALATES}),
            (
                "Executive board",
                "Direction",
                {
                    "approver_type": "user",
                    "users": ["claire", "luc"],
                    "quorum": "all",
                    "amount_min": 20000.0,
                    "deadline_hours": 40.0,
                    "comment_required": True,
                },
            ),
        ],
    ),
    "refunds": (
        "Credit notes and refunds",
        "Avoirs",
        {"sequence": 30, "apply_in_invoice": False, "apply_in_refund": True, "apply_out_refund": True},
        [
            ("Manager", "Responsable", {**AT_ONCE, "approver_type": "role", "role": "manager"}),
            ("Accounting", "Comptabilité", {**AT_ONCE, "approver_type": "user", "users": ["jane", "luc"]}),
        ],
    ),
    "operations": (
        "Vendor bills of Operations (trial)",
        "Factures fournisseurs des Opérations (à l'essai)",
        {"sequence": 40, "mode": "observe", "departments": ["operations"], "amount_min": 500.0},
        [
            ("Department", "Service", {"approver_type": "role", "role": "validator", "deadline_hours": 24.0}),
            (
                "Department above",
                "Service supérieur",
                {"approver_type": "parent_role", "role": "manager", "amount_min": 5000.0, "deadline_hours": 40.0},
            ),
        ],
    ),
    "fees": (
        "Fees (chain of managers)",
        "Honoraires (chaîne des responsables)",
        {"sequence": 50, "departments": ["finance"], "amount_min": 1000.0},
        [
            (
                "Manager whose limit covers",
                "Responsable habilité",
                {"approver_type": "department_chain", "deadline_hours": 16.0},
            ),
        ],
    ),
}
# Up to which total managers approve in a chain, in euros; None is any amount. A person's limit comes before the role's.
LIMITS = {"role_manager": 3000.0, "user_luc": 10000.0, "user_claire": None}


class AccountValidationDemo(models.AbstractModel):
    _inherit = "account.validation.demo"

    def _create_policies(self, company):
        """Create the policies, named in both languages, and the approval limits."""
        for name, (english, french, vals, levels) in POLICIES.items():
            vals = self._resolve({**vals, "name": english, "company_id": company.id})
            vals["level_ids"] = [
                Command.create(self._resolve({"sequence": 10 * position, **level, "name": label}))
                for position, (label, _french, level) in enumerate(levels, 1)
            ]
            self.with_context(lang="en_US")._create("account.validation.policy", {f"policy_{name}": vals})
            policy = self._ref(f"policy_{name}")
            policy.with_context(lang="fr_FR").name = french
            for record, (_english, label, _level) in zip(policy.level_ids, levels, strict=True):
                record.with_context(lang="fr_FR").name = label
        self._create("account.approval.limit", {f"limit_{name}": vals for name, vals in self._get_limits(company)})

    def _get_limits(self, company):
        for name, amount in LIMITS.items():
            kind, who = name.split("_")
            holder = {"role": who} if kind == "role" else {"user_id": self._ref(name).id}
            yield name, {**holder, "company_id": company.id, "amount": amount or 0.0, "unlimited": amount is None}

    def _resolve(self, vals):
        """Return values with the names of departments, users and groups replaced by the records they stand for."""
        vals = dict(vals)
        if "departments" in vals:
            names = vals.pop("departments")
            vals["department_ids"] = [Command.link(self._ref(f"department_{name}").id) for name in names]
        if "partners" in vals:
            names = vals.pop("partners")
            vals["partner_ids"] = [Command.link(self._ref(f"partner_{name}").id) for name in names]
        if "users" in vals:
            vals["user_ids"] = [Command.link(self._ref(f"user_{login}").id) for login in vals.pop("users")]
        if "group" in vals:
            vals["group_id"] = self.env.ref(vals.pop("group")).id
        return vals
