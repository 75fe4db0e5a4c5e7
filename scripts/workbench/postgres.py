"""The PostgreSQL server: the one the ``PG*`` variables name, else a private cluster in the cache.

The private cluster listens on a Unix socket only. It is run by ``workbench.keeper`` for as long as somebody holds a
share of its lease: a lock that the kernel drops when its owner dies, so that several scripts share one cluster and none
is left behind.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import stat
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from . import system
from .console import Failure, say, step
from .layout import CACHE, clone_id
from .locks import exclusive, open_lock, share
from .process import run, start_detached, tail

USER = "odoo"
PORT = 5432
SOCKET_PATH_LIMIT = 107
_leases: list[int] = []


@dataclass(frozen=True)
class Server:
    """A running server: its major version, the folder of its client programs, the variables that lead to it."""

    version: int
    programs: Path | None
    variables: dict[str, str]

    def program(self, name: str) -> str:
        """The path of a client program."""
        return str(self.programs / name) if self.programs else name


@dataclass(frozen=True)
class Cluster:
    """Where a private cluster lives and who runs it (no user: the one who runs the script)."""

    programs: Path
    folder: Path
    user: str

    @property
    def data(self) -> Path:
        """The data directory, one for each major version."""
        return self.folder / f"data-{major(self.programs)}"

    @property
    def socket(self) -> Path:
        """The folder of the socket: beside the data, or a short one where the path would be too long."""
        if len(f"{self.folder}/.s.PGSQL.{PORT}") <= SOCKET_PATH_LIMIT:
            return self.folder
        return Path(f"/tmp/workbench-{clone_id()}-{os.geteuid()}")


def open_server() -> Server:
    """A server that answers, for as long as this process lives."""
    if os.environ.get("PGHOST") or os.environ.get("PGSERVICE"):
        return _external()
    cluster = _cluster()
    with exclusive(CACHE / "locks" / "postgres"):
        lease = open_lock(CACHE / "locks" / "postgres.lease")
        share(lease)
        _leases.append(lease)
        _prepare(cluster)
        if not _answers(cluster):
            with step("Starting PostgreSQL"):
                _start(cluster)
    variables = {"PGHOST": str(cluster.socket), "PGPORT": str(PORT), "PGUSER": USER}
    return Server(major(cluster.programs), cluster.programs, variables)


def major(programs: Path) -> int:
    """The major version of the programs in a folder."""
    text = run([programs / "postgres", "--version"]).stdout
    return int(re.search(r"(\d+)", text).group(1))


def _external() -> Server:
    system.need({"psql": "postgresql-client", "createdb": "postgresql-client"}, "The PostgreSQL client")
    variables = {key: value for key, value in os.environ.items() if key.startswith("PG")}
    sorry = "The PostgreSQL server that the PG* variables name does not answer: start it, or unset them. What it said"
    answer = run(["psql", "-d", "postgres", "-Atc", "SHOW server_version_num"], failure=sorry)
    return Server(int(answer.stdout) // 10000, None, variables)


def _programs() -> Path:
    """The server's programs, the newest first; installed when there are none."""
    for attempt in (1, 2):
        found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
        if found:
            return max(found, key=lambda path: int(path.parent.name))
        program = shutil.which("initdb")
        if program and (Path(program).resolve().parent / "postgres").exists():
            return Path(program).resolve().parent
        if attempt == 1:
            system.install(["postgresql"], "PostgreSQL")
    raise Failure("PostgreSQL was installed but its programs were not found: set PGHOST to a running server.")


def _cluster() -> Cluster:
    """The cluster of this clone. PostgreSQL refuses root, and another user may not reach the cache of root."""
    programs = _programs()
    user = ""
    folder = CACHE / "postgres"
    if system.is_root():
        user = next((name for name in ("postgres", "nobody") if _exists(name)), "")
        folder.mkdir(parents=True, exist_ok=True)
        if not _reaches(user, folder):
            folder = Path(f"/var/tmp/workbench-{clone_id()}")
            say(f"    PostgreSQL's data is in {folder}: the user {user}, who runs it, cannot reach {CACHE}.")
    return Cluster(programs, folder, user)


def _exists(user: str) -> bool:
    try:
        return bool(pwd.getpwnam(user))
    except KeyError:
        return False


def _reaches(user: str, folder: Path) -> bool:
    """Whether the user can walk to the folder."""
    test = subprocess.run(["test", "-x", str(folder.parent)], user=user, group=pwd.getpwnam(user).pw_gid, check=False)
    return test.returncode == 0


def _prepare(cluster: Cluster) -> None:
    """Create the folders and, once, the data directory; a half-made one never gets its name."""
    for folder in dict.fromkeys([cluster.folder, cluster.socket]):
        _own(folder, cluster.user)
    if cluster.data.exists():
        return
    work = cluster.data.with_suffix(".partial")
    shutil.rmtree(work, ignore_errors=True)
    options = f"-U {USER} -A trust -E UTF8 --locale=C.UTF-8 -N".split()
    command = [cluster.programs / "initdb", "-D", work, *options]
    with step("Creating a private PostgreSQL cluster"):
        result = subprocess.run(
            [str(part) for part in command],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **as_user(cluster.user),
        )
    if result.returncode:
        raise Failure(f"PostgreSQL's cluster could not be created in {cluster.folder}: {tail(result.stderr)}")
    work.rename(cluster.data)


def as_user(user: str) -> dict:
    """Arguments for ``subprocess`` that run the child as that user."""
    if not user:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _own(folder: Path, user: str) -> None:
    """A private folder of that user. A folder of somebody else's with that name is refused."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = pwd.getpwnam(user).pw_uid if user else os.geteuid()
    if folder.is_symlink() or folder.stat().st_uid not in (wanted, os.geteuid()):
        raise Failure(f"{folder} belongs to somebody else: remove it, or set PGHOST to a running server.")
    if folder.stat().st_uid != wanted:
        os.chown(folder, wanted, -1)
    if stat.S_IMODE(folder.stat().st_mode) != 0o700:
        folder.chmod(0o700)


def _answers(cluster: Cluster) -> bool:
    command = [cluster.programs / "pg_isready", "-q", "-h", cluster.socket, "-p", str(PORT)]
    return run(command, check=False).returncode == 0


def _start(cluster: Cluster) -> None:
    log = CACHE / "logs" / "postgres.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    specification = {
        "programs": str(cluster.programs),
        "data": str(cluster.data),
        "socket": str(cluster.socket),
        "user": cluster.user,
        "lease": str(CACHE / "locks" / "postgres.lease"),
    }
    keeper = start_detached("workbench.keeper", specification, log)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if _answers(cluster):
            return
        if keeper.poll() is not None:
            break
        time.sleep(0.1)
    raise Failure(f"PostgreSQL did not start, see {log}: {tail(log.read_text(errors='replace'), 5)}")
