/* SPDX-License-Identifier: Apache-2.0
 * upstream.h - the proxy that the host itself has to go through: network.upstreamProxy. */
#ifndef FENCE_FILTER_UPSTREAM_H
#define FENCE_FILTER_UPSTREAM_H

#include "base/host.h"

enum upstream_kind { UPSTREAM_NONE, UPSTREAM_HTTP, UPSTREAM_SOCKS5 };

#define UPSTREAM_LOGIN 255 /* RFC 1929, section 2: the length is one byte */

struct upstream {
    enum upstream_kind kind;
    struct host host;
    uint16_t port;
    uint8_t user_len, password_len; /* 0: no login */
    char user[UPSTREAM_LOGIN], password[UPSTREAM_LOGIN];
};

/* "http://proxy.example:3128", "socks5://user:password@10.1.2.3" (socks5h:// is the same: names are
 * always left to it). Percent-encoding is taken off name and password, RFC 3986 section 3.2.1.
 * Returns NULL, or why not: a static sentence that shows nothing of `url`; `out` is untouched then.
 */
const char *upstream_parse(struct upstream *out, struct str url);

#endif
