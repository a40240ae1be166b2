/* SPDX-License-Identifier: Apache-2.0
 * fds_send.c - one sendmsg(2) with one control message. */
#include "sandbox/fds_send.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

int fds_send(int via, const void *bytes, size_t len, const int *fds, size_t nfds)
{
    struct iovec part = {(void *)bytes, len};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(FDS_SEND_MOST * sizeof(int))];
    } room = {0};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = room.bytes,
                             .msg_controllen = CMSG_SPACE(nfds * sizeof *fds)};

    if (len == 0 || nfds == 0 || nfds > FDS_SEND_MOST)
        return -EINVAL;
    room.header.cmsg_level = SOL_SOCKET;
    room.header.cmsg_type = SCM_RIGHTS;
    room.header.cmsg_len = CMSG_LEN(nfds * sizeof *fds);
    memcpy(CMSG_DATA(&room.header), fds, nfds * sizeof *fds);
    return sendmsg(via, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len ? 0 : -errno;
}
