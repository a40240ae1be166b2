# SPDX-License-Identifier: Apache-2.0
"""zone.py - what each name of the lab answers: names in, answers out, no sockets.

An answer is a dict: rcode, records [(owner, type, ttl, value)], and how it goes out: silent, delay
in seconds, wrong_id, truncated (over UDP), drip (one byte a second over TCP).
"""

import itertools

from addresses import LAB

A, CNAME, AAAA = 1, 5, 28
NOERROR, SERVFAIL, NXDOMAIN = 0, 2, 3
TTL = 30

# name -> addresses, first to last
HOSTS = {
    "good.test": [LAB["GOOD"]],
    "evil.test": [LAB["EVIL"]],
    "internal.test": [LAB["PRIVATE"]],
    "six.good.test": [LAB["GOOD6"]],
    "dual.good.test": [LAB["GOOD"], LAB["GOOD6"]],
    "doc.good.test": [LAB["DOC_GOOD"]],
    "lo.good.test": ["127.0.0.1"],
    "lo6.good.test": ["::1"],
    "zero.good.test": ["0.0.0.0"],
    "zero6.good.test": ["::"],
    "mapped.good.test": ["::ffff:127.0.0.1"],
    "nat64.good.test": ["64:ff9b::7f00:1"],
    "meta.good.test": [LAB["METADATA"]],
    "priv.good.test": [LAB["PRIVATE"]],
    "self.good.test": [LAB["SELF"]],
    "self6.good.test": [LAB["SELF6"]],
    "mixed.good.test": [LAB["GOOD"], "::1"],
    "many.good.test": [LAB["GOOD"]] + ["127.0.0.%d" % n for n in range(1, 64)],
    "fallback.good.test": [LAB["CLOSED"], "127.0.0.1", LAB["PRIVATE"]],
    "retry.good.test": [LAB["CLOSED"], LAB["GOOD"]],
    "closed.good.test": [LAB["CLOSED"]],
    "silent.good.test": [LAB["SILENT"]],
    "slow.good.test": [LAB["GOOD"]],
    "truncated.good.test": [LAB["GOOD"]],
    "drip.good.test": [LAB["GOOD"]],
    "wrongid.good.test": [LAB["EVIL"]],
}

ALIASES = {
    "cname.good.test": "internal.test",
    "alias.good.test": "good.test",
    "loop.good.test": "loop2.good.test",
    "loop2.good.test": "loop.good.test",
    "nameless.good.test": "",
}

MANNERS = {
    "hang.good.test": {"silent": True},
    "slow.good.test": {"delay": 2},
    "truncated.good.test": {"truncated": True},
    "drip.good.test": {"truncated": True, "drip": True},
    "wrongid.good.test": {"wrong_id": True},
}

RCODES = {"nx.good.test": NXDOMAIN, "servfail.good.test": SERVFAIL}

turns = itertools.count()


def addresses_of(name, kind):
    """The addresses of a name without an alias, or None when it does not exist."""
    if name == "rebind.good.test":  # public first, then loopback, then public...
        if kind == AAAA:
            return []
        return [LAB["GOOD"] if next(turns) % 2 == 0 else "127.0.0.1"]
    if name in HOSTS:
        return HOSTS[name]
    for suffix, address in ((".good.test", LAB["GOOD"]), (".evil.test", LAB["EVIL"])):
        if name.endswith(suffix):
            return [address]
    return None


def answer(name, kind):
    """The answer for a name in lower case without its last dot."""
    reply = {"rcode": NOERROR, "records": []}
    reply.update(MANNERS.get("hang.good.test" if name.endswith(".hang.good.test") else name, {}))
    if name in RCODES:
        return {**reply, "rcode": RCODES[name]}
    owner, ttl = name, 0 if name == "rebind.good.test" else TTL
    if name == "stranger.good.test":  # an answer, but for another name
        return {**reply, "records": [("evil.test", A, TTL, LAB["EVIL"])]}
    for _ in range(4):
        if owner not in ALIASES:
            break
        reply["records"].append((owner, CNAME, ttl, ALIASES[owner]))
        owner = ALIASES[owner]
    addresses = addresses_of(owner, kind)
    if addresses is None:
        return {**reply, "rcode": NXDOMAIN}
    if owner not in ALIASES:
        for address in addresses:
            if kind == (AAAA if ":" in address else A):
                reply["records"].append((owner, kind, ttl, address))
    return reply
