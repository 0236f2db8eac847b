# SPDX-License-Identifier: Apache-2.0
"""Ward: `ward serve` that believes the receiver's authority and has a route to it for each domain (WardTestServer)."""
import csv
import json
import os
import subprocess
import sys
import time

from .processes import BUILT, free_port, opened, peak_memory, processor_seconds, run, start, text_of
from .receiver import NAME, address, domain

WHY = ["--reason", "Bench"]


class Ward:
    """An installation on SQLite with so many people on record, an account for programs, and a server at work."""

    def __init__(self, folder, sink, people, domains):
        if not os.access(f"{BUILT}/WardTestServer", os.X_OK):
            sys.exit("There is no release build: run 'make bench-build', which makes one.")
        self.folder, self.sink, self.domains = folder, sink, domains
        self.data, self.config, self.log = f"{folder}/data", f"{folder}/ward.yaml", f"{folder}/server.log"
        self.secure_port = free_port()
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"store: sqlite\nkeys:\n  folder: {folder}/keys\n"
                       f"staff:\n  listen: 127.0.0.1:{free_port()}\npatients:\n  listen: 127.0.0.1:{free_port()}\n"
                       f"mail:\n  hostName: ward.sender.test\n  submissionTLS: 127.0.0.1:{self.secure_port}\n"
                       f"  certificate: {folder}/mx.pem\n  privateKey: {folder}/mx.key\n")
        self.do("init", "--name", "Bench", "--postal-address", "1 Main St", "--sender-domain", "sender.test",
                "--time-zone", "America/New_York", "--administrator", "admin@sender.test",
                "--administrator-name", "Bench Runner")
        self.do("user", "give", "marketer", "admin@sender.test", *WHY)
        self.do("mail", "keys", "make", *WHY)
        for line in self.do("mail", "keys", "list", "--json").splitlines():
            self.do("mail", "keys", "activate", json.loads(line)["selector"], "--unseen-because", "Bench")
        self.begin()
        self.account = json.loads(self.do("mail", "accounts", "make", "bench", "--class", "treatment",
                                          "--messages-per-hour", "1000000", "--json"))
        self.enter_people(people)

    def begin(self):
        """Starts the server, and waits until it takes mail."""
        routes = [word for number in range(self.domains)
                  for word in ("--route", f"{domain(number, self.domains)}={self.sink.port}={NAME}")]
        with open(self.log, "w", encoding="utf-8") as log:
            self.server = start(
                f"{BUILT}/WardTestServer", "--data", self.data, "--config", self.config, "--roots",
                f"{self.folder}/ca.pem", "--segment", "Everybody=email is not missing", *routes,
                stdout=log, stderr=subprocess.STDOUT)
        limit = time.monotonic() + 60
        while "ready" not in text_of(self.log):
            if self.server.poll() is not None or time.monotonic() > limit:
                sys.exit("the server did not start:\n" + text_of(self.log))
            time.sleep(0.02)
        opened(self.secure_port)

    def do(self, *words):
        return run(f"{BUILT}/ward", *words, "--data", self.data, "--config", self.config, stdin=subprocess.DEVNULL)

    def enter_people(self, count):
        with open(f"{self.folder}/people.csv", "w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["record_number", "given_name", "family_name", "birth_date", "sex", "email"])
            for number in range(count):
                rows.writerow([f"R-{number}", f"Given{number}", f"Family{number}", f"19{50 + number % 50}-03-11", "F",
                               address(number, self.domains)])
        self.do("contacts", "import", f"{self.folder}/people.csv", "--json")

    def write_campaign(self, name, size):
        """A draft to everybody, of about so many octets as a message; its identifier."""
        line = ("Bring your insurance card, and a list of what you take. {{ given_name | \"patient\" }}, "
                "ask us anything. ")
        with open(f"{self.folder}/text.txt", "w", encoding="utf-8") as file:
            file.write("Dear {{ given_name | \"patient\" }},\n\n" + (line + "\n") * (size // 2 // len(line)))
        campaign = self.do("campaign", "create", "--name", name, "--segment", "Everybody", "--about", "treatment",
                           "--subject", "Walk-in days", f"{self.folder}/text.txt").strip()
        self.do("campaign", "preflight", campaign, "--json")
        return campaign

    def send_campaign(self, campaign):
        self.do("campaign", "send", campaign)

    def report(self, campaign):
        return json.loads(self.do("campaign", "report", campaign, "--json"))

    def hold(self):
        """Lets next to nothing out: one message a minute to each domain."""
        for number in range(self.domains):
            self.do("mail", "rates", "limit", domain(number, self.domains), "--per-minute", "1", *WHY)

    def let_go(self):
        for number in range(self.domains):
            self.do("mail", "rates", "limit", domain(number, self.domains), *WHY)

    def processor_seconds(self):
        return processor_seconds([self.server.pid])

    def memory(self):
        return peak_memory(self.server.pid)

    def kill(self):
        self.server.kill()
        self.server.wait()

    def stop(self):
        self.server.terminate()
        self.server.wait()
