"""Odoo runs only the test modules that ``tests/__init__.py`` imports: one that is forgotten silently tests nothing."""

from __future__ import annotations

import ast
from pathlib import Path


def forgotten(addon: Path) -> list[Path]:
    """The ``test_*.py`` files of an addon that nothing imports."""
    return [
        path
        for path in sorted((addon / "tests").rglob("test_*.py"))
        if path.stem not in imported(path.parent / "__init__.py")
    ]


def imported(package: Path) -> set[str]:
    """The modules that a package imports from itself, ``from . import a, b`` and ``from .a import x`` alike."""
    if not package.exists():
        return set()
    names: set[str] = set()
    for node in ast.walk(ast.parse(package.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            names |= {node.module.split(".")[0]} if node.module else {alias.name for alias in node.names}
    return names
