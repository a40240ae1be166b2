/* SPDX-License-Identifier: Apache-2.0
 * host.h - host names and IP literals in one normal form, made once and used for everything: the
 * rules, the look-up, the log and the request sent on.
 *
 * A name is ASCII letters, digits, '-' and '_' in labels of 1 to 63 bytes, lower case, without the
 * final dot; A-labels stand for international names. Whatever getaddrinfo(3) would read as a
 * number (0177.0.0.1, 127.1, 2130706433, 0x7f000001) is refused, not translated. */
#ifndef FENCE_BASE_HOST_H
#define FENCE_BASE_HOST_H

#include "base/addr.h"
#include "base/limits.h"
#include "base/str.h"

struct host {
    bool is_addr;              /* `addr` is set; `text` is its RFC 5952 form, no brackets */
    uint8_t len;               /* of `text`                                               */
    char text[LIMIT_HOST + 1]; /* terminated                                              */
    struct addr addr;
};

/* All three return NULL, or why not: a static sentence without a full stop, such as
 * "write an IPv4 address as four decimal numbers". `out` is untouched then. */

/* A host as it stands in a URI or a rule: a name, an IPv4 literal, or IPv6 in brackets. */
const char *host_parse(struct host *out, struct str text);

/* The same, but IPv6 may stand without brackets, as in SOCKS5 and in JSON. */
const char *host_parse_bare(struct host *out, struct str text);

/* host[:port], RFC 3986 section 3.2 without userinfo. The port is 1 to 65535 in decimal without
 * leading zeros; `default_port` stands for an absent one, 0 means that there must be one. */
const char *host_parse_authority(struct host *out, uint16_t *port, struct str text,
                                 uint16_t default_port);

/* "1" to "65535" without sign, space or leading zero. */
const char *host_parse_port(uint16_t *out, struct str text);

static inline struct str host_str(const struct host *h)
{
    return (struct str){h->text, h->len};
}

/* As it goes into a Host field or a URI: IPv6 in brackets, the port only when it is not
 * `default_port`. Returns the length; `out` is terminated. */
#define HOST_AUTHORITY (LIMIT_HOST + 2 + 6 + 1)
size_t host_format_authority(char out[HOST_AUTHORITY], const struct host *h, uint16_t port,
                             uint16_t default_port);

#endif
