"""The demo company holds together: its invoices went through the engine, and its people can work."""

import pytest
from clients import BlackBoxServer

from workbench import logcheck, templates

LOGINS = "claire max emma lea hugo nina paul theo sophie tom karim ines jane luc sonia alice adele".split()
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
CAPABILITIES = f"""{COMPANY}
policy = lambda name: env.ref('facturation_collab_demo.policy_' + name)
requests = env['account.validation.request'].search([('company_id', '=', company.id)])
events = requests.event_ids
fees = requests.filtered(lambda request: request.policy_id == policy('fees'))
climbed = fees.filtered(lambda request: request.state == 'pending')
late = events.filtered(lambda event: event.type == 'escalated').request_id
back = events.filtered(lambda event: event.type == 'returned_to').request_id
automatic = requests.filtered('auto_approved')
delegation = env['account.validation.delegation'].search([])
from odoo import fields
planned = policy('marketing').planned_version_ids
pilot = env['account.validation.pilot'].create({{'policy_id': policy('operations').id}})
answer = {{
    'fees': [sorted(fees.step_ids.approver_ids.mapped('login')), climbed.waiting_user_ids.mapped('login')],
    'why': climbed.step_ids._get_reason_text(),
    'late': [late.mapped('state'), sorted(late.waiting_user_ids.mapped('login'))],
    'back': [back.mapped('state'), back.waiting_user_ids.mapped('login')],
    'asked': back.move_id.validation_panel['comments'][-1]['text'],
    'automatic': [automatic.mapped('state'), automatic.move_id.mapped('state'), len(automatic.step_ids.voter_ids)],
    'delegation': [delegation.mapped('state'), delegation.from_user_id.login, delegation.to_user_id.login],
    'delegated': env['account.move'].search_count([
        ('validation_waiting_user_ids', 'in', delegation.from_user_id.ids),
        ('validation_waiting_user_ids', 'in', delegation.to_user_id.ids),
    ]),
    'planned': [planned.mapped('state'), planned.valid_from > fields.Datetime.now()],
    'draft': env['account.validation.policy'].with_context(active_test=False).search_count(
        [('draft_of_id', '=', policy('marketing').id)]
    ),
    'shared': sorted(
        (request.state, len(request.step_ids.filtered('share')), bool(request.refused_amount))
        for request in requests.filtered(lambda request: request.policy_id == policy('shared'))
    ),
    'disputed': env['account.move'].search([('validation_is_disputed', '=', True)]).mapped('question_ids.state'),
    'followed': env['account.move'].search_count(
        env['account.move']._get_vendor_bill_domain(env.ref('facturation_collab_demo.user_violette'))
    ),
    'templates': [
        [template.move_type, template.state, template.use_count, template.line_ids.mapped('display_type')]
        for template in env['account.invoice.template'].search([], order='move_type desc')
    ],
    'from a template': env.ref('facturation_collab_demo.move_from_template')._is_as_template(),
    'pilot': [pilot.mode, pilot.request_count > 5, pilot.hours > 0],
    'broken': list(env['account.validation.verifier']._verify_requests(requests)),
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
    assert (details.pop("policies"), details.pop("departments")) == (6, 6)
    assert not any(details.values()), details


def test_each_capability_has_its_story(demo):
    told = demo.shell(CAPABILITIES)
    assert told["fees"] == [["claire", "luc"], ["claire"]]
    assert "limit too low" in told["why"]
    assert told["late"] == [["pending"], ["claire", "paul", "sophie"]]
    assert told["back"] == [["pending"], ["max"]]
    assert told["asked"] in ("Was the whole film delivered?", "Le film a-t-il été livré en entier\u00a0?")
    # Two of them, of which the sample may draw one.
    assert told["automatic"] in ([["approved"] * count, ["posted"] * count, 0] for count in (1, 2))
    assert told["delegation"] == [["running"], "paul", "sophie"]
    assert told["delegated"] >= 1
    assert told["planned"] == [["planned"], True]
    assert told["draft"] == 1
    assert told["shared"] == [["pending", 3, False], ["returned", 3, True]]
    assert sorted(told["disputed"]) == ["answered", "open"]
    assert told["followed"] >= 1
    assert told["templates"] == [
        ["out_invoice", "active", 1, ["line_section", "product", "product", "line_note"]],
        ["in_invoice", "active", 0, ["product"]],
    ]
    assert told["from a template"]
    assert told["pilot"] == ["observe", True, True]
    assert told["broken"] == []


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
