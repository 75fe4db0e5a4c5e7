"""The wheel holds all that the addon needs; installing, upgrading and uninstalling leave native invoices alone."""

import subprocess
import sys
import zipfile

import pytest

from workbench import templates
from workbench.layout import ADDON, ROOT, manifest
from workbench.server import shell

NATIVE_INVOICES = """
company = env.company
if not company.chart_template:
    env['account.chart.template'].try_loading('generic_coa', company=company, install_demo=False)
partner = env['res.partner'].create({'name': 'Any customer'})
def invoice(move_type, amount):
    return env['account.move'].create({
        'move_type': move_type, 'partner_id': partner.id, 'invoice_date': '2026-01-15', 'date': '2026-01-15',
        'invoice_line_ids': [(0, 0, {'name': 'A line', 'quantity': 2, 'price_unit': amount})],
    })
moves = invoice('out_invoice', 100) + invoice('out_refund', 40) + invoice('in_invoice', 60)
moves.action_post()
draft = invoice('out_invoice', 10)
answer = (moves + draft).ids
"""
PICTURE = """
moves = env['account.move'].browse(%s)
answer = [
    [move.name, move.state, move.amount_total, move.partner_id.id, move.payment_state,
     [[line.name, line.balance, line.account_id.code] for line in move.line_ids.sorted('id')]]
    for move in moves
]
"""


VALIDATED_BILLS = """
def person(login):
    groups = env.ref('account.group_account_invoice') + env.ref('base.group_user')
    return env['res.users'].create({'name': login, 'login': login, 'group_ids': [(6, 0, groups.ids)]})
clerk, approver = person('a clerk'), person('an approver')
department = env['hr.department'].create({'name': 'Any department'})
env['account.department.member'].create({'department_id': department.id, 'user_id': approver.id, 'role': 'manager'})
env['account.validation.policy'].create({
    'name': 'Any bill',
    'level_ids': [(0, 0, {'name': 'Manager', 'approver_type': 'role', 'role': 'manager', 'deadline_hours': 8})],
})
bills = env['account.move'].with_user(clerk).create([{
    'move_type': 'in_invoice', 'partner_id': env['res.partner'].search([], limit=1).id, 'department_id': department.id,
    'ref': outcome, 'invoice_date': '2026-01-15', 'date': '2026-01-15',
    'invoice_line_ids': [(0, 0, {'name': 'A line', 'quantity': 1, 'price_unit': 100})],
} for outcome in ('posted', 'approved', 'returned', 'pending')])
bills.action_submit()
bills[:2].with_user(approver).action_approve()
bills[2].with_user(approver).action_return('Not like that')
bills[0].action_post()
assert bills.mapped('validation_state') == ['approved', 'approved', 'returned', 'pending']
answer = bills.ids
"""
POST = """
bills = env['account.move'].browse(%s)
bills.filtered(lambda bill: bill.state == 'draft').action_post()
answer = bills.mapped('state')
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from the root of the repository as a user would."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT]
    subprocess.run([str(part) for part in command], check=True, stdin=subprocess.DEVNULL)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_every_file_of_the_addon(wheel):
    listed = subprocess.run(["git", "ls-files", ADDON], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    wanted = {f"odoo/addons/{path}" for path in listed.splitlines() if not path.endswith("pyproject.toml")}
    assert wanted <= set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_holds_every_file_that_the_manifest_names(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    described = manifest(ROOT / ADDON)
    for path in [*described.get("data", []), *described.get("demo", [])]:
        assert f"odoo/addons/{ADDON}/{path}" in names


def test_the_wheel_holds_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert [name for name in names if not name.startswith((f"odoo/addons/{ADDON}/", "odoo_addon_"))] == []


def test_the_wheel_says_what_it_is(wheel):
    archive = zipfile.ZipFile(wheel)
    metadata = archive.read(next(name for name in archive.namelist() if name.endswith("METADATA"))).decode()
    assert "Requires-Dist: odoo" in metadata
    assert "License-Expression: LGPL-3" in metadata or "LGPL" in metadata


@pytest.fixture
def native(bench, run):
    """A database without the addon, with native invoices: its name, the invoices' ids and a picture of them."""
    name = run.copy(templates.layers(bench, demo=False)[0].name, "packaging")
    ids = shell(bench, name, NATIVE_INVOICES)
    yield name, ids, shell(bench, name, PICTURE % ids)
    bench.databases.drop(name)


def test_installing_upgrading_and_uninstalling_leave_native_invoices_intact(bench, native):
    name, ids, picture = native
    for action in ("-i", "-u"):
        bench.run_odoo(["-d", name, action, ADDON, *templates.QUIET], failure=f"{action} {ADDON} failed")
        assert shell(bench, name, PICTURE % ids) == picture
    bills = shell(bench, name, VALIDATED_BILLS)
    picture = shell(bench, name, PICTURE % (ids + bills))
    shell(bench, name, f"env['ir.module.module'].search([('name', '=', {ADDON!r})]).button_immediate_uninstall()")
    assert shell(bench, name, PICTURE % (ids + bills)) == picture
    assert _left_behind(bench, name) == ""
    assert shell(bench, name, POST % bills) == ["posted"] * len(bills)


def _left_behind(bench, name):
    """Tables and columns of the addon that an uninstallation forgot."""
    return bench.databases.sql(
        f"SELECT model FROM ir_model_data WHERE module = '{ADDON}' UNION ALL "
        "SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'account_validation_%' "
        "OR table_name = 'account_department_member' OR table_name LIKE 'account_move_validation_%' "
        "UNION ALL SELECT table_name || '.' || column_name FROM information_schema.columns "
        "WHERE column_name LIKE 'validation_%' OR table_name LIKE 'account_move%' AND column_name = 'department_id'",
        name,
    )
