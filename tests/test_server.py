"""A server with the addon answers, on this machine only, by each of its interfaces."""

import socket
import time

import pytest
import requests
from clients import Refused

from workbench.layout import addons


def test_the_addons_are_installed(server):
    wanted = sorted(addon.name for addon in addons())
    found = server.xmlrpc("admin", "admin").call(
        "ir.module.module", "search_read", [[("name", "in", wanted), ("state", "=", "installed")]], {"fields": ["name"]}
    )
    assert sorted(module["name"] for module in found) == wanted


def test_every_interface_answers_and_refuses(server):
    domain = [["login", "=", "admin"]]
    key = {"Authorization": "bearer of nothing"}
    assert server.json2("admin").call("res.users", "search_count", domain=domain) == 1
    assert server.web("admin", "admin").call("res.users", "search_count", [domain]) == 1
    stranger = server.json2("admin")
    stranger.session.headers.update(key)
    with pytest.raises(Refused):
        stranger.call("res.users", "search_count", domain=domain)


def test_the_websocket_has_its_own_process(server):
    """With workers Odoo starts it by running its own program again."""
    for _attempt in range(60):
        try:
            answer = requests.get(f"{server.live_url}/websocket/health", timeout=30)
            break
        except requests.RequestException:
            time.sleep(0.5)
    else:
        pytest.fail("nothing answers there")
    assert answer.json() == {"status": "pass"}
    assert "Traceback" not in server.log.with_suffix(".out").read_text()


def test_it_listens_on_the_loopback_interface_only(server):
    port = int(server.url.rsplit(":", 1)[1])
    with socket.socket() as probe, pytest.raises(OSError):
        probe.settimeout(2)
        probe.connect(("127.0.0.2", port))
