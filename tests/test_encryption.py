"""Encrypted documents on a real server: separate processes, real commits, a backup, the uninstallation."""

import base64
import zipfile

import pytest

from workbench import templates
from workbench.layout import ADDON, DATA
from workbench.server import shell

SECRET = "Acquisition of Initech"
KEY = base64.b64encode(b"k" * 32).decode()
OTHER_KEY = base64.b64encode(b"o" * 32).decode()
DOCUMENTS = f"""
department = env['hr.department'].create({{'name': 'Direction', 'is_confidential': True}})
bill = env['account.move'].create({{'move_type': 'in_invoice', 'department_id': department.id}})
def attach(model, record_id):
    vals = {{'name': 'a.txt', 'raw': b'{SECRET}', 'res_model': model, 'res_id': record_id}}
    return env['ir.attachment'].create(vals)
attached, pending = attach('account.move', bill.id), attach('mail.compose.message', 0)
bill.message_post(body='Here', attachment_ids=pending.ids)
answer = (attached | pending).ids
"""
JOB = f"env.ref('{ADDON}.ir_cron_encrypt_documents').method_direct_trigger()"
READ = """
documents = env['ir.attachment'].browse(%s)
answer = [[document.raw.decode(), document.encryption_key] for document in documents]
"""
READ_PLAIN = """
documents = env['ir.attachment'].browse(%s)
answer = [[document.raw.decode(), document.index_content] for document in documents]
"""
REFUSAL = """
import logging
logging.disable(logging.ERROR)
try:
    answer = env['ir.attachment'].browse(%s).mapped('raw') and 'read'
except Exception as error:
    answer = str(error)
"""


@pytest.fixture
def keys(monkeypatch):
    """Give the server these keys, through its environment."""
    return lambda text: monkeypatch.setenv("FACTURATION_COLLAB_KEYS", text)


@pytest.fixture
def name(bench, run):
    name = run.copy(templates.ensure(bench, demo=False), "encryption")
    yield name
    bench.databases.drop(name)


def test_secret_lies_nowhere_until_the_addon_is_uninstalled(bench, name, keys, tmp_path):
    keys(f"2026={KEY}")
    ids = shell(bench, name, DOCUMENTS)
    shell(bench, name, JOB)
    assert shell(bench, name, READ % ids) == [[SECRET, "2026"]] * 2
    assert _get_files_with_the_secret(name) == []
    assert _get_backup_members_with_the_secret(bench, name, tmp_path) == []

    keys("")
    assert "“2026”, which the server does not have" in shell(bench, name, REFUSAL % ids)
    keys(f"2026={OTHER_KEY}")
    assert "another key" in shell(bench, name, REFUSAL % ids)

    keys(f"2027={OTHER_KEY},2026={KEY}")
    shell(bench, name, JOB)
    keys(f"2027={OTHER_KEY}")
    assert shell(bench, name, READ % ids) == [[SECRET, "2027"]] * 2

    bench.run_odoo(["neutralize", "-d", name], failure="neutralize failed")
    assert shell(bench, name, READ % ids) == [[SECRET, "2027"]] * 2
    shell(bench, name, f"env['ir.module.module'].search([('name', '=', '{ADDON}')]).button_immediate_uninstall()")
    assert shell(bench, name, READ_PLAIN % ids) == [[SECRET, SECRET]] * 2
    assert len(_get_files_with_the_secret(name)) == 1


def _get_files_with_the_secret(name):
    files = [path for path in (DATA / "filestore" / name).rglob("*") if path.is_file()]
    assert files
    return [path for path in files if SECRET.encode() in path.read_bytes()]


def _get_backup_members_with_the_secret(bench, name, folder):
    """Members of Odoo's own backup, database and files, that hold the secret."""
    path = folder / "backup.zip"
    bench.run_odoo(["db", "dump", name, path], failure="the backup failed")
    with zipfile.ZipFile(path) as archive:
        members = archive.namelist()
        assert "dump.sql" in members
        assert any(member.startswith("filestore/x") for member in members)
        forms = (SECRET.encode(), SECRET.encode().hex().encode())
        return [member for member in members if any(form in archive.read(member) for form in forms)]
