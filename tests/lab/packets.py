# SPDX-License-Identifier: Apache-2.0
"""packets.py - packets.log: what came over the wire, whether anybody listened or not.

One line for each TCP opening, and for each packet of anything else but neighbour discovery: the
proof for "no packet leaves the host". Payloads are not kept.
"""

import socket
import struct
import threading

ETH_P_ALL = 3
IPV4, IPV6 = 0x0800, 0x86DD
TCP, UDP, ICMP6 = 6, 17, 58
NAMES = {1: "icmp", TCP: "tcp", UDP: "udp", ICMP6: "icmp6", 132: "sctp"}
SYN, ACK = 2, 16
LAST_PORT = 4919  # UDP: the machine has nothing more to send; not logged
HOUSEKEEPING = {130, 131, 132, 133, 134, 135, 136, 143}  # RFC 4861 and multicast listeners


def describe(frame):
    """The words of a packet's line, or None when it is not worth one."""
    ether = struct.unpack_from("!H", frame, 12)[0]
    if ether == IPV4:
        number, at = frame[23], 14 + (frame[14] & 15) * 4
        ends = [socket.inet_ntop(socket.AF_INET, frame[n:n + 4]) for n in (26, 30)]
    elif ether == IPV6:
        number, at = frame[20], 54
        if number == 0:  # hop-by-hop options, before multicast reports
            number, at = frame[54], 54 + 8 + frame[55] * 8
        ends = [socket.inet_ntop(socket.AF_INET6, frame[n:n + 16]) for n in (22, 38)]
    else:
        return None
    if number == TCP and (frame[at + 13] & (SYN | ACK)) != SYN:
        return None
    if number == ICMP6 and frame[at] in HOUSEKEEPING:
        return None
    port = struct.unpack_from("!H", frame, at + 2)[0] if number in (TCP, UDP, 132) else "-"
    return NAMES.get(number, number), ends[1], port, ends[0]


def watch(interface, log, on_last):
    """Logs from a thread of its own; calls on_last() when the machine says that it has ended."""
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    wire.bind((interface, ETH_P_ALL))

    def run():
        while True:
            frame, place = wire.recvfrom(65536)
            if place[2] == socket.PACKET_OUTGOING:
                continue
            try:
                words = describe(frame)
            except (IndexError, struct.error, ValueError):
                words = ("broken", "-", "-", "-")
            if words and words[0] == "udp" and words[2] == LAST_PORT:
                on_last()
            elif words:
                log.line(*words)

    threading.Thread(target=run, daemon=True).start()
