from collections import defaultdict

from odoo import Command, fields, models
from odoo.fields import Domain
from odoo.tools import format_list

from ..calls import check_call
from .hr_department import ADMINISTRATOR
from .res_users_secrecy import AUDITOR

TO_REVIEW = "facturation_collab.mail_activity_type_review"


class AccountValidationRequest(models.Model):
    """Break-glass: who posted an invoice without its validation, and who reviewed that."""

    _inherit = "account.validation.request"

    forced_by_id = fields.Many2one(
        "res.users", string="Posted without validation by", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    forced_at = fields.Datetime(string="Posted without validation on", readonly=True)
    forced_reason = fields.Text(string="Reason", readonly=True)
    review_state = fields.Selection(
        [("to_review", "To review"), ("reviewed", "Reviewed")], string="Review", readonly=True
    )
    reviewer_id = fields.Many2one("res.users", string="Reviewed by", readonly=True, ondelete="restrict")
    reviewed_at = fields.Datetime(string="Reviewed on", readonly=True)
    review_comment = fields.Text(readonly=True)

    def action_open_review_wizard(self):
        """Return the dialog that asks for the comment of a review."""
        check_call(self)
        action = self.move_id.with_context(default_outcome="review").action_open_decision_wizard()
        return {**action, "name": self.env._("Review")}

    def _force(self, reason):
        """End these requests without their approvers, on the present user's account. The caller has asked
        `account.move._can_force`, and holds the locks; the gate then compares the content, as after an approval.
        """
        administrators = self._get_force_witnesses(ADMINISTRATOR)
        now = fields.Datetime.now()
        for request in self:
            told = request._filter_told(administrators)
            request._engine().write(
                {
                    "forced_by_id": self.env.uid,
                    "forced_at": now,
                    "forced_reason": reason,
                    "review_state": "to_review",
                    "participant_ids": [Command.link(user.id) for user in told | self.env.user],
                }
            )
        self._close("forced", reason)

    def _filter_told(self, users):
        """Keep the users who may learn of the invoice: those of its company, of a confidential one those who may read
        it.
        """
        self.ensure_one()
        move = self.move_id.sudo()
        users = users.filtered(lambda user: self.company_id in user.company_ids)
        closed = move.department_id.is_within_confidential
        return users & users.browse(move._get_confidential_readers()) if closed else users

    def _get_force_witnesses(self, *xmlids):
        """Return the active users of groups, without the present one and the superuser."""
        groups = self.env["res.groups"].browse(self._get_ids(*xmlids))
        domain = Domain("all_group_ids", "in", groups.ids) & Domain("share", "=", False)
        return self.env["res.users"].sudo().with_context(active_test=True).search(domain) - self.env.user

    def _on_forced(self):
        """Called when these requests were ended without their approvers: managers and administrators are told, and
        whoever may review it is asked to.
        """
        self._close_activities()
        reviewers = self._get_force_witnesses(ADMINISTRATOR, AUDITOR)
        readers, reviews = defaultdict(self.browse), []
        for request in self:
            asked = request._filter_told(reviewers)
            managers = request.department_id.sudo()._get_role_users("manager") if request.department_id else asked
            for user in (asked | managers) - self.env.user:
                readers[user] |= request
            reviews += [(request, user) for user in asked]
        self._log(
            lambda request: self.env._(
                "%s posts this invoice without its validation; somebody else must review that.", self.env.user.name
            ),
            self[:1].forced_reason,
        )
        self._create_activities(TO_REVIEW, reviews)
        name = self.env.user.name
        self._notify_each(
            readers,
            lambda env: env._("%s posted these invoices without their validation. Have a look at them:", name),
        )

    def _get_review_refusal(self, user):
        """Return why a user may not review this posting without validation, or an empty text."""
        self.ensure_one()
        if self.review_state == "reviewed":
            return self.env._("It was reviewed by %s.", self.reviewer_id.name)
        if not self.review_state:
            return self.env._("It was not posted without validation: there is nothing to review.")
        if not (user.has_group(ADMINISTRATOR) or user.has_group(AUDITOR)):
            return self.env._("Only administrators and auditors review what was posted without validation.")
        if user in self.forced_by_id | self.submitter_id or user.partner_id == self.forced_by_id.partner_id:
            people = self._get_force_witnesses(ADMINISTRATOR, AUDITOR) - self.forced_by_id
            return self.env._(
                "You submitted or posted it yourself: somebody else must review it, for example %s.",
                format_list(self.env, people.mapped("name")[:3], "or") or self.env._("another administrator"),
            )
        return ""

    def _review(self, comment):
        """Record the present user's review. The caller has asked `_get_review_refusal`, and holds the locks."""
        self.env["account.validation.event"].sudo()._append(
            [request._prepare_event_vals("reviewed", comment=comment) for request in self]
        )
        self._engine().write(
            {
                "review_state": "reviewed",
                "reviewer_id": self.env.uid,
                "reviewed_at": fields.Datetime.now(),
                "review_comment": comment,
            }
        )
        self._get_review_activities().unlink()
        self._log(lambda request: self.env._("The posting without validation was reviewed."), comment)

    def _get_review_activities(self):
        domain = [
            ("res_model", "=", "account.move"),
            ("res_id", "in", self.move_id.ids),
            ("activity_type_id", "in", self._get_ids(TO_REVIEW)),
        ]
        return self.env["mail.activity"].sudo().search(domain)
