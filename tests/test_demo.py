"""The demo company holds together: its invoices went through the engine, and its people can work."""

import pytest
from clients import BlackBoxServer

from workbench import logcheck, templates

LOGINS = "claire max emma lea hugo nina paul theo sophie tom karim ines jane luc alice adele".split()
COMPANY = "company = env.ref('facturation_collab_demo.company')\n"
STATES = f"""{COMPANY}
moves = env['account.move'].search([('company_id', '=', company.id), ('move_type', '!=', 'entry')])
groups = moves._read_group([('id', 'in', moves.ids)], ['state', 'validation_state'], ['__count'])
answer = {{f'{{state}} {{validation or "none"}}': count for state, validation, count in groups}}
"""
CHAINS = f"""{COMPANY}
requests = env['account.validation.request'].search([('company_id', '=', company.id)])
answer = [len(requests), len(requests.filtered(lambda request: request.event_ids._is_chain_intact()))]
"""
DETAILS = f"""{COMPANY}
from odoo import fields
now = fields.Datetime.now()
moves = env['account.move'].search([('company_id', '=', company.id), ('move_type', 'in', ('in_invoice', 'in_refund'))])
pending = env['account.validation.request'].search([('company_id', '=', company.id), ('state', '=', 'pending')])
answer = {{
    'without a document': moves.filtered(lambda move: not move.message_main_attachment_id).ids,
    'late': len(pending.filtered(lambda request: request.deadline and request.deadline < now)),
    'nobody waited for': pending.filtered(lambda request: not request.waiting_user_ids).ids,
    'levels passed': sorted({{request.step_ids.mapped('state').count('approved') for request in pending}}),
    'in the future': env['account.validation.event'].search_count([('date', '>', now)]),
    'posted around the gate': moves.filtered(
        lambda move: move.state == 'posted' and move._get_posting_refusals()
    ).ids,
    'policies': env['account.validation.policy'].search_count([('company_id', '=', company.id)]),
    'departments': env['hr.department'].search_count([('company_id', '=', company.id)]),
    'mails to our people': env['mail.mail'].search_count([('recipient_ids.email', '=like', '%@alticime.example')]),
}}
"""


@pytest.fixture(scope="module")
def demo(bench, run):
    """A server on a copy of the demo; what its installation logged was checked when the template was made."""
    server = BlackBoxServer(bench, run.copy(templates.ensure(bench, demo=True), "demo"), run.log("server-demo"))
    yield server
    server.stop()
    assert not logcheck.problems(server.log)


def test_installs_without_a_warning(demo):
    assert not logcheck.problems(templates.install_log(demo=True))


def test_invoices_in_every_state(demo):
    states = demo.shell(STATES)
    assert sum(states.values()) >= 80
    wanted = {
        *("draft none", "draft pending", "draft returned", "draft rejected", "draft cancelled", "draft approved"),
        *("posted approved", "posted none", "posted cancelled", "cancel rejected"),
    }
    assert wanted <= set(states), states


def test_every_chain_of_events_is_intact(demo):
    requests, intact = demo.shell(CHAINS)
    assert requests == intact > 60


def test_details(demo):
    details = demo.shell(DETAILS)
    assert details.pop("late") >= 2
    assert details.pop("levels passed") == [0, 1]
    assert (details.pop("policies"), details.pop("departments")) == (4, 6)
    assert not any(details.values()), details


@pytest.mark.parametrize("login", LOGINS)
def test_everybody_can_log_in(demo, login):
    client = demo.web(login, login)
    assert client.uid
    found = client.call(
        "account.move", "search_read", [[["move_type", "!=", "entry"]]], {"fields": ["name"], "limit": 5}
    )
    # An administrator configures, and sees the invoices of her own roles only: none here.
    assert bool(found) == (login != "adele")


def test_update_changes_nothing(demo, bench):
    before = demo.shell(STATES)
    bench.run_odoo(["-d", demo.database, "-u", "facturation_collab", *templates.QUIET], failure="The update failed")
    assert demo.shell(STATES) == before
