/* SPDX-License-Identifier: Apache-2.0
 * listener.h - accepts clients on an address, or on a socket that was handed out of a sandbox. */
#ifndef FENCE_PROXY_LISTENER_H
#define FENCE_PROXY_LISTENER_H

#include "base/addr.h"
#include "proxy/proxy.h"

struct listener {
    uv_tcp_t tcp;
    struct proxy *proxy;
    struct list link; /* of proxy.listeners                          */
    bool on_host;     /* it has an address of this machine: `addr`   */
    struct addr addr;
    uint16_t port;
};

/* `address` is "127.0.0.1:0" or "[::1]:3128". Returns 0 or a negative code with `err`. */
int listener_open(struct listener **out, struct proxy *proxy, const char *address,
                  fence_error *err);

/* Serves clients of a listening socket of another network namespace. The descriptor is ours from
 * here on, on failure too. */
int listener_adopt(struct listener **out, struct proxy *proxy, int fd, fence_error *err);

/* Ends it, and the sessions that came through it. Takes NULL. */
void listener_close(struct listener *listener);

#endif
