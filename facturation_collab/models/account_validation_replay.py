from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..calls import check_call
from .account_validation_policy import MOVE_TYPES

SLICE = 1000
"""Invoices of one transaction."""
AT_ONCE = 500
"""Up to so many invoices the person waits for the answer; more are replayed in the background."""
SIDES = (("first", "First set"), ("second", "Second set"))
FOUND = frozenset({"state", "position", "total", "done", "figures", "line_ids"})
"""Fields that a client never writes."""
COUNTS = (
    "invoice_count",
    "covered_count",
    "step_count",
    "no_approver_count",
    "conflict_count",
    "automatic_count",
    "timed_count",
    "hours",
)
MOST_PROBLEMS = 500


class AccountValidationReplay(models.Model):
    """Runs one set of policies, or two beside each other, over the invoices of the past, and counts what it would have
    meant: steps, load, delay, invoices without approver. Changes nothing on any invoice.
    """

    _name = "account.validation.replay"
    _description = "Replay of policies"
    _order = "id desc"

    name = fields.Char(required=True, default=lambda self: self.env._("Replay"))
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    months = fields.Integer(string="Past months", required=True, default=6)
    date_to = fields.Date(string="Until", required=True, default=fields.Date.context_today)
    policy_ids = fields.Many2many(
        "account.validation.policy",
        "account_validation_replay_first_rel",
        string="First set",
        context={"active_test": False},
        help="Policies, also off ones and drafts, tried in their order. Empty: those in force.",
    )
    compared_policy_ids = fields.Many2many(
        "account.validation.policy",
        "account_validation_replay_second_rel",
        string="Second set",
        context={"active_test": False},
        help="To compare with. Empty: nothing to compare.",
    )
    state = fields.Selection(
        [("draft", "To start"), ("running", "Running"), ("done", "Done")], default="draft", required=True, readonly=True
    )
    position = fields.Integer(readonly=True)
    total = fields.Integer(string="Invoices", readonly=True)
    done = fields.Integer(readonly=True)
    progress = fields.Integer(string="Progress (%)", compute="_compute_progress")
    figures = fields.Json(readonly=True)
    report = fields.Html(compute="_compute_report", sanitize=False)
    line_ids = fields.One2many("account.validation.replay.line", "replay_id", readonly=True)

    _months_positive = models.Constraint("CHECK(months BETWEEN 1 AND 60)", "Replay between 1 and 60 months.")

    @api.depends("total", "done", "state")
    def _compute_progress(self):
        for replay in self:
            replay.progress = 100 if replay.state == "done" else min(99, replay.done * 100 // max(1, replay.total))

    @api.depends("figures", "state")
    @api.depends_context("lang")
    def _compute_report(self):
        labels = dict(self.env["account.validation.replay.line"]._fields["side"]._description_selection(self.env))
        for replay in self:
            sides = [
                {"label": labels[side], **counts}
                for side, counts in replay._get_summary().items()
                if replay.state == "done"
            ]
            replay.report = (
                self.env["ir.qweb"]._render("facturation_collab.account_validation_replay_report", {"sides": sides})
                if sides
                else False
            )

    @api.model_create_multi
    def create(self, vals_list):
        if any(not FOUND.isdisjoint(vals) for vals in vals_list):
            self._check_found(FOUND)
        return super().create(vals_list)

    def write(self, vals):
        self._check_found(vals)
        return super().write(vals)

    def _check_found(self, names):
        """:raises AccessError: when a client writes what only a replay finds"""
        if not self.env.su and not FOUND.isdisjoint(names):
            raise AccessError(self.env._("What a replay found cannot be entered: start one instead."))

    # Actions

    def action_replay(self):
        """Start, or start again: at once, or in the background when there is much."""
        check_call(self, single=True)
        self.check_access("write")
        if self.company_id not in self.env.user.company_ids:
            raise AccessError(self.env._("You have no access to that company: choose one of yours."))
        total = self.env["account.move"].search_count(self._get_domain())
        if not total:
            raise UserError(self.env._("There is no invoice that you may read in this period: choose another one."))
        self.sudo().line_ids.unlink()
        self.sudo().write({"state": "running", "position": 0, "total": total, "done": 0, "figures": {}})
        if total > AT_ONCE:
            self.env.ref("facturation_collab.ir_cron_replay").sudo()._trigger()
        while self.state == "running" and total <= AT_ONCE:
            self._replay_slice()
        return True

    def action_view_lines(self):
        """Return the table of steps and load for each approver."""
        check_call(self, single=True)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "facturation_collab.account_validation_replay_line_action"
        )
        return action | {"domain": [("replay_id", "=", self.id)]}

    def action_view_problems(self):
        """Return the list of the invoices that would have had no approver."""
        check_call(self, single=True)
        self.check_access("read")
        ids = {move_id for key in ("first", "second") for move_id in (self.figures or {}).get(f"{key}:problems", ())}
        action = self.env["ir.actions.act_window"]._for_xml_id("facturation_collab.account_move_action_validation")
        return action | {"domain": [("id", "in", sorted(ids))], "context": {"create": False}}

    # Business

    def _get_domain(self):
        """Return the domain of the invoices to replay; rules narrow it to what the present user may read."""
        self.ensure_one()
        companies = self.env["res.company"].sudo().search([("id", "child_of", self.company_id.id)])
        date_from = self.date_to - relativedelta(months=self.months)
        day = Domain("invoice_date", ">=", date_from) & Domain("invoice_date", "<=", self.date_to)
        return (
            Domain("move_type", "in", MOVE_TYPES)
            & Domain("state", "!=", "cancel")
            & Domain("company_id", "in", companies.ids)
            & day
        )

    def _get_sets(self):
        """Return {side: policies to try, None for those in force}."""
        order = ("sequence", "id")

        def ordered(policies):
            return policies.sorted(lambda policy: tuple(policy[name] for name in order))

        sets = {"first": ordered(self.policy_ids) if self.policy_ids else None}
        return sets | ({"second": ordered(self.compared_policy_ids)} if self.compared_policy_ids else {})

    def _replay_slice(self):
        """Replay the next slice of invoices, as the present user, and keep the counts."""
        domain = self._get_domain() & Domain("id", ">", self.position)
        moves = self.env["account.move"].search(domain, order="id", limit=SLICE)
        figures = dict(self.figures or {})
        for side, policies in self._get_sets().items():
            self.env["account.validation.replay.run"]._count(figures, side, moves.sudo(), policies)
        is_last = len(moves) < SLICE
        self.sudo().write(
            {
                "figures": figures,
                "position": moves[-1:].id or self.position,
                "done": self.done + len(moves),
                "state": "done" if is_last else "running",
            }
        )
        if is_last:
            self._write_lines()

    def _write_lines(self):
        """Make the lines of the table from the counts of each person."""
        self.env["account.validation.replay.line"].sudo().create(
            [{**values, "replay_id": self.id} for values in (self.figures or {}).get("people", {}).values()]
        )

    def _get_summary(self):
        """Return {side: counts} of what was found."""
        figures = self.figures or {}
        return {
            side: {name: figures.get(f"{side}:{name}", 0) for name in COUNTS}
            for side, _label in SIDES
            if f"{side}:invoice_count" in figures
        }

    @api.model
    def _cron_replay(self):
        """Go on with the replays under way, slice by slice, each as the user who asked for it."""
        cron = self.env["ir.cron"]
        running = self.sudo().search([("state", "=", "running")], order="id")
        cron._commit_progress(remaining=len(running))
        for replay in running:
            while replay.try_lock_for_update() and replay.state == "running":
                try:
                    replay.with_user(replay.create_uid).sudo(False)._replay_slice()
                except (AccessError, UserError):  # its user has lost the right to ask
                    replay.state = "draft"
                if not cron._commit_progress():
                    return
                self.env.invalidate_all()
            if not cron._commit_progress(1):
                return
