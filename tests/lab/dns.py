# SPDX-License-Identifier: Apache-2.0
"""dns.py - the lab's only name server, UDP and TCP; one line in dns.log for every question.

A line: name, type, "udp" or "tcp", the server's address that was asked, who asked. It is written
before the answer is thought of, so that a question which gets none is there too.
"""

import socket
import struct
import threading
import time

import zone
from servers import where

PLAIN_UDP = 512  # RFC 1035, section 4.2.1
TYPES = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA",
         33: "SRV", 65: "HTTPS", 255: "ANY"}


def parse_question(query):
    """(name as asked, type, bytes of the question), from a message with one question."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
        at += 1 + query[at]
    kind = struct.unpack_from("!H", query, at + 1)[0]
    return ".".join(labels), kind, query[12:at + 5]


def udp_room(query):
    """How large an answer may be: EDNS's word (RFC 6891), which stands in the last record."""
    extra = struct.unpack_from("!H", query, 10)[0]
    opt = query.rfind(b"\0\0\x29")
    if extra and opt >= 12:
        return max(PLAIN_UDP, struct.unpack_from("!H", query, opt + 3)[0])
    return PLAIN_UDP


def wire_name(name):
    parts = [label.encode("latin-1") for label in name.split(".") if label]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def wire_record(owner, kind, ttl, value, asked):
    if kind == zone.CNAME:
        data = wire_name(value)
    else:
        family = socket.AF_INET6 if kind == zone.AAAA else socket.AF_INET
        data = socket.inet_pton(family, value)
    name = b"\xc0\x0c" if owner == asked else wire_name(owner)  # a pointer to the question's
    return name + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data


def build(query, question, asked, reply, room):
    """The answer as bytes; cut to its question when it has no room."""
    records = [wire_record(*record, asked) for record in reply["records"]]
    size = 12 + len(question) + sum(map(len, records))
    cut = room and (size > room or reply.get("truncated"))
    if cut:
        records = []
    flags = 0x8180 | (0x0200 if cut else 0) | reply["rcode"]
    number = struct.unpack_from("!H", query)[0] ^ (1 if reply.get("wrong_id") else 0)
    return struct.pack("!6H", number, flags, 1, len(records), 0, 0) + question + b"".join(records)


def respond(query, log, protocol, server, client):
    """Logs the question; returns (answer, manners), or (None, None) for none."""
    try:
        name, kind, question = parse_question(query)
    except (IndexError, struct.error):
        log.line("?", "?", protocol, server, client)
        return None, None
    log.line(name, TYPES.get(kind, kind), protocol, server, client)
    asked = name.lower()
    reply = zone.answer(asked, kind)
    if reply.get("silent"):
        return None, None
    time.sleep(reply.get("delay", 0))
    room = udp_room(query) if protocol == "udp" else 0
    return build(query, question, asked, reply, room), reply


def serve_udp(sock, log):
    server = where(sock.getsockname())

    def one(query, client):
        answer, _ = respond(query, log, "udp", server, where(client))
        if answer:
            sock.sendto(answer, client)

    while True:
        query, client = sock.recvfrom(4096)
        threading.Thread(target=one, args=(query, client), daemon=True).start()


def serve_tcp(listener, log):
    def one(stream):
        with stream, stream.makefile("rb") as reader:
            place = where(stream.getsockname()), where(stream.getpeername())
            while len(length := reader.read(2)) == 2:
                query = reader.read(struct.unpack("!H", length)[0])
                answer, manners = respond(query, log, "tcp", *place)
                if not answer:
                    continue
                message = struct.pack("!H", len(answer)) + answer
                if not manners.get("drip"):
                    stream.sendall(message)
                    continue
                for byte in message:
                    stream.sendall(bytes([byte]))
                    time.sleep(1)

    def guarded(stream):
        try:
            one(stream)
        except OSError:
            pass  # the client gave up, which is its right

    while True:
        stream, _ = listener.accept()
        stream.settimeout(60)
        threading.Thread(target=guarded, args=(stream,), daemon=True).start()


def listen(address, log):
    """Answers on port 53 of an address."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.bind((address, 53))
    listener = socket.create_server((address, 53), family=family, backlog=64)
    threading.Thread(target=serve_udp, args=(sock, log), daemon=True).start()
    threading.Thread(target=serve_tcp, args=(listener, log), daemon=True).start()
