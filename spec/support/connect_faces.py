# SPDX-License-Identifier: Apache-2.0
# connect_faces.py - every face of connect(2) that a program may see, one line each. Run outside and
# inside a sandbox it must print the same. Takes a folder for its sockets.

import ctypes
import errno
import os
import signal
import socket
import sys
import threading
import time

folder = sys.argv[1]
libc = ctypes.CDLL(None, use_errno=True)


def name(code):
    return errno.errorcode.get(code, code) if code else "ok"


def attempt(sock, to):
    try:
        sock.connect(to)
        return "ok"
    except socket.timeout as error:
        return "timeout"
    except OSError as error:
        return name(error.errno)


def raw(fd, address, length):
    return name(ctypes.get_errno() if libc.connect(fd, address, length) < 0 else 0)


def say(what, *words):
    print(what + ":", *words, flush=True)


def listener(family=socket.AF_INET, to=("127.0.0.1", 0), backlog=8, kind=socket.SOCK_STREAM):
    sock = socket.socket(family, kind)
    sock.bind(to)
    sock.listen(backlog)
    return sock


def free_port():
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    return sock, sock.getsockname()


# ---- TCP ----
server = listener()
client = socket.socket()
say("blocking", attempt(client, server.getsockname()), client.getblocking(),
    bool(__import__("fcntl").fcntl(client, 3) & os.O_NONBLOCK))
say("again", attempt(client, server.getsockname()))
client.sendall(b"x")
accepted, peer = server.accept()
say("bytes", accepted.recv(1), peer == client.getsockname())
unused, dead = free_port()
say("refused", attempt(socket.socket(), dead))
client = socket.socket()
client.setblocking(False)
first = attempt(client, server.getsockname())
client.setblocking(True)
say("non-blocking", first, attempt(client, server.getsockname()))
client = socket.socket()
client.setblocking(False)
first = attempt(client, dead)
time.sleep(0.05)
say("non-blocking, refused", first, name(client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)))
client = socket.socket()
client.settimeout(5)
say("with a timeout", attempt(client, server.getsockname()))
client = socket.socket()
client.bind(("127.0.0.1", 0))
say("bound", attempt(client, server.getsockname()))
say("nobody listens", attempt(unused, server.getsockname()) in ("ok", "EISCONN"))
say("a listener", attempt(listener(), server.getsockname()))

# ---- a backlog that is full ----
narrow = listener(backlog=0)
crowd = []
while len(crowd) < 20:
    crowd.append(socket.socket())
    crowd[-1].setblocking(False)
    attempt(crowd[-1], narrow.getsockname())
client = socket.socket()
client.setblocking(False)
say("crowded", attempt(client, narrow.getsockname()), attempt(client, narrow.getsockname()))
client = socket.socket()
client.settimeout(0.3)
say("crowded, with a timeout", attempt(client, narrow.getsockname()))
client = socket.socket()
client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, b"\0" * 8 + (200000).to_bytes(8, "little"))
say("crowded, SO_SNDTIMEO", attempt(client, narrow.getsockname()))
client = socket.socket()


def make_room(listener):
    for other in crowd:
        other.close()
    listener.settimeout(5)
    try:
        while True:
            listener.accept()
    except OSError:
        pass


threading.Timer(0.3, make_room, [narrow]).start()
say("crowded, blocking", attempt(client, narrow.getsockname()))
narrow.shutdown(socket.SHUT_RDWR)  # whoever accepts is done

# ---- UDP, IPv6, other families ----
udp = socket.socket(type=socket.SOCK_DGRAM)
say("udp", attempt(udp, server.getsockname()), udp.getpeername() == server.getsockname())
say("udp, undone", raw(udp.fileno(), (0).to_bytes(16, "little"), 16))
try:
    six = listener(socket.AF_INET6, ("::1", 0))
    say("IPv6", attempt(socket.socket(socket.AF_INET6), six.getsockname()))
    mapped = ("::ffff:127.0.0.1",) + server.getsockname()[1:] + (0, 0)
    say("IPv6, mapped", attempt(socket.socket(socket.AF_INET6), mapped))
except OSError as error:
    say("IPv6", error)
netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
say("netlink", attempt(netlink, (0, 0)))

# ---- what is no address ----
null = open("/dev/null")
tcp = socket.socket()
unix = socket.socket(socket.AF_UNIX)
good = socket.AF_INET.to_bytes(2, "little") + bytes(14)
for what, fd, address, length in [
    ("a bad descriptor", 999, good, 16), ("no socket", null.fileno(), good, 16),
    ("a negative descriptor", -1, good, 16),
    ("too short", tcp.fileno(), good, 4), ("too long", tcp.fileno(), bytes(200), 200),
    ("a negative length", tcp.fileno(), good, -1), ("nothing", tcp.fileno(), good, 0),
    ("nowhere", tcp.fileno(), ctypes.c_void_p(8), 16),
    ("another family", tcp.fileno(), socket.AF_UNIX.to_bytes(2, "little") + b"/x\0" + bytes(16), 16),
    ("a family for a path", unix.fileno(), good, 16),
    ("a path that is too long", unix.fileno(), b"\1\0" + b"/" * 120, 122),
    ("no path", unix.fileno(), b"\1\0", 2), ("an empty path", unix.fileno(), b"\1\0\0", 3),
    ("unconnected", unix.fileno(), bytes(16), 16),
]:
    say(what, raw(fd, address, length))

# ---- Unix sockets of its own ----
os.chdir(folder)
for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
    own = listener(socket.AF_UNIX, "own", kind=kind)
    for path in ("own", folder + "/own", "./own", "../" + os.path.basename(folder) + "/own",
                 "/proc/self/cwd/own"):
        client = socket.socket(socket.AF_UNIX, kind)
        say("own", kind.name, attempt(client, path))
        accepted, _ = own.accept()
        accepted.sendall(b"hello")
        say("says", client.recv(9), client.getpeername())
    os.symlink(folder + "/own", "link")
    say("by a link", attempt(socket.socket(socket.AF_UNIX, kind), "link"))
    other = socket.SOCK_STREAM if kind == socket.SOCK_SEQPACKET else socket.SOCK_SEQPACKET
    say("of another type", attempt(socket.socket(socket.AF_UNIX, other), "own"))
    say("twice", attempt(client, "own"))
    own.close()
    say("closed", attempt(socket.socket(socket.AF_UNIX, kind), "own"))
    os.unlink("own")
    os.unlink("link")
    say("removed", attempt(socket.socket(socket.AF_UNIX, kind), "own"))
hidden = listener(socket.AF_UNIX, "\0fence-spec-%d" % os.getpid())
say("abstract", attempt(socket.socket(socket.AF_UNIX), hidden.getsockname()))
open("file", "w").close()
for path in ("file", ".", "file/x", "none/x", "/proc/self/fd/%d" % null.fileno(), "x" * 100, "loop"):
    if path == "loop":
        os.symlink("loop", "loop")
    say(path[:9], attempt(socket.socket(socket.AF_UNIX), path))
long = folder + "/" + "d" * (106 - len(folder) - 1 - 2)
os.mkdir(long)
end = listener(socket.AF_UNIX, long + "/s")
say("a path of 107 bytes", len(long + "/s"), attempt(socket.socket(socket.AF_UNIX), long + "/s"))

early = socket.socket(socket.AF_UNIX)
early.bind("early")
say("bound, not listening", attempt(socket.socket(socket.AF_UNIX), "early"))
early.listen()
say("listening now", attempt(socket.socket(socket.AF_UNIX), "early"))

narrow = listener(socket.AF_UNIX, "narrow", backlog=0)
client = socket.socket(socket.AF_UNIX)
say("the first", attempt(client, "narrow"))
client = socket.socket(socket.AF_UNIX)
client.setblocking(False)
say("crowded Unix socket", attempt(client, "narrow"))
client = socket.socket(socket.AF_UNIX)
threading.Timer(0.3, narrow.accept).start()
say("crowded Unix socket, blocking", attempt(client, "narrow"))

# ---- many, and children ----
many = listener(socket.AF_UNIX, "many", backlog=64)
results = []
threads = [threading.Thread(target=lambda: results.append(
    attempt(socket.socket(socket.AF_UNIX), "many"))) for _ in range(40)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
say("40 threads", sorted(set(results)), len(results))
child = os.fork()
if child == 0:
    say("a child", attempt(socket.socket(socket.AF_UNIX), "many"))
    os._exit(0)
os.waitpid(child, 0)

# ---- a signal ends who waits ----
client = socket.socket(socket.AF_UNIX)
child = os.fork()
if child == 0:
    while True:
        attempt(socket.socket(socket.AF_UNIX), "narrow")
time.sleep(0.2)
os.kill(child, signal.SIGTERM)
say("ended while it waits", os.waitpid(child, 0)[1])
