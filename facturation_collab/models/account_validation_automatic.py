from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from .. import fingerprints

PAID = ("paid", "in_payment")


class AccountValidationPolicy(models.Model):
    """Approving low-risk invoices without a person, by criteria that the policy sets; a sample goes the normal way."""

    _inherit = "account.validation.policy"

    auto_approve = fields.Boolean(
        "Approve low-risk invoices automatically",
        help="An invoice that meets all of the following is approved at once. Never one whose bank account is new, "
        "that looks like a duplicate or unusual, or on which a level asks for a proof of identity.",
    )
    auto_amount_max = fields.Monetary(
        string="Up to this total", help="Total with taxes, in the company's currency. Must be above 0."
    )
    auto_bill_count = fields.Integer(
        string="Known partner: paid documents",
        default=3,
        help="How many documents of the same kind, of this partner, were paid in the last 12 months.",
    )
    auto_order = fields.Boolean(
        string="Matches its order", help="Every line comes from an order, which needs the app Purchase or Sales."
    )
    auto_order_tolerance = fields.Float(
        string="Tolerance (%)", help="By how much the unit price of a line may be above that of its order."
    )
    auto_sample = fields.Float(
        string="Sample (%)",
        default=10.0,
        help="Share of the low-risk invoices that people validate all the same, at least 1 %. The same invoice is "
        "always in the sample, or never, however often it is submitted.",
    )

    @api.constrains("auto_approve", "auto_amount_max", "auto_bill_count", "auto_sample", "auto_order_tolerance")
    def _check_automatic(self):
        for policy in self.filtered("auto_approve"):
            if policy.auto_amount_max <= 0 or policy.auto_bill_count < 1:
                raise ValidationError(
                    self.env._(
                        "Policy “%s” approves invoices automatically: say up to which total, and how many paid "
                        "documents make a partner known (1 at least).",
                        policy.name,
                    )
                )
            if not 1 <= policy.auto_sample <= 100 or policy.auto_order_tolerance < 0:
                raise ValidationError(
                    self.env._(
                        "Policy “%s”: the sample lies between 1 %% and 100 %%, and the tolerance is not negative.",
                        policy.name,
                    )
                )

    def _get_frozen_policy(self, request):
        """The plan says what the policy approves automatically."""
        frozen = super()._get_frozen_policy(request)
        return {**frozen, "automatic": self._get_automatic_criteria()} if self.auto_approve else frozen

    def _get_automatic_criteria(self):
        """Return the criteria of the automatic approval as plain values."""
        return {
            "amount_max": self.auto_amount_max,
            "bill_count": self.auto_bill_count,
            "order": self.auto_order and self.auto_order_tolerance,
            "sample": self.auto_sample,
        }

    def _get_automatic_refusals(self, moves):
        """Return {move id: name of what speaks against approving it automatically}, for invoices of this policy; those
        that nothing speaks against are not in it. A constant number of queries.

        The names: off, amount, authentication, unknown, bank, order. An addon adds its own with `super()`.

        :param moves: account.move as sudo, real or virtual
        """
        self.ensure_one()
        if not self.auto_approve:
            return dict.fromkeys(moves._ids, "off")
        banks, unknown = moves._get_bank_facts(), self._get_unknown(moves)
        checks = {
            "amount": lambda move: not self._is_amount_within(move, 0, self.auto_amount_max),
            "authentication": lambda move: any(level._get_authentication(move) for level in self._get_levels(move)),
            "unknown": lambda move: move.id in unknown,
            "bank": lambda move: move.id in banks,
            "order": lambda move: self.auto_order and not move._is_within_order(self.auto_order_tolerance),
        }
        refusals = {}
        for move in moves:
            for name, speaks_against in checks.items():
                if speaks_against(move):
                    refusals[move.id] = name
                    break
        return refusals

    def _get_unknown(self, moves):
        """Return the ids of the invoices whose partner is not known well enough, in one query."""
        today = fields.Date.context_today(self)
        asked = [
            (
                position,
                move.commercial_partner_id.id or 0,
                move.company_id.id,
                move.move_type,
                move._origin.id or 0,
                today if move.state == "draft" else move.invoice_date or today,
            )
            for position, move in enumerate(moves)
        ]
        if not asked:
            return set()
        self.env["account.move"].flush_model(
            ["commercial_partner_id", "company_id", "move_type", "state", "payment_state", "invoice_date"]
        )
        rows = self.env.execute_query(
            SQL(
                """SELECT asked.position FROM (VALUES %(asked)s)
                       AS asked (position, partner, company, kind, own, day)
                   WHERE (SELECT COUNT(*) FROM (
                       SELECT 1 FROM account_move bill
                       WHERE bill.commercial_partner_id = asked.partner AND bill.company_id = asked.company
                         AND bill.move_type = asked.kind AND bill.state = 'posted' AND bill.id != asked.own
                         AND bill.payment_state IN %(paid)s
                         AND bill.invoice_date BETWEEN asked.day - INTERVAL '12 months' AND asked.day
                       LIMIT %(count)s) found) < %(count)s""",
                asked=SQL(", ").join(SQL("(%s, %s, %s, %s, %s, %s::date)", *row) for row in asked),
                paid=PAID,
                count=self.auto_bill_count,
            )
        )
        ids = moves._ids
        return {ids[position] for (position,) in rows}


class AccountMove(models.Model):
    _inherit = "account.move"

    def _is_within_order(self, tolerance):
        """Tell whether every line of this invoice comes from an order, and costs no more than there.

        :param tolerance: percent by which the unit price may be above that of the order
        """
        lines = self.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        return bool(lines) and all(line._is_within_order(tolerance) for line in lines)

    def _is_unusual(self):
        """Tell whether Odoo itself warns of this draft: a duplicate, an unusual amount or date."""
        self.ensure_one()
        return bool(self.duplicated_ref_ids or self.abnormal_amount_warning or self.abnormal_date_warning)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _is_within_order(self, tolerance):
        """Tell whether this line comes from a line of an order, with no more than was ordered and at most its price."""
        self.ensure_one()
        orders = self.purchase_line_id if "purchase_line_id" in self._fields else None
        if orders is None or not orders:
            orders = self.sale_line_ids if "sale_line_ids" in self._fields else None
        if not orders or len(orders) != 1 or orders.product_id != self.product_id:
            return False
        ordered = orders.product_qty if "product_qty" in orders._fields else orders.product_uom_qty
        highest = orders.price_unit * (1 + tolerance / 100)
        return (
            orders.currency_id == self.currency_id
            and self.quantity <= ordered
            and self.currency_id.compare_amounts(self.price_unit, highest) <= 0
        )


class AccountValidationEvent(models.Model):
    _inherit = "account.validation.event"

    type = fields.Selection(
        selection_add=[("auto_approved", "Approved automatically")], ondelete={"auto_approved": "cascade"}
    )


class AccountValidationRequest(models.Model):
    _inherit = "account.validation.request"

    auto_approved = fields.Boolean("Approved automatically", readonly=True)

    def _approve_automatically(self):
        """Approve those of these new requests that their policies let pass without a person, but for a sample. Called
        by `action_submit`, which holds the locks.

        :returns: the requests that were approved
        """
        approved = self.browse()
        for policy, requests in self.grouped("policy_id").items():
            if policy.auto_approve:
                approved |= requests._filter_automatic(policy.sudo())
        approved -= approved._draw_sample()
        if not approved:
            return approved
        engine = approved.with_user(SUPERUSER_ID).with_context(lang=self.env.lang)
        engine.env["account.validation.event"]._append(
            [request._prepare_event_vals("auto_approved", data=request._get_automatic_data()) for request in engine]
        )
        engine._engine().write({"auto_approved": True})
        engine._log(
            lambda request: self.env._("Approved automatically: a low-risk invoice by the criteria of its policy.")
        )
        engine._close("approved")
        return approved

    def _filter_automatic(self, policy):
        """Keep the requests of one policy that nothing speaks against approving."""
        moves = self.move_id.sudo()
        refusals = policy._get_automatic_refusals(moves)
        return self.filtered(
            lambda request: (
                request.move_id.id not in refusals
                and request.move_id.state == "draft"
                and not request.after_posting
                and not any(request.step_ids.mapped("authentication"))
                and not request.move_id.sudo()._is_unusual()
            )
        )

    def _get_automatic_data(self):
        """Return what the event of an automatic approval keeps: the criteria that were met, without amounts."""
        policy = self.policy_id.sudo()
        met = ["amount", "known_partner", "bank_unchanged", "nothing_unusual", "not_sampled"]
        return {
            "criteria": met + (["order"] if policy.auto_order else []),
            "bill_count": policy.auto_bill_count,
            "sample": policy.auto_sample,
        }


class AccountValidationForecast(models.AbstractModel):
    _inherit = "account.validation.forecast"

    @api.model
    def _forecast(self, move, policies=None):
        """Say whether the invoice would be approved without a person."""
        forecast = super()._forecast(move, policies)
        policy = self.env["account.validation.policy"].sudo().browse(forecast["policy_id"] or [])
        automatic = bool(policy) and not forecast["problem"] and not policy._get_automatic_refusals(move.sudo())
        sampled = automatic and move._origin and fingerprints.is_sampled(f"{move.id}:{policy.id}", policy.auto_sample)
        return {**forecast, "automatic": automatic and not sampled}
