from odoo import Command, models

DISPUTE = "La livraison n’a pas eu lieu."
QUESTION = "Le prix est-il celui du devis ?"
# {shortcut: text} of what customer service answers often.
PREPARED = {
    "délai": "Votre commande part de notre atelier sous cinq jours ouvrés. Nous vous écrivons à l’expédition.",
    "avoir": "Vous avez raison. Nous préparons un avoir : vous le recevrez par e-mail dès qu’il sera comptabilisé.",
}
ANSWER = "Oui, remise comprise : voir le devis que vous avez signé."


class AccountValidationDemo(models.AbstractModel):
    """A customer and a vendor who log in to the portal, what they asked, and customer service."""

    _inherit = "account.validation.demo"

    def _open_portal(self, company):
        """Let vendors follow their bills, and a customer ask and dispute. The password of each is the login."""
        company.portal_bill_page = True
        # Without an e-mail address: no demo writes e-mails.
        self._create(
            "res.users",
            {
                f"user_{login}": {
                    "name": name,
                    "login": login,
                    "password": login,
                    "lang": "fr_FR",
                    "partner_id": self._create_contact(login, name, partner).id,
                    "company_id": company.id,
                    "company_ids": [Command.set(company.ids)],
                    "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
                }
                for login, name, partner in (
                    ("claude", "Claude Vasseur", "partner_chalets"),
                    ("violette", "Violette Rey", "partner_tissages"),
                )
            },
        )
        self._ask_on_portal(self._ref("user_claude").partner_id)
        self._prepare_answers()

    def _create_contact(self, login, name, partner):
        vals = {"name": name, "parent_id": self._ref(partner).id, "lang": "fr_FR"}
        return self._create("res.partner", {f"partner_{login}": vals})[f"partner_{login}"]

    def _ask_on_portal(self, customer):
        """The customer's question is answered, the dispute is open."""
        domain = [
            ("partner_id", "=", customer.parent_id.id),
            ("move_type", "=", "out_invoice"),
            ("state", "=", "posted"),
        ]
        invoice = self.env["account.move"].search(domain, limit=1).with_context(lang="fr_FR")
        kinds = {kind.code: kind.id for kind in invoice._get_outside_kinds()}
        question = invoice._ask_from_outside(customer, kinds["price"], QUESTION)
        question.with_user(self._ref("user_paul")).action_answer(ANSWER)
        line_ids = invoice._get_disputable_lines()[-1:].ids
        dispute = {"scope": "lines", "line_ids": line_ids, "amount": None}
        invoice._ask_from_outside(customer, kinds["delivery"], DISPUTE, dispute=dispute)

    def _prepare_answers(self):
        """What customer service fills in, shared among its people."""
        group = self.env.ref("facturation_collab.group_customer_service")
        self._create(
            "mail.canned.response",
            {
                f"prepared_answer_{position}": {
                    "source": source,
                    "substitution": text,
                    "group_ids": [Command.set(group.ids)],
                }
                for position, (source, text) in enumerate(PREPARED.items(), 1)
            },
        )
