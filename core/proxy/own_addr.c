/* SPDX-License-Identifier: Apache-2.0
 * own_addr.c - asks the routing table, not the list of interfaces: rtnetlink(7) names the kind of
 * route to an address, and "local" is what one's own have. Changes and sends nothing.
 *
 * The source address of a connected datagram socket would not do: a second address of the same
 * network has the first one as its source. It is asked only where rtnetlink may not be. */
#include "proxy/own_addr.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

#define ANY_PORT 9 /* connect(2) wants one; nothing is sent to it */

struct question {
    struct nlmsghdr header;
    struct rtmsg route;
    struct rtattr attribute;
    unsigned char to[16];
};

union reply {
    struct nlmsghdr header;
    char bytes[1024]; /* a route has about 150 */
};

static size_t write_question(struct question *q, const struct sockaddr_storage *to)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)to;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)to;
    size_t len = to->ss_family == AF_INET ? 4 : 16;

    memset(q, 0, sizeof *q);
    memcpy(q->to, len == 4 ? (const void *)&v4->sin_addr : (const void *)&v6->sin6_addr, len);
    q->attribute.rta_type = RTA_DST;
    q->attribute.rta_len = (unsigned short)RTA_LENGTH(len);
    q->route.rtm_family = (unsigned char)to->ss_family;
    q->route.rtm_dst_len = (unsigned char)(len * 8);
    q->header.nlmsg_type = RTM_GETROUTE;
    q->header.nlmsg_flags = NLM_F_REQUEST;
    q->header.nlmsg_len = (unsigned)(offsetof(struct question, to) + len);
    return q->header.nlmsg_len;
}

/* Returns 1, 0, or -errno where it cannot be told. */
static int read_reply(const union reply *reply, ssize_t len)
{
    const struct nlmsgerr *error = NLMSG_DATA(&reply->header);
    const struct rtmsg *route = NLMSG_DATA(&reply->header);

    if (len < (ssize_t)NLMSG_LENGTH(sizeof *route))
        return -EBADMSG;
    if (reply->header.nlmsg_type == RTM_NEWROUTE)
        return route->rtm_type == RTN_LOCAL || route->rtm_type == RTN_ANYCAST;
    if (reply->header.nlmsg_type != NLMSG_ERROR || len < (ssize_t)NLMSG_LENGTH(sizeof *error))
        return -EBADMSG;
    switch (-error->error) {
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EACCES: /* a route that prohibits, and one that swallows */
    case EINVAL:
        return 0; /* no way there at all: dialling will say why */
    default:
        return -EPROTO;
    }
}

/* The kernel has answered when send(2) returns. */
static int ask_routes(const struct sockaddr_storage *to)
{
    struct question question;
    union reply reply;
    size_t len = write_question(&question, to);
    auto_fd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    if (fd < 0 || send(fd, &question, len, 0) < 0)
        return -errno;
    return read_reply(&reply, recv(fd, &reply, sizeof reply, MSG_DONTWAIT));
}

static int is_own_source(const struct addr *addr, const struct sockaddr_storage *to, socklen_t len)
{
    struct sockaddr_storage from;
    socklen_t from_len = sizeof from;
    struct addr source;
    uint16_t port;
    auto_fd int fd = socket(to->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return errno == EMFILE || errno == ENFILE ? -errno : errno != EAFNOSUPPORT;
    if (connect(fd, (const struct sockaddr *)to, len) < 0)
        return 0;
    if (getsockname(fd, (struct sockaddr *)&from, &from_len) < 0 ||
        !addr_from_sockaddr(&source, &port, (struct sockaddr *)&from))
        return 1;
    return addr_equal(&source, addr);
}

int own_addr(const struct addr *addr)
{
    struct sockaddr_storage to;
    socklen_t len = addr_to_sockaddr(&to, addr, ANY_PORT);
    int own = ask_routes(&to);

    return own < 0 ? is_own_source(addr, &to, len) : own == 1;
}
