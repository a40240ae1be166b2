/* SPDX-License-Identifier: Apache-2.0
 * notified.h - a child whose calls wait; the test plays the host. Include it once, behind
 * <cmocka.h>. */
#ifndef FENCE_TESTS_NOTIFIED_H
#define FENCE_TESTS_NOTIFIED_H

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/bridge.h"
#include "sandbox/notify.h"

#define PATIENCE 10000 /* ms */

struct side {
    pid_t pid;
    int listener;
};

/* A child under the filter, which ends with what `work` returns. */
static inline struct side start_under(unsigned which, int (*work)(void))
{
    struct side side = {.listener = -1};
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    side.pid = fork();
    if (side.pid == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || notify_install(ends[1], which) != 0)
            _exit(255);
        _exit(work());
    }
    close(ends[1]);
    assert_true(poll(&(struct pollfd){ends[0], POLLIN, 0}, 1, PATIENCE) == 1);
    assert_int_equal(bridge_receive_listener(ends[0], &side.listener), 0);
    assert_int_equal(fcntl(side.listener, F_GETFD), FD_CLOEXEC);
    close(ends[0]);
    return side;
}

static inline struct notify_call next(const struct side *side)
{
    struct notify_call call;

    assert_true(poll(&(struct pollfd){side->listener, POLLIN, 0}, 1, PATIENCE) == 1);
    assert_int_equal(notify_receive(&call, side->listener), 0);
    return call;
}

static inline int end(struct side *side)
{
    int status;

    assert_int_equal(waitpid(side->pid, &status, 0), side->pid);
    close(side->listener);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#endif
