"""A company with a policy of two levels and the people that it names, and their bills, for tests from outside."""

from clients import Json2Client

PASSWORD = "a long enough password"
LOGINS = ("contributor", "approver", "approver2", "finance", "outsider")

SETUP = f"""
from odoo import fields
company = env.company
if not company.chart_template:
    env['account.chart.template'].try_loading('generic_coa', company=company, install_demo=False)
department = env['hr.department'].create({{'name': 'Marketing', 'company_id': company.id}})
other = env['hr.department'].create({{'name': 'Logistics', 'company_id': company.id}})

def person(login, group, department=None, role=None):
    user = env['res.users'].with_context(no_reset_password=True).create({{
        'name': login.capitalize(), 'login': login, 'password': {PASSWORD!r}, 'email': login + '@example.com',
        'group_ids': [(6, 0, (env.ref('base.group_user') + env.ref(group)).ids)],
    }})
    if department:
        env['account.department.member'].create({{'user_id': user.id, 'department_id': department.id, 'role': role}})
    return user

ours = 'facturation_collab.group_user'
contributor = person('contributor', ours, department, 'contributor')
approvers = person('approver', ours, department, 'validator') + person('approver2', ours, department, 'validator')
finance = person('finance', 'account.group_account_invoice')
person('outsider', ours, other, 'contributor')
policy = env['account.validation.policy'].create({{
    'name': 'Marketing', 'company_id': company.id, 'department_ids': [(6, 0, department.ids)],
    'level_ids': [(0, 0, {{'name': 'Marketing', 'approver_type': 'user', 'user_ids': [(6, 0, approvers.ids)]}})],
}})
partner = env['res.partner'].create({{'name': 'Vendor'}})
answer = {{
    'department': department.id, 'other': other.id,
    'policy': policy.id, 'level': policy.level_ids.id, 'partner': partner.id,
    'users': {{user.login: user.id for user in contributor + approvers + finance}},
    'keys': {{
        user.login: env['res.users.apikeys'].with_user(user).sudo()._generate(
            'rpc', 'black box', fields.Datetime.add(fields.Datetime.now(), days=1)
        )
        for user in env['res.users'].search([('login', 'in', {[*LOGINS, "admin"]!r})])
    }},
}}
"""

CREATE = """
moves = env['account.move'].with_user(env['res.users'].search([('login', '=', 'contributor')]))
answer = moves.create([
    {{
        'move_type': 'in_invoice', 'partner_id': {partner}, 'department_id': {department}, 'invoice_date': '2026-01-15',
        'invoice_line_ids': [(0, 0, {{'name': 'Line', 'quantity': 1, 'price_unit': 100, 'tax_ids': False}})],
    }}
    for _bill in range({count})
]).ids
"""

STATE = """
env.invalidate_all()
answer = []
for move in env['account.move'].browse({ids}):
    requests = move.validation_request_ids
    answer.append({{
        'state': move.state,
        'requests': requests.mapped('state'),
        'voters': requests.step_ids.voter_ids.mapped('login'),
        'steps': requests.step_ids.mapped('state'),
        'waiting': move.validation_waiting_user_ids.mapped('login'),
        'events': requests.event_ids.sorted('sequence').mapped('type'),
        'intact': all(request.event_ids._is_chain_intact() for request in requests),
        'changed': move.validation_content_changed,
    }})
"""


class Company:
    """The company on a running server."""

    def __init__(self, server):
        self.server = server
        self.__dict__.update(server.shell(SETUP))

    def client(self, login):
        """A JSON-2 client of this person, with a connection of its own."""
        return Json2Client(self.server.url, self.server.database, self.keys[login])

    def create_bills(self, count):
        """Bills of Marketing by its contributor, not submitted yet."""
        return self.server.shell(CREATE.format(partner=self.partner, department=self.department, count=count))

    def read_states(self, ids):
        """How each of these bills stands, as the server stored it."""
        return self.server.shell(STATE.format(ids=list(ids)))
