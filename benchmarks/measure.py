"""One process, one database for each contender, all operations in turns: prints a JSON line for each measurement.

Rounds go through the contenders in rotating order, operation by operation, so that the machine's moods hit all of them
alike. Each operation is a transaction of its own with empty record caches; the registries stay warm, as on a server.
"""

import argparse
import gc
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import targets
import views
from contenders import CONTENDERS, Contender

import odoo
from odoo import Command, api, fields
from odoo.modules.registry import Registry
from odoo.tools import config

PEOPLE = ("clerk", "manager", "director", "absent")
GROUPS = ("base.group_user", "account.group_account_invoice")
BATCH = 100
BATCHES = 3
"""How often a round does what it does with a batch, so that one moment of the machine does not decide."""
LIST = 80
LINES = 3
READINGS = 3
"""How often a round reads a page or a form, or saves each form: these take little time, so that noise weighs more."""


@dataclass
class Bench:
    """A contender with its database and the invoices of the round."""

    contender: Contender
    registry: Registry
    people: dict[str, int] = field(default_factory=dict)
    setup: dict = field(default_factory=dict)
    batches: list[list[int]] = field(default_factory=list)
    singles: list[int] = field(default_factory=list)
    counter: int = 0

    def transaction(self, login: str, work: Callable) -> tuple[object, dict]:
        """Do some work as a person in a transaction of its own: (its answer, what it cost)."""
        with self.registry.cursor() as cr:
            env = api.Environment(
                cr, self.people.get(login, odoo.SUPERUSER_ID), {"lang": "en_US", "tz": "Europe/Paris"}
            )
            env["res.users"].browse(env.uid).has_group("base.group_user")
            gc.collect()
            queries, cpu, wall = cr.sql_log_count, time.process_time(), time.perf_counter()
            answer = work(env)
            cr.commit()
            cost = {
                "ms": 1000 * (time.perf_counter() - wall),
                "cpu": 1000 * (time.process_time() - cpu),
                "queries": cr.sql_log_count - queries,
            }
        return answer, cost


def prepare(bench: Bench, ballast: int) -> None:
    """Create the people, the vendors and the configuration, then bills that wait for somebody else."""
    bench.setup, _cost = bench.transaction("", lambda env: _prepare_company(env, bench))
    for start in range(0, ballast, BATCH):
        vals = [_bill(bench, "absent") for _number in range(min(BATCH, ballast - start))]
        ids, _cost = bench.transaction("clerk", lambda env, vals=vals: env["account.move"].create(vals).ids)
        if bench.contender.validates:
            bench.transaction("clerk", lambda env, ids=ids: bench.contender.submit(env["account.move"].browse(ids)))


def _prepare_company(env, bench: Bench) -> dict:
    if not env.company.chart_template:
        env["account.chart.template"].try_loading("generic_coa", company=env.company, install_demo=False)
    # E-mails are queued for the scheduled job, as on any busy server: the network is nobody's merit here.
    env["ir.config_parameter"].set_param("mail.mail.force.send.limit", "0")
    groups = [env.ref(xmlid).id for xmlid in GROUPS]
    users = env["res.users"].with_context(no_reset_password=True)
    people = {
        name: users.create(
            {"name": name, "login": name, "email": f"{name}@example.com", "group_ids": [Command.set(groups)]}
        )
        for name in PEOPLE
    }
    bench.people = {name: user.id for name, user in people.items()}
    vendors = env["res.partner"].create([{"name": "A vendor"}, {"name": "Ballast"}])
    bench.contender.configure(env, people, vendors[1])
    account = env["account.account"].search([("account_type", "=", "expense")], limit=1)
    return {"plain": vendors[0].id, "absent": vendors[1].id, "account": account.id}


def _bill(bench: Bench, vendor: str) -> dict:
    bench.counter += 1
    lines = [
        {"name": f"Line {line}", "quantity": 1, "price_unit": 150.0 + line, "account_id": bench.setup["account"]}
        for line in range(LINES)
    ]
    return {
        "move_type": "in_invoice",
        "partner_id": bench.setup[vendor],
        "invoice_date": fields.Date.today(),
        "ref": f"B{bench.counter:06d}",
        "invoice_line_ids": [Command.create(line | {"tax_ids": [Command.clear()]}) for line in lines],
    }


class Round:
    """The operations of a round, in the order of an invoice's life. Each yields (name, number of invoices, cost)."""

    def __init__(self, singles: int) -> None:
        self.singles = singles

    def operations(self) -> list[Callable]:
        """The operations, each a function from a bench to measurements."""
        return [
            self.create,
            self.save_singles,
            self.submit_batch,
            self.tell,
            self.submit_singles,
            self.waiting,
            self.counter,
            self.list,
            self.form,
            lambda bench: self.approve_batch(bench, 1, "manager"),
            self.tell,
            lambda bench: self.approve_singles(bench, 1, "manager"),
            lambda bench: self.approve_batch(bench, 2, "director"),
            self.tell,
            lambda bench: self.approve_singles(bench, 2, "director"),
            self.post_batch,
            self.post_singles,
            self.verify,
        ]

    def create(self, bench: Bench):
        """Create the drafts of the round: batches, and some one by one."""
        bench.batches = []
        for _batch in range(BATCHES):
            vals = [_bill(bench, "plain") for _number in range(BATCH)]
            ids, cost = bench.transaction("clerk", lambda env, vals=vals: env["account.move"].create(vals).ids)
            bench.batches.append(ids)
            yield "create, batches of 100", BATCH, cost
        bench.singles = []
        for _number in range(self.singles):
            vals = [_bill(bench, "plain")]
            ids, cost = bench.transaction("clerk", lambda env, vals=vals: env["account.move"].create(vals).ids)
            bench.singles += ids
            yield "create, one by one", 1, cost

    def save_singles(self, bench: Bench):
        """Save forms of drafts as the web client does: one field of the header, then one of a line."""
        form, _cost = bench.transaction("clerk", views.of_form)
        for number in range(READINGS):
            for id_ in bench.singles:
                note = {"narration": f"Note {number}"}
                yield targets.SAVE_FIELD, 1, self._save(bench, id_, form, lambda _move, note=note: note)
                yield targets.SAVE_LINE, 1, self._save(bench, id_, form, _other_price)

    def _save(self, bench: Bench, id_: int, form: dict, prepare: Callable) -> dict:
        def prepared(env):
            move = env["account.move"].browse(id_)
            return bench.contender.prepare_save(move, prepare(move))

        vals, _cost = bench.transaction("clerk", prepared)
        return _act(bench, "clerk", [id_], lambda move: bench.contender.save(move, vals, form))

    def submit_batch(self, bench: Bench):
        """Ask for approval, a batch at once."""
        if bench.contender.validates:
            for ids in bench.batches:
                yield "submit, batches of 100", BATCH, _act(bench, "clerk", ids, bench.contender.submit)

    def tell(self, bench: Bench):
        """Run the job that tells people of the batches, where the contender leaves that to a job."""
        if bench.contender.tells_later:
            cost = bench.transaction("", bench.contender.tell)[1]
            yield "tell people of a batch, in the background", BATCH * BATCHES, cost

    def submit_singles(self, bench: Bench):
        """Ask for approval, one by one."""
        if bench.contender.validates:
            for id_ in bench.singles:
                yield "submit, one by one", 1, _act(bench, "clerk", [id_], bench.contender.submit)

    def approve_batch(self, bench: Bench, level: int, login: str):
        """Approve a level, a batch at once."""
        if bench.contender.validates:
            for ids in bench.batches:
                cost = _act(bench, login, ids, bench.contender.approve)
                yield f"approve level {level}, batches of 100", BATCH, cost

    def approve_singles(self, bench: Bench, level: int, login: str):
        """Approve a level, one by one."""
        if bench.contender.validates:
            for id_ in bench.singles:
                yield f"approve level {level}, one by one", 1, _act(bench, login, [id_], bench.contender.approve)

    def post_batch(self, bench: Bench):
        """Post what is approved, a batch at once."""
        for ids in bench.batches:
            yield "post, batches of 100", BATCH, _act(bench, "clerk", ids, lambda moves: moves.action_post())

    def post_singles(self, bench: Bench):
        """Post what is approved, one by one."""
        for id_ in bench.singles:
            yield "post, one by one", 1, _act(bench, "clerk", [id_], lambda moves: moves.action_post())

    def waiting(self, bench: Bench):
        """Open the list of what waits for the user."""
        if bench.contender.validates:

            def read(env):
                domain = bench.contender.waiting_domain(env.user)
                columns = dict.fromkeys(["name", "ref", "amount_total"], {})
                return env["account.move"].web_search_read(domain, columns, limit=LIST)["length"]

            length, cost = bench.transaction("manager", read)
            assert length == BATCH * BATCHES + self.singles, f"{length} bills wait in {bench.contender.key}"
            yield "what waits for me, a page", 1, cost

    def counter(self, bench: Bench):
        """Count what waits for the user."""
        if bench.contender.validates:
            _count, cost = bench.transaction("manager", bench.contender.count_waiting)
            yield "what waits for me, the number", 1, cost

    def list(self, bench: Bench):
        """Read a page of the bills, with the approval columns."""
        extra = bench.contender.list_columns
        view = "account.view_in_invoice_bill_tree"
        columns, _cost = bench.transaction("manager", lambda env: views.of_list(env, view, extra))
        domain = [("move_type", "=", "in_invoice")]
        # The native list reads activities, in three queries more as soon as a bill has one: let one have it everywhere.
        _act(bench, "clerk", bench.singles[:1], lambda moves: moves.activity_schedule(user_id=bench.people["manager"]))
        for _number in range(READINGS):
            yield f"list of {LIST}", 1, _read(bench, lambda moves: moves.web_search_read(domain, columns, limit=LIST))

    def form(self, bench: Bench):
        """Read a form, with its lines."""
        columns, _cost = bench.transaction("manager", views.of_form)
        for _number in range(READINGS):
            yield "form", 1, _read(bench, lambda moves: moves.browse(bench.singles[0]).web_read(columns))

    def verify(self, bench: Bench):
        """Every bill of the round is posted."""
        ids = sum(bench.batches, bench.singles)
        drafts, _cost = bench.transaction(
            "clerk", lambda env: env["account.move"].search_count([("id", "in", ids), ("state", "!=", "posted")])
        )
        assert not drafts, f"{drafts} bills are not posted in {bench.contender.key}"
        return ()


def _other_price(move) -> dict:
    line = move.invoice_line_ids[0]
    return {"invoice_line_ids": [Command.update(line.id, {"price_unit": line.price_unit + 1})]}


def _act(bench: Bench, login: str, ids: list[int], action: Callable) -> dict:
    return bench.transaction(login, lambda env: action(env["account.move"].browse(ids)))[1]


def _read(bench: Bench, reading: Callable) -> dict:
    return bench.transaction("manager", lambda env: reading(env["account.move"]))[1]


def main() -> None:
    """Prepare every database, then go round."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--addons-path", required=True)
    parser.add_argument("--database", action="append", required=True, metavar="CONTENDER=NAME")
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--singles", type=int, required=True)
    parser.add_argument("--ballast", type=int, required=True)
    options = parser.parse_args()
    config.parse_config(
        ["-c", options.config, f"--addons-path={options.addons_path}", "--log-level=error"], setup_logging=True
    )
    benches = []
    for pair in options.database:
        key, _equals, name = pair.partition("=")
        benches.append(Bench(CONTENDERS[key](), Registry(name)))
        prepare(benches[-1], options.ballast)
    # The first round warms the registries and is not counted.
    for number in range(options.rounds + 1):
        for operation in Round(options.singles).operations():
            shift = number % len(benches)
            for bench in benches[shift:] + benches[:shift]:
                for name, count, cost in operation(bench):
                    row = {"round": number, "contender": bench.contender.key, "operation": name, "count": count, **cost}
                    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
