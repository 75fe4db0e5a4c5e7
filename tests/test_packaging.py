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
    shell(bench, name, f"env['ir.module.module'].search([('name', '=', {ADDON!r})]).button_immediate_uninstall()")
    assert shell(bench, name, PICTURE % ids) == picture
    assert _left_behind(bench, name) == ""


def _left_behind(bench, name):
    """Tables and columns of the addon that an uninstallation forgot."""
    return bench.databases.sql(
        f"SELECT model FROM ir_model_data WHERE module = '{ADDON}' UNION ALL "
        "SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'account_validation_%' "
        "OR table_name = 'account_department_member'",
        name,
    )
