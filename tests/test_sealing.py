"""Sealing and deciding at the same moment, on two connections of one database: neither waits for the other."""

from types import SimpleNamespace

import pytest
from validation import Company

from workbench.server import shell

# Whoever has to wait for a lock fails instead.
CONNECTIONS = """
from odoo.api import Environment

def connect(login='admin'):
    cr = env.registry.cursor()
    cr.execute("SET lock_timeout = '2s'")
    cr.commit()
    return Environment(cr, env['res.users'].search([('login', '=', login)]).id, {{}})

def seal(connection):
    return connection['account.validation.seal'].sudo()._seal(connection['res.company'].browse({company}))

def leaves(seals):
    return [leaf._get_leaf()[:3] for leaf in seals.sudo().leaf_ids.sorted('position')]

bill = {bill}
sealer, other, decider = connect(), connect(), connect('approver')
"""
CLOSE = """
for connection in (sealer, other, decider):
    connection.cr.rollback()
    connection.cr.close()
"""


@pytest.fixture(scope="module")
def company(bench, database):
    """A company in a database of its own, without a server."""
    name = database("sealing")
    return Company(SimpleNamespace(shell=lambda code: shell(bench, name, code), url="", database=name))


@pytest.fixture
def at_once(company):
    """Run code with three connections over a bill that was submitted; return what it assigned to ``answer``."""
    [bill] = company.create_bills(1)
    submit = "env['account.move'].with_user(env['res.users'].search([('login', '=', 'contributor')]))"
    company.server.shell(f"{submit}.browse({bill}).action_submit()")
    number = company.server.shell("answer = env.company.id")
    return lambda code: company.server.shell(CONNECTIONS.format(bill=bill, company=number) + code + CLOSE)


def test_a_seal_does_not_wait_for_a_decision_under_way(at_once):
    before, after = at_once(
        """
decider['account.move'].browse(bill).action_approve()
first = leaves(seal(sealer))
sealer.cr.commit()
decider.cr.commit()
second = leaves(seal(sealer))
sealer.cr.commit()
answer = [first, second]
"""
    )
    # The first seal covers what was committed: submitted, opened. The next one covers the decision too.
    assert [sequence for _request, _move, sequence in before] == [2]
    assert [sequence for _request, _move, sequence in after] == [4]


def test_a_decision_does_not_wait_for_a_seal_under_way(at_once):
    state, sealed = at_once(
        """
sealed = leaves(seal(sealer))
sealer.flush_all()
decider['account.move'].browse(bill).action_approve()
decider.cr.commit()
sealer.cr.commit()
answer = [decider['account.move'].browse(bill).sudo().validation_state, sealed]
"""
    )
    assert state == "approved"
    assert len(sealed) == 1


def test_two_nodes_make_one_seal(at_once):
    meanwhile, afterwards, sequences, broken = at_once(
        """
other.cr.execute('SELECT 1')  # its view of the database begins here
first = seal(sealer)
sealer.flush_all()
meanwhile = len(seal(other))
sealer.cr.commit()
import logging
logging.getLogger('odoo.sql_db').disabled = True  # PostgreSQL refuses the second seal of one number
afterwards = len(seal(other))
other.cr.commit()
chain = sealer['account.validation.seal'].sudo().search([('company_id', '=', first.company_id.id)])
broken = sealer['account.validation.verifier']._verify_seal_chain(first.company_id)
answer = [meanwhile, afterwards, chain.mapped('sequence'), broken]
"""
    )
    assert (meanwhile, afterwards) == (0, 0)
    assert sorted(sequences) == list(range(1, len(sequences) + 1))
    assert not broken
