"""A sample of the access matrix of docs/security-matrix.md, as a program outside finds it over JSON-2."""

from pathlib import Path

import pytest
from clients import Refused
from validation import Company

MATRIX = Path(__file__).parents[1] / "docs" / "security-matrix.md"
# What the server says of each refusal; an exception that it did not expect is none.
EXPECTED = [
    r"odoo\.http: (?!Exception during request handling)",
    r"odoo\.addons\.base\.models\.ir_model: Access Denied",
]
CALLS = {
    "read": ("read", {"fields": ["amount_total"]}),
    "write": ("write", {"vals": {"ref": "changed"}}),
    "delete": ("unlink", {}),
    "submit": ("action_submit", {}),
    "approve": ("action_approve", {}),
    "post": ("action_post", {}),
    "export": ("export_data", {"fields_to_export": ["amount_total"]}),
}
# Who plays the role, and which department stands for the one of the row.
SAMPLE = {
    ("contributor", "own", "draft"): ("contributor", "department"),
    ("contributor", "own", "pending"): ("contributor", "department"),
    ("contributor", "other", "draft"): ("contributor", "other"),
    ("contributor", "confidential", "draft"): ("contributor", "payroll"),
    ("validator", "own", "pending"): ("approver", "department"),
    ("finance", "other", "draft"): ("finance", "department"),
    ("finance", "other", "pending"): ("finance", "department"),
    ("finance", "confidential", "draft"): ("finance", "payroll"),
}
SETUP = """
payroll = env['hr.department'].create({'name': 'Payroll', 'company_id': env.company.id, 'is_confidential': True})
for user in env['res.users'].search([('login', 'in', ['contributor', 'approver', 'finance'])]):
    user.group_ids += env.ref('base.group_allow_export')
answer = payroll.id
"""
CREATE = """
moves = env['account.move'].create([
    {{
        'move_type': 'in_invoice', 'partner_id': {partner}, 'department_id': department, 'invoice_date': '2026-01-15',
        'invoice_line_ids': [(0, 0, {{'name': 'Line', 'quantity': 1, 'price_unit': 100, 'tax_ids': False}})],
    }}
    for department, _state in {bills}
])
pending = moves.browse([move.id for move, (_department, state) in zip(moves, {bills}) if state == 'pending'])
pending.with_user(env['res.users'].search([('login', '=', 'contributor')])).action_submit()
answer = moves.ids
"""


@pytest.fixture(scope="module")
def company(refusing_server):
    company = Company(refusing_server)
    company.payroll = refusing_server.shell(SETUP)
    return company


def read_cells():
    """The sampled cells: (role, department, state, operation, whether the page allows it)."""
    operations, cells = [], []
    for line in MATRIX.read_text().splitlines():
        values = [value.strip() for value in line.strip().strip("|").split("|")]
        if values[0] == "role":
            operations = values[3:]
        elif tuple(values[:3]) in SAMPLE:
            answers = dict(zip(operations, values[3:], strict=True))
            cells += [(*values[:3], name, answers[name] == "yes") for name in CALLS]
    return cells


def test_the_page_holds_over_json2(company):
    cells = read_cells()
    assert len(cells) == len(SAMPLE) * len(CALLS)
    people = {login: company.client(login) for login in ("contributor", "approver", "finance")}
    wanted = [(getattr(company, SAMPLE[cell[:3]][1]), cell[2]) for cell in cells]
    bills = company.server.shell(CREATE.format(partner=company.partner, bills=wanted))
    differences = []
    for bill, (role, department, state, operation, allowed) in zip(bills, cells, strict=True):
        client = people[SAMPLE[role, department, state][0]]
        method, arguments = CALLS[operation]
        try:
            client.call("account.move", method, ids=[bill], **arguments)
            found = True
        except Refused as refusal:
            assert "Traceback" not in str(refusal)
            found = False
        if found != allowed:
            differences.append((role, department, state, operation, found))
    assert not differences


def test_confidential_invoices_are_not_found(company):
    finance = company.client("finance")
    domain = [["department_id", "=", company.payroll]]
    for model in ("account.move.line", "account.validation.request"):
        condition = [["move_id.department_id", "=", company.payroll]]
        assert finance.call(model, "search_count", domain=condition) == 0
    assert finance.call("account.move", "web_search_read", domain=domain, specification={})["length"] == 0
    [group] = finance.call("account.move", "formatted_read_group", domain=domain, groupby=[], aggregates=["__count"])
    assert group["__count"] == 0
