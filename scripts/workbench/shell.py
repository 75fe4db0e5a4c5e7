"""Odoo's shell, kept open: it starts once (seconds), and every piece of code afterwards takes a moment."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from pathlib import Path

from .bench import Bench
from .console import Failure
from .layout import ROOT
from .process import start, tail

_OPTIONS = ["--no-http", "--max-cron-threads=0", "--log-level=warn"]
# Runs inside Odoo's shell: a line with code comes in, a line with its answer or its traceback goes out.
_LOOP = """
import json, traceback
from odoo.api import SUPERUSER_ID, Environment
from odoo.modules.registry import Registry
from odoo.service.model import retrying

def answer_to(code, database):
    with Registry(database).check_signaling().cursor() as cursor:
        context = Environment(cursor, SUPERUSER_ID, {})["res.users"].context_get()
        env = Environment(cursor, SUPERUSER_ID, context)

        def run():
            names = {"env": env, "answer": None}
            exec(code, names)
            return names["answer"]

        return retrying(run, env)

database = env.cr.dbname
env.cr.rollback()
with open(INPUT) as codes, open(OUTPUT, "w") as answers:
    for line in codes:
        try:
            told = json.dumps({"answer": answer_to(json.loads(line), database)})
        except BaseException:
            told = json.dumps({"failure": traceback.format_exc()})
        print(told, file=answers, flush=True)
"""


class Shell:
    """Odoo's shell on one database. Each piece of code has a transaction of its own and sees what others committed.

    It runs again when a server wrote the same rows meanwhile, like a request to Odoo.
    """

    def __init__(self, bench: Bench, database: str, log: Path) -> None:
        self._log = log
        self._lock = threading.Lock()
        codes, to = os.pipe()
        back, answers = os.pipe()
        self._process = start(
            bench.odoo_command("shell", "-d", database, *_OPTIONS),
            env=bench.environment,
            log=log,
            cwd=ROOT,
            stdin=_LOOP.replace("INPUT", str(codes)).replace("OUTPUT", str(answers)),
            pass_fds=(codes, answers),
        )
        os.close(codes)
        os.close(answers)
        self._to, self._from = os.fdopen(to, "w"), os.fdopen(back)

    def run(self, code: str) -> object:
        """Run Python code with ``env``, commit, and return what the code assigned to ``answer``."""
        with self._lock:
            try:
                print(json.dumps(code), file=self._to, flush=True)
                told = json.loads(self._from.readline() or "{}")
            except BrokenPipeError:
                told = {}
        if "answer" not in told:
            said = told.get("failure") or self._log.read_text(errors="replace")
            raise Failure(f"The code failed in Odoo's shell:\n{tail(said)}")
        return told["answer"]

    def close(self) -> None:
        """End the shell and wait for it."""
        self._to.close()  # its loop ends
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._from.close()
