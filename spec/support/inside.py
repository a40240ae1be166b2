# SPDX-License-Identifier: Apache-2.0
# inside.py - a TCP server for specs of ports: HOST PORT [wait]. Prints "up" once it listens; with
# "wait" not before a line has come on standard input. A connection's first line says what it does:
#
#   echo         sends back what comes, to the end
#   sink         reads to the end, answers "BYTES SHA256"
#   source N     sends N bytes, does not read
#   late         ends its own direction, and reads once a line has come on standard input; then
#                prints "late BYTES SHA256"
#   reset        resets the connection
#   watch        prints how the connection has ended: "end" or "reset"
import hashlib, socket, struct, sys, threading

def digest(connection):
    count, sha = 0, hashlib.sha256()
    while data := connection.recv(1 << 16):
        count += len(data)
        sha.update(data)
    return "%d %s" % (count, sha.hexdigest())

def echo(connection, _):
    while data := connection.recv(1 << 16):
        connection.sendall(data)

def sink(connection, _):
    connection.sendall(digest(connection).encode())

def source(connection, count):
    block = bytes(range(256)) * 256
    left = int(count)
    while left > 0:
        connection.sendall(block[:left])
        left -= len(block)

def late(connection, _):
    connection.shutdown(socket.SHUT_WR)
    sys.stdin.readline()
    print("late", digest(connection), flush=True)

def reset(connection, _):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

def watch(connection, _):
    print("watching", flush=True)
    try:
        digest(connection)
        print("end", flush=True)
    except ConnectionResetError:
        print("reset", flush=True)

def serve(connection):
    with connection:
        line = b""
        try:
            while not line.endswith(b"\n"):
                byte = connection.recv(1)
                if not byte:
                    return
                line += byte
            name, _, argument = line.decode().strip().partition(" ")
            globals()[name](connection, argument)
        except (ConnectionResetError, BrokenPipeError):
            pass

host, port = sys.argv[1], int(sys.argv[2])
if "wait" in sys.argv[3:]:
    print("waiting", flush=True)
    sys.stdin.readline()
server = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind((host, port))
server.listen(500)
print("up", flush=True)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
