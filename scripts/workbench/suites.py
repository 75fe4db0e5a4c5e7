"""What ``scripts/test`` runs: each suite is a function from a run to an outcome, on a database of its own."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import logcheck, templates, translations
from .layout import ROOT, addons
from .outcome import Outcome
from .process import run as run_process
from .process import tail
from .runs import Run

HOOT_PASSED = re.compile(r"\[HOOT\] Passed (\d+) tests?")
HOOT_FAILED = re.compile(r"\[HOOT\] Test .*? failed.*(?:\n(?!\d{4}-).*)*")


@dataclass(frozen=True)
class Selection:
    """Which tests: an expression as pytest's ``-k``, empty for all."""

    keyword: str = ""

    @property
    def arguments(self) -> list[str]:
        """The selection for pytest."""
        return ["-k", self.keyword] if self.keyword else []


def orm(run: Run, selection: Selection) -> Outcome:
    """The addons' tests that need no browser."""
    return _addon_tests(run, selection, "orm", demo=False)


def browser(run: Run, selection: Selection) -> Outcome:
    """Tours and the other tests that need a server, in a real Chromium."""
    return _addon_tests(run, selection, "browser", demo=False)


def demo(run: Run, selection: Selection) -> Outcome:
    """The demo company: it installs without a warning, and the tests tagged ``demo`` pass on it."""
    return _addon_tests(run, selection, "demo", demo=True)


def named(run: Run, selection: Selection) -> Outcome:
    """The addons' tests of that name, whatever they need."""
    return _addon_tests(run, selection, "all", demo=False)


def _addon_tests(run: Run, selection: Selection, suite: str, demo: bool) -> Outcome:
    outcome = Outcome(suite)
    if suite == "orm" or demo:
        template = templates.ensure(run.bench, demo)
    else:
        template = templates.ensure_assets(run.bench, hurry=bool(selection.keyword))
    database = run.copy(template, suite)
    if demo:
        outcome.passed += 1  # that the demo company installs is a test of its own
        require_clean(outcome, templates.install_log(demo))
    log, report = run.log(suite), run.logs / f"{suite}.xml"
    options = [f"--suite={suite}", "--odoo-http", f"--odoo-config={run.bench.configuration}"]
    options += [f"--odoo-database={database}", "--odoo-log-level=info", f"--odoo-extra=logfile={log}"]
    # A copy of a template has nobody to serve: no scheduled jobs, and pictures of failures with the logs.
    options += ["--odoo-extra=max-cron-threads=0", f"--odoo-extra=screenshots={run.logs}"]
    folders = [addon / "tests" for addon in addons() if (addon / "tests").exists()]
    plugins = ["-p", "pytest_odoo", "-p", "workbench.pytest_plugin"]
    result = _pytest(run, [*plugins, *options, *selection.arguments, *folders], report)
    _count(outcome, result, report, allow_none=suite == "demo" or bool(selection.keyword))
    require_clean(outcome, log)
    return outcome


def hoot(run: Run, selection: Selection) -> Outcome:
    """The JavaScript unit tests: ``tests/test_hoot.py`` of an addon runs them in a real Chromium."""
    scripts = [path for addon in addons() for path in addon.glob("static/tests/**/*.test.js")]
    if not scripts:
        return Outcome("hoot")
    outcome = _addon_tests(run, selection, "hoot", demo=False)
    text = run.log("hoot").read_text(errors="replace")
    passed = sum(map(int, HOOT_PASSED.findall(text)))
    outcome.passed += passed
    outcome.failures += HOOT_FAILED.findall(text)
    if not passed:
        outcome.fail(f"no JavaScript unit test passed, though there is {scripts[0].relative_to(ROOT)}.")
    return outcome


def i18n(run: Run, selection: Selection) -> Outcome:
    """Every term is in the template and translated to French."""
    outcome = Outcome("i18n")
    database = run.copy(templates.ensure(run.bench, demo=False), "i18n")
    for addon in addons():
        for problem in translations.problems(run.bench, database, addon):
            outcome.fail(problem)
        outcome.passed += 1
    return outcome


def blackbox(run: Run, selection: Selection) -> Outcome:
    """The tests in ``tests/``, from outside, against running servers."""
    outcome = Outcome("blackbox")
    report = run.logs / "blackbox.xml"
    template = templates.ensure_assets(run.bench, hurry=bool(selection.keyword))
    result = _pytest(run, [*selection.arguments, ROOT / "tests"], report, template)
    _count(outcome, result, report, allow_none=bool(selection.keyword))
    for log in sorted(run.logs.glob("server-*.log")):
        require_clean(outcome, log)
    return outcome


def _pytest(run: Run, arguments: list, report: Path, template: str = "") -> tuple[int, str]:
    command = [
        run.bench.python,
        "-m",
        "pytest",
        "-q",
        "--color=no",
        "--tb=short",
        "--show-capture=no",
        f"--junitxml={report}",
        *arguments,
    ]
    environment = run.bench.environment
    scripts = ROOT / "scripts"
    environment["PYTHONPATH"] = os.pathsep.join([environment["PYTHONPATH"], str(scripts)])
    environment["WORKBENCH_LOGS"] = str(run.logs)
    environment["WORKBENCH_TEMPLATE"] = template
    result = run_process(command, env=environment, check=False, cwd=ROOT)
    report.with_suffix(".out").write_text(result.stdout)
    return result.returncode, result.stdout


def _count(outcome: Outcome, result: tuple[int, str], report: Path, allow_none: bool) -> None:
    code, text = result
    none_collected = code == 5
    outcome.add_junit(report)
    if none_collected:
        if not allow_none:
            outcome.fail("no test was found.")
    elif code:
        outcome.failures.append(tail(text, 120))
        if not outcome.failed:
            outcome.failed = 1


def require_clean(outcome: Outcome, log: Path) -> None:
    """An unclean log is a failure; a clean one is no test."""
    if found := logcheck.problems(log):
        summary = "\n".join(problem.text for problem in found[:10])
        outcome.fail(f"{len(found)} unexpected lines in {log}:\n{summary}")


SUITES: dict[str, Callable[[Run, Selection], Outcome]] = {
    "browser": browser,
    "orm": orm,
    "demo": demo,
    "hoot": hoot,
    "blackbox": blackbox,
    "i18n": i18n,
}
