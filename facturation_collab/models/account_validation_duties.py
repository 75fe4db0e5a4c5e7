from odoo import fields, models

DUTIES = ("creator", "editor", "submitter")
"""What somebody may have done with an invoice that keeps them from approving it."""


class AccountValidationLevel(models.Model):
    """Separation of duties, by each level's choice. The policy switches all of it on or off."""

    _inherit = "account.validation.level"

    exclude_creator = fields.Boolean(
        "Not whoever entered it", default=True, help="Whoever entered the invoice does not approve at this level."
    )
    exclude_editor = fields.Boolean(
        "Not the last to change it",
        default=True,
        help="Whoever was the last to change the content of the invoice does not approve at this level.",
    )
    exclude_submitter = fields.Boolean(
        "Not whoever submitted it", default=True, help="Whoever submits the invoice does not approve at this level."
    )

    def _get_duties(self):
        """Return the names of what keeps somebody from approving at this level."""
        self.ensure_one()
        return [duty for duty in DUTIES if self[f"exclude_{duty}"]] if self.policy_id.separation_of_duties else []

    def _filter_duties(self, users, move):
        """Keep the users who did nothing with an invoice that keeps them, or another account of theirs, from approving
        it at this level, if the present user submits it now.
        """
        return users - users._get_same_persons(move._get_duty_holders(self._get_duties(), self.env.user))


class AccountValidationStep(models.Model):
    """The frozen choice of the level. Who was left out at submission stays so; who got concerned since is refused."""

    _inherit = "account.validation.step"

    duties = fields.Json(readonly=True, help="What keeps somebody from approving: creator, editor, submitter.")

    def _get_duty_refusal(self, user):
        """Return why what this user did with the invoice keeps them from approving this step, or an empty text."""
        self.ensure_one()
        move, submitter = self.move_id.sudo(), self.request_id.submitter_id
        # Nearly always nobody is concerned, and one question tells.
        if not user._get_same_persons(move._get_duty_holders(self.duties or (), submitter)):
            return ""
        for duty in self.duties:
            holder = user._get_same_persons(move._get_duty_holders([duty], submitter))
            if holder and duty == "editor":
                return self.env._("You were the last to change this invoice: somebody else must approve it.")
            if holder:
                return self.env._("You entered or submitted this invoice: somebody else must validate it.")
        return ""


class AccountMove(models.Model):
    _inherit = "account.move"

    def _get_concerned_users(self):
        """Return the users who did something with these invoices that may keep them from approving."""
        return self.create_uid | self.content_editor_id | self.validation_request_id.submitter_id

    def _get_duty_holders(self, duties, submitter):
        """Return the users who had the named duties with this invoice."""
        self.ensure_one()
        holders = {"creator": self.create_uid, "editor": self.content_editor_id, "submitter": submitter}
        return self.env["res.users"].union(*(holders[duty] for duty in duties))
