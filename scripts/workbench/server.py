"""A running Odoo server on 127.0.0.1."""

from __future__ import annotations

import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from .bench import Bench
from .console import Failure
from .layout import ROOT
from .process import start, tail
from .shell import Shell

HOST = "127.0.0.1"


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def is_free(port: int) -> bool:
    """Whether the port can be taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def wait_ready(url: str, process: subprocess.Popen | None, log: Path, patience: float = 120.0) -> None:
    """Return when the server answers; fail when it ends or takes too long."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/web/health", timeout=10):
                return
        except OSError:
            time.sleep(0.2)
        if process and process.poll() is not None:
            break
    raise Failure(f"The Odoo server did not start, see {log}:\n{tail(log.read_text(errors='replace'))}")


def server_arguments(database: str, port: int, workers: int, live_port: int = 0) -> list[str]:
    """Options of a server that serves one database; with workers, another port serves the websocket."""
    options = ["-d", database, f"--db-filter=^{database}$", f"--http-port={port}", f"--workers={workers}"]
    return [*options, f"--gevent-port={live_port or free_port()}"]


class Server:
    """An Odoo server in a process of its own, for as long as this script lives or until ``stop``."""

    def __init__(self, bench: Bench, database: str, log: Path, *, workers: int = 0, cron: int = 0) -> None:
        self.bench = bench
        self.database = database
        self.log = log
        port, live_port = free_port(), free_port()
        self.url, self.live_url = f"http://{HOST}:{port}", f"http://{HOST}:{live_port}"
        arguments = server_arguments(database, port, workers, live_port)
        options = [*arguments, f"--max-cron-threads={cron}", f"--logfile={log}"]
        command = bench.odoo_command(*options)
        self._shell: Shell | None = None
        self._lock = threading.Lock()
        self._process = start(command, env=bench.environment, log=log.with_suffix(".out"), cwd=ROOT)
        wait_ready(self.url, self._process, log)

    def stop(self) -> None:
        """End the server and its shell, and wait for them."""
        if self._shell:
            self._shell.close()
            self._shell = None
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def shell(self, code: str) -> object:
        """Run Python code with ``env`` in Odoo's shell, commit, and return what the code assigned to ``answer``."""
        with self._lock:
            self._shell = self._shell or Shell(self.bench, self.database, self.log.with_suffix(".shell"))
        return self._shell.run(code)


def shell(bench: Bench, database: str, code: str) -> object:
    """Run Python code with ``env`` on a database, commit, and return what the code assigned to ``answer``."""
    with tempfile.TemporaryDirectory() as folder:
        opened = Shell(bench, database, Path(folder) / "shell.log")
        try:
            return opened.run(code)
        finally:
            opened.close()
