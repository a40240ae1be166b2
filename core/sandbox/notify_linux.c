/* SPDX-License-Identifier: Apache-2.0
 * notify_linux.c - a call that waits: what it says, and what is taken from its caller.
 *
 * The user owns the sandbox's user namespace, and so has CAP_SYS_PTRACE over what is in it: memory,
 * descriptors and folders of the caller are open to the host, whether they are "dumpable" or not.
 */
#include "sandbox/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/net.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/base.h"
#include "sandbox/notify_arch.h"

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS /* linux/seccomp.h, 6.6 */
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS      SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* linux/seccomp.h, 5.19 */
#endif

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL /* linux/pidfd.h, 6.9 */
#endif

#define ROOM 512 /* for either struct, as much as later kernels may add */

union notification {
    struct seccomp_notif call;
    struct seccomp_notif_resp answer;
    char room[ROOM];
};

/* ---- can it be had ---- */

/* With Yama's third step nobody may look at another process, whatever his rights. */
static bool is_forbidden(void)
{
    auto_fd int fd = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC);
    char step = '0';

    return fd >= 0 && read(fd, &step, 1) == 1 && step == '3';
}

/* Else whoever waits is woken by the trace (exec_trace_linux.c), and asks again, without end. Flags
 * are looked at before the filter, which is none. */
static bool waits_killable(void)
{
    unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;

    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) < 0 && errno != EINVAL;
}

const char *notify_missing(unsigned which)
{
    struct seccomp_notif_sizes sizes;
    uint64_t cookie;
    socklen_t len = sizeof cookie;
    auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0 ||
        sizes.seccomp_notif > ROOM || sizes.seccomp_notif_resp > ROOM)
        return "seccomp has no notifications";
    /* within a sandbox that answers for us it is refused, and not needed */
    if (syscall(SYS_pidfd_getfd, -1, 0, 0) < 0 && errno != EBADF &&
        (errno != EPERM || !notify_outer_answers()))
        return "pidfd_getfd is missing";
    if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) < 0)
        return "sockets have no SO_NETNS_COOKIE";
    if (which == NOTIFY_EXECS && !waits_killable())
        return "seccomp has no waits that signals leave alone";
    return is_forbidden() ? "kernel.yama.ptrace_scope is 3" : NULL;
}

/* To whom does a connection of ours belong? The kernel notes who called connect(2). */
bool notify_outer_answers(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    socklen_t len = sizeof at;
    struct ucred peer = {.pid = getpid()};
    socklen_t room = sizeof peer;
    auto_fd int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    auto_fd int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    auto_fd int accepted = -1;

    /* without a path the kernel gives it a name: unix(7), autobind */
    if (bind(server, (struct sockaddr *)&at, sizeof at.sun_family) < 0 || listen(server, 1) < 0 ||
        getsockname(server, (struct sockaddr *)&at, &len) < 0 ||
        connect(client, (struct sockaddr *)&at, len) < 0)
        return false;
    accepted = accept4(server, NULL, NULL, SOCK_CLOEXEC);
    return accepted >= 0 && getsockopt(accepted, SOL_SOCKET, SO_PEERCRED, &peer, &room) == 0 &&
           peer.pid != getpid();
}

/* ---- the call ---- */

void notify_begin(int listener)
{
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
}

int notify_receive(struct notify_call *call, int listener)
{
    union notification got;

    memset(&got, 0, sizeof got);
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &got.call) < 0)
        return -errno;
    *call = (struct notify_call){.listener = listener,
                                 .id = got.call.id,
                                 .tid = (pid_t)got.call.pid,
                                 .arch = got.call.data.arch,
                                 .number = got.call.data.nr};
    for (size_t i = 0; i < ARRAY_LEN(call->arguments); i++)
        call->arguments[i] = got.call.data.args[i];
    return 0;
}

/* socketcall(2) points at its arguments, words of 32 bits. */
static enum notify_kind decode_socketcall(struct notify_call *call)
{
    uint32_t words[3];

    if ((uint32_t)call->arguments[0] != SYS_CONNECT ||
        notify_read(call, call->arguments[1], words, sizeof words) < 0)
        return NOTIFY_UNKNOWN;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        call->arguments[i] = words[i];
    return NOTIFY_CONNECT;
}

static enum notify_kind decode_execve(struct notify_call *call)
{
    memmove(call->arguments + 1, call->arguments, 3 * sizeof *call->arguments);
    call->arguments[0] = (uint64_t)AT_FDCWD;
    call->arguments[4] = 0;
    return NOTIFY_EXEC;
}

enum notify_kind notify_decode(struct notify_call *call)
{
    if (call->arch == NOTIFY_ARCH && call->number == __NR_execve)
        return decode_execve(call);
    if (call->arch == NOTIFY_ARCH && call->number == __NR_execveat)
        return NOTIFY_EXEC;
    if (call->arch == NOTIFY_ARCH)
        return call->number == __NR_connect ? NOTIFY_CONNECT : NOTIFY_UNKNOWN;
    if (call->arch != NOTIFY_ARCH_COMPAT)
        return NOTIFY_UNKNOWN;
    call->narrow = true;
    if (call->number == NOTIFY_EXECVE_COMPAT)
        return decode_execve(call);
    if (call->number == NOTIFY_EXECVEAT_COMPAT)
        return NOTIFY_EXEC;
    if ((uint32_t)call->number == NOTIFY_SOCKETCALL)
        return decode_socketcall(call);
    return call->number == NOTIFY_CONNECT_COMPAT ? NOTIFY_CONNECT : NOTIFY_UNKNOWN;
}

void notify_answer(const struct notify_call *call, int error)
{
    union notification said;

    memset(&said, 0, sizeof said);
    said.answer.id = call->id;
    said.answer.error = -error;
    ioctl(call->listener, SECCOMP_IOCTL_NOTIF_SEND, &said.answer);
}

bool notify_continue(const struct notify_call *call)
{
    union notification said;

    memset(&said, 0, sizeof said);
    said.answer.id = call->id;
    said.answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    return ioctl(call->listener, SECCOMP_IOCTL_NOTIF_SEND, &said.answer) == 0;
}

bool notify_waits(const struct notify_call *call)
{
    uint64_t id = call->id;

    return ioctl(call->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

/* ---- its caller ---- */

int notify_read(const struct notify_call *call, uint64_t from, void *to, size_t len)
{
    struct iovec ours = {to, len}, theirs = {(void *)(uintptr_t)from, len};

    return process_vm_readv(call->tid, &ours, 1, &theirs, 1, 0) == (ssize_t)len ? 0 : -EFAULT;
}

int notify_open(const struct notify_call *call, const char *name)
{
    char path[64];
    int fd;

    snprintf(path, sizeof path, "/proc/%d/%s", (int)call->tid, name);
    fd = open(path, O_PATH | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

pid_t notify_process(pid_t tid)
{
    char path[64], text[1024], *at;
    auto_fd int fd = -1;
    ssize_t len;

    snprintf(path, sizeof path, "/proc/%d/status", (int)tid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    len = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (len < 0)
        return -1;
    text[len] = '\0';
    at = strstr(text, "\nTgid:");
    return at ? (pid_t)strtol(at + 6, NULL, 10) : -1;
}

/* Before 6.9 a descriptor stands for a whole process, and has the files of its first thread: those
 * that all share, but for threads that want their own (unshare(2)). They may get another open file
 * of their process than they meant; it is the one that is looked at. */
static int open_thread(pid_t tid)
{
    int fd = (int)syscall(SYS_pidfd_open, tid, PIDFD_THREAD);

    if (fd < 0 && errno == EINVAL)
        fd = (int)syscall(SYS_pidfd_open, tid, 0);
    if (fd < 0 && (errno == EINVAL || errno == ENOENT))
        fd = (int)syscall(SYS_pidfd_open, notify_process(tid), 0);
    return fd;
}

int notify_take_fd(const struct notify_call *call, int fd)
{
    auto_fd int thread = open_thread(call->tid);
    int taken = thread < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, thread, fd, 0);

    return taken < 0 ? -errno : taken;
}
