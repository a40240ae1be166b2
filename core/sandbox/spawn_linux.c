/* SPDX-License-Identifier: Apache-2.0
 * spawn_linux.c - clone(2) as vfork(2) does it: no page table is copied, and the child's failure is
 * a plain assignment. CLONE_PIDFD gives the descriptor; no exit signal keeps an embedder's own
 * SIGCHLD handling out of it. */
#include "sandbox/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "base/error.h"
#include "base/str.h"

#ifndef P_PIDFD
#define P_PIDFD 3 /* linux/wait.h, 5.4 */
#endif

#define CHILD_STACK (64 * 1024) /* execve(2) and a handful of calls */

struct child { /* shared with the child: it runs in our memory until it executes */
    const struct spawn *what;
    sigset_t mask;
    int error;
};

static int child_stdio(const int stdio[3])
{
    int copies[3];

    if (stdio[0] == 0 && stdio[1] == 1 && stdio[2] == 2)
        return 0;
    for (int i = 0; i < 3; i++) { /* first out of the way of 0, 1 and 2 */
        copies[i] = fcntl(stdio[i], F_DUPFD_CLOEXEC, 3);
        if (copies[i] < 0)
            return -1;
    }
    for (int i = 0; i < 3; i++) {
        if (dup2(copies[i], i) < 0)
            return -1;
    }
    return 0;
}

static int child_main(void *argument)
{
    static const int kept_from_bubblewrap[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
    struct child *child = argument;
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    for (size_t i = 0; i < ARRAY_LEN(kept_from_bubblewrap); i++)
        sigaction(kept_from_bubblewrap[i], &ignore, NULL);
    if (child_stdio(child->what->stdio) < 0)
        goto failed;
    for (size_t i = 0; i < child->what->nkeep; i++) {
        if (fcntl(child->what->keep[i], F_SETFD, 0) < 0)
            goto failed;
    }
    sigprocmask(SIG_SETMASK, &child->mask, NULL);
    execve(child->what->path, child->what->argv, child->what->env);
failed:
    child->error = errno;
    _exit(127);
}

/* No handler of ours may run in the child, which shares our memory: every signal waits. */
static pid_t clone_child(struct child *child, int *pidfd)
{
    static const int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD;
    auto_free char *stack = malloc(CHILD_STACK);
    sigset_t all;
    pid_t pid;

    if (!stack) {
        errno = ENOMEM;
        return -1;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &child->mask);
    pid = clone(child_main, stack + CHILD_STACK, flags, child, pidfd);
    pthread_sigmask(SIG_SETMASK, &child->mask, NULL);
    return pid;
}

int spawn_start(int *pidfd, const struct spawn *what, fence_error *err)
{
    struct child child = {.what = what};
    int fd = -1, status;
    int error = clone_child(&child, &fd) < 0 ? errno : 0;

    if (error != 0)
        return fail(err, -error, "cannot start a process: %s%s", strerror(error),
                    error == EAGAIN ? ": raise the process limit (ulimit -u)" : "");
    if (child.error != 0) {
        spawn_reap(&status, fd);
        close(fd);
        return fail(err, -child.error, "cannot start '%s': %s%s", what->path, strerror(child.error),
                    child.error == E2BIG
                        ? ": pass long arguments in a file, and unset long variables"
                        : "");
    }
    *pidfd = fd;
    return 0;
}

int spawn_reap(int *status, int pidfd)
{
    siginfo_t info = {0};
    int rc;

    do {
        rc = waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | __WALL);
    } while (rc < 0 && errno == EINTR);
    if (rc < 0 && errno == EAGAIN) /* a descriptor that does not block, 5.10 */
        return 0;
    if (rc < 0) { /* reaped by someone else with __WALL: gone all the same */
        *status = 128 + SIGKILL;
        return 1;
    }
    if (info.si_pid == 0)
        return 0;
    *status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
    return 1;
}

int pidfd_of(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);

    return fd < 0 ? -errno : fd;
}

int pidfd_kill(int pidfd, int signum)
{
    return syscall(SYS_pidfd_send_signal, pidfd, signum, NULL, 0) < 0 ? -errno : 0;
}

bool spawn_find(char *out, size_t cap, const char *name, const char *path)
{
    struct str rest = str_of(path);

    while (rest.len > 0) {
        size_t end = str_find(rest, ':');
        struct str folder = str_slice(rest, 0, end);
        int len;

        rest = str_slice(rest, end < rest.len ? end + 1 : end, rest.len);
        if (folder.len == 0 || folder.bytes[0] != '/')
            continue; /* relative: whoever owns the current folder would choose the program */
        len = snprintf(out, cap, STR_FMT "/%s", STR_ARG(folder), name);
        if (len > 0 && (size_t)len < cap && access(out, X_OK) == 0)
            return true;
    }
    return false;
}
