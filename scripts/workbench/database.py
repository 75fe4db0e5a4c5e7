"""Databases with their files: copy, drop, ask."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .layout import DATA, clone_id
from .postgres import Server
from .process import run


class Databases:
    """The databases of this clone on a server. Names carry the clone's mark, so that clones can share a server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.prefix = f"fc_{clone_id()}_"
        self.environment = {**os.environ, **server.variables}

    def sql(self, query: str, database: str = "postgres") -> str:
        """The answer to a query, a row a line, columns separated by ``|``."""
        command = [self.server.program("psql"), "-X", "-d", database, "-v", "ON_ERROR_STOP=1", "-Atc", query]
        return run(command, env=self.environment, failure="A query failed").stdout.strip()

    def names(self) -> list[str]:
        """The databases of this clone."""
        return self.sql(f"SELECT datname FROM pg_database WHERE starts_with(datname, '{self.prefix}')").split()

    def exists(self, name: str) -> bool:
        """Whether the database is there."""
        return self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'") == "1"

    def copy(self, source: str, target: str) -> None:
        """Copy a database and its files. Nobody may be connected to the source."""
        # Copying the files is several times faster than through the write-ahead log, which 15 made the default.
        strategy = " STRATEGY file_copy" if self.server.version >= 15 else ""
        self.sql(f'CREATE DATABASE "{target}" TEMPLATE "{source}"{strategy}')
        if filestore(source).exists():
            # A file of the store is never changed, only added or removed: links do.
            shutil.copytree(filestore(source), filestore(target), copy_function=os.link, dirs_exist_ok=True)

    def rename(self, source: str, target: str) -> None:
        """Give a database its final name."""
        shutil.rmtree(filestore(target), ignore_errors=True)
        if filestore(source).exists():
            filestore(source).rename(filestore(target))
        self.sql(f'ALTER DATABASE "{source}" RENAME TO "{target}"')

    def drop(self, name: str) -> None:
        """Drop a database and its files, whoever is connected."""
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        shutil.rmtree(filestore(name), ignore_errors=True)


def filestore(name: str) -> Path:
    """Where Odoo keeps the files of a database."""
    return DATA / "filestore" / name
