# SPDX-License-Identifier: Apache-2.0
"""servers.py - listeners that answer with a name and log who came: an escape is proved by which
of them answered.

One thread per connection, for a few dozen of them at a time. Good manners with bad requests are no
concern of theirs.
"""

import hashlib
import os
import shutil
import socket
import ssl
import subprocess
import threading

PATIENCE = 30  # seconds a connection may say nothing
HEAD = 64 * 1024


class Log:
    """A file of lines, each whole and on disk at once."""

    def __init__(self, path):
        self.file = open(path, "a", buffering=1, encoding="ascii")
        self.lock = threading.Lock()

    def line(self, *words):
        with self.lock:
            self.file.write(" ".join(quote(str(word)) for word in words) + "\n")


def quote(text):
    """Printable ASCII without spaces; other bytes as \\xNN."""
    return "".join(c if "!" <= c <= "~" else "\\x%02x" % ord(c) for c in text) or "-"


def where(address):
    """Host and port of a socket address, as one word."""
    host = address[0]
    return "[%s]:%d" % (host, address[1]) if ":" in host else "%s:%d" % (host, address[1])


def respond(stream, name, log, place):
    """HTTP/1.1 with keep-alive: the body is the server's name, or what the path asks for."""
    while True:
        head = b""
        while b"\r\n\r\n" not in head:
            if len(head) > HEAD:
                return
            more = stream.recv(4096)
            if not more:
                return
            head += more
        head, rest = head.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        fields = {}
        for line in lines[1:]:
            field, _, value = line.partition(":")
            fields[field.lower()] = value.strip()
        wanted = int(fields.get("content-length", "0"))
        while len(rest) < wanted:
            rest += stream.recv(65536) or b"\0" * wanted
        words = (lines[0].split(" ") + ["-", "-"])[:3]
        log.line(name, place, "request", words[0], words[1], fields.get("host", ""))
        extra, status = "", "200 OK"
        if words[1].endswith("/redirect"):
            status, extra = "302 Found", "Location: http://evil.test/\r\n"
        body = name.encode() + b"\n"
        stream.sendall(
            ("HTTP/1.1 %s\r\n%sContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"
             % (status, extra, len(body))).encode() + (b"" if words[0] == "HEAD" else body))
        if fields.get("connection", "").lower() == "close":
            return


def echo(stream, name, log, place):
    """Back it goes, and our direction ends after theirs."""
    while data := stream.recv(65536):
        stream.sendall(data)
    stream.shutdown(socket.SHUT_WR)


def sink(stream, name, log, place):
    """Reads to the end and logs how much it was and its SHA-256."""
    count, digest = 0, hashlib.sha256()
    while data := stream.recv(65536):
        count += len(data)
        digest.update(data)
    log.line(name, place, "sunk", count, digest.hexdigest())


def banner(stream, name, log, place):
    """Speaks first, as SSH and SMTP do, then sinks."""
    stream.sendall(("220 %s\r\n" % name).encode())
    sink(stream, name, log, place)


PORTS = {80: respond, 8080: respond, 443: respond, 7: echo, 9: sink, 6379: sink,
         22: banner, 25: banner}


def make_certificate(folder):
    """Makes folder, and in it a certificate for the lab's names, signed by folder/ca.pem; or takes
    all of it from $LAB_TLS, the folder that an earlier lab has made."""
    if os.environ.get("LAB_TLS"):
        shutil.copytree(os.environ["LAB_TLS"], folder)
        return
    os.mkdir(folder)
    names = "DNS:good.test,DNS:*.good.test,DNS:evil.test,DNS:*.evil.test,DNS:localhost"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    commands = [
        ["req", "-x509", *curve, "-subj", "/CN=lab-authority", "-days", "2",
         "-keyout", "ca.key", "-out", "ca.pem"],
        ["req", "-new", *curve, "-subj", "/CN=lab", "-keyout", "tls.key", "-out", "tls.csr"],
        ["x509", "-req", "-in", "tls.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
         "-CAcreateserial", "-days", "2", "-extfile", "tls.ext", "-out", "tls.pem"],
    ]
    with open(os.path.join(folder, "tls.ext"), "w", encoding="ascii") as ext:
        ext.write("basicConstraints=CA:FALSE\nsubjectAltName=%s\n" % names)
    for command in commands:
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)


def load_certificate(folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, "tls.pem"), os.path.join(folder, "tls.key"))
    return context


def serve_one(stream, name, port, log, context):
    place = where(stream.getsockname())
    log.line(name, place, "connect", where(stream.getpeername()))
    try:
        stream.settimeout(PATIENCE)
        if port == 443:
            stream = context.wrap_socket(stream, server_side=True)
        PORTS[port](stream, name, log, place)
    except (OSError, ValueError) as why:
        log.line(name, place, "ended", type(why).__name__)
    finally:
        stream.close()


def accept_all(listener, name, port, log, context):
    while True:
        stream, _ = listener.accept()
        arguments = (stream, name, port, log, context)
        threading.Thread(target=serve_one, args=arguments, daemon=True).start()


def listen(name, address, log, context):
    """Opens every port of PORTS on an address, and answers from threads of its own."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for port in PORTS:
        listener = socket.create_server((address, port), family=family, backlog=512)
        arguments = (listener, name, port, log, context)
        threading.Thread(target=accept_all, args=arguments, daemon=True).start()
