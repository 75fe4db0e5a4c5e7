"""Approval limits: up to which amount somebody may approve. Plain functions on plain values, as in `lifecycle`."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """An amount up to which somebody may approve: a person, or whoever has a role, in a department or anywhere, or
    belongs to a department. Companies are counted by their depth: 1 for the topmost.
    """

    amount: float
    user: int | None = None
    department: int | None = None
    role: str | None = None
    company: int = 1

    @property
    def precision(self) -> int:
        """How much a limit says about whom it is for: the more, the sooner it applies."""
        if self.user:
            return 3
        return (2 if self.role else 1) if self.department else 0

    def concerns(self, user: int, positions: Iterable[tuple[int, str | None]]) -> bool:
        """Tell whether a limit is for a user who has these positions: (department, role)."""
        if self.user:
            return self.user == user
        return any(
            self.department in (None, department) and self.role in (None, role) for department, role in positions
        )


def applicable_limit(limits: Iterable[Limit], user: int, positions: Collection[tuple[int, str | None]]) -> float | None:
    """Return the amount up to which a user may approve, or None when no limit is for them.

    The most precise limit applies: of the person, of a role in a department, of a department, of a role; then that of
    the company nearest to the invoice. Who has several positions has the largest of equally precise limits.

    >>> marketing = [(7, "manager")]
    >>> limits = [Limit(100, role="manager"), Limit(300, department=7), Limit(200, department=7, role="manager")]
    >>> applicable_limit(limits, 1, marketing), applicable_limit(limits, 1, [(8, "manager")])
    (200, 100)
    >>> applicable_limit([*limits, Limit(50, user=1)], 1, marketing), applicable_limit(limits, 1, [(8, "validator")])
    (50, None)
    >>> applicable_limit([Limit(100, role="manager"), Limit(20, role="manager", company=2)], 1, marketing)
    20
    """
    found = [limit for limit in limits if limit.concerns(user, positions)]
    if not found:
        return None
    nearest = max((limit.precision, limit.company) for limit in found)
    return max(limit.amount for limit in found if (limit.precision, limit.company) == nearest)
