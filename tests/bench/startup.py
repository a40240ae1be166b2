#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""startup.py - what it costs to start a command in a sandbox: fence and others, side by side.

Wall time from spawn to reaped, in rounds that run each peer once (A B C, C B A, ...), so that a
busy moment of the machine falls on all of them. Memory and processes are counted once, while a
command sleeps inside; the command itself does not count. Judge by ratios: milliseconds are the
machine's.
"""

import argparse
import ctypes
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BASE = "bwrap"  # what the ratios are to
PR_SET_CHILD_SUBREAPER = 36
RUN_S = 20  # no run of a peer may take longer
SETTLED_S = 0.3  # so long must the set of processes stay the same to be counted
SLEEP = ["/bin/sleep", "271.828"]
FILTER = "9"  # the descriptor of the filter


def bwrap_argv(fence):
    """The very options that fence gives to bubblewrap; without fence, the like of them."""
    if fence:
        said = subprocess.run([fence, "-d", "/bin/true"], stderr=subprocess.PIPE, text=True,
                              timeout=RUN_S, check=False).stderr
        for line in said.splitlines():
            if " sandbox: bwrap " in line:
                words = line.split(" sandbox: ", 1)[1].split(" ")
                at = words.index("--seccomp")  # a descriptor of fence's: the next row has it
                words = words[:at] + words[at + 2:words.index("--") + 1]
                return [word for word in words if word != "--as-pid-1"]  # its own reaper, then
    return [
        "bwrap", "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts",
        "--unshare-cgroup-try", "--unshare-net", "--die-with-parent", "--cap-drop", "ALL",
        "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp",
        "--tmpfs", "/run", "--"]


def filter_path(fence):
    """The system call filter that was built with fence, which it gives to bubblewrap."""
    path = os.path.join(os.path.dirname(fence or ""), "filter-closed.bpf")
    return path if fence and os.path.exists(path) else None


def find_srt():
    """srt on PATH, or below FENCE_BENCH_NODE_MODULES."""
    modules = os.environ.get("FENCE_BENCH_NODE_MODULES", "")
    inside = os.path.join(modules, ".bin", "srt")
    return inside if modules and os.access(inside, os.X_OK) else shutil.which("srt")


def peers(folder):
    """({name: function from a command to an argv}, {name: why it is missing})."""
    found, missing = {"true": lambda command: command}, {}

    def add(name, tools, build):
        absent = [tool for tool in tools if not shutil.which(tool)]
        if absent:
            missing[name] = "not installed: " + " ".join(absent)
        else:
            found[name] = build

    fence = os.environ.get("FENCE_BINARY")
    bare = bwrap_argv(fence)
    add("bwrap", ["bwrap"], lambda command: bare + command)
    if filter_path(fence):
        add("filter", ["bwrap"],
            lambda command: bare[:1] + ["--seccomp", FILTER] + bare[1:] + command)
    else:
        missing["filter"] = "no filter-closed.bpf beside FENCE_BINARY"
    if fence:
        add("fence", [fence, "bwrap"], lambda command: [fence] + command)
    else:
        missing["fence"] = "FENCE_BINARY is not set"
    script = os.path.join(HERE, "startup_bridges.sh")
    add("bridges", ["bwrap", "socat"],
        lambda command: ["sh", script, folder, " ".join(command)] + bare)
    settings = os.path.join(folder, "srt.json")
    with open(settings, "w", encoding="ascii") as file:
        json.dump({
            "network": {"allowedDomains": ["example.com"], "deniedDomains": []},
            "filesystem": {"denyRead": [], "allowWrite": [], "denyWrite": []}}, file)
    srt = find_srt()
    if srt:
        add("srt", ["bwrap", "socat", "rg", "node"],
            lambda command: [srt, "--settings", settings] + command)
    else:
        missing["srt"] = "neither on PATH nor below FENCE_BENCH_NODE_MODULES"
    return found, missing


def spawn(argv, folder, err):
    """Starts a peer in a small environment; its output goes nowhere, its complaints to `err`."""
    keep = {name: os.environ[name] for name in ("PATH", "LANG", "USER") if name in os.environ}
    null = os.open(os.devnull, os.O_RDWR)
    try:
        actions = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, null, 1),
                   (os.POSIX_SPAWN_DUP2, err.fileno(), 2)]
        if "--seccomp" in argv:
            actions.append((os.POSIX_SPAWN_OPEN, int(FILTER),
                            filter_path(os.environ["FENCE_BINARY"]), os.O_RDONLY, 0))
        return os.posix_spawnp(argv[0], argv, {**keep, "HOME": folder}, file_actions=actions)
    finally:
        os.close(null)


class Late(Exception):
    pass


def on_alarm(*_):
    raise Late()


def descendants():
    """{pid: (name, first word of its command line)} of all that we started, directly or not."""
    parents = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % entry, encoding="latin-1") as stat:
                name, rest = stat.read().split("(", 1)[1].rsplit(") ", 1)
            with open("/proc/%s/cmdline" % entry, encoding="latin-1") as line:
                words = line.read().split("\0")
        except OSError:
            continue
        parents[int(entry)] = (int(rest.split()[1]), name, words)
    ours, grew = {os.getpid()}, True
    while grew:
        new = {pid for pid, row in parents.items() if row[0] in ours} - ours
        ours |= new
        grew = bool(new)
    return {pid: parents[pid][1:] for pid in ours - {os.getpid()} if parents[pid][2] != [""]}


def end_all():
    """Kills and reaps whatever is left of a peer; orphans are ours as well (subreaper)."""
    for _ in range(100):
        left = descendants()
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.01)


def run_once(argv, folder):
    """(wall ms, CPU ms, exit code, complaints); a peer that hangs is killed and has code None."""
    with tempfile.TemporaryFile() as err:
        code, usage = None, None
        begin = time.perf_counter()
        pid = spawn(argv, folder, err)
        signal.setitimer(signal.ITIMER_REAL, RUN_S)
        try:
            _, status, usage = os.wait4(pid, 0)
            end = time.perf_counter()
            code = os.waitstatus_to_exitcode(status)
        except Late:
            end = time.perf_counter()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            end_all()
        cpu = usage.ru_utime + usage.ru_stime if usage else 0
        err.seek(0)
        complaint = err.read().decode("utf-8", "replace").strip()[-400:]
        return (end - begin) * 1000, cpu * 1000, code, complaint


def sum_field(pids, file, field):
    total = 0
    for pid in pids:
        with open("/proc/%d/%s" % (pid, file), encoding="latin-1") as lines:
            total += sum(int(line.split()[1]) for line in lines if line.startswith(field + ":"))
    return total


def weigh(build, folder):
    """Processes besides the command, and the sums of their peak RSS, RSS and PSS in KiB."""
    with tempfile.TemporaryFile() as err:
        spawn(build(SLEEP), folder, err)
        try:
            seen, since = set(), time.monotonic()
            while time.monotonic() - since < RUN_S:
                rows = descendants()
                inside = {pid for pid, row in rows.items()
                          if os.path.basename(row[1][0]) == "sleep" and row[1][1:2] == SLEEP[1:]}
                if inside and set(rows) == seen:
                    if time.monotonic() - since > SETTLED_S:
                        pids = seen - inside
                        return {"processes": len(pids),
                                "peak_rss_kib": sum_field(pids, "status", "VmHWM"),
                                "rss_kib": sum_field(pids, "status", "VmRSS"),
                                "pss_kib": sum_field(pids, "smaps_rollup", "Pss")}
                elif set(rows) != seen:
                    seen, since = set(rows), time.monotonic()
                time.sleep(0.02)
            return {}
        except OSError:  # a process went away while it was looked at, or may not be looked at
            return {}
        finally:
            end_all()


def measure(found, folder, rounds):
    wall, cpu = {name: [] for name in found}, {name: [] for name in found}
    for turn in range(rounds):
        for name in list(found) if turn % 2 == 0 else reversed(list(found)):
            ms, cpu_ms, code, complaint = run_once(found[name](["/bin/true"]), folder)
            if code != 0:
                sys.exit("startup.py: %s failed in round %d, exit %s: %s"
                         % (name, turn, code, complaint))
            wall[name].append(ms)
            cpu[name].append(cpu_ms)
    results = {}
    for name in found:
        results[name] = {"median_ms": statistics.median(wall[name]), "min_ms": min(wall[name]),
                         "cpu_ms": statistics.median(cpu[name])}
        if BASE in found:
            pairs = [a / b for a, b in zip(wall[name], wall[BASE])]
            results[name]["ratio_of_medians"] = (
                results[name]["median_ms"] / statistics.median(wall[BASE]))
            results[name]["median_of_ratios"] = statistics.median(pairs)
        results[name].update(weigh(found[name], folder))
    return results


def print_table(report):
    print("%-8s %10s %8s %8s %12s %12s %6s %9s %9s %9s" % (
        "", "median ms", "min ms", "CPU ms", "of medians", "pairwise", "procs", "peak RSS",
        "RSS KiB", "PSS KiB"))
    for name, row in report["peers"].items():
        print("%-8s %10.1f %8.1f %8.1f %12s %12s %6s %9s %9s %9s" % (
            name, row["median_ms"], row["min_ms"], row["cpu_ms"],
            *("%.2f" % row[key] if key in row else "-"
              for key in ("ratio_of_medians", "median_of_ratios")),
            *(row.get(key, "-") for key in ("processes", "peak_rss_kib", "rss_kib", "pss_kib"))))
    print("%d rounds; ratios are to %s" % (report["rounds"], BASE))
    for name, why in report["missing"].items():
        print("missing: %s: %s" % (name, why))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    signal.signal(signal.SIGALRM, on_alarm)
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.exit("startup.py: cannot become a subreaper")
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="fence-bench-") as folder:
        os.chdir(folder)  # no settings file here or above decides what a peer does
        found, missing = peers(folder)
        for name in list(found):  # once, unmeasured: caches are warm and the broken ones out
            _, _, code, complaint = run_once(found[name](["/bin/true"]), folder)
            if code != 0:
                missing[name] = "does not run here, exit %s: %s" % (code, complaint)
                del found[name]
        report = {"rounds": options.rounds, "base": BASE, "missing": missing,
                  "peers": measure(found, folder, options.rounds)}
        os.chdir("/")
    if options.json:
        json.dump(report, sys.stdout, indent=2)
        print()
    else:
        print_table(report)


if __name__ == "__main__":
    main()
