"""A synthetic past in SQL: copies of a few invoices that really went through the engine. Runs inside Odoo.

Every copy is a row with all its columns and with foreign keys that hold (PostgreSQL checks them). Of the events, only
decisions are copied.
"""

from __future__ import annotations

from dataclasses import dataclass

OLDEST, LATEST = 660, 60
"""Between so many days ago the closed validations lie."""
PARTNERS = 2000


@dataclass
class Copies:
    """Where the copies of a row are: ids from `first` on, `step` apart."""

    first: int
    step: int = 1

    def __str__(self) -> str:
        return f"{self.first} + n * {self.step}"


class History:
    """Copies rows `count` times; in expressions, `n` counts from 0."""

    def __init__(self, cr) -> None:
        self.cr = cr

    def reserve(self, table: str, count: int) -> int:
        """Take the next ids of a table; return the first one."""
        self.cr.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
        first = self.cr.fetchone()[0]
        self.cr.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, first + count])
        return first

    def copy(self, table: str, source_id: int, **changed: str) -> str:
        """Return the INSERT that copies a row of a table, with expressions for the columns that differ."""
        self.cr.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'",
            [table],
        )
        names = [name for (name,) in self.cr.fetchall()]
        values = ", ".join(str(changed.get(name, f'source."{name}"')) for name in names)
        columns = ", ".join(f'"{name}"' for name in names)
        source = f"FROM {table} source, numbers WHERE source.id = {source_id}"
        return f"INSERT INTO {table} ({columns}) SELECT {values} {source}"

    def link(self, table: str, columns: tuple[str, str], left: object, right: object) -> str:
        """Return the INSERT of one row of a relation for each copy."""
        return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {left}, {right} FROM numbers ON CONFLICT DO NOTHING"

    def run(self, count: int, *statements: str) -> None:
        """Execute statements as one, so that rows may refer to each other in a circle."""
        *firsts, last = statements
        numbers = f"numbers AS (SELECT n FROM generate_series(0, {count - 1}) n)"
        parts = [numbers, *(f"part_{number} AS ({text})" for number, text in enumerate(firsts))]
        self.cr.execute(f"WITH {', '.join(parts)} {last}")


def add_partners(history: History, source_id: int) -> str:
    """Copy a vendor; return the expression that spreads invoices over the copies."""
    first = history.reserve("res_partner", PARTNERS)
    history.run(
        PARTNERS,
        history.copy("res_partner", source_id, id=f"{first} + n", commercial_partner_id=f"{first} + n", barcode="NULL"),
    )
    return f"{first} + n % {PARTNERS}"


def add_validations(history: History, request, count: int, changed: dict[str, str], people: list[str]) -> None:
    """Copy an invoice with its request, steps and decisions.

    :param request: account.validation.request of the invoice to copy
    :param count: how many invoices
    :param changed: {column of the invoice: expression}
    :param people: for each step, the expression of the user whom it asks
    """
    steps = request.step_ids.sorted("sequence")
    moves = Copies(history.reserve("account_move", count))
    requests = Copies(history.reserve("account_validation_request", count))
    first = history.reserve("account_validation_step", count * len(steps))
    copied = [Copies(first + position, len(steps)) for position in range(len(steps))]
    day = f"now() at time zone 'UTC' - interval '1 day' * ({LATEST} + n % {OLDEST - LATEST})"
    history.run(
        count,
        history.copy(
            "account_move",
            request.move_id.id,
            id=moves,
            name="'HISTORY/' || " + str(moves),
            ref="'H' || " + str(moves),
            access_token="NULL",
            validation_request_id=requests,
            **changed,
        ),
        history.copy("account_validation_request", request.id, id=requests, move_id=moves, submitted_at=day),
        *(
            history.copy(
                "account_validation_step",
                step.id,
                id=ids,
                request_id=requests,
                move_id=moves,
                opened_at=f"CASE WHEN source.opened_at IS NOT NULL THEN {day} END",
            )
            for step, ids in zip(steps, copied, strict=True)
        ),
        "SELECT 1",
    )
    for step, ids, person in zip(steps, copied, people, strict=True):
        _add_people(history, step, ids, (moves, requests), count, person)


def _add_people(history: History, step, ids: Copies, owners: tuple[Copies, Copies], count: int, person: str) -> None:
    moves, requests = owners
    to_step = ("account_validation_step_id", "res_users_id")
    to_request = ("account_validation_request_id", "res_users_id")
    history.run(count, history.link("account_validation_step_approver_rel", to_step, ids, person))
    participants = ("move_id", "user_id")
    history.run(count, history.link("account_validation_request_participant_rel", to_request, requests, person))
    history.run(count, history.link("account_move_validation_participant_rel", participants, moves, person))
    if step.state == "open":
        history.run(count, history.link("account_validation_request_waiting_rel", to_request, requests, person))
        history.run(count, history.link("account_move_validation_waiting_rel", participants, moves, person))
    decision = step.request_id.event_ids.filtered(lambda event: event.step_id == step and event.type == "approved")
    if decision:
        history.run(count, history.link("account_validation_step_voter_rel", to_step, ids, person))
        first = history.reserve("account_validation_event", count)
        history.run(
            count,
            history.copy(
                "account_validation_event",
                decision.id,
                id=f"{first} + n",
                request_id=requests,
                step_id=ids,
                user_id=person,
                date=f"now() at time zone 'UTC' - interval '1 day' * ({LATEST} + n % {OLDEST - LATEST} - 0.3)",
            ),
        )


def add_bills(history: History, move, count: int, changed: dict[str, str]) -> None:
    """Copy a draft with its lines."""
    moves = Copies(history.reserve("account_move", count))
    first = history.reserve("account_move_line", count * len(move.line_ids))
    history.run(
        count,
        history.copy("account_move", move.id, id=moves, ref="'R' || " + str(moves), access_token="NULL", **changed),
        *(
            history.copy("account_move_line", line.id, id=Copies(first + position, len(move.line_ids)), move_id=moves)
            for position, line in enumerate(move.line_ids)
        ),
        "SELECT 1",
    )
