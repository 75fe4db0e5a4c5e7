import math

from odoo import api, fields, models
from odoo.tools import format_list

from ..limits import applicable_limit

CHAINS = ("submitter_chain", "department_chain")


class AccountValidationLevel(models.Model):
    """Levels that climb: from manager to manager, until somebody's approval limit covers the amount.

    A *rank* is what a chain passes: (name for people, res.users who stand there, their positions or None for all).
    """

    _inherit = "account.validation.level"

    approver_type = fields.Selection(
        selection_add=[
            ("submitter_chain", "Managers of whoever submits, up to the limit that covers"),
            ("department_chain", "Managers of the department and above, up to the limit that covers"),
        ],
        ondelete=dict.fromkeys(CHAINS, "cascade"),
    )

    # Who stands in a chain

    def _get_approvers_submitter_chain(self, moves):
        return self._get_people_of_ranks(self._get_submitter_ranks(moves))

    def _get_approvers_department_chain(self, moves):
        return self._get_people_of_ranks(self._get_department_ranks(moves))

    def _get_people_of_ranks(self, ranks):
        """Return {move id: res.users} of everybody in the chains: {move id: [rank]}."""
        users = self.env["res.users"]
        return {
            move_id: users.union(*(people for _name, people, _positions in chain)) for move_id, chain in ranks.items()
        }

    def _get_submitter_ranks(self, moves):
        """Return {move id: [rank]} of the managers of the present user, the nearest first; one query for each rank."""
        employees = self.env["hr.employee"].sudo().search([("user_id", "=", self.env.uid)], order="id")
        chains = {}
        for company in moves.company_id:
            here = employees.filtered(lambda employee, company=company: employee.company_id in company.parent_ids)
            nearest = here.sorted(lambda employee: -len(employee.company_id.parent_ids)) or employees
            chains[company] = nearest[:1]._get_managers_chain()
        return {move.id: chains[move.company_id] for move in moves}

    def _get_department_ranks(self, moves):
        """Return {move id: [rank]} of the departments of invoices and those above, with who is manager there today; two
        queries.
        """
        above = {department: department._get_ancestor_ids()[::-1] for department in moves.department_id}
        departments = self.env["hr.department"].sudo()
        holders = departments._get_role_holders({id_ for ids in above.values() for id_ in ids}) if above else {}
        nobody = self.env["res.users"]
        ranks = {
            id_: (departments.browse(id_).name, holders.get((id_, "manager"), nobody), {(id_, "manager")})
            for ids in above.values()
            for id_ in ids
        }
        return {move.id: [ranks[id_] for id_ in above.get(move.department_id, ())] for move in moves}

    # Who of them is asked

    def _get_choice_submitter_chain(self, moves):
        return self._get_climb(moves, self._get_submitter_ranks(moves))

    def _get_choice_department_chain(self, moves):
        return self._get_climb(moves, self._get_department_ranks(moves))

    def _get_climb(self, moves, ranks):
        """Return the choice (see `_get_choice`) of the first ranks whose approval limits cover the amount."""
        Limit = self.env["account.approval.limit"]
        limits = Limit._get_current_limits(moves.company_id)
        people = self.env["res.users"].union(*self._get_people_of_ranks(ranks).values())
        everywhere = Limit._get_positions(people)

        def get_limit(move, user, positions):
            return applicable_limit(limits[move.company_id], user.id, positions or everywhere[user.id])

        return lambda move, users: self._climb(move, users, ranks[move.id], get_limit)

    def _climb(self, move, users, ranks, get_limit):
        """Return those of these users whose limit covers an invoice, from the nearest rank on and no higher than the
        quorum needs, and the facts that say how far it went.
        """
        chosen, passed, limits = users.browse(), [], []
        for name, people, positions in ranks:
            if chosen and chosen._count_persons() >= self._get_least_voices():
                break
            found = {user: get_limit(move, user, positions) for user in people & users}
            able = [user for user, limit in found.items() if _covers(move, limit)]
            limits += [found[user] for user in able]
            chosen = chosen.union(*able)
            if not able:
                passed.append([_describe_rank(name, people, positions), _get_why_passed(people, found)])
        limit = min(limits, default=math.inf)
        return chosen, {"passed": passed, "limit": None if limit == math.inf else limit}

    # When nobody is

    def _get_lack_reason_submitter_chain(self, move, candidates, facts):
        if not self._get_submitter_ranks(move)[move.id]:
            return self.env._(
                "nobody is above %s among the employees: HR must link the user to an employee and give the employee a "
                "manager.",
                self.env.user.name,
            )
        return self._get_lack_reason_chain(move, facts)

    def _get_lack_reason_department_chain(self, move, candidates, facts):
        if not move.department_id:
            return self._get_lack_reason_role(move, candidates, facts)
        return self._get_lack_reason_chain(move, facts)

    def _get_lack_reason_chain(self, move, facts):
        """Return up to whom the climb went without finding a limit that covers the amount."""
        wording = self.env["account.validation.wording"]
        return self.env._(
            "it climbed past %(passed)s, and found no approval limit that covers %(amount)s: an administrator must "
            "give a higher limit, or name others.",
            passed=wording._describe_passed(facts.get("passed")) or self.env._("nobody"),
            amount=wording._describe_amount(abs(move.amount_total_signed), move.company_currency_id),
        )

    # Who may come to approve, whatever the invoice

    def _get_possible_approvers_submitter_chain(self):
        """Everybody who is somebody's manager."""
        domain = [("child_ids", "!=", False), ("company_id", "in", self._get_companies())]
        return self.env["hr.employee"].sudo().search(domain).user_id

    def _get_possible_approvers_department_chain(self):
        """The managers of the policy's departments, of those below and of those above."""
        domain = [("company_id", "in", self._get_companies())]
        if departments := self.policy_id.department_ids:
            domain = ["|", ("id", "child_of", departments.ids), ("id", "parent_of", departments.ids)]
        found = self.env["hr.department"].sudo().search(domain)
        return self.env["res.users"].union(
            *(users for (_id, role), users in found._get_role_holders(found.ids).items() if role == "manager")
        )


class HrEmployee(models.Model):
    _inherit = "hr.employee"

    def _get_managers_chain(self):
        """Return the ranks above one employee, or none, the nearest first; each person once, whatever the circles."""
        ranks, seen, manager = [], self, self.parent_id
        while manager and manager not in seen:
            ranks.append((manager.name, manager.user_id if manager.active else manager.user_id.browse(), None))
            seen |= manager
            manager = manager.parent_id
        return ranks


class AccountValidationWording(models.AbstractModel):
    _inherit = "account.validation.wording"

    @api.model
    def _describe_approvers_submitter_chain(self, values):
        return self.env._("the nearest manager of whoever submits, whose approval limit covers the amount")

    @api.model
    def _describe_approvers_department_chain(self, values):
        return self.env._("the nearest manager of the department or above, whose approval limit covers the amount")

    @api.model
    def _describe_why_submitter_chain(self, reason):
        return self.env._(
            "Manager of whoever submitted, %(limit)s, asked by the policy “%(policy)s”", **self._get_climb_names(reason)
        )

    @api.model
    def _describe_why_department_chain(self, reason):
        return self.env._(
            "Manager of %(department)s or above, %(limit)s, asked by the policy “%(policy)s”",
            department=reason["department"],
            **self._get_climb_names(reason),
        )

    @api.model
    def _get_climb_names(self, reason):
        """Return what the sentences about a climb name: the policy, and the limit that ended it."""
        limit = reason.get("limit")
        if limit:
            currency = self.env["res.currency"].browse(reason["currency"])
            text = self.env._("whose approval limit of %s covers the amount", self._describe_amount(limit, currency))
        else:
            text = self.env._("whose approval limit covers the amount")
        return {"policy": reason["policy"], "limit": text}

    @api.model
    def _get_reason_sentences(self, reason):
        passed = self._describe_passed(reason.get("passed"))
        return [*super()._get_reason_sentences(reason), passed and self.env._("Not asked: %s.", passed)]

    @api.model
    def _describe_passed(self, passed):
        """Return whom a climb passed, and why, as a part of a sentence: from [[name, why]]."""
        why = {
            "limit": self.env._("%s (limit too low)"),
            "unknown": self.env._("%s (no approval limit)"),
            "excluded": self.env._("%s (cannot decide on this invoice)"),
            "nobody": self.env._("%s (nobody to ask there)"),
        }
        return format_list(self.env, [why[reason] % name for name, reason in passed or ()])


def _covers(move, limit):
    """Tell whether a limit covers the total of an invoice, to the cent of the company's currency."""
    if limit in (None, math.inf):
        return limit is not None
    return move.company_currency_id.compare_amounts(limit, abs(move.amount_total_signed)) >= 0


def _describe_rank(name, people, positions):
    """Return what names a rank: the person, or the department with its managers."""
    return f"{name} ({', '.join(people.mapped('name'))})" if positions and people else name


def _get_why_passed(people, limits):
    """Return why a climb passed a rank, from who stands there and the limits of those of them who may decide."""
    if not people:
        return "nobody"
    if not limits:
        return "excluded"
    return "unknown" if set(limits.values()) == {None} else "limit"
