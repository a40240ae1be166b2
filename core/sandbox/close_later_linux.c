/* SPDX-License-Identifier: Apache-2.0
 * close_later_linux.c - has the kernel's collector of Unix sockets close a descriptor.
 *
 * A socket that lies in its own queue, unix(7) and SCM_RIGHTS, belongs to nobody once its
 * descriptor is closed. The kernel looks for such rings whenever a Unix socket is closed, and
 * releases them with all that lies in the queue: in a thread of its own (seen on Linux 6.18), on
 * older ones in the close(2) below, which then takes as long as any. */
#include "sandbox/close_later.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base.h"

static void send_away(int via, const int fds[2])
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } room = {0};
    char byte = 0;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = room.bytes,
                             .msg_controllen = sizeof room.bytes};

    room.header.cmsg_level = SOL_SOCKET;
    room.header.cmsg_type = SCM_RIGHTS;
    room.header.cmsg_len = CMSG_LEN(2 * sizeof *fds);
    memcpy(CMSG_DATA(&room.header), fds, 2 * sizeof *fds);
    (void)sendmsg(via, &message, MSG_DONTWAIT | MSG_NOSIGNAL); /* else it is closed here and now */
}

void close_later(int fd)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) < 0) {
        close(fd);
        return;
    }
    send_away(ends[0], (int[]){fd, ends[1]});
    close(fd);
    close(ends[1]);
    close(ends[0]); /* the last one: this is when the ring is found */
}
