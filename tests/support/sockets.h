/* SPDX-License-Identifier: Apache-2.0
 * sockets.h - clients and servers on loopback that never block, and an engine that is turned in
 * between: everything in the test's own thread. */
#ifndef FENCE_TESTS_SOCKETS_H
#define FENCE_TESTS_SOCKETS_H

#include <errno.h>
#include <fence/fence.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SOCKETS_PATIENCE 10000 /* milliseconds; a busy machine is no failure */

static inline struct sockaddr_in sockets_loopback(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
}

/* Returns a listening socket and its port, or -1. */
static inline int sockets_listen(int *port)
{
    struct sockaddr_in at = sockets_loopback(0);
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) < 0 || listen(fd, 64) < 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) < 0)
        return -1;
    *port = ntohs(at.sin_port);
    return fd;
}

static inline int sockets_connect(int port)
{
    struct sockaddr_in at = sockets_loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) < 0 && errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

static inline bool sockets_send(int fd, const char *text)
{
    return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

static inline long sockets_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

/* One turn as an embedder makes it: waits for the engine or for `fd` (or -1), then steps. At most
 * 50 ms, so that what the caller waits for besides is seen. */
static inline void sockets_turn(fence *engine, int fd)
{
    struct pollfd fds[2] = {{fence_fd(engine), POLLIN, 0}, {fd, POLLIN, 0}};
    int wait = fence_timeout(engine);

    poll(fds, fd >= 0 ? 2 : 1, wait < 0 || wait > 50 ? 50 : wait);
    fence_step(engine);
}

/* Turns until `fd` has said `want`, whatever comes besides; an empty `want` is the end of file, or
 * a reset. What came is in `out`. */
static inline bool sockets_expect(fence *engine, int fd, const char *want, char *out, size_t cap)
{
    long until = sockets_now() + SOCKETS_PATIENCE;
    size_t len = 0;

    out[0] = '\0';
    while (sockets_now() < until) {
        ssize_t n = recv(fd, out + len, cap - 1 - len, 0);

        len += n > 0 ? (size_t)n : 0;
        out[len] = '\0';
        if (want[0] ? strstr(out, want) != NULL : n == 0 || (n < 0 && errno == ECONNRESET))
            return true;
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            return false;
        if (n < 0)
            sockets_turn(engine, fd);
    }
    return false;
}

/* Turns until a client stands before `listener`. Returns it, or -1. */
static inline int sockets_accept(fence *engine, int listener)
{
    long until = sockets_now() + SOCKETS_PATIENCE;

    while (sockets_now() < until) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0)
            return fd;
        sockets_turn(engine, listener);
    }
    return -1;
}

#endif
