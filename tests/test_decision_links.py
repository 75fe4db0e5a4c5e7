"""The same link followed at the same moment, on the server's own worker processes."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import requests
from validation import Company

# What PostgreSQL answers to whoever comes second: Odoo replays that call.
EXPECTED = [r"odoo\.sql_db: bad query: "]
TIMES = 20
TIMEOUT = 120
ISSUE = """
env['account.validation.policy'].browse({policy}).email_decisions = 'link'
moves = env['account.move'].browse({bills})
approver = env['res.users'].search([('login', '=', 'approver')])
pairs = [(move.validation_request_id.step_ids, approver) for move in moves]
tokens = env['account.validation.link']._issue(pairs)
answer = [tokens[step.id, approver.id] for step, _user in pairs]
"""


@pytest.fixture(scope="module")
def company(refusing_server):
    return Company(refusing_server)


@pytest.fixture(scope="module")
def bills(company):
    found = company.create_bills(TIMES)
    company.client("contributor").call("account.move", "action_submit", ids=found)
    return found


def open_page(url):
    """A browser that has opened the page: its session, and the form's own token."""
    session = requests.Session()
    page = session.get(url, timeout=TIMEOUT)
    assert page.status_code == 200, page.text
    return session, re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]


def post_at_once(url, *outcomes):
    """Send the form from as many browsers at the same moment; return the status of each answer."""
    browsers = [open_page(url) for _outcome in outcomes]
    barrier = Barrier(len(outcomes))

    def send(browser, outcome):
        session, csrf = browser
        values = {"csrf_token": csrf, "identity": "1", "outcome": outcome, "comment": "Because."}
        barrier.wait()
        return session.post(url, data=values, timeout=TIMEOUT, allow_redirects=False).status_code

    with ThreadPoolExecutor(len(outcomes)) as pool:
        return list(pool.map(send, browsers, outcomes))


def test_two_posts_of_one_link_decide_once(company, bills):
    tokens = company.server.shell(ISSUE.format(policy=company.policy, bills=bills))
    for number, token in enumerate(tokens):
        second = "approve" if number % 2 else "return"
        statuses = post_at_once(f"{company.server.url}/validation/{token}", "approve", second)
        assert sorted(statuses) == [303, 410], statuses
    for state in company.read_states(bills):
        outcome = state["requests"][0]
        assert outcome in ("approved", "returned")
        assert state["events"] == ["submitted", "opened", outcome, "closed"]
        assert state["intact"] and not state["waiting"]
