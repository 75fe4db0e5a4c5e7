"""The virtual environment in the cache, from the pinned files in ``requirements/``."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

from . import system
from .console import Failure, step
from .layout import CACHE, REQUIREMENTS
from .locks import exclusive
from .process import run

SUPPORTED = ["3.13", "3.12", "3.11", "3.10"]


def interpreter() -> str:
    """A Python that Odoo 19 supports: the one that runs this script, else one on the PATH."""
    if f"{sys.version_info[0]}.{sys.version_info[1]}" in SUPPORTED:
        return sys.executable
    for version in SUPPORTED:
        program = shutil.which(f"python{version}")
        if program and run([program, "-c", ""], check=False).returncode == 0:
            return program
    raise Failure(f"Odoo 19 runs on Python {SUPPORTED[-1]} to {SUPPORTED[0]}: install one of them and run this again.")


def ensure(*names: str) -> Path:
    """Install the named requirement files where they changed; return the environment's interpreter.

    An installation that was killed leaves its ``busy`` file: the environment is then made anew.
    """
    base = interpreter()
    version = run([base, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).stdout.strip()
    folder = CACHE / f"venv-{version}"
    busy = folder.with_suffix(f"{folder.suffix}.busy")
    with exclusive(CACHE / "locks" / "venv"):
        python = folder / "bin" / "python"
        if busy.exists() or not python.exists():
            shutil.rmtree(folder, ignore_errors=True)
        missing = [name for name in names if _stamp(folder, name) != _wanted(name)]
        if missing:
            folder.parent.mkdir(parents=True, exist_ok=True)
            busy.touch()
            _install(base, folder, python, missing)
            busy.unlink()
    return python


def _install(base: str, folder: Path, python: Path, names: list[str]) -> None:
    if not python.exists():
        if run([base, "-c", "import ensurepip, venv"], check=False).returncode:
            system.install(["python3-venv"], "Python's venv module")
        with step("Creating the virtual environment"):
            run([base, "-m", "venv", folder], failure="The virtual environment could not be created")
    sorry = "The Python packages could not be installed: check the network and pip's configuration. What pip said"
    for name in names:
        with step(f"Installing requirements/{name}.txt"):
            files = ["-r", REQUIREMENTS / f"{name}.txt"]
            run([python, "-m", "pip", "install", "-q", "--prefer-binary", *files], failure=sorry)
        (folder / f"{name}.stamp").write_text(_wanted(name))


def _wanted(name: str) -> str:
    return hashlib.sha256((REQUIREMENTS / f"{name}.txt").read_bytes()).hexdigest()


def _stamp(folder: Path, name: str) -> str:
    path = folder / f"{name}.stamp"
    return path.read_text() if path.exists() else ""
