# SPDX-License-Identifier: Apache-2.0
"""internet.py - everything beyond the machine: addresses on lab1, web servers, sinks, DNS, and the
log of packets. Runs in the network namespace that machine.sh gives it, until it is killed.

Standard input says when the wire is there, and when the machine has ended; standard output says
"ready", and "settled" once the logs are whole."""

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


def ip(*lines):
    """What went wrong with one of these commands, the first; one process for all of them."""
    done = subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), capture_output=True,
                          text=True, check=False)
    return done.returncode != 0 and (done.stderr or "ip failed")


def must(why):
    if why:
        sys.exit("lab: " + why)


def add_addresses():
    """Returns those that this kernel took: all, or those of IPv4."""
    old, new, lines = [], [], []
    for address in internet_addresses():
        if ":" in address:
            new.append(address)
        else:
            old.append(address)
            bits = "/24" if address.startswith(LAB["ROUTER"].rsplit(".", 1)[0] + ".") else "/32"
            lines.append("address add %s%s dev lab1" % (address, bits))
    must(ip(*lines))
    if ip(*("address add %s/48 dev lab1 nodad" % address for address in new)):
        return set(old)
    return set(old + new)


def drop_strangers():
    """Packets for other networks end here, without a word to the sender."""
    for path in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
        try:
            with open("/proc/sys/net/" + path, "w", encoding="ascii") as setting:
                setting.write("0")
        except OSError:
            pass  # no IPv6, or no right to say so; off is the default


def wait_for(word):
    if sys.stdin.readline() != word + "\n":
        sys.exit("lab: the machine is gone")


wait_for("wire")
must(ip("link set lab1 up", "link set lo up"))
drop_strangers()
last = threading.Event()
packets.watch("lab1", servers.Log(os.path.join(folder, "packets.log")), last.set)
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
print("ready", flush=True)
wait_for("end")
last.wait(2)  # the machine may have no route any more
time.sleep(0.1)  # a moment for the servers' threads, to log what has come
print("settled", flush=True)
threading.Event().wait()
