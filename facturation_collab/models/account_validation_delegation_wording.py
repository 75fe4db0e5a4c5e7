from markupsafe import Markup

from odoo import api, models
from odoo.tools import format_date, format_list


class AccountValidationWording(models.AbstractModel):
    """Sentences about delegations, in the reader's language."""

    _inherit = "account.validation.wording"

    @api.model
    def _describe_terms(self, delegation):
        """Return for which invoices a delegation holds, and why it was given."""
        labels = self._get_move_type_labels()
        kinds = [labels[move_type] for move_type in delegation._get_move_types()]
        parts = [
            format_list(self.env, kinds) if kinds else self.env._("All invoices"),
            delegation.department_ids and self.env._("of %s", self._join(delegation.department_ids)),
            delegation.policy_ids and self.env._("under the policy %s", self._join(delegation.policy_ids)),
            delegation.company_ids and self.env._("in %s", self._join(delegation.company_ids)),
            self._describe_range(0, delegation.amount_max, delegation.currency_id),
        ]
        text = " ".join(filter(None, parts))
        if delegation.reason:
            return self.env._("%(scope)s (%(reason)s)", scope=text, reason=delegation.reason)
        return text

    @api.model
    def _join(self, records):
        return format_list(self.env, records.mapped("name"), "or")

    @api.model
    def _get_delegation_message(self, delegation, subject):
        """Return the body of the message to whom a delegation concerns."""
        terms = self.env._(
            "%(scope)s, %(period)s.", scope=self._describe_terms(delegation), period=delegation._describe_period()
        )
        link = Markup('<a href="/odoo/my-delegations">%s</a>') % self.env._("My delegations")
        return Markup("<p>%s.</p><p>%s</p><p>%s</p>") % (subject, terms, link)


class AccountValidationDelegation(models.Model):
    """What people hear of a delegation."""

    _inherit = "account.validation.delegation"

    def _tell(self):
        """Tell the delegate once, and whoever is decided for when somebody else said so; a proposal goes to whoever
        would be decided for.
        """
        self.ensure_one()
        for user in self.from_user_id if self.is_proposed else (self.from_user_id | self.to_user_id) - self.env.user:
            env = self.with_context(lang=user.lang).env
            names = {"approver": self.from_user_id.name, "delegate": self.to_user_id.name}
            if self.is_proposed:
                subject = env._("%(delegate)s could decide for you while you are away: confirm it", **names)
            elif user == self.to_user_id:
                subject = env._("You decide for %(approver)s", **names)
            else:
                subject = env._("%(delegate)s decides for you", **names)
            self._notify(user, subject)

    def _notify(self, user, subject):
        wording = self.with_context(lang=user.lang).env["account.validation.wording"]
        # Nobody is notified of what they write themselves.
        author = self.env.ref("base.partner_root") if self.is_proposed else self.env.user.partner_id
        self.env["mail.thread"].sudo().message_notify(
            partner_ids=user.partner_id.ids,
            author_id=author.id,
            subject=subject,
            body=wording._get_delegation_message(self.with_env(wording.env).sudo(), subject),
            subtype_xmlid="facturation_collab.mt_validation_asked",
        )

    def _describe_period(self):
        """Return the days of this delegation, for a sentence."""
        self.ensure_one()
        start, end = (day and format_date(self.env, day) for day in (self.date_from, self.date_to))
        if end:
            return self.env._("from %(start)s to %(end)s", start=start, end=end)
        return self.env._("from %s on", start)
