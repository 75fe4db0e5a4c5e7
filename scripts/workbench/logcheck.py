"""Unexpected warnings and errors in a server's log fail the run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ (\w+) (\S+) ([\w.-]+): (.*)")
LEVELS = {"WARNING", "ERROR", "CRITICAL"}
# Each with the reason why it is not ours. Keep it short: what an addon logs is never allowed here.
ALLOWED = [
    # These run as root on a throwaway database.
    re.compile(r"Running as user 'root' is a security risk"),
    # Integrations still use it, so it is tested until Odoo removes it.
    re.compile(r"The /xmlrpc, /xmlrpc/2 and /jsonrpc endpoints are deprecated"),
    # Debian leaves this font format out.
    re.compile(r"odoo\.addons\.base\.models\.assetsbundle: .*\.(woff2?|ttf|eot)"),
]


@dataclass(frozen=True)
class Problem:
    """A line of a log that nobody expects, with what follows it."""

    level: str
    text: str


def problems(log: Path, expected: Iterable[str] = ()) -> list[Problem]:
    """What is unexpected in a log; ``expected`` are regular expressions of what a test provokes on purpose."""
    if not log.exists():
        return []
    allowed = [*ALLOWED, *map(re.compile, expected)]
    return list(_unexpected(log.read_text(errors="replace").splitlines(), allowed))


def _unexpected(lines: list[str], allowed: list[re.Pattern]) -> Iterator[Problem]:
    for index, line in enumerate(lines):
        match = LINE.match(line)
        if match and match.group(1) in LEVELS:
            message = f"{match.group(3)}: {match.group(4)}"
            if not any(pattern.search(message) for pattern in allowed):
                yield Problem(match.group(1), "\n".join([line, *_continuation(lines[index + 1 :])]))


def _continuation(lines: list[str], limit: int = 80) -> Iterator[str]:
    for line in lines[:limit]:
        if LINE.match(line):
            return
        yield line
