"""What does not grow with the past: prints a JSON line for each measurement at each size of the history.

Runs in one process on a database of its own. Every repetition is a transaction with empty record caches.
"""

import argparse
import json
import time

import history as past
import measure
from contenders import Ours

from odoo import Command
from odoo.modules.registry import Registry
from odoo.tools import SQL, config

LEVELS = 4
OPEN, MINE = 20_000, 200
REPLAYED = 10_000
PEOPLE = ("clerk", "me", "member", *(f"other{number}" for number in range(20)))
READERS = {"me": "accounting", "member": "a manager of a department"}
OPEN_ROWS = "account_move_validation_waiting_rel"
"""Holds whom an invoice waits for: rows of open steps only."""
PAST_TABLES = ("account_move", "account_validation_request", "account_validation_step", "account_validation_event")


class Bench(measure.Bench):
    """The addon with four levels, and a department."""

    def prepare(self) -> None:
        """Create people, policies, a department, and the invoices whose copies make the history."""
        self.setup, _cost = self.transaction("", self._prepare_company)
        self.templates = {}
        for name, decided in (("closed", LEVELS), ("open", 0)):
            ids, _cost = self.transaction(
                "clerk", lambda env: env["account.move"].create(measure._bill(self, "plain")).ids
            )
            self.transaction("clerk", lambda env, ids=ids: env["account.move"].browse(ids).action_submit())
            for number in range(decided):
                person = f"other{number}"
                self.transaction(person, lambda env, ids=ids: env["account.move"].browse(ids).action_approve())
            if decided:
                self.transaction("clerk", lambda env, ids=ids: env["account.move"].browse(ids).action_post())
            self.templates[name] = ids[0]
        ids, _cost = self.transaction("clerk", lambda env: env["account.move"].create(measure._bill(self, "plain")).ids)
        self.templates["draft"] = ids[0]

    def _prepare_company(self, env) -> dict:
        env["account.chart.template"].try_loading("generic_coa", company=env.company, install_demo=False)
        env["ir.config_parameter"].set_param("mail.mail.force.send.limit", "0")
        department = env["hr.department"].create({"name": "Department"})
        finance = [env.ref(xmlid).id for xmlid in measure.GROUPS]
        users = (
            env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                [
                    {
                        "name": name,
                        "login": name,
                        "email": f"{name}@example.com",
                        "group_ids": [Command.set(finance if name != "member" else [env.ref("base.group_user").id])],
                    }
                    for name in [*PEOPLE, *(f"joins{number}" for number in range(20))]
                ]
            )
        )
        self.people = {user.login: user.id for user in users}
        env["account.department.member"].create(
            {"department_id": department.id, "user_id": self.people["member"], "role": "manager"}
        )
        self._create_policies(env)
        vendor = env["res.partner"].create({"name": "A vendor"})
        account = env["account.account"].search([("account_type", "=", "expense")], limit=1)
        return {"plain": vendor.id, "account": account.id, "department": department.id}

    def _create_policies(self, env) -> None:
        levels = [
            {"name": f"Level {number}", "sequence": number, "approver_type": "user", "user_ids": [self.people[login]]}
            for number, login in enumerate(PEOPLE[3 : 3 + LEVELS])
        ]
        automatic = {"auto_approve": True, "auto_amount_max": 300, "auto_bill_count": 3}
        for sequence, vals in enumerate(({"name": "Large", "amount_min": 3000}, {"name": "Others", **automatic})):
            level_vals = [Command.create(level) for level in levels]
            env["account.validation.policy"].create({**vals, "sequence": sequence, "level_ids": level_vals})

    def grow(self, closed_steps: int) -> None:
        """Add closed steps to the history."""
        self.transaction("", lambda env: self._grow(env, closed_steps // LEVELS))

    def _grow(self, env, count: int) -> None:
        history = past.History(env.cr)
        others = [self.people[name] for name in PEOPLE[1:]]
        self.partners = getattr(self, "partners", None) or past.add_partners(history, self.setup["plain"])
        closed = env["account.move"].browse(self.templates["closed"]).validation_request_id
        changed = self._spread() | {"department_id": f"CASE WHEN n % 10 = 0 THEN {self.setup['department']} END"}
        people = [f"(ARRAY{others})[1 + (n + {level}) % {len(others)}]" for level in range(LEVELS)]
        past.add_validations(history, closed, count, changed, people)

    def _spread(self) -> dict[str, str]:
        """Return the columns that spread invoices over vendors and days."""
        day = f"current_date - ({past.LATEST} + n % {past.OLDEST - past.LATEST})"
        return {"partner_id": self.partners, "commercial_partner_id": self.partners, "invoice_date": day, "date": day}

    def add_work(self) -> None:
        """Add what waits, and what is replayed."""
        self.transaction("", self._add_open)
        self.transaction("", self._add_replayed)

    def _add_open(self, env) -> None:
        history = past.History(env.cr)
        waiting = env["account.move"].browse(self.templates["open"]).validation_request_id
        others = [self.people[name] for name in PEOPLE[3:]]
        anybody = f"(ARRAY{others})[1 + n % {len(others)}]"
        mine = f"n < {MINE} THEN {self.people['me']} WHEN n < {2 * MINE} THEN {self.people['member']}"
        changed = self._spread() | {"department_id": f"CASE WHEN n % 10 = 0 THEN {self.setup['department']} END"}
        people = [f"CASE WHEN {mine} ELSE {anybody} END", *[anybody] * (LEVELS - 1)]
        past.add_validations(history, waiting, OPEN, changed, people)

    def _add_replayed(self, env) -> None:
        amount = "(100 + n % 4000)"
        amounts = {name: amount for name in ("amount_total", "amount_untaxed", "amount_residual")}
        amounts |= {f"{name}_signed": f"-{amount}" for name in amounts}
        changed = {"partner_id": self.partners, "commercial_partner_id": self.partners, **amounts}
        draft = env["account.move"].browse(self.templates["draft"])
        past.add_bills(
            past.History(env.cr),
            draft,
            REPLAYED - len(self.templates),
            changed | {"invoice_date": "current_date - n % 20"},
        )

    def analyze(self) -> None:
        """Tell the planner what there is."""
        with self.registry.cursor() as cr:
            cr.execute("ANALYZE")

    # What is measured: each yields (name, cost)

    def waiting(self, login: str):
        """Read a page of what waits for somebody, in the order of the queue, and its number."""
        columns = ["name", "ref", "amount_total", "validation_since", "validation_urgency"]
        order = "validation_urgency, validation_since, id"

        def page(env):
            domain = self.contender.waiting_domain(env.user)
            return len(env["account.move"].search_fetch(domain, columns, limit=measure.LIST, order=order))

        length, cost = self.transaction(login, page)
        assert length == measure.LIST, length
        yield "what waits for me, a page", cost
        number, cost = self.transaction(login, self.contender.count_waiting)
        assert number == MINE, number
        yield "what waits for me, the number", cost

    def explain(self, login: str) -> dict:
        """Return which indexes and which whole tables PostgreSQL reads for the number of what waits for somebody."""

        def plan(env):
            query = env["account.move"]._search(self.contender.waiting_domain(env.user))
            [[answer]] = env.execute_query(SQL("EXPLAIN (ANALYZE, FORMAT JSON) %s", query.select(SQL("COUNT(*)"))))
            return answer[0]["Plan"]

        nodes = list(_nodes(self.transaction(login, plan)[0]))
        return {
            "indexes": sorted({node["Index Name"] for node in nodes if "Index Name" in node}),
            "scanned": sorted(
                {node["Relation Name"] for node in nodes if node["Node Type"].endswith("Seq Scan")} & set(PAST_TABLES)
            ),
            "rows": max(node["Actual Rows"] * node["Actual Loops"] for node in nodes),
        }

    def join(self, number: int):
        """Give somebody a role in the department."""
        vals = {
            "department_id": self.setup["department"],
            "user_id": self.people[f"joins{number}"],
            "role": "validator",
        }
        _member, cost = self.transaction("", lambda env: env["account.department.member"].create(vals).id)
        yield "a member joins a department", cost

    def replay(self):
        """Run the policies in force over the invoices of the last month, slice by slice, as the scheduled job does."""
        vals = {"name": "Replay", "months": 1}
        replay_id, cost = self.transaction("", lambda env: self._start_replay(env, vals))
        state = "running"
        while state == "running":
            state, more = self.transaction("", lambda env: self._replay_slice(env, replay_id))
            cost = {name: value + more[name] for name, value in cost.items()}
        done, _cost = self.transaction("", lambda env: env["account.validation.replay"].browse(replay_id).done)
        assert done == REPLAYED, done
        yield f"replay of {REPLAYED:,} invoices", cost

    def _start_replay(self, env, vals) -> int:
        replay = env["account.validation.replay"].create(vals)
        replay.action_replay()
        return replay.id

    def _replay_slice(self, env, replay_id) -> str:
        replay = env["account.validation.replay"].browse(replay_id)
        replay._replay_slice()
        return replay.state


def _nodes(plan: dict):
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def measurements(bench: Bench, size: int, repetitions: int, start: int):
    """Yield the rows of one size."""
    for number in range(repetitions + 1):
        for login, who in READERS.items():
            for name, cost in bench.waiting(login):
                if number:  # the first round warms up
                    yield {"size": size, "operation": f"{name} ({who})", **cost}
    for login, who in READERS.items():
        yield {"size": size, "plan": who, **bench.explain(login)}
    for number in range(start, start + repetitions):
        for name, cost in bench.join(number):
            yield {"size": size, "operation": name, **cost}
    for name, cost in bench.replay():
        yield {"size": size, "operation": name, **cost}


def main() -> None:
    """Measure at each size of the history."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--addons-path", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--sizes", type=int, nargs=2, default=[100_000, 1_000_000])
    options = parser.parse_args()
    config.parse_config(
        ["-c", options.config, f"--addons-path={options.addons_path}", "--log-level=error"], setup_logging=True
    )
    bench = Bench(Ours(), Registry(options.database))
    bench.prepare()
    size = 0
    for number, wanted in enumerate(options.sizes):
        started = time.perf_counter()
        bench.grow(wanted - size)
        if not size:
            bench.add_work()
        bench.analyze()
        size = wanted
        print(json.dumps({"size": size, "seconds to make it": round(time.perf_counter() - started)}), flush=True)
        for row in measurements(bench, size, options.repetitions, number * options.repetitions):
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
