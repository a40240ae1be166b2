/* SPDX-License-Identifier: Apache-2.0
 * addr.h - IP addresses and networks: one form, and the class each belongs to.
 *
 * The classes come from the IANA special-purpose registries (RFC 6890 and its updates). Whatever
 * carries an IPv4 address inside (v4-mapped, v4-compatible, SIIT, NAT64, 6to4) is judged as that
 * address; what hides where it leads (Teredo, ISATAP, local NAT64) is never public. */
#ifndef FENCE_BASE_ADDR_H
#define FENCE_BASE_ADDR_H

#include <sys/socket.h>

#include "base/base.h"
#include "base/str.h"

#define ADDR_TEXT 46 /* INET6_ADDRSTRLEN */

struct addr {
    uint8_t family;    /* 4 or 6; v4-mapped IPv6 is always folded to 4  */
    uint8_t bytes[16]; /* network order; IPv4 uses 4, the rest are zero */
};

struct cidr {
    struct addr base; /* bits beyond `bits` are zero */
    uint8_t bits;     /* 0 to 32, or 0 to 128        */
};

/* One table: class, and the words that tell a person. */
/* clang-format off */
#define ADDR_CLASS_MAP(XX)                                     \
    XX(PUBLIC,        "a public address")                      \
    XX(UNSPECIFIED,   "the unspecified address")               \
    XX(LOOPBACK,      "a loopback address")                    \
    XX(PRIVATE,       "a private address")                     \
    XX(LINK_LOCAL,    "a link-local address")                  \
    XX(SHARED,        "a shared (carrier NAT) address")        \
    XX(MULTICAST,     "a multicast address")                   \
    XX(BROADCAST,     "the broadcast address")                 \
    XX(DOCUMENTATION, "a documentation address")               \
    XX(RESERVED,      "a reserved address")                    \
    XX(TRANSLATED,    "an address that hides another one")     \
    XX(METADATA,      "a cloud metadata address")
/* clang-format on */

enum addr_class {
#define XX(name, text) ADDR_##name,
    ADDR_CLASS_MAP(XX)
#undef XX
};

enum addr_class addr_classify(const struct addr *a);
const char *addr_class_text(enum addr_class class);

/* An IPv4 address inside an IPv6 one: v4-compatible, SIIT, NAT64 (64:ff9b::/96), 6to4. */
bool addr_embedded(struct addr *out, const struct addr *a);

/* Strict: four decimal octets without leading zeros, or RFC 4291 section 2.2 without a zone and
 * without brackets. v4-mapped comes out as IPv4. False leaves `out` untouched. */
bool addr_parse(struct addr *out, struct str text);

/* RFC 5952. Returns the length; `out` is terminated. */
size_t addr_format(char out[ADDR_TEXT], const struct addr *a);

bool addr_equal(const struct addr *a, const struct addr *b);

/* RFC 8305, section 4: the families take turns, the first one's first. */
void addr_interleave(struct addr *addrs, size_t count);

/* "10.0.0.0/8", "fd00::/8"; a bare address is /32 or /128. Bits set beyond the prefix are refused,
 * and so is a prefix after ::ffff:. Returns NULL, or why not: a static sentence; `out` is untouched
 * then. */
const char *cidr_parse(struct cidr *out, struct str text);
bool cidr_contains(const struct cidr *network, const struct addr *a);

/* AF_INET and AF_INET6 only; false for the rest. */
bool addr_from_sockaddr(struct addr *out, uint16_t *port, const struct sockaddr *sa);
socklen_t addr_to_sockaddr(struct sockaddr_storage *out, const struct addr *a, uint16_t port);

#endif
