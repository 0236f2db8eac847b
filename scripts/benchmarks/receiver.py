# SPDX-License-Identifier: Apache-2.0
"""The neutral receiver and the neutral load (Tests/Support/Sink), and the certificates of a run."""
import json
import socket
import subprocess
import sys
import time

from .processes import ROOT, free_port, opened, run, start, text_of

NAME = "mx.sink.test"
#: Recipients stand at d0.sink.test, d1.sink.test, …
DOMAIN = "sink.test"


def domain(number, domains):
    return f"d{number % domains}.{DOMAIN}"


def address(number, domains):
    """As smtp_gen writes them, so that what it sends goes to people on record."""
    return f"u{number:08d}@{domain(number, domains)}"


def build(folder):
    for name in ("tls_sink", "smtp_gen"):
        source = f"{ROOT}/Tests/Support/Sink/{name}.c"
        run("cc", "-O2", "-o", f"{folder}/{name}", source, "-lssl", "-lcrypto", "-lpthread")


def certificates(folder):
    """ca.pem, and mx.pem with its key, for the receiver and for the ports that take mail."""
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    run("openssl", "req", "-x509", *curve, "-days", "30",
        "-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.pem", "-subj", "/CN=Bench root",
        "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    run("openssl", "req", *curve, "-keyout", f"{folder}/mx.key", "-out", f"{folder}/mx.csr", "-subj", f"/CN={NAME}")
    with open(f"{folder}/mx.ext", "w", encoding="utf-8") as file:
        file.write(f"subjectAltName=DNS:{NAME}\nkeyUsage=critical,digitalSignature\n"
                   "extendedKeyUsage=serverAuth\nbasicConstraints=critical,CA:FALSE\n")
    run("openssl", "x509", "-req", "-in", f"{folder}/mx.csr", "-CA", f"{folder}/ca.pem", "-CAkey",
        f"{folder}/ca.key", "-CAcreateserial", "-days", "29", "-out", f"{folder}/mx.pem",
        "-extfile", f"{folder}/mx.ext")


class Sink:
    """Counts what arrives over TLS, writes a line for each message, and can refuse or be slow."""

    def __init__(self, folder, options=(), port=None):
        self.folder, self.port, self.log = folder, port or free_port(), f"{folder}/sink.tsv"
        self.begin(options)

    def begin(self, options=()):
        self.child = start(
            f"{self.folder}/tls_sink", "--listen", f"127.0.0.1:{self.port}", "--cert", f"{self.folder}/mx.pem",
            "--key", f"{self.folder}/mx.key", "--require-tls", "--log", self.log, "--max-time", "14400",
            "--name", NAME, "--quickack", "--quiet", *options, stdout=subprocess.DEVNULL)
        opened(self.port)

    def stop(self):
        self.child.terminate()
        self.child.wait()

    def ask(self, verb):
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            file = connection.makefile("rwb")
            file.readline()
            file.write(verb.encode() + b"\r\n")
            file.flush()
            answer = file.readline().decode().strip()[4:]
            file.write(b"QUIT\r\n")
            file.flush()
        return answer

    def accepted(self):
        return json.loads(self.ask("XSTAT"))["accepted"]

    def wait(self, count, seconds=3600, every=0.05):
        """Seconds of the monotonic clock when the count was reached."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if self.accepted() >= count:
                return time.monotonic()
            time.sleep(every)
        sys.exit(f"only {self.accepted()} of {count} messages arrived within {seconds} s")

    def arrivals(self):
        """Of each message taken: seconds of the wall clock, and its first recipient."""
        rows = (line.split("\t") for line in text_of(self.log).splitlines() if not line.startswith("#"))
        return [(int(row[0]) / 1e6, row[10]) for row in rows if len(row) > 15 and row[1] == "msg" and row[-1] == "250"]


class Load:
    """Hands in finished messages, as programs do."""

    def __init__(self, folder, messages, size, domains, sessions=20):
        self.folder, self.messages, self.size = folder, messages, size
        self.domains, self.sessions = domains, sessions

    def hand_in(self, port, tag, per_connection=0, account=None):
        """With an account over TLS from the start, signed in. Answers what smtp_gen measured."""
        words = ["--to", f"127.0.0.1:{port}", "-n", str(self.messages), "-c", str(self.sessions), "-s", str(self.size),
                 "--tag", tag, "--per-conn", str(per_connection), "--max-time", "3600",
                 "--domain", DOMAIN, "--spread", str(self.domains)]
        if account:
            # Ward takes 20 connections from an address; the sessions come from four, as from four programs.
            words += ["--tls", "--sources", "4", "--login", account["login"], "--password", account["password"]]
        done = subprocess.run([f"{self.folder}/smtp_gen", *words], stdout=subprocess.PIPE, text=True, check=False)
        told = json.loads(done.stdout) if done.stdout else {}
        if done.returncode != 0 or told.get("sent") != self.messages:
            sys.exit(f"not every message was taken on port {port}: {told}")
        return told
