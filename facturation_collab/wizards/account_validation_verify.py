from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..calls import check_call

AT_ONCE = 2000
"""Up to so many requests and seals the person waits for the answer; more are verified in the background."""
SHOWN = 200
FOUND = frozenset({"position", "breaks", "break_count", "request_count", "seal_count", "unsealed_count", "total"})
"""Fields that a client never writes: what they hold is worded with the names of records, elevated."""


class AccountValidationVerifyWizard(models.TransientModel):
    """Asks for a verification and shows what does not fit, the first broken link first."""

    _name = "account.validation.verify.wizard"
    _inherit = "account.validation.scope"
    _description = "Verify validations"

    state = fields.Selection(
        [("draft", "To start"), ("running", "Running"), ("done", "Done")], default="draft", readonly=True
    )
    position = fields.Json(readonly=True)
    breaks = fields.Json(readonly=True)
    total = fields.Integer(readonly=True)
    request_count = fields.Integer(string="Validations verified", readonly=True)
    seal_count = fields.Integer(string="Seals verified", readonly=True)
    unsealed_count = fields.Integer(
        string="Not sealed yet", readonly=True, help="Validations with an event that the next seal will cover."
    )
    break_count = fields.Integer(string="Broken links", readonly=True)
    progress = fields.Integer(string="Progress (%)", compute="_compute_progress")
    report = fields.Html(compute="_compute_report", sanitize=False)

    @api.depends("total", "request_count", "seal_count", "state")
    def _compute_progress(self):
        for wizard in self:
            done = wizard.request_count + wizard.seal_count
            wizard.progress = 100 if wizard.state == "done" else min(99, done * 100 // max(1, wizard.total))

    @api.depends("breaks", "state")
    def _compute_report(self):
        """Word what was found, and nothing that a client put into the form: sentences name records, elevated."""
        wording = self.env["account.validation.wording"]
        for wizard in self:
            sentences = [wording._describe_break(values) for values in wizard._origin.breaks or []]
            items = Markup().join(Markup("<li>%s</li>") % sentence for sentence in sentences)
            wizard.report = Markup("<ol>%s</ol>") % items if sentences else False

    @api.model_create_multi
    def create(self, vals_list):
        wizards = super().create(vals_list)
        if any(wizard[name] for wizard in wizards for name in FOUND):
            self._check_found(FOUND)
        return wizards

    def write(self, vals):
        self._check_found(vals)
        return super().write(vals)

    def _check_found(self, names):
        """:raises AccessError: when a client writes what only a verification finds"""
        if not self.env.su and not FOUND.isdisjoint(names):
            raise AccessError(self.env._("What a verification found cannot be entered: start one instead."))

    # Actions

    def action_verify(self):
        """Verify now, or in the background when it is much, and show the answer."""
        check_call(self, single=True)
        scope = self._get_scope()
        total = self.env["account.validation.verifier"]._count(scope)
        numbers = dict.fromkeys(("request_count", "seal_count", "unsealed_count", "break_count"), 0)
        self.sudo().write({"state": "running", "position": False, "breaks": [], "total": total, **numbers})
        if total > AT_ONCE:
            self.env.ref("facturation_collab.ir_cron_verify").sudo()._trigger()
        else:
            while self.state == "running":
                self._verify_batch()
        return self._reopen()

    def action_refresh(self):
        """Show how far a verification in the background has come."""
        check_call(self, single=True)
        return self._reopen()

    # Business

    def _verify_batch(self):
        """Verify the next batch and keep what was found. Asks again what its user may see, since time has passed."""
        verifier = self.env["account.validation.verifier"]
        breaks, position, counts = verifier._run(self._get_scope(), self.position or None)
        self.sudo().write(
            {
                "position": position or False,
                "state": "running" if position else "done",
                "breaks": [*(self.breaks or []), *map(self._without_content, breaks)][:SHOWN],
                "break_count": self.break_count + len(breaks),
                "request_count": self.request_count + counts.get("requests", 0),
                "seal_count": self.seal_count + counts.get("seals", 0),
                "unsealed_count": self.unsealed_count + counts.get("unsealed", 0),
            }
        )

    @api.model
    def _without_content(self, found):
        """Return a break as the dialog keeps it: without the amounts and texts of an invoice, which its reader may
        not be allowed to read.
        """
        return {name: value for name, value in found.items() if name != "values"}

    @api.model
    def _cron_verify(self):
        """Go on with the verifications under way, batch by batch, each as the user who asked for it."""
        cron = self.env["ir.cron"]
        running = self.sudo().search([("state", "=", "running")], order="id")
        cron._commit_progress(remaining=len(running))
        for wizard in running:
            while wizard.try_lock_for_update() and wizard.state == "running":
                try:
                    wizard.with_user(wizard.create_uid).sudo(False)._verify_batch()
                except (AccessError, UserError):  # its user has lost the right to ask
                    wizard.state = "draft"
                if not cron._commit_progress():
                    return
            if wizard.state == "done":
                wizard._tell()
            if not cron._commit_progress(1):
                return

    def _tell(self):
        """Tell the user of a verification in the background that it has ended."""
        user = self.create_uid
        env = self.with_context(lang=user.lang).env
        message = (
            env._("The verification has ended: %s broken links. Open it to read them.", self.break_count)
            if self.break_count
            else env._("The verification has ended: nothing was changed.")
        )
        user._bus_send(
            "simple_notification",
            {"type": "danger" if self.break_count else "success", "sticky": True, "message": message},
        )
