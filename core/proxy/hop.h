/* SPDX-License-Identifier: Apache-2.0
 * hop.h - the way through an upstream proxy: asks a connected one for a tunnel, by CONNECT or
 * SOCKS5. The hop is transport and nothing else: what it is asked for has been judged, and it is
 * given the name. */
#ifndef FENCE_PROXY_HOP_H
#define FENCE_PROXY_HOP_H

#include <fence/fence.h>

#include "base/buf.h"
#include "filter/upstream.h"
#include "proto/http1.h"
#include "proto/socks5_client.h"
#include "proxy/peer.h"

struct hop {
    struct peer *peer;
    struct http1_scan scan;
    size_t scanned;
    unsigned interim;
    struct socks5_client socks;
    struct buf in;
    const struct upstream *upstream; /* borrowed, like the host */
    const struct host *host;
    uint16_t port;

    /* Called once. NONE: the tunnel is open, and `in` holds the server's first bytes. Otherwise why
     * not; the peer is still there in either case. */
    void (*on_done)(struct hop *hop, fence_reason reason, const char *message);
};

/* Takes over `peer`'s callbacks. `hop` is zeroed but for upstream, host, port and on_done. */
void hop_begin(struct hop *hop, struct peer *peer);
void hop_deinit(struct hop *hop); /* harmless when it was never begun, and a second time */

/* "Basic ..." for a proxy with a login, or "". */
#define HOP_AUTHORIZATION 1024
size_t hop_authorization(char out[HOP_AUTHORIZATION], const struct upstream *upstream);

#endif
