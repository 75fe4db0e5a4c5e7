"""Child processes that never outlive the script that needs them."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .console import Failure

MARK = "WORKBENCH_RUN"
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)
_guard: subprocess.Popen | None = None


def die_with_parent(number: int) -> Callable[[], None]:
    """A ``preexec_fn``: the kernel sends the signal when the parent dies, however it dies."""

    def prepare() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(number))

    return prepare


def guard() -> Path:
    """Start (once) the guard of this script and return a temporary folder that goes with the script.

    Every process started afterwards carries a mark in its environment. The guard notices the end of the script, even by
    ``kill -9``, ends whatever still carries the mark (servers, browsers) and removes the folder.
    """
    global _guard
    if _guard is None:
        mark = uuid.uuid4().hex
        folder = tempfile.mkdtemp(prefix="workbench-")
        _guard = subprocess.Popen(
            [sys.executable, "-m", "workbench.guard", mark, folder],
            stdin=subprocess.PIPE,
            env=detached_environment(),
            start_new_session=True,
        )
        os.environ[MARK] = mark
        os.environ["TMPDIR"] = folder
        tempfile.tempdir = None
    return Path(os.environ["TMPDIR"])


def release_guard() -> None:
    """Let the guard clean up now and wait for it; what starts later gets a guard of its own."""
    global _guard
    if _guard is not None:
        _guard.communicate()
        _guard = None
        os.environ.pop(MARK)
        os.environ.pop("TMPDIR")
        tempfile.tempdir = None


def detached_environment() -> dict[str, str]:
    """An environment for a process that may outlive this script: no mark, and the package can be imported."""
    environment = {key: value for key, value in os.environ.items() if key not in (MARK, "TMPDIR")}
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])
    return environment


def run(
    command: Sequence[str | Path],
    *,
    failure: str = "",
    check: bool = True,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | None = None,
    log: Path | None = None,
) -> subprocess.CompletedProcess:
    """Run a command to its end, with its output captured (or in ``log``); with ``check``, raise when it fails."""
    output = log.open("ab") if log else subprocess.PIPE
    source = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
    try:
        result = subprocess.run(
            [str(part) for part in command],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            text=True,
            errors="replace",
            check=False,
            **source,
        )
    except FileNotFoundError:
        raise Failure(f"The command {command[0]} is missing: install it and run this again.") from None
    finally:
        if log:
            output.close()
    if check and result.returncode:
        text = result.stdout if log is None else log.read_text(errors="replace")
        raise Failure(f"{failure or 'A command failed'} ({' '.join(map(str, command[:4]))}):\n{tail(text)}")
    return result


def start(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    log: Path,
    cwd: Path | None = None,
    stdin: str = "",
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen:
    """Start a server that ends with this script (the guard sees to it); its output goes to ``log``."""
    guard()
    with log.open("ab") as output, tempfile.TemporaryFile("w+") as source:
        source.write(stdin)
        source.seek(0)
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=source,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env),
            cwd=cwd,
            pass_fds=pass_fds,
        )


def start_detached(module: str, request: dict, log: Path) -> subprocess.Popen:
    """Start one of the workbench's own programs so that it outlives this script, with its request as JSON."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", module, json.dumps(request)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=detached_environment(),
            start_new_session=True,
        )


def tail(text: str, lines: int = 25) -> str:
    """The last lines of an output, for an error message."""
    return "\n".join(text.rstrip().splitlines()[-lines:])
