"""A proof of identity, as somebody outside would try to guess it or to do without."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from clients import Refused, WebClient
from validation import PASSWORD, Company

# What the server says of each refusal; an exception that it did not expect is none.
EXPECTED = [r"odoo\.http: (?!Exception during request handling)", r"odoo\.sql_db: bad query: "]
PREPARE = "env['account.validation.level'].browse({level}).authentication = {authentication!r}"
ATTEMPTS = """
answer = env['account.validation.attempt'].search([('user_id.login', '=', {login!r})]).mapped('state')
"""


@pytest.fixture(scope="module")
def company(refusing_server):
    return Company(refusing_server)


@pytest.fixture
def submit(company):
    """A bill that waits for an approver, who has to enter a password or a second factor."""

    def create(authentication):
        company.server.shell(PREPARE.format(level=company.level, authentication=authentication))
        [bill] = company.create_bills(1)
        company.client("contributor").call("account.move", "action_submit", ids=[bill])
        return bill

    return create


@pytest.fixture
def browser(company):
    """Log in as the web client does."""
    return lambda login: WebClient(company.server.url, company.server.database, login, PASSWORD)


def ask(client, bill):
    """The question that approving opens."""
    return client.call("account.move", "action_approve", [[bill]])["params"]


def answer(client, bill, token, password):
    """Answer it as the dialog does."""
    values = {"token": token, "answer": {"type": "password", "password": password}}
    return client.call("account.move", "action_approve_authenticated", [[bill]], values)


def read_attempts(company, login):
    return company.server.shell(ATTEMPTS.format(login=login))


def test_guesses_at_the_same_moment_stop_after_five(company, submit, browser):
    bill = submit("password")
    clients = [browser("approver2") for _client in range(4)]
    token = ask(clients[0], bill)["token"]

    def guess(number):
        with pytest.raises(Refused) as refusal:
            answer(clients[number % 4], bill, token, f"guess {number}")
        return str(refusal.value)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(guess, range(12)))
    assert sum("not right" in text for text in answers) == 5, answers
    assert sum("wait 15 minutes" in text for text in answers) == 7, answers
    with pytest.raises(Refused, match="wait 15 minutes"):
        answer(clients[0], bill, token, PASSWORD)
    assert read_attempts(company, "approver2") == ["failed"] * 5
    assert company.read_states([bill])[0]["requests"] == ["pending"]


def test_the_right_answer_approves_and_the_question_is_of_no_use_again(company, submit, browser):
    bill, client = submit("password"), browser("approver")
    token = ask(client, bill)["token"]
    answer(client, bill, token, PASSWORD)
    assert company.read_states([bill])[0]["requests"] == ["approved"]
    with pytest.raises(Refused, match="Nothing is left to decide"):
        answer(client, bill, token, PASSWORD)
    assert read_attempts(company, "approver") == ["accepted", "accepted"]


@pytest.mark.parametrize("authentication", ["password", "second_factor"])
def test_a_program_with_an_api_key_or_a_password_does_not_approve(company, submit, browser, authentication):
    bill = submit(authentication)
    token = ask(browser("approver"), bill)["token"]
    values = {"token": token, "answer": {"type": "password", "password": PASSWORD}}
    json2 = company.client("approver")
    xmlrpc = company.server.xmlrpc("approver", PASSWORD)
    for call in (
        lambda: json2.call("account.move", "action_approve", ids=[bill]),
        lambda: json2.call("account.move", "action_approve_authenticated", ids=[bill], **values),
        lambda: xmlrpc.call("account.move", "action_approve", [[bill]]),
        lambda: xmlrpc.call("account.move", "action_approve_authenticated", [[bill]], values),
    ):
        with pytest.raises(Refused, match="in Odoo itself|not a way"):
            call()
    assert company.read_states([bill])[0]["requests"] == ["pending"]
