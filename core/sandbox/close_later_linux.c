/* SPDX-License-Identifier: Apache-2.0
 * close_later_linux.c - has the kernel's collector of Unix sockets close a descriptor.
 *
 * A socket that lies in its own queue, unix(7) and SCM_RIGHTS, belongs to nobody once its
 * descriptor is closed. The kernel looks for such rings whenever a Unix socket is closed, and
 * releases them with all that lies in the queue: in a thread of its own (seen on Linux 6.18), on
 * older ones in the close(2) below, which then takes as long as any. */
#include "sandbox/close_later.h"

#include <sys/socket.h>
#include <unistd.h>

#include "sandbox/fds_send.h"

void close_later(int fd)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) < 0) {
        close(fd);
        return;
    }
    (void)fds_send(ends[0], "", 1, (int[]){fd, ends[1]}, 2); /* or it is closed here and now */
    close(fd);
    close(ends[1]);
    close(ends[0]); /* the last one: this is when the ring is found */
}
