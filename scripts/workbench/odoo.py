"""Which Odoo 19 this clone runs on: found on the machine, or brought to the cache."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import debian
from .console import Failure, say, step
from .layout import CACHE
from .locks import exclusive
from .process import run

SERIES = "19.0"
REPOSITORY = os.environ.get("ODOO_REPOSITORY", "https://github.com/odoo/odoo")
WAY_OUT = f"Set ODOO_DIR to a checkout or an installation of Odoo {SERIES}"


@dataclass(frozen=True)
class Odoo:
    """An Odoo to run: where from (for people), the folder of the ``odoo`` package, its addons."""

    origin: str
    package: Path

    @property
    def addons_path(self) -> list[Path]:
        """Folders of Odoo's own addons. A checkout has two; an installation has all in the package."""
        folders = [self.package / "addons"]
        if (self.package.parent / "odoo-bin").exists():
            folders.append(self.package.parent / "addons")
        return folders

    @property
    def python_path(self) -> Path:
        """A folder with the ``odoo`` package and nothing else, so that the virtual environment gives all the rest."""
        folder = CACHE / "odoo" / "path"
        folder.mkdir(parents=True, exist_ok=True)
        link = folder / "odoo"
        if not link.is_symlink() or Path(os.readlink(link)) != self.package:
            fresh = folder / f"odoo.{os.getpid()}"
            fresh.symlink_to(self.package)
            fresh.replace(link)
        return folder

    @property
    def identity(self) -> str:
        """Changes when the source does, as far as that can be told cheaply."""
        release = self.package / "release.py"
        head = self.package.parent / ".git" / "HEAD"
        commit = ""
        if head.exists():
            commit = run(["git", "-C", self.package.parent, "rev-parse", "HEAD"], check=False).stdout.strip()
        return f"{self.package} {release.stat().st_mtime_ns} {commit}"


def series(package: Path) -> str:
    """The series of an ``odoo`` package, empty when it is not one."""
    release = package / "release.py"
    if not release.exists():
        return ""
    match = re.search(r"^version_info = \('?([^',]+)'?, (\d+)", release.read_text(), re.MULTILINE)
    return ".".join(match.groups()) if match else ""


def find() -> Odoo:
    """The Odoo to use, brought here when there is none. Says which one was taken."""
    with exclusive(CACHE / "locks" / "odoo"):
        odoo = _from_variable() or _from_path() or _from_cache() or _from_debian() or _from_repository()
    say(f"    Odoo: {odoo.origin} ({odoo.package})")
    return odoo


def _package_in(folder: Path) -> Path | None:
    """The ``odoo`` package of a checkout or an installation."""
    places = [
        folder / "odoo",
        folder,
        folder / debian.PACKAGES / "odoo",
        folder / "lib/python3/dist-packages/odoo",
        *sorted(folder.glob("lib/python3*/site-packages/odoo")),
    ]
    return next((place.resolve() for place in places if series(place)), None)


def _from_variable() -> Odoo | None:
    value = os.environ.get("ODOO_DIR")
    if not value:
        return None
    package = _package_in(Path(value).expanduser())
    if package is None or series(package) != SERIES:
        found = f"Odoo {series(package)}" if package else "no Odoo"
        raise Failure(f"ODOO_DIR={value} holds {found}: set it to a checkout or an installation of Odoo {SERIES}.")
    return Odoo("the one that ODOO_DIR names", package)


def _from_path() -> Odoo | None:
    for name in ("odoo", "odoo-bin"):
        program = shutil.which(name)
        package = _package_of(Path(program)) if program else None
        if package and series(package) == SERIES:
            return Odoo(f"`{name}` on the PATH", package)
        if program:
            found = series(package) if package else "an unknown version"
            say(f"    note: {program} is left alone, it is of Odoo {found}.")
    return None


def _package_of(program: Path) -> Path | None:
    """The package that a start script runs: beside it (checkout), or where its interpreter imports it from."""
    script = program.resolve()
    if package := _package_in(script.parent):
        return package
    first = script.read_bytes().split(b"\n", 1)[0].decode(errors="replace")
    if not first.startswith("#!"):
        return None
    question = "import importlib.util as u; print(list(u.find_spec('odoo').submodule_search_locations)[0])"
    answer = run([*first[2:].split(), "-c", question], check=False, cwd=Path("/"))
    return Path(answer.stdout.strip()).resolve() if answer.returncode == 0 else None


def _from_cache() -> Odoo | None:
    for name, origin in (("debian", "Debian's odoo-19, unpacked"), ("source", "the official 19.0 branch, cloned")):
        package = _package_in(CACHE / "odoo" / name)
        if package and series(package) == SERIES:
            return Odoo(origin, package)
    return None


def _from_debian() -> Odoo | None:
    target = CACHE / "odoo" / "debian"
    try:
        debian.unpack(target)
    except Failure as failure:
        say(f"    note: {failure}\n    Taking Odoo from its official repository instead.")
        return None
    if broken := debian.dangling(target / debian.PACKAGES):
        say(f"    note: {len(broken)} links of Debian's package lead nowhere, the first is {broken[0]}.")
    return _from_cache()


def _from_repository() -> Odoo:
    target = CACHE / "odoo" / "source"
    work = target.with_suffix(".partial")
    shutil.rmtree(work, ignore_errors=True)
    sorry = f"Odoo could not be brought here. {WAY_OUT}, or check the network. What git said"
    with step(f"Cloning Odoo {SERIES} from its official repository"):
        run(["git", "clone", "-q", "--depth", "1", "--branch", SERIES, REPOSITORY, work], failure=sorry)
    work.rename(target)
    odoo = _from_cache()
    if odoo is None:
        raise Failure(f"The repository {REPOSITORY} does not hold Odoo {SERIES}. {WAY_OUT}.")
    return odoo
