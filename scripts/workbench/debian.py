"""Debian's ``odoo-19`` package, unpacked under the cache next to whatever release the machine runs.

apt checks the archive's signatures in a private configuration; nothing is installed on the machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from .console import Failure, step
from .layout import CACHE
from .mirrors import Mirror, find
from .process import run, tail

SUITE = "sid"
ODOO = "odoo-19"
# Fonts and JavaScript that the package links to, from the same suite.
COMPANIONS = [
    "fonts-glyphicons-halflings",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
]
# From the machine's own release: newer ones no longer have the files that Odoo links to.
OLDER_COMPANIONS = ["fonts-font-awesome", "fonts-inconsolata"]
PACKAGES = Path("usr/lib/python3/dist-packages")


def unpack(target: Path) -> None:
    """Bring the package to ``target``; raise ``Failure`` when this machine cannot."""
    mirrors = find()
    if not mirrors or not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise Failure("This machine has no Debian mirror in its apt sources.")
    work = target.with_suffix(".partial")
    shutil.rmtree(work, ignore_errors=True)
    (work / "root").mkdir(parents=True)
    for mirror in mirrors:
        try:
            _download(work, mirror)
            break
        except Failure as failure:
            last = failure
    else:
        raise last
    with step("Unpacking Odoo"):
        for archive in sorted(work.glob("*.deb")):
            _extract(archive, work / "root")
        _mend(work / "root")
    (work / "root").rename(target)
    shutil.rmtree(work, ignore_errors=True)


def _download(work: Path, mirror: Mirror) -> None:
    options = _private_apt(work, mirror)
    sorry = "Debian's odoo-19 package could not be downloaded"
    with step("Reading the package lists of Debian's unstable suite"):
        run(["apt-get", *options, "update"], failure=sorry, cwd=work)
    with step("Downloading Odoo 19 (120 MB) and its fonts"):
        older = [f"{name}/{mirror.suite}" for name in OLDER_COMPANIONS]
        newer = [f"{name}/{SUITE}" for name in [ODOO, *COMPANIONS]]
        run(["apt-get", *options, "download", *newer, *older], failure=sorry, cwd=work)


def _private_apt(work: Path, mirror: Mirror) -> list[str]:
    """Options for an apt that reads this mirror only and keeps everything in ``work``."""
    signed_by = mirror.signed_by
    if "BEGIN PGP" in signed_by:
        key = work / "archive.asc"
        key.write_text(signed_by + "\n")
        signed_by = str(key)
    option = f"[signed-by={','.join(signed_by.split())}] " if signed_by else ""
    suites = dict.fromkeys([SUITE, mirror.suite])
    (work / "sources.list").write_text("".join(f"deb {option}{mirror.uri} {suite} main\n" for suite in suites))
    for folder in ("lists/partial", "archives/partial"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    settings = {
        "Dir::Etc::SourceList": work / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": work / "lists",
        "Dir::Cache": work,
        "Dir::Cache::Archives": work / "archives",
        "Acquire::Languages": "none",
        "APT::Sandbox::User": "root",
    }
    return ["-q", *(f"-o{name}={value}" for name, value in settings.items())]


def _extract(archive: Path, root: Path) -> None:
    """Unpack one package, without the second, incomplete copy of the addons that odoo-19 carries."""
    content = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE)
    excluded = f"--exclude=./{PACKAGES}/addons"
    tar = subprocess.run(
        ["tar", "-x", "--no-same-owner", excluded, "-C", str(root)],
        stdin=content.stdout,
        capture_output=True,
        check=False,
    )
    if content.wait() or tar.returncode:
        raise Failure(f"{archive.name} could not be unpacked under {CACHE}: {tail(tar.stderr.decode())}")


def _mend(root: Path) -> None:
    """Put back what Debian strips: without this file every browser tour stops on a console error."""
    stripped = root / PACKAGES / "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
    if not stripped.exists():
        stripped.parent.mkdir(parents=True, exist_ok=True)
        stripped.touch()


def dangling(root: Path) -> list[str]:
    """Links that lead nowhere: a companion package no longer has the file."""
    return [
        os.path.join(folder, name)
        for folder, folders, files in os.walk(root)
        for name in [*folders, *files]
        if os.path.islink(os.path.join(folder, name)) and not os.path.exists(os.path.join(folder, name))
    ]
