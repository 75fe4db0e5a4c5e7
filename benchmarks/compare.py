"""`benchmarks/run`: databases for every contender, the measurement, the report."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import shutil
import subprocess
from pathlib import Path

import table

from workbench import templates
from workbench.bench import Bench
from workbench.console import Failure, say, step
from workbench.layout import CACHE, ROOT, digest
from workbench.locks import exclusive
from workbench.process import run as run_process
from workbench.process import tail
from workbench.runs import Run

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "RESULTS.md"
PEER = "account_move_tier_validation"
# What each contender's database has beside Odoo's own modules.
MODULES = {"plain": "", "unconfigured": "ours", "ours": "ours", "unchained": "ours", "oca": PEER}


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="benchmarks/run", description="Measure the addon against plain Odoo and the peer."
    )
    parser.add_argument("--rounds", type=int, default=7, help="counted rounds (default: %(default)s)")
    parser.add_argument("--singles", type=int, default=10, help="invoices one by one in a round (default: %(default)s)")
    parser.add_argument("--ballast", type=int, default=1000, help="bills that wait for others (default: %(default)s)")
    parser.add_argument("--only", nargs="+", choices=MODULES, default=list(MODULES), help="some of the contenders")
    parser.add_argument("--no-report", action="store_true", help="print the table, leave RESULTS.md alone")
    return parser.parse_args()


def main() -> int:
    """Measure and report."""
    options = arguments()
    bench = Bench("run", "test")
    peer = install_peer(bench) if "oca" in options.only else None
    with Run(bench, "benchmark") as run:
        addon = templates.ensure(bench, demo=False)
        native = templates.layers(bench, demo=False)[0].name
        databases = {}
        for key in options.only:
            databases[key] = run.copy(addon if MODULES[key] == "ours" else native, key)
            if MODULES[key] == PEER:
                with step("Installing the peer"):
                    command = ["-d", databases[key], "-i", PEER, addons_path(bench, peer), *templates.QUIET]
                    bench.run_odoo(command, failure="The peer could not be installed")
        with step(f"Measuring {options.rounds} rounds"):
            rows = measure(bench, run, databases, options, addons_path(bench, peer))
    rounds = table.per_round(rows)
    say("\n" + "\n".join(table.markdown(rounds)))
    if not options.no_report:
        RESULTS.write_text(report(bench, options, rounds), encoding="utf-8")
        say(f"\nWritten to {RESULTS.relative_to(ROOT)}.")
    return 0


def install_peer(bench: Bench) -> Path:
    """Bring the peer to a folder of its own in the cache; return its addons folder."""
    requirements = HERE / "requirements.txt"
    target = CACHE / "peer" / digest(requirements.read_text())
    with exclusive(CACHE / "locks" / "peer"):
        if not target.exists():
            work = target.with_suffix(".partial")
            shutil.rmtree(work, ignore_errors=True)
            with step("Downloading the peer"):
                # Without its dependencies: Odoo itself is not on PyPI.
                command = [
                    bench.python,
                    "-m",
                    "pip",
                    "install",
                    "-q",
                    "--no-deps",
                    "--target",
                    work,
                    "-r",
                    requirements,
                ]
                run_process(command, failure="The peer could not be installed: check the network")
            work.rename(target)
    return target / "odoo" / "addons"


def peer_versions() -> list[str]:
    """The pinned packages of the peer."""
    lines = (HERE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line.replace("==", " ") for line in lines if line and not line.startswith("#")]


def addons_path(bench: Bench, peer: Path | None) -> str:
    """The option that names the addons of every contender."""
    folders = [*bench.odoo.addons_path, ROOT, *([peer] if peer else [])]
    return f"--addons-path={','.join(map(str, folders))}"


def measure(bench: Bench, run: Run, databases: dict, options: argparse.Namespace, addons: str) -> list[dict]:
    """Run the measurement in one process with its databases; return its rows."""
    command = [bench.python, HERE / "measure.py", "--config", bench.configuration, addons]
    command += [f"--database={key}={name}" for key, name in databases.items()]
    command += [f"--{name}={getattr(options, name)}" for name in ("rounds", "singles", "ballast")]
    result = subprocess.run(
        [str(part) for part in command], env=bench.environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    run.log("measure").write_text(result.stdout + result.stderr)
    if result.returncode:
        raise Failure(f"The measurement failed:\n{tail(result.stderr)}")
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def report(bench: Bench, options: argparse.Namespace, rounds: table.Rounds) -> str:
    """The text of RESULTS.md."""
    python = ".".join(platform.python_version_tuple()[:2])
    return "\n".join(
        [
            "# Results of the benchmark",
            "",
            f"Made with `benchmarks/run` on {datetime.date.today()}: {os.cpu_count()} cores, Python {python}, "
            f"PostgreSQL {bench.server.version}, Odoo 19.0.",
            "",
            f"{options.rounds} rounds, in each 100 bills of three lines in a batch and {options.singles} one by one, "
            f"on a database in which {options.ballast} other bills wait for somebody else. All contenders take turns "
            "in one process, operation by operation, in rotating order; every operation is a transaction of its own "
            "with empty record caches.",
            "",
            "Each cell: milliseconds / CPU milliseconds of Python / queries, for one bill or one page (median of the "
            "rounds); in brackets the ratios to plain Odoo, taken within each round (median). Absolute times are of "
            "that machine; ratios travel.",
            "",
            f"The peer: {', '.join(peer_versions())}.",
            "",
            *table.markdown(rounds),
            "",
            "Deciding with the chain of events against without it (median of the ratios within each round): "
            + table.against(rounds, "ours", "unchained", ("submit", "approve")),
            "",
        ]
    )
