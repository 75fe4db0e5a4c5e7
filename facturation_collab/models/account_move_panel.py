from odoo import api, fields, models
from odoo.tools import format_list


class AccountMove(models.Model):
    """What the form shows of a validation, computed for the present user. Reading it changes nothing."""

    _inherit = "account.move"

    validation_can_submit = fields.Boolean(compute="_compute_validation_rights")
    validation_can_approve = fields.Boolean(
        compute="_compute_validation_rights", help="The present user may approve, return or reject now."
    )
    validation_can_cancel = fields.Boolean(compute="_compute_validation_rights")
    validation_comment_required = fields.Boolean(compute="_compute_validation_rights")
    validation_content_changed = fields.Boolean(compute="_compute_validation_content_changed")
    validation_is_late = fields.Boolean(compute="_compute_validation_is_late", search="_search_validation_is_late")
    validation_blocked_reason = fields.Char(compute="_compute_validation_blocked_reason")
    validation_is_readonly = fields.Boolean(
        compute="_compute_validation_is_readonly",
        help="The present user may read the invoice and not edit it: the form shows it without letting them type.",
    )
    validation_panel = fields.Json(compute="_compute_validation_panel")

    @api.depends_context("uid")
    @api.depends("state", "validation_state", "validation_waiting_user_ids", "move_type")
    def _compute_validation_rights(self):
        user = self.env.user
        covered = self._get_submittable()
        for move in self:
            pending = move.validation_state == "pending"
            request = move.sudo().validation_request_id if pending else self.env["account.validation.request"]
            step, _reason = request._get_decidable_step(user, "return") if request else (request.step_ids, "")
            move.validation_can_approve = bool(step)
            move.validation_comment_required = step.comment_required
            move.validation_can_cancel = move.validation_state == "pending" and move._can_cancel_validation(user)[0]
            move.validation_can_submit = move in covered

    def _get_submittable(self):
        """Return the saved drafts that the present user may submit and that a policy covers."""
        drafts = self.filtered(lambda move: move._origin and move.state == "draft")
        refused = drafts._get_submitting_refusals(self.env.user)
        drafts = drafts.filtered(lambda move: move not in refused)
        matches = self.env["account.validation.policy"]._match(drafts)
        return drafts.filtered(lambda move: move.id in matches)

    @api.depends_context("uid")
    @api.depends("state", "validation_state", "department_id")
    def _compute_validation_is_readonly(self):
        """Only for people of a department: finance keeps the native form as it is."""
        saved = self._origin if self.env.user._is_department_user() else self.browse()
        readonly = saved - saved._filtered_access("write")
        for move in self:
            move.validation_is_readonly = move._origin in readonly

    @api.depends("validation_request_id.state")
    def _compute_validation_content_changed(self):
        for move in self:
            request = move.sudo().validation_request_id
            compared = move.state == "draft" and request.state in ("pending", "approved")
            move.validation_content_changed = compared and not request._is_content_unchanged()

    @api.depends("validation_state", "validation_deadline")
    def _compute_validation_is_late(self):
        now = fields.Datetime.now()
        for move in self:
            move.validation_is_late = bool(
                move.validation_state == "pending" and move.validation_deadline and move.validation_deadline < now
            )

    @api.depends("state", "validation_state")
    def _compute_validation_blocked_reason(self):
        drafts = self.filtered(lambda move: move.state == "draft")
        refusals = drafts._get_posting_refusals()
        for move in self:
            move.validation_blocked_reason = refusals.get(move.id, False)

    @api.depends_context("uid", "lang")
    @api.depends("state", "validation_state", "validation_waiting_user_ids")
    def _compute_validation_panel(self):
        unsubmitted = self.filtered(
            lambda move: move._origin and move.validation_state not in ("pending", "approved", "rejected")
        )
        previews = unsubmitted.filtered(lambda move: move.state == "draft")._get_panel_previews()
        runs = self.filtered(lambda move: move.id not in previews and move.sudo().validation_request_id)
        asked = (self.browse(previews) | runs).filtered(
            lambda move: move.id in previews or move.validation_state == "pending"
        )
        warnings = asked._get_bank_warnings()
        for move in self:
            request = move.sudo().validation_request_id
            panel = previews.get(move.id) or (request and move._get_panel_run(request))
            extra = {"bank_warning": warnings.get(move.id)}
            move.validation_panel = {**panel, **extra, **move._get_panel_past(request)} if panel else False

    def _get_panel_previews(self):
        """Return {move id: panel} of the circuit that these invoices would take if the present user submitted them
        now.
        """
        policies = self.env["account.validation.policy"]
        wording = self.env["account.validation.wording"]
        panels = {}
        for move in self.sudo():
            match = policies._match(move).get(move.id)
            if not match:
                continue
            policy, criteria = match
            plans, problems = policy.with_env(self.env).sudo()._plan(move)
            reason = {"policy": policy.name, "criteria": wording._get_criteria_values(policy, move, criteria)}
            standing = {} if move.id in problems else move._get_panel_standing(policy, criteria, plans[move.id])
            asked = [planned for position, planned in enumerate(plans[move.id]) if position not in standing]
            panels[move.id] = {
                **self._get_panel_policy(policy, policy.mode, reason),
                "state": None,
                "preview": True,
                "content_changed": False,
                "problem": problems.get(move.id),
                "next": self.env._("It cannot be submitted yet.")
                if move.id in problems
                else self._get_panel_next_preview(asked),
                "submitter": None,
                "submitted_at": None,
                "steps": [
                    {**self._get_panel_plan(planned, move), "id": -position - 1, "standing": standing.get(position)}
                    for position, planned in enumerate(plans[move.id])
                ],
            }
        return panels

    def _get_panel_next_preview(self, plan):
        """Return the sentence that says who would be asked first, of the levels that would be asked at all."""
        if not plan:
            return self.env._("If you submit it now, it is approved: all earlier approvals stand.")
        return self.env._("If you submit it now, it goes to %s.", self._get_preview_people(plan))

    def _get_preview_people(self, plan):
        first = min(level.sequence for level, _users in plan)
        users = self.env["res.users"].union(*(users for level, users in plan if level.sequence == first))
        return format_list(self.env, users.sudo().mapped("name"), "or")

    def _get_panel_policy(self, policy, mode, reason):
        """Return the part of a panel that says which policy applies, and why."""
        criteria = self.env["account.validation.wording"]._describe_criteria(reason["criteria"])
        return {"mode": mode, "policy": {"id": policy.id, "name": reason["policy"], "criteria": criteria}}

    def _get_panel_plan(self, planned, move):
        """Return a step of the preview."""
        level, users = planned
        vals = level.policy_id._prepare_planned_vals(planned, move)
        return {
            "name": vals["name"],
            "sequence": level.sequence,
            "state": "waiting",
            "late": False,
            **dict.fromkeys(["since", "deadline", "decided_at"]),
            **self._get_panel_quorum(vals["quorum_required"], 0, len(users)),
            "reason": self.env["account.validation.wording"]._describe_reason(vals["reason"]),
            "people": [{"id": user.id, "name": user.name, "state": "waiting"} for user in users.sudo()],
        }

    def _get_panel_run(self, request):
        """Return the panel of a request, as sudo."""
        self.ensure_one()
        policy = self._get_panel_policy(request.policy_id, request.mode, request.match_reason)
        policy["policy"]["version"] = request.policy_version_id.number or None
        return {
            **policy,
            "state": request.state,
            "preview": False,
            "content_changed": self.validation_content_changed,
            "problem": None,
            "next": self._get_panel_next(request),
            "submitter": {"id": request.submitter_id.id, "name": request.submitter_id.name},
            "submitted_at": fields.Datetime.to_string(request.submitted_at),
            "steps": [self._get_panel_step(step) for step in request._get_live_steps().sorted("sequence")],
        }

    def _get_panel_next(self, request):
        """Return the sentence that says what comes next on this invoice."""
        if self.state == "posted" and not request._is_change_open():
            return self.env._("The invoice is posted: nothing is left to do here.")
        if request.state == "pending":
            return self._get_panel_next_pending(request)
        if self.validation_content_changed:
            return self.env._("The invoice was changed after it was approved: it has to be submitted again.")
        return {
            "approved": self.env._("Accounting can post the invoice."),
            "returned": self.env._("%s corrects the invoice and submits it again.", request.submitter_id.name),
            "rejected": self.env._("The invoice cannot be posted. Accounting cancels it."),
            "cancelled": self.env._("The invoice can be corrected and submitted again."),
            "forced": self.env._("Accounting can post the invoice again as it is, or submit it."),
        }[request.state]

    def _get_panel_next_pending(self, request):
        if stuck := request._get_stuck_reason():
            return stuck
        later = request.step_ids.filtered(lambda step: step.state == "waiting").sorted("sequence")
        now = self.env._("It waits for %s", format_list(self.env, request.waiting_user_ids.mapped("name"), "or"))
        if request.after_posting:
            return self.env._("%s. Until the change is validated, the invoice is not paid.", now)
        if later:
            return self.env._("%(now)s, then goes to level “%(level)s”.", now=now, level=later[0].name)
        if request.mode == "observe":
            return self.env._("%s. Accounting can post it in the meantime, since the policy only observes.", now)
        return self.env._("%s, then accounting can post it.", now)

    def _get_panel_step(self, step):
        late = bool(step.state == "open" and step.deadline and step.deadline < fields.Datetime.now())
        dates = {"since": step.opened_at, "deadline": step.deadline, "decided_at": step.decided_at}
        return {
            "id": step.id,
            "name": step.name,
            "sequence": step.sequence,
            "state": step.state,
            "late": late,
            **{name: fields.Datetime.to_string(date) or None for name, date in dates.items()},
            **self._get_panel_quorum(step.quorum_required, len(step.voter_ids), len(step.approver_ids)),
            "reason": step.with_env(self.env).sudo()._get_reason_text(),
            "people": self._get_panel_people(step),
        }

    def _get_panel_quorum(self, required, approved, people):
        return {
            "quorum": self.env._("%(required)s of %(people)s must approve", required=required, people=people)
            if people > 1
            else "",
            "approved": approved,
            "required": required,
        }

    def _get_panel_people(self, step):
        """Return the people of a step, with what each decided; once it is decided, only those who did."""
        decisions = {
            event.user_id: event.type
            for event in step.request_id.event_ids
            if event.step_id == step and event.type in ("approved", "returned", "rejected")
        }
        users = (
            step.approver_ids
            if step.state in ("waiting", "open")
            else self.env["res.users"].sudo().union(*decisions) or step.approver_ids
        )
        return [{"id": user.id, "name": user.name, "state": decisions.get(user, "waiting")} for user in users.sudo()]

    def _get_panel_past(self, request):
        """Return the comments and the earlier requests of this invoice."""
        labels = dict(self.env["account.validation.event"]._fields["type"]._description_selection(self.env))
        states = dict(self._fields["validation_state"]._description_selection(self.env))
        requests = self.sudo().validation_request_ids.sorted("id", reverse=True)
        events = requests.event_ids.filtered("comment").sorted("id")
        return {
            "comments": [
                {
                    "id": event.id,
                    "user": {"id": event.user_id.id, "name": event.user_id.name},
                    "date": fields.Datetime.to_string(event.date),
                    "type": event.type,
                    "type_label": labels[event.type],
                    "text": event.comment,
                }
                for event in events
            ],
            "history": [
                {
                    "id": past.id,
                    "state": past.state,
                    "state_label": states[past.state],
                    "submitter": past.submitter_id.name,
                    "submitted_at": fields.Datetime.to_string(past.submitted_at),
                    "closed_at": fields.Datetime.to_string(past.closed_at) or None,
                }
                for past in requests
                if past != request or past.state in ("returned", "cancelled")
            ],
        }
