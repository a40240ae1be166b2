# SPDX-License-Identifier: Apache-2.0
"""internet.py - everything beyond the machine: addresses on lab1, web servers, sinks, DNS, and the
log of packets. Runs in the network namespace that machine.sh gives it, until it is killed."""

import os
import subprocess
import sys
import threading
import time

import dns
import packets
import servers
from addresses import LAB, SERVERS, internet_addresses

folder = sys.argv[1]


def ip(*words):
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=False)


def wait_for_wire():
    for _ in range(300):
        if ip("link", "set", "lab1", "up").returncode == 0:
            return
        time.sleep(0.02)
    sys.exit("lab: the wire never came")


def add_addresses():
    """Returns those that this kernel took."""
    taken = set()
    for address in internet_addresses():
        if ":" in address:
            done = ip("-6", "address", "add", address + "/48", "dev", "lab1", "nodad")
        else:
            bits = "/24" if address.startswith(LAB["ROUTER"].rsplit(".", 1)[0] + ".") else "/32"
            done = ip("address", "add", address + bits, "dev", "lab1")
        if done.returncode == 0:
            taken.add(address)
        elif ":" not in address:
            sys.exit("lab: %s: %s" % (address, done.stderr))
    return taken


def drop_strangers():
    """Packets for other networks end here, without a word to the sender."""
    for path in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
        try:
            with open("/proc/sys/net/" + path, "w", encoding="ascii") as setting:
                setting.write("0")
        except OSError:
            pass  # no IPv6, or no right to say so; off is the default


def touch(name):
    open(os.path.join(folder, name), "w", encoding="ascii").close()


def settle():
    """The servers' threads get a moment to log what has come, then the lab may end."""
    threading.Timer(0.1, touch, ["internet.settled"]).start()


wait_for_wire()
drop_strangers()
packets.watch("lab1", servers.Log(os.path.join(folder, "packets.log")), settle)
ip("link", "set", "lo", "up")
here = add_addresses()
servers.make_certificate(os.path.join(folder, "tls"))
context = servers.load_certificate(os.path.join(folder, "tls"))
access = servers.Log(os.path.join(folder, "access.log"))
for name, places in SERVERS.items():
    for place in here.intersection(places):
        servers.listen(name, place, access, context)
questions = servers.Log(os.path.join(folder, "dns.log"))
for place in here:
    dns.listen(place, questions)
touch("internet.ready")
threading.Event().wait()
