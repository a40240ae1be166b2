/* SPDX-License-Identifier: Apache-2.0
 * capture_socket.h - the sockets that capture.h needs from inside a sandbox. */
#ifndef FENCE_SANDBOX_CAPTURE_SOCKET_H
#define FENCE_SANDBOX_CAPTURE_SOCKET_H

/* In the order in which inner passes them. The last three are missing where there is no IPv6. */
enum capture_socket {
    CAPTURE_ROUTE,     /* AF_NETLINK, SOCK_RAW, NETLINK_ROUTE           */
    CAPTURE_NETFILTER, /* AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER       */
    CAPTURE_TCP4,      /* SOCK_STREAM; it and all others: SOCK_NONBLOCK */
    CAPTURE_UDP4,      /* SOCK_DGRAM: DNS over UDP                      */
    CAPTURE_DNS4,      /* SOCK_STREAM: DNS over TCP                     */
    CAPTURE_TCP6,
    CAPTURE_UDP6,
    CAPTURE_DNS6,
    CAPTURE_SOCKETS
};

#endif
