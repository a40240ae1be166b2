/* SPDX-License-Identifier: Apache-2.0
 * socks5_client.h - the other side of RFC 1928: what is said to a SOCKS5 server, and what it may
 * answer. Whatever else it answers is an error. */
#ifndef FENCE_PROTO_SOCKS5_CLIENT_H
#define FENCE_PROTO_SOCKS5_CLIENT_H

#include "base/buf.h"
#include "base/host.h"

enum socks5_client_status {
    SOCKS5_CLIENT_MORE,    /* an answer goes on                                   */
    SOCKS5_CLIENT_SAY,     /* `out` holds what is to be sent next                 */
    SOCKS5_CLIENT_READY,   /* the tunnel is open; what follows belongs to it      */
    SOCKS5_CLIENT_LOGIN,   /* it wants a login that we have not, or another one   */
    SOCKS5_CLIENT_REFUSED, /* by `reply`, RFC 1928 section 6                    */
    SOCKS5_CLIENT_MALFORMED
};

struct socks5_client { /* zero but for the first four; strings are borrowed */
    const struct host *host;
    uint16_t port;
    struct str user, password; /* empty: no login */

    uint8_t reply;
    uint8_t state;
    uint16_t have; /* of `answer`, which may have more than 255 bytes */
    uint8_t answer[4 + 1 + 255 + 2];
};

/* The first thing to say. */
int socks5_client_greet(struct buf *out, const struct socks5_client *client);

/* Eats from `bytes`, and may append to `out`. Any split gives the same result. */
enum socks5_client_status socks5_client_feed(struct socks5_client *client, const char *bytes,
                                             size_t len, size_t *used, struct buf *out);

#endif
