/* SPDX-License-Identifier: Apache-2.0
 * loadgen_origin.c - the origin of the proxy benchmark: one port that echoes, answers GETs with
 * 1 KiB, sends without end or reads until the end, as the first byte of a connection asks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "bench/loadgen.h"
#include "bench/loopback.h"

#define EVENTS 256
#define SENDS  16 /* of one stream, before others have their turn */

enum guest_state { GUEST_NEW, GUEST_ECHO, GUEST_HTTP, GUEST_BULK, GUEST_SINK };

struct guest {
    int fd;
    enum guest_state state;
    size_t have;
    char in[4096]; /* a request's head: the proxies add little to that of the clients */
};

struct origin {
    int epoll, listener;
    bool ended;
    char answer[LOADGEN_BODY + 256];
    size_t answer_len;
    char *chunk; /* what is sent, and what takes what is discarded */
};

/* Whether the proxy wants the connection to end with this answer. */
static bool wants_close(const char *head, size_t len)
{
    return memmem(head, len, " HTTP/1.0\r\n", 11) || memmem(head, len, "onnection: close", 16);
}

/* False when the guest goes. */
static bool serve_http(struct origin *origin, struct guest *guest)
{
    for (;;) {
        char *end = memmem(guest->in, guest->have, "\r\n\r\n", 4);
        size_t head;
        bool last;

        if (!end)
            return guest->have < sizeof(guest->in);
        head = (size_t)(end - guest->in) + 4;
        last = wants_close(guest->in, head);
        if (send(guest->fd, origin->answer, origin->answer_len, 0) != (ssize_t)origin->answer_len ||
            last)
            return false;
        guest->have -= head;
        memmove(guest->in, guest->in + head, guest->have);
    }
}

static bool serve_bulk(struct origin *origin, struct guest *guest)
{
    for (int i = 0; i < SENDS; i++) {
        ssize_t n = send(guest->fd, origin->chunk, LOADGEN_CHUNK, 0);

        if (n < LOADGEN_CHUNK)
            return n >= 0 || errno == EAGAIN;
    }
    return true;
}

static bool serve_sink(struct origin *origin, struct guest *guest)
{
    ssize_t n = 1;

    for (int i = 0; i < SENDS && n > 0; i++)
        n = recv(guest->fd, origin->chunk, LOADGEN_CHUNK, 0);
    return n > 0 || (n < 0 && errno == EAGAIN);
}

static bool serve_echo(struct guest *guest)
{
    ssize_t n = send(guest->fd, guest->in, guest->have, 0);

    if (n != (ssize_t)guest->have)
        return false;
    guest->have = 0;
    return true;
}

static bool serve(struct origin *origin, struct guest *guest)
{
    ssize_t n;

    if (guest->state == GUEST_BULK)
        return serve_bulk(origin, guest);
    if (guest->state == GUEST_SINK)
        return serve_sink(origin, guest);
    n = recv(guest->fd, guest->in + guest->have, sizeof(guest->in) - guest->have, 0);
    if (n <= 0)
        return n < 0 && errno == EAGAIN;
    guest->have += (size_t)n;
    if (guest->state == GUEST_NEW && guest->in[0] == *LOADGEN_ASK_BULK) {
        guest->state = GUEST_BULK;
        loopback_watch(origin->epoll, EPOLL_CTL_MOD, guest->fd, EPOLLOUT, guest);
        return true;
    }
    if (guest->state == GUEST_NEW && guest->in[0] == *LOADGEN_ASK_SINK) {
        guest->state = GUEST_SINK;
        return true;
    }
    if (guest->state == GUEST_NEW)
        guest->state = guest->in[0] == 'G' ? GUEST_HTTP : GUEST_ECHO;
    return guest->state == GUEST_HTTP ? serve_http(origin, guest) : serve_echo(guest);
}

static void welcome(struct origin *origin)
{
    for (int i = 0; i < LOOPBACK_BACKLOG; i++) {
        int fd = accept4(origin->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        struct guest *guest;

        if (fd < 0)
            return;
        guest = calloc(1, sizeof(*guest));
        if (!guest) {
            close(fd);
            return;
        }
        guest->fd = fd;
        loopback_no_delay(fd);
        loopback_watch(origin->epoll, EPOLL_CTL_ADD, fd, EPOLLIN, guest);
    }
}

static void turn(struct origin *origin)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(origin->epoll, events, EVENTS, LOOPBACK_TICK_MS);

    for (int i = 0; i < n; i++) {
        struct guest *guest = events[i].data.ptr;

        if (events[i].data.ptr == &origin->listener) {
            welcome(origin);
        } else if (events[i].data.ptr == &origin->ended) {
            char byte;

            origin->ended = read(STDIN_FILENO, &byte, 1) <= 0;
        } else if (!serve(origin, guest)) {
            close(guest->fd);
            free(guest);
        }
    }
}

static void write_answer(struct origin *origin)
{
    int len = snprintf(origin->answer, sizeof(origin->answer),
                       "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
                       "Cache-Control: no-store\r\nContent-Length: %d\r\n\r\n",
                       LOADGEN_BODY);

    memset(origin->answer + len, 'x', LOADGEN_BODY);
    origin->answer_len = (size_t)len + LOADGEN_BODY;
}

int origin_run(const struct loadgen_options *options)
{
    struct origin origin = {.epoll = epoll_create1(EPOLL_CLOEXEC),
                            .listener = loopback_listen(options->port),
                            .chunk = calloc(1, LOADGEN_CHUNK)};
    uint64_t end = now_ns() + LOOPBACK_LIFE_S * 1000000000ULL;

    if (origin.epoll < 0 || origin.listener < 0 || !origin.chunk) {
        perror("loadgen: origin");
        free(origin.chunk);
        return 1;
    }
    write_answer(&origin);
    loopback_watch(origin.epoll, EPOLL_CTL_ADD, origin.listener, EPOLLIN, &origin.listener);
    loopback_watch(origin.epoll, EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN, &origin.ended);
    while (!origin.ended && now_ns() < end)
        turn(&origin);
    free(origin.chunk);
    return 0;
}
