"""Odoo's own tests with the addon installed and nothing configured: nothing fails that does not fail without it.

Takes from ten minutes to half an hour, and is therefore no part of ``scripts/test``.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from . import templates
from .bench import Bench
from .console import Failure, say, step
from .layout import ADDON, CACHE, ROOT
from .process import run as run_process
from .process import tail
from .runs import Run
from .server import free_port

BASELINE = ROOT / "tests" / "native_baseline.txt"
MODULE = "account"
STARTED = re.compile(r" Starting \w+\.\w+ \.\.\.")
FAILED = re.compile(r" ERROR \S+ [\w.]+: (?:FAIL|ERROR): (.+)$")
HEADER = "# Tests of Odoo that fail without the addon too; made with `scripts/native-tests --without-addon`.\n"


def main() -> int:
    """The command ``scripts/native-tests``."""
    parser = argparse.ArgumentParser(
        prog="scripts/native-tests", description="Run Odoo's own accounting tests with the addon installed."
    )
    parser.add_argument(
        "--tags", default=f"/{MODULE}", help="which tests, as Odoo's --test-tags (default: %(default)s)"
    )
    parser.add_argument("--without-addon", action="store_true", help="run them without it, and rewrite the baseline")
    options = parser.parse_args()
    if options.without_addon and options.tags != f"/{MODULE}":
        raise Failure("The baseline is made of all tests: leave out --tags or --without-addon.")
    bench = Bench("run", "test")
    with Run(bench, "native") as run:
        own = templates.ensure(bench, demo=False)
        database = run.copy(templates.layers(bench, demo=False)[0].name if options.without_addon else own, "native")
        log = run.log("native")
        with step(f"Odoo's tests {options.tags}, {'without' if options.without_addon else 'with'} {ADDON}"):
            _run_odoo(bench, database, options.tags, log)
    started, failing = read(log.read_text(errors="replace"))
    if not started:
        raise Failure(f"No test was run, see {log}:\n{tail(log.read_text(errors='replace'))}")
    if options.without_addon:
        BASELINE.write_text(HEADER + "".join(f"{name}\n" for name in sorted(failing)), encoding="utf-8")
        say(f"{started} tests, {len(failing)} of them fail: written to {BASELINE.relative_to(ROOT)}.")
        return 0
    return _compare(started, failing, log)


def _run_odoo(bench: Bench, database: str, tags: str, log: Path) -> None:
    options = ["-d", database, "-u", MODULE, f"--test-tags={tags}", "--stop-after-init", "--max-cron-threads=0"]
    command = bench.odoo_command(*options, f"--http-port={free_port()}", f"--logfile={log}")
    # Its exit code says that something failed, which the baseline expects.
    run_process(command, env=bench.environment, check=False, cwd=CACHE)


def read(log: str) -> tuple[int, set[str]]:
    """Return how many tests a log of Odoo says were started, and the names of those that failed.

    >>> read(
    ...     "12:00 INFO db odoo.addons.account.tests.a: Starting TestA.test_b ...\\n"
    ...     "2026-01-01 12:00:00,000 1 ERROR db odoo.addons.account.tests.a: FAIL: TestA.test_b"
    ... )
    (1, {'TestA.test_b'})
    """
    lines = log.splitlines()
    failing = {match.group(1).strip() for line in lines if (match := FAILED.search(line))}
    return sum(bool(STARTED.search(line)) for line in lines), {name.partition(" (<subtest>")[0] for name in failing}


def _compare(started: int, failing: set[str], log: Path) -> int:
    lines = BASELINE.read_text(encoding="utf-8").splitlines()
    known = {line for line in lines if line and not line.startswith("#")}
    new = sorted(failing - known)
    for name in new:
        say(f"    fails with the addon only: {name}")
    say(
        f"{started} tests, {len(failing & known)} fail without the addon too, {len(new)} fail because of it; see {log}."
    )
    return 1 if new else 0
