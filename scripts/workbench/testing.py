"""The command ``scripts/test``: sets everything up, runs every check, ends with one line of counts."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from . import lint, system, templates, venv
from .bench import Bench
from .console import Failure, say, step
from .matching import suites_with
from .outcome import Outcome, closing_line
from .process import guard
from .runs import Run
from .suites import SUITES, Selection, named, require_clean

LANES = 2
NEEDS_BROWSER = {"browser", "hoot", "demo", "blackbox", "all"}


def arguments() -> argparse.Namespace:
    """The options of the command."""
    parser = argparse.ArgumentParser(prog="scripts/test", description="Set everything up and run every check.")
    parser.add_argument("-k", metavar="NAME", default="", help="only the tests of that name, as pytest's -k")
    parser.add_argument("--orm", action="store_true", help="only the tests that need no browser and no server")
    parser.add_argument("--lint", action="store_true", help="only the linters")
    names = ", ".join(["lint", *SUITES])
    parser.add_argument("--only", metavar="SUITES", help=f"a comma separated list of: {names}")
    parser.add_argument("--skip", metavar="SUITES", default="", help="suites to leave out")
    options = parser.parse_args()
    unknown = {*(options.only or "").split(","), *options.skip.split(",")} - {"", "lint", *SUITES}
    if unknown:
        parser.error(f"there is no suite {', '.join(sorted(unknown))}; there are {names}")
    return options


def chosen(options: argparse.Namespace) -> list[str]:
    """The suites to run, in the order that keeps both lanes busy."""
    if options.only:
        wanted = set(options.only.split(","))
    elif options.lint:
        wanted = {"lint"}
    elif options.orm:
        wanted = {"orm"}
    elif options.k:
        wanted = suites_with(options.k)
    else:
        wanted = {"lint", *SUITES}
    wanted -= set(options.skip.split(","))
    return [name for name in ["lint", *SUITES, "all"] if name in wanted]


def main() -> int:
    """Run the checks that the options choose; 0 when all passed."""
    options = arguments()
    start = time.monotonic()
    guard()
    names = chosen(options)
    outcomes = _run(names, Selection(options.k))
    for outcome in outcomes:
        for failure in outcome.failures:
            say(f"\n--- {outcome.name} ---\n{failure}")
    if not any(outcome.passed + outcome.failed for outcome in outcomes):
        outcomes.append(Outcome("none", failed=1))
        say("No test was found: check the name given with -k." if options.k else "No test was found.")
    say(f"\nTook {time.monotonic() - start:.0f} s.")
    say(closing_line(outcomes))
    return 1 if any(outcome.failed for outcome in outcomes) else 0


def _run(names: list[str], selection: Selection) -> list[Outcome]:
    if names == ["lint"]:
        return [_timed("lint", lambda: lint.check(venv.ensure("lint")))]
    if NEEDS_BROWSER & set(names):
        system.chromium()
    if not selection.keyword:
        system.wkhtmltopdf()
    bench = Bench(*(["run", "test", "lint"] if "lint" in names else ["run", "test"]))
    with Run(bench, "test") as run, ThreadPoolExecutor(LANES) as lanes:
        futures = []
        if "lint" in names:
            futures.append(lanes.submit(_timed, "lint", lambda: lint.check(bench.python)))
        ready = _timed("setup", lambda: _set_up(bench))
        to_start = [] if ready.failed else [name for name in names if name != "lint"]
        require_clean(ready, templates.install_log(demo=False))
        for name in to_start:
            suite = SUITES.get(name, named)
            futures.append(lanes.submit(_timed, name, lambda suite=suite: suite(run, selection)))
        return [ready, *_results(futures)]


def _set_up(bench: Bench) -> Outcome:
    """The addon installs: without that nothing else can be tested."""
    templates.ensure(bench, demo=False)
    return Outcome("setup")


def _results(futures: list[Future]) -> list[Outcome]:
    try:
        return [future.result() for future in futures]
    except BaseException:
        for future in futures:
            future.cancel()
        raise


def _timed(name: str, check: Callable[[], Outcome]) -> Outcome:
    start = time.monotonic()
    say(f"==> {name} ...")
    try:
        outcome = check()
    except Failure as failure:
        outcome = Outcome(name)
        outcome.fail(str(failure))
    outcome.seconds = time.monotonic() - start
    say(f"    {outcome.summary()}")
    return outcome


def reformat() -> int:
    """The command ``scripts/format``: let the formatters write, then say what they cannot repair."""
    guard()
    with step("Formatting"):
        outcome = lint.check(venv.ensure("lint"), fix=True)
    for failure in outcome.failures:
        say(f"\n{failure}")
    return 1 if outcome.failed else 0
