"""The answer to a customer goes out by SMTP; their reply comes back the way a mail server hands it to Odoo."""

import email
import email.policy
import socketserver
import threading
import time
import xmlrpc.client
from email.message import EmailMessage

import pytest
from clients import XmlRpcClient
from validation import Company

SETUP = """
env['ir.mail_server'].search([]).unlink()
env['ir.mail_server'].create({{
    'name': 'Ours', 'smtp_host': '127.0.0.1', 'smtp_port': {port}, 'smtp_encryption': 'none',
}})
domain = env['mail.alias.domain'].search([], limit=1) or env['mail.alias.domain'].create({{'name': 'ours.example'}})
env['res.company'].search([]).alias_domain_id = domain
env.company.email = 'invoices@ours.example'
customer = env['res.partner'].create({{'name': 'Azure', 'email': 'azure@theirs.example'}})
kind = env['account.invoice.question.kind'].search([('is_for_customers', '=', True)], limit=1)
invoice = env['account.move'].create({{
    'move_type': 'out_invoice', 'partner_id': customer.id, 'invoice_date': '2026-01-15',
    'department_id': {department},
    'invoice_line_ids': [(0, 0, {{'name': 'Line', 'quantity': 1, 'price_unit': 100, 'tax_ids': False}})],
}})
invoice.action_post()
question = invoice._ask_from_outside(customer, kind.id, 'Is the price right?')
answer = {{'question': question.id, 'catchall': domain.catchall_email}}
"""
STATE = """
env.invalidate_all()
question = env['account.invoice.question'].browse({question})
message = question.message_ids.sorted('id')[-1]
answer = [question.state, message.author_id.name, message.message_type, message.body]
"""
WAIT = 60


class Inbox(socketserver.ThreadingTCPServer):
    """A mail server that keeps what it is given: (recipients, message)."""

    allow_reuse_address = daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), SmtpSession)
        self.mails = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def wait_for(self, address, count=1):
        """Return the last mail to an address once there are so many."""
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            found = [message for recipients, message in list(self.mails) if address in recipients]
            if len(found) >= count:
                return found[-1]
            time.sleep(0.1)
        raise AssertionError(f"No mail to {address} among {[recipients for recipients, _message in self.mails]}")


class SmtpSession(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("220 ready")
        recipients = []
        for line in self.rfile:
            words = line.decode().strip()
            command = words[:4].upper()
            if command == "RCPT":
                recipients.append(words.split("<")[1].split(">")[0])
            elif command == "DATA":
                self.say("354 go on")
                self.server.mails.append((recipients, self.read_message()))
                recipients = []
            elif command == "QUIT":
                self.say("221 bye")
                return
            self.say("250 ok")

    def read_message(self):
        lines = iter(self.rfile.readline, b".\r\n")
        return email.message_from_bytes(b"".join(lines), policy=email.policy.SMTP)

    def say(self, text):
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def inbox():
    with Inbox() as server:
        yield server
        server.shutdown()


def read(mail):
    """The text of a mail, decoded."""
    return mail.get_body(("plain",)).get_content()


def reply(server, mail, sender, text, **headers):
    """Reply to a mail, and hand the reply to Odoo as `odoo-mailgate` does."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, mail["Reply-To"], f"Re: {mail['Subject']}"
    message["Message-Id"] = f"<{time.monotonic_ns()}@theirs.example>"
    message["In-Reply-To"] = message["References"] = mail["Message-Id"]
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(f"{text}\n\nOn Mon, Jan 5, 2026 the company wrote:\n> It is.\n")
    admin = XmlRpcClient(server.url, server.database, "admin", "admin")
    admin.call("mail.thread", "message_process", [False, xmlrpc.client.Binary(message.as_bytes())])


def test_a_customer_replies_to_the_answer_from_a_mail_program(start_server, inbox):
    server = start_server()
    company = Company(server)
    facts = server.shell(SETUP.format(port=inbox.server_address[1], department=company.department))
    question = facts["question"]
    company.client("approver").call("account.invoice.question", "action_answer", ids=[question], text="It is.")

    mail = inbox.wait_for("azure@theirs.example")
    assert f"<{facts['catchall']}>" in mail["Reply-To"]
    assert "It is." in read(mail)
    assert "Approver" not in f"{mail['From']} {mail['Reply-To']} {read(mail)}"
    state = STATE.format(question=question)
    assert server.shell(state)[0] == "answered"

    reply(server, mail, "azure@theirs.example", "I am away.", Auto_Submitted="auto-replied")
    reply(server, mail, "mallory@elsewhere.example", "Pay me instead.")
    refusal = inbox.wait_for("mallory@elsewhere.example")
    assert "was not delivered" in read(refusal)
    assert server.shell(state)[0] == "answered"

    heard = len([to for to, _message in inbox.mails if "approver@example.com" in to])
    reply(server, mail, "Azure <azure@theirs.example>", "Which order?")
    stands = server.shell(state)
    assert stands[:3] == ["open", "Azure", "email"]
    assert "Which order?" in stands[3]
    assert "Which order?" in read(inbox.wait_for("approver@example.com", heard + 1))
    assert len([to for to, _message in inbox.mails if "azure@theirs.example" in to]) == 1
