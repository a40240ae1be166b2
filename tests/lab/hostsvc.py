# SPDX-License-Identifier: Apache-2.0
"""hostsvc.py - HOSTSVC, the services of the machine itself: on 127.0.0.1, ::1, its own addresses
and an abstract unix socket. Whoever gets an answer from one has reached the host.

Prints "ready"."""

import os
import signal
import socket
import sys
import threading

import packets
import servers
from addresses import LAB

folder = sys.argv[1]
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])  # here, before there are threads
log = servers.Log(os.path.join(folder, "hostsvc.log"))
context = servers.load_certificate(os.path.join(folder, "tls"))


def abstract_socket():
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("\0fence-lab-hostsvc")
    listener.listen(16)
    while True:
        stream, _ = listener.accept()
        log.line("HOSTSVC", "@fence-lab-hostsvc", "connect", "-")
        with stream:
            stream.sendall(b"HOSTSVC\n")


for address in ("127.0.0.1", LAB["SELF"], "::1", LAB["SELF6"]):
    try:
        servers.listen("HOSTSVC", address, log, context)
    except OSError:
        if ":" not in address:  # a kernel may come without IPv6
            raise
threading.Thread(target=abstract_socket, daemon=True).start()
print("ready", flush=True)
signal.sigwait([signal.SIGTERM])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
    last.sendto(b"last", (LAB["ROUTER"], packets.LAST_PORT))
