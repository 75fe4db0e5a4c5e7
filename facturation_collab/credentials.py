"""What a level asks of whoever approves as a proof of who they are. Plain values, as in `lifecycle`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

AUTHENTICATION: Mapping[str, Sequence[str]] = {
    "password": ("totp", "webauthn", "password"),
    "second_factor": ("totp", "webauthn"),
}
"""What a level may ask of whoever approves, weakest first, and the kinds of answers that satisfy it."""

AUTHENTICATION_METHOD = {"totp": "totp", "webauthn": "passkey", "password": "password"}
"""Kinds of answers, and the name under which an event records each."""


def strongest_authentication(asked: Iterable[str]) -> str:
    """Return what satisfies several levels at once.

    >>> strongest_authentication(["password", "second_factor", "password"])
    'second_factor'
    """
    return max(asked, key=list(AUTHENTICATION).index)


@dataclass(frozen=True)
class Proof:
    """That a user proved who they are, for one decision on the content that some steps ask about, and for no other.

    It lives as long as the call that verified the answer. A client can send numbers, texts, lists and mappings, never
    one of these.
    """

    user: int
    outcome: str
    answer: str
    steps: Mapping[int, str]

    @property
    def method(self) -> str:
        """The name under which events record it."""
        return AUTHENTICATION_METHOD[self.answer]

    def covers(self, user: int, outcome: str, authentication: str, step: int, content: str) -> bool:
        """Tell whether this proof satisfies what a step asks for the decision of a user on a content.

        >>> proof = Proof(7, "approve", "totp", {1: "abc"})
        >>> proof.covers(7, "approve", "second_factor", 1, "abc"), proof.covers(7, "approve", "second_factor", 2, "abc")
        (True, False)
        >>> Proof(7, "approve", "password", {1: "abc"}).covers(7, "approve", "second_factor", 1, "abc")
        False
        """
        mine = (self.user, self.outcome, self.steps.get(step)) == (user, outcome, content)
        return mine and self.answer in AUTHENTICATION[authentication]
