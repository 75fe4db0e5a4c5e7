from markupsafe import Markup

from odoo import Command, api, fields, models, tools
from odoo.exceptions import AccessError

from .hr_department import ADMINISTRATOR


class HrDepartment(models.Model):
    """A group chat of a department in Discuss, fed with what happens to its invoices: its readers are its members."""

    _inherit = "hr.department"

    has_channel = fields.Boolean(
        "Chat of Its Invoices",
        groups=ADMINISTRATOR,
        help="A group in Discuss for those who read the invoices of the department. It tells what is submitted, "
        "decided and asked. Its members follow the roles.",
    )
    channel_id = fields.Many2one(
        "discuss.channel", copy=False, readonly=True, ondelete="set null", groups=ADMINISTRATOR
    )

    @api.model_create_multi
    def create(self, vals_list):
        departments = super().create(vals_list)
        if found := departments.sudo().filtered("has_channel"):
            found._sync_channels()
            self.env.registry.clear_cache()
        return departments

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"has_channel", "name", "active"}:
            self.sudo()._sync_channels()
            self.env.registry.clear_cache()
        return result

    def _refresh_roles(self):
        super()._refresh_roles()
        if not self or not self._has_channels():
            return
        departments = self.sudo().with_context(active_test=False)
        departments.search([("id", "child_of", self.ids), ("has_channel", "=", True)])._sync_channels()

    @api.model
    @tools.ormcache()
    def _has_channels(self):
        """Whether any department has or had a chat; without, nothing costs more."""
        return bool(self.sudo().with_context(active_test=False).search_count([("channel_id", "!=", False)], limit=1))

    def _sync_channels(self):
        """Make, fill, rename or close the chat of each of these departments. Called as sudo.

        Whoever loses their role leaves it at once, and no longer reads what it told. A closed one keeps its messages
        and has no member.
        """
        for department in self:
            is_live = department.has_channel and department.active
            readers = department.reader_ids.filtered("active").partner_id if is_live else self.env["res.partner"]
            if is_live and not department.channel_id:
                vals = {"name": department.name, "channel_type": "group"}
                department.channel_id = (
                    self.env["discuss.channel"].with_context(mail_create_nosubscribe=True).create(vals)
                )
            channel = department.channel_id
            if not channel:
                continue
            if channel.name != department.name:
                channel.name = department.name
            members = channel.channel_member_ids
            (members.filtered(lambda member, readers=readers: member.partner_id not in readers)).unlink()
            channel.channel_member_ids = [
                Command.create({"partner_id": partner.id}) for partner in readers - members.exists().partner_id
            ]

    def _tell_channel(self, sentence, moves):
        """Write in the chat of this department what happened to some of its invoices, in one message.

        :param sentence: what happened
        :param moves: account.move of this department; as sudo
        """
        items = Markup("").join(
            Markup('<li><a href="/odoo/account.move/%s">%s</a></li>') % (move.id, move._get_validation_title())
            for move in moves[:20]
        )
        if len(moves) > 20:
            items += Markup("<li>%s</li>") % self.env._("and %s others", len(moves) - 20)
        self.sudo().channel_id.message_post(
            body=Markup("<p>%s</p><ul>%s</ul>") % (sentence, items),
            author_id=self.env.user.partner_id.id,
            message_type="notification",
            subtype_xmlid="mail.mt_comment",
        )


class AccountMove(models.Model):
    _inherit = "account.move"

    def _tell_channels(self, sentence):
        """Tell the chats of the departments of these invoices what happened to them; where a chat is there."""
        if not self.env["hr.department"]._has_channels():
            return
        moves = self.sudo()
        departments = moves.department_id.filtered(lambda department: department.has_channel and department.active)
        for department in departments:
            mine = moves.filtered(lambda move, department=department: move.department_id == department)
            department._tell_channel(sentence, mine)


class AccountValidationRequest(models.Model):
    _inherit = "account.validation.request"

    # Chats first: what comes next closes activities, and a deletion forgets everything that was read.

    def _on_submitted(self, comment=None):
        self.move_id._tell_channels(self.env._("Submitted for validation:"))
        return super()._on_submitted(comment)

    def _on_approved(self):
        self.move_id._tell_channels(self.env._("The validation is complete:"))
        return super()._on_approved()

    def _on_returned(self):
        self.move_id._tell_channels(self.env._("Returned, to be corrected:"))
        return super()._on_returned()

    def _on_rejected(self):
        self.move_id._tell_channels(self.env._("Rejected for good:"))
        return super()._on_rejected()


class AccountInvoiceQuestion(models.Model):
    _inherit = "account.invoice.question"

    def _on_asked(self, attachment_ids=None):
        result = super()._on_asked(attachment_ids)
        self.sudo().move_id._tell_channels(self.env._("A question was asked:"))
        return result


class DiscussChannelMember(models.Model):
    """Members of the chat of a department follow its roles: nobody is invited past them."""

    _inherit = "discuss.channel.member"

    @api.model_create_multi
    def create(self, vals_list):
        members = super().create(vals_list)
        found = self.env["hr.department"].sudo().with_context(active_test=False)
        for department in found.search([("channel_id", "in", members.channel_id.ids)]):
            added = members.sudo().filtered(lambda member, channel=department.channel_id: member.channel_id == channel)
            if not department.has_channel or added.partner_id - department.reader_ids.partner_id or added.guest_id:
                raise AccessError(
                    self.env._(
                        "The chat of %s is for those who read its invoices: give a role in the department instead.",
                        department.name,
                    )
                )
        return members
