"""Many people edit the same invoices at once over the web client's own calls; then every keystroke is accounted for.

Each value that somebody types is unique, so that it can be found again: in a revision of its author, in a conflict that
was shown to them, or in what was kept when they closed the page. `Soak.run()` types, `Soak.check()` accounts.
"""

import itertools
import random
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass

from clients import Refused
from validation import PASSWORD, Company

MINE, THEIRS = "mine", "theirs"

CONFLICT = "odoo.addons.facturation_collab.exceptions.RevisionConflict"
HEADER = ("ref", "payment_reference")
LINE = ("name", "quantity", "price_unit")
SPECIFICATION = {
    "content_revision": {},
    **dict.fromkeys(HEADER, {}),
    "invoice_line_ids": {"fields": dict.fromkeys(LINE, {})},
}
LINES_OF_EACH = 3

PEOPLE = """
members = []
for number in range({people}):
    user = env['res.users'].with_context(no_reset_password=True).create({{
        'name': f'Person {{number}}', 'login': f'person{{number}}', 'password': {password!r},
        'email': f'person{{number}}@example.com',
        'group_ids': [(6, 0, (env.ref('base.group_user') + env.ref('facturation_collab.group_user')).ids)],
    }})
    members.append({{'user_id': user.id, 'department_id': {department}, 'role': 'contributor'}})
env['account.department.member'].create(members)
bills = env['account.move'].create([
    {{
        'move_type': 'in_invoice', 'partner_id': {partner}, 'department_id': {department}, 'invoice_date': '2026-01-15',
        'invoice_line_ids': [
            (0, 0, {{'name': f'Line {{line}}', 'quantity': 1, 'price_unit': 100, 'tax_ids': False}})
            for line in range({lines})
        ],
    }}
    for _bill in range({bills})
])
answer = [bills.ids, {{bill.id: bill._get_content() for bill in bills}}]
"""

OUTCOME = """
bills = env['account.move'].browse({bills})
answer = {{
    'contents': {{bill.id: bill._get_content() for bill in bills}},
    'revisions': [
        [revision.move_id.id, revision.number, revision.user_id.login, revision.changes]
        for revision in bills.revision_ids.sorted(lambda revision: (revision.move_id.id, revision.number))
    ],
    'unsaved': env['account.move.unsaved'].search_count([('move_id', 'in', bills.ids)]),
    'wrong': [bill.id for bill in bills if bill.currency_id.compare_amounts(
        bill.amount_untaxed, sum(bill.invoice_line_ids.mapped('balance'))
    ) or not bill.currency_id.is_zero(sum(bill.line_ids.mapped('balance')))],
}}
"""


@dataclass
class Keystroke:
    """One value that somebody typed: where, what stood there on their screen, and what became of it."""

    login: str
    bill: int
    place: str
    before: object
    value: object
    fate: str = "typed"


class Person:
    """Somebody who opens bills, types, saves, chooses, and sometimes closes the page without waiting."""

    def __init__(self, number, clients):
        self.login, self.number = f"person{number}", number
        self.chance, self.count, self.nodes = random.Random(number), itertools.count(1), itertools.cycle(clients)
        self.typed, self.seconds, self.broken = [], [], []
        self.left = defaultdict(list)
        self.shown = defaultdict(list)

    def work(self, bills, until):
        """Edit one bill after the other until that moment, then come back to what was left."""
        try:
            while time.monotonic() < until:
                self.edit(self.chance.choice(bills))
            for bill in bills:
                self.take_up_what_was_left(bill)
        except Exception as error:  # a failure of one must not end the others; `check()` reports it
            self.broken.append(f"{self.login}: {error!r}")

    def call(self, method, bill, *args, **kwargs):
        """Call a method of one bill on whichever server is next."""
        return next(self.nodes).call("account.move", method, [[bill], *args], kwargs)

    def edit(self, bill):
        """Open a bill, type, and leave it in one of the ways in which people do."""
        self.take_up_what_was_left(bill)
        [screen] = self.call("web_read", bill, specification=SPECIFICATION)
        time.sleep(self.chance.uniform(0, 1))
        typed, vals = self.type(bill, screen)
        self.typed += typed
        vals["expected_revision"] = screen["content_revision"]
        leave = self.close_page if self.chance.random() < 0.1 else self.save
        leave(bill, vals, typed)

    def type(self, bill, screen):
        """Return the keystrokes of one visit, and the values that the form saves for them."""
        typed, vals, commands = [], {}, []

        def press(place, before, value):
            typed.append(Keystroke(self.login, bill, place, before, value))
            return value

        for name in self.chance.sample(HEADER, self.chance.choice((0, 0, 1, 2))):
            vals[name] = press(name, screen[name], self.text())
        lines = screen["invoice_line_ids"]
        for line in self.chance.sample(lines, min(len(lines), self.chance.choice((0, 1, 1, 2)))):
            if self.chance.random() < 0.08:
                press(str(line["id"]), {name: line[name] for name in LINE}, None)
                commands.append([2, line["id"], 0])
                continue
            commands.append([1, line["id"], {}])
            for name in self.chance.sample(LINE, self.chance.choice((1, 1, 2))):
                value = self.text() if name == "name" else self.amount()
                commands[-1][2][name] = press(f"{line['id']}/{name}", line[name], value)
        if not typed or self.chance.random() < 0.1:
            added = {"name": press("added", None, self.text()), "quantity": 1, "price_unit": 1, "tax_ids": [[6, 0, []]]}
            commands.append([0, f"virtual_{next(self.count)}", added])
        return typed, vals | ({"invoice_line_ids": commands} if commands else {})

    def text(self):
        return f"{self.login}-{next(self.count)}"

    def amount(self):
        """A number that nobody else types, with two decimals."""
        return next(self.count) + (self.number + 1) / 100

    def save(self, bill, vals, typed):
        """Save, and choose as often as the server asks."""
        self.insist(bill, typed, lambda expected: self._save(bill, {**vals, "expected_revision": expected}), vals)

    def _save(self, bill, vals):
        started = time.monotonic()
        try:
            return self.call("web_save", bill, vals, specification={"content_revision": {}})
        finally:
            self.seconds.append(time.monotonic() - started)

    def insist(self, bill, typed, save, vals):
        """Save until it is accepted, with a choice for each row of each conflict."""
        revision = expected = vals["expected_revision"]
        choices = {}
        while True:
            try:
                save(expected)
            except Refused as refusal:
                if refusal.kind != CONFLICT:
                    raise
                choices |= self.choose(bill, refusal.context["rows"])
                expected = {"revision": revision, "seen": refusal.context["seen"], "choices": choices}
            else:
                return settle(typed, choices)

    def choose(self, bill, rows):
        """Return a choice for each of the rows of a conflict, and remember what they showed."""
        for row in rows:
            self.shown[bill, row["key"]].append((row["theirs"], row["mine"]))
        return {row["key"]: self.chance.choice((MINE, THEIRS)) for row in rows}

    def close_page(self, bill, vals, typed):
        """Save as a page does that is closed: nobody is there to be asked."""
        if self.call("web_save", bill, vals, specification={}, context={"keep_unsaved": True}):
            return settle(typed, {})
        self.left[bill].append(typed)
        for keystroke in typed:
            keystroke.fate = "kept"

    def take_up_what_was_left(self, bill):
        """Answer what the form asks at the next visit of a bill that was left in a conflict."""
        while unsaved := self.call("get_unsaved", bill):
            choices = self.choose(bill, unsaved["rows"])
            try:
                self.call("action_save_unsaved", bill, unsaved["seen"], choices)
            except Refused as refusal:
                if refusal.kind != CONFLICT:
                    raise
            else:
                settle(self.left[bill].pop(0), choices)


class Soak:
    """People, bills and servers; what happened, and what it proves."""

    def __init__(self, servers, people=30, bills=20):
        company = Company(servers[0])
        setup = PEOPLE.format(
            people=people,
            password=PASSWORD,
            department=company.department,
            partner=company.partner,
            lines=LINES_OF_EACH,
            bills=bills,
        )
        self.server = servers[0]
        self.bills, self.before = servers[0].shell(setup)
        self.people = [
            Person(number, [server.web(f"person{number}", PASSWORD) for server in servers]) for number in range(people)
        ]

    def run(self, seconds):
        """Let everybody work that long."""
        until = time.monotonic() + seconds
        threads = [threading.Thread(target=person.work, args=(self.bills, until)) for person in self.people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.outcome = self.server.shell(OUTCOME.format(bills=self.bills))

    def get_problems(self):
        """Return what must not be, as sentences: nothing is lost, invented, or overwritten unseen."""
        problems = [line for person in self.people for line in person.broken]
        problems += [f"a total of bill {bill} is wrong" for bill in self.outcome["wrong"]]
        if self.outcome["unsaved"]:
            problems.append(f"{self.outcome['unsaved']} drafts were kept and not offered again")
        problems += self._get_broken_chains()
        people = {person.login: person for person in self.people}
        written = defaultdict(list)
        for bill, _number, login, changes in self.outcome["revisions"]:
            for place, before, after in get_places(changes):
                for value in after.values() if isinstance(after, dict) else [after]:
                    written[login, bill, short(value)].append(place)
                if login in people:
                    problems += self._get_overwritten(people[login], bill, place, before, after)
        for person in self.people:
            for keystroke in person.typed:
                problems += self._get_lost(person, keystroke, written)
        return problems

    def _get_broken_chains(self):
        """Each revision starts where the one before it ended, and together they make the present content."""
        for bill in self.bills:
            content = {key: dict(values) for key, values in flat(self.before[str(bill)]).items()}
            revisions = [
                (number, changes) for move, number, _login, changes in self.outcome["revisions"] if move == bill
            ]
            if [number for number, _changes in revisions] != list(range(1, len(revisions) + 1)):
                yield f"revisions of bill {bill} are missing"
            for number, changes in revisions:
                for place, before, after in get_places(changes):
                    line, _slash, name = place.rpartition("/")
                    if name.isdigit():
                        line, stood = name, content.get(name)
                        if stood != before:
                            yield f"bill {bill}, revision {number}, {place}: {stood} stood there, not {before}"
                        content.pop(line, None)
                        if after is not None:
                            content[line] = dict(after)
                        continue
                    values = content.setdefault(line, {})
                    if values.get(name) != before:
                        yield f"bill {bill}, revision {number}, {place}: {values.get(name)} stood there, not {before}"
                    values.pop(name, None)
                    if after is not None:
                        values[name] = after
            if content != flat(self.outcome["contents"][str(bill)]):
                yield f"the revisions of bill {bill} do not lead to what it is now"

    def _get_overwritten(self, person, bill, place, before, after):
        """Whoever replaced a value has read it, or was shown it in a conflict."""
        line, _slash, name = place.rpartition("/")
        if name.isdigit():
            typed = [
                stroke for stroke in person.typed if (stroke.bill, stroke.place, stroke.value) == (bill, name, None)
            ]
            if after is None and not any(alike(stroke.before, before) for stroke in typed):
                if not person.shown[bill, name]:
                    yield f"{person.login} removed line {name} of bill {bill} without having seen {before}"
        elif name in (LINE if line else HEADER):
            typed = [stroke for stroke in person.typed if (stroke.bill, stroke.place) == (bill, place)]
            read = [short(stroke.before) for stroke in typed if short(stroke.value) == short(after)]
            shown = [theirs for theirs, _mine in person.shown[bill, place]]
            if short(before) not in [*read, *shown]:
                yield f"{person.login} overwrote {place} of bill {bill}, {before!r}, and had seen {read + shown}"

    def _get_lost(self, person, stroke, written):
        """What was saved is in a revision of its author; what was not was shown to them."""
        where = f"{stroke.value!r} of {stroke.login} in {stroke.place} of bill {stroke.bill}"
        line = stroke.place.partition("/")[0]
        if stroke.fate in ("saved", "chosen"):
            if stroke.value is None:
                gone = line not in self.outcome["contents"][str(stroke.bill)]["lines"]
                if not gone:
                    yield f"line {line} of bill {stroke.bill}, removed by {stroke.login}, is there"
            elif not written[stroke.login, stroke.bill, short(stroke.value)]:
                yield f"{where} is said to be {stroke.fate}, and is in no revision"
        elif stroke.fate == "given up":
            shown = [mine for key in (stroke.place, line) for _theirs, mine in person.shown[stroke.bill, key]]
            if not any(short(stroke.value) in mine for mine in shown):
                yield f"{where} was given up without having been shown"
        else:
            yield f"{where} is {stroke.fate}"

    def summarize(self):
        """Return the figures: keystrokes by fate, saves, conflicts, seconds of a save."""
        seconds = sorted(second for person in self.people for second in person.seconds)
        fates = Counter(stroke.fate for person in self.people for stroke in person.typed)
        return {
            "people": len(self.people),
            "bills": len(self.bills),
            "keystrokes": sum(fates.values()),
            **{fate: fates[fate] for fate in ("saved", "chosen", "given up")},
            "saves": len(seconds),
            "conflicts": sum(map(len, (shown for person in self.people for shown in person.shown.values()))),
            "revisions": len(self.outcome["revisions"]),
            "median": seconds[len(seconds) // 2],
            "95 %": seconds[len(seconds) * 95 // 100],
            "longest": seconds[-1],
        }


def settle(typed, choices):
    """Note what became of keystrokes that were saved with these choices."""
    for stroke in typed:
        chosen = choices.get(stroke.place, choices.get(stroke.place.partition("/")[0]))
        stroke.fate = {None: "saved", MINE: "chosen", THEIRS: "given up"}[chosen]


def get_places(changes):
    """Yield (place, before, after) for a change; a line as a whole has its values as a dict."""
    for name, (before, after) in changes.get("move", {}).items():
        yield name, before, after
    for line, values in changes.get("lines", {}).items():
        if "added" in values or "removed" in values:
            yield line, values.get("removed"), values.get("added")
            continue
        for name, (before, after) in values.items():
            yield f"{line}/{name}", before, after


def flat(content):
    """Return a content as one mapping, the invoice itself under an empty name."""
    return {"": content["move"], **content["lines"]}


def short(value):
    """Return a value as a conflict shows it."""
    if value in (None, False):
        return ""
    text = str(value)
    try:
        return f"{float(text):g}" if text.replace(".", "", 1).isdigit() else text
    except ValueError:
        return text


def alike(screen, content):
    """Whether a line on a screen has the values of a content."""
    return bool(screen) and all(short(screen[name]) == short(content.get(name)) for name in LINE)
