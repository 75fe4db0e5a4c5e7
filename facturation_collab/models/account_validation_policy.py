import ast

from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..calls import check_call
from .account_validation_record import ARCHIVED_TOO

MOVE_TYPES = ("out_invoice", "in_invoice", "out_refund", "in_refund", "out_receipt", "in_receipt")


class AccountValidationPolicy(models.Model):
    """Which invoices need a validation, and by which levels. The first policy that fits an invoice, by sequence,
    applies.
    """

    _name = "account.validation.policy"
    _description = "Validation policy"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company.root_id,
        help="The policy holds for this company and its branches.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    sequence = fields.Integer(default=10, help="The first policy that fits an invoice applies.")
    active = fields.Boolean(default=True)
    mode = fields.Selection(
        [("off", "Off"), ("observe", "Observe"), ("enforce", "Enforce")],
        required=True,
        default="enforce",
        help="Off: not used. Observe: validations run and are reported, but nothing is blocked. "
        "Enforce: an invoice is posted only when its validation is complete.",
    )
    apply_out_invoice = fields.Boolean("Customer invoices")
    apply_in_invoice = fields.Boolean("Vendor bills", default=True)
    apply_out_refund = fields.Boolean("Customer credit notes")
    apply_in_refund = fields.Boolean("Vendor refunds")
    apply_out_receipt = fields.Boolean("Sales receipts")
    apply_in_receipt = fields.Boolean("Purchase receipts")
    journal_ids = fields.Many2many(
        "account.journal",
        string="Journals",
        check_company=True,
        domain="[('type', 'in', ('sale', 'purchase'))]",
        context=ARCHIVED_TOO,
        help="Empty means all journals.",
    )
    department_ids = fields.Many2many(
        "hr.department",
        string="Departments",
        check_company=True,
        context=ARCHIVED_TOO,
        help="With the departments below them. Empty means all departments.",
    )
    partner_ids = fields.Many2many(
        "res.partner",
        string="Partners",
        context=ARCHIVED_TOO,
        help="Customers or vendors, with their contacts. Empty means all.",
    )
    partner_category_ids = fields.Many2many(
        "res.partner.category",
        string="Partner tags",
        context=ARCHIVED_TOO,
        help="With the tags below them. Empty means all.",
    )
    amount_min = fields.Monetary(
        string="Amount from", help="Total with taxes, in the company's currency. 0 means no limit."
    )
    amount_max = fields.Monetary(
        string="Amount up to", help="Total with taxes, in the company's currency. 0 means no limit."
    )
    domain = fields.Char(
        string="Other conditions", help="A filter on the invoice, for what the criteria above cannot say."
    )
    separation_of_duties = fields.Boolean(
        default=True,
        help="Whoever entered, last changed or submitted an invoice does not validate it. Each level says which of "
        "them.",
    )
    distinct_approvers = fields.Boolean(
        string="Different people at each level",
        default=True,
        help="One person is one voice: nobody approves the same invoice at two levels.",
    )
    posted_change = fields.Selection(
        [("refuse", "Refuse it"), ("record", "Record it and validate again")],
        string="A change after posting",
        required=True,
        default="refuse",
        help="What approvers agreed to is changed on a posted invoice: partner, bank account, amounts, lines, dates. "
        "Refuse it: the invoice is reset to draft first. Record it: the change is kept in the history, its "
        "approvers are asked again, and the invoice is not paid before they agree.",
    )
    early_payment = fields.Selection(
        [("refuse", "Refuse it"), ("record", "Record it")],
        string="A payment before approval",
        required=True,
        default="refuse",
        help="Somebody pays or reconciles an invoice that is not approved. Refuse it: other invoices of the same batch "
        "are paid. Record it: the payment goes through and is kept in the history.",
    )
    level_ids = fields.One2many("account.validation.level", "policy_id", string="Levels", copy=True)
    summary = fields.Char(compute="_compute_summary", string="In plain words")
    request_count = fields.Integer(compute="_compute_request_count", string="Requests")

    _amount_range = models.Constraint(
        "CHECK(amount_min >= 0 AND amount_max >= 0 AND (amount_max = 0 OR amount_max >= amount_min))",
        "The amounts of a policy must be positive, and the upper one not below the lower one.",
    )

    @api.depends_context("lang")
    @api.depends(
        "journal_ids",
        "department_ids",
        "partner_ids",
        "partner_category_ids",
        "amount_min",
        "amount_max",
        "domain",
        "level_ids.summary",
    )
    @api.depends(*(f"apply_{move_type}" for move_type in MOVE_TYPES))
    def _compute_summary(self):
        wording = self.env["account.validation.wording"]
        for policy in self:
            policy.summary = wording._describe_policy(policy)

    def _compute_request_count(self):
        counts = dict(
            self.env["account.validation.request"]._read_group(
                [("policy_id", "in", self.ids)], ["policy_id"], ["__count"]
            )
        )
        for policy in self:
            policy.request_count = counts.get(policy, 0)

    @api.constrains("mode", "level_ids", "active")
    def _check_levels(self):
        for policy in self.filtered(lambda policy: policy.active and policy.mode != "off" and not policy.level_ids):
            raise ValidationError(
                self.env._("Policy “%s” has no level: add one, or switch the policy off.", policy.name)
            )

    @api.constrains(*(f"apply_{move_type}" for move_type in MOVE_TYPES))
    def _check_move_types(self):
        for policy in self.filtered(lambda policy: not policy._get_move_types()):
            raise ValidationError(self.env._("Choose at least one kind of document for policy “%s”.", policy.name))

    @api.constrains("domain")
    def _check_domain(self):
        Move = self.env["account.move"].sudo()
        for policy in self.filtered("domain"):
            try:
                domain = policy._get_domain()
                domain.validate(Move)
                Move.browse().filtered_domain(domain)
            except (ValueError, SyntaxError, TypeError, KeyError, AttributeError, UserError) as error:
                raise ValidationError(
                    self.env._(
                        "The other conditions of policy “%(policy)s” cannot be read: %(error)s. Use the filter "
                        "editor, with fixed values only.",
                        policy=policy.name,
                        error=error,
                    ),
                ) from error

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for policy in self.filtered("request_count"):
            raise UserError(
                self.env._(
                    "Policy “%s” was used on invoices and is part of their history: archive it instead.", policy.name
                )
            )

    def copy_data(self, default=None):
        return [
            vals | {"name": self.env._("%s (copy)", policy.name), "mode": "off"}
            for policy, vals in zip(self, super().copy_data(default), strict=True)
        ]

    def action_view_requests(self):
        """Return the action that lists the requests of this policy."""
        check_call(self, single=True)
        action = self.env["ir.actions.act_window"]._for_xml_id("facturation_collab.account_validation_request_action")
        return action | {"domain": [("policy_id", "=", self.id)], "context": {}}

    # Matching

    @api.model
    @tools.ormcache("company_id")
    def _get_active_ids(self, company_id):
        """Return the ids of the policies in force in a company, its parents' included, in the order in which they
        are tried.
        """
        company = self.env["res.company"].sudo().browse(company_id)
        domain = Domain("mode", "!=", "off") & Domain("company_id", "in", company.parent_ids.ids)
        return tuple(self.sudo().with_context(active_test=True).search(domain).ids)

    @api.model
    def _get_tried(self, company, policies=None):
        """Return, as sudo, the policies that are tried on the invoices of a company, in order.

        :param policies: those to try, in this order, in force or not; those in force by default
        """
        if policies is None:
            return self.sudo().browse(self._get_active_ids(company.id))
        return policies.sudo().filtered(lambda policy: policy.company_id in company.sudo().parent_ids)

    @api.model
    def _match(self, moves, policies=None):
        """Find the policy that applies to each invoice. Reads only; a constant number of queries per policy.

        Criteria see the invoices without the context of the client, which could change what a domain means (a name in
        another language, archived records), and in the invoices' own company.

        :param moves: account.move, of any companies; virtual ones, too (`new()`)
        :param policies: the policies to try, in this order; those in force by default
        :returns: {move id: (policy as sudo, names of the criteria that matched)}, without the moves that no policy
            concerns
        """
        matches = {}
        for company, company_moves in moves.sudo().grouped("company_id").items():
            remaining = company_moves.with_env(company_moves.env(context={})).with_company(company)
            for policy in self._get_tried(company, policies):
                criteria = policy._get_match_criteria()
                matched = remaining
                for matching in criteria.values():
                    matched = matching(matched) if matched else matched
                matches |= dict.fromkeys(matched._ids, (policy, list(criteria)))
                remaining -= matched
        return matches

    def _get_match_criteria(self):
        """Return the criteria that this policy sets: {name: function of moves that returns those that match}.

        An addon adds a criterion by merging its own into what `super()` returns.
        """
        self.ensure_one()
        criteria = {
            "move_type": lambda moves: moves.filtered(lambda move: move.move_type in self._get_move_types()),
            "journal": self.journal_ids
            and (lambda moves: moves.filtered(lambda move: move.journal_id in self.journal_ids)),
            "department": self.department_ids and self._match_department,
            "partner": self.partner_ids and self._match_partner,
            "partner_category": self.partner_category_ids and self._match_partner_category,
            "amount": (self.amount_min or self.amount_max)
            and (
                lambda moves: moves.filtered(
                    lambda move: self._is_amount_within(move, self.amount_min, self.amount_max)
                )
            ),
            "domain": self.domain and (lambda moves: moves.filtered_domain(self._get_domain())),
            # A policy without any level lets nothing pass: submitting says what is missing.
            "level": self.level_ids and (lambda moves: moves.filtered(self._has_level)),
        }
        return {name: matching for name, matching in criteria.items() if matching}

    def _get_move_types(self):
        return [move_type for move_type in MOVE_TYPES if self[f"apply_{move_type}"]]

    def _match_department(self, moves):
        return moves.filtered(lambda move: _is_below(move.department_id, self.department_ids))

    def _match_partner(self, moves):
        return moves.filtered(lambda move: (move.partner_id | move.commercial_partner_id) & self.partner_ids)

    def _match_partner_category(self, moves):
        return moves.filtered(
            lambda move: any(
                _is_below(category, self.partner_category_ids)
                for category in move.partner_id.category_id | move.commercial_partner_id.category_id
            ),
        )

    def _is_amount_within(self, move, lower, upper):
        """Tell whether the total of an invoice, in its company's currency and without sign, lies in a range (0: no
        limit).
        """
        if not lower and not upper:
            return True
        currency = move.company_currency_id
        amount = abs(move.amount_total_signed)
        return currency.compare_amounts(amount, lower) >= 0 and (
            not upper or currency.compare_amounts(amount, upper) <= 0
        )

    def _get_domain(self):
        return Domain(ast.literal_eval(self.domain or "[]"))

    def _has_level(self, move):
        """Tell whether a level of this policy applies to an invoice."""
        return any(level._applies_to(move) for level in self.level_ids)

    def _get_levels(self, move):
        """Return the levels of this policy that apply to an invoice, by its amount."""
        return self.level_ids.filtered(lambda level: level._applies_to(move))


def _is_below(record, ancestors):
    """Tell whether a record is one of the ancestors or below one, in a model with `parent_path`."""
    return bool(record) and any(str(ancestor.id) in record.parent_path.split("/") for ancestor in ancestors)
