"""Fixtures of the black-box tests: real Odoo servers on copies of the template database, seen from outside.

    def test_version(server):
        assert server.xmlrpc("admin", "admin").call("res.users", "search_count", [[]]) > 0

``server``          one server for the whole session (two workers), on a copy with the addon, French and no demo data
``start_server``    start another one: ``start_server(workers=0)``; it stops after the test, its database is dropped
``refusing_server`` one for a module whose tests are refused on purpose; the module names in ``EXPECTED`` what is logged
``database``        a function that copies the template: ``database("import")`` returns a name
``fresh_database``  a function that names a database that does not exist yet, dropped after the session
``bench``           Odoo, Python and PostgreSQL of the clone: ``bench.run_odoo([...])``, ``bench.databases.sql(...)``

A server has ``url``, ``database``, ``log`` and

``shell(code)``     run Python with ``env`` in Odoo's shell, commit, return what the code assigned to ``answer``
``xmlrpc(login, password)``, ``json2(login)``, ``web(login, password)``
                    clients of the three interfaces, each with ``call(model, method, ...)``; see ``clients.py``

Run them with ``scripts/test --only blackbox``, one with ``scripts/test -k name``; plain ``pytest tests`` works in the
virtual environment too. A warning or an error in a server's log fails the run: a test that provokes one on purpose
starts a server of its own with ``start_server(expected=[r"a regular expression"])``.
"""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from clients import BlackBoxServer

from workbench import logcheck, templates
from workbench.bench import Bench
from workbench.runs import Run


@pytest.fixture(scope="session")
def bench():
    """Odoo, Python and PostgreSQL, running."""
    return Bench("run", "test")


@pytest.fixture(scope="session")
def run(bench):
    """Names and drops what the session creates."""
    with Run(bench, "blackbox") as session:
        if os.environ.get("WORKBENCH_LOGS"):
            session.logs = Path(os.environ["WORKBENCH_LOGS"])
        yield session


@pytest.fixture(scope="session")
def template(bench):
    """The database that tests copy."""
    return os.environ.get("WORKBENCH_TEMPLATE") or templates.ensure_assets(bench)


@pytest.fixture(scope="session")
def database(run, template):
    """Copy the template under a name for some purpose."""
    return lambda purpose: run.copy(template, purpose)


@pytest.fixture(scope="session")
def fresh_database(run):
    """Name a database for a test to create; it is dropped with the session."""
    return run.name


@pytest.fixture(scope="session")
def server(bench, run, database):
    """The server that tests share: leave it as you found it, or start one of your own."""
    name = database("shared")
    server = BlackBoxServer(bench, name, run.log("server-shared"), workers=2)
    yield server
    server.stop()
    assert not logcheck.problems(server.log)


@pytest.fixture(scope="module")
def refusing_server(bench, run, database, request):
    """A server for one module whose tests provoke refusals: it may log what the module's ``EXPECTED`` names.

    An error that no person can read (an exception during a request) stays a failure.
    """
    purpose = request.module.__name__.removeprefix("test_")
    server = BlackBoxServer(bench, database(purpose), run.log(f"own-{purpose}"), workers=2)
    yield server
    server.stop()
    assert not logcheck.problems(server.log, request.module.EXPECTED)


@pytest.fixture
def start_server(bench, run, database, request):
    """Start a server for one test, on a copy or on a database of your own."""
    started = []

    def start(name=None, *, workers=0, cron=0, expected=()):
        purpose = f"{request.node.name.lower()[:30].split('[')[0]}_{len(started)}"
        log = run.log(f"own-{purpose}")
        server = BlackBoxServer(bench, name or database(purpose), log, workers=workers, cron=cron)
        started.append((server, expected))
        return server

    yield start
    for server, _expected in started:
        server.stop()
    for server, expected in started:
        assert not logcheck.problems(server.log, expected)
