from odoo import api, fields, models
from odoo.fields import Domain

SLICE = 200
"""Invoices that are brought in line in one transaction."""


class AccountValidationDelegation(models.Model):
    """Bringing the invoices under way in line when a delegation starts, ends or is revoked.

    Who may decide is computed at each decision, so that nobody decides a minute too early or too late. What is stored
    (whom an invoice waits for, activities, who may read it) follows here: at once for the first invoices, in the
    background for the others.
    """

    _inherit = "account.validation.delegation"

    def _start_following(self):
        """Bring the first invoices in line now; let the scheduled job do the rest, and come back when it is time."""
        self.ensure_one()
        if self._is_due():
            requests = self._get_concerned(0)
            requests._lock()
            requests._refresh_actors()
            if len(requests) < SLICE:
                self._set_applied()
            else:
                self._trigger(fields.Datetime.now())
        now = fields.Datetime.now()
        if not self.revoked_at and not self.is_proposed:
            for moment in (self.starts_at, self.ends_at):
                if moment and moment > now:
                    self._trigger(moment)

    @api.model
    def _trigger(self, moment):
        """Have the scheduled job run then; without it (somebody removed it), nothing is followed."""
        cron = self.env.ref("facturation_collab.ir_cron_follow_delegations", raise_if_not_found=False)
        if cron:
            cron.sudo()._trigger(at=moment)

    def _is_due(self):
        """Tell whether invoices under way do not know yet that this delegation runs, or that it ended."""
        self.ensure_one()
        return (self.state == "running") != self.is_applied

    @api.model
    def _get_due(self):
        """Return the delegations that started or ended since the invoices under way were brought in line."""
        running = Domain("state", "in", ("running",))
        return self.sudo().search(
            (Domain("is_applied", "=", False) & running) | (Domain("is_applied", "=", True) & ~running), order="id"
        )

    def _get_concerned(self, position):
        """Return the next requests under way that this delegation changes: those that wait for the person decided for
        when it runs, those that wait for the delegate when it does not.
        """
        self.ensure_one()
        waited_for = self.from_user_id if self.state == "running" else self.to_user_id
        domain = Domain("state", "=", "pending") & Domain("waiting_user_ids", "in", waited_for.ids)
        domain &= Domain("id", ">", position)
        return self.env["account.validation.request"].sudo().search(domain, order="id", limit=SLICE)

    def _set_applied(self):
        self._engine().write({"is_applied": self.state == "running"})

    @api.model
    def _cron_follow(self):
        """Bring invoices in line with the delegations that started or ended, and with the absences of people who have
        a deputy. Several nodes share it: each takes rows that nobody else has.
        """
        cron = self.env["ir.cron"]
        self._follow_absences()
        due = self._get_due()
        time_left = cron._commit_progress(remaining=len(due))
        for delegation in due:
            if not time_left:
                return
            time_left = delegation._follow_all()

    def _follow_all(self):
        """Bring all invoices that this delegation concerns in line, slice by slice.

        :returns: the time that is left to the job
        """
        cron = self.env["ir.cron"]
        position, complete, time_left = 0, True, 1.0
        while time_left and self.try_lock_for_update():
            self.invalidate_recordset()
            requests = self._get_concerned(position) if self._is_due() else self.env["account.validation.request"]
            if not requests:
                if complete and self._is_due():
                    self._set_applied()
                return cron._commit_progress(1)
            locked = requests._try_lock()
            locked._refresh_actors()
            complete = complete and locked == requests
            position = requests[-1].id
            time_left = cron._commit_progress()
        return time_left

    @api.model
    def _follow_absences(self):
        """Start and end the delegations of people who are away and have a deputy."""
        users = self.env["res.users"].sudo().search(Domain("validation_deputy_id", "!=", False))
        users._follow_absence()


class AccountValidationRequest(models.Model):
    _inherit = "account.validation.request"

    def _try_lock(self):
        """Lock those of these requests that nobody works on now, with their invoices, in the order of `_lock`."""
        moves = self.move_id.sudo().try_lock_for_update(allow_referencing=True)
        requests = self.filtered(lambda request: request.move_id in moves)
        requests._lock()
        return requests

    def _refresh_actors(self):
        """Store anew who can act on these requests under way, and give activities to them and to nobody else. The
        caller holds the locks.
        """
        pending = self.browse(self.ids).filtered(lambda request: request.state == "pending")
        if pending:
            # Read once for all of them who is the same person as whom.
            (pending.step_ids.approver_ids | pending.move_id._get_concerned_users())._get_persons()
            pending._refresh_waiting()
            pending._schedule_activities()
