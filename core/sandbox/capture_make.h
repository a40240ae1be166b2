/* SPDX-License-Identifier: Apache-2.0
 * capture_make.h - makes the sockets of capture_socket.h: in inner, or in whoever has entered the
 * sandbox's network in its place. */
#ifndef FENCE_SANDBOX_CAPTURE_MAKE_H
#define FENCE_SANDBOX_CAPTURE_MAKE_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "sandbox/capture_socket.h"

/* Makes them in the caller's network namespace, each close-on-exec, and does nothing else to them:
 * socket(2). What cannot be had is left out. Writes the others to `fds`, one behind the other in
 * their order, and how many these are; returns which: bit n, the one of that number. Safe in a
 * signal handler. */
static inline uint32_t capture_make_sockets(int *fds, size_t *nfds)
{
    static const struct {
        int family, type, protocol;
    } kinds[CAPTURE_SOCKETS] = {
        [CAPTURE_ROUTE] = {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE},
        [CAPTURE_NETFILTER] = {AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER},
        [CAPTURE_TCP4] = {AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0},
        [CAPTURE_UDP4] = {AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0},
        [CAPTURE_DNS4] = {AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0},
        [CAPTURE_TCP6] = {AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0},
        [CAPTURE_UDP6] = {AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0},
        [CAPTURE_DNS6] = {AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0},
    };
    uint32_t made = 0;

    *nfds = 0;
    for (int i = 0; i < CAPTURE_SOCKETS; i++) {
        int fd = socket(kinds[i].family, kinds[i].type | SOCK_CLOEXEC, kinds[i].protocol);

        if (fd < 0)
            continue;
        fds[(*nfds)++] = fd;
        made |= 1U << i;
    }
    return made;
}

#endif
