import logging
from datetime import datetime, time

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

_logger = logging.getLogger(__name__)

MODES = [("propose", "Propose it"), ("apply", "Apply it")]
OPEN = ("proposed", "future", "running")
ABSENCE = ("out_of_office_from", "out_of_office_to", "validation_deputy_id", "validation_deputy_mode")


class ResCompany(models.Model):
    _inherit = "res.company"

    validation_deputy_mode = fields.Selection(
        MODES,
        string="Deputies during an absence",
        required=True,
        default="propose",
        help="What becomes of the deputy of somebody who is away. Propose it: the person confirms with one click. "
        "Apply it: the deputy decides as long as the person is away. Each person may choose otherwise.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    validation_deputy_mode = fields.Selection(related="company_id.validation_deputy_mode", readonly=False)


class ResUsers(models.Model):
    """Somebody who is away, as Odoo knows it (out of office, time off), and their deputy: a delegation by itself."""

    _inherit = "res.users"

    validation_deputy_id = fields.Many2one(
        "res.users",
        string="Deputy",
        domain="[('share', '=', False), ('id', '!=', id)]",
        ondelete="set null",
        help="Who decides on the invoices that wait for you while you are away.",
    )
    validation_deputy_mode = fields.Selection(
        MODES,
        string="When you are away",
        help="What becomes of your deputy while Odoo knows that you are away (out of office, time off). Empty: as the "
        "company says.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return [*super().SELF_READABLE_FIELDS, "validation_deputy_id", "validation_deputy_mode"]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return [*super().SELF_WRITEABLE_FIELDS, "validation_deputy_id", "validation_deputy_mode"]

    @api.constrains("validation_deputy_id")
    def _check_validation_deputy(self):
        for user in self.sudo().filtered("validation_deputy_id"):
            deputy = user.validation_deputy_id
            if user._get_same_persons(deputy) or not deputy._filter_validation_users():
                raise ValidationError(
                    self.env._(
                        "%(deputy)s cannot be the deputy of %(user)s: choose somebody else who has access to "
                        "collaborative invoicing or to accounting.",
                        deputy=deputy.name,
                        user=user.name,
                    )
                )

    def write(self, vals):
        result = super().write(vals)
        if not vals.keys().isdisjoint(ABSENCE):
            # Whoever may write this on a user says that they are away; the rest follows, whatever else they may do.
            self.sudo().filtered("validation_deputy_id")._follow_absence()
        return result

    def _follow_absence(self):
        """Start the delegations of those of these users who are away now, and end those of the others."""
        if not self:
            return
        away = self._get_absent()
        domain = Domain("from_user_id", "in", self.ids) & Domain("source", "=", "absence")
        delegations = self.env["account.validation.delegation"].sudo().search(domain)
        open_ones = delegations.filtered(lambda delegation: delegation.state in OPEN)
        open_ones.filtered(lambda delegation: not delegation._is_absence(away))._revoke()
        now = fields.Datetime.now()
        for user in self:
            if moment := [at for at in (user.out_of_office_from, user.out_of_office_to) if at and at > now]:
                delegations._trigger(min(moment))
            known = delegations.filtered(lambda delegation, user=user: delegation._is_known(user, away))
            if user in away and not known:
                user._start_absence()

    def _get_absent(self):
        """Return {user: since when} of those of these users who are away now: out of office, or on time off."""
        now = fields.Datetime.now()
        away = {user: user.out_of_office_from or now for user in self.filtered("is_out_of_office")}
        return self._get_time_off() | away

    def _get_time_off(self):
        """Return {user: since when} of those of these users who are on time off today, where that app is installed."""
        employees = self.sudo().employee_ids
        if "is_absent" not in employees._fields:
            return {}
        return {
            employee.user_id: datetime.combine(employee.leave_date_from or fields.Date.today(), time.min)
            for employee in employees.filtered("is_absent")
        }

    def _start_absence(self):
        """Have the deputy decide for this user who is away, or propose it, as they or their company chose."""
        self.ensure_one()
        delegations = self.env["account.validation.delegation"].sudo()
        today = delegations._get_today(self)
        moments = delegations._get_moments(self, today, None)
        if refusal := delegations._get_people_refusal(self, self.validation_deputy_id, moments["starts_at"], None):
            _logger.info("The deputy of %s does not decide: %s", self.login, refusal)
            return
        mode = self.validation_deputy_mode or self.company_id.validation_deputy_mode
        delegations._give(
            {
                "from_user_id": self.id,
                "to_user_id": self.validation_deputy_id.id,
                "date_from": today,
                "source": "absence",
                "is_proposed": mode == "propose",
                "reason": self.env._("Away"),
            }
        )


class AccountValidationDelegation(models.Model):
    _inherit = "account.validation.delegation"

    def _is_absence(self, away):
        """Tell whether the absence that this delegation follows goes on, with the same deputy."""
        return self.from_user_id in away and self.to_user_id == self.from_user_id.validation_deputy_id

    def _is_known(self, user, away):
        """Tell whether this delegation was made for the present absence of a user: revoked, it does not come back."""
        mine = self.from_user_id == user and self.to_user_id == user.validation_deputy_id
        return mine and user in away and (self.state in OPEN or self.create_date >= away[user])
