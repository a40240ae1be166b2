#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""exec.py - what command rules cost whatever is executed under them.

A program in the sandbox (exec_loop, static) executes itself COUNT times, one after the other. Each way
has a sandbox of its own in each round; they take turns (A B C, C B A, ...), so that a busy moment of
the machine falls on all of them. Judge by the ratios, which are medians over rounds.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BOUND = 1.3  # of --check: with rules to without
RUN_S = 300
RULES = ["git push", "git reset", "npm publish", "sudo", "gh pr create", "docker run --privileged"]
POLICY = 'return { name = "p", on_exec = function() end }\n'
PLAIN = "plain"
LOOP = """read up idle </proc/uptime; echo $up; i=0
while [ $i -lt $2 ]; do $1; i=$((i + 1)); done
read up idle </proc/uptime; echo $up"""


def ways(folder):
    """Name, and the arguments of fence."""
    rules = os.path.join(folder, "rules.json")
    with open(rules, "w", encoding="utf-8") as out:
        json.dump({"command": {"deny": RULES}}, out)
    policy = os.path.join(folder, "policy.lua")
    with open(policy, "w", encoding="utf-8") as out:
        out.write(POLICY)
    return {PLAIN: [], "rules": ["-s", rules], "on_exec": ["--policy", policy]}


def measure(fence, args, program, count, shell):
    """Microseconds for each."""
    argv = [fence] + args + ["--"] + ([shell, "-c", LOOP, "sh", program, str(count)] if shell else
                                      [program, "loop", str(count), program])
    done = subprocess.run(argv, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                          timeout=RUN_S, check=False)
    if done.returncode != 0:
        sys.exit("exec.py: %s ended with %d" % (" ".join(argv), done.returncode))
    took = [float(word) for word in done.stdout.split()]
    return took[0] if len(took) == 1 else (took[1] - took[0]) * 1e6 / count


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--program", default=os.path.join(HERE, "../../build/bench/tests/exec_loop"))
    parser.add_argument("--shell", metavar="NAME", help="a loop of this shell: sh, bash")
    parser.add_argument("--check", action="store_true", help="fail over %.1f" % BOUND)
    options = parser.parse_args()
    fence = os.environ.get("FENCE_BINARY") or sys.exit("exec.py: set FENCE_BINARY")
    program = os.path.realpath(options.program)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        all_ways = ways(folder)
        took = {name: [] for name in all_ways}
        for index in range(options.rounds):
            names = list(all_ways)
            for name in names if index % 2 == 0 else reversed(names):
                took[name].append(measure(fence, all_ways[name], program, options.count,
                                          options.shell))
    print("%-8s %10s %8s" % ("", "us each", "ratio"))
    worst = 0
    for name, list_of in took.items():
        ratio = statistics.median(a / b for a, b in zip(list_of, took[PLAIN]))
        print("%-8s %10.1f %8.3f" % (name, statistics.median(list_of), ratio))
        worst = max(worst, ratio if name == "rules" else 0)
    if options.check and worst > BOUND:
        sys.exit("exec.py: rules take %.2f times as long" % worst)


if __name__ == "__main__":
    main()
