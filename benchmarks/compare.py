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
import targets

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
MODULES = {
    "plain": "",
    "unconfigured": "ours",
    "ours": "ours",
    "unchained": "ours",
    "oca": PEER,
    "oca_notifying": PEER,
}
PARTS = ("comparison", "scale")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="benchmarks/run", description="Measure the addon against plain Odoo and the peer."
    )
    parser.add_argument("--rounds", type=int, default=4, help="counted rounds (default: %(default)s)")
    parser.add_argument("--singles", type=int, default=6, help="invoices one by one in a round (default: %(default)s)")
    parser.add_argument("--ballast", type=int, default=400, help="bills that wait for others (default: %(default)s)")
    parser.add_argument("--only", nargs="+", choices=MODULES, default=list(MODULES), help="some of the contenders")
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=list(PARTS), help="beside the others, or with a long past"
    )
    parser.add_argument(
        "--sizes",
        nargs=2,
        type=int,
        default=[100_000, 1_000_000],
        help="closed steps of the past, of both measurements with a long past (default: 100000 1000000)",
    )
    parser.add_argument("--no-report", action="store_true", help="print the tables, leave RESULTS.md alone")
    return parser.parse_args()


def main() -> int:
    """Measure and report. The report is written when both parts and all contenders were measured."""
    options = arguments()
    bench = Bench("run", "test")
    rounds, past = {}, []
    with Run(bench, "benchmark") as run:
        addon = templates.ensure(bench, demo=False)
        if "comparison" in options.parts:
            rounds = table.with_whole(
                table.per_round(compare(bench, run, addon, options)), targets.WHOLE, targets.WHOLE_PARTS
            )
        if "scale" in options.parts:
            with step("Measuring with a long past"):
                past = run_inside(
                    bench,
                    run,
                    "scale",
                    [addons_path(bench, None), f"--database={run.copy(addon, 'scale')}", "--sizes", *options.sizes],
                )
    is_whole = set(options.parts) == set(PARTS) and set(options.only) == set(MODULES)
    text = report(bench, options, rounds, past)
    say("\n" + text)
    if is_whole and not options.no_report:
        RESULTS.write_text(text, encoding="utf-8")
        say(f"Written to {RESULTS.relative_to(ROOT)}.")
    return 0


def compare(bench: Bench, run: Run, addon: str, options: argparse.Namespace) -> list[dict]:
    """Measure the contenders beside each other; return the rows."""
    peer = install_peer(bench) if PEER in map(MODULES.get, options.only) else None
    native = templates.layers(bench, demo=False)[0].name
    databases = {}
    for key in options.only:
        databases[key] = run.copy(addon if MODULES[key] == "ours" else native, key)
        if MODULES[key] == PEER:
            with step("Installing the peer"):
                command = ["-d", databases[key], "-i", PEER, addons_path(bench, peer), *templates.QUIET]
                bench.run_odoo(command, failure="The peer could not be installed")
    arguments = [addons_path(bench, peer), *(f"--database={key}={name}" for key, name in databases.items())]
    arguments += [f"--{name}={getattr(options, name)}" for name in ("rounds", "singles", "ballast")]
    with step(f"Measuring {options.rounds} rounds"):
        return run_inside(bench, run, "measure", arguments)


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


def run_inside(bench: Bench, run: Run, name: str, arguments: list) -> list[dict]:
    """Run one of the programs that measure inside Odoo, in one process; return its rows."""
    command = [bench.python, HERE / f"{name}.py", "--config", bench.configuration, *arguments]
    result = subprocess.run(
        [str(part) for part in command], env=bench.environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    run.log(name).write_text(result.stdout + result.stderr)
    if result.returncode:
        raise Failure(f"The measurement failed:\n{tail(result.stderr)}")
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def report(bench: Bench, options: argparse.Namespace, rounds: table.Rounds, past: list[dict]) -> str:
    """The text of RESULTS.md."""
    python = ".".join(platform.python_version_tuple()[:2])
    return "\n".join(
        [
            "# Results of the benchmark",
            "",
            f"Made with `benchmarks/run` on {datetime.date.today()}: {os.cpu_count()} cores, Python {python}, "
            f"PostgreSQL {bench.server.version}, Odoo 19.0.",
            "",
            "## Targets",
            "",
            *targets.markdown([*targets.decisions(rounds), *targets.costs(rounds), *targets.scale(past)]),
            "",
            *(report_comparison(options, rounds) if rounds else []),
            *(report_scale(past) if past else []),
        ]
    )


def report_comparison(options: argparse.Namespace, rounds: table.Rounds) -> list[str]:
    """The lines about all contenders."""
    return [
        "## Beside plain Odoo and the peer",
        "",
        f"{options.rounds} rounds, in each three batches of 100 bills of three lines and {options.singles} one by one, "
        f"on a database in which {options.ballast} other bills wait for somebody else. All contenders take turns "
        "in one process, operation by operation, in rotating order; every operation is a transaction of its own "
        "with empty record caches.",
        "",
        "The addon always tells people: a note on each invoice, an activity for whoever can act, one e-mail to each "
        "person for a batch, with links that decide. E-mails are queued for the scheduled job, for everybody alike. "
        "The addon composes those about more than twenty invoices in a job, too: it has a row of its own.",
        "",
        "Each cell: milliseconds / CPU milliseconds of Python / queries, for one bill or one page (median of the "
        "rounds); in brackets the ratios to plain Odoo, taken within each round (median). Absolute times are of "
        "that machine; ratios travel.",
        "",
        f"The peer: {', '.join(peer_versions())}. It is there twice: telling nobody, and with its notifications on "
        "(when it is somebody's turn, when something was accepted or rejected).",
        "",
        *table.markdown(rounds),
        "",
        "Deciding with the chain of events against without it (median of the ratios within each round): "
        + table.against(rounds, "ours", "unchained", ("submit", "approve")),
        "",
    ]


def report_scale(past: list[dict]) -> list[str]:
    """The lines about a long past."""
    return [
        "## With a long past",
        "",
        "One database with closed validations (four steps each, copied in SQL from one that ran, over 2,000 vendors "
        "and 20 approvers), 20,000 open steps of which 200 wait for each of the readers, and 10,000 bills of the last "
        "month to replay, under two policies, one of which approves automatically. A tenth of all belongs to the "
        "department. Every repetition is a transaction with empty record caches.",
        "",
        "Each cell: milliseconds / queries (median). The page is the first 80, in the order of the queue.",
        "",
        *targets.scale_markdown(past),
        "",
    ]
