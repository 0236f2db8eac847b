# SPDX-License-Identifier: Apache-2.0
"""Programs that a measurement starts, what they cost, and their end."""
import os
import socket
import subprocess
import sys
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILT = os.path.join(ROOT, ".build", "release")
TICKS = os.sysconf("SC_CLK_TCK")
children = []


def start(*words, **more):
    child = subprocess.Popen(words, **more)
    children.append(child)
    return child


def end_all():
    """Whatever a measurement that was broken off left running."""
    for child in children:
        if child.poll() is None:
            child.terminate()
            child.wait()


def run(*words, **more):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def opened(port, seconds=20):
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    sys.exit(f"nothing listens on port {port}")


def text_of(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def statistics_of(pid):
    """Parent and processor seconds, those of ended and waited-for children included."""
    fields = text_of(f"/proc/{pid}/stat").rsplit(")", 1)[-1].split()
    if len(fields) < 15:
        return 0, 0.0
    return int(fields[1]), sum(int(value) for value in fields[11:15]) / TICKS


def family(roots):
    """These processes and everything below them: process to processor seconds."""
    table = {int(path): statistics_of(path) for path in os.listdir("/proc") if path.isdigit()}
    wanted, grown = set(roots), True
    while grown:
        more = {pid for pid, (parent, _) in table.items() if parent in wanted} - wanted
        wanted |= more
        grown = bool(more)
    return {pid: table.get(pid, (0, 0.0))[1] for pid in wanted}


def processor_seconds(roots):
    return sum(family(roots).values())


def memory_now(roots):
    """MiB of these processes and those below them; what several share is counted once (PSS)."""
    total = 0
    for pid in family(roots):
        for line in text_of(f"/proc/{pid}/smaps_rollup").splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def peak_memory(pid):
    """MiB of one process, the most that it ever held."""
    for line in text_of(f"/proc/{pid}/status").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0
