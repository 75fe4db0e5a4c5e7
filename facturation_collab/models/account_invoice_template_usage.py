from odoo import api, fields, models
from odoo.fields import Domain

from ..calls import check_call


class AccountInvoiceTemplate(models.Model):
    """How much a template is used, and how often its invoices are changed before posting.

    Each invoice keeps its own part of the figures: its template, and from posting on whether it was changed. Nothing is
    written on the template, which many people use at the same moment; and everybody counts the invoices that they may
    read, so that no figure tells of others.
    """

    _inherit = "account.invoice.template"

    move_ids = fields.One2many("account.move", "template_id", string="Invoices", readonly=True, copy=False)
    is_used = fields.Boolean(compute="_compute_usage", search="_search_is_used")
    use_count = fields.Integer("Used", compute="_compute_usage", help="Invoices that you may read.")
    posted_count = fields.Integer("Posted", compute="_compute_usage")
    changed_count = fields.Integer(
        "Changed after use", compute="_compute_usage", help="Posted invoices that were changed after the template."
    )
    changed_share = fields.Float("Share changed", compute="_compute_usage", help="Of those that are posted.")
    last_use = fields.Date("Last used", compute="_compute_usage")

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_usage(self):
        """One query for all templates, over the invoices that the present user may read."""
        groups = self.env["account.move"]._read_group(
            [("template_id", "in", self._origin.ids)],
            ["template_id", "state", "template_changed"],
            ["__count", "create_date:max"],
        )
        for template in self:
            own = [(state, *rest) for found, state, *rest in groups if found == template._origin]
            posted = [(changed, count) for state, changed, count, _date in own if state == "posted"]
            template.is_used = bool(own)
            template.use_count = sum(count for _state, _changed, count, _date in own)
            template.posted_count = sum(count for _changed, count in posted)
            template.changed_count = sum(count for changed, count in posted if changed)
            template.changed_share = template.changed_count / template.posted_count if template.posted_count else 0.0
            template.last_use = max((date.date() for *_rest, date in own), default=False)

    def _search_is_used(self, operator, value):
        if operator != "in":
            return NotImplemented
        # Not `move_ids != False`, which would ask about invoices that the present user may not read.
        used = Domain("move_ids", "any", Domain("template_id", "!=", False))
        return Domain.OR(used if wanted else ~used for wanted in value)

    def action_view_invoices(self):
        """Return the action that lists the invoices made from these templates."""
        check_call(self)
        self.check_access("read")
        kind = "out" if all(template.move_type.startswith("out_") for template in self) else "in"
        action = self.env["ir.actions.act_window"]._for_xml_id(f"facturation_collab.account_move_action_{kind}")
        return action | {"domain": [("template_id", "in", self.ids)], "context": {}}

    def action_view_changed_invoices(self):
        """Return the action that lists those of the invoices that were changed after the template."""
        action = self.action_view_invoices()
        return action | {"domain": [*action["domain"], ("template_changed", "=", True)]}
