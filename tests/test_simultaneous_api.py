"""Programs that write the same bill over JSON-2: nothing that was accepted is lost, whatever the order of requests."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from validation import Company

CLIENTS = 4
TIMES = 3
CONFLICT = "odoo.addons.facturation_collab.exceptions.RevisionConflict"
BUSY = "psycopg2.errors.SerializationFailure"
"""What Odoo answers, with 500, to a request that it replayed five times in vain: nothing was written."""
# Conflicts, and what PostgreSQL answers to whoever comes second: Odoo replays that call, five times at most. The tests
# look at each answer.
EXPECTED = [r"odoo\.http: ", r"odoo\.sql_db: bad query: "]
REVISIONS = """
env.invalidate_all()
revisions = env['account.move.revision'].search([('move_id', '=', {bill})], order='number')
answer = [[revision.number, revision.user_id.login, revision.through, revision.changes] for revision in revisions]
"""


@pytest.fixture(scope="module")
def company(refusing_server):
    return Company(refusing_server)


@pytest.fixture
def bill(company):
    return company.create_bills(1)[0]


@pytest.fixture(scope="module")
def clients(company):
    return {login: company.client(login) for login in ("contributor", "finance", "outsider")}


def post(client, method, model="account.move", **arguments):
    """Call as a program does: (status, body)."""
    answer = client.session.post(f"{client.url}/json/2/{model}/{method}", json=arguments, timeout=120)
    return answer.status_code, answer.json()


def write(client, bill, expected, **vals):
    return post(client, "write", ids=[bill], vals={**vals, "expected_revision": expected})


def read(client, bill, *fields):
    return client.call("account.move", "read", ids=[bill], fields=["content_revision", *fields])[0]


def read_revisions(company, bill):
    return company.server.shell(REVISIONS.format(bill=bill))


def test_a_stale_write_says_who_and_what(clients, bill):
    assert write(clients["finance"], bill, 0, ref="Theirs") == (200, True)
    status, body = write(clients["contributor"], bill, 0, ref="Mine", narration="<p>Mine</p>")
    assert (status, body["name"]) == (409, CONFLICT)
    assert "Finance changed" in body["message"]
    context = body["context"]
    assert (context["move_id"], context["people"], context["revision"], context["seen"]) == (bill, "Finance", 0, 1)
    row = {"key": "ref", "label": "Reference", "before": "", "theirs": "Theirs", "mine": "Mine"}
    assert context["rows"] == [row]
    state = read(clients["finance"], bill, "ref", "narration")
    assert (state["ref"], state["narration"], state["content_revision"]) == ("Theirs", False, 1)


def test_what_meets_nothing_is_merged(company, clients, bill):
    assert write(clients["finance"], bill, 0, ref="Theirs") == (200, True)
    assert write(clients["contributor"], bill, 0, payment_reference="Mine") == (200, True)
    state = read(clients["finance"], bill, "ref", "payment_reference")
    assert (state["ref"], state["payment_reference"], state["content_revision"]) == ("Theirs", "Mine", 2)
    assert [revision[:3] for revision in read_revisions(company, bill)] == [
        [1, "finance", "program"],
        [2, "contributor", "program"],
    ]


def test_choices_settle_a_conflict(clients, bill):
    write(clients["finance"], bill, 0, ref="Theirs", payment_reference="Theirs")
    mine = {"ref": "Mine", "payment_reference": "Mine"}
    _status, body = write(clients["contributor"], bill, 0, **mine)
    choices = {"ref": "mine", "payment_reference": "theirs"}
    expected = {"revision": 0, "seen": body["context"]["seen"], "choices": choices}
    assert write(clients["contributor"], bill, expected, **mine) == (200, True)
    state = read(clients["finance"], bill, *mine)
    assert (state["ref"], state["payment_reference"]) == ("Mine", "Theirs")


def test_a_line_by_itself_is_checked_too(clients, bill):
    [line] = read(clients["finance"], bill, "invoice_line_ids")["invoice_line_ids"]
    of_line = {"model": "account.move.line", "ids": [line]}
    assert post(clients["finance"], "write", **of_line, vals={"price_unit": 5, "expected_revision": 0})[0] == 200
    stale = {"price_unit": 7, "expected_revision": 0}
    status, body = post(clients["contributor"], "write", **of_line, vals=stale)
    assert (status, body["context"]["rows"][0]["key"]) == (409, f"{line}/price_unit")
    assert post(clients["contributor"], "write", **of_line, vals={"quantity": 3, "expected_revision": 0})[0] == 200
    state = clients["finance"].call("account.move.line", "read", ids=[line], fields=["price_unit", "quantity"])[0]
    assert (state["price_unit"], state["quantity"]) == (5, 3)


def test_a_stranger_learns_nothing_of_a_conflict(clients, bill):
    write(clients["finance"], bill, 0, ref="Theirs")
    status, body = write(clients["outsider"], bill, 0, ref="Mine")
    assert status == 403 and "Theirs" not in str(body) and "Finance" not in str(body)


def write_until_accepted(client, bill, get_vals):
    """Read, write what follows from it, and start again after each refusal; return how many there were."""
    refusals = 0
    while True:
        state = read(client, bill, "ref", "invoice_line_ids")
        status, body = write(client, bill, state["content_revision"], **get_vals(state))
        if status == 200:
            return refusals
        assert_refused(status, body)
        refusals += 1


def assert_refused(status, body):
    assert (status, body["name"]) in ((409, CONFLICT), (500, BUSY)), body


def run_at_once(work):
    """Run a function of a number in as many threads as there are clients, starting together."""
    barrier = Barrier(CLIENTS)

    def run(number):
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(run, range(CLIENTS)))


def test_nothing_accepted_is_lost_among_parallel_clients(company, bill):
    """Each client adds a word to the same field, and lines that meet nothing, again and again."""
    logins = [("contributor", "finance")[number % 2] for number in range(CLIENTS)]
    everybody = [company.client(login) for login in logins]

    words = [f"{number}/{turn}" for number in range(CLIENTS) for turn in range(TIMES)]

    def work(number):
        client, refusals = everybody[number], 0
        for word in words[number * TIMES : (number + 1) * TIMES]:
            line = {"name": word, "price_unit": 1, "tax_ids": []}
            refusals += write_until_accepted(
                client, bill, lambda state, word=word: {"ref": f"{state['ref'] or ''} {word}".strip()}
            )
            refusals += write_until_accepted(
                client, bill, lambda _state, line=line: {"invoice_line_ids": [[0, 0, line]]}
            )
        return refusals

    refusals = run_at_once(work)
    accepted = CLIENTS * TIMES
    state = read(everybody[0], bill, "ref", "invoice_line_ids", "amount_untaxed")
    assert sum(refusals), "The clients never met."
    assert sorted(state["ref"].split()) == sorted(words)
    assert len(state["invoice_line_ids"]) == 1 + accepted
    assert state["amount_untaxed"] == 100 + accepted
    revisions = read_revisions(company, bill)
    assert [revision[0] for revision in revisions] == list(range(1, 2 * accepted + 1))
    assert state["content_revision"] == 2 * accepted
    refs = [changes["move"]["ref"] for *_rest, changes in revisions if "ref" in changes.get("move", {})]
    assert [before for before, _after in refs] == [None, *(after for _before, after in refs[:-1])]
    added = [
        values["added"]["name"]
        for *_rest, changes in revisions
        for values in changes.get("lines", {}).values()
        if "added" in values
    ]
    assert sorted(added) == sorted(words)
    for login in set(logins):
        assert sum(revision[1] == login for revision in revisions) == 2 * TIMES * logins.count(login)


def test_blind_writers_of_the_same_meet_one_winner(company, clients):
    """All clients write the same field from the same revision at once: one is accepted, and the others are told."""
    everybody = [company.client("finance") for _number in range(CLIENTS)]
    for bill in company.create_bills(TIMES):
        answers = run_at_once(lambda number, bill=bill: write(everybody[number], bill, 0, ref=str(number)))
        [winner] = [number for number, (status, _body) in enumerate(answers) if status == 200]
        for status, body in answers[:winner] + answers[winner + 1 :]:
            assert_refused(status, body)
        assert read(clients["finance"], bill, "ref")["ref"] == str(winner)
        assert [revision[3] for revision in read_revisions(company, bill)] == [{"move": {"ref": [None, str(winner)]}}]
