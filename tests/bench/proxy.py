#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""proxy.py - what a forward proxy costs: fence and others, side by side in one run.

Everything is on loopback: the origin and the clients (loadgen) on one processor, the proxies on
another. Rounds run each peer once (A B C, C B A, ...), so that a busy moment of the machine falls
on all of them. CPU time is the proxy's with its children, from /proc. Judge by CPU per operation
and by ratios: rates are the machine's, and those of the fastest are the clients' as well.
"""

import argparse
import json
import os
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import proxy_peers

HERE = os.path.dirname(os.path.abspath(__file__))
TOOLS = os.path.join(HERE, "..", "..", "build", "bench", "tests")
BASE = "fence"  # what the ratios are to
MODES = ("connect", "socks", "http", "bulk", "idle")
START_S = 10  # a peer that does not listen by then is left out
SPARE_S = 20  # so much longer than it should may a run of the clients take
SETTLE_S = 0.05  # for what a proxy still has to close when the clients are gone
TICK = os.sysconf("SC_CLK_TCK")
GIB = 1 << 30


def start(argv, cpu, folder, stdin=subprocess.DEVNULL):
    """Starts it on that processor, in a session of its own; what it says goes nowhere."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})  # it is inherited, by its threads too
    try:
        return subprocess.Popen(argv, stdin=stdin, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, cwd=folder, start_new_session=True)
    finally:
        os.sched_setaffinity(0, before)


def listens(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(process, ports):
    """Whether all ports listen, and the process is still there."""
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        if all(listens(port) for port in ports):
            return True
        time.sleep(0.02)
    return False


def stop(process):
    """Ends it and all of its session."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=3)
    except (ProcessLookupError, subprocess.TimeoutExpired):
        pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait(timeout=5)
    if process.stdin:
        process.stdin.close()


def family(root):
    """{pid: fields of /proc/pid/stat from the third on} of a process and its descendants."""
    rows = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open("/proc/%s/stat" % entry, encoding="latin-1") as stat:
                    rows[int(entry)] = stat.read().rsplit(") ", 1)[1].split()
            except OSError:
                continue
    ours, grew = {root}, True
    while grew:
        new = {pid for pid, row in rows.items() if int(row[1]) in ours} - ours
        ours |= new
        grew = bool(new)
    return {pid: rows[pid] for pid in ours if pid in rows}


def cpu_s(root):
    """User and system time of all, and of their children that are gone."""
    return sum(int(field) for row in family(root).values() for field in row[11:15]) / TICK


def memory_kib(root):
    """(RSS, PSS) of all: what processes share counts for each in the one, once in the other."""
    sums = {"Rss:": 0, "Pss:": 0}
    for pid in family(root):
        try:
            with open("/proc/%d/smaps_rollup" % pid, encoding="latin-1") as lines:
                for field, value, *_ in map(str.split, lines):
                    if field in sums:
                        sums[field] += int(value)
        except OSError:
            continue
    return sums["Rss:"], sums["Pss:"]


class Bench:
    """One run: where things are, and on which processors."""

    def __init__(self, options, folder):
        cpus = sorted(os.sched_getaffinity(0))
        self.proxy_cpu, self.client_cpu = cpus[0], cpus[-1]
        self.options, self.folder = options, folder
        self.loadgen = os.path.join(options.tools, "loadgen")
        self.origin_port = proxy_peers.free_port()

    def start_origin(self):
        argv = [self.loadgen, "origin", "-p", str(self.origin_port)]
        process = start(argv, self.client_cpu, self.folder, subprocess.PIPE)
        if not wait_for(process, [self.origin_port]):
            stop(process)
            sys.exit("proxy.py: the origin does not start")
        return process

    def start_peer(self, peer):
        """None when it does not come up."""
        stdin = subprocess.PIPE if peer.get("stdin") else subprocess.DEVNULL
        process = start(peer["argv"], self.proxy_cpu, self.folder, stdin)
        if wait_for(process, peer["ports"]):
            return process
        stop(process)
        return None

    def clients(self, peer, mode, seconds, clients):
        port, via = peer["modes"][mode]
        os.sched_setaffinity(0, {self.client_cpu})
        return subprocess.Popen(
            [self.loadgen, mode, "-p", str(port), "-x", via, "-n", str(clients), "-d",
             str(seconds), "-t", "%s:%d" % (peer["name"], self.origin_port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, peer, root, mode, seconds):
        """What the clients counted, and the CPU seconds of the proxy meanwhile."""
        before = cpu_s(root) if root else 0
        process = self.clients(peer, mode, seconds, 1 if mode == "bulk" else self.options.clients)
        said, _ = process.communicate(timeout=seconds + SPARE_S)
        time.sleep(SETTLE_S)
        row = json.loads(said)
        row["cpu_s"] = cpu_s(root) - before if root else None
        row["done"] = row["bytes"] / GIB if mode == "bulk" else row["ops"]
        return row

    def run_idle(self, peer):
        """Memory that a fresh proxy takes for each idle tunnel."""
        process = self.start_peer(peer)
        if not process:
            return {}
        try:
            for count in (8, self.options.tunnels):  # the first few: what any tunnel brings about
                before = memory_kib(process.pid)
                clients = self.clients(peer, "idle", SPARE_S, count)
                row = json.loads(clients.stdout.readline())
                time.sleep(4 * SETTLE_S)
                after = memory_kib(process.pid)
                clients.communicate(timeout=SPARE_S)
                time.sleep(4 * SETTLE_S)
            rss, pss = ((b - a) / max(row["ops"], 1) for a, b in zip(before, after))
            return {"tunnels": row["ops"], "errors": row["errors"] + row["stalled"],
                    "rss_kib": after[0], "rss_kib_each": rss, "pss_kib_each": pss}
        finally:
            stop(process)


def median(rows, key):
    values = [key(row) for row in rows]
    return statistics.median(values) if values and None not in values else None


def rate(row):
    return row["done"] / row["seconds"]


def cost(row):
    """CPU seconds for each operation, or for each GiB."""
    return row["cpu_s"] / row["done"] if row["cpu_s"] is not None and row["done"] else None


def share(row):
    return row["cpu_s"] / row["seconds"] if row["cpu_s"] is not None else None


def ratio(rows, base, key):
    """The median of the ratios within each round."""
    pairs = [(key(a), key(b)) for a, b in zip(rows, base)]
    return statistics.median(a / b for a, b in pairs) if pairs and all(
        a is not None and b for a, b in pairs) else None


def summary(rows, base):
    return {"rate": median(rows, rate), "cpu": median(rows, cost), "busy": median(rows, share),
            "rate_ratio": ratio(rows, base, rate), "cpu_ratio": ratio(rows, base, cost),
            "p50_us": median(rows, lambda row: row["p50_us"]),
            "p99_us": median(rows, lambda row: row["p99_us"]),
            "connections": sum(row["connections"] for row in rows),
            "errors": sum(row["errors"] + row["stalled"] for row in rows)}


def measure(bench, found, missing):
    """{mode: {peer: summary}}; a peer that fails a first short run sits that mode out."""
    options, roots, results = bench.options, {}, {}
    try:
        for name in list(found):
            roots[name] = bench.start_peer(found[name]) if found[name]["argv"] else None
            if found[name]["argv"] and not roots[name]:
                missing[name] = "does not start here"
                del found[name], roots[name]
        for mode in (mode for mode in options.modes if mode != "idle"):
            pids = {name: roots[name].pid if roots[name] else 0 for name in found
                    if mode in found[name]["modes"]}
            for name in list(pids):
                row = bench.run(found[name], pids[name], mode, 1)
                if not row["done"] or row["errors"] > row["ops"]:
                    missing["%s, %s" % (name, mode)] = "fails: %s" % json.dumps(row)
                    del pids[name]
            rows = {name: [] for name in pids}
            for turn in range(options.rounds):
                for name in list(pids) if turn % 2 == 0 else reversed(list(pids)):
                    rows[name].append(
                        bench.run(found[name], pids[name], mode, options.seconds))
            results[mode] = {name: summary(rows[name], rows.get(BASE, [])) for name in rows}
    finally:
        for process in filter(None, roots.values()):
            stop(process)
    return results


def number(value, form):
    return form % value if value is not None else "-"


def print_table(report):
    for mode, peers in report["modes"].items():
        if mode == "idle":
            print("\n%-12s %10s %10s %10s %10s %8s" % (
                mode, "tunnels", "RSS each", "PSS each", "RSS KiB", "errors"))
            for name, row in peers.items():
                print("%-12s %10d %10.1f %10.1f %10d %8d" % (
                    name, row["tunnels"], row["rss_kib_each"], row["pss_kib_each"],
                    row["rss_kib"], row["errors"]))
            continue
        bulk = mode == "bulk"
        print("\n%-12s %10s %10s %8s %8s %6s %9s %9s %8s" % (
            mode, "Gbit/s" if bulk else "ops/s", "CPU s/GiB" if bulk else "CPU us/op",
            "rate to", "CPU to", "busy", "p50 us", "p99 us", "errors"))
        for name, row in peers.items():
            print("%-12s %10s %10s %8s %8s %6s %9s %9s %8d" % (
                name, number(row["rate"] * (GIB * 8 / 1e9 if bulk else 1),
                             "%.2f" if bulk else "%.0f"),
                number(row["cpu"] and row["cpu"] * (1 if bulk else 1e6),
                       "%.2f" if bulk else "%.1f"),
                number(row["rate_ratio"], "%.2f"), number(row["cpu_ratio"], "%.2f"),
                number(row["busy"] and row["busy"] * 100, "%.0f%%"),
                number(row["p50_us"] or None, "%.0f"), number(row["p99_us"] or None, "%.0f"),
                row["errors"]))
    print("\n%d rounds of %d s, %d clients (bulk: one); ratios are to %s" % (
        report["rounds"], report["seconds"], report["clients"], report["base"]))
    for name, why in report["missing"].items():
        print("missing: %s: %s" % (name, why))


def words(allowed):
    def read(text):
        names = [name for name in text.split(",") if name]
        for name in names:
            if name not in allowed:
                raise argparse.ArgumentTypeError("%s is none of %s" % (name, ",".join(allowed)))
        return names
    return read


def bounded(least, most):
    def read(text):
        value = int(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError("must be from %d to %d" % (least, most))
        return value
    return read


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=bounded(1, 1000), default=5)
    parser.add_argument("--seconds", type=bounded(1, 100), default=2, help="of each run")
    parser.add_argument("--clients", type=bounded(1, 4000), default=50, help="at once")
    parser.add_argument("--tunnels", type=bounded(1, 4000), default=1000, help="of mode idle")
    parser.add_argument("--only", type=words(proxy_peers.PEERS), metavar="NAMES",
                        default=list(proxy_peers.PEERS), help=",".join(proxy_peers.PEERS))
    parser.add_argument("--modes", type=words(MODES), default=list(MODES), help=",".join(MODES))
    parser.add_argument("--tools", default=TOOLS, help="the folder of loadgen and relay")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    options.tools = os.path.realpath(options.tools)
    if not os.access(os.path.join(options.tools, "loadgen"), os.X_OK):
        parser.error("no loadgen in %s: ./dev.sh build bench" % options.tools)
    return options


def main():
    options = read_options()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65536)), hard))
    with tempfile.TemporaryDirectory(prefix="fence-bench-") as folder:
        os.chmod(folder, 0o755)  # some give up root before they read their files
        bench = Bench(options, folder)
        origin = bench.start_origin()
        try:
            found, missing = proxy_peers.find(
                options.only, folder, bench.origin_port, options.tools)
            results = measure(bench, found, missing)
            if "idle" in options.modes:
                weighed = {name: bench.run_idle(peer) for name, peer in found.items()
                           if "idle" in peer["modes"]}
                results["idle"] = {name: row for name, row in weighed.items() if row}
        finally:
            stop(origin)
    report = {"rounds": options.rounds, "seconds": options.seconds, "clients": options.clients,
              "base": BASE, "missing": missing, "modes": results}
    if options.json:
        json.dump(report, sys.stdout, indent=2)
        print()
    else:
        print_table(report)


if __name__ == "__main__":
    main()
