/* SPDX-License-Identifier: Apache-2.0
 * listener.h - accepts clients on an address, or on a socket that was handed out of a sandbox. */
#ifndef FENCE_PROXY_LISTENER_H
#define FENCE_PROXY_LISTENER_H

#include "base/addr.h"
#include "proxy/inside_names.h"
#include "proxy/lender.h"
#include "proxy/peer.h"
#include "proxy/proxy.h"

enum listener_leads {                   /* where its clients get to */
                      LISTENER_PROXY,   /* where they ask to, by `protocol` */
                      LISTENER_CAPTURE, /* from a sandbox, to where they have connected to */
                      LISTENER_OUT,     /* from a sandbox, to `port` of this machine's loopback   */
                      LISTENER_IN /* from this machine, to `port` inside, by sockets of `lender` */
};

#define LISTENER_PROGRAM 96 /* room for "npm:4711", escaped */

struct listener_capture { /* what is known of clients that were led here */
    struct inside_names *names;
    /* Where an accepted connection was to go; false where that cannot be told. */
    bool (*destination)(struct addr *out, uint16_t *port, void *payload, int fd);
    /* Which program has connected it, and from where; false where it is not known. */
    bool (*program)(char out[LISTENER_PROGRAM], void *payload, const struct addr *from,
                    uint16_t from_port, const struct addr *to, uint16_t to_port);
    void *payload;
    bool told; /* that one was refused: others are reported alone */
};

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
    enum listener_leads leads;
    struct listener_capture *capture; /* of LISTENER_CAPTURE, borrowed */
    struct lender *lender;
    struct lender_wait wait; /* for a socket of the lender's */
};

/* `address` is "127.0.0.1:0", "[::1]:3128" or "unix:/path". Returns 0 or a negative code with
 * `err`. */
int listener_open(struct listener **out, struct proxy *proxy, fence_protocol protocol,
                  const char *address, fence_error *err);

/* Serves clients of a listening TCP socket of another network namespace. The descriptor is ours
 * from here on, on failure too. */
int listener_adopt(struct listener **out, struct proxy *proxy, fence_protocol protocol, int fd,
                   fence_error *err);

/* The same, and the clients' bytes go to `port` of this machine's loopback, if the rules let them.
 */
int listener_adopt_local(struct listener **out, struct proxy *proxy, uint16_t port, int fd,
                         fence_error *err);

/* The same for clients that know of no proxy. `capture` is borrowed for the listener's life. */
int listener_adopt_capture(struct listener **out, struct proxy *proxy,
                           struct listener_capture *capture, int fd, fence_error *err);

/* Listens on an address of this machine, and on that alone; its clients get to the same port inside
 * the sandbox that `lender` has its sockets from. Returns 0 or a negative UV_E*. */
int listener_open_port(struct listener **out, struct proxy *proxy, const struct addr *addr,
                       uint16_t port, struct lender *lender);

/* Ends it, and the sessions that came through it. Takes NULL. */
void listener_close(struct listener *listener);

#endif
