/* SPDX-License-Identifier: Apache-2.0
 * quota_linux.c - each user namespace has limits of its own (namespaces(7), /proc/sys/user), which
 * only who is in it may set. */
#include "sandbox/quota.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "sandbox/spawn.h"

static const char *const limits[] = {"/proc/sys/user/max_inotify_instances",
                                     "/proc/sys/user/max_inotify_watches"};

struct quota {
    int space;
    char values[ARRAY_LEN(limits)][24];
};

static int set_limits(void *argument)
{
    const struct quota *quota = argument;

    if (setns(quota->space, CLONE_NEWUSER) < 0)
        return errno;
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        int fd = open(limits[i], O_WRONLY | O_CLOEXEC);
        size_t len = strlen(quota->values[i]);

        if (fd < 0 || (len > 0 && write(fd, quota->values[i], len) != (ssize_t)len))
            return errno;
        close(fd);
    }
    return 0;
}

/* Half of the limit; "" where it cannot be read, which leaves it. */
static void halve(char out[24], const char *path)
{
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    char text[24] = "";
    ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    long value;

    text[len > 0 ? len : 0] = '\0';
    value = strtol(text, NULL, 10);
    if (value > 1)
        snprintf(out, 24, "%ld", value / 2);
    else
        out[0] = '\0';
}

int quota_lower(pid_t pid)
{
    struct quota quota = {.space = -1};
    auto_fd int space = -1;
    char path[40];

    snprintf(path, sizeof path, "/proc/%d/ns/user", (int)pid);
    space = quota.space = open(path, O_RDONLY | O_CLOEXEC);
    if (space < 0)
        return -errno;
    for (size_t i = 0; i < ARRAY_LEN(limits); i++)
        halve(quota.values[i], limits[i]);
    return spawn_beside(set_limits, &quota);
}
