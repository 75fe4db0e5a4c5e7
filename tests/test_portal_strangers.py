"""A visitor of the portal who tries the ids, tokens, files and threads of others, on a real server."""

import re

import pytest
import requests
from clients import Json2Client, Refused
from validation import Company

EXPECTED = [
    r"odoo\.http: (?!Exception during request handling)",
    r"odoo\.addons\.base\.models\.ir_model: Access Denied",
]
TIMEOUT = 120
LIMIT = 20
"""Pages that do not exist, from one address, in a quarter of an hour."""
SETUP = """
customers = env['res.partner'].create([{'name': name, 'email': name + '@example.com'} for name in ('Azure', 'Brown')])
for customer in customers:
    login = customer.name.lower()
    env['res.users'].with_context(no_reset_password=True).create({
        'partner_id': customer.id, 'login': login, 'password': login + ' has a portal',
        'group_ids': [(6, 0, env.ref('base.group_portal').ids)],
    })
env.company.write({'portal_question_access': 'link', 'portal_bill_page': True})
kind = env['account.invoice.question.kind'].search([('is_for_customers', '=', True)], limit=1)
moves = env['account.move'].create([{
    'move_type': move_type, 'partner_id': customers[0].id, 'invoice_date': '2026-01-15', 'ref': 'THEIRS',
    'invoice_line_ids': [(0, 0, {'name': 'Line', 'quantity': 1, 'price_unit': 100, 'tax_ids': False})],
} for move_type in ('out_invoice', 'in_invoice')])
invoice, bill = moves
invoice.action_post()
question = invoice._ask_from_outside(customers[0], kind.id, 'THEIRS?', [('a.pdf', b'%PDF-1.4 THEIRS')])
answer = {
    'invoice': invoice.id, 'bill': bill.id, 'question': question.id, 'file': question.outside_file_ids.id,
    'token': invoice._portal_ensure_token(), 'kind': kind.id,
    'key': env['res.users.apikeys'].with_user(customers[1].user_ids).sudo()._generate(
        'rpc', 'black box', __import__('odoo').fields.Datetime.add(__import__('odoo').fields.Datetime.now(), days=1)),
}
"""
STATE = """
env.invalidate_all()
question = env['account.invoice.question'].browse({question})
answer = [question.state, len(question.message_ids), len(question.move_id.question_ids), len(question.outside_file_ids)]
"""
FORGET = "env['account.validation.link.miss'].search([])._engine().unlink()\nanswer = True"


@pytest.fixture(scope="module")
def portal(refusing_server):
    Company(refusing_server)
    facts = refusing_server.shell(SETUP)
    facts["server"] = refusing_server
    return facts


@pytest.fixture
def visit(portal):
    """A function that opens a page as somebody: "azure" (whose invoice it is), "brown", or nobody."""
    portal["server"].shell(FORGET)
    return lambda login=None: Visitor(portal["server"].url, portal["server"].database, login)


class Visitor(requests.Session):
    def __init__(self, url, database, login):
        super().__init__()
        self.url = url
        self.get(f"{url}/web/login?db={database}", timeout=TIMEOUT)
        if login:
            page = self.get(f"{url}/web/login", timeout=TIMEOUT)
            values = {"csrf_token": read_token(page), "login": login, "password": f"{login} has a portal"}
            assert "/web/login" not in self.post(f"{url}/web/login", data=values, timeout=TIMEOUT).url

    def open(self, path):
        return self.get(f"{self.url}{path}", timeout=TIMEOUT, allow_redirects=False)

    def submit(self, path, **values):
        page = self.get(f"{self.url}/my", timeout=TIMEOUT)
        values = {"csrf_token": read_token(page), **values}
        return self.post(f"{self.url}{path}", data=values, timeout=TIMEOUT, allow_redirects=False)

    def rpc(self, path, **params):
        call = {"jsonrpc": "2.0", "method": "call", "params": params}
        return self.post(f"{self.url}{path}", json=call, timeout=TIMEOUT).json()


def read_token(page):
    found = re.search(r'csrf_token"? ?(?:value=|:) ?"([^"]+)"', page.text)
    return found[1] if found else ""


def get_paths(portal):
    """Every page that is about an invoice, a question or a bill of Azure."""
    invoice = f"/my/invoices/{portal['invoice']}"
    question = f"{invoice}/questions/{portal['question']}"
    return [f"{invoice}/ask", question, f"{question}/files/{portal['file']}", f"/my/bills/{portal['bill']}"]


def test_whose_it_is_opens_every_page(portal, visit):
    visitor = visit("azure")
    for path in get_paths(portal):
        assert visitor.open(path).status_code == 200, path


def test_a_token_opens_what_the_company_lets_it(portal, visit):
    visitor = visit()
    for path in get_paths(portal)[:3]:
        assert visitor.open(f"{path}?access_token={portal['token']}").status_code == 200, path
    bill = visitor.open(f"/my/bills/{portal['bill']}?access_token={portal['token']}")
    assert bill.status_code == 303 and "/web/login" in bill.headers["Location"], "Bills are for whoever logs in."


@pytest.mark.parametrize("login", ["brown", None])
def test_others_get_the_same_nothing(portal, visit, login):
    visitor = visit(login)
    nothing = None
    wrong = ["?access_token=x", f"?access_token={portal['token'][::-1]}"] + ["", "?access_token="] * bool(login)
    for path in get_paths(portal)[: 4 if login else 3]:
        for token in wrong:
            page = visitor.open(f"{path}{token}")
            assert page.status_code == 404, (path, token)
            assert "THEIRS" not in page.text
            text = re.sub(r'csrf_token: "[^"]*"', "", page.text).replace(f"{path}{token}", "")
            nothing = nothing or text
            assert len(text) == len(nothing), "It looks the same whatever it is."
        portal["server"].shell(FORGET)


def test_whoever_is_not_logged_in_logs_in_first(portal, visit):
    visitor = visit()
    for path in [*get_paths(portal), "/my/invoices/999999/ask", "/my/bills/999999"]:
        page = visitor.open(path)
        assert page.status_code == 303 and "/web/login?redirect=" in page.headers["Location"], path


def test_guessing_ids_ends_soon(portal, visit):
    visitor = visit("brown")
    found = [visitor.open(f"/my/invoices/{number}/ask").status_code for number in range(1, LIMIT + 4)]
    assert found[:LIMIT] == [404] * LIMIT
    assert found[LIMIT:] == [429] * 3
    assert visit("azure").open(get_paths(portal)[0]).status_code == 200, "Whose it is is never held up."


@pytest.mark.parametrize("login", ["brown", None])
def test_nothing_is_written_by_others(portal, visit, login):
    before = portal["server"].shell(STATE.format(**portal))
    visitor = visit(login)
    ask, question = get_paths(portal)[:2]
    values = {"kind_id": portal["kind"], "text": "Mine", "rating": "1"}
    refused = 404 if login else 303
    assert visitor.submit(ask, **values).status_code == refused
    for operation in ("accept", "answer", "reopen", "rate", "withdraw"):
        assert visitor.submit(question, operation=operation, **values).status_code == refused
    thread = {"thread_model": "account.invoice.question", "thread_id": portal["question"]}
    assert "error" in visitor.rpc("/mail/message/post", post_data={"body": "Mine"}, **thread)
    for extra in ({}, {"token": portal["token"]}):
        answer = visitor.rpc("/mail/thread/messages", **thread, **extra)
        assert "error" in answer or not answer["result"]["messages"]
        assert "THEIRS" not in str(answer)
    for path in (f"/web/content/{portal['file']}", f"/web/content/{portal['file']}?access_token={portal['token']}"):
        assert "THEIRS" not in visitor.open(path).text
    assert portal["server"].shell(STATE.format(**portal)) == before


def test_programs_of_portal_users_reach_no_question(portal):
    server = portal["server"]
    client = Json2Client(server.url, server.database, portal["key"])
    for model in ("account.invoice.question", "account.invoice.question.kind", "account.invoice.portal.call"):
        with pytest.raises(Refused):
            client.call(model, "search_read", domain=[])
    for method, values in {"action_answer": {"text": "Mine"}, "action_accept": {}, "action_propose_credit": {}}.items():
        with pytest.raises(Refused):
            client.call("account.invoice.question", method, ids=[portal["question"]], **values)
    for method in ("_ask_from_outside", "_get_outside_questions", "_get_vendor_bill"):
        with pytest.raises(Refused):
            client.call("account.move", method, ids=[portal["invoice"]])
