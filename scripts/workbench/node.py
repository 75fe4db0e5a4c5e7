"""The JavaScript tools: pinned in ``package-lock.json``, installed by npm in the cache."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from . import system
from .console import step
from .layout import CACHE, ROOT
from .locks import exclusive
from .process import run

FOLDER = CACHE / "node"
FILES = ("package.json", "package-lock.json", ".npmrc")


def ensure() -> Path:
    """Install the tools where the lock file changed; return the folder of their programs."""
    system.need({"node": "nodejs", "npm": "npm"}, "Node.js, which checks JavaScript and XML,")
    stamp = FOLDER / "stamp"
    wanted = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in FILES)).hexdigest()
    with exclusive(CACHE / "locks" / "node"):
        if not stamp.exists() or stamp.read_text() != wanted:
            shutil.rmtree(FOLDER, ignore_errors=True)
            FOLDER.mkdir(parents=True)
            for name in FILES:
                shutil.copy(ROOT / name, FOLDER / name)
            sorry = (
                "The JavaScript tools could not be installed: check the network and npm's configuration. What npm said"
            )
            with step("Installing the JavaScript tools"):
                run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=FOLDER, failure=sorry)
            stamp.write_text(wanted)
    return FOLDER / "node_modules"
