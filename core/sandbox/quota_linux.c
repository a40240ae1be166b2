/* SPDX-License-Identifier: Apache-2.0
 * quota_linux.c - each user namespace has limits of its own (namespaces(7), /proc/sys/user), which
 * only who is in it may set. The child calls nothing but the kernel: other threads may hold the C
 * library's locks. */
#include "sandbox/quota.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "base/limits.h"

static const char *const limits[] = {"/proc/sys/user/max_inotify_instances",
                                     "/proc/sys/user/max_inotify_watches"};

struct quota {
    int space;
    char values[ARRAY_LEN(limits)][24];
};

static int set_limits(const struct quota *quota)
{
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

int quota_begin(pid_t pid)
{
    struct quota quota = {.space = -1};
    auto_fd int space = -1;
    char path[40];
    int pidfd = -1, child;

    snprintf(path, sizeof path, "/proc/%d/ns/user", (int)pid);
    space = quota.space = open(path, O_RDONLY | O_CLOEXEC);
    if (space < 0)
        return -errno;
    for (size_t i = 0; i < ARRAY_LEN(limits); i++)
        halve(quota.values[i], limits[i]);
    child = (int)syscall(SYS_clone, CLONE_PIDFD, NULL, &pidfd, NULL, 0);
    if (child == 0)
        syscall(SYS_exit_group, set_limits(&quota));
    return child < 0 ? -errno : pidfd;
}

int quota_end(int pidfd)
{
    struct pollfd ended = {.fd = pidfd, .events = POLLIN};
    siginfo_t info = {0};
    int rc = poll(&ended, 1, LIMIT_LIVE_MOUNT_MS);

    if (rc <= 0)
        syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    while (waitid((idtype_t)3 /* P_PIDFD */, (id_t)pidfd, &info, WEXITED | __WALL) < 0 &&
           errno == EINTR)
        ;
    close(pidfd);
    if (rc <= 0 || info.si_code != CLD_EXITED)
        return -ETIMEDOUT;
    return -info.si_status;
}
