# SPDX-License-Identifier: Apache-2.0
"""addresses.py - addresses.sh for the servers: LAB["GOOD"] is what $LAB_GOOD says."""

import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))

with open(os.path.join(HERE, "addresses.sh"), encoding="ascii") as source:
    LAB = dict(re.findall(r"^export LAB_(\w+)=(\S+)$", source.read(), re.MULTILINE))

# Server -> where it listens. CLOSED has an address and nobody there; SILENT is behind a router that
# drops it without a word.
SERVERS = {
    "GOOD": [LAB["GOOD"], LAB["DOC_GOOD"], LAB["GOOD6"]],
    "EVIL": [LAB["EVIL"], LAB["DOC_EVIL"], LAB["EVIL6"]],
    "METADATA": [LAB["METADATA"]],
    "PRIVATE": [LAB["PRIVATE"]],
}


def internet_addresses():
    """Every address of the internet's end, each once."""
    listed = [address for places in SERVERS.values() for address in places]
    return listed + [LAB["ROUTER"], LAB["ROUTER6"], LAB["DNS"], LAB["CLOSED"]]
