# SPDX-License-Identifier: Apache-2.0
"""internet.py - a proxy that is the whole internet: it answers for every host itself.

    internet.py FOLDER PEM      prints its port, and a line of each request on standard error

A host is a folder below FOLDER, a path a file in it, "index.html" where it ends with a slash. What is
posted to a path is answered by PATH.post.1, then PATH.post.2. Behind CONNECT it speaks TLS, with the
certificate in PEM.
"""
import http.server
import os
import ssl
import sys
import threading
import urllib.parse

top, pem = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(pem)
lock = threading.Lock()
posts = {}
kinds = {".json": "application/json", ".html": "text/html"}


class Everybody(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    host = None

    def do_CONNECT(self):
        self.say("CONNECT %s" % self.path)
        self.host = self.path.rsplit(":", 1)[0]
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            self.connection = context.wrap_socket(self.connection, server_side=True)
        except OSError:
            self.close_connection = True
            return
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb")
        self.close_connection = False

    def target(self):
        url = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(url.path)
        host = self.host or url.hostname or ""
        self.say("%s %s%s" % (self.command, host, path))
        return os.path.join(top, host, path.lstrip("/") + ("index.html" if path.endswith("/") else ""))

    def answer(self, name):
        try:
            with open(name, "rb") as file:
                body, status = file.read(), 200
        except OSError:
            body, status = b"{}", 404
        self.send_response(status)
        kind = kinds.get(os.path.splitext(name)[1])
        if kind or body[:1] == b"{":
            self.send_header("Content-Type", kind or "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        self.answer(self.target())

    do_HEAD = do_GET

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        name = self.target()
        with lock:
            posts[name] = posts.get(name, 0) + 1
            name = "%s.post.%d" % (name, posts[name])
        self.answer(name)

    def say(self, line):
        with lock:
            print(line, file=sys.stderr, flush=True)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Everybody)
print(server.server_port, flush=True)
server.serve_forever()
