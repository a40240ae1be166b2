/* SPDX-License-Identifier: Apache-2.0
 * own_addr.c - asks the routing table, not the list of interfaces: a datagram socket connected to
 * one of our own addresses gets that very address as its source. Sends nothing; four calls. */
#include "proxy/own_addr.h"

#include <errno.h>
#include <netinet/in.h>

#define ANY_PORT 9 /* connect(2) wants one; nothing is sent to it */

bool own_addr(const struct addr *addr)
{
    struct sockaddr_storage to, from;
    socklen_t len = addr_to_sockaddr(&to, addr, ANY_PORT);
    socklen_t from_len = sizeof from;
    struct addr source;
    uint16_t port;
    auto_fd int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return errno != EAFNOSUPPORT;
    if (connect(fd, (struct sockaddr *)&to, len) < 0)
        return false; /* no way there at all: dialling will say why */
    if (getsockname(fd, (struct sockaddr *)&from, &from_len) < 0 ||
        !addr_from_sockaddr(&source, &port, (struct sockaddr *)&from))
        return true;
    return addr_equal(&source, addr);
}
