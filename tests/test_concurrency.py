"""Several people act on the same bill at the same moment, on the server's own worker processes."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from clients import Refused
from validation import Company

TIMES = 100
# Refusals, and what PostgreSQL answers to whoever comes second: Odoo replays that call. An exception that reaches the
# person is neither.
EXPECTED = [r"odoo\.http: (?!Exception during request handling)", r"odoo\.sql_db: bad query: "]
SUBMITTED = ["submitted", "opened"]


@pytest.fixture(scope="module")
def company(refusing_server):
    return Company(refusing_server)


@pytest.fixture(scope="module")
def clients(company):
    """One JSON-2 client for each person; each thread has its own connection."""
    return {
        login: [company.client(login) for _client in range(2)]
        for login in ("contributor", "approver", "approver2", "finance")
    }


def at_once(*calls):
    """Run calls at the same moment, each in its thread; return what each answered: the value, or the refusal."""
    barrier = Barrier(len(calls))

    def run(call):
        barrier.wait()
        try:
            return call()
        except Refused as refusal:
            return refusal

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def is_refusal(answer):
    """A refusal that a person can read, not an error of the server."""
    if isinstance(answer, Refused):
        assert answer.kind.endswith("UserError") or answer.kind.endswith("AccessError"), (answer.kind, str(answer))
        return True
    return False


def act(clients, method, bill, *people, **arguments):
    """The same call by several people, or twice by one, at the same moment."""
    seen = dict.fromkeys(people, 0)
    calls = []
    for login in people:
        client = clients[login][seen[login]]
        seen[login] += 1
        calls.append(lambda client=client: client.call("account.move", method, ids=[bill], **arguments))
    return at_once(*calls)


@pytest.fixture
def submitted(company, clients):
    """A function that creates bills and submits them."""

    def create(count):
        bills = company.create_bills(count)
        clients["contributor"][0].call("account.move", "action_submit", ids=bills)
        return bills

    return create


def test_two_approvers_of_the_same_step(company, clients, submitted):
    bills = submitted(TIMES)
    for bill in bills:
        answers = act(clients, "action_approve", bill, "approver", "approver2")
        assert sum(map(is_refusal, answers)) == 1, answers
    for state in company.read_states(bills):
        assert state["requests"] == ["approved"]
        assert len(state["voters"]) == 1
        assert state["events"] == [*SUBMITTED, "approved", "closed"]
        assert state["intact"] and not state["waiting"]


def test_one_person_twice(company, clients, submitted):
    bills = submitted(10)
    for bill in bills:
        assert sum(map(is_refusal, act(clients, "action_approve", bill, "approver", "approver"))) == 1
    for state in company.read_states(bills):
        assert (state["voters"], state["events"]) == (["approver"], [*SUBMITTED, "approved", "closed"])
        assert state["intact"]


def test_two_voices_of_a_quorum_both_count(refusing_server, company, clients, submitted):
    quorum = "env['account.validation.level'].browse(%s).quorum = %r"
    refusing_server.shell(quorum % (company.level, "all"))
    try:
        bills = submitted(25)
        for bill in bills:
            assert not any(map(is_refusal, act(clients, "action_approve", bill, "approver", "approver2")))
    finally:
        refusing_server.shell(quorum % (company.level, "any"))
    for state in company.read_states(bills):
        assert state["requests"] == ["approved"]
        assert sorted(state["voters"]) == ["approver", "approver2"]
        assert state["events"] == [*SUBMITTED, "approved", "approved", "closed"]
        assert state["intact"]


def test_approved_and_returned_at_once(company, clients, submitted):
    bills = submitted(10)
    for bill in bills:
        answers = at_once(
            lambda bill=bill: clients["approver"][0].call("account.move", "action_approve", ids=[bill]),
            lambda bill=bill: clients["approver2"][0].call("account.move", "action_return", ids=[bill], comment="no"),
        )
        assert sum(map(is_refusal, answers)) == 1
    for state in company.read_states(bills):
        outcome = state["requests"][0]
        assert state["events"] == [*SUBMITTED, outcome, "closed"]
        assert outcome in ("approved", "returned") and state["intact"]


def test_two_submissions_make_one_request(company, clients):
    bills = company.create_bills(10)
    for bill in bills:
        assert sum(map(is_refusal, act(clients, "action_submit", bill, "contributor", "contributor"))) == 1
    for state in company.read_states(bills):
        assert (state["requests"], state["events"], state["intact"]) == (["pending"], SUBMITTED, True)


def test_approved_and_edited_at_once(company, clients, submitted):
    """Whoever comes first: an approval is never of a content that the approver did not see."""
    bills = submitted(10)
    finance = clients["finance"][0]
    for bill in bills:
        line = finance.call("account.move", "read", ids=[bill], fields=["invoice_line_ids"])[0]["invoice_line_ids"]
        answers = at_once(
            lambda bill=bill: clients["approver"][0].call("account.move", "action_approve", ids=[bill]),
            lambda line=line: finance.call("account.move.line", "write", ids=line, vals={"price_unit": 5}),
        )
        assert not is_refusal(answers[1])
    for bill, state in zip(bills, company.read_states(bills), strict=True):
        assert state["changed"] and state["intact"]
        with pytest.raises(Refused):
            finance.call("account.move", "action_post", ids=[bill])


def edit_at_once(clients, bill, *edits):
    """Write values by a contributor and by finance at the same moment, both from the first revision."""
    writers = zip(("contributor", "finance"), edits, strict=True)
    return at_once(
        *(
            lambda login=login, vals=vals: clients[login][0].call(
                "account.move", "write", ids=[bill], vals={**vals, "expected_revision": 0}
            )
            for login, vals in writers
        )
    )


def test_the_same_edited_twice_at_once(company, clients):
    """Of two people who write the same, one is told; the replay of a request after a serialization failure is, too."""
    for bill in company.create_bills(30):
        answers = edit_at_once(clients, bill, {"ref": "contributor"}, {"ref": "finance"})
        assert [answer.kind.rpartition(".")[2] for answer in answers if isinstance(answer, Refused)] == [
            "RevisionConflict"
        ]
        winner = "finance" if isinstance(answers[0], Refused) else "contributor"
        fields = ["ref", "content_revision"]
        state = clients["finance"][0].call("account.move", "read", ids=[bill], fields=fields)[0]
        assert (state["ref"], state["content_revision"]) == (winner, 1)


def test_other_things_edited_at_once(company, clients):
    """Of two people who write other things, both find theirs."""
    for bill in company.create_bills(30):
        line = {"name": "Added", "price_unit": 5, "tax_ids": []}
        edits = [{"payment_reference": "contributor"}, {"ref": "finance"}]
        answers = edit_at_once(clients, bill, *({**vals, "invoice_line_ids": [[0, 0, line]]} for vals in edits))
        assert not any(isinstance(answer, Refused) for answer in answers)
        fields = ["ref", "payment_reference", "invoice_line_ids", "content_revision"]
        state = clients["finance"][0].call("account.move", "read", ids=[bill], fields=fields)[0]
        assert (state["ref"], state["payment_reference"]) == ("finance", "contributor")
        assert (len(state["invoice_line_ids"]), state["content_revision"]) == (3, 2)


def test_posted_twice_at_once(company, clients, submitted):
    bills = submitted(10)
    clients["approver"][0].call("account.move", "action_approve", ids=bills)
    for bill in bills:
        assert any(
            not isinstance(answer, Refused) for answer in act(clients, "action_post", bill, "finance", "finance")
        )
    assert {state["state"] for state in company.read_states(bills)} == {"posted"}
