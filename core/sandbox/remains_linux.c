/* SPDX-License-Identifier: Apache-2.0
 * remains_linux.c - process 1 of a pid namespace is gone only when every other one is
 * (pid_namespaces(7)): so its pidfd tells.
 *
 * To wait for it costs the time in which the kernel takes the namespaces apart. So nobody waits who
 * does not need to: when the command was alone, process 1 has no child any more. */
#include "sandbox/remains.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base.h"
#include "sandbox/spawn.h"

/* Of a small file of proc(5): how much there was, or -1. */
static ssize_t read_proc(char *out, size_t cap, const char *path)
{
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, out, cap - 1);

    out[len < 0 ? 0 : len] = '\0';
    return len;
}

int remains_hold(struct remains *out, pid_t first)
{
    out->first = first;
    out->pidfd = pidfd_of(first);
    return out->pidfd < 0 ? out->pidfd : 0;
}

/* A kernel may be built without this file: then there may be one. */
static bool has_children(pid_t pid)
{
    char path[64], list[16];

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    return read_proc(list, sizeof list, path) != 0;
}

bool remains_await(struct remains *remains, uv_loop_t *loop, uv_poll_cb on_gone, void *data)
{
    if (remains->pidfd < 0 || pidfd_kill(remains->pidfd, 0) < 0 || !has_children(remains->first) ||
        uv_poll_init(loop, &remains->poll, remains->pidfd) < 0)
        return false;
    remains->poll.data = data;
    pidfd_kill(remains->pidfd, SIGKILL); /* bubblewrap's end has done so; and if it has not */
    uv_poll_start(&remains->poll, UV_READABLE, on_gone);
    return true;
}

void remains_deinit(struct remains *remains)
{
    if (remains->pidfd >= 0)
        close(remains->pidfd);
    remains->pidfd = -1;
}
