#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""capture.py - what a connection costs a program that knows no proxy, and one that does.

One sandbox for each way to capture. A client in it (capture_client) connects to a server of the
host as if there were no proxy, and by CONNECT through fence's listener; a second client, beside the
sandbox, connects straight to the server: the floor. They take turns within a round (A B C, C B A,
...), so that a busy moment of the machine falls on all of them. Judge by differences and ratios
within rounds.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile

import proxy
import proxy_peers

NAME = "bench.test"
REFUSE = os.path.join(proxy.HERE, "..", "..", "spec", "support", "refuse.py")
WAYS = ("rules", "entered", "connecting")
SMALL = ("tcp", "http")
BULK = ("down", "up")
ADDED_US = 100  # the bounds of --check: of a connection that is captured,
RATE = 0.97  # and of its rate to the other's
STOP_S = 10
# In front of bubblewrap: what it starts becomes one of which the kernel refuses some calls.
SHIM = """#!/bin/sh
n=$#
while [ $n -gt 0 ]; do
    a=$1; shift; n=$((n - 1)); set -- "$@" "$a"
    [ "$a$found" = -- ] && found=1 && set -- "$@" /usr/bin/python3 %s netlink:EPERM --
done
exec /usr/bin/bwrap "$@"
"""


class Client:
    """capture_client, one line in and one line out."""

    def __init__(self, argv, env=None):
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=env, text=True)

    def ask(self, what, way, count):
        self.process.stdin.write("%s %s %d\n" % (what, way, count))
        self.process.stdin.flush()
        said = self.process.stdout.readline()
        if not said:
            sys.exit("capture.py: %s %s: no answer" % (what, way))
        return json.loads(said)

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def prepare(folder):
    """Files that the user and what is inside can read."""
    os.chmod(folder, 0o755)
    with open(REFUSE, encoding="utf-8") as source:
        texts = {"refuse.py": source.read(), "bwrap": SHIM % os.path.join(folder, "refuse.py"),
                 "fence.json": json.dumps({"network": {
                     "allowedDomains": [NAME], "hosts": {NAME: "127.0.0.1"}}})}
    for name, text in texts.items():
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755)


def inside(options, folder, way, port):
    """The client in a sandbox, on a machine that leaves fence that way to capture."""
    argv = [options.fence, "-s", os.path.join(folder, "fence.json"), "--",
            os.path.join(options.tools, "capture_client"), NAME, str(port)]
    env = dict(os.environ)
    if way == "entered":
        env["PATH"] = folder + ":/usr/bin:/bin"
    if way == "connecting":
        argv = ["/usr/bin/python3", os.path.join(folder, "refuse.py"),
                "netfilter:EPROTONOSUPPORT", "--"] + argv
    return Client(argv, env)


def rounds(peers, count, ask):
    """{name: answers} of clients that take turns, once each before it counts."""
    answers = {name: [] for name in peers}
    for turn in range(-1, count):
        for name in list(peers) if turn % 2 == 0 else reversed(list(peers)):
            client, way = peers[name]
            answer = ask(client, way)
            if turn >= 0:
                answers[name].append(answer)
    return answers


def median(pairs):
    return statistics.median(pairs)


def small(peers, what, options):
    """Microseconds of a connection, and those added within a round, by the proxy and to it."""
    rows = rounds(peers, options.rounds,
                  lambda client, way: client.ask(what, way, options.count))
    took = {name: [answer["p50"] for answer in rows[name]] for name in rows}
    return {"us": {name: median(took[name]) for name in took},
            "p10": {name: median(answer["p10"] for answer in rows[name]) for name in rows},
            "p90": {name: median(answer["p90"] for answer in rows[name]) for name in rows},
            "added_us": median(a - b for a, b in zip(took["captured"], took["CONNECT"])),
            "ratio": median(a / b for a, b in zip(took["captured"], took["CONNECT"]))}


def bulk(peers, what, options):
    """Gbit/s of one connection, and the ratio within a round."""
    rows = rounds(peers, options.bulk_rounds,
                  lambda client, way: client.ask(what, way, options.mib))
    rates = {name: [options.mib * 8 * proxy.GIB / 1024e9 / answer["seconds"]
                    for answer in rows[name]] for name in rows}
    return {"gbit_s": {name: median(rates[name]) for name in rates},
            "ratio": median(a / b for a, b in zip(rates["captured"], rates["CONNECT"]))}


def measure(options, folder, way, port, direct):
    client = inside(options, folder, way, port)
    pair = {"captured": (client, "plain"), "CONNECT": (client, "connect")}
    peers = {**pair, "direct": (direct, "plain")}
    with contextlib.closing(client):
        result = {what: small({**peers, **({"absolute": (client, "absolute")}
                                           if what == "http" else {})}, what, options)
                  for what in SMALL}
        if options.bulk_rounds > 0:
            result.update({what: bulk(peers, what, options) for what in BULK})
        took = rounds({"dns": (client, "plain")}, options.rounds,
                      lambda client, way: client.ask("dns", way, options.count))["dns"]
        result["dns"] = {"us": median(answer["p50"] for answer in took)}
    return result


def print_table(results):
    print("%-11s %-5s %9s %9s %9s %9s %9s %7s" % (
        "us", "", "captured", "CONNECT", "absolute", "direct", "added", "ratio"))
    for way, result in results.items():
        for what in SMALL:
            row = result[what]
            print("%-11s %-5s %9.1f %9.1f %9s %9.1f %9.1f %7.2f" % (
                way, what, row["us"]["captured"], row["us"]["CONNECT"],
                proxy.number(row["us"].get("absolute"), "%.1f"), row["us"]["direct"],
                row["added_us"], row["ratio"]))
        print("%-11s %-5s %9.1f" % (way, "dns", result["dns"]["us"]))
    print("%-11s" % "Gbit/s")
    for way, result in results.items():
        for what in (what for what in BULK if what in result):
            row = result[what]
            print("%-11s %-5s %9.2f %9.2f %9s %9.2f %9s %7.2f" % (
                way, what, row["gbit_s"]["captured"], row["gbit_s"]["CONNECT"], "-",
                row["gbit_s"]["direct"], "-", row["ratio"]))


def missed(results):
    """What is above or below its bound, in words."""
    for way, result in results.items():
        for what in SMALL:
            if result[what]["added_us"] >= ADDED_US:
                yield "%s, %s: %.0f us are added" % (way, what, result[what]["added_us"])
        for what in (what for what in BULK if what in result):
            if result[what]["ratio"] < RATE:
                yield "%s, %s: %.2f of the rate" % (way, what, result[what]["ratio"])


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=proxy.bounded(1, 1000), default=40)
    parser.add_argument("--count", type=proxy.bounded(1, 10000), default=100,
                        help="connections of a client in a round")
    parser.add_argument("--bulk-rounds", type=proxy.bounded(0, 1000), default=15)
    parser.add_argument("--mib", type=proxy.bounded(1, 100000), default=1024)
    parser.add_argument("--ways", type=proxy.words(WAYS), default=list(WAYS),
                        help=",".join(WAYS))
    parser.add_argument("--tools", default=proxy.TOOLS, help="the folder of the programs in C")
    parser.add_argument("--check", action="store_true", help="fail where a bound is missed")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    options.tools = os.path.realpath(options.tools)
    options.fence = os.environ.get("FENCE_BINARY") or parser.error("FENCE_BINARY is not set")
    if not os.access(os.path.join(options.tools, "capture_client"), os.X_OK):
        parser.error("no capture_client in %s: ./dev.sh build bench" % options.tools)
    return options


def start_origin(options, port):
    process = subprocess.Popen([os.path.join(options.tools, "loadgen"), "origin", "-p", str(port)],
                               stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    if not proxy.wait_for(process, [port]):
        sys.exit("capture.py: the origin does not start")
    return process


def main():
    options = read_options()
    port = proxy_peers.free_port()
    origin = start_origin(options, port)
    direct = Client([os.path.join(options.tools, "capture_client"), "127.0.0.1", str(port)])
    try:
        # not below /tmp, which is another one inside
        with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="fence-bench-") as folder:
            prepare(folder)
            results = {way: measure(options, folder, way, port, direct) for way in options.ways}
    finally:
        direct.close()
        origin.stdin.close()
        origin.wait(timeout=STOP_S)
    if options.json:
        json.dump(results, sys.stdout, indent=2)
        print()
    else:
        print_table(results)
    misses = list(missed(results))
    for line in misses if options.check else []:
        print("missed: " + line)
    sys.exit(1 if options.check and misses else 0)


if __name__ == "__main__":
    main()
