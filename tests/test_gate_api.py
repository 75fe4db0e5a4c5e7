"""Nobody posts around the gate, and nobody forges a validation, as a program outside would try it."""

import pytest
from clients import Refused
from validation import PASSWORD, Company

CONTEXTS = (
    {},
    {"skip_readonly_check": True, "check_move_validity": False, "skip_invoice_sync": True},
    {"tracking_disable": True, "force_delete": True, "bypass_lock_check": True},
    {"facturation_collab_engine": True},
    {"facturation_collab_engine": {"a": 1}, "install_mode": True, "active_test": False},
    {"default_state": "posted", "default_validation_state": "approved", "default_validation_request_id": 1},
)


# What the server says of each refusal; an exception that it did not expect is none.
EXPECTED = [
    r"odoo\.http: (?!Exception during request handling)",
    r"odoo\.addons\.base\.models\.ir_model: Access Denied",
]


@pytest.fixture(scope="module")
def company(refusing_server):
    return Company(refusing_server)


@pytest.fixture(scope="module")
def clients(company):
    """JSON-2 clients by login."""
    return {login: company.client(login) for login in ("contributor", "approver", "finance", "outsider", "admin")}


@pytest.fixture(scope="module")
def bills(company, clients):
    """Three bills: never submitted, pending, approved and then changed by finance."""
    draft, pending, changed = company.create_bills(3)
    clients["contributor"].call("account.move", "action_submit", ids=[pending, changed])
    clients["approver"].call("account.move", "action_approve", ids=[changed])
    line = clients["finance"].call("account.move", "read", ids=[changed], fields=["invoice_line_ids"])[0][
        "invoice_line_ids"
    ]
    clients["finance"].call("account.move.line", "write", ids=line, vals={"price_unit": 99999})
    return {"draft": draft, "pending": pending, "changed": changed}


def states(clients, ids):
    """Where these bills stand: (state, validation, number of events) of each."""
    admin = clients["admin"]
    bills = admin.call("account.move", "read", ids=list(ids), fields=["state", "validation_state"])
    events = admin.call("account.validation.event", "search_count", domain=[["request_id.move_id", "in", list(ids)]])
    return [(bill["state"], bill["validation_state"]) for bill in bills], events


def refused(call, *args, **kwargs):
    with pytest.raises(Refused) as refusal:
        call(*args, **kwargs)
    assert "Traceback" not in str(refusal.value)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("state", "context"),
    [*((state, {}) for state in ("draft", "pending", "changed")), *(("pending", context) for context in CONTEXTS[1:])],
)
def test_json2_does_not_post_around_the_gate(clients, bills, state, context):
    finance, ids = clients["finance"], [bills[state]]
    ways = [
        ("action_post", {}),
        ("write", {"vals": {"state": "posted"}}),
        ("write", {"vals": {"state": "posted", "ref": "x"}}),
        ("write", {"vals": {"move_type": "entry", "state": "posted"}}),
        ("web_save", {"vals": {"state": "posted"}, "specification": {}}),
        ("action_validate_moves_with_confirmation", {}),
        ("_post", {}),
        ("write", {"vals": {"validation_state": "approved"}}),
        ("write", {"vals": {"validation_request_ids": [[5]]}}),
    ]
    for method, arguments in ways:
        refused(finance.call, "account.move", method, ids=ids, context=context, **arguments)
    assert states(clients, ids)[0][0][0] == "draft"


def test_import_and_creation_do_not_post(company, clients, bills):
    finance = clients["finance"]
    answer = finance.call("account.move", "load", fields=[".id", "state"], data=[[str(bills["draft"]), "posted"]])
    assert not answer["ids"] and answer["messages"]
    vals = {
        "move_type": "in_invoice",
        "partner_id": company.partner,
        "department_id": company.department,
        "state": "posted",
    }
    refused(finance.call, "account.move", "create", vals_list=[vals])


def test_xmlrpc_does_not_post_around_the_gate(refusing_server, clients, bills):
    finance = refusing_server.xmlrpc("finance", PASSWORD)
    for ids in ([bills["draft"]], [bills["pending"]], [bills["changed"]]):
        for method, *args in (["action_post"], ["write", {"state": "posted"}], ["_post"]):
            refused(
                finance.call,
                "account.move",
                method,
                [ids, *args],
                {"context": CONTEXTS[1]} if method != "_post" else {},
            )
    assert [state for state, _validation in states(clients, bills.values())[0]] == ["draft"] * 3


@pytest.mark.parametrize(
    ("login", "context"),
    [*((login, {}) for login in ("contributor", "approver", "finance")), *(("admin", context) for context in CONTEXTS)],
)
def test_nobody_forges_the_records_of_a_validation(clients, bills, login, context):
    client = clients[login]
    before = states(clients, [bills["pending"]])
    for model, domain in (
        ("account.validation.request", [["move_id", "=", bills["pending"]]]),
        ("account.validation.step", [["move_id", "=", bills["pending"]]]),
        ("account.validation.event", [["request_id.move_id", "=", bills["pending"]]]),
    ):
        ids = client.call(model, "search", domain=domain)
        assert ids
        for method, arguments in (
            ("write", {"ids": ids, "vals": {"create_date": False}}),
            ("unlink", {"ids": ids}),
            ("create", {"vals_list": [{}]}),
            ("copy", {"ids": ids}),
            ("_engine", {"ids": ids}),
            ("_decide", {"ids": ids, "outcome": "approve"}),
            ("_append", {"entries": []}),
            ("_close", {"ids": ids, "state": "approved"}),
        ):
            refused(client.call, model, method, context=context, **arguments)
    assert states(clients, [bills["pending"]]) == before


def test_a_contributor_creates_and_submits_and_nothing_else(company, clients):
    contributor, outsider = clients["contributor"], clients["outsider"]
    line = {"name": "Line", "quantity": 1, "price_unit": 50, "tax_ids": False}
    vals = {
        "move_type": "in_invoice",
        "partner_id": company.partner,
        "department_id": company.department,
        "invoice_date": "2026-01-20",
        "invoice_line_ids": [[0, 0, line]],
    }
    [bill] = contributor.call("account.move", "create", vals_list=[vals])
    contributor.call("account.move", "action_submit", ids=[bill])
    assert states(clients, [bill])[0] == [("draft", "pending")]
    for method, arguments in (
        ("action_post", {}),
        ("write", {"vals": {"state": "posted"}}),
        ("write", {"vals": {"ref": "while it is being validated"}}),
        ("action_approve", {}),
        ("action_reject", {"comment": "no"}),
        ("unlink", {}),
        ("button_cancel", {}),
    ):
        refused(contributor.call, "account.move", method, ids=[bill], **arguments)
    for method, arguments in (
        ("read", {"fields": ["name"]}),
        ("action_submit", {}),
        ("action_approve", {}),
        ("action_cancel_validation", {}),
    ):
        refused(outsider.call, "account.move", method, ids=[bill], **arguments)
    for model in ("account.move", "account.move.line", "account.validation.request", "account.validation.event"):
        assert not outsider.call(model, "search", domain=[])
    refused(contributor.call, "account.validation.policy", "write", ids=[company.policy], vals={"mode": "off"})
    refused(contributor.call, "account.validation.level", "unlink", ids=[company.level])
    refused(contributor.call, "account.department.member", "create", vals_list=[{"department_id": company.department}])


def test_what_was_approved_is_posted(company, clients):
    """Otherwise the refusals above would prove nothing."""
    [bill] = company.create_bills(1)
    clients["contributor"].call("account.move", "action_submit", ids=[bill])
    clients["approver"].call("account.move", "action_approve", ids=[bill], comment="good")
    clients["finance"].call("account.move", "action_post", ids=[bill])
    state = company.read_states([bill])[0]
    assert (state["state"], state["requests"], state["intact"]) == ("posted", ["approved"], True)


def test_wrong_arguments_are_refused_without_a_traceback(clients, bills):
    approver = clients["approver"]
    for method, arguments in (
        ("action_approve", {"ids": [99999999]}),
        ("action_return", {"ids": [bills["pending"]]}),
        ("action_return", {"ids": [bills["pending"]], "comment": ""}),
        ("action_approve", {"ids": []}),
        ("action_submit", {"ids": [bills["pending"], 99999999]}),
    ):
        refused(approver.call, "account.move", method, **arguments)
