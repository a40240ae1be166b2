/* SPDX-License-Identifier: Apache-2.0
 * bridge.c - messages with descriptors over a Unix socket: unix(7), cmsg(3). Never blocks. */
#include "sandbox/bridge.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base.h"
#include "base/error.h"
#include "sandbox/exec_error.h"
#include "sandbox/fds_send.h"

int bridge_open(int ends[2], fence_error *err)
{
    int on = 1;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return fail(err, -errno, "cannot make the sandbox's control socket: %s", strerror(errno));
    setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    return 0;
}

int bridge_send_order(int control, const struct inner_order *order, fence_error *err)
{
    if (send(control, order, sizeof *order, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof *order ||
        errno == EPIPE || errno == ECONNRESET)
        return 0;
    return fail(err, -errno, "cannot instruct the sandbox's helper: %s", strerror(errno));
}

struct received { /* what came beside the bytes */
    int fds[INNER_MOST];
    size_t nfds;
    pid_t pid;
};

static void take_rights(struct received *out, const struct cmsghdr *c)
{
    size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

    for (size_t i = 0; i < count; i++) {
        int fd;

        memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
        if (out->nfds < INNER_MOST)
            out->fds[out->nfds++] = fd;
        else
            close(fd);
    }
}

static void close_all(int *fds, size_t *count)
{
    for (size_t i = 0; i < *count; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    *count = 0;
}

static void take_control(struct received *out, struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET)
            continue;
        if (c->cmsg_type == SCM_RIGHTS) {
            take_rights(out, c);
        } else if (c->cmsg_type == SCM_CREDENTIALS) {
            struct ucred credentials;

            memcpy(&credentials, CMSG_DATA(c), sizeof credentials);
            out->pid = credentials.pid;
        }
    }
}

/* Returns the length of the message, which may be more than `len`, 0 at the end, or -errno. With
 * `wanted` descriptors, or none. */
static ssize_t receive(int control, void *bytes, size_t len, struct received *extra)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(INNER_MOST * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
    } room;
    struct iovec part = {bytes, len};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = room.bytes,
                             .msg_controllen = sizeof room.bytes};
    ssize_t got = recvmsg(control, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC | MSG_TRUNC);

    extra->nfds = 0;
    extra->pid = -1;
    if (got < 0)
        return errno == ECONNRESET ? 0 : -errno;
    take_control(extra, &message);
    if (message.msg_flags & MSG_CTRUNC) /* there were more: not what was asked for */
        close_all(extra->fds, &extra->nfds);
    return got;
}

int bridge_receive_listener(int control, int *listener)
{
    struct received extra;
    char byte;
    ssize_t len = receive(control, &byte, sizeof byte, &extra);

    if (len == 0) /* a launcher that ended at once left our order unread: that is told first */
        len = receive(control, &byte, sizeof byte, &extra);
    if (len < 0)
        return (int)len;
    if (len != sizeof byte || extra.nfds != 1) {
        close_all(extra.fds, &extra.nfds);
        return -EPROTO;
    }
    *listener = extra.fds[0];
    return 0;
}

/* How many descriptors come with it. */
static size_t wanted(const struct inner_report *said)
{
    if (said->step != INNER_READY || said->capture >> CAPTURE_SOCKETS != 0)
        return 0;
    return INNER_LISTENERS + (size_t)__builtin_popcount(said->capture);
}

int bridge_receive_report(int control, struct bridge_report *report, fence_error *err)
{
    struct received extra;
    ssize_t len = receive(control, &report->said, sizeof report->said, &extra);

    if (len == 0 || len == -EAGAIN)
        return (int)len;
    if (len == sizeof report->said && report->said.version == INNER_VERSION && extra.pid > 0) {
        if (report->said.step != INNER_SOCKETS && extra.nfds != wanted(&report->said))
            close_all(extra.fds, &extra.nfds); /* not what was asked for */
        memcpy(report->fds, extra.fds, extra.nfds * sizeof *extra.fds);
        report->nfds = extra.nfds;
        report->pid = extra.pid;
        return 1;
    }
    close_all(extra.fds, &extra.nfds);
    return fail(err, FENCE_ESANDBOX, "the sandbox's helper does not speak our language");
}

void bridge_close_fds(struct bridge_report *report)
{
    close_all(report->fds, &report->nfds);
}

int bridge_send_go(int control, int standard_error, int environment, const struct landlock *wall,
                   fence_error *err)
{
    bool walled = wall->ruleset >= 0;
    struct inner_go go = {INNER_VERSION, walled, walled ? landlock_flags(wall->abi) : 0};
    int fds[INNER_GO_FDS] = {standard_error, environment, wall->ruleset};
    int rc = fds_send(control, &go, sizeof go, fds, walled ? INNER_GO_FDS : INNER_GO_FDS - 1);

    _Static_assert(INNER_GO_FDS <= FDS_SEND_MOST, "they go in one message");
    return rc < 0 ? fail(err, rc, "cannot start the command: %s", strerror(-rc)) : 0;
}

int bridge_receive_outcome(int control, struct inner_report *out)
{
    struct inner_report said;
    struct received extra;
    ssize_t len = receive(control, &said, sizeof said, &extra);

    close_all(extra.fds, &extra.nfds);
    if (len == sizeof said && said.version == INNER_VERSION) {
        *out = said;
        return 1;
    }
    return len == -EAGAIN ? -EAGAIN : 0;
}

int bridge_explain(const struct inner_report *report, fence_error *err)
{
    const char *error = strerror(report->error);

    switch ((enum inner_step)report->step) {
    case INNER_FORK:
        return fail(err, FENCE_ESANDBOX,
                    "no process can be started in the sandbox: %s: raise the limit of processes "
                    "(ulimit -u), or end some",
                    error);
    case INNER_TERMINAL:
        return fail(err, FENCE_ESANDBOX, "the command cannot have a terminal of its own: %s",
                    error);
    case INNER_SOCKET:
    case INNER_BIND:
    case INNER_LISTEN:
        return fail(err, FENCE_ESANDBOX, "the proxy's socket cannot be made inside the sandbox: %s",
                    error);
    case INNER_NETWORK_IPV4:
    case INNER_NETWORK_IPV6:
        return fail(err, FENCE_ESANDBOX,
                    "the sandbox is not cut off: it has a route to the outside "
                    "(%s); is bwrap really bubblewrap?",
                    report->step == INNER_NETWORK_IPV4 ? "IPv4" : "IPv6");
    case INNER_ROOT_WRITABLE:
        return fail(err, FENCE_ESANDBOX,
                    "the sandbox is not read-only: / can be written to (%s); "
                    "is bwrap really bubblewrap?",
                    error);
    case INNER_LANDLOCK:
        return fail(err, FENCE_ESANDBOX, "the second wall around files (Landlock) fails: %s",
                    error);
    case INNER_LANDLOCK_OPEN:
        return fail(err, FENCE_ESANDBOX,
                    "the second wall around files (Landlock) does not hold (%s): report this as a "
                    "bug, with the version of the kernel",
                    error);
    case INNER_ENVIRONMENT:
        return fail(err, FENCE_ESANDBOX, "the environment cannot be handed to the command: %s",
                    error);
    case INNER_READY:
    case INNER_HERE:
    case INNER_SOCKETS:
    case INNER_EXECUTE:
    case INNER_STOPPED:
        break;
    }
    return fail(err, FENCE_ESANDBOX, "the sandbox's helper failed in a step we do not know");
}

int bridge_explain_outcome(const struct inner_report *failure, const char *command,
                           fence_error *err)
{
    if (failure->step == INNER_EXECUTE)
        return exec_error_explain(err, command, failure->error);
    bridge_explain(failure, err);
    return 125;
}
