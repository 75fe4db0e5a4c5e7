import logging
from collections import defaultdict
from datetime import timedelta

from markupsafe import Markup
from psycopg2.errors import SerializationFailure

from odoo import api, fields, models

_logger = logging.getLogger(__name__)

BATCH = 50
"""People who are told in one transaction."""
ASKED = "facturation_collab.notices_asked"
"""Names the delays, in minutes, in which a transaction has already asked the job to run."""
OUTCOMES = ("approved", "returned", "rejected")
"""Kinds of notices that tell how a validation ended: the states of a request that has ended so."""


class AccountValidationNotice(models.Model):
    """What somebody hears later: with their one message a day or after their quiet hours, by their own choice, or in a
    moment, where it is about many invoices at once.
    """

    _name = "account.validation.notice"
    _inherit = "account.validation.record"
    _description = "Message held back"
    _order = "send_at, id"
    _rec_name = "request_id"
    _log_access = False

    user_id = fields.Many2one("res.users", required=True, readonly=True, index=True, ondelete="cascade")
    request_id = fields.Many2one(
        "account.validation.request", required=True, readonly=True, index=True, ondelete="cascade"
    )
    kind = fields.Selection(
        [
            ("asked", "Asked to validate"),
            ("reminded", "Reminded"),
            ("approved", "Approved"),
            ("returned", "Returned"),
            ("rejected", "Rejected"),
        ],
        required=True,
        readonly=True,
    )
    send_at = fields.Datetime(required=True, readonly=True, index=True)

    _once = models.Constraint("UNIQUE(user_id, request_id, kind)", "This message is already held back.")

    @api.model
    def _hold(self, kind, entries):
        """Keep messages for later, in one query; what is already kept stays as it is.

        :param entries: list of (user id, request id, moment)
        """
        if not entries:
            return
        user_ids, request_ids, moments = zip(*entries, strict=True)
        self.env.cr.execute(
            """INSERT INTO account_validation_notice (user_id, request_id, kind, send_at)
               SELECT user_id, request_id, %s, send_at
               FROM unnest(%s, %s, %s::timestamp[]) AS held (user_id, request_id, send_at)
               ON CONFLICT DO NOTHING""",
            [kind, list(user_ids), list(request_ids), list(moments)],
        )

    @api.model
    def _send_soon(self, minutes=0):
        """Have the scheduled job run in a moment, or in some minutes: once, however often a transaction asks."""
        cron = self.env.ref("facturation_collab.ir_cron_send_notices", raise_if_not_found=False)
        asked = self.env.cr.precommit.data.setdefault(ASKED, set())
        if cron and minutes not in asked:
            asked.add(minutes)
            cron.sudo()._trigger(fields.Datetime.now() + timedelta(minutes=minutes))

    @api.model
    def _cron_send(self):
        """Make the activities of many invoices, then send what was held back to those whose hour has come: one message
        for each, some people at a time, each slice committed. What no longer holds is dropped.
        """
        IrCron = self.env["ir.cron"]
        if not self.env["account.validation.request"].sudo()._assign_due():
            return
        due = self.sudo()._read_group([("send_at", "<=", fields.Datetime.now())], ["user_id"])
        users = self.env["res.users"].sudo().browse(user.id for [user] in due)
        time_left = IrCron._commit_progress(remaining=len(users))
        for start in range(0, len(users), BATCH):
            if not time_left:
                return
            self.sudo()._send(users[start : start + BATCH])
            time_left = IrCron._commit_progress(len(users[start : start + BATCH]))

    @api.model
    def _send(self, users):
        """Send to these users what was held back for them until now, and forget it.

        A user is locked first, so that two nodes make no two messages of it.
        """
        try:
            with self.env.cr.savepoint():
                mine = users.try_lock_for_update(allow_referencing=True)
                domain = [("user_id", "in", mine.ids), ("send_at", "<=", fields.Datetime.now())]
                notices = self.search(domain).try_lock_for_update()
                requests = self.env["account.validation.request"]
                readers, news = defaultdict(requests.browse), defaultdict(lambda: defaultdict(requests.browse))
                for notice in notices.filtered(lambda notice: notice._holds()):
                    if notice.kind in OUTCOMES:
                        news[notice.user_id][notice.kind] |= notice.request_id
                        readers[notice.user_id] |= requests
                    else:
                        readers[notice.user_id] |= notice.request_id
                notices._engine().unlink()
                requests._notify_each(readers, news=news)
        except SerializationFailure:
            _logger.info("What was held back for users %s is sent by somebody else.", users.ids)

    def _holds(self):
        """Tell whether this message still tells something: the invoice waits for its reader, or its validation ended
        so, was not started again, and the reader may read it.
        """
        self.ensure_one()
        request = self.request_id
        if self.kind not in OUTCOMES:
            return self.user_id in request.waiting_user_ids
        move = request.move_id
        is_last = request.state == self.kind and move.validation_request_id == request
        return is_last and move.with_user(self.user_id).has_access("read")


class AccountValidationRequest(models.Model):
    _inherit = "account.validation.request"

    def _add_news(self, env, ended, subject, body):
        """Return the subject and the body of a message about what waits (these requests), with how others ended.

        :param ended: {outcome: requests}
        """
        sentences = {
            "approved": env._("The validation of these invoices is complete:"),
            "returned": env._("These invoices were returned, to be corrected:"),
            "rejected": env._("These invoices were rejected for good:"),
        }
        count = sum(map(len, ended.values()))
        for outcome in filter(ended.get, OUTCOMES):
            items = Markup("").join(request._get_news_item(env) for request in ended[outcome])
            body += Markup("<p>%s</p><ul>%s</ul>") % (sentences[outcome], items)
        if self:
            return env._("%(waiting)s invoices to decide, %(ended)s decided", waiting=len(self), ended=count), body
        if count == 1:
            [[request]] = ended.values()
            title = request.move_id.with_env(env)._get_validation_title()
            return env._("%s: how its validation ended", title), body
        return env._("How the validation of %s invoices ended", count), body

    def _get_news_item(self, env):
        """Return the line of a message that tells how this request ended: a link, and the reason of a refusal."""
        move = self.move_id.with_env(env)
        comment = self._get_refusal_comment()
        quote = Markup("<blockquote>%s</blockquote>") % comment if comment else ""
        link = f"/odoo/account.move/{move.id}"
        return Markup('<li><a href="%s">%s</a>%s</li>') % (link, move._get_validation_title(), quote)

    def _split_readers(self, readers, kind):
        """Return those of the readers who hear of these requests at once, and keep the message for the others.

        :param readers: {res.users: requests}
        :param kind: what they hear, as `account.validation.notice` names it; None for what does not wait
        """
        if not kind:
            return readers
        now = fields.Datetime.now()
        soon = {user: now for user, requests in readers.items() if requests._is_many()}
        moments = {user: user._get_held_until(now) or soon.get(user) for user in readers}
        entries = [
            (user.id, request.id, moments[user]) for user in readers if moments[user] for request in readers[user]
        ]
        self.env["account.validation.notice"]._hold(kind, entries)
        if now in moments.values():
            self.env["account.validation.notice"]._send_soon()
        return {user: requests for user, requests in readers.items() if not moments[user]}
