/* SPDX-License-Identifier: Apache-2.0
 * datagram.c - see datagram.h. */
#include "proxy/datagram.h"

#include <errno.h>
#include <netinet/in.h>

_Static_assert(sizeof((struct datagram_asker *)NULL)->to >= CMSG_SPACE(sizeof(struct in6_pktinfo)),
               "or an answer would come from another address");

ssize_t datagram_receive(struct datagram_asker *asker, int fd, void *bytes, size_t size)
{
    struct iovec part = {bytes, size};
    struct msghdr message = {.msg_name = &asker->from,
                             .msg_namelen = sizeof asker->from,
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = asker->to,
                             .msg_controllen = sizeof asker->to};
    ssize_t len = recvmsg(fd, &message, MSG_DONTWAIT);

    if (len < 0)
        return -errno;
    asker->from_len = message.msg_namelen;
    asker->to_len = message.msg_controllen;
    return len;
}

/* What the kernel has told of the address asked, it takes as the one to send from: ip(7). */
int datagram_answer(int fd, const struct datagram_asker *asker, const void *bytes, size_t len)
{
    struct iovec part = {(void *)bytes, len};
    struct msghdr message = {.msg_name = (void *)&asker->from,
                             .msg_namelen = asker->from_len,
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = (void *)asker->to,
                             .msg_controllen = asker->to_len};

    return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}
