from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.safe_eval import safe_eval

# The rights on the record that each operation asks for, as `has_access` knows them.
MODES = {
    "read": ("read",),
    "write": ("write",),
    "create": ("create",),
    "unlink": ("unlink",),
    "submit": ("read", "write"),
    "approve": ("read",),
    "post": ("read", "write"),
}
RIGHT = "ir.model.access"
"""Where a fact belongs to when it explains the right on invoices as such, rather than a rule."""


class AccountAccessReason(models.AbstractModel):
    """Why a user may or may not do something with an invoice: asked of Odoo itself, then told rule by rule.

    Nothing is decided here and nothing is changed. It looks with elevated rights: whoever calls it answers for who may
    read the answer (see `account.access.explanation`).
    """

    _name = "account.access.reason"
    _description = "Reasons of an access to an invoice"

    @api.model
    def _explain(self, move, user, operation):
        """Explain whether a user may do something with one invoice, and what decides.

        :param operation: a key of `MODES`
        :returns: {"allowed": bool, "decisive": sentences, "facts": those behind them, "sections": [{"title", "allowed",
            "decisive", "facts", "checks": [{"kind", "passes", "text", "rule": XML id, "facts": sentences}]}]}
        """
        seen = self._as_user(move, user)
        sections = [
            *self._explain_person(seen.env.user),
            *(self._explain_access(seen, mode) for mode in MODES[operation] if not seen.env.su),
            *self._explain_refusals(seen, operation),
        ]
        refused = [section for section in sections if not section["allowed"]]
        deciding = refused[:1] or sections
        return {
            "allowed": not refused,
            "decisive": self._join(section["decisive"] for section in deciding),
            "facts": self._join(section["facts"] for section in deciding),
            "sections": sections,
        }

    @api.model
    def _as_user(self, move, user):
        """The invoice as this user has it, in all their companies, with sentences in the language of who asks."""
        context = {key: self.env.context[key] for key in ("lang", "tz") if key in self.env.context}
        return move.with_env(self.env(user=user, su=False, context=context))

    # Rights and rules

    @api.model
    def _explain_access(self, seen, mode):
        """The right on invoices and every rule of this mode, each evaluated on the invoice as Odoo does."""
        titles = {
            "read": self.env._("To read it"),
            "write": self.env._("To edit it"),
            "create": self.env._("To enter one like it"),
            "unlink": self.env._("To delete it"),
        }
        checks = [self._check_right(seen, mode), *self._check_rules(seen, mode)]
        return self._conclude(titles[mode], checks, seen.has_access(mode))

    @api.model
    def _check_right(self, seen, mode):
        user = seen.env.user
        domain = Domain("model_id.model", "=", seen._name) & Domain(f"perm_{mode}", "=", True)
        lines = self.env["ir.model.access"].sudo().search(domain)
        given = lines.filtered(lambda line: not line.group_id or line.group_id in user.sudo().all_group_ids)
        groups = ", ".join(given.group_id.mapped("full_name"))
        if groups:
            text = self.env._(
                "%(user)s has this right on invoices by the group “%(groups)s”.", user=user.name, groups=groups
            )
        elif given:
            text = self.env._("Everybody has this right on invoices.")
        else:
            text = self.env._("No group of %s gives this right on invoices.", user.name)
        return self._prepare_check("right", bool(given), text, seen, RIGHT)

    @api.model
    def _check_rules(self, seen, mode):
        rules = seen.env["ir.rule"]._get_rules(seen._name, mode=mode).sudo()
        values = seen.env["ir.rule"]._eval_context()
        names = rules.get_external_id()
        record = seen.sudo().with_context(active_test=False)
        checks = []
        for rule in rules:
            domain = Domain(safe_eval(rule.domain_force, values)) if rule.domain_force else Domain.TRUE
            passes = bool(record.filtered_domain(domain))
            kind = "opening" if rule.groups else "restriction"
            text = self._describe_rule(rule.with_env(self.env).sudo(), seen.env.user, passes)
            checks.append(self._prepare_check(kind, passes, text, seen, names[rule.id]))
        return checks

    @api.model
    def _describe_rule(self, rule, user, passes):
        groups = rule.groups & user.sudo().all_group_ids
        names = {"rule": rule.name, "groups": ", ".join(groups.with_env(rule.env).mapped("full_name"))}
        if groups and passes:
            return self.env._("The rule “%(rule)s”, which comes with the group “%(groups)s”, allows it.", **names)
        if groups:
            return self.env._(
                "The rule “%(rule)s”, which comes with the group “%(groups)s”, does not allow it.", **names
            )
        if passes:
            return self.env._("The rule “%(rule)s”, which holds for everybody, lets it through.", **names)
        return self.env._("The rule “%(rule)s”, which holds for everybody, forbids it.", **names)

    @api.model
    def _prepare_check(self, kind, passes, text, seen, source=""):
        facts = self._get_facts(source, seen.sudo().with_env(self.env(su=True)), seen.env.user) if source else []
        return {"kind": kind, "passes": passes, "text": text, "rule": source, "facts": facts}

    @api.model
    def _conclude(self, title, checks, allowed=None):
        """Combine checks as Odoo does: all must pass, of those that open only one.

        :param allowed: what Odoo answers; another app that decides on its own shows as a check of its own
        """
        openings = [check for check in checks if check["kind"] == "opening"]
        failing = [check for check in checks if not check["passes"] and check not in openings]
        if openings and not any(check["passes"] for check in openings):
            failing += openings
        if allowed is not None and allowed == bool(failing):
            other = self._get_other_check(allowed)
            checks, failing, openings = [*checks, other], [other] * (not allowed), [other]
        decisive = failing or [check for check in openings if check["passes"]] or checks
        return {
            "title": title,
            "allowed": not failing,
            "decisive": [check["text"] for check in decisive],
            "facts": self._join(check["facts"] for check in decisive),
            "checks": checks,
        }

    @api.model
    def _join(self, lists):
        """One list of sentences, each once."""
        return list(dict.fromkeys(text for texts in lists for text in texts))

    @api.model
    def _get_other_check(self, allowed):
        kind, text = "restriction", self.env._("Another app forbids it, although the rules allow it.")
        if allowed:
            kind, text = "opening", self.env._("Another app allows it, whatever the rules say.")
        return {"kind": kind, "passes": allowed, "text": text, "rule": "", "facts": []}

    @api.model
    def _explain_person(self, user):
        """What holds for this person whatever the invoice: {section} or nothing."""
        if user._is_superuser():
            text = self.env._("%s is Odoo itself: rights and rules do not apply to it.", user.name)
        elif not user.active:
            text = self.env._("%s is archived and cannot log in.", user.name)
        else:
            return []
        check = {"kind": "right", "passes": user._is_superuser(), "text": text, "rule": "", "facts": []}
        return [self._conclude(self.env._("The person"), [check])]

    # What an operation asks for beside rights and rules

    @api.model
    def _explain_refusals(self, seen, operation):
        """What the predicates of this operation answer to whoever may read the invoice: {section} or nothing."""
        find = getattr(self, f"_get_{operation}_refusals", None)
        if not find or not seen.has_access("read"):
            return []
        titles = {
            "unlink": self.env._("Before it is deleted"),
            "submit": self.env._("Before it is submitted"),
            "approve": self.env._("Before it is approved"),
            "post": self.env._("Before it is posted"),
        }
        user = seen.env.user.name
        texts = [self.env._("%(user)s is told: “%(reason)s”", user=user, reason=reason) for reason in find(seen)]
        checks = [
            {"kind": "predicate", "passes": not texts, "text": text, "rule": "", "facts": []}
            for text in texts or [self.env._("Nothing stands in the way.")]
        ]
        return [self._conclude(titles[operation], checks)]

    @api.model
    def _get_unlink_refusals(self, seen):
        """Sentences of the checks that deleting runs. Those of other apps may do more than check: they are not run."""
        checks = (
            seen._unlink_except_validated,
            seen._unlink_forbid_parts_of_chain,
            seen._unlink_account_audit_trail_except_once_post,
            seen.sudo().line_ids._unlink_except_posted,
            seen.sudo().line_ids._except_hashed_entry_lines,
        )
        refusals = []
        for check in checks:
            try:
                check()
            except UserError as error:
                refusals.append(str(error))
        return refusals

    @api.model
    def _get_submit_refusals(self, seen):
        reason = seen._can_submit(seen.env.user)[1] or seen._get_incomplete()
        if reason:
            return [reason]
        matches = seen.env["account.validation.policy"]._match(seen)
        if seen.id not in matches:
            return [self.env._("No policy asks for its validation: accounting can post it as it is.")]
        policy = matches[seen.id][0].with_env(seen.env).sudo()
        problems = policy._plan(seen.sudo())[1]
        return [problems[seen.id]] if seen.id in problems else []

    @api.model
    def _get_approve_refusals(self, seen):
        request = seen.sudo().validation_request_id
        if not request:
            return [self.env._("It was not submitted for validation.")]
        _step, refusal = request._get_decidable_step(seen.env.user)
        return [refusal] if refusal else []

    @api.model
    def _get_post_refusals(self, seen):
        refusals = []
        if not seen.env.user.has_group("account.group_account_invoice"):
            refusals.append(self.env._("You don't have the access rights to post an invoice."))
        if seen.state != "draft":
            refusals.append(self.env._("It is no longer a draft."))
        else:
            refusals += seen._get_posting_refusals().values()
        return refusals
