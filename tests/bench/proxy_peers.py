# SPDX-License-Identifier: Apache-2.0
"""proxy_peers.py - the proxies that proxy.py compares, each with its smallest configuration.

A peer is a dict: "argv" (with "stdin": True where it runs until its input ends), "ports" (all of
them must listen), "name" (what the clients ask for), and "modes": {mode: (port, how the proxy is
asked)}. Files go to the folder given, ports are free ones of 127.0.0.1. Nothing is started here.
"""

import json
import os
import shutil
import socket
import subprocess

PEERS = ("fence", "tinyproxy", "squid", "privoxy", "haproxy", "microsocks", "danted", "srt",
         "epoll", "splice", "direct")
CLIENTS_MAX = 8192  # what each is told to be ready for

SQUID = """\
http_port 127.0.0.1:{port}
http_access allow all
cache deny all
access_log none
cache_log /dev/null
cache_store_log none
pid_filename none
netdb_filename none
pinger_enable off
max_filedescriptors 65536
shutdown_lifetime 0 seconds
"""
TINYPROXY = """\
Port {port}
Listen 127.0.0.1
Allow 127.0.0.1
MaxClients {clients}
Timeout 600
LogLevel Critical
"""
PRIVOXY = """\
confdir {home}
logdir {home}
listen-address 127.0.0.1:{port}
toggle 0
keep-alive-timeout 300
socket-timeout 300
max-client-connections {clients}
listen-backlog 4096
"""
HAPROXY = """\
global
    maxconn {clients}
    nbthread 1
defaults
    timeout connect 10s
    timeout client 600s
    timeout server 600s
listen tunnels
    mode tcp
    bind 127.0.0.1:{port}
    server origin 127.0.0.1:{origin}
listen requests
    mode http
    bind 127.0.0.1:{other}
    server origin 127.0.0.1:{origin}
"""
DANTED = """\
logoutput: /dev/null
internal: 127.0.0.1 port = {port}
external: 127.0.0.1
user.privileged: root
user.unprivileged: nobody
clientmethod: none
socksmethod: none
client pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
socks pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write(folder, name, text, **values):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="ascii") as file:
        file.write(text.format(**values) if values else text)
    return path


def find_program(name):
    """On PATH, or where Debian keeps servers, which is not on everybody's PATH."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")


def modes(port, *names, via="connect"):
    """The same port for each mode, asked the same way; `socks` knows but one."""
    return {name: (port, "socks" if name == "socks" else via) for name in names}


def fence(_, folder, port, __):
    binary = os.environ["FENCE_BINARY"]
    settings = write(folder, "fence.json", json.dumps({"network": {
        "allowedDomains": ["origin.test"], "hosts": {"origin.test": "127.0.0.1"}}}))
    argv = [binary, "proxy", "--http", "127.0.0.1:%d" % port, "-s", settings]
    peer = {"argv": argv, "ports": [port], "name": "origin.test",
            "modes": modes(port, "connect", "http", "bulk", "idle")}
    usage = subprocess.run([binary, "proxy", "--help"], capture_output=True, text=True,
                           timeout=10, check=False)
    if "--socks" in usage.stdout + usage.stderr:
        other = free_port()
        argv += ["--socks", "127.0.0.1:%d" % other]
        peer["ports"].append(other)
        peer["modes"]["socks"] = (other, "socks")
    return peer


def tinyproxy(program, folder, port, _):
    config = write(folder, "tinyproxy.conf", TINYPROXY, port=port, clients=CLIENTS_MAX)
    return {"argv": [program, "-d", "-c", config], "ports": [port],
            "modes": modes(port, "connect", "http", "bulk", "idle")}


def squid(program, folder, port, _):
    config = write(folder, "squid.conf", SQUID, port=port)
    return {"argv": [program, "-N", "-f", config], "ports": [port],
            "modes": modes(port, "connect", "http", "bulk", "idle")}


def privoxy(program, folder, port, _):
    config = write(folder, "privoxy.conf", PRIVOXY, port=port, home=folder, clients=CLIENTS_MAX)
    return {"argv": [program, "--no-daemon", config], "ports": [port],
            "modes": modes(port, "connect", "http", "bulk", "idle")}


def haproxy(program, folder, port, origin):
    other = free_port()
    config = write(folder, "haproxy.cfg", HAPROXY, port=port, other=other, origin=origin,
                   clients=CLIENTS_MAX)
    return {"argv": [program, "-db", "-q", "-f", config], "ports": [port, other],
            "modes": {**modes(port, "connect", "bulk", "idle", via="relay"),
                      **modes(other, "http", via="relay")}}


def microsocks(program, _, port, __):
    return {"argv": [program, "-i", "127.0.0.1", "-p", str(port)], "ports": [port],
            "modes": modes(port, "socks", "bulk", "idle", via="socks")}


def danted(program, folder, port, _):
    config = write(folder, "danted.conf", DANTED, port=port)
    return {"argv": [program, "-f", config, "-p", os.path.join(folder, "danted.pid")],
            "ports": [port], "modes": modes(port, "socks", "bulk", "idle", via="socks")}


def find_srt():
    """node, where the npm package that SRT_PACKAGE names is; or None."""
    package = os.environ.get("SRT_PACKAGE", "")
    return find_program("node") if os.path.isdir(os.path.join(package, "dist", "sandbox")) else None


def srt(program, _, port, __):
    other = free_port()
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "srt.mjs")
    return {"argv": [program, script, os.path.abspath(os.environ["SRT_PACKAGE"]), str(port),
                     str(other)],
            "ports": [port, other],
            "modes": {**modes(port, "connect", "http", "bulk", "idle"),
                      "socks": (other, "socks")}}


def relay(kind):
    def build(program, _, port, origin):
        return {"argv": [program, kind, str(port), str(origin)], "ports": [port], "stdin": True,
                "modes": modes(port, "connect", "http", "bulk", "idle", via="relay")}
    return build


def find(only, folder, origin, tools):
    """({name: peer}, {name: why it is missing})"""
    builders = {"fence": fence, "tinyproxy": tinyproxy, "squid": squid, "privoxy": privoxy,
                "haproxy": haproxy, "microsocks": microsocks, "danted": danted,
                "srt": srt, "epoll": relay("epoll"), "splice": relay("splice")}
    found, missing = {}, {}
    for name in PEERS:
        if name not in only:
            continue
        if name == "direct":  # the clients and the origin by themselves
            found[name] = {"argv": None, "ports": [],
                           "modes": modes(origin, "connect", "http", "bulk", via="relay")}
        elif name == "fence" and not os.environ.get("FENCE_BINARY"):
            missing[name] = "FENCE_BINARY is not set"
        else:
            own = name in ("epoll", "splice")
            program = os.path.join(tools, "relay") if own else \
                find_srt() if name == "srt" else find_program(name)
            if not program and name != "fence":
                missing[name] = "not installed"
                continue
            found[name] = builders[name](program, folder, free_port(), origin)
        if name in found:
            found[name].setdefault("name", "127.0.0.1")
    return found, missing
