/* SPDX-License-Identifier: Apache-2.0
 * datagram.h - a datagram and its answer, from the very address that was asked: a socket that has
 * one port of every address has to say which. */
#ifndef FENCE_PROXY_DATAGRAM_H
#define FENCE_PROXY_DATAGRAM_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

/* Who has sent a datagram, and to which address: opaque. */
struct datagram_asker {
    struct sockaddr_storage from;
    socklen_t from_len;
    size_t to_len;
    _Alignas(8) char to[64]; /* as the kernel tells it, where it is asked to: IP_PKTINFO of ip(7),
                                IPV6_RECVPKTINFO of ipv6(7) */
};

/* What is longer than `size` is cut. Never waits. Returns its length, or -errno: -EAGAIN where
 * there is none. */
ssize_t datagram_receive(struct datagram_asker *asker, int fd, void *bytes, size_t size);

/* Never waits. Returns 0 or -errno. */
int datagram_answer(int fd, const struct datagram_asker *asker, const void *bytes, size_t len);

#endif
