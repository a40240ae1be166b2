/* SPDX-License-Identifier: Apache-2.0
 * spawn_attend_linux.c - see spawn_attend.h. */
#include "sandbox/spawn_attend.h"

#include <linux/futex.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/base.h"
#include "sandbox/bridge.h"
#include "sandbox/notify.h"

/* Whether `fd` has something, before the child ends. */
static bool waits_for(int fd, int pidfd)
{
    struct pollfd fds[] = {{fd, POLLIN, 0}, {pidfd, POLLIN, 0}};

    return poll(fds, ARRAY_LEN(fds), -1) > 0 && (fds[0].revents & POLLIN);
}

static void let_pass(int listener)
{
    struct notify_call call;

    if (notify_receive(&call, listener) == 0)
        notify_continue(&call);
}

void spawn_attend(struct spawn_notify *notify, int pidfd, int *running)
{
    if (waits_for(notify->from, pidfd) &&
        bridge_receive_listener(notify->from, &notify->listener) == 0 &&
        waits_for(notify->listener, pidfd))
        let_pass(notify->listener);
    while (__atomic_load_n(running, __ATOMIC_ACQUIRE) != 0)
        syscall(SYS_futex, running, FUTEX_WAIT, 1, NULL, NULL, 0);
}
