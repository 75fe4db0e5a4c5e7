"""Template databases in layers, each named by what it is made of.

The first holds Odoo's own modules (slow to install, seldom changes); the second is a copy with the project's addons on
top (quick, changes with every edit); the third adds what the browser loads, bundled. Tests run on copies of the second
or the third, the demo on a copy of the second.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path

from . import logcheck
from .bench import Bench
from .console import Failure, say, step
from .layout import CACHE, LOGS, ROOT, addons, digest, manifest
from .locks import exclusive
from .process import run, tail
from .server import shell

LAYOUT = 3
# The first is the default one.
LANGUAGES = "en_US,fr_FR"
# As Odoo's own test runner does; its own bundles of tests are large and wanted by few.
BUNDLE = "env['ir.qweb']._pregenerate_assets_bundles()"
QUIET = ["--stop-after-init", "--no-http", "--max-cron-threads=0"]
# Beside what the addons depend on: the French chart, electronic invoices, and what people have in practice.
NATIVE_MODULES = ["account", "account_edi_ubl_cii", "hr", "l10n_fr_account"]
# Read from disk when needed, hence no part of what is installed.
NOT_INSTALLED = {"tests", "static", "readme", "__pycache__"}


@dataclass(frozen=True)
class Template:
    """A template to have: its database and how to make it when it is missing."""

    name: str
    title: str
    modules: tuple[str, ...]
    base: str = ""
    demo: bool = False


def native_modules() -> list[str]:
    """Odoo's modules that the project's addons stand on."""
    own = {addon.name for addon in addons()}
    depends = {name for addon in addons() for name in manifest(addon).get("depends", [])}
    return sorted((depends - own) | set(NATIVE_MODULES))


def addon_files(addon: Path) -> list[Path]:
    """The files of an addon that an installation reads."""
    return [
        path
        for path in sorted(addon.rglob("*"))
        if path.is_file() and not NOT_INSTALLED & set(path.relative_to(addon).parts[:-1]) and path.suffix != ".pyc"
    ]


@functools.cache
def addons_digest() -> str:
    """What the project's addons are made of; one answer for the whole run, whoever edits meanwhile."""
    content = hashlib.sha256()
    for addon in addons():
        for path in addon_files(addon):
            content.update(f"{path.relative_to(addon.parent)}\0".encode())
            content.update(path.read_bytes())
    return content.hexdigest()


def layers(bench: Bench, demo: bool) -> tuple[Template, Template]:
    """The two layers, with or without demo data."""
    kind = "demo" if demo else "plain"
    modules = native_modules()
    prefix = bench.databases.prefix
    key = digest(LAYOUT, bench.odoo.identity, bench.server.version, LANGUAGES, demo, *modules)
    native = Template(f"{prefix}native_{kind}_{key}", f"Odoo's own modules ({kind})", tuple(modules), demo=demo)
    own = tuple(addon.name for addon in addons())
    key = digest(key, addons_digest())
    return native, Template(f"{prefix}addon_{kind}_{key}", f"the addon ({kind})", own, native.name, demo)


def ensure(bench: Bench, demo: bool) -> str:
    """The database of the second layer, made now if it is not there."""
    with exclusive(CACHE / "locks" / f"templates-{'demo' if demo else 'plain'}"):
        for template in layers(bench, demo):
            if not bench.databases.exists(template.name):
                _make(bench, template)
        return template.name


def install_log(demo: bool) -> Path:
    """The log of the last installation of the addons."""
    return LOGS / f"install-{'demo' if demo else 'plain'}.log"


def assets_layer(bench: Bench) -> Template:
    """The third layer, named by the second and by what the addons send to browsers."""
    base = layers(bench, demo=False)[1]
    name = f"{_bundles_of(bench, base)}{digest(static_digest())}"
    return Template(name, "what the browser loads", (), base.name)


@functools.cache
def static_digest() -> str:
    """What the addons send to browsers; one answer for the whole run."""
    content = hashlib.sha256()
    for path in sorted(path for addon in addons() for path in (addon / "static").rglob("*") if path.is_file()):
        content.update(f"{path}\0".encode())
        content.update(path.read_bytes())
    return content.hexdigest()


def _bundles_of(bench: Bench, base: Template) -> str:
    """How the names of the third layers over that second one begin."""
    return f"{bench.databases.prefix}assets_{digest(base.name)}_"


def _bundles(bench: Bench) -> list[str]:
    """The third layers over the second one of now, of whatever age."""
    start = _bundles_of(bench, layers(bench, demo=False)[1])
    return [name for name in bench.databases.names() if name.startswith(start) and not name.endswith("_partial")]


def ensure_assets(bench: Bench, *, hurry: bool = False) -> str:
    """The database of the third layer, made now if it is not there.

    In a hurry (one test) take what is there: bundles of older sources, which Odoo renews where they changed, or none.
    """
    base = ensure(bench, demo=False)
    if hurry:
        older = _bundles(bench)
        wanted = assets_layer(bench).name
        return wanted if wanted in older else next(iter(older), base)
    with exclusive(CACHE / "locks" / "templates-assets"):
        template = assets_layer(bench)
        if not bench.databases.exists(template.name):
            work = f"{template.name}_partial"
            bench.databases.drop(work)
            with step("Bundling what the browser loads"):
                bench.databases.copy(template.base, work)
                shell(bench, work, BUNDLE)
            bench.databases.rename(work, template.name)
        return template.name


def _make(bench: Bench, template: Template) -> None:
    """Build under another name, so that a build that was killed is never taken for a template."""
    work = f"{template.name}_partial"
    log = install_log(template.demo) if template.base else LOGS / f"native-{template.demo}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    databases = bench.databases
    databases.drop(work)
    with step(f"Installing {template.title}"):
        if template.base:
            databases.copy(template.base, work)
        arguments = ["-d", work, "-i", ",".join(template.modules), *QUIET]
        arguments += [] if template.base else [f"--load-language={LANGUAGES}"]
        arguments += ["--with-demo"] if template.demo else []
        command = bench.odoo_command(*arguments, f"--logfile={log}")
        result = run(command, env=bench.environment, check=False, cwd=ROOT)
    _check_log(template, log)
    if result.returncode:
        raise Failure(f"Odoo could not install {template.title}, see {log}:\n{tail(result.stdout)}")
    databases.rename(work, template.name)


def _check_log(template: Template, log: Path) -> None:
    """An installation with an error in its log is no template; with a warning, the next test run reports it."""
    problems = logcheck.problems(log)
    errors = [problem for problem in problems if problem.level != "WARNING"]
    if errors:
        raise Failure(f"Installing {template.title} logged an error, see {log}:\n{tail(errors[-1].text)}")
    for problem in problems:
        say(f"    {problem.text}")


def drop_old(bench: Bench) -> None:
    """Forget templates that nothing would make any more. Nobody else may be at work."""
    wanted = {template.name for demo in (False, True) for template in layers(bench, demo)}
    wanted |= set(sorted(_bundles(bench), key=assets_layer(bench).name.__eq__)[-1:])
    for name in bench.databases.names():
        layer = name.removeprefix(bench.databases.prefix).split("_")[0]
        if layer in ("native", "addon", "assets") and name not in wanted:
            bench.databases.drop(name)
