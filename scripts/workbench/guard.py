"""The guard of a script: ``python -m workbench.guard MARK FOLDER``, with a pipe from the script as standard input.

The pipe closes when the script ends, in whatever way. Then every process that carries the mark is ended and the
temporary folder removed. It looks at a mark in the environment and not at parents, because a browser whose parent was
killed is adopted by process 1.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from pathlib import Path

from .process import MARK


def marked(mark: str) -> list[int]:
    """The processes that carry the mark."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue
            if wanted in environment.split(b"\0"):
                found.append(int(entry.name))
    return found


def end(mark: str, patience: float = 15.0) -> None:
    """End the marked processes: kindly first, so that browsers clean up; then for good."""
    deadline = time.monotonic() + patience
    kind_until = time.monotonic() + 1.0
    while (pids := marked(mark)) and time.monotonic() < deadline:
        number = signal.SIGTERM if time.monotonic() < kind_until else signal.SIGKILL
        for pid in pids:
            try:
                os.kill(pid, number)
            except OSError:
                continue
        time.sleep(0.2)


def main() -> None:
    """Wait for the script's end, then clean up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    mark, folder = sys.argv[1:]
    sys.stdin.read()
    end(mark)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
