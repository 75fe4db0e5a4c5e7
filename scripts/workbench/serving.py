"""The demo server in the background: ``python -m workbench.serving JSON``.

It holds a share of the database server for as long as it serves, and a lock that says so. Ended by a signal it takes
the Odoo server with it; killed, the kernel tells the Odoo server to stop.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

from .layout import CACHE, LOGS
from .locks import is_held, open_lock, try_lock
from .process import die_with_parent, start_detached
from .server import HOST

FOLDER = CACHE / "demo"
LOCK = CACHE / "locks" / "demo.server"
STATUS = FOLDER / "status.json"
LOG = LOGS / "demo.log"


def status() -> dict | None:
    """What is being served (pid, port, workers, code), None when nothing is."""
    return json.loads(STATUS.read_text()) if is_held(LOCK) and STATUS.exists() else None


def url(port: int) -> str:
    """The address of the demo."""
    return f"http://{HOST}:{port}"


def stop(patience: float = 40.0) -> bool:
    """End the demo server if it runs; True when it did."""
    current = status()
    if current is None:
        return False
    os.kill(current["pid"], signal.SIGTERM)
    deadline = time.monotonic() + patience
    while is_held(LOCK):
        if time.monotonic() > deadline:
            os.kill(current["pid"], signal.SIGKILL)
        time.sleep(0.1)
    return True


def main() -> None:
    """Serve until told to stop."""
    from .bench import Bench  # the guard of a script is none of this process's business

    request = json.loads(sys.argv[1])
    lock = open_lock(LOCK)
    if not try_lock(lock):
        sys.exit("The demo is served already.")
    bench = Bench("run")
    LOG.unlink(missing_ok=True)
    server = subprocess.Popen(
        bench.odoo_command(*request["arguments"], f"--logfile={LOG}"),
        env=bench.environment,
        stdin=subprocess.DEVNULL,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.terminate())
    STATUS.write_text(json.dumps({"pid": os.getpid(), **request["status"]}))
    try:
        sys.exit(server.wait())
    finally:
        STATUS.unlink(missing_ok=True)


def launch(request: dict) -> subprocess.Popen:
    """Start the demo server so that it outlives this script."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    return start_detached("workbench.serving", request, LOG.with_suffix(".out"))


if __name__ == "__main__":
    main()
