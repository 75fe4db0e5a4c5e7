"""Random circuits played with the rules of `lifecycle` alone, no database: they end, and end rightly."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from .. import facets, fingerprints, lifecycle, seating

PEOPLE = "abcdefg"
LONGEST = 60
"""Calls until everybody who is asked approves: a circuit that had not ended by then would never end."""


class Circuit:
    """A request as plain values: levels with people, decided on by whoever a delegation or a place lets decide."""

    def __init__(self, random):
        self.distinct = random.random() < 0.5
        self.levels = [
            (random.choice((10, 20, 30)), random.randint(1, 2), frozenset(random.sample(PEOPLE, random.randint(1, 5))))
            for _level in range(random.randint(1, 4))
        ]
        self.levels.sort(key=lambda level: level[0])
        self.delegations, self.log = [], []
        self.start(())

    def is_plannable(self):
        """Whether submitting would accept this circuit."""
        levels = [(required, people) for _sequence, required, people in self.levels]
        alone = all(len(people) >= required for required, people in levels)
        return alone and (not self.distinct or seating.unmet_level(levels) is None)

    def start(self, standing):
        """Submit: approvals that stand are taken over, other steps wait."""
        before = getattr(self, "steps", [])
        self.steps = [
            {"level": number, "state": "waiting", "voters": set(), "places": set()}
            for number in range(len(self.levels))
        ]
        for number in standing:
            old = next(step for step in before if step["level"] == number and step["state"] == "approved")
            self.steps[number] |= {"state": "approved", "voters": set(old["voters"]), "places": set(old["places"])}
        self.advance()

    def advance(self):
        self.state = lifecycle.request_outcome([step["state"] for step in self.steps])
        if self.state == "pending":
            for position in lifecycle.steps_to_open(self.order()):
                self.move(self.steps[position], "open")
        else:
            for step in self.steps:
                if step["state"] in lifecycle.UNFINISHED:
                    self.move(step, "cancelled")

    def order(self):
        return [(self.levels[step["level"]][0], step["state"]) for step in self.steps]

    def move(self, step, state):
        assert lifecycle.can_move(lifecycle.STEP_TRANSITIONS, step["state"], state), (step, state)
        step["state"] = state

    def live(self):
        return [step for step in self.steps if step["state"] != "superseded"]

    def voices(self, step):
        """{who can approve this step now: in whose place}, as the engine has it."""
        if self.state != "pending" or step["state"] != "open":
            return {}
        people = self.levels[step["level"]][2] - step["places"]
        found = {person: person for person in people if self.may(step, person, person)}
        for giver, taker in self.delegations:
            own = taker in self.levels[step["level"]][2]
            if giver in people and not own and taker not in found and self.may(step, taker, giver):
                found[taker] = giver
        return found

    def may(self, step, person, place):
        used = {voter for other in self.live() for voter in other["voters"]}
        if person in step["voters"] or (self.distinct and person in used):
            return False
        return not self.distinct or seating.unmet_level(self.missing(step, person, place)) is None

    def missing(self, step, person, place):
        """The voices that are missing once a person has approved a step in somebody's place."""
        used = {voter for other in self.live() for voter in other["voters"]} | {person}
        levels = []
        for other in self.live():
            _sequence, required, people = self.levels[other["level"]]
            if other["state"] in ("waiting", "open"):
                left = required - len(other["voters"]) - (other is step)
                places = other["places"] | ({place} if other is step else set())
                levels.append((max(0, left), people - places - used))
        return levels

    def call(self, operation, choice):
        """Play one call, if somebody may; returns whether anything was done."""
        if operation == "delegate":
            giver, taker = choice.sample(PEOPLE, 2)
            if seating.closes_circle(self.delegations, giver, taker):
                return False
            self.delegations.append((giver, taker))
            return True
        if operation == "edit":
            return self.edit(choice)
        asked = [(step, *voice) for step in self.live() for voice in sorted(self.voices(step).items())]
        if not asked:
            return False
        step, person, place = choice.choice(asked)
        if operation == "approve":
            step["voters"].add(person)
            step["places"].add(place)
            if len(step["voters"]) >= self.levels[step["level"]][1]:
                self.move(step, "approved")
        elif operation == "return_to_level":
            return self.return_to(step, choice)
        else:
            self.move(step, lifecycle.OUTCOME_STATE[operation])
        self.advance()
        return True

    def return_to(self, step, choice):
        targets = lifecycle.return_targets(self.order(), self.steps.index(step))
        if not targets:
            return False
        for position in lifecycle.steps_to_reopen(self.order(), choice.choice(targets)):
            self.move(old := self.steps[position], "superseded")
            self.steps.append({"level": old["level"], "state": "waiting", "voters": set(), "places": set()})
        self.advance()
        return True

    def edit(self, choice):
        """Correct a returned invoice and submit it again: what the edit does not concern stands."""
        if self.state != "returned":
            return False
        concerned = {number for number in range(len(self.levels)) if choice.random() < 0.4}
        before = self.levels
        if choice.random() < 0.5:
            # Somebody left, somebody came.
            gone, new = choice.sample(PEOPLE, 2)
            self.levels = [
                (sequence, required, (people - {gone}) | ({new} if choice.random() < 0.5 else set()))
                for sequence, required, people in before
            ]
        if not self.is_plannable():
            self.levels = before
        given = {step["level"]: step for step in self.live() if step["state"] == "approved"}
        levels = [
            (required, people, given[number]["voters"] if number in given and number not in concerned else ())
            for number, (_sequence, required, people) in enumerate(self.levels)
        ]
        self.start(facets.standing_levels(levels, self.distinct))
        return True

    def picture(self):
        return fingerprints.canonical(
            {
                "state": self.state,
                "steps": [
                    {**step, "voters": sorted(step["voters"]), "places": sorted(step["places"])} for step in self.steps
                ],
            }
        )


@tagged("post_install", "-at_install")
class TestLifecycleProperties(BaseCase):
    OPERATIONS = ("approve",) * 6 + (
        "return",
        "reject",
        "return_to_level",
        "return_to_level",
        "delegate",
        "edit",
        "edit",
    )

    @settings(max_examples=600, deadline=None, database=None, derandomize=True)
    @given(seed=st.integers(0, 2**32))
    def test_every_circuit_ends_and_the_same_history_gives_the_same_state(self, seed):
        circuit = Circuit(Random(seed))
        if not circuit.is_plannable():
            return
        script = [(Random(f"{seed}/{n}").choice(self.OPERATIONS), f"{seed}/{n}/x") for n in range(14)]
        pictures = [self._play(Circuit(Random(seed)), script) for _again in range(2)]
        self.assertEqual(pictures[0], pictures[1])

    def _play(self, circuit, script):
        pictures = []
        for operation, key in script:
            circuit.call(operation, Random(key))
            self._check(circuit)
            pictures.append(circuit.picture())
        # From here on everybody who may approve does, and what comes back is submitted again.
        for turn in range(LONGEST):
            if circuit.state in ("approved", "rejected"):
                break
            operation = "edit" if circuit.state == "returned" else "approve"
            self.assertTrue(circuit.call(operation, Random(turn)), ("nobody can act", circuit.picture()))
            self._check(circuit)
        self.assertIn(circuit.state, ("approved", "rejected"))
        return [*pictures, circuit.picture()]

    def _check(self, circuit):
        voters = [voter for step in circuit.live() for voter in step["voters"]]
        if circuit.distinct:
            self.assertEqual(len(voters), len(set(voters)), circuit.picture())
        for step in circuit.steps:
            required, people = circuit.levels[step["level"]][1:]
            self.assertLessEqual(step["places"], people)
            self.assertEqual(len(step["places"]), len(step["voters"]))
            if step["state"] == "approved":
                self.assertGreaterEqual(len(step["voters"]), required)
            if step["state"] == "open":
                self._check_turn(circuit, step)
        states = [step["state"] for step in circuit.live()]
        self.assertEqual(circuit.state == "pending", "open" in states, circuit.picture())
        if circuit.state != "pending":
            self.assertFalse({"waiting", "open"} & set(states), circuit.picture())
        if circuit.state == "approved":
            self.assertEqual(set(states), {"approved"})
        else:
            self.assertEqual(circuit.state == "pending", not {"returned", "rejected"} & set(states))

    def _check_turn(self, circuit, step):
        """Whatever comes before an open step has approved, and what is asked at the same time is not waiting."""
        turn = circuit.levels[step["level"]][0]
        for other in circuit.live():
            sequence = circuit.levels[other["level"]][0]
            if sequence < turn:
                self.assertEqual(other["state"], "approved", circuit.picture())
            if sequence == turn:
                self.assertNotEqual(other["state"], "waiting", circuit.picture())
