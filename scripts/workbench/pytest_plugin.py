"""Runs inside pytest beside pytest-odoo: picks the tests of a suite, and lets no browser test be skipped."""

from __future__ import annotations

import pytest

SUITES = ("all", "orm", "browser", "hoot", "demo")
BROWSER_IS_MISSING = ("websocket-client", "not found", "Chrome", "chrome")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--suite``: which of the addons' tests to run."""
    parser.addoption("--suite", choices=SUITES, default="all", help="which of the addons' tests to run")


def suite_of(item: pytest.Item) -> str:
    """The suite of a test: its tags say ``demo``, its class says whether it needs a server and a browser."""
    from odoo.tests import HttpCase

    tags = getattr(item.cls, "test_tags", set()) if item.cls else set()
    if "demo" in tags:
        return "demo"
    if tags and "standard" not in tags:
        return "manual"
    if not item.cls or not issubclass(item.cls, HttpCase):
        return "orm"
    return "hoot" if item.path.stem == "test_hoot" else "browser"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of the suite; as in Odoo, a test without the ``standard`` tag runs only when asked for."""
    suite = config.getoption("--suite")
    wanted = (
        {"orm", "browser", "hoot", *(["demo"] if config.getoption("keyword") else [])} if suite == "all" else {suite}
    )
    kept = [item for item in items if suite_of(item) in wanted]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """A browser test that is skipped for want of a browser fails."""
    outcome = yield
    report = outcome.get_result()
    missing = any(word in str(report.longrepr) for word in BROWSER_IS_MISSING)
    if report.skipped and missing and suite_of(item) in ("browser", "hoot"):
        report.outcome = "failed"
        report.longrepr = f"{item.name} was skipped because the browser did not start: {report.longrepr}"
