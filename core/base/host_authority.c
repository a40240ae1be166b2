/* SPDX-License-Identifier: Apache-2.0
 * host_authority.c - a host with its port, as a request names it: RFC 3986, section 3.2.
 *
 * Reads no user name and no empty port, though the grammar has both: the one misleads about the
 * host, the other about the port. */
#include "base/host.h"

const char *host_parse_port(uint16_t *out, struct str text)
{
    uint64_t port;

    if (!str_to_u64(&port, text, UINT16_MAX) || port == 0)
        return "write the port as a number from 1 to 65535, without leading zeros";
    *out = (uint16_t)port;
    return NULL;
}

/* Where the host ends: behind the ']' that the first '[' has, or before the first ':'. */
static size_t find_host_end(struct str text)
{
    size_t bracket;

    if (text.len == 0 || text.bytes[0] != '[')
        return str_find(text, ':');
    bracket = str_find(text, ']');
    return bracket < text.len ? bracket + 1 : text.len;
}

static const char *parse_parts(struct host *out, uint16_t *port, struct str text,
                               uint16_t default_port)
{
    size_t end = find_host_end(text);
    struct str host = str_slice(text, 0, end);
    struct str rest = str_slice(text, end, text.len);
    uint16_t number = default_port;
    const char *why = NULL;

    if (rest.len == 0) {
        if (default_port == 0)
            why = "the port is missing: write host:port";
    } else if (rest.bytes[0] != ':') {
        why = "behind the ']' of an IPv6 address stands ':' and the port, or nothing";
    } else {
        rest = str_slice(rest, 1, rest.len);
        why = host_parse_port(&number, rest);
        if (why && str_find(rest, ':') < rest.len)
            why = "more than one ':': write an IPv6 address in brackets";
    }
    if (!why)
        why = host_parse(out, host);
    if (!why)
        *port = number;
    return why;
}

const char *host_parse_authority(struct host *out, uint16_t *port, struct str text,
                                 uint16_t default_port)
{
    const char *why = parse_parts(out, port, text, default_port);

    /* no part may hold '@', so it is never accepted: this only says so in better words */
    return why && str_find(text, '@') < text.len ? "a user name has no place before a host" : why;
}

size_t host_format_authority(char out[HOST_AUTHORITY], const struct host *h, uint16_t port,
                             uint16_t default_port)
{
    bool brackets = h->is_addr && h->addr.family == 6;
    char *at = out;
    char digits[5];
    size_t n = 0;

    if (brackets)
        *at++ = '[';
    memcpy(at, h->text, h->len);
    at += h->len;
    if (brackets)
        *at++ = ']';
    if (port != default_port) {
        *at++ = ':';
        do {
            digits[n++] = (char)('0' + port % 10);
            port /= 10;
        } while (port > 0);
        while (n > 0)
            *at++ = digits[--n];
    }
    *at = '\0';
    return (size_t)(at - out);
}
