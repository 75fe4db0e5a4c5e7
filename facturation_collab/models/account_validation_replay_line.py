from odoo import fields, models

from .account_validation_replay import SIDES


class AccountValidationReplayLine(models.Model):
    """What a replay would have asked of one person at one level."""

    _name = "account.validation.replay.line"
    _description = "Load of an approver in a replay"
    _order = "replay_id desc, side, load desc, id"

    replay_id = fields.Many2one(
        "account.validation.replay", required=True, readonly=True, index=True, ondelete="cascade"
    )
    side = fields.Selection(list(SIDES), string="Set", required=True, readonly=True)
    policy_id = fields.Many2one("account.validation.policy", readonly=True, ondelete="cascade")
    level = fields.Char(readonly=True)
    user_id = fields.Many2one("res.users", string="Approver", readonly=True, ondelete="cascade")
    step_count = fields.Integer(string="Steps", readonly=True, help="How often this person would have been asked.")
    load = fields.Float(
        readonly=True,
        help="Approvals that fall to this person when those asked at a step share what it needs evenly.",
    )
    hours = fields.Float(
        string="Hours to decide",
        readonly=True,
        aggregator="avg",
        help="On average, from what this person decided in the last 12 months. 0: nothing is known.",
    )
