/* SPDX-License-Identifier: Apache-2.0
 * listener.h - accepts clients on an address, or on a socket that was handed out of a sandbox. */
#ifndef FENCE_PROXY_LISTENER_H
#define FENCE_PROXY_LISTENER_H

#include "base/addr.h"
#include "proxy/peer.h"
#include "proxy/proxy.h"

struct listener {
    union peer_io io;
    union peer_io shed; /* takes a client for whom there is no memory, and closes it */
    bool shedding, waiting;
    unsigned handles;
    struct proxy *proxy;
    struct list link; /* of proxy.listeners                          */
    fence_protocol protocol;
    bool is_unix;
    bool adopted; /* its clients are in a sandbox                     */
    bool on_host; /* it has an address of this machine: `addr`   */
    struct addr addr;
    uint16_t port;
};

/* `address` is "127.0.0.1:0", "[::1]:3128" or "unix:/path". Returns 0 or a negative code with
 * `err`. */
int listener_open(struct listener **out, struct proxy *proxy, fence_protocol protocol,
                  const char *address, fence_error *err);

/* Serves clients of a listening TCP socket of another network namespace. The descriptor is ours
 * from here on, on failure too. */
int listener_adopt(struct listener **out, struct proxy *proxy, fence_protocol protocol, int fd,
                   fence_error *err);

/* Ends it, and the sessions that came through it. Takes NULL. */
void listener_close(struct listener *listener);

#endif
