from odoo import Command, models

# Texts are (English, French); a line is (kind, texts, account, unit price).
TEMPLATES = {
    "hut": {
        "author": "paul",
        "name": "Équipement d’un refuge",
        "move_type": "out_invoice",
        "department": "operations",
        "lines": [
            ("line_section", ("Equipment", "Équipement"), None, None),
            ("product", ("Hut mattresses, order of {month}", "Matelas de refuge, commande de {month}"), "702", 5150.0),
            ("product", ("Delivery and installation", "Livraison et installation"), "7085", 650.0),
            ("line_note", ("Two years of guarantee.", "Garantie de deux ans."), None, None),
        ],
        "narration": (
            "Payable by bank transfer before {due_date}, with the reference {number}.",
            "Payable par virement avant le {due_date}, sous la référence {number}.",
        ),
        "legal_mentions": (
            "{company} charges late payment of the invoice {number} at three times the legal rate, and a fixed sum of "
            "€40 for its recovery.",
            "{company} facture tout retard de paiement de la facture {number} au triple du taux d’intérêt légal, et "
            "une indemnité forfaitaire de recouvrement de 40 €.",
        ),
    },
    "radio": {
        "author": "max",
        "name": "Spots radio du mois",
        "move_type": "in_invoice",
        "department": "marketing",
        "partner": "radio",
        "lines": [("product", ("Radio spots of {month}", "Spots radio de {month}"), "6231", 2150.0)],
        "analytic": "brand",
        "question": ("quantity", "Le nombre de spots diffusés est-il celui du plan média ?"),
    },
}
TRANSLATED = ("narration", "legal_mentions")
LANGUAGES = ["en_US", "fr_FR"]


class AccountValidationDemo(models.AbstractModel):
    """Templates of two departments, made by their managers, in both languages."""

    _inherit = "account.validation.demo"

    def _create_templates(self, company):
        """Create the templates and put them in use; one was used already."""
        self._create_analytic_account(company)
        for name, content in TEMPLATES.items():
            author = self._as(self._ref(f"user_{content['author']}"))
            lang = author.env.lang
            template = author.env["account.invoice.template"].create(self._get_template_vals(company, content, lang))
            self._remember({f"template_{name}": template})
            self._translate_template(template, content, lang)
            template.action_activate()
        self._use_template()

    def _create_analytic_account(self, company):
        """What Marketing spends on the brand. People of Marketing and accounting work with analytic accounts."""
        vals = {
            "name": "Notoriété de la marque",
            "plan_id": self.env.ref("analytic.analytic_plan_projects").id,
            "company_id": company.id,
            "department_id": self._ref("department_marketing").id,
        }
        self._create("account.analytic.account", {"analytic_brand": vals})
        users = self.env["res.users"].union(*(self._ref(f"user_{login}") for login in ("max", "emma", "jane", "luc")))
        users.write({"group_ids": [Command.link(self.env.ref("analytic.group_analytic_accounting").id)]})

    def _get_template_vals(self, company, content, lang):
        """Return the values of a template, in the language of its author."""
        language = LANGUAGES.index(lang)
        vals = {name: f"<p>{content[name][language]}</p>" for name in TRANSLATED if name in content}
        if "partner" in content:
            vals["partner_ids"] = [Command.set(self._ref(f"partner_{content['partner']}").ids)]
        if "question" in content:
            code, text = content["question"]
            kind = self.env.ref(f"facturation_collab.account_invoice_question_kind_{code}")
            vals["question_ids"] = [Command.create({"kind_id": kind.id, "text": text})]
        return vals | {
            "name": content["name"],
            "company_id": company.id,
            "department_id": self._ref(f"department_{content['department']}").id,
            "move_type": content["move_type"],
            "payment_term_id": self.env.ref("account.account_payment_term_30days").id,
            "line_ids": [Command.create(vals) for vals in self._get_template_line_vals(company, content, language)],
        }

    def _get_template_line_vals(self, company, content, language):
        is_bill = content["move_type"] == "in_invoice"
        tax = company.account_purchase_tax_id if is_bill else company.account_sale_tax_id
        for position, (kind, labels, account, price) in enumerate(content["lines"], 1):
            vals = {"display_type": kind, "name": labels[language], "sequence": 10 * position}
            if account:
                vals |= {
                    "account_id": self.env.ref(f"account.{company.id}_pcg_{account}").id,
                    "price_unit": price,
                    "tax_ids": [Command.set(tax.ids)],
                }
            if "analytic" in content:
                vals["analytic_distribution"] = {str(self._ref(f"analytic_{content['analytic']}").id): 100.0}
            yield vals

    def _translate_template(self, template, content, lang):
        """Write the texts in the other language; those in HTML are translated paragraph by paragraph."""
        (other,) = set(LANGUAGES) - {lang}
        source, target = LANGUAGES.index(lang), LANGUAGES.index(other)
        for name in TRANSLATED:
            if name in content:
                texts = content[name]
                template.update_field_translations(name, {other: {texts[source]: texts[target]}}, source_lang=lang)
        for line, (_kind, labels, _account, _price) in zip(template.line_ids, content["lines"], strict=True):
            line.with_context(lang=other).name = labels[target]

    def _use_template(self):
        """Théo has begun an invoice from the template of his department."""
        template = self._ref("template_hut").with_env(self._as(self._ref("user_theo")).env)
        move = template.env["account.move"].browse(template.action_create_invoice()["res_id"])
        move.partner_id = self._ref("partner_refuges")
        self._remember({"move_from_template": move})
