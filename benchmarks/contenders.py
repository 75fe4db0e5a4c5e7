"""Who is compared: one class for each, with what it does differently. Runs inside Odoo.

To compare another product, subclass `Contender`, add it to `CONTENDERS`, and name its module in compare.py.
"""

from contextlib import nullcontext
from itertools import count
from unittest.mock import patch


class Contender:
    """Plain Odoo. Methods receive invoices as the person who acts."""

    key = "plain"
    validates = False
    list_columns = ()
    """Fields that a list with approval columns shows beside the native ones."""

    tells_later = False
    """Whether a job tells people of a batch; then `tell` does what that job does."""

    def configure(self, env, people, ballast):
        """Set up two levels on vendor bills, manager and director; the bills of one vendor wait for somebody else.

        :param people: {"clerk", "manager", "director", "absent": res.users}
        :param ballast: the vendor whose bills wait for "absent"
        """

    def submit(self, moves):
        """Ask for the approval of drafts."""

    def approve(self, moves):
        """Approve, for the present user, in the best way that the product offers for that many."""

    def prepare_save(self, move, vals):
        """Return the values that the form sends to save these, as it was loaded before."""
        return vals

    def save(self, move, vals, specification):
        """Save a form."""
        move.web_save(vals, specification)

    def waiting_domain(self, user):
        """Return the domain of the filter that shows a user what waits for them."""

    def count_waiting(self, env):
        """Do what the product does on each page to show how many wait for the user."""


class WithoutPolicy(Contender):
    """The addon installed, with nothing configured."""

    key = "unconfigured"

    def prepare_save(self, move, vals):
        return {**vals, "expected_revision": move.content_revision}


class Ours(Contender):
    """The addon with a policy of two levels."""

    key = "ours"
    validates = True
    tells_later = True
    list_columns = (
        "department_id",
        "validation_state",
        "validation_waiting_user_ids",
        "validation_since",
        "validation_deadline",
    )

    def configure(self, env, people, ballast):
        levels = [self._level(10, people["manager"]), self._level(20, people["director"])]
        policies = env["account.validation.policy"]
        policies.create(
            {
                "name": "Ballast",
                "sequence": 1,
                "partner_ids": ballast.ids,
                "level_ids": [self._level(10, people["absent"])],
            }
        )
        policies.create({"name": "Bills", "sequence": 2, "amount_min": 100, "level_ids": levels})
        # Bills get a department below another one, as in a company that uses them.
        department = env["hr.department"].create({"name": "Marketing"})
        department = department.create({"name": "Events", "parent_id": department.id})
        env["account.journal"].search([("type", "=", "purchase")]).department_id = department

    def _level(self, sequence, user):
        vals = {"name": user.name, "sequence": sequence, "approver_type": "user", "user_ids": user.ids}
        return (0, 0, vals)

    def submit(self, moves):
        moves.action_submit()

    def approve(self, moves):
        moves.action_approve()

    def prepare_save(self, move, vals):
        return {**vals, "expected_revision": move.content_revision}

    def tell(self, env):
        env["account.validation.notice"]._cron_send()

    def waiting_domain(self, user):
        return [("validation_waiting_user_ids", "in", user.id)]

    def count_waiting(self, env):
        return env["account.move"].search_count(self.waiting_domain(env.user))


class Unchained(Ours):
    """The addon with the same policy, without a chain of events and without revisions: what these cost."""

    key = "unchained"

    def submit(self, moves):
        with self._without_chain(moves.env):
            super().submit(moves)

    def approve(self, moves):
        with self._without_chain(moves.env):
            super().approve(moves)

    def prepare_save(self, move, vals):
        return vals

    def save(self, move, vals, specification):
        with patch.object(type(move), "_raising_revision", nullcontext):
            super().save(move, vals, specification)

    def _without_chain(self, env):
        """Record events without looking for the one before and without a hash, numbered apart from their chain."""

        def append(events, entries):
            return events._engine().create([vals | {"sequence": next(_numbers)} for vals in entries])

        return patch.object(type(env["account.validation.event"]), "_append", append)


_numbers = count(1)


class Oca(Contender):
    """The peer: OCA tier validation, with two definitions. Nobody is told of anything: its notifications are off."""

    key = "oca"
    validates = True
    notifications = ()
    list_columns = ("validation_status", "can_review", "reviewer_ids", "next_review", "need_validation")

    def configure(self, env, people, ballast):
        env["tier.definition"].search([]).active = False
        bills = "[('move_type', '=', 'in_invoice'), ('partner_id', '%s', %d), ('amount_total', '>=', 100)]"
        for name, sequence, operator in (("manager", 30, "!="), ("director", 20, "!="), ("absent", 10, "=")):
            env["tier.definition"].create(
                {
                    "name": name,
                    "model_id": env["ir.model"]._get_id("account.move"),
                    "definition_domain": bills % (operator, ballast.id),
                    "review_type": "individual",
                    "reviewer_id": people[name].id,
                    "sequence": sequence,
                    "approve_sequence": True,
                    **dict.fromkeys(self.notifications, True),
                }
            )

    def submit(self, moves):
        moves.request_validation()

    def approve(self, moves):
        for move in moves:
            move.validate_tier()

    def waiting_domain(self, user):
        return [("reviewer_ids", "in", user.id), ("state", "not in", ["posted", "cancel"])]

    def count_waiting(self, env):
        return env["res.users"].review_user_count()


class OcaNotifying(Oca):
    """The peer, telling whose turn it is and what was decided, as the addon does."""

    key = "oca_notifying"
    notifications = ("notify_on_pending", "notify_on_accepted", "notify_on_rejected")


CONTENDERS = {contender.key: contender for contender in (Contender, WithoutPolicy, Ours, Unchained, Oca, OcaNotifying)}
