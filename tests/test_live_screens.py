"""Two people in two real browsers, on two servers that share nothing but the database."""

import pytest
from nodes import PHONE, REF, Screen, browser
from validation import PASSWORD, Company

# Whoever waits for a minute sees this by the next report of their own screen; only the waiting is left out.
EDITED_FOR_LONG = """
env.cr.execute(
    "UPDATE account_move_presence SET since = since - interval '2 minutes' WHERE move_id = {bill} AND mode = 'editing'"
)
"""
ASKED_BEFORE = """
env.cr.execute("UPDATE account_move_presence SET asked_at = asked_at - interval '1 minute' WHERE move_id = {bill}")
"""


class Desks:
    """The company, its bills, and the two servers on which people open them."""

    def __init__(self, first, second, chromium):
        self.first, self.second, self.chromium = first, second, chromium
        self.company = Company(first)
        self.bills = self.company.create_bills(3)
        self.finance = self.company.client("finance")

    def change(self, bill, **values):
        """Finance changes a bill through a program."""
        self.finance.call("account.move", "write", ids=[bill], vals=values)

    def open(self, server, login, path, **options):
        """The screen of a person on one of the servers."""
        screen = Screen(self.chromium, server.url, login, PASSWORD, **options)
        screen.show(path)
        return screen

    def form(self, bill):
        return f"/odoo/collaborative-bills/{bill}"


@pytest.fixture
def desks(start_server, database, request):
    """A server for the one, and another one for the other: as two nodes."""
    name = database(request.node.name[:30])
    # A person who may no longer read an invoice is refused on purpose; what two write at once is replayed.
    refusals = [
        r"odoo\.http: (?!Exception during request handling)",
        r"odoo\.addons\.base\.models\.ir_rule: ",
        r"odoo\.sql_db: bad query: ",
    ]
    first = start_server(name, expected=refusals)
    with browser() as chromium:
        yield Desks(first, start_server(name, expected=refusals), chromium)


def test_two_people_see_each_other_and_what_they_do(desks):
    bill = desks.bills[0]
    contributor = desks.open(desks.first, "contributor", desks.form(bill), **PHONE)
    approver = desks.open(desks.second, "approver", desks.form(bill))
    contributor.wait_for_text(".o_invoice_presence_text", "Approver has it open")
    approver.wait_for_text(".o_invoice_presence_text", "Contributor has it open")
    contributor.field("ref").focus()
    approver.wait_for_text(".o_invoice_presence_text", "Contributor is editing")

    contributor.field("ref").blur()
    desks.change(bill, ref="Told")
    contributor.wait_for_text(REF, "Told")
    approver.wait_for_text(REF, "Told")

    approver.show("/odoo/to-validate")
    contributor.wait_for_count(".o_invoice_presence_person", 0)


def test_an_invoice_is_taken_over(desks):
    bill = desks.bills[0]
    contributor = desks.open(desks.second, "contributor", desks.form(bill))
    contributor.field("ref").press_sequentially("Mine")
    finance = desks.open(desks.first, "finance", desks.form(bill))
    finance.wait_for_text(".o_invoice_presence_text", "Contributor is editing")
    finance.wait_for_count(".o_invoice_presence_ask", 0)
    desks.first.shell(EDITED_FOR_LONG.format(bill=bill))
    ask = finance.page.locator(".o_invoice_presence_ask")
    ask.click()
    finance.wait_for_text(".o_invoice_presence_said", "Contributor was asked to save")

    contributor.wait_for_text(".o_invoice_presence_asker", "Finance asks you to save and to leave this invoice")
    contributor.page.locator(".o_invoice_presence_keep").click()
    finance.wait_for_text(".o_invoice_presence_said", "Contributor goes on editing for now")
    assert contributor.field("ref").input_value() == "Mine"

    ask.click()
    finance.wait_for_text(".o_invoice_presence_said", "You asked a moment ago")
    desks.first.shell(ASKED_BEFORE.format(bill=bill))
    ask.click()
    contributor.page.locator(".o_invoice_presence_give").click()
    finance.wait_for_text(".o_invoice_presence_said", "Contributor saved and leaves the invoice to you")
    finance.wait_for_text(REF, "Mine")
    contributor.wait_for_text(".o_invoice_presence_said", "You left this invoice to Finance")
    contributor.wait_for_count(".o_field_widget[name=ref] input", 0)
    finance.type("ref", "Taken over")
    finance.save()
    contributor.wait_for_text(REF, "Taken over")
    contributor.page.locator(".o_invoice_presence_again").click()
    contributor.wait_for_text(".o_field_widget[name=ref] input", "Taken over")


def test_what_is_typed_stays_and_whoever_loses_access_is_told(desks):
    bill = desks.bills[0]
    screen = desks.open(desks.second, "contributor", desks.form(bill))
    screen.field("ref").press_sequentially("Mine")
    desks.change(bill, payment_reference="Theirs")
    screen.wait_for_text(".o_invoice_news", "Finance changed this invoice meanwhile")
    assert screen.field("ref").input_value() == "Mine"
    screen.save()
    screen.wait_for_text(".o_field_widget[name=payment_reference] input", "Theirs")

    screen.page.evaluate("document.activeElement.blur()")
    desks.change(bill, department_id=desks.company.other)
    screen.wait_for_text(".o_notification_content", "You may no longer read this invoice.")
    screen.wait_for_count(".o_list_view .o_data_row", 2)


def test_lists_and_the_inbox_follow(desks):
    bills = desks.open(desks.second, "contributor", "/odoo/collaborative-bills")
    inbox = desks.open(desks.first, "approver", "/odoo/to-validate")
    inbox.wait_for_text(".o_to_validate_empty", "Nothing waits for you")
    desks.company.client("contributor").call("account.move", "action_submit", ids=desks.bills[:2])
    inbox.wait_for_text(".o_to_validate_pager", "1 of 2")
    bills.wait_for_text(".o_data_row .o_field_badge", "To validate")
    desks.company.create_bills(1)
    bills.wait_for_count(".o_data_row", 4)
    desks.company.client("approver2").call("account.move", "action_approve", ids=desks.bills[:1])
    inbox.wait_for_text(".o_to_validate_news", "does not wait for you any more")
    inbox.wait_for_text(".o_to_validate_pager", "1 of 1")
    finance = desks.open(desks.first, "finance", desks.form(desks.bills[2]))
    bills.page.wait_for_selector(".o_presence_dot")
    finance.context.close()
    bills.wait_for_count(".o_presence_dot", 0)
