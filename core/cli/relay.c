/* SPDX-License-Identifier: Apache-2.0
 * relay.c - see relay.h. A pipe that is ready takes PIPE_BUF bytes without blocking (pipe(7)), a
 * socket says how many it takes: so a reader that is slow never keeps the other way from going on.
 */
#include "cli/relay.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM 65536 /* as a pipe's */

struct way {
    int from, to;
    bool ended; /* nothing more comes from `from` */
    bool done;  /* and `to` has been told         */
    size_t begin, end;
    char bytes[ROOM];
};

static bool has_bytes(const struct way *w)
{
    return w->begin < w->end;
}

/* Returns 0 or -errno. */
static int fill(struct way *w)
{
    ssize_t n = read(w->from, w->bytes, sizeof w->bytes);

    if (n < 0)
        return errno == EINTR || errno == EAGAIN ? 0 : -errno;
    w->begin = 0;
    w->end = (size_t)n;
    w->ended = n == 0;
    return 0;
}

static int drain(struct way *w)
{
    size_t len = w->end - w->begin;
    ssize_t n = send(w->to, w->bytes + w->begin, len, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n < 0 && errno == ENOTSOCK)
        n = write(w->to, w->bytes + w->begin, len < PIPE_BUF ? len : PIPE_BUF);
    if (n < 0)
        return errno == EINTR || errno == EAGAIN ? 0 : -errno;
    w->begin += (size_t)n;
    return 0;
}

/* Passes an end on, once everything before it has gone. */
static void finish(struct way *w)
{
    if (!w->ended || has_bytes(w) || w->done)
        return;
    if (shutdown(w->to, SHUT_WR) < 0)
        close(w->to);
    w->done = true;
}

/* A descriptor that nothing is wanted of is left out: poll(2) would report its end again and
 * again. */
static struct pollfd watch(int fd, bool reading, bool writing)
{
    short events = (short)((reading ? POLLIN : 0) | (writing ? POLLOUT : 0));

    return (struct pollfd){.fd = events ? fd : -1, .events = events};
}

static bool reads(const struct way *w)
{
    return !w->ended && !has_bytes(w);
}

static int step(struct way *w, short from, short to)
{
    const short over = POLLHUP | POLLERR | POLLNVAL;
    int rc = 0;

    if (has_bytes(w) && to & (POLLOUT | over))
        rc = drain(w);
    else if (reads(w) && from & (POLLIN | over))
        rc = fill(w);
    finish(w);
    return rc;
}

int relay(int sock, int in, int out)
{
    struct way up = {.from = in, .to = sock}, down = {.from = sock, .to = out};
    int rc = 0;

    while (rc == 0 && !(up.done && down.done)) {
        struct pollfd fds[] = {
            watch(in, reads(&up), false),
            watch(sock, reads(&down), has_bytes(&up)),
            watch(out, false, has_bytes(&down)),
        };

        if (poll(fds, 3, -1) < 0) {
            rc = errno == EINTR ? 0 : -errno;
            continue;
        }
        rc = step(&up, fds[0].revents, fds[1].revents);
        if (rc == 0)
            rc = step(&down, fds[1].revents, fds[2].revents);
    }
    return rc;
}
