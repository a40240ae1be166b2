/* SPDX-License-Identifier: Apache-2.0
 * lender.c - sockets that are connected, disconnected (connect(2) with AF_UNSPEC) and connected
 * again. Knows nothing of what goes through them. */
#include "proxy/lender.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/limits.h"

enum { IPV4, IPV6, FAMILIES };

struct loan {
    struct lender *lender;
    struct list link;   /* of lender.idle; in none while it is out */
    int fds[FAMILIES];  /* -1: none                                */
    unsigned borrowers; /* each owes a loan_return()               */
    bool draining;      /* its last bytes are under way            */
};

struct lender {
    struct loan *loans;
    size_t count, out; /* out: lent, or draining */
    struct list idle, waiting;
    int draining;   /* epoll(7): the loans that do */
    uv_poll_t poll; /* of that                     */
    bool open, closing, closed;
};

/* ---- end ---- */

static void lender_free(struct lender *lender)
{
    for (size_t i = 0; i < lender->count; i++) {
        for (int family = 0; family < FAMILIES; family++) {
            if (lender->loans[i].fds[family] >= 0)
                close(lender->loans[i].fds[family]);
        }
    }
    close(lender->draining);
    free(lender->loans);
    free(lender);
}

static void free_when_done(struct lender *lender)
{
    if (lender->closed && lender->out == 0)
        lender_free(lender);
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct lender *lender = CONTAINER_OF((uv_poll_t *)handle, struct lender, poll);

    lender->closed = true;
    free_when_done(lender);
}

void lender_close(struct lender *lender)
{
    if (!lender)
        return;
    lender->closing = true;
    for (size_t i = 0; i < lender->count; i++) { /* nobody is left inside for the last bytes */
        struct loan *loan = &lender->loans[i];

        if (loan->draining)
            lender->out--;
    }
    uv_close((uv_handle_t *)&lender->poll, on_poll_closed);
}

/* ---- use again ---- */

/* Has the kernel still something to deliver, though both ends have ended? Disconnecting would drop
 * it. */
static bool has_last_bytes(int fd)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof info;

    if (fd < 0 || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
        return false;
    return info.tcpi_state == TCP_LAST_ACK || info.tcpi_state == TCP_CLOSING;
}

static void set_drain_timeout(int fd, unsigned milliseconds)
{
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
}

/* Edges, as "hung up" is what such a socket is from the start. */
static bool drain(struct loan *loan, int fd)
{
    struct epoll_event event = {.events = EPOLLET, .data.ptr = loan};

    if (loan->draining)
        return true;
    loan->draining = epoll_ctl(loan->lender->draining, EPOLL_CTL_ADD, fd, &event) == 0;
    if (loan->draining)
        set_drain_timeout(fd, LIMIT_PORT_DRAIN_MS);
    return loan->draining;
}

static void disconnect(int fd)
{
    static const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    static const struct linger none = {0, 0}; /* peer_reset() may have set one */
    int error;
    socklen_t len = sizeof error;

    (void)connect(fd, &nowhere, sizeof nowhere); /* the next connect(2) would say what is wrong */
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    set_drain_timeout(fd, 0);
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len); /* of the connection that is over */
}

static void serve_next(struct lender *lender)
{
    struct lender_wait *wait;

    if (list_empty(&lender->waiting) || list_empty(&lender->idle))
        return;
    wait = CONTAINER_OF(lender->waiting.next, struct lender_wait, link);
    list_remove(&wait->link);
    wait->on_turn(wait);
}

static void recycle(struct loan *loan)
{
    struct lender *lender = loan->lender;

    for (int family = 0; family < FAMILIES; family++) {
        int fd = loan->fds[family];

        if (!lender->closing && has_last_bytes(fd) && drain(loan, fd))
            return;
    }
    for (int family = 0; family < FAMILIES; family++) {
        int fd = loan->fds[family];

        if (fd < 0)
            continue;
        if (loan->draining) /* one of the two does */
            epoll_ctl(lender->draining, EPOLL_CTL_DEL, fd, NULL);
        disconnect(fd);
    }
    loan->draining = false;
    lender->out--;
    list_append(&lender->idle, &loan->link);
    if (lender->closing)
        free_when_done(lender);
    else
        serve_next(lender);
}

static void on_drained(uv_poll_t *poll, int status, int events)
{
    struct lender *lender = CONTAINER_OF(poll, struct lender, poll);
    struct epoll_event some[16];
    int n = epoll_wait(lender->draining, some, ARRAY_LEN(some), 0);

    (void)status;
    (void)events;
    for (int i = 0; i < n; i++)
        recycle(some[i].data.ptr);
}

/* ---- beginning ---- */

int lender_new(struct lender **out, uv_loop_t *loop)
{
    auto_free struct lender *lender = calloc(1, sizeof *lender);
    auto_fd int fd = epoll_create1(EPOLL_CLOEXEC);
    int rc;

    if (!lender)
        return -ENOMEM;
    if (fd < 0)
        return -errno;
    rc = uv_poll_init(loop, &lender->poll, fd);
    if (rc < 0)
        return rc;
    lender->draining = take_fd(&fd);
    list_init(&lender->idle);
    list_init(&lender->waiting);
    uv_poll_start(&lender->poll, UV_READABLE, on_drained);
    *out = take(&lender);
    return 0;
}

static int make_loans(struct lender *lender, size_t count)
{
    lender->loans = calloc(count, sizeof *lender->loans);
    if (!lender->loans)
        return -ENOMEM;
    lender->count = count;
    for (size_t i = 0; i < count; i++) {
        lender->loans[i].lender = lender;
        lender->loans[i].fds[IPV4] = lender->loans[i].fds[IPV6] = -1;
        list_append(&lender->idle, &lender->loans[i].link);
    }
    return 0;
}

int lender_fill(struct lender *lender, int family, const int *fds, size_t count)
{
    int rc = 0;

    if (family == 4 && count > 0)
        rc = make_loans(lender, count);
    for (size_t i = 0; i < count; i++) {
        if (rc == 0 && i < lender->count)
            lender->loans[i].fds[family == 4 ? IPV4 : IPV6] = fds[i];
        else
            close(fds[i]);
    }
    return rc;
}

void lender_open(struct lender *lender)
{
    lender->open = true;
    while (!list_empty(&lender->waiting) && !list_empty(&lender->idle))
        serve_next(lender);
}

/* ---- loans ---- */

bool lender_ready(struct lender *lender, struct lender_wait *wait)
{
    if (lender->open && !list_empty(&lender->idle))
        return true;
    list_remove(&wait->link);
    list_append(&lender->waiting, &wait->link);
    return false;
}

struct loan *lender_take(struct lender *lender)
{
    struct loan *loan = CONTAINER_OF(lender->idle.next, struct loan, link);

    if (list_empty(&lender->idle))
        return NULL;
    list_remove(&loan->link);
    lender->out++;
    loan->borrowers = 1;
    return loan;
}

int loan_open(struct loan *loan, int family)
{
    int fd = loan->fds[family == 4 ? IPV4 : IPV6];

    if (fd < 0)
        return -EAFNOSUPPORT;
    fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (fd < 0)
        return -errno;
    loan->borrowers++;
    return fd;
}

void loan_return(struct loan *loan)
{
    if (--loan->borrowers == 0)
        recycle(loan);
}
