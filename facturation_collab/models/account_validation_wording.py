from odoo import api, models
from odoo.tools import format_amount, format_list


class AccountValidationWording(models.AbstractModel):
    """Sentences about policies, levels and steps, in the reader's language, from structured values."""

    _name = "account.validation.wording"
    _description = "Sentences about a validation"

    @api.model
    def _get_move_type_labels(self):
        """Return {move type: plural label}."""
        return {
            "out_invoice": self.env._("Customer invoices"),
            "in_invoice": self.env._("Vendor bills"),
            "out_refund": self.env._("Customer credit notes"),
            "in_refund": self.env._("Vendor refunds"),
            "out_receipt": self.env._("Sales receipts"),
            "in_receipt": self.env._("Purchase receipts"),
        }

    @api.model
    def _describe_policy(self, policy):
        """Return one sentence for a policy: what it covers, then its levels in order."""
        labels = self._get_move_type_labels()
        subject = format_list(self.env, [labels[move_type] for move_type in policy._get_move_types()])
        conditions = [text for text in self._describe_conditions(policy) if text]
        subject = " ".join([subject, *conditions])
        if not policy.level_ids:
            return self.env._("%(documents)s: no level yet", documents=subject)
        stages = policy.level_ids.sorted("sequence").grouped("sequence").values()
        levels = [format_list(self.env, [self._describe_level_briefly(level) for level in stage]) for stage in stages]
        return self.env._("%(documents)s: %(levels)s", documents=subject, levels=self.env._(", then ").join(levels))

    @api.model
    def _describe_conditions(self, policy):
        def names(records):
            return format_list(self.env, records.mapped("name"), "or")

        return [
            policy.department_ids and self.env._("of %s", names(policy.department_ids)),
            policy.partner_ids and self.env._("from or to %s", names(policy.partner_ids)),
            policy.partner_category_ids and self.env._("with tag %s", names(policy.partner_category_ids)),
            policy.journal_ids and self.env._("in journal %s", names(policy.journal_ids)),
            self._describe_range(policy.amount_min, policy.amount_max, policy.currency_id),
            policy.domain and self.env._("under other conditions"),
        ]

    @api.model
    def _describe_level(self, level):
        """Return what a level asks for, as a part of a sentence."""
        return self._describe_voices(level, self._describe_approvers(self._get_level_values(level)))

    @api.model
    def _describe_level_briefly(self, level):
        """Return a level by its name, as a part of a sentence: a name with other capitals (CFO, Jane Doe) keeps
        them.
        """
        name = level.name or ""
        return self._describe_voices(level, name if any(map(str.isupper, name[1:])) else name.lower())

    @api.model
    def _describe_voices(self, level, who):
        """Return how many of some people approve at a level, and for which amounts."""
        voices = {
            "any": who,
            "count": self.env._("%(count)s of %(who)s", count=level.quorum_count, who=who),
            "all": self.env._("all of %s", who),
        }[level.quorum]
        amounts = self._describe_range(level.amount_min, level.amount_max, level.currency_id)
        return self.env._("%(who)s when %(amounts)s", who=voices, amounts=amounts) if amounts else voices

    @api.model
    def _get_level_values(self, level):
        """Return the plain values that say who approves at a level; a step keeps a copy of them."""
        level = level.sudo()
        return {
            "approver_type": level.approver_type,
            "role": level.role,
            "group": level.group_id.name or None,
            "field": level.field_id.field_description or None,
            "users": [user.name for user in level.user_ids],
        }

    @api.model
    def _describe_approvers(self, values):
        """Return who approves at a level, as a part of a sentence, from its plain values.

        An approver type `x` is answered by the method `_describe_approvers_x(values)`.
        """
        describe = getattr(self, f"_describe_approvers_{values['approver_type']}", None)
        return describe(values) if describe else values["approver_type"]

    @api.model
    def _describe_approvers_user(self, values):
        return format_list(self.env, values["users"], "or")

    @api.model
    def _describe_approvers_role(self, values):
        roles = {"validator": self.env._("a validator"), "manager": self.env._("the manager")}
        return roles.get(values["role"], "")

    @api.model
    def _describe_approvers_parent_role(self, values):
        roles = {
            "validator": self.env._("a validator of the department above"),
            "manager": self.env._("the manager of the department above"),
        }
        return roles.get(values["role"], "")

    @api.model
    def _describe_approvers_group(self, values):
        return self.env._("a member of “%s”", values["group"])

    @api.model
    def _describe_approvers_field(self, values):
        return self.env._("the %s of the invoice", (values["field"] or "").lower())

    @api.model
    def _describe_amount(self, amount, currency):
        """Return an amount with its currency, without decimals when these are zeros."""
        whole = bool(currency.decimal_places) and currency.is_zero(amount - round(amount))
        return format_amount(self.env, amount, currency, trailing_zeroes=not whole)

    @api.model
    def _describe_range(self, lower, upper, currency):
        lower, upper = (amount and self._describe_amount(amount, currency) for amount in (lower, upper))
        if lower and upper:
            return self.env._("from %(lower)s to %(upper)s", lower=lower, upper=upper)
        if lower:
            return self.env._("above %s", lower)
        return self.env._("up to %s", upper) if upper else ""

    @api.model
    def _get_criteria_values(self, policy, move, names):
        """Return, as plain values frozen with a request, what in an invoice met the criteria of a policy."""
        values = {
            "move_type": lambda: move.move_type,
            "journal": lambda: move.journal_id.display_name,
            "department": lambda: move.department_id.name,
            "partner": lambda: move.partner_id.display_name,
            "partner_category": lambda: format_list(self.env, policy.partner_category_ids.mapped("name"), "or"),
            "amount": lambda: [policy.amount_min, policy.amount_max, policy.currency_id.id],
            "domain": lambda: policy.domain,
        }
        return {name: values[name]() for name in names if name in values}

    @api.model
    def _describe_criteria(self, criteria):
        """Return the labels of criteria values, in order, for people."""
        amount = criteria.get("amount") or [0, 0, False]
        labels = {
            "move_type": self._get_move_type_labels().get(criteria.get("move_type")),
            "journal": self.env._("Journal: %s", criteria.get("journal")),
            "department": self.env._("Department: %s", criteria.get("department")),
            "partner": self.env._("Partner: %s", criteria.get("partner")),
            "partner_category": self.env._("Tag: %s", criteria.get("partner_category")),
            "amount": self.env._(
                "Amount: %s", self._describe_range(*amount[:2], self.env["res.currency"].browse(amount[2]))
            ),
            "domain": self.env._("Other conditions of the policy"),
        }
        return [labels[name] for name in labels if name in criteria]

    @api.model
    def _describe_reason(self, reason):
        """Return the sentences that say why the people of a step were asked, from what the step froze.

        :param reason: dict with policy, level values (see `_get_level_values`), department, amount, range and currency,
            and the facts of the plan (see `account.validation.level._get_choice`)
        """
        return " ".join(sentence for sentence in self._get_reason_sentences(reason) if sentence)

    @api.model
    def _get_reason_sentences(self, reason):
        """Return the sentences of a reason, in order. An addon appends its own."""
        currency = self.env["res.currency"].browse(reason["currency"])
        describe = getattr(self, f"_describe_why_{reason['approver_type']}", self._describe_why)
        sentence = describe(reason)
        amounts = self._describe_range(reason["amount_min"], reason["amount_max"], currency)
        if not amounts:
            return [self.env._("%s.", sentence)]
        return [
            self.env._(
                "%(sentence)s, for amounts %(range)s (this one: %(amount)s).",
                sentence=sentence,
                range=amounts,
                amount=format_amount(self.env, reason["amount"], currency),
            )
        ]

    @api.model
    def _describe_why(self, reason):
        """Return why somebody was asked, as a sentence without its full stop.

        An approver type `x` is answered by the method `_describe_why_x(reason)`.
        """
        return self.env._("Asked by the policy “%(policy)s”", policy=reason["policy"])

    @api.model
    def _describe_why_user(self, reason):
        return self.env._("Named by the policy “%(policy)s”", policy=reason["policy"])

    @api.model
    def _describe_why_role(self, reason):
        return self.env._(
            "%(role)s of %(department)s, asked by the policy “%(policy)s”", **self._get_role_names(reason)
        )

    @api.model
    def _describe_why_parent_role(self, reason):
        return self.env._(
            "%(role)s of %(department)s, the department above, asked by the policy “%(policy)s”",
            **self._get_role_names(reason),
        )

    @api.model
    def _describe_why_group(self, reason):
        return self.env._(
            "Member of “%(group)s”, asked by the policy “%(policy)s”", group=reason["group"], policy=reason["policy"]
        )

    @api.model
    def _describe_why_field(self, reason):
        return self.env._(
            "%(field)s of this invoice, asked by the policy “%(policy)s”",
            field=reason["field"],
            policy=reason["policy"],
        )

    @api.model
    def _get_role_names(self, reason):
        roles = {"validator": self.env._("Validator"), "manager": self.env._("Manager")}
        return {
            "role": roles.get(reason["role"]),
            "department": reason["department"],
            "policy": reason["policy"],
        }
