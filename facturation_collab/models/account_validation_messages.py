import functools
from collections import defaultdict

from markupsafe import Markup

from odoo import fields, models
from odoo.tools import format_list, frozendict

ASKED = "facturation_collab.mt_validation_asked"
OUTCOME = "facturation_collab.mt_validation_outcome"
"""Subtypes of the messages of a validation, which go to colleagues only."""
TO_VALIDATE = "facturation_collab.mail_activity_type_validate"
TO_CORRECT = "facturation_collab.mail_activity_type_correct"


class AccountValidationRequest(models.Model):
    """What people hear of a request: chatter of the invoice, activities of those who can act, outcome for followers."""

    _inherit = "account.validation.request"

    # Hooks; an addon extends them with `super()`

    def _on_submitted(self, comment=None):
        """Called once for new requests, before their first steps open."""
        self._close_activities()
        self._log(
            lambda request: self.env._(
                "Submitted for validation under the policy “%s”.", request.match_reason["policy"]
            ),
            comment,
        )

    def _on_opened(self, steps):
        """Called when steps of these requests have opened."""
        opened = steps.grouped("request_id")
        # Listing names takes time, and a batch waits for few different people.
        describe = functools.cache(self._describe_waiting)
        self._log(lambda request: request._describe_opened(opened[request], describe))
        self._notify_actors()

    def _on_decided(self, steps, outcome, comment):
        """Called with the steps on which the present user just decided, before the requests advance.

        The reason of a refusal goes with the outcome that it brings, to the people who have to know it.
        """
        texts = {step.request_id: step._describe_decided(outcome) for step in steps}
        self._log(texts.get, comment if outcome == "approve" else None)

    # Activities are closed last: a deletion forgets everything that was read.

    def _on_approved(self):
        """Called when the last level has approved these requests."""
        self._post_outcome(
            lambda env, _name: env._("The validation is complete: the invoice can be posted."), kind="approved"
        )
        self._close_activities()

    def _on_returned(self):
        """Called when these requests were returned: their submitters are asked to correct the invoices."""
        self._post_outcome(
            lambda env, name: env._("The invoice was returned to %s, to be corrected and submitted again.", name),
            kind="returned",
        )
        self._close_activities()
        self._create_activities(
            TO_CORRECT,
            [(request, request.submitter_id) for request in self],
        )

    def _on_rejected(self):
        """Called when these requests were rejected: the invoices can no longer be submitted nor posted."""
        self._post_outcome(
            lambda env, _name: env._("The invoice was rejected: it cannot be posted. Cancel it, or enter a new one."),
            kind="rejected",
        )
        self._close_activities()

    def _on_cancelled(self, comment=None):
        """Called when these requests were cancelled."""
        self._log(lambda request: self.env._("The validation was cancelled."), comment)
        self._close_activities()

    # Chatter

    def _describe_opened(self, steps, describe):
        """Return whom the steps of this request that have just opened wait for.

        :param describe: `_describe_waiting`
        """
        self.ensure_one()
        # Where no other step is open, the request has just stored the answer.
        is_alone = len([step for step in self.step_ids if step.state == "open"]) == 1
        return " ".join(
            describe(self.waiting_user_ids if is_alone else step._get_actors(), step.name) for step in steps
        )

    def _describe_waiting(self, users, level):
        """Return the sentence that says for whom a level waits."""
        people = format_list(self.env, users.mapped("name"), "or")
        return self.env._("Waiting for %(people)s (level “%(level)s”).", people=people, level=level)

    def _post_outcome(self, sentence, kind=None):
        """Tell the submitter and the followers of the invoices, inside the company, how the validation ended, and why.

        For several invoices each person hears of all of theirs in one message, in their language.

        :param sentence: function of an environment and of the name of who submitted, that returns the text
        :param kind: what may wait for a reader's one message a day: approved, returned, rejected
        """
        readers = self._get_outcome_readers()
        told = self._split_readers(readers, kind)
        bodies = {}
        for request in self.sudo():
            text = sentence(self.env, request.submitter_id.name)
            bodies[request.move_id.id] = Markup("<p>%s</p>%s") % (text, self._quote(request._get_refusal_comment()))
        if len(self) == 1:
            self._write_notes()
            # Followers hear of it natively, unless one of them hears of it later: then those who do not are named.
            named = (self.submitter_id - self.env.user) if told == readers else self.env["res.users"].union(*told)
            self.move_id.sudo().message_post(
                body=bodies[self.move_id.id],
                author_id=self.env.user.partner_id.id,
                subtype_xmlid=OUTCOME,
                partner_ids=named.sudo().partner_id.ids,
                notify_skip_followers=told != readers,
            )
        else:
            self._note(bodies)
            self._notify_each(told, lambda env: sentence(env, env._("their submitters")))

    def _get_outcome_readers(self):
        """Return {res.users: requests}: those who submitted the invoices or follow their outcome, without the
        present user.
        """
        readers = defaultdict(self.browse)
        for request in self:
            readers[request.submitter_id] |= request
        by_move = {request.move_id.id: request for request in self}
        followers = (
            self.env["mail.followers"]
            .sudo()
            .search(
                [
                    ("res_model", "=", "account.move"),
                    ("res_id", "in", list(by_move)),
                    ("subtype_ids", "in", self._get_ids(OUTCOME)),
                ],
            )
        )
        for follower in followers:
            for user in follower.partner_id.user_ids.filtered(lambda user: user.active and not user.share):
                readers[user] |= by_move[follower.res_id]
        readers.pop(self.env.user, None)
        return readers

    def _get_refusal_comment(self):
        """Return what the person who returned or rejected the invoice wrote, or an empty text."""
        self.ensure_one()
        if self.state == "approved":
            return ""
        return self.event_ids.filtered(lambda event: event.type in ("returned", "rejected"))[-1:].comment or ""

    # Activities

    def _schedule_activities(self):
        """Give each person who can act now one activity on the invoice, due when they must have decided, and nobody
        else.
        """
        existing = self._get_activities()
        taken = {(activity.res_id, activity.user_id): activity for activity in existing}
        wanted = {
            (request.move_id.id, user): request
            for request in self
            for user in request.waiting_user_ids - request._get_confined()
        }
        missing = [(wanted[key], key[1]) for key in wanted if key not in taken]
        kept = existing.filtered(lambda activity: (activity.res_id, activity.user_id) in wanted)
        passed = self._pass_on_activities(existing - kept, missing)
        self._create_activities(TO_VALIDATE, [assignment for assignment in missing if assignment not in passed])
        for activity in kept:
            deadline = wanted[activity.res_id, activity.user_id].deadline
            if deadline and activity.date_deadline != deadline.date():
                activity.date_deadline = deadline.date()
        # The others last: a deletion forgets everything that was read.
        existing.browse(set(existing.ids) - set(kept.ids) - set(passed.values())).unlink()

    def _pass_on_activities(self, activities, assignments):
        """Give activities that somebody no longer needs to those who need one on the same invoice, in one write for
        all that become alike: natively that costs a fraction of a deletion and a creation. What somebody wrote on
        theirs or attached to it is not for others: such an activity is left to be deleted.

        :param assignments: (request, user) pairs
        :returns: {(request, user): id of the activity that is theirs now}
        """
        activity_type = self.env["mail.activity.type"].browse(self._get_ids(TO_VALIDATE))
        spare, passed, groups = defaultdict(list), {}, defaultdict(list)
        for activity in activities if assignments else ():
            if activity.activity_type_id == activity_type and not activity.note and not activity.attachment_ids:
                spare[activity.res_id].append(activity.id)
        for request, user in assignments:
            if ids := spare[request.move_id.id]:
                passed[request, user] = ids.pop(0)
                vals = request._prepare_activity_vals(activity_type, user)
                groups[frozendict(vals)].append(passed[request, user])
        for vals, ids in groups.items():
            activities.browse(ids).with_context(mail_activity_quick_update=True).write(dict(vals))
        return passed

    def _create_activities(self, type_xmlid, assignments):
        """Create activities for (request, user) pairs. Their e-mail is `_notify_actors`, one for a batch instead of
        one for each.
        """
        if not assignments:
            return
        activity_type = self.env["mail.activity.type"].browse(self._get_ids(type_xmlid))
        self.env["mail.activity"].sudo().with_context(
            mail_activity_quick_update=True, mail_create_nosubscribe=True
        ).create(
            [
                {
                    "res_model_id": self.env["ir.model"]._get_id("account.move"),
                    "res_id": request.move_id.id,
                    "activity_type_id": activity_type.id,
                    "automated": True,
                    # What Odoo would find out afterwards, with one more write.
                    "res_name": request.move_id.sudo().display_name,
                    "user_tz": user.sudo().tz,
                    **request._prepare_activity_vals(activity_type, user),
                }
                for request, user in assignments
            ],
        )

    def _prepare_activity_vals(self, activity_type, user):
        """Return what an activity of a user on the invoice of this request says, and by when."""
        return {
            "summary": self._get_activity_summary(activity_type, user),
            "user_id": user.id,
            "date_deadline": self.deadline.date() if self.deadline else fields.Date.context_today(self),
        }

    def _get_activity_summary(self, activity_type, user):
        """Return what an activity on the invoice of this request says, in the language of its user."""
        return activity_type.with_context(lang=user.lang).summary

    def _get_activities(self, user=None, types=(TO_VALIDATE, TO_CORRECT)):
        domain = [
            ("res_model", "=", "account.move"),
            ("res_id", "in", self.move_id.ids),
            ("activity_type_id", "in", self._get_ids(*types)),
        ]
        if user:
            domain.append(("user_id", "=", user.id))
        return self.env["mail.activity"].sudo().search(domain)

    def _close_activities(self, user=None):
        """Remove the activities of a user, or of everybody, that no longer apply. The chatter keeps what was
        decided.
        """
        self._get_activities(user).unlink()

    def _notify_actors(self):
        """Send one message to each person who can act now, however many invoices came to them at once."""
        waiting = defaultdict(self.browse)
        for request in self:
            for user in request.waiting_user_ids - self.env.user:
                waiting[user] |= request
        self._notify_each(waiting, kind="asked")

    def _notify_each(self, readers, sentence=None, kind=None, news=None):
        """Send each person one message with a link to every invoice that concerns them.

        :param readers: {res.users: requests}
        :param sentence: function of an environment that returns what happened to these invoices; by default, that they
            wait for the validation of that person
        :param kind: what may wait for a reader's one message a day or the end of their quiet hours: asked, reminded
        :param news: {res.users: {outcome: requests}} of readers who hear in the same message how others ended
        """
        readers = self._tell_confined(self._split_readers(readers, kind))
        facts = (
            {} if sentence else self.env["account.move"].union(*(r.move_id for r in readers.values()))._get_bank_facts()
        )
        mail_links = self._create_mail_links(readers)
        for user, requests in readers.items():
            moves = requests.move_id.with_context(lang=user.lang)
            env = moves.env
            warnings = moves._describe_bank_facts(facts, user)
            links = Markup("").join(
                Markup('<li><a href="%s">%s</a>%s</li>')
                % (
                    f"/odoo/account.move/{move.id}",
                    move._get_validation_title(),
                    _warn(warnings.get(move.id)),
                )
                for move in moves
            )
            subject = env._("Validation of %s invoices", len(moves))
            if not sentence and len(moves) > 1:
                subject = env._("%s invoices wait for your validation", len(moves))
            elif not sentence and moves:
                subject = env._("%s waits for your validation", moves._get_validation_title())
            body = Markup("")
            if moves:
                text = sentence(env) if sentence else env._("These invoices wait for your validation:")
                body = Markup("<p>%s</p><ul>%s</ul>") % (text, links)
            thread = moves.sudo() if len(moves) == 1 else self.env["mail.thread"].sudo()
            if ended := (news or {}).get(user):
                subject, body = requests._add_news(env, ended, subject, body)
                thread = self.env["mail.thread"].sudo()
            thread.with_context(**mail_links.get(user, {})).message_notify(
                partner_ids=user.partner_id.ids,
                author_id=self.env.user.partner_id.id,
                subject=subject,
                body=body,
                subtype_xmlid=ASKED,
            )

    def _get_ids(self, *xmlids):
        """Return the ids of records of this addon, without asking the database each time whether they exist."""
        get_id = self.env["ir.model.data"]._xmlid_to_res_id
        return [get_id(xmlid, raise_if_not_found=True) for xmlid in xmlids]


class AccountMove(models.Model):
    _inherit = "account.move"

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        """What people hear of a validation stays inside the company: no portal link.

        For that link Odoo natively writes a token on the invoice (with its lines) and one on its customer or vendor,
        whatever the message says.
        """
        subtype_id = msg_vals["subtype_id"] if msg_vals and "subtype_id" in msg_vals else message.subtype_id.id
        if subtype_id in self.env["account.validation.request"]._get_ids(ASKED, OUTCOME):
            return self.env["mail.thread"]._notify_get_recipients_groups(message, model_description, msg_vals=msg_vals)
        return super()._notify_get_recipients_groups(message, model_description, msg_vals=msg_vals)


def _warn(sentence):
    return Markup("<br/><strong>%s</strong>") % sentence if sentence else ""
