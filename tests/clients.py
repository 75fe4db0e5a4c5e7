"""Clients of a running server: XML-RPC, JSON-2 and the web client's own calls, as a program outside writes them."""

import datetime
import xmlrpc.client

import requests

from workbench.server import Server

TIMEOUT = 120


class Refused(Exception):
    """The server refused a call: ``kind`` is the exception's name on the server, the message what the user reads,
    ``context`` what it says to programs."""

    def __init__(self, message, kind="", context=None):
        super().__init__(message)
        self.kind = kind
        self.context = context or {}


class BlackBoxServer(Server):
    """A server with the clients that tests use."""

    def xmlrpc(self, login, password):
        """Log in by XML-RPC."""
        return XmlRpcClient(self.url, self.database, login, password)

    def json2(self, login):
        """Call by JSON-2 with an API key of that user."""
        return Json2Client(self.url, self.database, self.api_key(login))

    def web(self, login, password):
        """Log in as the web client does."""
        return WebClient(self.url, self.database, login, password)

    def api_key(self, login):
        """A fresh API key of that user, valid for a day."""
        tomorrow = (datetime.datetime.now() + datetime.timedelta(days=1)).isoformat(" ", "seconds")
        return self.shell(
            "import datetime\n"
            f"user = env['res.users'].search([('login', '=', {login!r})])\n"
            "keys = env['res.users.apikeys'].with_user(user).sudo()\n"
            f"answer = keys._generate('rpc', 'black box', datetime.datetime.fromisoformat({tomorrow!r}))\n"
        )


class XmlRpcClient:
    """``/xmlrpc/2``."""

    def __init__(self, url, database, login, password):
        self.database = database
        self.password = password
        self.uid = xmlrpc.client.ServerProxy(f"{url}/xmlrpc/2/common").authenticate(database, login, password, {})
        self._object = xmlrpc.client.ServerProxy(f"{url}/xmlrpc/2/object", allow_none=True)

    def call(self, model, method, args=(), kwargs=None):
        """Call a public method: positional arguments in a list, named ones in a mapping."""
        try:
            return self._object.execute_kw(
                self.database, self.uid, self.password, model, method, list(args), kwargs or {}
            )
        except xmlrpc.client.Fault as fault:
            raise Refused(fault.faultString, str(fault.faultCode)) from None


class Json2Client:
    """``POST /json/2/<model>/<method>`` with a bearer key: all arguments are named, ``ids`` and ``context`` too."""

    def __init__(self, url, database, key):
        self.url = url
        self.session = requests.Session()
        self.session.headers.update({"Authorization": f"bearer {key}", "X-Odoo-Database": database})

    def call(self, model, method, **arguments):
        """Call a public method."""
        response = self.session.post(f"{self.url}/json/2/{model}/{method}", json=arguments, timeout=TIMEOUT)
        if response.ok:
            return response.json()
        error = response.json() if "json" in response.headers.get("Content-Type", "") else {"message": response.text}
        raise Refused(error.get("message"), error.get("name", str(response.status_code)), error.get("context"))


class WebClient:
    """A logged-in browser session without the browser: ``session`` is a ``requests.Session``."""

    def __init__(self, url, database, login, password):
        self.url = url
        self.session = requests.Session()
        credentials = {"db": database, "login": login, "password": password}
        self.uid = self.rpc("/web/session/authenticate", **credentials)["uid"]

    def rpc(self, path, **params):
        """Call a JSON route."""
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        answer = self.session.post(self.url + path, json=body, timeout=TIMEOUT).json()
        if "error" in answer:
            data = answer["error"].get("data", {})
            message = data.get("message") or answer["error"]["message"]
            raise Refused(message, data.get("name", ""), data.get("context"))
        return answer.get("result")

    def call(self, model, method, args=(), kwargs=None):
        """Call a public method as the web client does."""
        path = f"/web/dataset/call_kw/{model}/{method}"
        return self.rpc(path, model=model, method=method, args=list(args), kwargs=kwargs or {})
