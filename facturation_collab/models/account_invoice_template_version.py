from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..calls import check_call

TRANSITIONS = {"draft": {"active", "archived"}, "active": {"archived"}, "archived": {"active"}}


class AccountInvoiceTemplate(models.Model):
    """Versions: what was used stays as it was. A change is a new version, from a day on."""

    _inherit = "account.invoice.template"

    version = fields.Integer(default=1, readonly=True, copy=False)
    previous_version_id = fields.Many2one(
        "account.invoice.template", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    origin_id = fields.Many2one(
        "account.invoice.template",
        string="First version",
        compute="_compute_origin_id",
        store=True,
        recursive=True,
        index=True,
    )
    version_ids = fields.One2many("account.invoice.template", "origin_id", string="Later versions", readonly=True)
    all_version_ids = fields.One2many(related="origin_id.version_ids", string="Versions", related_sudo=False)

    _version_unique = models.UniqueIndex(
        "(origin_id, version)", "Somebody made a new version at the same moment: reload the template."
    )

    @api.depends("previous_version_id.origin_id")
    def _compute_origin_id(self):
        for template in self:
            template.origin_id = template.previous_version_id.origin_id or template

    @api.depends("name", "version")
    def _compute_display_name(self):
        for template in self:
            template.display_name = (
                template.name
                if template.version < 2
                else self.env._("%(name)s (version %(version)s)", name=template.name, version=template.version)
            )

    @api.constrains("state", "date_from", "date_to")
    def _check_periods(self):
        """Of the versions of one template at most one is in use on any day."""
        active = self.filtered(lambda template: template.state == "active")
        for template in active:
            others = template.sudo().origin_id.version_ids.filtered(lambda other: other.state == "active") - template
            for other in others.filtered(template._overlaps):
                raise ValidationError(
                    self.env._(
                        "“%(template)s” and “%(other)s” would be in use on the same days: change their dates, or "
                        "archive one of them.",
                        template=template.display_name,
                        other=other.display_name,
                    )
                )

    def _overlaps(self, other):
        starts = [template.date_from for template in (self, other) if template.date_from]
        ends = [template.date_to for template in (self, other) if template.date_to]
        return not starts or not ends or max(starts) <= min(ends)

    # Actions

    def action_activate(self):
        """Put these templates in use. The version before ends the day before, or now where there is no date."""
        check_call(self)
        self.check_access("write")
        for template in self:
            template._end_versions_before()
        self._move_to("active")

    def action_archive_version(self):
        """Take these templates out of use; what was made from them stays."""
        check_call(self)
        self._move_to("archived")

    def action_new_version(self):
        """Make the next version of this template, or open the one that is being prepared."""
        check_call(self, single=True)
        self.check_access("write")
        versions = self.sudo().origin_id.version_ids
        template = versions.filtered(lambda version: version.state == "draft")[:1]
        if not template:
            number = max(versions.mapped("version")) + 1
            template = self.copy({"name": self.name, "version": number, "previous_version_id": self.id})
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": template.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    # Business

    def _move_to(self, state):
        """Write a new state, along the transition table. The only writer of states.

        :raises UserError: when a template cannot go there
        """
        labels = dict(self._fields["state"]._description_selection(self.env))
        for template in self:
            if state not in TRANSITIONS[template.state]:
                raise UserError(
                    self.env._(
                        "“%(template)s” is in the state “%(state)s”: this cannot be done with it.",
                        template=template.display_name,
                        state=labels[template.state],
                    )
                )
        self.write({"state": state})

    def _end_versions_before(self):
        """End the other versions in use where this one begins."""
        self.ensure_one()
        others = self.origin_id.version_ids.filtered(lambda version: version.state == "active") - self
        for other in others.filtered(self._overlaps):
            begins_before = self.date_from and (not other.date_from or other.date_from < self.date_from)
            if begins_before:
                other.date_to = self.date_from - timedelta(days=1)
            else:
                other._move_to("archived")
