import json

from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import fingerprints
from ..calls import check_call

PENDING = "facturation_collab.policy_versions"
"""Where a transaction remembers which policies changed, and by whom."""


class AccountValidationPolicyVersion(models.Model):
    """What a policy was from a moment on: every change of its configuration makes a new one. Written by the engine."""

    _name = "account.validation.policy.version"
    _inherit = "account.validation.record"
    _description = "Version of a policy"
    _order = "policy_id, applied_at desc nulls first, number desc"

    policy_id = fields.Many2one(
        "account.validation.policy", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="policy_id.company_id")
    number = fields.Integer(required=True, readonly=True)
    state = fields.Selection(
        [("planned", "Planned"), ("applied", "Applied"), ("cancelled", "Cancelled")],
        required=True,
        readonly=True,
        default="applied",
    )
    user_id = fields.Many2one("res.users", string="By", required=True, readonly=True, ondelete="restrict")
    date = fields.Datetime(string="Made on", required=True, readonly=True)
    valid_from = fields.Datetime(required=True, readonly=True)
    applied_at = fields.Datetime(string="Applied on", readonly=True)
    content = fields.Text(required=True, readonly=True, help="Canonical form of the policy and its levels.")
    digest = fields.Char(required=True, readonly=True, help="SHA-256 of the canonical form.")
    base_id = fields.Many2one(
        "account.validation.policy.version",
        string="Based on",
        readonly=True,
        ondelete="set null",
        help="The version that this one was prepared from.",
    )
    changes = fields.Text(compute="_compute_changes", help="What it changed in the version before.")

    _number_unique = models.Constraint(
        "UNIQUE(policy_id, number)",
        "Somebody changed this policy at the same moment. Reload it and try again.",
    )

    @api.depends("number", "policy_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for version in self:
            version.display_name = self.env._(
                "%(policy)s, version %(number)s", policy=version.policy_id.name, number=version.number
            )

    @api.depends_context("lang")
    @api.depends("content", "state")
    def _compute_changes(self):
        for version in self:
            before = version._get_base()
            lines = [
                self.env._("%(label)s: “%(before)s” becomes “%(after)s”.", **difference)
                for difference in before._get_differences_to(version)
            ]
            version.changes = "\n".join(lines) if before else self.env._("First version.")

    # Actions

    def action_compare(self):
        """Return the dialog that shows what differs between two versions: these two, or this one and the present."""
        check_call(self)
        if len(self) > 2:
            raise UserError(self.env._("Choose one version, to compare it with the present one, or two."))
        pair = (self if len(self) == 2 else self | self.policy_id.version_id).sorted("number")
        before, after = pair[:1], pair[-1:]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What changed"),
            "res_model": "account.validation.version.comparison",
            "view_mode": "form",
            "target": "new",
            "context": {"default_before_id": before.id, "default_after_id": after.id},
        }

    # Business

    def _get_base(self):
        """Return the version that this one changed."""
        self.ensure_one()
        others = self.policy_id.version_ids.filtered(
            lambda other: other.state == "applied" and other != self and (other.number < self.number)
        )
        return self.base_id or others.sorted("number")[-1:]

    def _get_definition(self):
        return json.loads(self.content) if self else {}

    def _get_differences_to(self, other):
        """Return what differs between this version and another one: a list of {"label", "before", "after"}."""
        if not self or not other:
            return []
        definition = self.env["account.validation.definition"]
        return definition._describe_differences(self._get_definition(), other._get_definition())

    @api.model
    def _prepare_version_vals(self, policy, content):
        """Return the values of a new version of a policy, by the present user, that holds from now on."""
        now = fields.Datetime.now()
        return {
            "policy_id": policy.id,
            "number": max(policy.sudo().version_ids.mapped("number"), default=0) + 1,
            "user_id": self.env.uid,
            "date": now,
            "valid_from": now,
            "applied_at": now,
            "content": content,
            "digest": fingerprints.fingerprint(content),
        }

    @api.model
    def _record(self, policies):
        """Write a version of each of these policies that is not what its last version says.

        :returns: the new versions
        """
        definition = self.env["account.validation.definition"]
        to_create, versions = [], self.browse()
        for policy in policies.sudo().exists():
            content = definition._get_text(policy)
            current = policy.version_id
            if current.content == content:
                continue
            if current._is_of_this_transaction() and current.user_id == self.env.user:
                current._engine().write({"content": content, "digest": fingerprints.fingerprint(content)})
            else:
                to_create.append(self._prepare_version_vals(policy, content))
        if to_create:
            versions |= self._engine().create(to_create)
            policies.sudo().invalidate_recordset(["version_ids", "version_id", "version_mark"])
        return versions

    def _is_of_this_transaction(self):
        """Tell whether this version was made in this very transaction and no validation ran under it yet: further
        changes of the same transaction are part of it.
        """
        if not self or self.create_date != self.env.cr.now():
            return False
        return (
            not self.env["account.validation.request"]
            .sudo()
            .search_count([("policy_version_id", "=", self.id)], limit=1)
        )


class AccountValidationPolicy(models.Model):
    """Every change of a policy or of its levels makes a version, one for each transaction."""

    _inherit = "account.validation.policy"

    version_ids = fields.One2many(
        "account.validation.policy.version",
        "policy_id",
        string="Versions",
        readonly=True,
        copy=False,
        groups="facturation_collab.group_administrator,facturation_collab.group_auditor",
    )
    version_id = fields.Many2one(
        "account.validation.policy.version",
        compute="_compute_version_id",
        store=True,
        groups="facturation_collab.group_administrator,facturation_collab.group_auditor",
        help="What applies now.",
    )
    version_mark = fields.Json(
        compute="_compute_version_id",
        store=True,
        groups=fields.NO_ACCESS,
        help="Number and SHA-256 of what applies now: at hand for each submission.",
    )

    @api.depends("version_ids.state", "version_ids.applied_at", "version_ids.digest")
    def _compute_version_id(self):
        for policy in self:
            applied = policy.version_ids.filtered(lambda version: version.state == "applied")
            version = applied.sorted(lambda version: (version.applied_at, version.number))[-1:]
            policy.version_id = version
            policy.version_mark = [version.number, version.digest] if version else False

    @api.model_create_multi
    def create(self, vals_list):
        policies = super().create(vals_list)
        policies._mark_changed()
        return policies

    def write(self, vals):
        res = super().write(vals)
        if not vals.keys().isdisjoint(self.env["account.validation.definition"]._get_fields(self._name)):
            self._mark_changed()
        return res

    def _mark_changed(self):
        """Have a version of these policies written before the transaction ends."""
        if not self:
            return
        precommit = self.env.cr.precommit
        changed = precommit.data.get(PENDING)
        if changed is None:
            changed = precommit.data[PENDING] = {}
            precommit.add(self.env["account.validation.policy"].browse()._record_changed)
        changed.update(dict.fromkeys(self.ids, self.env.uid))

    @api.model
    def _record_changed(self):
        """Write the versions of the policies that changed in this transaction."""
        changed = self.env.cr.precommit.data.get(PENDING) or {}
        by_user = {}
        for policy_id, uid in changed.items():
            by_user.setdefault(uid, []).append(policy_id)
        changed.clear()
        for uid, ids in by_user.items():
            policies = self.with_user(uid).sudo().browse(ids)
            policies.env["account.validation.policy.version"]._record(policies)

    def _get_frozen_policy(self, request):
        """The plan, which the chain of events covers, names the version by its number and its content."""
        return {**super()._get_frozen_policy(request), "policy_version": self.sudo().version_mark}

    def _get_present_version(self):
        """Return the version of this policy that applies, with what this transaction changed; makes the first one of a
        policy that is older than versions.
        """
        self.ensure_one()
        if self.id in (self.env.cr.precommit.data.get(PENDING) or {}):
            self._record_changed()
        if not self.sudo().version_id:
            self.env["account.validation.policy.version"]._record(self)
        return self.sudo().version_id


class AccountValidationLevel(models.Model):
    _inherit = "account.validation.level"

    @api.model_create_multi
    def create(self, vals_list):
        levels = super().create(vals_list)
        levels.policy_id._mark_changed()
        return levels

    def write(self, vals):
        policies = self.policy_id
        res = super().write(vals)
        if not vals.keys().isdisjoint(self.env["account.validation.definition"]._get_fields(self._name)):
            (policies | self.policy_id)._mark_changed()
        return res

    def unlink(self):
        policies = self.policy_id
        res = super().unlink()
        policies._mark_changed()
        return res


class AccountValidationRequest(models.Model):
    _inherit = "account.validation.request"

    policy_version_id = fields.Many2one(
        "account.validation.policy.version",
        string="Version of the policy",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        groups="facturation_collab.group_administrator,facturation_collab.group_auditor",
    )

    def _prepare_request_vals(self, policy, move, criteria):
        vals = super()._prepare_request_vals(policy, move, criteria)
        return {**vals, "policy_version_id": policy._get_present_version().id}
