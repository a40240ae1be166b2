/* SPDX-License-Identifier: Apache-2.0
 * relay.c - two bare relays, as yardsticks: what a proxy costs that neither reads nor decides.
 *
 *   relay epoll  PORT TARGET    read and write, 256 KiB at once, one buffer for all
 *   relay splice PORT TARGET    splice through a pipe of 1 MiB, from a small pool
 *
 * Both accept on 127.0.0.1:PORT, connect to 127.0.0.1:TARGET and copy both ways with half-close,
 * in one thread, until standard input ends. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "bench/loopback.h"

#define EVENTS     256
#define BUFFER     (256 * 1024)
#define PIPE_BYTES (1024 * 1024)
#define POOL       64

struct duct {
    int out, in;
};

/* What goes from one side to the other, and waits there. */
struct flow {
    size_t pending, sent;
    char *held;       /* epoll: a copy of what waits           */
    struct duct duct; /* splice: where it waits; in is 0: none */
    bool ended;
};

struct side {
    struct pair *pair;
    int fd;
    uint32_t events;
};

struct pair {
    struct side side[2];
    struct flow flow[2]; /* flow[i] comes from side[i] */
    bool dead;
    struct pair *next;
};

struct relay {
    const struct mover *mover;
    int epoll, listener;
    uint16_t target;
    bool ended;
    struct pair *dead;
    unsigned spare;
    struct duct pool[POOL];
    char buffer[BUFFER];
};

struct mover {
    const char *name;
    /* Bytes taken from fd into the flow: as read(2). */
    ssize_t (*fill)(struct relay *relay, struct flow *flow, int fd);
    /* Bytes of what is pending that went to fd: as write(2). */
    ssize_t (*drain)(struct relay *relay, struct flow *flow, int fd);
    /* The flow waits, with bytes pending. False: no memory. */
    bool (*hold)(struct relay *relay, struct flow *flow);
    /* The flow waits no longer, or its pair is dead. */
    void (*release)(struct relay *relay, struct flow *flow);
};

static ssize_t copy_fill(struct relay *relay, struct flow *flow, int fd)
{
    (void)flow;
    return recv(fd, relay->buffer, BUFFER, 0);
}

static ssize_t copy_drain(struct relay *relay, struct flow *flow, int fd)
{
    return send(fd, (flow->held ? flow->held : relay->buffer) + flow->sent, flow->pending, 0);
}

static bool copy_hold(struct relay *relay, struct flow *flow)
{
    if (flow->held)
        return true;
    flow->held = malloc(flow->pending);
    if (!flow->held)
        return false;
    memcpy(flow->held, relay->buffer + flow->sent, flow->pending);
    flow->sent = 0;
    return true;
}

static void copy_release(struct relay *relay, struct flow *flow)
{
    (void)relay;
    free(flow->held);
    flow->held = NULL;
}

static bool duct_take(struct relay *relay, struct flow *flow)
{
    int fds[2];

    if (relay->spare > 0) {
        flow->duct = relay->pool[--relay->spare];
        return true;
    }
    if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) < 0)
        return false;
    fcntl(fds[1], F_SETPIPE_SZ, PIPE_BYTES);
    flow->duct = (struct duct){fds[0], fds[1]};
    return true;
}

static ssize_t splice_fill(struct relay *relay, struct flow *flow, int fd)
{
    if (!flow->duct.in && !duct_take(relay, flow))
        return -1;
    return splice(fd, NULL, flow->duct.in, NULL, PIPE_BYTES, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}

static ssize_t splice_drain(struct relay *relay, struct flow *flow, int fd)
{
    (void)relay;
    return splice(flow->duct.out, NULL, fd, NULL, flow->pending, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}

static bool splice_hold(struct relay *relay, struct flow *flow)
{
    (void)relay;
    return flow->duct.in > 0;
}

/* An empty pipe goes back to the pool; one with bytes of a dead pair in it must not. */
static void splice_release(struct relay *relay, struct flow *flow)
{
    if (!flow->duct.in)
        return;
    if (relay->spare < POOL && flow->pending == 0) {
        relay->pool[relay->spare++] = flow->duct;
    } else {
        close(flow->duct.in);
        close(flow->duct.out);
    }
    flow->duct = (struct duct){0, 0};
}

static const struct mover movers[] = {
    {"epoll", copy_fill, copy_drain, copy_hold, copy_release},
    {"splice", splice_fill, splice_drain, splice_hold, splice_release},
};

static void pair_close(struct relay *relay, struct pair *pair)
{
    for (int i = 0; i < 2; i++) {
        close(pair->side[i].fd);
        relay->mover->release(relay, &pair->flow[i]);
    }
    pair->dead = true; /* freed after the round: its other side may have an event in it */
    pair->next = relay->dead;
    relay->dead = pair;
}

/* Sends what is pending. False: the pair is to be closed. */
static bool flow_drain(struct relay *relay, struct pair *pair, int from)
{
    struct flow *flow = &pair->flow[from];
    int to = pair->side[!from].fd;

    while (flow->pending > 0) {
        ssize_t n = relay->mover->drain(relay, flow, to);

        if (n < 0 && errno == EAGAIN)
            return relay->mover->hold(relay, flow);
        if (n <= 0)
            return false;
        flow->sent += (size_t)n;
        flow->pending -= (size_t)n;
    }
    relay->mover->release(relay, flow);
    if (flow->ended)
        shutdown(to, SHUT_WR);
    return !flow->ended || !pair->flow[!from].ended || pair->flow[!from].pending > 0;
}

static bool flow_move(struct relay *relay, struct pair *pair, int from)
{
    struct flow *flow = &pair->flow[from];
    ssize_t n = relay->mover->fill(relay, flow, pair->side[from].fd);

    if (n < 0) {
        bool again = errno == EAGAIN;

        relay->mover->release(relay, flow);
        return again;
    }
    flow->sent = 0;
    flow->pending = (size_t)n;
    flow->ended = n == 0;
    return flow_drain(relay, pair, from);
}

static void pair_watch(struct relay *relay, struct pair *pair, int operation)
{
    for (int i = 0; i < 2; i++) {
        const struct flow *out = &pair->flow[i];
        struct side *side = &pair->side[i];
        uint32_t events =
            (out->ended || out->pending ? 0U : EPOLLIN) | (pair->flow[!i].pending ? EPOLLOUT : 0U);

        if (operation == EPOLL_CTL_MOD && events == side->events)
            continue;
        side->events = events;
        loopback_watch(relay->epoll, operation, side->fd, events, side);
    }
}

static void pair_step(struct relay *relay, struct side *side, uint32_t events)
{
    struct pair *pair = side->pair;
    int i = side == &pair->side[1];
    bool alive = true;

    if (pair->dead)
        return;
    if (events & EPOLLOUT)
        alive = flow_drain(relay, pair, !i);
    if (alive && events & EPOLLIN)
        alive = flow_move(relay, pair, i);
    if (alive && events & (EPOLLERR | EPOLLHUP) && !(events & (EPOLLIN | EPOLLOUT)))
        alive = false;
    if (alive)
        pair_watch(relay, pair, EPOLL_CTL_MOD);
    else
        pair_close(relay, pair);
}

static void pair_new(struct relay *relay, int fd)
{
    struct pair *pair = calloc(1, sizeof(*pair));
    int up = loopback_connect(relay->target);

    if (!pair || up < 0) {
        close(fd);
        if (up >= 0)
            close(up);
        free(pair);
        return;
    }
    loopback_no_delay(fd);
    pair->side[0] = (struct side){.pair = pair, .fd = fd};
    pair->side[1] = (struct side){.pair = pair, .fd = up};
    pair_watch(relay, pair, EPOLL_CTL_ADD);
}

static void accept_all(struct relay *relay)
{
    for (int i = 0; i < LOOPBACK_BACKLOG; i++) {
        int fd = accept4(relay->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd < 0)
            return;
        pair_new(relay, fd);
    }
}

static void turn(struct relay *relay)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(relay->epoll, events, EVENTS, LOOPBACK_TICK_MS);

    for (int i = 0; i < n; i++) {
        char byte;

        if (events[i].data.ptr == &relay->listener)
            accept_all(relay);
        else if (events[i].data.ptr == &relay->ended)
            relay->ended = read(STDIN_FILENO, &byte, 1) <= 0;
        else
            pair_step(relay, events[i].data.ptr, events[i].events);
    }
    while (relay->dead) {
        struct pair *pair = relay->dead;

        relay->dead = pair->next;
        free(pair);
    }
}

static uint16_t read_port(const char *text)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);

    return *end || port > UINT16_MAX ? 0 : (uint16_t)port;
}

int main(int argc, char **argv)
{
    auto_free struct relay *relay = calloc(1, sizeof(*relay));
    uint64_t end = now_ns() + LOOPBACK_LIFE_S * 1000000000ULL;

    for (size_t i = 0; argc == 4 && relay && i < ARRAY_LEN(movers); i++)
        if (strcmp(argv[1], movers[i].name) == 0)
            relay->mover = &movers[i];
    if (!relay || !relay->mover || !read_port(argv[2]) || !read_port(argv[3])) {
        fprintf(stderr, "usage: relay epoll|splice PORT TARGET\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    loopback_raise_limit();
    relay->target = read_port(argv[3]);
    relay->epoll = epoll_create1(EPOLL_CLOEXEC);
    relay->listener = loopback_listen(read_port(argv[2]));
    if (relay->epoll < 0 || relay->listener < 0) {
        perror("relay");
        return 1;
    }
    loopback_watch(relay->epoll, EPOLL_CTL_ADD, relay->listener, EPOLLIN, &relay->listener);
    loopback_watch(relay->epoll, EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN, &relay->ended);
    while (!relay->ended && now_ns() < end)
        turn(relay);
    return 0;
}
