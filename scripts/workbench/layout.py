"""Where things are: the repository, its addons and the cache."""

from __future__ import annotations

import ast
import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("WORKBENCH_CACHE") or ROOT / ".cache").resolve()
ADDON = "facturation_collab"
REQUIREMENTS = ROOT / "requirements"
LOGS = CACHE / "logs"
DATA = CACHE / "data"


def addons() -> list[Path]:
    """The project's own addons: the core and its siblings."""
    return sorted(path.parent for path in ROOT.glob(f"{ADDON}*/__manifest__.py"))


def manifest(addon: Path) -> dict:
    """The manifest of an addon, as Odoo reads it."""
    return ast.literal_eval((addon / "__manifest__.py").read_text(encoding="utf-8"))


def digest(*parts: object) -> str:
    """A short stable name for what the parts say."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:10]


def clone_id() -> str:
    """Names this clone's cache, so that two clones can share one PostgreSQL server."""
    return digest(CACHE)[:6]
