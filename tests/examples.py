"""The example addons of docs/integrators.md, and the company in which tests try them."""

import copy
import re

from validation import PASSWORD, Company

from workbench.bench import Bench
from workbench.layout import ADDON, ROOT

FOLDER = ROOT / "tests" / "addons"
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/__manifest__.py"))

PEOPLE = f"""
from odoo import fields
def by_login(*logins):
    return env['res.users'].search([('login', 'in', logins)])
def create(login, group):
    return env['res.users'].with_context(no_reset_password=True).create({{
        'name': login.capitalize(), 'login': login, 'password': {PASSWORD!r}, 'email': login + '@example.com',
        'group_ids': [(6, 0, (env.ref('base.group_user') + env.ref(group)).ids)],
    }})
create('auditor', 'facturation_collab.group_auditor')
approver, approver2, outsider = by_login('approver'), by_login('approver2'), by_login('outsider')
(approver + approver2).write({{'group_ids': [(4, env.ref('facturation_example_hide_amounts.group_amounts').id)]}})
# Without it Odoo refuses every export, whatever the fields.
by_login('contributor').write({{'group_ids': [(4, env.ref('base.group_allow_export').id)]}})
region = env['facturation.example.region'].create({{'name': 'North', 'user_ids': [(6, 0, approver2.ids)]}})
northern = env['res.partner'].create({{'name': 'Northern vendor', 'region_id': region.id}})
plan = env['account.analytic.plan'].create({{'name': 'Projects'}})
project = env['account.analytic.account'].create({{
    'name': 'Bridge', 'plan_id': plan.id, 'team_ids': [(6, 0, outsider.ids)],
}})
key = env['res.users.apikeys'].with_user(by_login('auditor')).sudo()._generate(
    'rpc', 'black box', fields.Datetime.add(fields.Datetime.now(), days=1)
)
answer = {{'northern': northern.id, 'project': project.id, 'auditor': key}}
"""

RULES = """
data = env['ir.model.data'].search([('model', '=', 'ir.rule'), ('module', 'in', {modules!r})])
answer = {{}}
for xmlid in data.mapped('complete_name'):
    rule = env.ref(xmlid)
    answer[xmlid] = [
        rule.name, rule.active, rule.domain_force, sorted(rule.groups.mapped('full_name')),
        [rule.perm_read, rule.perm_write, rule.perm_create, rule.perm_unlink],
    ]
"""


def find_examples(bench: Bench, folder) -> Bench:
    """The same bench, whose Odoo also finds the example addons."""
    found = copy.copy(bench)
    found.configuration = folder / "odoo.conf"
    text = bench.configuration.read_text()
    found.configuration.write_text(re.sub(r"^(addons_path = .*)$", rf"\1,{FOLDER}", text, flags=re.M))
    return found


def describe_rules(shell) -> dict:
    """What the rules of the addon and of the examples say: {XML id: values}."""
    return shell(RULES.format(modules=[ADDON, *NAMES]))


class ExampleCompany(Company):
    """The company of the other tests, with an auditor, a region, a project, and who sees amounts."""

    def __init__(self, server):
        super().__init__(server)
        answer = server.shell(PEOPLE)
        self.keys["auditor"] = answer.pop("auditor")
        self.__dict__.update(answer)

    def create_bill(self, move_type="in_invoice", partner=None, project=None):
        """The id of a draft of Marketing that accounting entered, and those of its lines."""
        line = {"name": "Line", "quantity": 1, "price_unit": 1234, "tax_ids": False}
        line["analytic_distribution"] = {str(project): 100} if project else False
        vals = {
            **{"move_type": move_type, "partner_id": partner or self.partner, "department_id": self.department},
            **{"invoice_date": "2026-01-15", "invoice_line_ids": [[0, 0, line]]},
        }
        finance = self.client("finance")
        ids = finance.call("account.move", "create", vals_list=[vals])
        return ids[0], sorted(finance.call("account.move", "read", ids=ids, fields=["line_ids"])[0]["line_ids"])

    def sees(self, login, ids, model="account.move"):
        """Those of the records that this person finds."""
        return sorted(self.client(login).call(model, "search", domain=[["id", "in", list(ids)]]))

    def explain(self, login, move_id, operation="read"):
        """What the screen answers to an auditor about this person."""
        auditor = self.client("auditor")
        user = auditor.call("res.users", "search", domain=[["login", "=", login]])[0]
        vals = {"user_id": user, "reference": str(move_id), "operation": operation}
        ids = auditor.call("account.access.explanation", "create", vals_list=[vals])
        return auditor.call("account.access.explanation", "read", ids=ids, fields=["explanation"])[0]["explanation"]
