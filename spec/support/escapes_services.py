# SPDX-License-Identifier: Apache-2.0
# escapes_services.py - what a host has that a command must not reach: sockets of every kind, shared
# memory, queues. Prints where they are as one line of JSON, and lives until its input ends.
#
# python3 -c TEXT FOLDER
#
# Who connects is greeted; what datagrams say is appended to FOLDER/log.
import ctypes, json, os, socket, sys, threading

folder = sys.argv[1]
name = f"fence-spec-{os.getpid()}"
libc = ctypes.CDLL(None, use_errno=True)
made = {"log": f"{folder}/log", "paths": {}, "name": name}
removed = []


def append(text):
    with open(made["log"], "ab") as log:
        log.write(text + b"\n")


def greet(connection):
    try:
        connection.sendall(b"hello\n")
        connection.settimeout(2)
        append(connection.recv(4096))
    except OSError:
        pass
    connection.close()


def serve(listener):
    while True:
        threading.Thread(target=greet, args=(listener.accept()[0],), daemon=True).start()


def note(receiver):
    while True:
        text, sender = receiver.recvfrom(4096)
        append(text)
        if receiver.family != socket.AF_UNIX:
            receiver.sendto(b"hello\n", sender)


def offer(family, kind, where):
    s = socket.socket(family, kind)
    s.bind(where)
    if kind == socket.SOCK_DGRAM:
        threading.Thread(target=note, args=(s,), daemon=True).start()
    else:
        s.listen()
        threading.Thread(target=serve, args=(s,), daemon=True).start()
    return s.getsockname()


def offer_paths():
    streams = ("docker.sock podman.sock containerd.sock bus system_bus_socket private S.gpg-agent "
               "agent pcscd.comm X0 wayland-0 native default vscode-ipc.sock socket one other").split()
    for word in streams:
        made["paths"][word] = f"{folder}/{word}"
    made["paths"]["in tmp"] = f"/tmp/{name}.sock"
    made["paths"]["in shm"] = f"/dev/shm/{name}.sock"
    made["paths"]["in var"] = f"/var/tmp/{name}.sock"
    if os.access("/run", os.W_OK):
        made["paths"]["in run"] = f"/run/{name}.sock"
    for path in made["paths"].values():
        offer(socket.AF_UNIX, socket.SOCK_STREAM, path)
    made["seqpacket"] = offer(socket.AF_UNIX, socket.SOCK_SEQPACKET, f"{folder}/seqpacket")
    for word in ("devlog", "notify", "journal"):
        made[word] = offer(socket.AF_UNIX, socket.SOCK_DGRAM, f"{folder}/{word}")
    for path in ("/tmp", "/dev/shm", "/var/tmp", "/run"):
        removed.append(f"{path}/{name}.sock")


def offer_names():
    for word in ("/tmp/.X11-unix/X0", "/tmp/dbus-x", "/containerd-shim/x.sock"):
        offer(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{word}-{name}")
    offer(socket.AF_UNIX, socket.SOCK_DGRAM, f"\0datagram-{name}")


def offer_ports():
    made["tcp"] = offer(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))[1]
    made["tcp2"] = offer(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.2", 0))[1]
    made["tcp6"] = offer(socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0))[1]
    made["udp"] = offer(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))[1]
    made["udp6"] = offer(socket.AF_INET6, socket.SOCK_DGRAM, ("::1", 0))[1]


def offer_memory():
    made["shm"] = libc.shmget(0, 4096, 0o1600)
    made["sem"] = libc.semget(0, 1, 0o1600)
    made["msg"] = libc.msgget(0, 0o1600)
    libc.msgsnd(made["msg"], b"\1\0\0\0\0\0\0\0secret", 6, 0)
    rt = ctypes.CDLL("librt.so.1")
    rt.mq_open(f"/{name}".encode(), os.O_CREAT | os.O_RDWR, 0o600, None)
    for path in (f"/dev/shm/{name}", f"/tmp/{name}"):
        with open(path, "w") as file:
            file.write("fence-spec secret\n")
        removed.append(path)


os.makedirs(folder)
open(made["log"], "w").close()
offer_paths()
offer_names()
offer_ports()
offer_memory()
print(json.dumps(made), flush=True)
sys.stdin.read()
for path in removed:
    if os.path.lexists(path):
        os.unlink(path)
libc.shmctl(made["shm"], 0, None)
libc.semctl(made["sem"], 0, 0)
libc.msgctl(made["msg"], 0, None)
ctypes.CDLL("librt.so.1").mq_unlink(f"/{name}".encode())
