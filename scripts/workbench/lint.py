"""The linters and formatters, one outcome for all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from . import node
from .imports import forgotten
from .layout import CACHE, ROOT, addons
from .outcome import Outcome
from .process import run, tail

PYTHON_FOLDERS = ["scripts", "tests", "benchmarks"]
# Rules of pylint-odoo, each with the reason.
NOT_FOLLOWED = {
    "consider-merging-classes-inherited": "one concept, one file: a model that is extended for two reasons has two",
    "missing-readme": "there is one README for the repository",
    "missing-return": "a compute calls super() for its effect and has nothing to return",
}
# Written by machines.
IGNORED_PARTS = {"node_modules", ".cache", "lib", "__pycache__"}


def files(*suffixes: str) -> list[str]:
    """The project's own files with these endings, relative to the repository."""
    places = [*addons(), *(ROOT / name for name in PYTHON_FOLDERS)]
    found = [
        path for place in places for path in sorted(place.rglob("*")) if path.suffix in suffixes and path.is_file()
    ]
    relative = [path.relative_to(ROOT) for path in found]
    return [str(path) for path in relative if not IGNORED_PARTS & set(path.parts)]


def check(python: Path, *, fix: bool = False) -> Outcome:
    """Run every linter; with ``fix`` let the formatters write."""
    outcome = Outcome("lint")
    for title, command, environment in commands(python, fix):
        result = run(command, cwd=ROOT, check=False, env={**os.environ, **environment})
        outcome.require(result.returncode == 0, f"{title}:\n{tail(result.stdout, 60)}")
    for addon in addons():
        missing = [str(path.relative_to(ROOT)) for path in forgotten(addon)]
        outcome.require(not missing, f"tests/__init__.py does not import {', '.join(missing)}: they would never run.")
    return outcome


def commands(python: Path, fix: bool) -> Iterator[tuple[str, list, dict[str, str]]]:
    """Title, command line and extra environment of each linter."""
    targets = [str(path.relative_to(ROOT)) for path in addons()] + [
        name for name in PYTHON_FOLDERS if (ROOT / name).exists()
    ]
    cached = {"RUFF_CACHE_DIR": str(CACHE / "ruff")}
    yield "ruff check", [python, "-m", "ruff", "check", *(["--fix"] if fix else []), *targets], cached
    yield "ruff format", [python, "-m", "ruff", "format", *([] if fix else ["--check", "--diff"]), *targets], cached
    if addons():
        pylint = [python, "-m", "pylint", "--rcfile=.pylintrc", f"--disable={','.join(NOT_FOLLOWED)}"]
        home = {"PYLINTHOME": str(CACHE / "pylint")}
        yield "pylint-odoo", [*pylint, *targets[: len(addons())]], home
    modules = node.ensure()
    scripts, markup = files(".js", ".mjs"), files(".xml", ".js", ".mjs", ".scss")
    if markup:
        prettier = ["node", modules / "prettier/bin/prettier.cjs", "--config", ".prettierrc.json"]
        plugin = ["--plugin", str(modules / "@prettier/plugin-xml/src/plugin.js")]
        yield "prettier", [*prettier, *plugin, "--write" if fix else "--check", *markup], {}
    if scripts:
        eslint = ["node", modules / "eslint/bin/eslint.js", "--config", "eslint.config.mjs", "--no-warn-ignored"]
        yield (
            "eslint",
            [*eslint, "--max-warnings=0", *(["--fix"] if fix else []), *scripts],
            {"WORKBENCH_NODE": str(modules)},
        )
