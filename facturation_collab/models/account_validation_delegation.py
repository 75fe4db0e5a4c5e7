from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models, tools
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from .. import seating
from ..calls import check_call
from .account_validation_policy import MOVE_TYPES, _is_below
from .account_validation_record import ENGINE, ENGINE_KEY


class AccountValidationDelegation(models.Model):
    """Somebody decides for somebody else: for a time, for certain invoices, until it is revoked.

    Written by the engine alone, so that what a decision refers to cannot be rewritten: `_give` after the predicates,
    `_revoke`, and what follows from them. It does not reach further: whoever decides for Ann neither passes Ann's voice
    on, nor gets the voices that Ann has of others.
    """

    _name = "account.validation.delegation"
    _inherit = ["account.validation.record", "account.validation.terms"]
    _description = "Delegation"
    _order = "starts_at desc, id desc"
    _rec_name = "from_user_id"

    company_id = fields.Many2one(related="from_user_id.company_id", store=True, index=True)
    starts_at = fields.Datetime(required=True, readonly=True, help="Beginning of the first day, in the company's time.")
    ends_at = fields.Datetime(readonly=True, help="End of the last day, in the company's time.")
    source = fields.Selection(
        [("manual", "Given by a person"), ("absence", "Follows an absence")],
        required=True,
        readonly=True,
        default="manual",
    )
    is_proposed = fields.Boolean(readonly=True, help="Waits for somebody to confirm it; nobody decides by it yet.")
    is_applied = fields.Boolean(readonly=True, help="The invoices under way know of it.")
    revoked_at = fields.Datetime(string="Revoked on", readonly=True)
    revoked_by_id = fields.Many2one("res.users", string="Revoked by", readonly=True, ondelete="restrict")
    state = fields.Selection(
        [
            ("proposed", "Proposed"),
            ("future", "Later"),
            ("running", "Running"),
            ("over", "Over"),
            ("revoked", "Revoked"),
        ],
        compute="_compute_state",
        search="_search_state",
    )
    can_revoke = fields.Boolean(compute="_compute_rights")
    can_confirm = fields.Boolean(compute="_compute_rights")
    summary = fields.Char(compute="_compute_summary", string="For what")

    _dates = models.Constraint("CHECK(date_to IS NULL OR date_to >= date_from)", "A delegation ends before it begins.")
    _two_people = models.Constraint("CHECK(from_user_id <> to_user_id)", "Nobody decides for themselves.")
    _amount_positive = models.Constraint("CHECK(amount_max >= 0)", "The amount of a delegation cannot be negative.")
    _waiting_index = models.Index("(is_applied, starts_at, ends_at) WHERE revoked_at IS NULL OR is_applied")

    @api.depends("starts_at", "ends_at", "revoked_at", "is_proposed")
    def _compute_state(self):
        now = fields.Datetime.now()
        for delegation in self:
            ended = delegation.ends_at and delegation.ends_at <= now
            pending = "proposed" if delegation.is_proposed else "future" if delegation.starts_at > now else "running"
            delegation.state = "revoked" if delegation.revoked_at else "over" if ended else pending

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        now = fields.Datetime.now()
        kept, proposed = Domain("revoked_at", "=", False), Domain("is_proposed", "=", True)
        ended = Domain("ends_at", "!=", False) & Domain("ends_at", "<=", now)
        begun = Domain("starts_at", "<=", now)
        domains = {
            "revoked": ~kept,
            "over": kept & ended,
            "proposed": kept & ~ended & proposed,
            "future": kept & ~ended & ~proposed & ~begun,
            "running": kept & ~ended & ~proposed & begun,
        }
        return Domain.OR(domains[state] for state in value if state in domains)

    @api.depends_context("uid")
    @api.depends("state")
    def _compute_rights(self):
        for delegation in self:
            delegation.can_revoke = not delegation._get_revoke_refusal(self.env.user)
            delegation.can_confirm = not delegation._get_confirm_refusal(self.env.user)

    @api.depends_context("lang")
    @api.depends("company_ids", "department_ids", "policy_ids", "amount_max", "reason")
    @api.depends(*(f"apply_{move_type}" for move_type in MOVE_TYPES))
    def _compute_summary(self):
        wording = self.env["account.validation.wording"]
        for delegation in self:
            delegation.summary = wording._describe_terms(delegation.sudo())

    @api.depends_context("lang")
    @api.depends("from_user_id", "to_user_id")
    def _compute_display_name(self):
        for delegation in self.sudo():
            names = {"delegate": delegation.to_user_id.name, "approver": delegation.from_user_id.name}
            delegation.display_name = self.env._("%(delegate)s for %(approver)s", **names)

    # CRUD

    @api.model_create_multi
    def create(self, vals_list):
        delegations = super().create(vals_list)
        self._forget()
        return delegations

    def write(self, vals):
        result = super().write(vals)
        self._forget()
        return result

    # Actions

    def action_revoke(self):
        """End these delegations now. Invoices under way go back to the people who were decided for.

        :raises UserError: when the present user may not revoke one of them
        """
        check_call(self)
        self.check_access("read")
        for delegation in self:
            if refusal := delegation._get_revoke_refusal(self.env.user):
                raise UserError(refusal)
        self.sudo()._revoke()

    def action_confirm(self):
        """Confirm these proposed delegations: from now on their delegates decide.

        :raises UserError: when the present user may not confirm one of them
        """
        check_call(self)
        self.check_access("read")
        for delegation in self:
            if refusal := delegation._get_confirm_refusal(self.env.user):
                raise UserError(refusal)
        for delegation in self.sudo():
            delegation._engine().write({"is_proposed": False})
            delegation._start_following()

    # Predicates

    def _get_revoke_refusal(self, user):
        """Return why a user may not revoke this delegation, or an empty text: both people, and whoever may give it."""
        self.ensure_one()
        delegation = self.sudo()
        if delegation.state in ("revoked", "over"):
            return self.env._("This delegation has already ended.")
        if user in delegation.from_user_id | delegation.to_user_id:
            return ""
        return delegation.from_user_id.with_env(self.env)._get_delegating_refusal(user, delegation.department_ids)

    def _get_confirm_refusal(self, user):
        """Return why a user may not confirm this delegation, or an empty text."""
        self.ensure_one()
        delegation = self.sudo()
        if delegation.state != "proposed":
            return self.env._("This delegation does not wait to be confirmed.")
        approver = delegation.from_user_id.with_env(self.env)
        return approver._get_delegating_refusal(user, delegation.department_ids) or self._get_people_refusal(
            approver, delegation.to_user_id, delegation.starts_at, delegation.ends_at
        )

    @api.model
    def _get_people_refusal(self, approver, delegate, starts_at, ends_at):
        """Return why somebody cannot decide for somebody else in a period, or an empty text."""
        names = {"delegate": delegate.sudo().name, "approver": approver.sudo().name}
        if not delegate._filter_validation_users():
            return self.env._(
                "%(delegate)s has no access to collaborative invoicing or to accounting, and cannot decide for "
                "%(approver)s: choose somebody else.",
                **names,
            )
        if approver._get_same_persons(delegate):
            return self.env._("%(delegate)s and %(approver)s are one person: choose somebody else.", **names)
        if not approver.sudo().company_ids & delegate.sudo().company_ids:
            return self.env._("%(delegate)s works in no company of %(approver)s: choose somebody else.", **names)
        if self._closes_circle(approver, delegate, starts_at, ends_at):
            return self.env._(
                "%(approver)s already decides for %(delegate)s in that time, directly or over others: choose somebody "
                "else, or revoke the other delegation.",
                **names,
            )
        return ""

    @api.model
    def _closes_circle(self, approver, delegate, starts_at, ends_at):
        """Tell whether a new delegation would, with the others of its time, lead back to whom it comes from."""
        domain = Domain("state", "in", ("future", "running"))
        domain &= Domain("ends_at", "=", False) | Domain("ends_at", ">", starts_at)
        if ends_at:
            domain &= Domain("starts_at", "<", ends_at)
        others = self.sudo().search(domain)
        persons = (others.from_user_id | others.to_user_id | approver | delegate)._get_persons()
        edges = [(persons[other.from_user_id.id], persons[other.to_user_id.id]) for other in others]
        return seating.closes_circle(edges, persons[approver.id], persons[delegate.id])

    # Engine

    @api.model
    def _give(self, vals):
        """Create a delegation from its terms; the caller has asked who may give it. Tells whom it concerns.

        :returns: account.validation.delegation, as sudo
        """
        approver = self.env["res.users"].browse(vals["from_user_id"])
        moments = self._get_moments(approver, vals["date_from"], vals.get("date_to"))
        delegation = self.sudo().browse(self._engine().create({**vals, **moments}).id)
        delegation._tell()
        delegation._start_following()
        return delegation

    def _revoke(self):
        """End these delegations now. The caller has asked who may."""
        self._engine().write({"revoked_at": fields.Datetime.now(), "revoked_by_id": self.env.uid, "is_proposed": False})
        for delegation in self:
            delegation._start_following()

    @api.model
    def _get_moments(self, approver, date_from, date_to):
        """Return the beginning and the end of the days of a delegation, in UTC: days are those of the company."""
        zone = self._get_zone(approver)

        def begin(day):
            return zone.localize(datetime.combine(day, time.min)).astimezone(pytz.utc).replace(tzinfo=None)

        first, last = fields.Date.to_date(date_from), fields.Date.to_date(date_to)
        return {"starts_at": begin(first), "ends_at": last and begin(last + timedelta(days=1))}

    @api.model
    def _get_zone(self, approver):
        return pytz.timezone(approver.sudo().company_id.resource_calendar_id.tz or "UTC")

    @api.model
    def _get_today(self, approver):
        """Return the present day in the company of a user."""
        return pytz.utc.localize(fields.Datetime.now()).astimezone(self._get_zone(approver)).date()

    @api.model
    @tools.ormcache()
    def _has_any(self):
        """Tell whether anybody ever delegated anything: without, nothing is worth looking up."""
        return bool(self.sudo().search_count([], limit=1))

    def _forget(self):
        """What this transaction and others know of delegations is no longer true."""
        self.env.registry.clear_cache()
        self.env["res.users"].invalidate_model(["running_delegation_ids"], flush=False)

    def _covers(self, request):
        """Tell whether the scope of this delegation holds for a request. Whether it runs is another question."""
        self.ensure_one()
        kinds = self._get_move_types()
        return (
            (not self.company_ids or request.company_id in self.company_ids)
            and (not self.department_ids or _is_below(request.department_id, self.department_ids))
            and (not self.policy_ids or request.policy_id in self.policy_ids)
            and (not kinds or request.move_id.move_type in kinds)
            and self._is_amount_covered(request)
        )

    def _is_amount_covered(self, request):
        """Tell whether the amount of a request is within the limit, which is in the currency of the giver's company."""
        if not self.amount_max:
            return True
        currency = self.currency_id
        day = request.submitted_at.date()
        amount = request.currency_id._convert(request.amount, currency, request.company_id, day)
        return currency.compare_amounts(amount, self.amount_max) <= 0

    def _check_engine(self):
        if self.env.context.get(ENGINE_KEY) is not ENGINE:
            raise AccessError(
                self.env._(
                    "A delegation is not changed afterwards, since decisions refer to it: revoke it and give another "
                    "one."
                )
            )
