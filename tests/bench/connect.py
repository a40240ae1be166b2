#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# connect.py - what the judgement of Unix sockets adds to a connect(2) inside: connect and close in a
# loop, to a server inside, with network.allowAllUnixSockets false and true in turn.
#
# FENCE_BINARY=build/release/core/fence tests/bench/connect.py [--rounds N]

import argparse
import json
import os
import statistics
import subprocess
import tempfile

LOOP = """
import os, socket, time
for family, to in (socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_UNIX, "/tmp/bench.sock"):
    server = socket.socket(family)
    server.bind(to)
    server.listen(4000)
    to = server.getsockname()
    child = os.fork()
    if child == 0:
        while True:
            server.accept()[0].close()
    began = time.perf_counter()
    for _ in range(5000):
        client = socket.socket(family)
        client.connect(to)
        client.close()
    print((time.perf_counter() - began) * 1e6 / 5000)
    os.kill(child, 9)
    os.waitpid(child, 0)
"""


def run(binary, folder, every):
    path = os.path.join(folder, "fence.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"network": {"allowAllUnixSockets": every}}, file)
    done = subprocess.run([binary, "--settings", path, "--", "python3", "-c", LOOP], check=True,
                          capture_output=True, text=True)
    return [float(line) for line in done.stdout.split()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    binary = os.environ["FENCE_BINARY"]
    taken = {False: [], True: []}
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        for _ in range(rounds):
            for every in taken:
                taken[every].append(run(binary, folder, every))
    for index, name in enumerate(("TCP", "Unix")):
        judged, not_judged = ([times[index] for times in taken[every]] for every in (False, True))
        print(f"{name:5} judged {statistics.median(judged):6.1f} us (least {min(judged):.1f})"
              f"   not judged {statistics.median(not_judged):6.1f} us (least {min(not_judged):.1f})")


if __name__ == "__main__":
    main()
