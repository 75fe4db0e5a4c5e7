"""Approvers whom other apps of Odoo name, with these apps installed: the addon depends on none of them."""

import pytest
from validation import SETUP

from workbench import logcheck, templates
from workbench.server import shell

APPS = ("project", "purchase", "sale")

# Each kind of level, asked about an invoice that is linked as the app links it, and about one that is not.
ASK = """
def ask(kind, move):
    policy.level_ids.write({'approver_type': kind, 'user_ids': [(5,)]})
    plans, problems = policy.with_user(contributor).sudo()._plan(move.sudo())
    level, users = plans[move.id][0]
    reason = policy._prepare_planned_vals(plans[move.id][0], move)['reason']
    why = env['account.validation.wording']._describe_reason(reason)
    return [users.mapped('login'), why, problems.get(move.id, '')]

def bill(move_type='in_invoice', **line):
    line = {'name': 'Line', 'quantity': 1, 'price_unit': 100, 'tax_ids': False, **line}
    return env['account.move'].with_user(contributor).sudo().create({
        'move_type': move_type, 'partner_id': partner.id, 'department_id': department.id, 'invoice_date': '2026-01-15',
        'invoice_line_ids': [(0, 0, line)], 'invoice_user_id': False,
    })

plan, _others = env['account.analytic.plan']._get_all_plans()
account, other_account = env['account.analytic.account'].create(
    [{'name': name, 'plan_id': plan.id, 'company_id': company.id} for name in ('Fair', 'Van')]
)
env['project.project'].create({'name': 'Fair 2026', 'account_id': account.id, 'user_id': approvers[0].id})
product = env['product.product'].create({'name': 'Banner', 'type': 'service', 'invoice_policy': 'order'})
purchase = env['purchase.order'].create({
    'partner_id': partner.id, 'user_id': approvers[1].id,
    'order_line': [(0, 0, {'product_id': product.id, 'product_qty': 1, 'price_unit': 100})],
})
sale = env['sale.order'].create({
    'partner_id': partner.id, 'user_id': finance.id,
    'order_line': [(0, 0, {'product_id': product.id, 'product_uom_qty': 1, 'price_unit': 100})],
})
plain = bill()
answer = {
    'project': ask('project', bill(analytic_distribution={str(account.id): 100})),
    'no project': ask('project', bill(analytic_distribution={str(other_account.id): 100})),
    'buyer': ask('buyer', bill(purchase_line_id=purchase.order_line.id)),
    'no order': ask('buyer', plain),
    'salesperson': ask('salesperson', bill('out_invoice', sale_line_ids=[(6, 0, sale.order_line.ids)])),
    'no salesperson': ask('salesperson', bill('out_invoice')),
    'names': [purchase.name, sale.name],
    'possible': [],
}
policy.level_ids.write({'approver_type': 'project'})
answer['possible'] = policy.level_ids._get_possible_approvers().mapped('login')
"""


@pytest.fixture(scope="module")
def answer(bench, run, database):
    """What each kind of level answers."""
    name, log = database("other_apps"), run.log("own-other-apps")
    command = ["-d", name, "-i", ",".join(APPS), *templates.QUIET, f"--logfile={log}"]
    bench.run_odoo(command, failure=f"odoo -i failed, see {log}")
    assert not logcheck.problems(log)
    return shell(bench, name, SETUP + ASK)


def test_the_manager_of_the_project_of_the_analytic_account(answer):
    assert answer["project"] == [["approver"], "Manager of the project Fair 2026, asked by the policy “Marketing”.", ""]
    people, _reason, problem = answer["no project"]
    assert (people, "belongs to a project" in problem) == ([], True)
    assert answer["possible"] == ["approver"]


def test_the_buyer_of_the_matched_purchase_order(answer):
    order, _sale = answer["names"]
    assert answer["buyer"] == [["approver2"], f"Buyer of {order}, asked by the policy “Marketing”.", ""]
    people, _reason, problem = answer["no order"]
    assert (people, "matches no purchase order" in problem) == ([], True)


def test_the_salesperson_of_the_order(answer):
    _order, sale = answer["names"]
    assert answer["salesperson"] == [["finance"], f"Salesperson of {sale}, asked by the policy “Marketing”.", ""]
    people, _reason, problem = answer["no salesperson"]
    assert (people, "nobody is named on it" in problem) == ([], True)
