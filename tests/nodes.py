"""Several servers ("nodes") on one database behind a small proxy, and real browsers in front of it."""

import itertools
import shutil
import socket
import threading
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

LIVE = b"GET /websocket"
BROWSERS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
# As root Chromium has no sandbox; the rest keeps it from calling home.
ARGUMENTS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
PATIENCE = 40_000  # milliseconds
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
REF = ".o_field_widget[name=ref] :is(input, span)"
HAS_TEXT = """
([selector, text]) => [...document.querySelectorAll(selector)]
    .some((element) => (element.value || element.textContent).includes(text))
"""


class Proxy:
    """Passes connections on to the servers in turn; those of the bus to their port for it. It can be cut."""

    def __init__(self, servers):
        self._nodes = itertools.cycle(servers)
        self._open = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.is_cut = False
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """Break every connection, and refuse new ones until `mend()`."""
        self.is_cut = True
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def mend(self):
        self.is_cut = False

    def close(self):
        self._listener.close()
        self.cut()

    def _accept(self):
        with suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, suppress(OSError):
            first = client.recv(65536)
            if self.is_cut or not first:
                return
            node = next(self._nodes)
            target = urlsplit(node.live_url if first.startswith(LIVE) else node.url)
            with socket.create_connection((target.hostname, target.port)) as server:
                self._open |= {client, server}
                server.sendall(first)
                back = threading.Thread(target=_pass_on, args=(server, client), daemon=True)
                back.start()
                _pass_on(client, server)
                back.join()
                self._open -= {client, server}


def _pass_on(source, target):
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def browser():
    """A real Chromium; each person gets a context of their own (`new_context()`)."""
    with sync_playwright() as playwright:
        program = next(filter(None, map(shutil.which, BROWSERS)))
        chromium = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield chromium
        finally:
            chromium.close()


class Screen:
    """One person's browser on the invoice of a server."""

    def __init__(self, chromium, url, login, password, **options):
        self.context = chromium.new_context(base_url=url, locale="en-US", **options)
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.errors = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto("/web/login")
        self.log_in(login, password)

    def log_in(self, login, password):
        """Fill in the page that asks who one is; Odoo then shows the page that was asked for."""
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", password)
        self.page.click("button[type=submit]")
        self.page.wait_for_selector(".o_web_client")

    def open(self, bill):
        """Show a bill in the native form."""
        self.page.goto(f"/odoo/account.move/{bill}")
        self.page.wait_for_selector(".o_form_view .o_field_widget[name=ref] input")

    def show(self, path):
        """Show a page of the web client."""
        self.page.goto(path)
        self.page.wait_for_selector(".o_action_manager > .o_action")

    def wait_for_text(self, selector, text):
        """Wait until an element that fits the selector has a text, or an input that value."""
        self.page.wait_for_function(HAS_TEXT, arg=[selector, text])

    def wait_for_count(self, selector, count):
        """Wait until so many elements fit the selector."""
        self.page.wait_for_function(
            "([selector, count]) => document.querySelectorAll(selector).length === count", arg=[selector, count]
        )

    def field(self, name):
        return self.page.locator(f".o_form_view .o_field_widget[name={name}] input")

    def type(self, name, text):
        """Type in a field of the invoice, without leaving it."""
        self.field(name).fill(text)

    def type_in_line(self, number, name, text):
        """Type in a cell of the lines, counted from 0."""
        row = self.page.locator("div[name=invoice_line_ids] tr.o_data_row").nth(number)
        row.locator(f"td[name={name}]").click()
        row.locator(f"td[name={name}] :is(input, textarea)").first.fill(text)

    def save(self):
        self.page.locator(".o_form_button_save:visible").click()

    def wait_saved(self):
        self.page.locator(".o_form_button_save").wait_for(state="hidden")

    def choose(self, side):
        """In the dialog of a conflict, take all of one side."""
        self.page.locator(f".o_conflict_all_{side}").click()
        self.page.locator(".o_conflict_confirm").click()
