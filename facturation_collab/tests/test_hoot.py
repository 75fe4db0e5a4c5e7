"""The unit tests of our OWL components, in a real Chromium, as on a desktop and as on a phone."""

from odoo.tests import HttpCase, no_retry, tagged

from odoo.addons.web.tests.test_js import unit_test_error_checker

SUITE = "@facturation_collab"


def _get_suite_id(name):
    """The id that hoot gives to a suite: a hash of its name."""
    value = 0
    for char in name:
        value = ((value << 5) - value + ord(char)) & 0xFFFFFFFF
    return f"{value:08x}"


class HootCase(HttpCase):
    def run_suite(self, preset, extra=""):
        self.browser_js(
            f"/web/tests?headless&loglevel=2&preset={preset}&timeout=15000{extra}&id={_get_suite_id(SUITE)}",
            "",
            "",
            login="admin",
            timeout=300,
            success_signal="[HOOT] Test suite succeeded",
            error_checker=unit_test_error_checker,
        )


@tagged("post_install", "-at_install")
class TestHootDesktop(HootCase):
    @no_retry
    def test_components_on_a_desktop(self):
        self.run_suite("desktop")


@tagged("post_install", "-at_install")
class TestHootPhone(HootCase):
    browser_size = "375x667"
    touch_enabled = True

    @no_retry
    def test_components_on_a_phone(self):
        self.run_suite("mobile", "&tag=-headless")
