"""Programs of the operating system: found, or installed by apt where that is permitted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from .console import Failure, say, step
from .layout import CACHE
from .locks import exclusive
from .process import run


def is_root() -> bool:
    """Whether apt can be called directly."""
    return os.geteuid() == 0


def _privilege() -> list[str] | None:
    """How to become root: nothing, sudo (asking only at a terminal), or None when there is no way."""
    if is_root():
        return []
    if not shutil.which("sudo"):
        return None
    if sys.stdin.isatty():
        return ["sudo"]
    quiet = subprocess.run(["sudo", "-n", "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return ["sudo", "-n"] if quiet.returncode == 0 else None


def install(packages: list[str], purpose: str) -> None:
    """Install Debian packages, or fail with the command that somebody with the right can run."""
    way_out = f"run `apt-get install {' '.join(packages)}` as root, then run this again."
    privilege = _privilege()
    if privilege is None or not shutil.which("apt-get"):
        raise Failure(f"{purpose} is missing and this user may not install it: {way_out}")
    log = CACHE / "logs" / "apt.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    apt = [*privilege, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
    with exclusive(CACHE / "locks" / "apt"), step(f"Installing {' '.join(packages)}"):
        sorry = f"{purpose} could not be installed: {way_out} What apt said"
        if run([*apt, "install", "-y", "--no-install-recommends", *packages], check=False, log=log).returncode:
            run([*apt, "update"], failure=sorry, log=log)
            run([*apt, "install", "-y", "--no-install-recommends", *packages], failure=sorry, log=log)


def need(programs: dict[str, str], purpose: str) -> None:
    """Make sure that programs are there. ``programs`` maps each to the Debian package that brings it."""
    missing = [package for program, package in programs.items() if not shutil.which(program)]
    if missing:
        install(sorted(set(missing)), purpose)


def chromium() -> None:
    """Make sure that there is a browser that Odoo's tours find."""
    names = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
    if not any(map(shutil.which, names)):
        install(["chromium"], "Chromium, which the browser tests need,")


def wkhtmltopdf() -> None:
    """Make sure that PDF documents can be printed, where Debian still has the program: nothing stops without it."""
    if shutil.which("wkhtmltopdf"):
        return
    note = "wkhtmltopdf is missing, so Odoo cannot print PDF documents here"
    try:
        if shutil.which("apt-cache") and "Candidate: (none)" in run(["apt-cache", "policy", "wkhtmltopdf"]).stdout:
            raise Failure(f"{note}: this release has no such package, install it from its authors if you need it.")
        install(["wkhtmltopdf"], "wkhtmltopdf, which prints PDF documents,")
    except Failure as failure:
        say(f"    note: {str(failure).splitlines()[0]}")


def codename() -> str:
    """The Debian release of this machine (empty elsewhere)."""
    path = Path("/etc/os-release")
    lines = path.read_text().splitlines() if path.exists() else []
    values = dict(line.split("=", 1) for line in lines if "=" in line)
    return values.get("VERSION_CODENAME", "").strip('"')
