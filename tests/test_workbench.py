"""The commands themselves: what they find, refuse, count, and leave behind (nothing)."""

import doctest
import os
import signal
import subprocess
import sys
import time

import pytest

from workbench import guard, imports, logcheck, matching, mirrors, odoo
from workbench.console import Failure
from workbench.layout import ROOT
from workbench.outcome import Outcome, closing_line

LINE = "2026-01-02 03:04:05,678 42 {level} a_database odoo.addons.somewhere: {text}\n"


@pytest.mark.parametrize("module", [matching, mirrors])
def test_doctests(module):
    assert doctest.testmod(module).failed == 0


def test_a_forgotten_test_module_is_found(tmp_path):
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "__init__.py").write_text("from . import test_one\nfrom .test_two import TestTwo\n")
    for name in ("test_one", "test_two", "test_three", "common"):
        (folder / f"{name}.py").touch()
    assert [path.stem for path in imports.forgotten(tmp_path)] == ["test_three"]


def test_an_unexpected_warning_is_a_problem_and_an_allowed_one_is_not(tmp_path):
    log = tmp_path / "server.log"
    log.write_text(
        LINE.format(level="INFO", text="fine")
        + LINE.format(level="WARNING", text="Running as user 'root' is a security risk.")
        + LINE.format(level="ERROR", text="a failure")
        + "Traceback: of it\n"
        + LINE.format(level="WARNING", text="provoked by a test")
    )
    found = logcheck.problems(log, expected=["provoked by"])
    assert [problem.level for problem in found] == ["ERROR"]
    assert found[0].text.endswith("Traceback: of it")


def test_the_closing_line_adds_up():
    outcomes = [Outcome("a", passed=3, skipped=1), Outcome("b", passed=1, failed=2)]
    assert closing_line(outcomes) == "4 passed, 2 failed, 1 skipped"
    assert closing_line(outcomes[1:]) == "1 passed, 2 failed"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.list", "deb [arch=amd64 signed-by=/key.gpg] http://mirror.test/debian sid main contrib\n"),
        (
            "a.sources",
            "Types: deb\nURIs: http://mirror.test/debian\nSuites: sid\nComponents: main contrib\nSigned-By: /key.gpg\n",
        ),
    ],
)
def test_mirrors_are_read_in_both_formats(tmp_path, monkeypatch, name, text):
    folder = tmp_path / "sources.list.d"
    folder.mkdir()
    (folder / name).write_text(f"{text}\n")
    (folder / f"security-{name}").write_text(text.replace("sid", "sid-security").replace("/debian", "/security"))
    monkeypatch.setattr(mirrors, "APT", tmp_path)
    assert mirrors.find() == [mirrors.Mirror("http://mirror.test/debian", "sid", "/key.gpg")]


def test_an_odoo_of_another_series_is_refused_with_the_way_out(tmp_path, monkeypatch):
    (tmp_path / "odoo").mkdir()
    (tmp_path / "odoo" / "release.py").write_text("version_info = (18, 0, 0, FINAL, 0, '')\n")
    monkeypatch.setenv("ODOO_DIR", str(tmp_path))
    with pytest.raises(Failure, match=r"holds Odoo 18\.0: set it to a checkout or an installation of Odoo 19\.0"):
        odoo.find()


def test_nothing_outlives_a_script_that_is_killed():
    """The child ignores every kind request and has left the script's session, as browsers do."""
    child = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    )
    script = (
        "import os, subprocess, sys\n"
        "from workbench.process import MARK, guard\n"
        "folder = guard()\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}], start_new_session=True, stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(os.environ[MARK], folder, flush=True)\n"
        "child.wait()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    process = subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True)
    mark, folder = process.stdout.readline().split()
    assert len(guard.marked(mark)) == 1
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 20
    while (guard.marked(mark) or os.path.exists(folder)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert guard.marked(mark) == []
    assert not os.path.exists(folder)
