#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""mounts.py - what a plan of many mounts costs at the start: fence, and bubblewrap with the same ones.

A project of N files that filesystem.denyRead hides, each a mount. fence gives bubblewrap the first
fifty and makes the others itself; the other row gives all of them to bubblewrap. Wall time from spawn
to reaped, in rounds that run each once; judge by ratios.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

COUNTS = [0, 10, 100, 1000]
RUN_S = 60  # no run may take longer


def project(folder, count):
    """A folder of `count` files to hide, forty to a folder below it, and its settings."""
    for index in range(count):
        below = os.path.join(folder, f"d{index // 40}")
        os.makedirs(below, exist_ok=True)
        with open(os.path.join(below, f"f{index}.key"), "w", encoding="ascii") as file:
            file.write("secret\n")
    settings = os.path.join(folder, "settings.json")
    with open(settings, "w", encoding="ascii") as file:
        json.dump({"filesystem": {"denyRead": ["**/*.key"]}}, file)
    return settings


def bwrap_argv(folder, count):
    """Bubblewrap alone, with the same mounts."""
    argv = ["bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev",
            "--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", "/run"]
    for index in range(count):
        argv += ["--ro-bind", "/dev/null", os.path.join(folder, f"d{index // 40}", f"f{index}.key")]
    return argv + ["--", "/bin/true"]


def took(argv, folder):
    """Milliseconds of one run."""
    begin = time.monotonic()
    done = subprocess.run(argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, timeout=RUN_S, check=False)
    if done.returncode != 0:
        sys.exit(f"{argv[0]}: status {done.returncode}: {done.stderr.decode()[:300]}")
    return (time.monotonic() - begin) * 1000


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=10)
    options.add_argument("--json", action="store_true")
    options = options.parse_args()
    fence = os.environ.get("FENCE_BINARY") or sys.exit("FENCE_BINARY is not set")
    rows = []
    for count in COUNTS:
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            settings = project(folder, count)
            peers = {"fence": [fence, "-s", settings, "--", "/bin/true"],
                     "bwrap": bwrap_argv(folder, count)}
            times = {name: [] for name in peers}
            for _ in range(options.rounds if count < 1000 else min(options.rounds, 5)):
                for name, argv in peers.items():
                    times[name].append(took(argv, folder))
            row = {name: statistics.median(values) for name, values in times.items()}
            rows.append({"mounts": count, **row, "ratio": row["fence"] / row["bwrap"]})
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{'mounts':>7}{'fence ms':>11}{'bwrap ms':>11}{'fence/bwrap':>13}")
    for row in rows:
        print(f"{row['mounts']:7}{row['fence']:11.1f}{row['bwrap']:11.1f}{row['ratio']:13.2f}")


if __name__ == "__main__":
    main()
