# SPDX-License-Identifier: Apache-2.0
# escapes_capture.py - in front of each attempt of escapes_capture_spec.lua, in a sandbox: words for
# sockets, netlink and DNS. After the attempt, finish() shows that capture stands.
import ctypes, errno, fcntl, os, socket, struct, subprocess, sys, threading, time

PORT = int(sys.argv[1])  # of the origins: good.test and evil.test lead there, by 127.0.0.1
OWN4, OWN6 = "198.19.255.254", "fdfe:ce0::ffff:fffe"
NETLINK_ROUTE, NETLINK_NETFILTER, SOL_NETLINK_ACK = 0, 12, 4
libc = ctypes.CDLL(None, use_errno=True)


def refused(work, *args):
    """The name of the error that it ends with, or what it gave."""
    try:
        return work(*args)
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))


def get(place, host="good.test", timeout=5):
    """The answer to a request: its status and body; or the error's name."""
    def work():
        with socket.create_connection((place, PORT), timeout) as s:
            s.sendall(b"GET / HTTP/1.1\r\nHost: %s:%d\r\nConnection: close\r\n\r\n"
                      % (host.encode(), PORT))
            said = b""
            while more := s.recv(65536):
                said += more
        return said.split(b" ")[1].decode() + " " + said.split(b"\r\n\r\n")[-1].decode()[:5]
    return refused(work)


def finish():
    good, evil = get("good.test"), get("evil.test", "evil.test")
    print("after:", good, evil.split(" ")[0])


def netlink(protocol, message, kind, flags=0):
    """What the kernel says to it: an errno's name, or OK."""
    s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
    s.settimeout(2)
    s.sendto(struct.pack("=IHHII", 16 + len(message), kind, 5 | flags, 1, 0) + message, (0, 0))
    said = s.recv(65536)
    code = struct.unpack_from("=i", said, 16)[0]
    return errno.errorcode.get(-code, "OK" if code == 0 else str(code))


def attribute(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def question(name, number=1, kind=1, flags=0x0100):
    labels = b"".join(bytes([len(part)]) + part for part in name.encode().split(b"."))
    return struct.pack(">HHHHHH", number, flags, 1, 0, 0, 0) + labels + struct.pack(">BHH", 0, kind, 1)


def ask(message, server="8.8.8.8", timeout=2):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(timeout)
        s.sendto(message, (server, 53))
        return s.recv(4096)


def bound(family, kind, place, *options):
    s = socket.socket(family, kind)
    for level, name, value in options:
        s.setsockopt(level, name, value)
    s.bind(place)
    if kind == socket.SOCK_STREAM:
        s.listen()
    return s

