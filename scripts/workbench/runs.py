"""One run of a command: its throwaway databases and its log files. What a killed run left is swept by the next one."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path

from .bench import Bench
from .layout import CACHE, LOGS
from .locks import is_held, open_lock, share

RUNS = CACHE / "runs"


class Run:
    """Copies of a template for as long as the block lasts."""

    def __init__(self, bench: Bench, title: str) -> None:
        self.bench = bench
        self.identifier = uuid.uuid4().hex[:8]
        self.logs = LOGS / title
        self._created: list[str] = []

    def __enter__(self) -> Run:
        _sweep(self.bench)
        self._lock_path = RUNS / f"{self.identifier}.lock"
        self._lock = open_lock(self._lock_path)
        share(self._lock)
        shutil.rmtree(self.logs, ignore_errors=True)
        self.logs.mkdir(parents=True)
        return self

    def __exit__(self, *_exception: object) -> None:
        for name in self._created:
            self.bench.databases.drop(name)
        os.close(self._lock)
        self._lock_path.unlink(missing_ok=True)

    def copy(self, template: str, purpose: str) -> str:
        """A throwaway database made from the template."""
        name = self.name(purpose)
        self.bench.databases.copy(template, name)
        return name

    def name(self, purpose: str) -> str:
        """The name of a throwaway database of this run; it is dropped with the run, whoever creates it."""
        name = f"{self.bench.databases.prefix}run_{self.identifier}_{purpose}"
        self._created.append(name)
        return name

    def log(self, name: str) -> Path:
        """A log file of this run."""
        return self.logs / f"{name}.log"


def _sweep(bench: Bench) -> None:
    """Drop the databases of runs that ended without doing it."""
    prefix = f"{bench.databases.prefix}run_"
    for name in bench.databases.names():
        if name.startswith(prefix):
            identifier = name.removeprefix(prefix).split("_")[0]
            if not is_held(RUNS / f"{identifier}.lock"):
                bench.databases.drop(name)
    for path in RUNS.glob("*.lock"):
        if not is_held(path):
            path.unlink(missing_ok=True)
