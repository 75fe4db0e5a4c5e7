"""Reminders, escalations and held messages when two nodes work at the same moment: each thing is done once."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from validation import Company

from workbench.server import shell

BILLS = 12
AT_ONCE = 20

SETUP = """
level = env['account.validation.level'].browse({level})
finance = env['res.users'].search([('login', '=', 'finance')])
level.write({{
    'deadline_hours': 8, 'reminder': 'after', 'reminder_interval': 4, 'reminder_count': 9,
    'escalation': 'user', 'escalation_user_id': finance.id,
}})
env['res.users'].search([('login', '=', 'approver2')]).write({{'validation_notification': 'digest'}})
"""
SUBMIT = """
contributor = env['res.users'].search([('login', '=', 'contributor')])
env['account.move'].browse({bills}).with_user(contributor).action_submit()
env.flush_all()
env.cr.execute('''
    UPDATE account_validation_step SET next_reminder_at = now() at time zone 'UTC' - interval '1 hour',
                                       next_escalation_at = now() at time zone 'UTC' - interval '1 hour'
    WHERE state = 'open' AND move_id = ANY(%s)''', [{bills}])
env.cr.execute("UPDATE account_validation_notice SET send_at = now() at time zone 'UTC' - interval '1 hour'")
"""
# Whoever comes second may be refused by PostgreSQL, which Odoo logs as an error before we see it.
NODE = """
import logging, time
from pathlib import Path
from odoo.addons.facturation_collab.models import (
    account_validation_assignment, account_validation_follow_up, account_validation_notice,
)
account_validation_assignment.BATCH = account_validation_follow_up.BATCH = account_validation_notice.BATCH = 2
logging.getLogger('odoo.sql_db').disabled = True
env.cr.rollback()
Path({mine!r}).touch()
while not Path({other!r}).exists():
    time.sleep(0.01)
env['account.validation.notice']._cron_send()
env['account.validation.step']._cron_follow_up()
"""
READ = """
moves = env['account.move'].browse({bills})
events = moves.validation_request_ids.event_ids
people = {{
    login: env['mail.message'].search([
        ('partner_ids', 'in', env['res.users'].search([('login', '=', login)]).partner_id.ids),
        ('subject', 'like', 'wait for your validation'),
    ]) for login in ('approver', 'approver2')
}}
answer = {{
    'events': [move.validation_request_ids.event_ids.sorted('sequence').mapped('type') for move in moves],
    'intact': all(request.event_ids._is_chain_intact() for request in moves.validation_request_ids),
    'breaks': env['account.validation.verifier']._verify_requests(moves.validation_request_ids),
    'messages': {{login: len(messages) for login, messages in people.items()}},
    'notices': env['account.validation.notice'].search_count([('kind', '=', 'asked')]),
}}
"""
MANY = """
moves = env['account.move'].browse({bills})
contributor = env['res.users'].search([('login', '=', 'contributor')])
moves.with_user(contributor).action_submit()
answer = moves.activity_ids.ids
"""
ACTIVITIES = """
moves = env['account.move'].browse({bills})
answer = {{
    'activities': [sorted(move.activity_ids.user_id.mapped('login')) for move in moves],
    'number': len(moves.activity_ids),
    'due': env['account.validation.request'].search_count([('activities_due', '=', True)]),
}}
"""


@pytest.fixture(scope="module")
def company(bench, database):
    """A company in a database of its own, without a server: each node is a process of Odoo."""
    name = database("follow_up")
    company = Company(SimpleNamespace(shell=lambda code: shell(bench, name, code), url="", database=name))
    company.server.shell(SETUP.format(level=company.level))
    return company


def submit(company, count):
    """Bills whose reminder and escalation are due, and whose message to one approver is held back until now."""
    bills = company.create_bills(count)
    company.server.shell(SUBMIT.format(bills=bills))
    return bills


def test_two_nodes_do_each_thing_once(company, tmp_path):
    bills = submit(company, BILLS)
    signs = [str(tmp_path / name) for name in ("one", "two")]
    nodes = [NODE.format(mine=mine, other=other) for mine, other in (signs, reversed(signs))]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(company.server.shell, nodes))
    # What both left to each other, one of them does the next time.
    company.server.shell(
        "env['account.validation.notice']._cron_send(); env['account.validation.step']._cron_follow_up()"
    )
    found = company.server.shell(READ.format(bills=bills))
    assert [sorted(events) for events in found["events"]] == [
        ["escalated", "opened", "reminded", "submitted"] for _bill in bills
    ]
    assert found["intact"] and not found["breaks"]
    assert found["messages"] == {"approver": 1, "approver2": 1}
    assert found["notices"] == 0


def test_two_nodes_make_the_activities_of_many_bills_once(company, tmp_path):
    bills = company.create_bills(AT_ONCE + 1)
    assert company.server.shell(MANY.format(bills=bills)) == []
    signs = [str(tmp_path / name) for name in ("three", "four")]
    nodes = [NODE.format(mine=mine, other=other) for mine, other in (signs, reversed(signs))]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(company.server.shell, nodes))
    company.server.shell("env['account.validation.notice']._cron_send()")
    found = company.server.shell(ACTIVITIES.format(bills=bills))
    assert found["activities"] == [["approver", "approver2"] for _bill in bills]
    assert found["number"] == 2 * len(bills)
    assert found["due"] == 0


def test_activities_are_not_made_of_what_somebody_decides_at_this_moment(company):
    bills = company.create_bills(AT_ONCE + 1)
    company.server.shell(MANY.format(bills=bills))
    meanwhile, afterwards = company.server.shell(
        f"""
decider = env.registry.cursor()
decider_env = env(cr=decider, user=env['res.users'].search([('login', '=', 'approver')]).id)
decider_env['account.move'].browse({bills[0]}).action_approve()
decider_env.flush_all()
def read():
    env['account.validation.notice']._cron_send()
    env.invalidate_all()
    return [len(env['account.move'].browse(id_).activity_ids) for id_ in {bills[:2]}]
meanwhile = read()
decider.commit()
env.cr.rollback()
answer = [meanwhile, read()]
decider.close()
"""
    )
    assert meanwhile == [0, 2]
    assert afterwards == [0, 2]


def test_nobody_waits_for_a_decision_under_way_and_it_is_not_reminded_of(company):
    [bill] = submit(company, 1)
    meanwhile, afterwards = company.server.shell(
        f"""
from odoo.api import Environment
def connect(login):
    cr = env.registry.cursor()
    cr.execute("SET lock_timeout = '2s'")
    cr.commit()
    return Environment(cr, env['res.users'].search([('login', '=', login)]).id, {{}})

def remind(job):
    job['account.validation.step'].sudo()._cron_follow_up()
    return job['account.move'].browse({bill}).sudo().validation_request_ids.event_ids.sorted('sequence').mapped('type')

decider, job = connect('approver'), connect('admin')
decider['account.move'].browse({bill}).action_approve()
decider.flush_all()
meanwhile = remind(job)
decider.cr.commit()
afterwards = remind(job)
for connection in (decider, job):
    connection.cr.close()
answer = [meanwhile, afterwards]
"""
    )
    assert meanwhile == ["submitted", "opened"]
    assert afterwards == ["submitted", "opened", "approved", "closed"]
