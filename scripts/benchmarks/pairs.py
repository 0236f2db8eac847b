# SPDX-License-Identifier: Apache-2.0
"""Runs that alternate between the peer and Ward, and what is said of them.

Only runs of one pair are compared: on a shared machine a figure of another hour is no bar. Two measures are told,
the rate and the processor time of the server's own processes, since neighbours move the first and hardly the second.
"""
import argparse
import contextlib
import json
import os
import shutil
import statistics
import sys
import tempfile

from . import processes, receiver

#: Above this load at the start somebody else works here, and a floor is not judged.
QUIET = 1.5
MISSED = "MISSED"


def judged(is_met, load_at_start):
    """In a word."""
    if is_met:
        return "met"
    return MISSED if load_at_start <= QUIET else f"not judged: the load was {load_at_start:.1f} at the start"


def parser(text, messages, pairs, floor=None):
    made = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--messages", type=int, default=messages, help=f"messages of each run ({messages:,})")
    made.add_argument("--size", type=int, default=10_240, help="octets of a message, about (10,240)")
    made.add_argument("--pairs", type=int, default=pairs, help=f"how often both run ({pairs})")
    made.add_argument("--alone", action="store_true", help="Ward only")
    made.add_argument("--json", action="store_true")
    if floor is not None:
        made.add_argument("--floor", type=float, default=floor, help=f"the least median ratio of the rates ({floor:g})")
    return made


@contextlib.contextmanager
def place():
    """A folder with the load, the receiver and certificates; everything that was started in it ends with it."""
    folder = tempfile.mkdtemp(prefix="ward-bench-")
    try:
        receiver.build(folder)
        receiver.certificates(folder)
        yield folder
    finally:
        processes.end_all()
        shutil.rmtree(folder, ignore_errors=True)


def measure(server, work):
    """Runs `work`, which answers at least `messages` and `seconds`, and adds what the server spent."""
    before = server.processor_seconds()
    told = work()
    spent = server.processor_seconds() - before
    told["rate"] = told["messages"] / told["seconds"]
    told["cpu_ms"] = spent * 1000 / told["messages"]
    told["memory_mib"] = server.memory()
    return told


class Pairs:
    """The alternating runs of one row of the table."""

    def __init__(self, name, peer_name, arguments):
        self.name, self.peer_name, self.arguments = name, peer_name, arguments
        self.load, self.rows = os.getloadavg()[0], []

    def add(self, peer, ward):
        row = {"ward": ward, "load": os.getloadavg()[0]}
        if peer:
            row |= {"peer": peer, "ratio": ward["rate"] / peer["rate"]}
        self.rows.append(row)
        if not self.arguments.json:
            says = [f"{self.peer_name} {self.figures(peer)}"] if peer else []
            says.append(f"Ward {self.figures(ward)}")
            if peer:
                says.append(f"ratio {row['ratio']:.2f}")
            print(f"{self.name}, pair {len(self.rows)}: " + "   ".join(says) + f"   load {row['load']:.2f}", flush=True)

    @staticmethod
    def figures(told):
        more = "".join(f", {name.replace('_', ' ')} {value:,.0f}/s" for name, value in told.get("more", {}).items())
        return f"{told['rate']:,.0f}/s ({told['cpu_ms']:.2f} ms CPU, {told['memory_mib']:,.0f} MiB{more})"

    def median(self, whose, what):
        return statistics.median(row[whose][what] for row in self.rows if whose in row)

    def close(self):
        """Says the medians and whether the floor is met; answers whether all is well."""
        ratios = [row["ratio"] for row in self.rows if "ratio" in row]
        told = {"row": self.name, "pairs": self.rows, "load_at_start": self.load,
                "ward_rate": self.median("ward", "rate"), "ward_cpu_ms": self.median("ward", "cpu_ms"),
                "ward_peak_memory_mib": max(row["ward"]["memory_mib"] for row in self.rows)}
        floor, verdict = self.arguments.floor, "no peer"
        if ratios:
            told |= {"ratio": statistics.median(ratios), "worst_ratio": min(ratios), "floor": floor,
                     "cpu_ratio": self.median("peer", "cpu_ms") / self.median("ward", "cpu_ms")}
            told["verdict"] = verdict = judged(told["ratio"] >= floor, self.load)
        if self.arguments.json:
            print(json.dumps(told, indent=2))
        else:
            print(f"{self.name}: Ward median {told['ward_rate']:,.0f}/s, {told['ward_cpu_ms']:.2f} ms CPU a message, "
                  f"peak memory {told['ward_peak_memory_mib']:,.0f} MiB")
        if ratios:
            print(f"{self.name}: median ratio {told['ratio']:.2f}, worst pair {told['worst_ratio']:.2f}, "
                  f"CPU ratio {told['cpu_ratio']:.2f} (floor {floor:g}: {verdict})", file=sys.stderr)
        return verdict != MISSED
