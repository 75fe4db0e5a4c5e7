from odoo import api, fields, models
from odoo.fields import Domain

STAGES = [
    ("received", "Received"),
    ("checking", "Being checked"),
    ("waiting", "Waits for the vendor"),
    ("approved", "Approved"),
    ("scheduled", "To be paid"),
    ("paid", "Paid"),
    ("credited", "Settled by a credit note"),
    ("refused", "Not accepted"),
]
PAID = {"paid": "paid", "in_payment": "paid", "reversed": "credited"}
AGREED = ("approved", "forced")


class AccountInvoiceVendorWording(models.Model):
    """What a company tells its vendors of a bill at a stage, in its own words: configuration."""

    _name = "account.invoice.vendor.wording"
    _description = "Words for vendors"
    _order = "company_id, id"
    _rec_name = "stage"

    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    stage = fields.Selection(STAGES, required=True)
    sentence = fields.Text(required=True, translate=True, help="Vendors read it instead of Odoo's own sentence.")

    _stage_unique = models.UniqueIndex("(company_id, stage)", "This company has words for this stage already.")


class ResCompany(models.Model):
    _inherit = "res.company"

    portal_bill_page = fields.Boolean(
        "Vendors follow their bills",
        help="Vendors who log in to the portal see each of their bills that was received, where it stands in plain "
        "words, and when it is expected to be paid.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    portal_bill_page = fields.Boolean(related="company_id.portal_bill_page", readonly=False)


class AccountMove(models.Model):
    """A bill as its vendor sees it: that it was received, where it stands, when it is paid. Never who has it or why."""

    _inherit = "account.move"

    @api.model
    def _get_vendor_bill_domain(self, user):
        """Domain of the bills that a user of the portal follows as their vendor; for elevated rights.

        What is not posted and belongs to a confidential department is left out, as it is withheld from links.
        """
        vendor = user.sudo().partner_id.commercial_partner_id
        if not user._is_portal():
            return Domain.FALSE
        hidden = Domain("state", "!=", "posted") & Domain("department_id.is_within_confidential", "=", True)
        never_received = Domain("state", "=", "cancel") & Domain("validation_request_id", "=", False)
        return (
            Domain("move_type", "in", ("in_invoice", "in_refund"))
            & Domain("partner_id", "child_of", vendor.id)
            & Domain("company_id.portal_bill_page", "=", True)
            & ~hidden
            & ~never_received
        )

    @api.model
    def _get_vendor_bill(self, user, bill_id):
        """Return, as sudo, a bill that a user of the portal follows as its vendor; empty for any other id."""
        domain = self._get_vendor_bill_domain(user) & Domain("id", "=", bill_id)
        return self.sudo().search(domain)

    def _is_open_outside(self):
        """Vendors also ask about a bill that they follow and that is not posted yet."""
        if self.state == "draft" and self.move_type in ("in_invoice", "in_refund"):
            return self.company_id.portal_bill_page and not self.department_id.is_within_confidential
        return super()._is_open_outside()

    def _get_vendor_stages(self):
        """Return {move: stage} of these bills. As sudo."""
        held = self.filtered(lambda move: move.state == "posted")._get_unpayable()
        return {move: "checking" if move.id in held else move._get_vendor_stage() for move in self}

    def _get_vendor_stage(self):
        if self.state == "cancel" or self.validation_state == "rejected":
            return "refused"
        if self.state == "posted":
            return PAID.get(self.payment_state, "scheduled")
        if self.question_ids.filtered(lambda question: question.state == "open" and question._is_of_vendor()):
            return "waiting"
        if self.validation_state in AGREED:
            return "approved"
        return "checking" if self.validation_request_id else "received"

    def _get_vendor_pages(self):
        """Return what the pages show of these bills, in the language of the environment. As sudo."""
        stages = self._get_vendor_stages()
        own = self.env["account.invoice.vendor.wording"].sudo().search([("company_id", "in", self.company_id.ids)])
        own_words = {(words.company_id, words.stage): words.sentence for words in own}
        sentences = self._get_vendor_sentences()
        return [
            {
                "bill": move,
                "title": move.ref or self.env._("Bill without a number"),
                "received": fields.Date.to_date(move.create_date),
                "stage": stages[move],
                "sentence": own_words.get((move.company_id, stages[move])) or sentences[stages[move]],
                "expected": move._get_expected_payment_date(stages[move]),
            }
            for move in self
        ]

    @api.model
    def _get_vendor_sentences(self):
        """Return {stage: sentence} for companies without words of their own."""
        return {
            "received": self.env._("We have received it."),
            "checking": self.env._("We have received it and are checking it."),
            "waiting": self.env._("We need something from you: see the question, or our e-mail."),
            "approved": self.env._("It is approved."),
            "scheduled": self.env._("It is approved and will be paid."),
            "paid": self.env._("It is paid."),
            "credited": self.env._("It is settled by a credit note."),
            "refused": self.env._("We do not accept it: please contact us."),
        }

    def _get_expected_payment_date(self, stage):
        """Return the day of the next payment of this bill at a stage; False where none can be promised."""
        if stage == "scheduled":
            lines = self.line_ids.filtered(lambda line: line.account_type == "liability_payable")
            days = [day for day in lines.filtered(lambda line: not line.reconciled).mapped("date_maturity") if day]
        else:
            days = [self.invoice_date_due] if stage == "approved" and self.invoice_date_due else []
        day = min(days, default=False)
        return day if day and day >= fields.Date.context_today(self) else False


class AccountInvoiceQuestion(models.Model):
    _inherit = "account.invoice.question"

    def _is_of_vendor(self):
        """Tell whether this question waits for the vendor of its bill."""
        vendor = self.move_id.commercial_partner_id
        return bool(self.partner_id) and self.partner_id.commercial_partner_id == vendor
