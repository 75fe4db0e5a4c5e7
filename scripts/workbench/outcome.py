"""What a check found, in a form that adds up."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Outcome:
    """Counts of one check, the failures as text, how long it took in seconds."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def require(self, condition: bool, failure: str) -> None:
        """Count one condition."""
        if condition:
            self.passed += 1
        else:
            self.fail(failure)

    def fail(self, failure: str) -> None:
        """Count one failure."""
        self.failed += 1
        self.failures.append(failure)

    def add_junit(self, path: Path) -> None:
        """Count what pytest reported."""
        if not path.exists():
            self.fail("pytest ended without a report.")
            return
        for case in ElementTree.parse(path).iter("testcase"):
            problem = next((child for child in case if child.tag in ("failure", "error")), None)
            if problem is not None:
                self.fail(
                    f"{case.get('classname')}.{case.get('name')}: {problem.get('message', '').splitlines()[0][:200]}"
                )
            elif case.find("skipped") is not None:
                self.skipped += 1
            else:
                self.passed += 1

    def summary(self) -> str:
        """One line for the progress report."""
        state = "FAILED" if self.failed else "ok"
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.name:<12} {state:<6} {self.passed} passed, {self.failed} failed{skipped} ({self.seconds:.1f} s)"


def closing_line(outcomes: list[Outcome]) -> str:
    """The line that ends a run, alone on its line."""
    passed, failed, skipped = (sum(getattr(one, key) for one in outcomes) for key in ("passed", "failed", "skipped"))
    return f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")
