from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime

from .account_access_reason import RIGHT
from .res_users_role import USER

OURS = "facturation_collab"


class AccountAccessReason(models.AbstractModel):
    """The facts behind the rules, as people know them: roles, parts taken, states, companies."""

    _inherit = "account.access.reason"

    @api.model
    def _get_facts(self, source, move, user):
        """Return the sentences that say in plain words why a rule answers as it does, on this invoice for this user.

        Extend it for rules of your own, with `super()`. They are shown to administrators and auditors who may read the
        invoice, to nobody else.

        :param source: XML id of the rule, or `ir.model.access` for the right on invoices as such
        :param move: the invoice, with elevated rights
        """
        department = (self._get_department_facts, self._get_role_facts)
        confidential = (self._get_confidential_facts, self._get_role_facts, self._get_participation_facts)
        finders = {
            RIGHT: (self._get_group_facts,),
            "account.account_move_comp_rule": (self._get_company_facts,),
            f"{OURS}.account_move_rule_confidential_read": confidential,
            f"{OURS}.account_move_rule_confidential_edit": confidential,
            f"{OURS}.account_move_rule_user_read": (*department, self._get_participation_facts),
            f"{OURS}.account_move_rule_user_edit": (self._get_state_facts, *department, self._get_editor_facts),
            f"{OURS}.account_move_rule_department_edit": (self._get_state_facts, *department, self._get_editor_facts),
            f"{OURS}.account_move_rule_user_unlink": (
                self._get_state_facts,
                self._get_author_facts,
                *department,
                self._get_editor_facts,
            ),
        }
        return [fact for find in finders.get(source, ()) for fact in find(move, user)]

    @api.model
    def _get_group_facts(self, move, user):
        """A role without the group: somebody took the group away."""
        if user.has_group(USER) or not self._get_roles(move, user):
            return []
        group = self.env.ref(USER).sudo().full_name
        return [self.env._("%(user)s has a role, but not the group “%(group)s”.", user=user.name, group=group)]

    @api.model
    def _get_company_facts(self, move, user):
        names = {"user": user.name, "company": move.company_id.name}
        companies = user.sudo().company_ids
        if move.company_id not in companies:
            return [self.env._("The invoice is in the company %(company)s, which %(user)s has not.", **names)]
        if len(companies) > 1:
            return [self.env._("%(user)s sees it while the company %(company)s is selected.", **names)]
        return []

    @api.model
    def _get_department_facts(self, move, user):
        return [] if move.department_id else [self.env._("The invoice has no department.")]

    @api.model
    def _get_confidential_facts(self, move, user):
        if not move.department_id.is_within_confidential:
            return []
        return [
            self.env._(
                "%(department)s is confidential: its invoices are for people with a role there, those who take part, "
                "and auditors.",
                department=move.department_id.name,
            )
        ]

    @api.model
    def _get_roles(self, move, user):
        """Roles of this user that reach the invoice's department: there, and as manager above it."""
        department = move.department_id
        above = Domain("department_id", "in", department._get_ancestor_ids()) if department else Domain.FALSE
        domain = Domain("user_id", "=", user.id) & above
        domain &= Domain("department_id", "=", department.id) | Domain("role", "=", "manager")
        return self.env["account.department.member"].sudo().search(domain)

    @api.model
    def _get_role_facts(self, move, user):
        if not move.department_id:
            return []
        roles = self._get_roles(move, user)
        if not roles:
            return [
                self.env._(
                    "%(user)s has no role in %(department)s, and manages no department above it.",
                    user=user.name,
                    department=move.department_id.name,
                )
            ]
        facts = [self._describe_role(member, move.department_id) for member in roles]
        if bool(roles.filtered("is_current")) != (user in move.department_id.reader_ids):
            facts.append(self.env._("The scheduled job that brings roles up to date has not run yet."))
        return facts

    @api.model
    def _describe_role(self, member, department):
        today = fields.Date.today()
        names = {
            "user": member.user_id.name,
            "role": dict(member._fields["role"]._description_selection(self.env))[member.role],
            "department": member.department_id.name,
            "below": department.name,
            "date": format_date(self.env, member.date_from or member.create_date),
        }
        if member.date_from and member.date_from > today:
            return self.env._("The role %(role)s of %(user)s in %(department)s begins on %(date)s.", **names)
        if member.date_to and member.date_to < today:
            names["date"] = format_date(self.env, member.date_to)
            return self.env._("The role %(role)s of %(user)s in %(department)s ended on %(date)s.", **names)
        if member.department_id != department:
            return self.env._("%(user)s is manager of %(department)s, above %(below)s, since %(date)s.", **names)
        return self.env._("%(user)s has the role %(role)s in %(department)s since %(date)s.", **names)

    @api.model
    def _get_editor_facts(self, move, user):
        """A role that does not edit: say which do."""
        department = move.department_id
        if user not in department.reader_ids - department.contributor_ids:
            return []
        return [self.env._("Only contributors and managers enter and edit drafts.")]

    @api.model
    def _get_participation_facts(self, move, user):
        """What this user did, or was asked to do, in the validations of the invoice."""
        requests = move.validation_request_ids.sorted("id")
        facts = [
            self.env._(
                "%(user)s submitted it on %(date)s.",
                user=user.name,
                date=format_datetime(self.env, request.submitted_at),
            )
            for request in requests.filtered(lambda request: request.submitter_id == user)
        ]
        asked = requests.step_ids.filtered(lambda step: step.opened_at and user in step.approver_ids)
        facts += [
            self.env._(
                "%(user)s was asked to validate it at level “%(level)s” on %(date)s.",
                user=user.name,
                level=step.name,
                date=format_datetime(self.env, step.opened_at),
            )
            for step in asked
        ]
        if facts:
            return facts
        if user in move.validation_participant_ids:
            return [self.env._("%s took part in the invoice.", user.name)]
        if user in move.department_id.reader_ids:
            return []
        return [self.env._("%s took no part in it: neither submitted it, nor was asked to validate it.", user.name)]

    @api.model
    def _get_state_facts(self, move, user):
        """Where the invoice stands, as far as editing it depends on that."""
        if move.state != "draft":
            return [self.env._("It is no longer a draft.")]
        return [
            {
                "pending": self.env._("It is being validated: nobody in the departments edits it meanwhile."),
                "approved": self.env._("It is approved: nobody in the departments edits it any more."),
                "rejected": self.env._("It was rejected, which is final."),
            }.get(move.validation_state, self.env._("It is a draft that nobody is validating."))
        ]

    @api.model
    def _get_author_facts(self, move, user):
        facts = [self.env._("It was submitted before: its history is kept.")] if move.validation_request_id else []
        if move.create_uid == user:
            return [*facts, self.env._("%s entered it.", user.name)]
        author = move.create_uid.name
        return [*facts, self.env._("%(author)s entered it: only they may delete the draft.", author=author)]
