"""Two people in real browsers on one bill, through a proxy before two servers of one database: what a day brings."""

import time

import pytest
from clients import BlackBoxServer
from nodes import Proxy, Screen, browser
from validation import PASSWORD, Company

from workbench import logcheck

# Conflicts and refusals that people read, sessions that ended, and replays after a serialization failure.
EXPECTED = [
    r"odoo\.http: (?!Exception during request handling)",
    r"odoo\.sql_db: bad query: ",
    r"odoo\.addons\.bus\.websocket: ",
]
READ = """
bill = env['account.move'].browse({bill})
answer = {{
    **{{name: bill[name] or '' for name in ('ref', 'payment_reference', 'amount_untaxed')}},
    'lines': [[line.name, line.quantity, line.price_unit] for line in bill.invoice_line_ids],
    'revisions': [
        [revision.user_id.login, revision.through, abs((revision.date - revision.create_date).total_seconds()) < 60]
        for revision in bill.revision_ids.sorted('number')
    ],
    'unsaved': env['account.move.unsaved'].search([('move_id', '=', bill.id)]).user_id.mapped('login'),
}}
"""


@pytest.fixture(scope="module")
def nodes(bench, run, database):
    """Two servers with two workers each, on one database."""
    name = database("nodes")
    servers = [BlackBoxServer(bench, name, run.log(f"own-node-{node}"), workers=2) for node in range(2)]
    yield servers
    for server in servers:
        server.stop()
    for server in servers:
        assert not logcheck.problems(server.log, EXPECTED)


@pytest.fixture(scope="module")
def company(nodes):
    return Company(nodes[0])


@pytest.fixture(scope="module")
def proxy(nodes):
    proxy = Proxy(nodes)
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def screens(proxy, company):
    """The screens of the contributor and of an accountant."""
    with browser() as chromium:
        yield [Screen(chromium, proxy.url, login, PASSWORD) for login in ("contributor", "finance")]


@pytest.fixture
def bill(company, screens):
    """A bill of two lines that both have open."""
    [bill] = company.create_bills(1)
    company.server.shell(
        f"bill = env['account.move'].browse({bill})\n"
        "bill.ref = 'Before'\n"
        "bill.invoice_line_ids = [(0, 0, {'name': 'Second', 'quantity': 1, 'price_unit': 50, 'tax_ids': False})]\n"
    )
    for screen in screens:
        screen.errors.clear()
        screen.open(bill)
    yield bill
    for screen in screens:
        assert not screen.errors
        screen.page.goto("about:blank")


@pytest.fixture
def read(company, bill):
    return lambda: company.server.shell(READ.format(bill=bill))


def test_other_fields_and_other_lines_are_merged(screens, read):
    mine, theirs = screens
    mine.type("ref", "Mine")
    mine.type_in_line(0, "price_unit", "120")
    theirs.type("payment_reference", "Theirs")
    theirs.type_in_line(1, "quantity", "3")
    theirs.save()
    theirs.wait_saved()
    mine.save()
    mine.page.wait_for_selector(".o_notification:has-text('Finance changed meanwhile')")
    assert mine.field("payment_reference").input_value() == "Theirs"
    found = read()
    assert (found["ref"], found["payment_reference"], found["amount_untaxed"]) == ("Mine", "Theirs", 270)


@pytest.mark.parametrize("side", ["mine", "theirs"])
def test_the_same_field_is_asked_about(screens, read, side):
    mine, theirs = screens
    mine.type("ref", "Mine")
    theirs.type("ref", "Theirs")
    theirs.save()
    theirs.wait_saved()
    mine.save()
    mine.page.wait_for_selector(".o_conflict_dialog .o_conflict_row:has-text('Before: Before')")
    assert read()["ref"] == "Theirs"
    mine.choose(side)
    mine.wait_saved()
    assert read()["ref"] == side.capitalize() == mine.field("ref").input_value()


def test_the_same_line_in_other_fields_is_merged(screens, read):
    mine, theirs = screens
    mine.type_in_line(0, "price_unit", "130")
    theirs.type_in_line(0, "quantity", "2")
    theirs.save()
    theirs.wait_saved()
    mine.save()
    mine.wait_saved()
    assert read()["lines"][0] == ["Line", 2, 130]


def test_a_line_that_somebody_removed_is_asked_about(screens, read):
    mine, theirs = screens
    mine.type_in_line(1, "price_unit", "75")
    theirs.page.locator("div[name=invoice_line_ids] tr.o_data_row").nth(1).locator(".o_list_record_remove").click()
    theirs.save()
    theirs.wait_saved()
    mine.save()
    mine.choose("mine")
    mine.wait_saved()
    assert [line[2] for line in read()["lines"]] == [100, 75]


def test_a_change_of_tab_saves_and_asks(screens, read):
    mine, theirs = screens
    mine.type("ref", "Mine")
    theirs.type("ref", "Theirs")
    theirs.save()
    theirs.wait_saved()
    mine.page.locator(".o_notebook .nav-link").last.click()
    mine.choose("mine")
    mine.wait_saved()
    assert read()["ref"] == "Mine"


def test_a_page_that_is_closed_in_a_conflict_keeps_what_was_typed(screens, read, bill):
    mine, theirs = screens
    mine.type("ref", "Left behind")
    theirs.type("ref", "Theirs")
    theirs.save()
    theirs.wait_saved()
    mine.page.close(run_before_unload=True)
    mine.page = mine.context.new_page()
    wait_until(lambda: read()["unsaved"] == ["contributor"])
    mine.open(bill)
    mine.page.wait_for_selector(".o_conflict_dialog .modal-title:has-text('You left changes unsaved')")
    mine.choose("mine")
    wait_until(lambda: read()["ref"] == "Left behind")
    assert not read()["unsaved"]


def test_the_network_is_cut_and_comes_back(screens, read, proxy):
    mine, theirs = screens
    theirs.type("payment_reference", "Theirs")
    theirs.save()
    theirs.wait_saved()
    mine.type("ref", "Typed without a network")
    proxy.cut()
    mine.save()
    mine.page.wait_for_selector(".o_notification:has-text('Connection lost')")
    assert mine.field("ref").input_value() == "Typed without a network"
    assert read()["ref"] == "Before"
    proxy.mend()
    mine.save()
    mine.wait_saved()
    found = read()
    assert (found["ref"], found["payment_reference"]) == ("Typed without a network", "Theirs")


def test_a_session_that_is_over_loses_nothing(screens, read):
    mine, theirs = screens
    theirs.type("payment_reference", "Theirs")
    theirs.save()
    theirs.wait_saved()
    mine.type("ref", "Typed before the session was over")
    mine.context.clear_cookies()
    mine.save()
    mine.page.locator(".modal:has-text('Session Expired') footer button").click()
    mine.page.wait_for_selector("input[name=password]")
    mine.log_in("contributor", PASSWORD)
    mine.page.wait_for_selector(".o_notification:has-text('What you had typed before you left was saved')")
    assert mine.field("ref").input_value() == "Typed before the session was over"
    found = read()
    assert (found["ref"], found["payment_reference"]) == ("Typed before the session was over", "Theirs")


def test_a_device_that_slept_catches_up_and_saves_what_it_held(screens, read):
    mine, theirs = screens
    mine.type("ref", "Typed before the sleep")
    protocol = mine.context.new_cdp_session(mine.page)
    protocol.send("Page.setWebLifecycleState", {"state": "frozen"})
    theirs.type("payment_reference", "Theirs")
    theirs.save()
    theirs.wait_saved()
    protocol.send("Page.setWebLifecycleState", {"state": "active"})
    mine.save()
    mine.wait_saved()
    found = read()
    assert (found["ref"], found["payment_reference"]) == ("Typed before the sleep", "Theirs")


def test_a_clock_that_is_wrong_changes_nothing(screens, read, bill):
    mine, theirs = screens
    mine.page.clock.set_system_time("2031-05-06T07:08:09")
    mine.open(bill)
    theirs.type("ref", "Theirs")
    theirs.save()
    theirs.wait_saved()
    mine.type("payment_reference", "Typed in the future")
    mine.save()
    mine.wait_saved()
    found = read()
    assert (found["ref"], found["payment_reference"]) == ("Theirs", "Typed in the future")
    assert all(is_now for _login, _through, is_now in found["revisions"])


def test_access_that_is_withdrawn_closes_the_form_kindly(screens, read, company):
    mine, _theirs = screens
    mine.type("ref", "Too late")
    roles = "env['account.department.member'].search([('user_id.login', '=', 'contributor')])"
    company.server.shell(f"{roles}.department_id = {company.other}")
    try:
        mine.page.wait_for_selector(".o_notification:has-text('You may no longer read this invoice')")
        mine.page.wait_for_selector(".o_form_view", state="hidden")
        assert read()["ref"] == "Before"
    finally:
        company.server.shell(f"{roles}.department_id = {company.department}")


def wait_until(condition, seconds=30):
    """Ask the database until it is so."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.3)
