"""Browsers of several people at once, for tests of what one sees of what another does."""

import importlib.machinery
import importlib.util
import json
from contextlib import contextmanager
from pathlib import Path

from validation import PASSWORD

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "screenshots"


def _load_screenshots():
    """Return the script that takes pictures as a module: it knows how to speak to Chromium."""
    loader = importlib.machinery.SourceFileLoader("screenshots", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("screenshots", loader))
    loader.exec_module(module)
    return module


screenshots = _load_screenshots()

REF = ".o_field_widget[name=ref] input, .o_field_widget[name=ref] span"


@contextmanager
def open_browser(url, login, path, *, phone=False):
    """The browser of one person, logged in, on one page."""
    width, height = (390, 844) if phone else (1366, 768)
    with screenshots.browser(width, height, phone) as page:
        # Also where another window has the focus, as on a second desk.
        page.send("Emulation.setFocusEmulationEnabled", enabled=True)
        page.log_in(url, login, PASSWORD)
        page.open(url + path)
        yield page


def wait_for_text(page, selector, text):
    """Wait until an element that fits the selector has a text, or an input that value."""
    expression = (
        f"[...document.querySelectorAll({json.dumps(selector)})]"
        f".some((element) => (element.value || element.textContent).includes({json.dumps(text)}))"
    )
    page.wait_for(expression, f"{text!r} in {selector}")


# Notes in the page itself when an element first has a text: what waiting from outside costs is not measured.
WATCH = """
new Promise((resolve) => {
    const isThere = () => [...document.querySelectorAll(%(selector)s)]
        .some((element) => (element.value || element.textContent).includes(%(text)s));
    const look = () => (isThere() ? resolve(Date.now()) : setTimeout(look, 5));
    look();
})
"""


def start_watching(page, selector, text):
    """Let the page note when this text appears; `seen_at` gives the moment."""
    source = WATCH % {"selector": json.dumps(selector), "text": json.dumps(text)}
    page.evaluate(
        f"void (window.liveSeenAt = null, {source.strip()}.then((moment) => {{ window.liveSeenAt = moment }}))"
    )


def seen_at(page, what):
    """Wait for what the page watches; return the moment in milliseconds of this machine's clock."""
    page.wait_for("Boolean(window.liveSeenAt)", what)
    return page.evaluate("window.liveSeenAt")
