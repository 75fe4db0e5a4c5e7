"""Runs the private PostgreSQL for as long as anybody holds the lease: ``python -m workbench.keeper JSON``.

Holders share the lock of the lease. When the keeper can take it exclusively there is no holder left, by whatever death:
it stops the server and goes, holding the lock meanwhile so that a newcomer waits for a clean start. Should the keeper
itself be killed, the kernel tells the server to shut down.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from .locks import open_lock, try_lock
from .postgres import PORT, as_user
from .process import die_with_parent

# Everything here can be made again: speed over safety on a power cut.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "512MB",
    "max_connections": "200",
    "max_wal_size": "4GB",
    "jit": "off",
}
POLL_SECONDS = 0.5


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def clear_stale(data: Path, socket: Path, patience: float = 20.0) -> None:
    """Remove what a killed server left. One that still runs (its keeper was killed) is given time, then ended."""
    record = data / "postmaster.pid"
    deadline = time.monotonic() + patience
    while record.exists():
        pid = int(record.read_text().split()[0])
        if str(data) not in _command_line(pid):
            record.unlink()
        elif time.monotonic() > deadline:
            os.kill(pid, signal.SIGQUIT)
            deadline += patience
        time.sleep(0.1)
    for leftover in socket.glob(f".s.PGSQL.{PORT}*"):
        leftover.unlink()


def serve(programs: str, data: str, socket: str, user: str) -> subprocess.Popen:
    """Start the server as the unprivileged user; it shuts down if this process dies."""
    options = [text for name, value in SETTINGS.items() for text in ("-c", f"{name}={value}")]
    return subprocess.Popen(
        [f"{programs}/postgres", "-D", data, "-k", socket, "-p", str(PORT), *options],
        stdin=subprocess.DEVNULL,
        preexec_fn=die_with_parent(signal.SIGINT),
        **as_user(user),
    )


def stop(server: subprocess.Popen) -> None:
    """Shut the server down: open connections are ended, and after a while so is everything."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait()


def main() -> None:
    """Serve while the lease is held."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    specification = json.loads(sys.argv[1])
    lease = open_lock(Path(specification.pop("lease")))
    clear_stale(Path(specification["data"]), Path(specification["socket"]))
    server = serve(**specification)
    try:
        while server.poll() is None and not try_lock(lease):
            time.sleep(POLL_SECONDS)
    finally:
        if server.poll() is None:
            stop(server)
        socket = Path(specification["socket"])
        if socket not in Path(specification["data"]).parents:
            shutil.rmtree(socket, ignore_errors=True)


if __name__ == "__main__":
    main()
