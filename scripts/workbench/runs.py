"""One run of a command: its throwaway databases and its log files. What a killed run left is swept by the next one."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path

from . import templates
from .bench import Bench
from .layout import CACHE, LOGS
from .locks import is_held, open_lock, share, try_lock

RUNS = CACHE / "runs"
PRESENCE = CACHE / "locks" / "runs"


class Run:
    """Copies of a template for as long as the block lasts."""

    def __init__(self, bench: Bench, title: str) -> None:
        self.bench = bench
        self.identifier = uuid.uuid4().hex[:8]
        self.title = title
        self.logs = LOGS / f"{title}-{self.identifier}"
        self._created: list[str] = []

    def __enter__(self) -> Run:
        self._tidy_when_alone()
        self._presence = open_lock(PRESENCE)
        share(self._presence)
        self._lock_path = RUNS / f"{self.identifier}.lock"
        self._lock = open_lock(self._lock_path)
        share(self._lock)
        self.logs.mkdir(parents=True)
        _point(LOGS / self.title, self.logs)
        return self

    def __exit__(self, *_exception: object) -> None:
        for name in self._created:
            self.bench.databases.drop(name)
        os.close(self._lock)
        self._lock_path.unlink(missing_ok=True)
        os.close(self._presence)
        self._tidy_when_alone()

    def _tidy_when_alone(self) -> None:
        """Drop what no run needs, unless another run is at work: it may be copying an older template just now."""
        presence = open_lock(PRESENCE)
        if try_lock(presence):
            _sweep(self.bench, keep=self.logs)
            templates.drop_old(self.bench)
        os.close(presence)

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


def _point(link: Path, folder: Path) -> None:
    """Make the link lead to the folder of the last run."""
    fresh = link.with_name(f"{folder.name}.link")
    fresh.symlink_to(folder.name)
    if link.is_dir() and not link.is_symlink():
        shutil.rmtree(link)
    fresh.replace(link)


def _sweep(bench: Bench, keep: Path) -> None:
    """Drop what runs left that ended without doing it, and the logs of all but the last ones."""
    for link in LOGS.glob("*.link"):
        link.unlink()
    pointed = {link.resolve() for link in LOGS.glob("*") if link.is_symlink()}
    for folder in LOGS.glob("*-????????"):
        if folder.is_dir() and not folder.is_symlink() and folder not in {keep, *pointed}:
            shutil.rmtree(folder)
    prefix = f"{bench.databases.prefix}run_"
    for name in bench.databases.names():
        if name.startswith(prefix):
            identifier = name.removeprefix(prefix).split("_")[0]
            if not is_held(RUNS / f"{identifier}.lock"):
                bench.databases.drop(name)
    for path in RUNS.glob("*.lock"):
        if not is_held(path):
            path.unlink(missing_ok=True)
