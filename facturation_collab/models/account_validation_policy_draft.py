import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .. import comparison, fingerprints
from ..calls import check_call

KEPT = ("name", "mode", "sequence", "active", "company_id")
"""What a draft does not change: a plan is about criteria, safeguards and levels."""


class AccountValidationPolicy(models.Model):
    """Changing a policy on a day to come: a draft beside it, tried and edited at leisure, that takes effect by plan."""

    _inherit = "account.validation.policy"

    draft_of_id = fields.Many2one(
        "account.validation.policy",
        string="Draft for",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="cascade",
        help="This is a draft of a change: it never applies itself.",
    )
    draft_base_id = fields.Many2one("account.validation.policy.version", readonly=True, copy=False, ondelete="set null")
    draft_ids = fields.One2many("account.validation.policy", "draft_of_id", string="Drafts", copy=False)
    planned_from = fields.Datetime(string="From", copy=False, help="When the change takes effect.")
    planned_version_ids = fields.One2many(
        "account.validation.policy.version",
        compute="_compute_planned_version_ids",
        groups="facturation_collab.group_administrator,facturation_collab.group_auditor",
    )

    @api.depends("version_ids.state")
    def _compute_planned_version_ids(self):
        for policy in self:
            policy.planned_version_ids = policy.version_ids.filtered(lambda version: version.state == "planned")

    @api.constrains("mode", "draft_of_id")
    def _check_draft(self):
        for policy in self.filtered(lambda policy: policy.draft_of_id and policy.mode != "off"):
            raise ValidationError(
                self.env._(
                    "“%s” is a draft of a change and never applies itself: plan it, and the policy changes on that "
                    "day.",
                    policy.name,
                )
            )

    # Actions

    def action_prepare_change(self):
        """Make a draft of this policy, to change it later, and open it."""
        check_call(self, single=True)
        self.check_access("write")
        return self._prepare_draft(self._get_present_version())._open_form()

    def action_plan(self):
        """Plan the change of this draft for its date; from now on at once. The draft is archived."""
        check_call(self, single=True)
        self.check_access("write")
        origin = self.draft_of_id
        if not origin:
            raise UserError(self.env._("“%s” is no draft of a change: prepare a change of it first.", self.name))
        if not self.level_ids:
            raise UserError(self.env._("The draft has no level: add one before you plan it."))
        version = self.env["account.validation.policy.version"]._plan(self)
        self.active = False
        if version.valid_from <= fields.Datetime.now():
            version._apply()
        return origin._open_form()

    # Business

    def _open_form(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }

    def _prepare_draft(self, version):
        """Return a new draft of this policy with the content of one of its versions."""
        self.ensure_one()
        definition = self.env["account.validation.definition"]
        content = version.sudo()._get_definition()
        draft = self.copy({"level_ids": []})
        names = [name for name in definition._get_fields(self._name) if name not in KEPT]
        draft.with_context(lang=None).write(definition._get_vals(draft, {name: content.get(name) for name in names}))
        draft.write(
            {
                "name": self.env._("%(policy)s: change of version %(number)s", policy=self.name, number=version.number),
                "draft_of_id": self.id,
                "draft_base_id": self.sudo().version_id.id,
            }
        )
        existing = set(map(str, self.level_ids.ids))
        levels = self.env["account.validation.level"].with_context(lang=None)
        for key, values in content["levels"].items():
            vals = definition._get_vals(levels, values)
            level = levels.create({**vals, "policy_id": draft.id, "origin_key": key in existing and key})
            definition._write_translations(level, values)
        return draft

    def _get_draft_definition(self):
        """Return the definition that the policy of this draft would have, its levels under the ids that they have
        there.
        """
        self.ensure_one()
        definition = self.env["account.validation.definition"]
        draft, origin = definition._read(self), definition._read(self.draft_of_id)
        levels = {level.origin_key or f"new-{level.id}": draft["levels"][str(level.id)] for level in self.level_ids}
        return {**draft, **{name: origin[name] for name in KEPT}, "levels": levels}


class AccountValidationLevel(models.Model):
    _inherit = "account.validation.level"

    origin_key = fields.Char(
        readonly=True, copy=False, help="In a draft: the level of the policy that this one stands for."
    )


class AccountValidationPolicyVersion(models.Model):
    """Planned versions, and applying them on their day."""

    _inherit = "account.validation.policy.version"

    @api.model
    def _plan(self, draft):
        """Write the planned version of a draft. The caller has checked who plans."""
        origin = draft.draft_of_id
        content = fingerprints.canonical(draft._get_draft_definition())
        base = draft.draft_base_id or origin._get_present_version()
        if content == base.content:
            raise UserError(self.env._("The draft changes nothing: change something before you plan it."))
        vals = self._prepare_version_vals(origin, content)
        when = draft.planned_from or vals["date"]
        version = self._engine().create(
            {**vals, "state": "planned", "valid_from": when, "applied_at": False, "base_id": base.id}
        )
        self.env.ref("facturation_collab.ir_cron_apply_versions").sudo()._trigger(at=when)
        return self.browse(version.id)

    def _apply(self):
        """Change the policy as this planned version says: what the plan changed, on the policy as it is today, so that
        what somebody changed in the meantime stays.
        """
        self.ensure_one()
        definition = self.env["account.validation.definition"]
        policy = self.policy_id.sudo().with_user(self.user_id).sudo()
        planned, base = self._get_definition(), self.base_id._get_definition() or definition._read(policy)
        changes = [(path, new) for path, _old, new in definition._get_differences(base, planned)]
        content = comparison.merged(definition._read(policy), changes)
        names = {path[0] for path, _new in changes} - {"levels", *KEPT}
        self._engine().write({"state": "applied", "applied_at": fields.Datetime.now()})
        definition._apply(policy, content, names)
        text = definition._get_text(policy)
        self._engine().write({"content": text, "digest": fingerprints.fingerprint(text)})
        policy.invalidate_recordset(["version_ids", "version_id", "version_mark"])

    def action_cancel(self):
        """Cancel a planned version: the policy stays as it is."""
        check_call(self)
        self.policy_id.check_access("write")
        if any(version.state != "planned" for version in self):
            raise UserError(
                self.env._("Only a planned version can be cancelled: this one already applied or was cancelled.")
            )
        self._engine().write({"state": "cancelled"})
        return True

    def action_make_draft(self):
        """Make a draft with the content of this version, to try it, or to go back to it."""
        check_call(self, single=True)
        self.policy_id.check_access("write")
        return self.policy_id._prepare_draft(self)._open_form()

    @api.model
    def _cron_apply_versions(self):
        """Apply the planned versions whose time has come, each in a transaction of its own."""
        cron = self.env["ir.cron"]
        due = self.sudo().search(
            [("state", "=", "planned"), ("valid_from", "<=", fields.Datetime.now())], order="valid_from, id"
        )
        cron._commit_progress(remaining=len(due))
        for version in due:
            if version.try_lock_for_update() and version.state == "planned":
                try:
                    with self.env.cr.savepoint():
                        version._apply()
                except (UserError, ValidationError, psycopg2.IntegrityError) as error:
                    version._engine().write({"state": "cancelled"})
                    version._tell_refused(error)
            if not cron._commit_progress(1):
                return

    def _tell_refused(self, error):
        """Tell whoever planned a version that it could not be applied."""
        user = self.user_id
        if isinstance(error, psycopg2.IntegrityError):
            error = self.env["account.validation.policy.file"]._describe_database_error(error)
        env = self.with_context(lang=user.lang).env
        self.env["mail.thread"].sudo().message_notify(
            partner_ids=user.partner_id.ids,
            subject=env._("The planned change of “%s” was not applied", self.policy_id.name),
            body=env._("It cannot be applied any more: %s. Prepare the change again.", error),
        )
