/* SPDX-License-Identifier: Apache-2.0
 * capture_join_linux.c - the child makes the sockets and sends them to us. It does nothing to them,
 * as inner does not: capture_linux.c does that from outside.
 *
 * To enter a user namespace a process must share nothing (setns(2)), so it is a copy of us. */
#include "sandbox/capture_join.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/limits.h"
#include "sandbox/capture_make.h"
#include "sandbox/fds_send.h"
#include "sandbox/spawn.h"

#define USER_NAMESPACE_OF 0xb701 /* NS_GET_USERNS, ioctl_ns(2) */

struct task {
    int user, net; /* namespaces; -1: new ones */
    int report;
};

struct made {
    int error; /* errno */
    uint32_t which;
};

_Static_assert(CAPTURE_SOCKETS <= FDS_SEND_MOST, "they go in one message");

/* ---- in the child ---- */

static bool enter(const struct task *task)
{
    if (task->net < 0)
        return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
    return setns(task->user, CLONE_NEWUSER) == 0 && setns(task->net, CLONE_NEWNET) == 0;
}

/* Who waits sees our end, if nothing arrives. */
static void work(const void *argument)
{
    const struct task *task = argument;
    struct made made = {0};
    int fds[CAPTURE_SOCKETS];
    size_t nfds = 0;

    if (enter(task))
        made.which = capture_make_sockets(fds, &nfds);
    made.error = nfds > 0 ? 0 : errno;
    if (nfds > 0)
        fds_send(task->report, &made, sizeof made, fds, nfds);
    else
        send(task->report, &made, sizeof made, MSG_NOSIGNAL);
}

/* ---- outside ---- */

static int open_namespaces(struct task *out, pid_t pid)
{
    char path[32];

    snprintf(path, sizeof path, "/proc/%d/ns/net", (int)pid);
    out->net = open(path, O_RDONLY | O_CLOEXEC);
    out->user = out->net < 0 ? -1 : ioctl(out->net, USER_NAMESPACE_OF);
    return out->user < 0 ? -errno : 0;
}

static void take_sockets(struct capture *out, uint32_t which, const unsigned char *fds)
{
    for (int i = 0; i < CAPTURE_SOCKETS; i++) {
        out->fds[i] = -1;
        if (!(which >> i & 1))
            continue;
        memcpy(&out->fds[i], fds, sizeof out->fds[i]);
        fds += sizeof out->fds[i];
    }
}

/* What a copy of ours says is believed, but for what we have no room for: then the kernel has left
 * out the last of the descriptors. Returns 0 or -errno. */
static int receive(struct capture *out, int from)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof out->fds)];
    } room = {0};
    struct made made;
    struct iovec part = {&made, sizeof made};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = room.bytes,
                             .msg_controllen = sizeof room.bytes};
    uint32_t came;

    if (recvmsg(from, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != sizeof made)
        return -EIO;
    if (made.error != 0)
        return -made.error;
    came = message.msg_controllen == 0
               ? 0
               : (uint32_t)((room.header.cmsg_len - CMSG_LEN(0)) / sizeof(int));
    if (came == (uint32_t)__builtin_popcount(made.which)) {
        take_sockets(out, made.which, CMSG_DATA(&room.header));
        return 0;
    }
    for (uint32_t i = 0; i < came; i++) {
        int fd;

        memcpy(&fd, CMSG_DATA(&room.header) + i * sizeof fd, sizeof fd);
        close(fd);
    }
    return -EMFILE;
}

static int wait_for(struct capture *out, int from)
{
    struct pollfd ready = {from, POLLIN, 0};
    int rc;

    do /* a signal of the program's, and the whole time once more */
        rc = poll(&ready, 1, LIMIT_CAPTURE_JOIN_MS);
    while (rc < 0 && errno == EINTR);
    if (rc < 0)
        return -errno;
    return rc > 0 ? receive(out, from) : -ETIMEDOUT;
}

static int make(struct capture *capture, struct task *task)
{
    auto_fd int reading = -1, writing = -1, child = -1;
    int ends[2], rc;

    capture->bound = false;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    reading = ends[0];
    writing = task->report = ends[1];
    rc = spawn_copy(&child, work, task);
    if (rc < 0)
        return rc;
    close_fd(&writing);
    rc = wait_for(capture, reading);
    spawn_end(child);
    return rc;
}

int capture_join(struct capture *capture, pid_t pid, fence_error *err)
{
    struct task task = {-1, -1, -1};
    int rc = open_namespaces(&task, pid);

    if (rc == 0)
        rc = make(capture, &task);
    close_fd(&task.user);
    close_fd(&task.net);
    return rc < 0 ? fail(err, rc, "its network cannot be entered: %s", strerror(-rc)) : 0;
}

int capture_join_new(struct capture *capture, fence_error *err)
{
    struct task task = {-1, -1, -1};
    int rc = make(capture, &task);

    return rc < 0 ? fail(err, rc, "no network can be made: %s", strerror(-rc)) : 0;
}

/* A kernel that gives us one has kept it from inner, and not for want of it. */
static bool was_refused(int netfilter)
{
    auto_fd int ours = -1;

    if (netfilter < 0)
        ours = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    return ours >= 0;
}

/* Without it connections can still be led: what fails here is no failure. */
static void fetch_netfilter(struct capture *capture, pid_t pid, fence_error *refused)
{
    struct capture joined;
    fence_error why;

    memset(joined.fds, -1, sizeof joined.fds);
    if (capture_join(&joined, pid, &why) < 0)
        return;
    fail(refused, -EPERM, "its nfnetlink socket is missing");
    capture->fds[CAPTURE_NETFILTER] = take_fd(&joined.fds[CAPTURE_NETFILTER]);
    capture_close(&joined);
}

/* A port that inner's have taken stays theirs: then only what sets up the network is another's. */
static void replace(struct capture *capture, struct capture *joined)
{
    for (int i = 0; i < CAPTURE_SOCKETS; i++) {
        if (capture->bound && i != CAPTURE_ROUTE && i != CAPTURE_NETFILTER)
            continue;
        close_fd(&capture->fds[i]);
        capture->fds[i] = take_fd(&joined->fds[i]);
    }
    capture_close(joined);
}

int capture_join_open(struct capture *capture, pid_t pid, fence_error *refused, fence_error *err)
{
    struct capture joined = {.bound = false};
    fence_error why = {0};
    int rc = capture_open(capture, err);

    refused->code = 0;
    if (rc == 0 && was_refused(capture->fds[CAPTURE_NETFILTER]))
        fetch_netfilter(capture, pid, refused);
    if (rc != -EPERM)
        return rc;
    *refused = *err;
    rc = capture_join(&joined, pid, &why);
    if (rc < 0) {
        capture_close(capture);
        return fail(err, rc, "%.250s; %.250s", refused->message, why.message);
    }
    replace(capture, &joined);
    rc = capture_open(capture, &why);
    if (rc == 0)
        return 0;
    capture_close(capture);
    *err = *refused; /* a port that inner's have taken is no cause */
    return rc;
}
