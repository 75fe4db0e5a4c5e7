from markupsafe import Markup

from odoo import Command, api, fields, models
from odoo.fields import Domain
from odoo.tools import format_list

from .account_validation_messages import ASKED


class AccountValidationStep(models.Model):
    """Who sees of an invoice nothing but their share."""

    _inherit = "account.validation.step"

    confined_user_ids = fields.Many2many(
        "res.users",
        "account_validation_step_confined_rel",
        string="See their share alone",
        readonly=True,
        ondelete="restrict",
        help="Asked about this share of an invoice that has lines of a confidential department, or belongs to one, "
        "where they have no role: they decide on their share, and do not see the invoice.",
    )
    share_title = fields.Char("Document", compute="_compute_share")
    share_names = fields.Char("For", compute="_compute_share")
    share_amount = fields.Char("Your part", compute="_compute_share")
    share_date = fields.Date("Invoice date", compute="_compute_share")
    share_why = fields.Char("Why you", compute="_compute_share")
    share_lines = fields.Html("Lines", compute="_compute_share", sanitize=False)
    share_can_decide = fields.Boolean(compute="_compute_share")

    @api.depends_context("uid", "lang")
    @api.depends("share", "state", "refused")
    def _compute_share(self):
        """What a step tells of its share, for whoever may read the step, with nothing of the rest of the invoice."""
        for step in self:
            own = step.sudo()
            share = own.share
            step.share_title = share and own._get_share_title()
            step.share_names = share and format_list(self.env, share["names"])
            step.share_amount = share and own._format_share(share["total"])
            step.share_date = share and own.move_id.invoice_date
            step.share_why = share and own._get_reason_text()
            step.share_lines = share and own._render_share_lines()
            step.share_can_decide = bool(share and own.state == "open" and own._can_decide(self.env.user, "return")[0])

    def _render_share_lines(self):
        """Return a table of the lines of the share and their amounts, and why lines were refused."""
        row = Markup('<tr><td class="ps-0">%s%s%s</td><td class="text-end text-nowrap pe-0">%s</td></tr>')
        small = Markup(' <span class="text-muted">%s</span>')
        refused = Markup('<div class="text-danger">%s</div>')
        rows = [
            row
            % (
                line["label"],
                small % line["percent"] if line["percent"] else "",
                refused % self.env._("Refused: %s", line["refused"]) if line["refused"] else "",
                line["amount"],
            )
            for line in self.move_id._get_panel_share(self)["lines"]
        ]
        return Markup('<table class="table table-sm"><tbody>%s</tbody></table>') % Markup("").join(rows)


class AccountValidationRequest(models.Model):
    """Lines of confidential departments are not shown to those whom other departments ask about their own lines.

    Whoever is *confined* takes no part in the invoice: record rules do not open it, nor its documents, messages and
    other steps. They read their own step, which holds their lines and amounts, and decide there.
    """

    _inherit = "account.validation.request"

    def _admit(self, steps, users):
        """Keep confined users from the invoice, and open their own step to them."""
        users = super()._admit(steps, users)
        shared = steps.filtered("share")
        if not shared:
            return users
        confined = self._find_confined(shared, users - (steps - shared).approver_ids)
        for step in shared:
            mine = confined & (step.approver_ids | step._get_actors())
            if missing := mine - step.confined_user_ids:
                step._engine().write({"confined_user_ids": [Command.link(user.id) for user in missing]})
        return users - confined

    def _find_confined(self, steps, users):
        """Return those of these users from whom some department of the invoice is kept, and who would read it for
        their share only.
        """
        concerned = self._get_closed_departments()
        if not concerned:
            return users.browse()
        readers = [department.reader_ids for department in concerned]
        strangers = users.filtered(lambda user: any(user not in found for found in readers))
        return (strangers - self.participant_ids - self.submitter_id).filtered(
            lambda user: (
                not self.move_id.with_user(user)
                .with_context(allowed_company_ids=user.company_ids.ids)
                .has_access("read")
            )
        )

    def _get_closed_departments(self):
        """Return, as sudo, the confidential departments that the submitted invoice and its lines belong to."""
        departments = self.env["hr.department"].sudo()
        closed = departments._get_confidential_ids()
        if not closed:
            return departments
        content = self._read_snapshot()
        ids = {content.get("department_id"), *(line.get("department_id") for line in content.get("lines") or [])}
        return departments.browse(closed & (ids | {self.move_id.department_id.id}))

    def _get_confined(self):
        """Return the users who see their shares of these requests alone."""
        users = self.step_ids.filtered("share").confined_user_ids
        return users - self.participant_ids if users else users

    def _tell_confined(self, readers):
        """Tell those who see their share alone that it waits for them, and return the other readers.

        :param readers: {res.users: requests}
        """
        others = {}
        for user, requests in readers.items():
            confined = requests.filtered(lambda request, user=user: user in request._get_confined())
            for request in confined:
                request._tell_share(user)
            # Whoever is a reader of no request hears of others in the same message.
            if requests - confined or not requests:
                others[user] = requests - confined
        return others

    def _tell_share(self, user):
        """Send somebody a message about the open steps of their share, which tells nothing of the rest."""
        steps = self.step_ids.filtered(lambda step: step.state == "open" and user in step.confined_user_ids)
        if not steps:
            return
        env = self.with_context(lang=user.sudo().lang).env
        items = Markup("").join(
            Markup('<li><a href="/odoo/action-facturation_collab.account_validation_share_action/%s">%s</a>: %s</li>')
            % (step.id, step._get_share_title(), step._format_share(step.share["total"]))
            for step in steps.with_env(env).sudo()
        )
        self.env["mail.thread"].sudo().message_notify(
            partner_ids=user.sudo().partner_id.ids,
            author_id=self.env.user.partner_id.id,
            subject=env._("Your share of an invoice waits for your validation"),
            body=Markup("<p>%s</p><ul>%s</ul>")
            % (env._("You are asked about these shares, for %s:", format_list(env, steps[0].share["names"])), items),
            subtype_xmlid=ASKED,
        )


class ResUsers(models.Model):
    _inherit = "res.users"

    def _get_confidential_step_domain(self):
        """Domain of the steps that secrecy lets this user see: as their invoice, and those of their own shares."""
        domain = self._get_confidential_domain("request_id.move_id", reading=True)
        return domain if domain.is_true() else domain | Domain("confined_user_ids", "in", self.ids)
