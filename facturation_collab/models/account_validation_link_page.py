from odoo import models
from odoo.fields import Domain
from odoo.tools import format_amount, format_date, format_datetime, format_list

OUTCOMES = ("approve", "return", "reject")
SHOWN_LINES = 30
SHOWN_BILLS = 5
SHOWN_DOCUMENTS = 5
INLINE_TYPES = ("application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp")
"""Documents that a browser shows without running anything in them; the others are downloaded."""


class AccountValidationLink(models.Model):
    """What the page of a link shows: plain values, read as the person whom the link belongs to, in their language.

    Values come through `read()`, so that what an addon hides from a person is hidden here, too.
    """

    _inherit = "account.validation.link"

    def _get_page(self):
        """Return what a person needs to decide: {name of a part: plain values}."""
        self.ensure_one()
        move = self._get_move()
        panel = move.validation_panel
        step = next(step for step in panel["steps"] if step["id"] == self.step_id.id)
        return {
            "ownership": self.env._(
                "This link is personal to %s. If you are not this person, please close the page and delete the e-mail.",
                self.user_id.name,
            ),
            "identity": self.env._("I am %s and decide in my own name.", self.user_id.name),
            "company": move.company_id.sudo().name,
            "heading": move._get_validation_title(),
            "level": step["name"],
            "reason": step["reason"],
            "facts": self._get_page_facts(move, panel),
            "amounts": [*self._get_page_amounts(move), *self._get_page_share(step)],
            "warnings": self._get_page_warnings(move, panel),
            "lines": self._get_page_lines(move),
            "documents": self._get_page_documents(move),
            "comments": self._get_page_comments(panel),
            "history": self._get_page_history(move),
            "proof": self._get_page_proof(),
            "options": self._get_page_options(),
            "comment_required": self.step_id.comment_required,
            "move_url": f"/odoo/account.move/{move.id}",
        }

    def _get_page_facts(self, move, panel):
        """Return [(label, text)] of what identifies the invoice."""
        kinds = dict(move._fields["move_type"]._description_selection(move.env))
        is_sale = move.is_sale_document(include_receipts=True)
        submitted = move.sudo().validation_request_id.submitted_at
        facts = [
            (self.env._("Customer") if is_sale else self.env._("Vendor"), move.partner_id.display_name),
            (self.env._("Kind"), kinds[move.move_type]),
            (self.env._("Number"), move.name if move.name != "/" else ""),
            (self.env._("Reference"), move.ref),
            (self.env._("Invoice date"), format_date(move.env, move.invoice_date)),
            (self.env._("Due date"), format_date(move.env, move.invoice_date_due)),
            (self.env._("Department"), move.department_id.sudo().name),
            (
                self.env._("Submitted"),
                self.env._(
                    "by %(person)s on %(date)s",
                    person=panel["submitter"]["name"],
                    date=format_datetime(move.env, submitted),
                ),
            ),
        ]
        return [(label, text) for label, text in facts if text]

    def _get_page_amounts(self, move):
        """Return [(label, text)] of the totals that this person may see."""
        labels = {
            "amount_untaxed": self.env._("Untaxed amount"),
            "amount_tax": self.env._("Taxes"),
            "amount_total": self.env._("Total"),
        }
        values = move.read(list(labels))[0]
        texts = {label: self._format_amount(move, values[name]) for name, label in labels.items()}
        return [(label, text) for label, text in texts.items() if text]

    def _get_page_share(self, step):
        """Return [(label, text)] of the share that this person decides on, where it is not the whole invoice."""
        return [(self.env._("Your part"), step["share"]["amount"])] if step.get("share") else []

    def _get_page_lines(self, move):
        """Return the first lines: what, how much of it, for how much."""
        lines = move.invoice_line_ids.filtered(lambda line: line.display_type == "product")[:SHOWN_LINES]
        return [
            {
                "name": values["name"] or self.env._("No description"),
                "quantity": f"{values['quantity']:.10g}",
                "amount": self._format_amount(move, values["price_subtotal"]),
            }
            for values in lines.read(["name", "quantity", "price_subtotal"])
        ]

    def _get_page_warnings(self, move, panel):
        """Return the sentences that this person should read before deciding."""
        duplicates = move.duplicated_ref_ids._filtered_access("read")
        names = format_list(self.env, [other._get_validation_title() for other in duplicates])
        sentences = [
            panel["bank_warning"],
            self.env._("It looks like a duplicate of: %s. Compare them before you approve.", names) if names else "",
        ]
        return [sentence for sentence in sentences if sentence]

    def _get_page_documents(self, move):
        """Return the documents of the invoice that this person may open, the main one first."""
        main = move.message_main_attachment_id
        return [
            {"id": document.id, "name": document.name, "is_image": (document.mimetype or "").startswith("image/")}
            for document in self._get_documents().sorted(lambda document: document != main)[:SHOWN_DOCUMENTS]
        ]

    def _get_documents(self):
        """Return the attachments of the invoice that its person may read."""
        move = self._get_move()
        domain = [("res_model", "=", "account.move"), ("res_id", "=", move.id), ("type", "=", "binary")]
        return move.env["ir.attachment"].search(domain)._filtered_access("read")

    def _get_page_comments(self, panel):
        return [
            {"person": comment["user"]["name"], "what": comment["type_label"], "text": comment["text"]}
            for comment in panel["comments"]
        ]

    def _get_page_history(self, move):
        """Return the last posted invoices of the same kind with this partner that the person may read."""
        types = move.get_sale_types(True) if move.is_sale_document(True) else move.get_purchase_types(True)
        domain = Domain("commercial_partner_id", "=", move.commercial_partner_id.id) & Domain("id", "!=", move.id)
        domain &= Domain("company_id", "=", move.company_id.id) & Domain("state", "=", "posted")
        domain &= Domain("move_type", "in", types)
        bills = move.search(domain, order="invoice_date desc, id desc", limit=SHOWN_BILLS)
        states = dict(move._fields["payment_state"]._description_selection(move.env))
        return [
            {
                "name": bill.name,
                "date": format_date(move.env, bill.invoice_date),
                "amount": self._format_amount(bill, bill.read(["amount_total"])[0]["amount_total"]),
                "state": states.get(bill.payment_state, ""),
            }
            for bill in bills
        ]

    def _get_page_options(self):
        """Return [(outcome, label, what it means)] of what can be decided here."""
        labels = {"approve": self.env._("Approve"), "return": self.env._("Return"), "reject": self.env._("Reject")}
        meanings = {
            "approve": self.env._("You agree to exactly what you see here."),
            "return": self.env._("To be corrected and submitted again. Say what has to change."),
            "reject": self.env._("For good: the invoice cannot be posted any more. Say why."),
        }
        allowed = [outcome for outcome in OUTCOMES if outcome != "approve" or not self.step_id.authentication]
        return [(outcome, labels[outcome], meanings[outcome]) for outcome in allowed]

    def _get_page_proof(self):
        """Return why this person cannot approve by a link here, or an empty text."""
        step = self.step_id.with_env(self.env)
        return step._get_authentication_refusal() if step.authentication else ""

    def _format_amount(self, move, amount):
        """Return an amount as text; nothing of one that an addon hides, which is read as False."""
        return "" if amount is False else format_amount(move.env, amount, move.currency_id)
