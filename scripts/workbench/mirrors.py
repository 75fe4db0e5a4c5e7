"""The machine's own Debian mirrors, read from its apt sources in either format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .system import codename

APT = Path("/etc/apt")
ROLLING = {"stable", "testing", "unstable", "sid"}


@dataclass(frozen=True)
class Mirror:
    """A Debian archive: its address, the suite this machine takes from it, and the key that signs it (path or text)."""

    uri: str
    suite: str
    signed_by: str


def find() -> list[Mirror]:
    """The mirrors that carry this machine's own Debian release, without the security and update suites."""
    wanted = ROLLING | {codename()}
    seen: dict[str, Mirror] = {}
    for mirror, components in [*_one_line(), *_deb822()]:
        if "main" in components and mirror.suite in wanted:
            seen.setdefault(mirror.uri, mirror)
    return list(seen.values())


def _files(suffix: str) -> list[Path]:
    own = [APT / "sources.list"] if suffix == ".list" else []
    return [path for path in [*own, *sorted((APT / "sources.list.d").glob(f"*{suffix}"))] if path.exists()]


def _one_line() -> Iterator[tuple[Mirror, list[str]]]:
    for path in _files(".list"):
        for line in path.read_text(errors="replace").splitlines():
            match = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]+)", line)
            if match:
                options, uri, suite, components = match.groups()
                signed = re.search(r"signed-by=(\S+)", options or "", re.IGNORECASE)
                yield Mirror(uri, suite, signed.group(1) if signed else ""), components.split()


def _deb822() -> Iterator[tuple[Mirror, list[str]]]:
    for path in _files(".sources"):
        for stanza in re.split(r"\n\s*\n", path.read_text(errors="replace")):
            fields = stanza_fields(stanza)
            if "deb" in fields.get("types", "").split() and fields.get("enabled", "yes").lower() != "no":
                for uri in fields.get("uris", "").split():
                    for suite in fields.get("suites", "").split():
                        yield Mirror(uri, suite, fields.get("signed-by", "")), fields.get("components", "").split()


def stanza_fields(stanza: str) -> dict[str, str]:
    """The fields of a deb822 stanza, continuation lines included.

    >>> stanza_fields("Types: deb\\n# a comment\\nSigned-By:\\n -----BEGIN\\n .\\n abc")
    {'types': 'deb', 'signed-by': '-----BEGIN\\n\\nabc'}
    """
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if line[0] in " \t":
            text = line.strip()
            fields[name] = (fields[name] + "\n" + ("" if text == "." else text)).lstrip("\n")
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields
