# SPDX-License-Identifier: Apache-2.0
"""Starts the real `ward demo` as a newcomer would, reads what it prints, and stops it with Ctrl-C."""
import os
import queue
import re
import signal
import socket
import subprocess
import threading
import time


class Demonstration:
    """A running `ward demo` on three free neighbouring ports, with a data directory of its own."""

    PEOPLE = 120
    PATIENCE = 150

    def __init__(self, binary, folder):
        self.binary = binary
        self.folder = folder
        self.port = free_ports()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WARD_")}
        self.complaints = (folder / "complaints.txt").open("w+")
        self.process = subprocess.Popen(
            [binary, "demo", "--people", str(self.PEOPLE), "--port", str(self.port), "--data", str(folder / "data")],
            stdout=subprocess.PIPE,
            stderr=self.complaints,
            text=True,
            env=environment,
        )
        self.lines = []
        self._arriving = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.link = self._wait_for(r"(http://\S+/demonstration/\S+)")
        self._wait_for(r"(Ctrl-C) stops the demonstration")

    @property
    def staff(self):
        """The staff's site with the organization's segment."""
        return self.link.split("/demonstration/")[0]

    @property
    def patients(self):
        """The patients' site with the organization's segment."""
        return f"http://127.0.0.1:{self.port + 1}/" + self.staff.rsplit("/", 1)[1]

    @property
    def mailboxes(self):
        return f"http://127.0.0.1:{self.port + 2}"

    @property
    def text(self):
        return "\n".join(self.lines)

    def command(self, *words):
        """What an administrator types at the demonstration's own machine, and what it answers."""
        said = subprocess.run(
            [self.binary, *words, "--data", str(self.folder / "data")], capture_output=True, text=True, timeout=60
        )
        assert said.returncode == 0, said.stderr
        return said.stdout

    def stop(self):
        """Presses Ctrl-C; gives back the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError("Ctrl-C did not stop the demonstration within 30 seconds")

    def complained(self):
        """What it wrote to its standard error: warnings and worse."""
        self.complaints.flush()
        self.complaints.seek(0)
        return self.complaints.read()

    def _read(self):
        for line in self.process.stdout:
            self._arriving.put(line.rstrip("\n"))
        self._arriving.put(None)

    def _wait_for(self, pattern):
        end = time.monotonic() + self.PATIENCE
        while True:
            try:
                line = self._arriving.get(timeout=max(0.1, end - time.monotonic()))
            except queue.Empty:
                self.process.kill()
                raise AssertionError(f"ward demo did not say {pattern} within {self.PATIENCE} s:\n{self.text}")
            if line is None:
                raise AssertionError(f"ward demo ended before it served:\n{self.text}\n{self.complained()}")
            self.lines.append(line)
            found = re.search(pattern, line)
            if found:
                return found[1]


def free_ports(count=3):
    """The first of neighbouring ports that nobody listens on. Below the range that the system gives out by itself."""
    for first in range(21_480, 32_000, count):
        sockets = []
        try:
            for port in range(first, first + count):
                held = socket.socket()
                sockets.append(held)
                held.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
        finally:
            for held in sockets:
                held.close()
    raise AssertionError("no three free neighbouring ports between 21,480 and 32,000")
