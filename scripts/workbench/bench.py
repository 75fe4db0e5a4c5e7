"""Everything a command needs to run Odoo: found, installed and started in one go."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from . import odoo, postgres, system, venv
from .database import Databases
from .layout import CACHE, DATA, ROOT
from .process import guard, run


class Bench:
    """An Odoo, a Python environment and a PostgreSQL server that answer."""

    def __init__(self, *requirements: str) -> None:
        self.temporary = guard()
        system.need({"git": "git"}, "git")
        self.python = venv.ensure(*(requirements or ("run",)))
        self.odoo = odoo.find()
        self.server = postgres.open_server()
        self.databases = Databases(self.server)
        self.configuration = self._write("odoo.conf", self._get_configuration())
        # A file, not `-m odoo`: a server with workers starts its websocket process by running its own program again.
        self.program = self._write("bin/odoo-bin", "from odoo.cli.command import main\n\nmain()\n")

    @property
    def environment(self) -> dict[str, str]:
        """The environment of an Odoo process."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("ODOO_", "PYTHON", "PG"))}
        program_folders = [str(self.python.parent), clean.get("PATH", os.defpath)]
        if self.server.programs:
            program_folders.insert(1, str(self.server.programs))
        return {
            **clean,
            **self.server.variables,
            "PATH": os.pathsep.join(program_folders),
            "PYTHONPATH": str(self.odoo.python_path),
            "PYTHONPYCACHEPREFIX": str(CACHE / "pycache"),
            # passlib is pinned by Odoo, and this warning greets every start.
            "PYTHONWARNINGS": "ignore:'crypt' is deprecated:DeprecationWarning",
            "LANG": "C.UTF-8",
        }

    def odoo_command(self, *arguments: str | Path) -> list[str]:
        """A command line of Odoo. ``-c`` comes after the subcommand, if there is one."""
        words = [str(argument) for argument in arguments]
        subcommand = words[:1] if words and not words[0].startswith("-") else []
        rest = words[len(subcommand) :]
        place = 1 if subcommand == ["i18n"] else 0
        middle = [*rest[:place], "-c", str(self.configuration), *rest[place:]]
        return [str(self.python), str(self.program), *subcommand, *middle]

    def run_odoo(self, arguments: Sequence[str | Path], *, failure: str, stdin: str | None = None) -> str:
        """Run Odoo to its end and return what it printed."""
        command = self.odoo_command(*arguments)
        return run(command, env=self.environment, failure=failure, stdin=stdin, cwd=ROOT).stdout

    def _get_configuration(self) -> str:
        addons = ",".join(str(path) for path in [*self.odoo.addons_path, ROOT])
        lines = [
            "[options]",
            f"addons_path = {addons}",
            f"data_dir = {DATA}",
            "http_interface = 127.0.0.1",
            "admin_passwd = admin",
            "list_db = False",
        ]
        return "\n".join(lines) + "\n"

    def _write(self, name: str, text: str) -> Path:
        path = CACHE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_text(text)
        fresh.replace(path)
        return path
