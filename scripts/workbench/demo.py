"""The command ``scripts/demo``: sets everything up and serves the demo company."""

from __future__ import annotations

import argparse
import time

from . import logins, serving, system, templates
from .bench import Bench
from .console import Failure, say, step
from .layout import addons
from .process import guard
from .server import free_port, is_free, server_arguments, wait_ready

DEFAULT_PORT = 8069


def arguments() -> argparse.Namespace:
    """The options of the command."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description="Set everything up and serve the demo company.")
    parser.add_argument("--stop", action="store_true", help="stop the server and its database, keep the data")
    parser.add_argument("--reset", action="store_true", help="forget what was done in the demo and start afresh")
    parser.add_argument("--port", type=int, help=f"the port on 127.0.0.1 (default: {DEFAULT_PORT}, or a free one)")
    parser.add_argument(
        "--workers",
        type=int,
        default=0,
        help="processes of the server (default: 0, one process with threads; with more, live updates need a proxy)",
    )
    parser.add_argument("--foreground", action="store_true", help="serve until Ctrl-C instead of in the background")
    return parser.parse_args()


def main() -> int:
    """Serve the demo, or stop it."""
    options = arguments()
    if options.stop and not options.reset:
        say("The demo is stopped." if serving.stop() else "The demo was not running.")
        return 0
    guard()
    bench = Bench("run")
    system.wkhtmltopdf()
    database = f"{bench.databases.prefix}demo"
    code = templates.addons_digest()
    if options.reset:
        serving.stop()
        bench.databases.drop(database)
        if options.stop:
            say("The demo is stopped and forgotten.")
            return 0
    _prepare(bench, database, code)
    port = _serve(bench, database, code, options)
    _introduce(bench, database, port)
    if options.foreground:
        _wait()
    return 0


def _prepare(bench: Bench, database: str, code: str) -> None:
    """Have the database, with the addon as it is now."""
    record = serving.FOLDER / "code"
    record.parent.mkdir(parents=True, exist_ok=True)
    if not bench.databases.exists(database):
        record.unlink(missing_ok=True)
        bench.databases.copy(templates.ensure(bench, demo=True), database)
    elif not record.exists() or record.read_text() != code:
        serving.stop()
        names = ",".join(addon.name for addon in addons())
        with step("Updating the addon in the demo"):
            bench.run_odoo(["-d", database, "-u", names, *templates.QUIET], failure="The addon could not be updated")
    record.write_text(code)


def _serve(bench: Bench, database: str, code: str, options: argparse.Namespace) -> int:
    """Start the server, unless it serves already what is asked for; return its port."""
    current = serving.status()
    if current:
        same_port = options.port in (None, current["port"])
        if same_port and current["workers"] == options.workers:
            return current["port"]
        serving.stop()
    port = _port(options.port)
    with step("Starting the server"):
        process = serving.launch(
            {
                "arguments": server_arguments(database, port, options.workers),
                "status": {"port": port, "workers": options.workers, "database": database},
            }
        )
        wait_ready(serving.url(port), process, serving.LOG)
    return port


def _port(wanted: int | None) -> int:
    if wanted and not is_free(wanted):
        raise Failure(f"Port {wanted} is taken by another program: choose another with --port.")
    return wanted or (DEFAULT_PORT if is_free(DEFAULT_PORT) else free_port())


def _introduce(bench: Bench, database: str, port: int) -> None:
    """Say where the demo is and who can log in."""
    say("\nDemo logins (the password is the login):")
    for line in logins.table(bench.databases, database):
        say(line)
    say(f"\nThe demo company is at {serving.url(port)}/odoo   (stop it with `scripts/demo --stop`)")


def _wait() -> None:
    """Serve until Ctrl-C."""
    try:
        while serving.status():
            time.sleep(0.5)
    except KeyboardInterrupt:
        serving.stop()
