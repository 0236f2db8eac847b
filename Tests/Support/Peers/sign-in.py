# SPDX-License-Identifier: Apache-2.0
"""sign-in.py PORT ROOTS KIND LOGIN PASSWORD [CERTIFICATE KEY]: signs in on a submission port with scramp, smtplib and Python's TLS,
prints `offered MECHANISMS`, then `signed in` or `refused CODE TEXT`. PORT with a `+` in front has TLS from the start.

KINDS: plus, plus-theirs (bound to another certificate), plus-unique (a binding that is not offered), downgrade (believes that -PLUS was not
offered), bare (knows no binding), plain, external (in LOGIN's name), external-unnamed, resumed (EXTERNAL over a TLS session that is
taken up again without presenting the certificate anew)."""
import smtplib
import ssl
import sys

from scramp import ScramClient

port, roots, kind, login, password = sys.argv[1:6]
context = ssl.create_default_context(cafile=roots)
if len(sys.argv) > 6:
    context.load_cert_chain(sys.argv[6], sys.argv[7])
HOST, NAME, POINT = "127.0.0.1", "ward.lakeside.example", "tls-server-end-point"
at_once = port.startswith("+")


class Client(smtplib.SMTP):
    """Checks the certificate for the server's own name, and takes a session up again when there is one."""

    session = None

    def _get_socket(self, host, port, timeout):
        plain = super()._get_socket(host, port, timeout)
        return self.wrap(plain) if at_once else plain

    def wrap(self, plain):
        return context.wrap_socket(plain, server_hostname=NAME, session=Client.session)

    def secure(self):
        code, said = self.docmd("STARTTLS")
        assert code == 220, said
        self.sock = self.wrap(self.sock)
        self.file = None
        self.ehlo_resp = self.helo_resp = None


def connect():
    client = Client(HOST, int(port.lstrip("+")), local_hostname="client.example", timeout=30)
    client.ehlo()
    if not at_once:
        client.secure()
        client.ehlo()
    return client


client = connect()
if kind == "resumed":
    Client.session = client.sock.session
    client.quit()
    client = connect()
    print("resumed", client.sock.session_reused)
offered = client.esmtp_features.get("auth", "").split()
print("offered", *offered)


def scram(mechanism, binding):
    dialogue = ScramClient([mechanism], login, password, channel_binding=binding)
    steps = iter([lambda said: dialogue.get_client_first(), answer(dialogue), proof(dialogue)])
    return lambda said=None: next(steps)(said)


def answer(dialogue):
    def step(said):
        dialogue.set_server_first(said.decode())
        return dialogue.get_client_final()

    return step


def proof(dialogue):
    def step(said):
        dialogue.set_server_final(said.decode())
        print("the server is proved")
        return ""

    return step


PLUS, BARE = "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"
ways = {
    "plus": lambda: (PLUS, scram(PLUS, (POINT, client.sock))),
    "plus-theirs": lambda: (PLUS, scram(PLUS, (POINT, b"\x07" * 32))),
    "plus-unique": lambda: (PLUS, scram(PLUS, ("tls-unique", b"\x07" * 32))),
    "downgrade": lambda: (BARE, scram(BARE, (POINT, client.sock))),
    "bare": lambda: (BARE, scram(BARE, None)),
    "plain": lambda: ("PLAIN", lambda said=None: f"\0{login}\0{password}"),
    "external": lambda: ("EXTERNAL", lambda said=None: login),
    "external-unnamed": lambda: ("EXTERNAL", lambda said: ""),
    "resumed": lambda: ("EXTERNAL", lambda said: ""),
}
mechanism, dialogue = ways[kind]()
try:
    client.auth(mechanism, dialogue, initial_response_ok=kind not in ("external-unnamed", "resumed"))
    print("signed in")
    client.sendmail(
        "results@lakeside.example",
        ["ann@tls.example"],
        f"From: results@lakeside.example\r\nMessage-Id: <{kind}-{port}@ehr.example>\r\nSubject: Your visit\r\n\r\n{kind} {port}\r\n",
    )
    print("kept")
except smtplib.SMTPResponseException as refused:
    print("refused", refused.smtp_code, refused.smtp_error.decode())
client.close()
