from markupsafe import Markup

from odoo import api, fields, models

from .. import shares

SHOWN_ON_LINE = (
    *("name", "product_id", "quantity", "product_uom_id", "price_unit", "discount", "tax_ids"),
    *("price_subtotal", "price_total", "percent"),
)
"""What is shown of its lines to somebody who sees a share alone: neither whom else a line concerns nor how it is
booked.
"""
SHOWN_OF_SHARE = ("amount_untaxed", "amount_tax", "amount_total")


class AccountValidationStep(models.Model):
    """What changed in a share since the submission before, for those who see their share alone."""

    _inherit = "account.validation.step"

    share_difference = fields.Html("Changed in your share", compute="_compute_share", sanitize=False)

    @api.depends_context("uid", "lang")
    @api.depends("previous_step_id", "request_id.previous_id")
    def _compute_share(self):
        super()._compute_share()
        for step in self:
            own = step.sudo()
            step.share_difference = own.share and own.state == "open" and own._render_share_difference()

    def _render_share_difference(self):
        """Return what changed in the lines of this share since it was last approved or submitted; nothing for a share
        that was not asked about then.
        """
        compared = self._get_compared_request()
        before = self._get_compared_share(compared)
        if not before:
            return False
        wording = self.env["account.validation.wording"]
        contents = [_get_shown(before), _get_shown(self)]
        is_approval = before.state == "approved"
        day = wording._describe_day(before.decided_at if is_approval else compared.submitted_at)
        title, rows = wording._describe_share_difference(*contents, day)
        row = Markup('<tr><td class="ps-0">%(label)s</td><td>%(before)s</td><td class="pe-0">%(after)s</td></tr>')
        table = Markup('<table class="table table-sm"><tbody>%s</tbody></table>') if rows else Markup("%s")
        return Markup("<p>%s</p>%s") % (title, table % Markup("").join(row % values for values in rows))

    def _get_compared_share(self, compared):
        """Return the step of another request that asked about the same share as this one, or none.

        Positions of lines are those of their own submission: what lay elsewhere before may belong to others.
        """
        if self.previous_step_id.request_id == compared:
            return self.previous_step_id
        return compared.step_ids.filtered(lambda step: step.share_key == self.share_key)[-1:]


class AccountValidationWording(models.AbstractModel):
    _inherit = "account.validation.wording"

    @api.model
    def _describe_share_difference(self, before, after, day):
        """Return the sentence on what changed in a share since a day, and the changes: (title, rows)."""
        rows = self._describe_content_differences(before, after)
        if rows:
            return self.env._("Changed in your share since %s (before, now):", day), rows
        return self.env._("Nothing that you see of your share changed since %s.", day), rows


def _get_shown(step):
    """Return what of the snapshot of a step's request its share shows."""
    content = shares.narrowed(step.request_id._read_snapshot(), step.share)
    lines = [{name: line.get(name) for name in ("display_type", *SHOWN_ON_LINE)} for line in content["lines"]]
    return {**{name: content[name] for name in SHOWN_OF_SHARE}, "lines": lines}
