"""Two people in two real browsers, on two servers that share nothing but the database."""

import pytest
from browsers import REF, open_browser, wait_for_text
from validation import Company


class Desks:
    """The company, its bills, and the two servers on which people open them."""

    def __init__(self, first, second):
        self.first, self.second = first, second
        self.company = Company(first)
        self.bills = self.company.create_bills(3)
        self.finance = self.company.client("finance")

    def change(self, bill, **values):
        """Finance changes a bill through a program."""
        self.finance.call("account.move", "write", ids=[bill], vals=values)

    def form(self, bill):
        return f"/odoo/collaborative-bills/{bill}"


@pytest.fixture
def desks(start_server, database, request):
    """A server for the one, and another one for the other: as two nodes."""
    name = database(request.node.name[:30])
    # A person who may no longer read an invoice is refused on purpose.
    refusals = [r"odoo\.http: (?!Exception during request handling)", r"odoo\.addons\.base\.models\.ir_rule: "]
    first = start_server(name, expected=refusals)
    return Desks(first, start_server(name, expected=refusals))


def test_two_people_see_each_other_and_what_they_do(desks):
    bill = desks.bills[0]
    with (
        open_browser(desks.first.url, "contributor", desks.form(bill), phone=True) as contributor,
        open_browser(desks.second.url, "approver", desks.form(bill)) as approver,
    ):
        wait_for_text(contributor, ".o_invoice_presence_text", "Approver has it open")
        wait_for_text(approver, ".o_invoice_presence_text", "Contributor has it open")
        contributor.do("run", "document.querySelector('.o_field_widget[name=ref] input').focus()")
        wait_for_text(approver, ".o_invoice_presence_text", "Contributor is editing")

        contributor.do("run", "document.activeElement.blur()")
        desks.change(bill, ref="Told")
        wait_for_text(contributor, REF, "Told")
        wait_for_text(approver, REF, "Told")

        approver.open(desks.second.url + "/odoo/to-validate")
        contributor.wait_for("!document.querySelector('.o_invoice_presence_person')", "The empty chair")


def test_what_is_typed_stays_and_whoever_loses_access_is_told(desks):
    bill = desks.bills[0]
    with open_browser(desks.second.url, "contributor", desks.form(bill)) as page:
        page.do("click", ".o_field_widget[name=ref] input")
        page.do("run", "document.querySelector('.o_field_widget[name=ref] input').focus()")
        page.do("type", "Mine")
        desks.change(bill, payment_reference="Theirs")
        wait_for_text(page, ".o_invoice_news", "Finance changed this invoice meanwhile")
        assert page.evaluate("document.querySelector('.o_field_widget[name=ref] input').value") == "Mine"
        page.do("click", ".o_form_button_save")
        wait_for_text(page, ".o_field_widget[name=payment_reference] input", "Theirs")

        page.do("run", "document.activeElement.blur()")
        desks.change(bill, department_id=desks.company.other)
        wait_for_text(page, ".o_notification_content", "You may no longer read this invoice.")
        page.wait_for("Boolean(document.querySelector('.o_list_view'))", "The list")
        page.wait_for("document.querySelectorAll('.o_data_row').length === 2", "The bills that are left")


def test_lists_and_the_inbox_follow(desks):
    with (
        open_browser(desks.second.url, "contributor", "/odoo/collaborative-bills") as bills,
        open_browser(desks.first.url, "approver", "/odoo/to-validate") as inbox,
    ):
        wait_for_text(inbox, ".o_to_validate_empty", "Nothing waits for you")
        desks.company.client("contributor").call("account.move", "action_submit", ids=desks.bills[:2])
        wait_for_text(inbox, ".o_to_validate_pager", "1 of 2")
        wait_for_text(bills, ".o_data_row .o_field_badge", "To validate")
        desks.company.create_bills(1)
        bills.wait_for("document.querySelectorAll('.o_data_row').length === 4", "The new bill")
        desks.company.client("approver2").call("account.move", "action_approve", ids=desks.bills[:1])
        wait_for_text(inbox, ".o_to_validate_news", "does not wait for you any more")
        wait_for_text(inbox, ".o_to_validate_pager", "1 of 1")
        with open_browser(desks.first.url, "finance", desks.form(desks.bills[2])):
            bills.wait_for("Boolean(document.querySelector('.o_presence_dot'))", "The dot in the list")
        bills.wait_for("!document.querySelector('.o_presence_dot')", "The list without a dot")
