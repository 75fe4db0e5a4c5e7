"""The example addons of docs/integrators.md do what they say, survive an upgrade, and leave as they came."""

import re

import pytest
from clients import BlackBoxServer, Refused
from examples import FOLDER, NAMES, ExampleCompany, describe_rules, find_examples
from validation import PASSWORD

from workbench import logcheck, templates
from workbench.layout import ADDON, ROOT
from workbench.server import shell

PAGE = ROOT / "docs" / "integrators.md"
QUOTED = re.compile(r"^`tests/addons/(\S+)`:\n\n```\w+\n(.*?)^```", re.S | re.M)
AUDITOR = f"{ADDON}.account_move_rule_auditor"
BY_HAND = "[('move_type', '!=', 'entry'), ('department_id.reader_ids', 'in', user.id)]"
# What servers log when they refuse, as they should.
EXPECTED = [r"odoo\.http: ", r"odoo\.addons\.base\.models\.ir_(rule|model)"]


@pytest.fixture(scope="module")
def example_bench(bench, tmp_path_factory):
    """A bench that finds the examples."""
    return find_examples(bench, tmp_path_factory.mktemp("examples"))


@pytest.fixture(scope="module")
def installed(example_bench, run, database):
    """A database with every example."""
    name = database("examples")
    _upgrade(example_bench, run, name, "-i", *NAMES)
    return name


@pytest.fixture(scope="module")
def company(example_bench, run, installed):
    """Its people, on a running server."""
    log = run.log("own-examples")
    server = BlackBoxServer(example_bench, run.copy(installed, "examples_company"), log)
    yield ExampleCompany(server)
    server.stop()
    assert not logcheck.problems(log, EXPECTED)


def _upgrade(bench, run, name, option, *modules):
    """Install or upgrade, without a warning."""
    log = run.log(f"examples{option}")
    command = ["-d", name, option, ",".join(modules), *templates.QUIET, f"--logfile={log}"]
    bench.run_odoo(command, failure=f"odoo {option} failed, see {log}")
    assert not logcheck.problems(log)


# ---- the page


def test_the_page_quotes_the_examples_as_they_are():
    quoted = dict(QUOTED.findall(PAGE.read_text(encoding="utf-8")))
    for path, text in quoted.items():
        assert text.strip() in (FOLDER / path).read_text(encoding="utf-8"), f"{path} differs from what the page shows."
    assert {path.split("/")[0] for path in quoted} == set(NAMES)


def test_the_page_quotes_every_rule_that_an_example_has():
    quoted = dict(QUOTED.findall(PAGE.read_text(encoding="utf-8")))
    for path in FOLDER.glob("*/security/rules.xml"):
        assert f"{path.relative_to(FOLDER)}" in quoted


# ---- what each does


def test_region_hides_invoices_of_other_regions(company):
    (anywhere, _), (north, lines) = company.create_bill(), company.create_bill(partner=company.northern)
    assert company.sees("approver", [anywhere, north]) == [anywhere]
    assert company.sees("approver2", [anywhere, north]) == [anywhere, north]
    assert company.sees("finance", [anywhere, north]) == [anywhere, north]
    assert company.sees("auditor", [anywhere, north]) == [anywhere, north]
    assert company.sees("outsider", [anywhere, north]) == []
    assert company.sees("approver", lines, "account.move.line") == []
    assert company.sees("approver2", lines, "account.move.line") == lines
    explanation = company.explain("approver", north)
    assert explanation["allowed"] is False
    assert "Invoices: those of one's region" in explanation["decisive"][0]
    assert "where Approver does not work" in str(explanation["sections"])


def test_region_does_not_hide_what_one_takes_part_in(company):
    north, _lines = company.create_bill(partner=company.northern)
    assert company.sees("approver", [north]) == []
    company.client("finance").call("account.move", "action_submit", ids=[north])
    assert company.sees("approver", [north]) == [north]
    company.client("approver").call("account.move", "action_approve", ids=[north])


def test_project_shows_its_team_what_is_charged_to_it(company):
    (other, _), (charged, lines) = company.create_bill(), company.create_bill(project=company.project)
    assert company.sees("outsider", [other, charged]) == [charged]
    assert company.sees("outsider", lines, "account.move.line") == lines
    explanation = company.explain("outsider", charged)
    assert explanation["allowed"] is True
    assert "Invoices: read those charged to one's projects" in explanation["decisive"][0]


def test_project_lets_its_team_edit_its_drafts(company):
    (other, _), (charged, _) = company.create_bill(), company.create_bill(project=company.project)
    outsider = company.client("outsider")
    outsider.call("account.move", "write", ids=[charged], vals={"ref": "from the team"})
    with pytest.raises(Refused):
        outsider.call("account.move", "write", ids=[other], vals={"ref": "from the team"})
    company.client("finance").call("account.move", "action_submit", ids=[charged])
    with pytest.raises(Refused):
        outsider.call("account.move", "write", ids=[charged], vals={"ref": "too late"})


def test_amounts_are_hidden_at_every_door(company):
    bill, lines = company.create_bill()
    contributor = company.client("contributor")
    read = contributor.call("account.move", "read", ids=[bill], fields=["amount_total", "tax_totals", "partner_id"])[0]
    assert (read["amount_total"], read["tax_totals"]) == (False, False)
    assert read["partner_id"][0] == company.partner
    found = contributor.call("account.move.line", "search_read", domain=[["id", "in", lines]], fields=["price_unit"])
    assert {line["price_unit"] for line in found} == {False}
    for model, ids in (("account.move", [bill]), ("account.move.line", lines)):
        described = contributor.call(model, "fields_get", attributes=["type"])
        amounts = [name for name, values in described.items() if values["type"] in ("monetary", "float")]
        assert len(amounts) > 10
        assert "1234" not in str(contributor.call(model, "read", ids=ids, fields=amounts))
    groups = contributor.call(
        *("account.move", "formatted_read_group"),
        domain=[["id", "=", bill]],
        groupby=["partner_id"],
        aggregates=["amount_total_signed:sum", "__count"],
    )
    assert [(group["amount_total_signed:sum"] or 0, group["__count"]) for group in groups] == [(0, 1)]
    exported = contributor.call("account.move", "export_data", ids=[bill], fields_to_export=["partner_id/.id"])
    assert exported["datas"] == [[str(company.partner)]]
    for model, method, arguments in (
        ("account.move", "export_data", {"ids": [bill], "fields_to_export": ["ref", "amount_total"]}),
        ("account.move", "export_data", {"ids": [bill], "fields_to_export": ["invoice_line_ids/price_unit"]}),
        ("account.move", "search", {"domain": [["amount_total", ">", 1000]]}),
        ("account.move", "search", {"domain": [["line_ids.price_unit", ">", 1000]]}),
        ("account.move", "search", {"domain": [], "order": "amount_total_signed desc"}),
        ("account.move", "formatted_read_group", {"domain": [], "groupby": ["amount_total"]}),
        ("account.move", "copy_data", {"ids": [bill]}),
        ("account.move.line", "write", {"ids": lines[:1], "vals": {"price_unit": 1}}),
    ):
        with pytest.raises(Refused, match="hidden from you|Invoicing right"):
            contributor.call(model, method, **arguments)


def test_amounts_are_seen_by_whoever_has_the_group_and_by_finance(company):
    bill, lines = company.create_bill()
    for login in ("approver", "finance", "auditor"):
        client = company.client(login)
        assert client.call("account.move", "read", ids=[bill], fields=["amount_total"])[0]["amount_total"] == 1234
        assert client.call("account.move", "search", domain=[["id", "=", bill], ["amount_total", ">", 1000]]) == [bill]
        prices = client.call("account.move.line", "read", ids=lines, fields=["price_unit"])
        assert 1234 in [line["price_unit"] for line in prices]


def test_amounts_are_hidden_and_the_form_opens_in_every_state(company):
    bill, _lines = company.create_bill()
    contributor, finance = company.client("contributor"), company.client("finance")
    views = contributor.call("account.move", "get_views", views=[[False, "form"]])
    names = views["models"]["account.move"]["fields"]
    line = {"fields": {"price_unit": {}, "price_subtotal": {}, "name": {}}}
    specification = {**{name: {} for name in names}, "invoice_line_ids": line, "line_ids": line}

    def read():
        return str(contributor.call("account.move", "web_read", ids=[bill], specification=specification))

    assert "1234" not in read()
    contributor.call("account.move", "action_submit", ids=[bill])
    assert "1234" not in read()
    request = contributor.call("account.move", "read", ids=[bill], fields=["validation_request_id"])[0]
    request = contributor.call("account.validation.request", "read", ids=[request["validation_request_id"][0]])
    assert "1234" not in str(request)
    company.client("approver").call("account.move", "action_approve", ids=[bill])
    finance.call("account.move", "action_post", ids=[bill])
    assert "1234" not in read()


def test_amounts_are_hidden_in_the_history_of_changes(company):
    bill, _lines = company.create_bill()
    finance = company.client("finance")
    line = finance.call("account.move", "read", ids=[bill], fields=["invoice_line_ids"])[0]["invoice_line_ids"]
    finance.call("account.move", "write", ids=[bill], vals={"invoice_line_ids": [[1, line[0], {"price_unit": 5678}]]})

    def read_history(login):
        client = company.server.web(login, PASSWORD)
        path = "/mail/thread/messages"
        return str(client.rpc(path, thread_model="account.move", thread_id=bill, fetch_params={"limit": 30}))

    assert "5678" in read_history("approver")
    assert "5678" not in read_history("contributor")


def test_a_rule_with_the_same_id_replaces_ours(company):
    (bill, bill_lines), (invoice, invoice_lines) = company.create_bill(), company.create_bill("out_invoice")
    assert company.sees("auditor", [bill, invoice]) == [bill]
    assert company.sees("auditor", [*bill_lines, *invoice_lines], "account.move.line") == bill_lines


# ---- upgrading and uninstalling


def test_rules_survive_an_upgrade_and_examples_leave_as_they_came(example_bench, run, database, installed):
    plain = describe_rules(lambda code: shell(example_bench, database("examples_plain"), code))
    name = run.copy(installed, "examples_lifecycle")

    def inside(code):
        return shell(example_bench, name, code)

    changed = [f"{ADDON}.account_move_rule_user_read", f"{ADDON}.account_validation_event_rule_user"]
    deleted = f"{ADDON}.account_validation_step_rule_user"
    _change_rules_in_the_interface(example_bench, run, name, changed, deleted)
    before = describe_rules(inside)
    assert before[changed[0]][2] == BY_HAND != plain[changed[0]][2]
    assert before[changed[1]][1] is False
    assert before[AUDITOR][2] != plain[AUDITOR][2]
    assert deleted not in before
    assert len([xmlid for xmlid in before if xmlid.split(".")[0] in NAMES]) == 9
    _upgrade(example_bench, run, name, "-u", ADDON)
    assert describe_rules(inside) == before | {deleted: plain[deleted]}
    inside(f"env['ir.module.module'].search([('name', 'in', {NAMES!r})]).button_immediate_uninstall()")
    assert describe_rules(inside) == plain | {xmlid: before[xmlid] for xmlid in changed}


def _change_rules_in_the_interface(bench, run, name, changed, deleted):
    """What an administrator does in Settings > Technical > Record Rules: another domain, one archived, one deleted."""
    log = run.log("own-examples-interface")
    server = BlackBoxServer(bench, name, log)
    try:
        client = server.web("admin", "admin")

        def find(xmlid):
            domain = [["module", "=", ADDON], ["name", "=", xmlid.removeprefix(f"{ADDON}.")]]
            return [row["res_id"] for row in client.call("ir.model.data", "search_read", [domain, ["res_id"]])]

        for xmlid, vals in zip(changed, ({"domain_force": BY_HAND}, {"active": False}), strict=True):
            client.call("ir.rule", "web_save", [find(xmlid), vals, {"domain_force": {}}])
        client.call("ir.rule", "unlink", [find(deleted)])
    finally:
        server.stop()
    assert not logcheck.problems(log)
