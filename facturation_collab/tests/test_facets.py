"""Rules of changes under way that need no database: facets, tolerance, and random runs of policies over invoices."""

import copy
import doctest
import json
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from .. import facets, lifecycle, seating

LINE = {"display_type": "product", "name": "A", "quantity": "1", "price_total": "10.00", "analytic_distribution": None}
FIELDS = {
    "partner_id": st.integers(1, 3),
    "partner_bank_number": st.sampled_from([None, "FR1", "FR2"]),
    "amount_total": st.sampled_from(["100.00", "103.00", "106.00", "400.00"]),
    "invoice_date": st.sampled_from([None, "2026-01-15"]),
    "ref": st.sampled_from([None, "A", "B"]),
    "currency_id": st.sampled_from([1, 1, 1, 2]),
    "lines": st.lists(
        st.builds(
            lambda name, quantity, price, analytic: {
                **LINE,
                "name": name,
                "quantity": quantity,
                "price_total": price,
                "analytic_distribution": analytic,
            },
            st.sampled_from("AB"),
            st.sampled_from("12"),
            st.sampled_from(["10.00", "20.00"]),
            st.sampled_from([None, {"1": 100}]),
        ),
        max_size=3,
    ),
    "entries": st.lists(
        st.tuples(st.sampled_from(["tax", "payment_term"]), st.integers(1, 2), st.sampled_from(["5.00", "9.00"])).map(
            list
        ),
        max_size=2,
    ),
    "instalments": st.none()
    | st.lists(
        st.tuples(st.sampled_from(["2026-02-01", "2026-03-01"]), st.sampled_from(["50.00", "53.00"])).map(list),
        max_size=2,
    ),
    "later_addon": st.none() | st.just("x"),
}
SNAPSHOTS = st.fixed_dictionaries(FIELDS)
USUAL = settings(max_examples=300, deadline=None, database=None, derandomize=True)


@tagged("post_install", "-at_install")
class TestFacets(BaseCase):
    def test_examples_of_the_documentation_hold(self):
        result = doctest.testmod(facets)
        self.assertGreater(result.attempted, 15)
        self.assertEqual(result.failed, 0)

    def test_a_difference_is_never_nobodys(self):
        @USUAL
        @given(before=SNAPSHOTS, after=SNAPSHOTS)
        def check(before, after):
            changed = facets.facets_changed(before, after)
            self.assertEqual(not changed, before == after)
            self.assertLessEqual(changed, {*facets.FACETS, facets.DOCUMENT})
            self.assertEqual(changed, facets.facets_changed(after, before))
            moved = facets.amount_moved(before, after, 100.0, 100.0)
            if changed <= {"bank", "analytic", "texts"}:
                self.assertEqual(moved, 0)
            if before["amount_total"] != after["amount_total"]:
                self.assertGreater(moved, 0)

        check()

    def test_one_changed_field_touches_its_own_facet(self):
        before = dict.fromkeys(facets.MOVE_FACETS) | {"lines": [LINE]}
        for name, facet in facets.MOVE_FACETS.items():
            self.assertEqual(facets.facets_changed(before, {**before, name: "9"}), {facet}, name)
        for name, facet in facets.LINE_FACETS.items():
            start, after = ({**before, "lines": [{**LINE, name: value}]} for value in (None, "7"))
            self.assertEqual(facets.facets_changed(start, after), {facet}, name)

    def test_what_nobody_named_concerns_everybody(self):
        for name in ("later_addon", "journal_id", "move_type", "version"):
            self.assertEqual(facets.facets_changed({name: 1}, {name: 2}), {facets.DOCUMENT}, name)
        changed = facets.facets_changed({"lines": [LINE]}, {"lines": [{**LINE, "later_addon": 1}]})
        self.assertEqual(changed, {facets.DOCUMENT})
        self.assertEqual(facets.facets_concerning(changed, (), tolerated=True), {facets.DOCUMENT})

    def test_lines_are_paired_whatever_their_order(self):
        other = {**LINE, "name": "B", "price_total": "5.00", "analytic_distribution": {"1": 100}}
        note = {"display_type": "line_note", "name": "Thanks"}
        lines = [LINE, other]
        for after, expected in (
            ([other, LINE], {"texts"}),
            ([LINE, other, note], {"texts"}),
            ([note, LINE, {**other, "name": "C"}], {"texts"}),
            ([other], {"lines", "amounts"}),
            ([LINE], {"lines", "amounts", "analytic"}),
            ([{**LINE, "quantity": "2"}, other], {"lines"}),
            ([{**LINE, "quantity": "2", "price_total": "20.00"}, other], {"lines", "amounts"}),
        ):
            self.assertEqual(facets.facets_changed({"lines": lines}, {"lines": after}), expected, after)

    def test_the_split_into_instalments_is_a_matter_of_dates(self):
        before = {
            "instalments": [["2026-02-01", "100.00"]],
            "entries": [["payment_term", 1, "-100.00"], ["tax", 2, "5.00"]],
        }
        after = {
            "instalments": [["2026-02-01", "50.00"], ["2026-03-01", "50.00"]],
            "entries": [["payment_term", 1, "-50.00"], ["payment_term", 1, "-50.00"], ["tax", 2, "5.00"]],
        }
        self.assertEqual(facets.facets_changed(before, after), {"dates"})
        taxes = {**before, "entries": [["payment_term", 1, "-100.00"], ["tax", 2, "6.00"]]}
        self.assertEqual(facets.facets_changed(before, taxes), {"amounts"})
        self.assertEqual(facets.amount_moved(before, taxes, 100.0, 100.0), 1)
        account = {**before, "entries": [["payment_term", 9, "-100.00"], ["tax", 2, "5.00"]]}
        self.assertEqual(facets.facets_changed(before, account), {"partner"})

    def test_amounts_are_compared_in_the_currency_of_the_company(self):
        before, after = ({"amount_total": total, "lines": []} for total in ("1000.00", "1100.00"))
        self.assertEqual(facets.amount_moved(before, after, 500.0, 550.0), 50)
        same = {"amount_total": "1000.00", "lines": []}
        self.assertEqual(facets.amount_moved(before, same, 500.0, 480.0), 20, "the rate moved")
        lines = [[{"price_total": price}, {"price_total": f"-{price}"}] for price in ("9.00", "4.00")]
        before, after = ({"amount_total": "0.00", "lines": own, "invoice_currency_rate": "2.000000"} for own in lines)
        self.assertEqual(facets.amount_moved(before, after, 0.0, 0.0), 5)

    def test_both_limits_of_a_tolerance_hold(self):
        for percent, amount, moved, expected in (
            (0, 0, 0, False),
            (5, 0, 50, True),
            (5, 0, 50.01, False),
            (0, 20, 20, True),
            (0, 20, 20.01, False),
            (5, 20, 30, False),
            (1, 20, 15, False),
            (5, 20, 20, True),
        ):
            found = facets.is_tolerated(Decimal(str(moved)), 1000.0, percent, amount)
            self.assertEqual(found, expected, (percent, amount, moved))


# Random runs


PEOPLE = "abcdef"
LEVELS = st.lists(
    st.fixed_dictionaries(
        {
            "sequence": st.sampled_from([10, 10, 20, 30]),
            "people": st.sets(st.sampled_from(PEOPLE), min_size=1, max_size=4),
            "quorum": st.sampled_from(["any", "any", "count", "all"]),
            "facets": st.sets(st.sampled_from(facets.FACETS)),
            "percent": st.sampled_from([0, 5, 10]),
            "above": st.sampled_from([0, 0, 0, 105]),
        }
    ),
    min_size=1,
    max_size=4,
)
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("approve"), st.integers(0, 5), st.none()),
        st.tuples(st.just("approve"), st.integers(0, 5), st.none()),
        st.tuples(st.just("approve"), st.integers(0, 5), st.none()),
        st.tuples(st.just("return"), st.integers(0, 5), st.none()),
        st.tuples(st.just("return_to"), st.integers(0, 5), st.integers(0, 3)),
        st.tuples(st.just("cancel"), st.none(), st.none()),
        st.tuples(st.just("edit"), st.just("ref"), st.sampled_from("AB")),
        st.tuples(st.just("edit"), st.just("partner_id"), st.integers(1, 2)),
        st.tuples(st.just("edit"), st.just("amount_total"), st.sampled_from(["100.00", "104.00", "108.00", "112.00"])),
        st.tuples(st.just("submit"), st.none(), st.none()),
        st.tuples(st.just("submit"), st.none(), st.none()),
    ),
    max_size=25,
)


class Run:
    """A policy over one invoice, played with the functions that the engine uses, and nothing of its own to decide."""

    def __init__(self, levels, distinct):
        self.levels, self.distinct = levels, distinct
        self.content = {"ref": "A", "partner_id": 1, "amount_total": "100.00", "lines": []}
        self.requests = []

    @property
    def request(self):
        return self.requests[-1] if self.requests else {"state": "none", "steps": []}

    def live(self):
        return [step for step in self.request["steps"] if step["state"] != "superseded"]

    def play(self, action, who, detail):
        """Do it where the rules allow it; tell whether they did."""
        if action == "edit":
            if self.request["state"] != "pending":
                self.content = {**self.content, who: detail}
            return True
        if action == "submit":
            return self.request["state"] != "pending" and self.submit()
        if self.request["state"] != "pending":
            return False
        if action == "cancel":
            self.close("cancelled")
            return True
        voices = [(step, who) for step in self.live() if step["state"] == "open" for who in sorted(self.actors(step))]
        return getattr(self, action)(*voices[who % len(voices)], detail)

    def amount(self):
        return float(self.content["amount_total"])

    def submit(self):
        if self.request["state"] == "approved" and self.request["content"] == self.content:
            return False
        levels = [level for level in self.levels if self.amount() >= level["above"]]
        required = [lifecycle.required_voices(level["quorum"], 2, len(level["people"])) for level in levels]
        plan = list(zip(required, (level["people"] for level in levels), strict=True))
        if not levels or any(count > len(people) for count, people in plan):
            return False
        if self.distinct and seating.unmet_level(plan) is not None:
            return False
        steps = [self.build(level, count) for level, count in zip(levels, required, strict=True)]
        standing = facets.standing_levels(
            [(step["required"], step["people"], step["given"]) for step in steps], self.distinct
        )
        for position in standing:
            steps[position] |= {"state": "approved", "voters": set(steps[position]["given"]), "carried": True}
        self.requests.append({"state": "pending", "steps": steps, "content": self.content})
        self.advance()
        return True

    def build(self, level, required):
        """A new step, with the voices that may stand."""
        origin, stands = None, False
        for step in self.live():
            if step["level"] is level:
                origin = step if step["state"] == "approved" and not step["carried"] else step["origin"]
                stands = step["state"] == "approved"
        given = set(origin["voters"]) if stands and not self.concerns(level, origin) else set()
        return {
            "level": level,
            "sequence": level["sequence"],
            "people": level["people"],
            "required": required,
            "state": "waiting",
            "voters": set(),
            "given": given,
            "carried": False,
            "origin": origin,
            "content": self.content,
        }

    def concerns(self, level, origin):
        before, after = origin["content"], self.content
        changed = facets.facets_changed(before, after)
        was = float(before["amount_total"])
        moved = facets.amount_moved(before, after, was, self.amount())
        return facets.facets_concerning(changed, level["facets"], facets.is_tolerated(moved, was, level["percent"], 0))

    def actors(self, step):
        free = step["people"] - step["voters"]
        if not self.distinct:
            return free
        free -= {voter for other in self.live() for voter in other["voters"]}
        return {person for person in free if self.is_feasible(step, person)} or free

    def is_feasible(self, step, person):
        used = {voter for other in self.live() for voter in other["voters"]} | {person}
        unfinished = [other for other in self.live() if other["state"] in lifecycle.UNFINISHED]
        return (
            seating.unmet_level(
                [
                    (max(0, other["required"] - len(other["voters"]) - (other is step)), other["people"] - used)
                    for other in unfinished
                ]
            )
            is None
        )

    def approve(self, step, who, _detail):
        step["voters"].add(who)
        if len(step["voters"]) >= step["required"]:
            self.move(step, "approved")
        self.advance()
        return True

    def return_to(self, step, _who, detail):
        steps = self.request["steps"]
        states = [(one["sequence"], one["state"]) for one in steps]
        targets = lifecycle.return_targets(states, steps.index(step))
        if not targets:
            return False
        for position in lifecycle.steps_to_reopen(states, targets[detail % len(targets)]):
            old = steps[position]
            origin = old if old["state"] == "approved" and not old["carried"] else old["origin"]
            fresh = {"state": "waiting", "voters": set(), "carried": False, "origin": origin}
            steps.append({**old, **fresh})
            self.move(old, "superseded")
        self.advance()
        return True

    def move(self, step, state):
        if not lifecycle.can_move(lifecycle.STEP_TRANSITIONS, step["state"], state):
            raise AssertionError((step["state"], state))
        step["state"] = state

    def advance(self):
        outcome = lifecycle.request_outcome([step["state"] for step in self.request["steps"]])
        if outcome != "pending":
            return self.close(outcome)
        states = [(step["sequence"], step["state"]) for step in self.request["steps"]]
        for position in lifecycle.steps_to_open(states):
            self.move(self.request["steps"][position], "open")
        return None

    def close(self, state):
        for step in self.request["steps"]:
            if step["state"] in lifecycle.UNFINISHED:
                self.move(step, "cancelled")
        self.request["state"] = state

    def dump(self):
        """The whole state as text, without the order of sets."""
        for request in self.requests:
            for number, step in enumerate(request["steps"]):
                step["number"] = number
        keys = ("sequence", "state", "required", "carried", "number")
        return json.dumps(
            [
                (
                    request["state"],
                    request["content"],
                    [
                        [*(step[key] for key in keys), sorted(step["voters"]), (step["origin"] or {}).get("number")]
                        for step in request["steps"]
                    ],
                )
                for request in self.requests
            ]
        )


def _return(run, step, _who, _detail):
    run.move(step, "returned")
    run.advance()
    return True


setattr(Run, "return", _return)


@tagged("post_install", "-at_install")
class TestRandomRuns(BaseCase):
    """Random policies, decisions, returns and edits: what must hold whatever happens."""

    def test_every_run_ends_with_one_outcome_for_each_step(self):
        self.carried = self.reopened = self.ended = 0

        @settings(max_examples=1000, deadline=None, database=None, derandomize=True)
        @given(levels=LEVELS, distinct=st.booleans(), actions=ACTIONS)
        def check(levels, distinct, actions):
            run = Run(levels, distinct)
            run.submit()
            for action in (("approve", 0, None), *actions):
                run.play(*action)
                self._check(run)
            self._finish(run)
            self._check(run)
            again = Run(copy.deepcopy(levels[:]), distinct)
            again.submit()
            for action in (("approve", 0, None), *actions):
                again.play(*action)
            self._finish(again)
            self.assertEqual(run.dump(), again.dump())

        check()
        # Runs in which nothing stands and nothing is reopened would prove nothing.
        counts = (self.carried, self.reopened, self.ended)
        self.assertGreater(min(counts), 100, counts)

    def _finish(self, run):
        """Whoever can approve does: the request ends, since no level is ever left without people."""
        left = 100
        while run.request["state"] == "pending":
            opened = [step for step in run.live() if step["state"] == "open"]
            left -= 1
            self.assertTrue(left and opened and all(run.actors(step) for step in opened), "the request is stuck")
            run.play("approve", 0, None)
        self.ended += bool(run.requests)

    def _check(self, run):
        for request in run.requests:
            live = [step for step in request["steps"] if step["state"] != "superseded"]
            self.assertEqual(len({id(step["level"]) for step in live}), len(live), "one step counts for each level")
            if request["state"] != "pending":
                self.assertFalse([step for step in request["steps"] if step["state"] in lifecycle.UNFINISHED])
            if request["state"] == "approved":
                self.assertEqual({step["state"] for step in live}, {"approved"})
            voices = [person for step in live for person in step["voters"]]
            self.assertTrue(not run.distinct or len(voices) == len(set(voices)), "somebody counts twice")
            for step in request["steps"]:
                self._check_step(step, request)
            opened = {step["sequence"] for step in live if step["state"] == "open"}
            self.assertLessEqual(len(opened), 1)
            self.reopened += any(step["state"] == "superseded" for step in request["steps"])

    def _check_step(self, step, request):
        self.assertLessEqual(step["voters"], step["people"])
        if step["state"] == "approved":
            self.assertGreaterEqual(len(step["voters"]), step["required"])
        if not step["carried"]:
            return
        self.carried += 1
        origin = step["origin"]
        self.assertFalse(origin["carried"])
        self.assertEqual(origin["voters"], step["voters"])
        was, now = (float(one["content"]["amount_total"]) for one in (origin, request))
        if "amounts" in step["level"]["facets"]:
            self.assertLessEqual(abs(now - was), was * step["level"]["percent"] / 100)
        if "partner" in step["level"]["facets"]:
            self.assertEqual(origin["content"]["partner_id"], request["content"]["partner_id"])
