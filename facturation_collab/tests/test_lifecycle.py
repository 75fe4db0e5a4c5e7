import doctest
import itertools

from odoo.tests import BaseCase, tagged

from .. import chains, comparison, credentials, fingerprints, intervals, lifecycle, limits, seating

EXAMPLES = {
    lifecycle: 14,
    seating: 9,
    credentials: 4,
    fingerprints: 4,
    comparison: 13,
    intervals: 2,
    chains: 5,
    limits: 3,
}
"""How many examples the documentation of each module has, at least."""


@tagged("post_install", "-at_install")
class TestLifecycle(BaseCase):
    def test_examples_of_the_documentation_hold(self):
        for module, examples in EXAMPLES.items():
            result = doctest.testmod(module)
            self.assertGreaterEqual(result.attempted, examples, module.__name__)
            self.assertEqual(result.failed, 0)

    def test_final_states_lead_nowhere(self):
        for transitions, others in (
            (lifecycle.STEP_TRANSITIONS, {"superseded"}),
            (lifecycle.REQUEST_TRANSITIONS, {"approved", "forced"}),
        ):
            finals = set().union(*transitions.values()) - set(transitions)
            self.assertEqual(finals, {"returned", "rejected", "cancelled"} | others)
            for old, new in itertools.product(finals, finals | set(transitions)):
                self.assertFalse(lifecycle.can_move(transitions, old, new))

    def test_every_outcome_is_a_state_of_an_open_step(self):
        for state in lifecycle.OUTCOME_STATE.values():
            self.assertTrue(lifecycle.can_move(lifecycle.STEP_TRANSITIONS, "open", state))
            self.assertFalse(lifecycle.can_move(lifecycle.STEP_TRANSITIONS, "waiting", state))

    def test_an_approval_is_superseded_and_nothing_else(self):
        self.assertEqual(lifecycle.STEP_TRANSITIONS["approved"], {"superseded"})
        self.assertEqual(lifecycle.UNFINISHED, {"waiting", "open"})

    def test_steps_open_in_order_whatever_the_order_of_the_list(self):
        self.assertEqual(lifecycle.steps_to_open([(20, "waiting"), (10, "waiting")]), [1])
        self.assertEqual(lifecycle.steps_to_open([(20, "waiting"), (10, "approved"), (20, "open")]), [0])
        self.assertEqual(lifecycle.steps_to_open([(10, "approved"), (20, "approved")]), [])
        self.assertEqual(lifecycle.steps_to_open([]), [])

    def test_nothing_opens_after_a_refusal(self):
        for refusal in ("returned", "rejected", "cancelled"):
            self.assertEqual(lifecycle.steps_to_open([(10, refusal), (20, "waiting")]), [])

    def test_at_least_one_voice_is_required(self):
        for quorum in ("any", "count", "all"):
            self.assertEqual(lifecycle.required_voices(quorum, 0, 0), 1)

    def test_a_rejection_counts_more_than_a_return(self):
        self.assertEqual(lifecycle.request_outcome(["returned", "rejected", "approved"]), "rejected")
        self.assertEqual(lifecycle.request_outcome(["approved", "waiting"]), "pending")
        self.assertEqual(lifecycle.request_outcome(["approved", "cancelled"]), "pending")

    def test_different_people_are_found_wherever_they_exist(self):
        """Against trying every choice of persons, on all small cases."""
        people = "abc"
        sets = ["".join(names) for size in range(4) for names in itertools.combinations(people, size)]
        for count in (1, 2, 3):
            for levels in itertools.product(itertools.product((0, 1, 2), sets), repeat=count):
                self.assertEqual(seating.unmet_level(levels) is None, _can_fill(levels, frozenset()), levels)
                self._check_assigned(levels)

    def _check_assigned(self, levels):
        """Everybody is assigned to one level that names them, and to each as many as it requires, if there are."""
        assigned = seating.assigned_persons(levels)
        everybody = [person for people in assigned for person in people]
        self.assertEqual(len(everybody), len(set(everybody)), levels)
        for (required, people), chosen in zip(levels, assigned, strict=True):
            self.assertLessEqual(set(chosen), set(people), levels)
            self.assertLessEqual(len(chosen), required, levels)
            if seating.unmet_level(levels) is None:
                self.assertEqual(len(chosen), required, levels)

    def test_canonical_text_tells_values_apart(self):
        values = [None, 0, "0", "", [], [0], {}, {"a": None}, False, "null", 0.5]
        texts = [fingerprints.canonical(value) for value in values]
        self.assertEqual(len(set(texts)), len(texts))
        with self.assertRaises(ValueError):
            fingerprints.canonical(float("nan"))

    def test_a_hash_depends_on_all_that_came_before(self):
        event = {"type": "approved", "comment": "ok"}
        first = chains.chained_hash("", event)
        self.assertNotEqual(chains.chained_hash(first, event), first)
        self.assertNotEqual(chains.chained_hash("", {**event, "comment": "ok "}), first)
        self.assertEqual(chains.chained_hash("", dict(reversed(event.items()))), first)


def _can_fill(levels, used):
    if not levels:
        return True
    (required, people), *rest = levels
    return any(
        _can_fill(rest, used | set(chosen)) for chosen in itertools.combinations(sorted(set(people) - used), required)
    )
