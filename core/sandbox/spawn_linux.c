/* SPDX-License-Identifier: Apache-2.0
 * spawn_linux.c - clone(2) as vfork(2) does it: no page table is copied, and the child's failure is
 * a plain assignment. CLONE_PIDFD gives the descriptor, and no signal handler is needed.
 *
 * What the sandbox's first process must not have is taken away here, before the program runs: it is
 * of the command's own user, who can make it do what he likes (ptrace(2), /proc/1/mem). */
#include "sandbox/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "base/error.h"
#include "base/str.h"
#include "sandbox/notify.h"
#include "sandbox/spawn_attend.h"

#ifndef P_PIDFD
#define P_PIDFD 3 /* linux/wait.h, 5.4 */
#endif

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2) /* linux/close_range.h, 5.11 */
#endif

#define SIGNAL_PROCESS_GROUP (1U << 2) /* PIDFD_SIGNAL_PROCESS_GROUP, linux/pidfd.h, 6.9 */

#define CHILD_STACK (16 * 1024) /* execve(2) and a handful of calls */
#define SIGNALS     64          /* as the kernel counts them        */

struct child { /* shared with the child: it runs in our memory until it executes */
    const struct spawn *what;
    const char *step; /* what failed */
    int error;
};

/* The kernel's own struct begins with the handler. Neither the C library nor a sanitizer, which
 * keep what they know of signals in the memory that we share, may see this. */
struct action {
    void (*handler)(int);
    unsigned long rest[7];
};

/* Where it is ignored, bubblewrap would wait for its child for ever. */
static void child_signals(void)
{
    struct action now = {SIG_DFL, {0}}, standard = {SIG_DFL, {0}};

    syscall(SYS_rt_sigaction, SIGCHLD, NULL, &now, SIGNALS / 8);
    if (now.handler == SIG_IGN)
        syscall(SYS_rt_sigaction, SIGCHLD, &standard, NULL, SIGNALS / 8);
}

/* A session keyring of its own, as the user's may hold secrets (keyctl(2)). It is not always to be
 * had: the kernel clears away late those of sandboxes that are gone, and a user may have only so
 * many. Then the filter alone (filter/calls.c) keeps the sandbox from the one it inherits. */
static void child_keyring(void)
{
    syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
}

/* Inherited by everything in the sandbox, and never undone. */
static bool child_privileges(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

static bool is_missing(int error)
{
    return error == -EINVAL || error == -ENOSYS || error == -EPERM || error == -EBUSY;
}

/* A chain of filters has one listener. Where there is one already, and it is that of a sandbox
 * around us, that one judges our calls; another is none of ours. */
static bool child_notify(struct spawn_notify *notify)
{
    int rc = notify ? notify_install(notify->via, notify->which) : 0;

    if (rc == 0)
        return true;
    notify->error = rc;
    if (notify->which & NOTIFY_EXECS) /* who waits for it */
        send(notify->via, "", 1, MSG_NOSIGNAL);
    if (rc == -EBUSY && notify_outer_answers())
        return true;
    if (rc == -EBUSY)
        notify->error = -EEXIST;
    errno = -rc;
    return notify->optional && is_missing(rc);
}

static bool child_stdio(const int stdio[3])
{
    int copies[3];

    for (int i = 0; i < 3; i++) { /* first out of the way of 0, 1 and 2 */
        copies[i] = fcntl(stdio[i], F_DUPFD_CLOEXEC, 3);
        if (copies[i] < 0)
            return false;
    }
    for (int i = 0; i < 3; i++) {
        if (dup2(copies[i], i) < 0)
            return false;
    }
    return true;
}

/* What the host program left open is not for bubblewrap either. Kernels before 5.11 cannot do it at
 * once; there bubblewrap and inner close what they do not know, each for itself. */
static bool child_descriptors(const struct spawn *what)
{
    if (!child_stdio(what->stdio))
        return false;
    syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
    for (size_t i = 0; i < what->nkeep; i++) {
        if (fcntl(what->keep[i], F_SETFD, 0) < 0)
            return false;
    }
    return true;
}

static int child_main(void *argument)
{
    struct child *child = argument;

    child_signals();
    child->step = "descriptors";
    if (!child_descriptors(child->what))
        goto failed;
    child_keyring();
    child->step = "no new privileges";
    if (!child_privileges())
        goto failed;
    child->step = "system call notifications";
    if (!child_notify(child->what->notify))
        goto failed;
    child->step = "program";
    execve(child->what->path, child->what->argv, child->what->env);
failed:
    child->error = errno;
    return 127; /* clone(2) makes it the exit status */
}

/* The GNU C library's other name of clone(2). ThreadSanitizer takes what it knows as clone(2) for a
 * fork(2), turns itself off in the child, and thereby in us: then it finds races under every lock.
 */
extern int __clone(int (*)(void *), void *, int, void *, ...) /* NOLINT: the library's name */
    __attribute__((weak));

/* No handler of ours may run in the child, which shares our memory: every signal waits. They still
 * do when the program runs: what the terminal sends is the command's affair, not bubblewrap's. */
static pid_t clone_child(int (*work)(void *), void *argument, int *pidfd,
                         struct spawn_notify *notify)
{
    auto_free char *stack = malloc(CHILD_STACK);
    int flags = CLONE_VM | CLONE_PIDFD | (notify ? CLONE_CHILD_CLEARTID : CLONE_VFORK);
    int running = 1; /* the kernel clears it when the child needs our memory no more */
    int (*begin)(int (*)(void *), void *, int, void *, ...) = __clone ? __clone : clone;
    sigset_t all, before;
    pid_t pid;

    if (!stack) {
        errno = ENOMEM;
        return -1;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid = begin(work, stack + CHILD_STACK, flags, argument, pidfd, NULL, &running);
    if (pid > 0 && notify)
        spawn_attend(notify, *pidfd, &running);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid;
}

/* The child is ending: that takes no time. */
static void wait_for(int pidfd)
{
    siginfo_t info;

    while (waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL) < 0 && errno == EINTR)
        ;
}

void spawn_end(int pidfd)
{
    pidfd_kill(pidfd, SIGKILL);
    wait_for(pidfd);
}

static int explain(const struct child *child, fence_error *err)
{
    char shown[256];

    str_escape(shown, sizeof shown, str_of(child->what->path));
    return fail(err, -child->error, "cannot start '%s' (%s): %s%s", shown, child->step,
                strerror(child->error),
                child->error == E2BIG ? ": pass long arguments in a file, and unset long variables"
                                      : "");
}

int spawn_start(int *pidfd, const struct spawn *what, fence_error *err)
{
    struct child child = {.what = what};
    int fd = -1;
    struct spawn_notify *execs =
        what->notify && (what->notify->which & NOTIFY_EXECS) ? what->notify : NULL;
    int error = clone_child(child_main, &child, &fd, execs) < 0 ? errno : 0;

    if (error != 0)
        return fail(err, -error, "cannot start a process: %s%s", strerror(error),
                    error == EAGAIN ? ": raise the process limit (ulimit -u)" : "");
    if (child.error != 0) {
        wait_for(fd);
        close(fd);
        return explain(&child, err);
    }
    *pidfd = fd;
    return 0;
}

int spawn_beside(int (*work)(void *), void *argument)
{
    siginfo_t info = {0};
    int pidfd = -1, rc;

    if (clone_child(work, argument, &pidfd, NULL) < 0)
        return -errno;
    do {
        rc = waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL);
    } while (rc < 0 && errno == EINTR);
    rc = rc < 0 ? -errno : -info.si_status;
    close(pidfd);
    return rc < 0 || info.si_code == CLD_EXITED ? rc : -EIO;
}

/* Not by the C library's fork(), whose handlers other threads may not be ready for. Every signal
 * waits in the copy: no handler of the program's may run there. */
int spawn_copy(int *pidfd, void (*work)(const void *), const void *argument)
{
    sigset_t all, before;
    int fd = -1, rc;
    long pid;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid = syscall(SYS_clone, CLONE_PIDFD, NULL, &fd, NULL, NULL);
    if (pid == 0) {
        work(argument);
        syscall(SYS_exit_group, 0);
    }
    rc = pid < 0 ? -errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc == 0)
        *pidfd = fd;
    return rc;
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
    if (rc < 0)
        return -errno;
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

int pidfd_kill_group(int pidfd, pid_t pid, int signum)
{
    if (syscall(SYS_pidfd_send_signal, pidfd, signum, NULL, SIGNAL_PROCESS_GROUP) == 0)
        return 0;
    /* still there, and not yet reaped by process 1: its number is its own */
    if (errno == EINVAL && pidfd_kill(pidfd, 0) == 0 && getpgid(pid) == pid)
        return kill(-pid, signum) < 0 ? -errno : 0;
    return pidfd_kill(pidfd, signum);
}

static bool is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

bool spawn_find(char *out, size_t cap, const char *name, const char *path, spawn_usable usable,
                void *context)
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
        if (len > 0 && (size_t)len < cap && is_program(out) && (!usable || usable(out, context)))
            return true;
    }
    return false;
}
