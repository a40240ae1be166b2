/* SPDX-License-Identifier: Apache-2.0
 * loadgen_client.c - the clients of the load generator: each opens, asks, waits, and starts again.
 *
 * A client has one socket and is called once for it in a round of events. Nothing is retried
 * within a round: what failed is opened again in the next, and a run of many errors ends. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "bench/loadgen.h"
#include "bench/loopback.h"

#define EVENTS      256
#define WAIT_MS     50
#define DISCARD     (1024 * 1024) /* bytes of a bulk stream at once, never copied */
#define NS_A_SECOND 1000000000ULL

enum client_state {
    CLIENT_CLOSED,
    CLIENT_CONNECTING,
    CLIENT_GREETING, /* SOCKS5's first answer      */
    CLIENT_ASKING,   /* the answer to a request for a tunnel */
    CLIENT_ECHOING,
    CLIENT_ANSWER, /* the head of an HTTP answer */
    CLIENT_BODY,
    CLIENT_BULK,
    CLIENT_HOLDING
};

struct client {
    int fd;
    enum client_state state;
    bool used; /* has had an answer: the proxy may end it between two requests */
    uint64_t start;
    struct wire_answer answer;
    size_t have;
    char in[4096];
};

struct load {
    const struct loadgen_options *options;
    struct loadgen_tally tally;
    struct wire wire;
    int epoll;
    unsigned closed, holding;
    struct client *clients;
};

/* 1 when all was sent, 0 when the socket is not there yet, -1 when it never will. */
static int say(struct client *client, const char *bytes, size_t len)
{
    ssize_t n = send(client->fd, bytes, len, MSG_NOSIGNAL);

    if (n == (ssize_t)len)
        return 1;
    return n < 0 && errno == EAGAIN ? 0 : -1;
}

static void client_close(struct load *load, struct client *client)
{
    if (client->state == CLIENT_HOLDING)
        load->holding--;
    close(client->fd);
    client->state = CLIENT_CLOSED;
    load->closed++;
}

static void client_fail(struct load *load, struct client *client)
{
    load->tally.errors++;
    client_close(load, client);
}

/* The next step is `state`, once the bytes are on their way. */
static int ask(struct client *client, enum client_state state, const char *bytes, size_t len)
{
    int said = say(client, bytes, len);

    if (said > 0)
        client->state = state;
    client->have = 0;
    return said;
}

/* The way to the origin is open: the first word to it. */
static int greet_origin(const struct load *load, struct client *client)
{
    if (load->options->mode == LOADGEN_BULK)
        return ask(client, CLIENT_BULK, LOADGEN_ASK_BULK, 1);
    return ask(client, CLIENT_ECHOING, LOADGEN_ASK_ECHO, 1);
}

static int greet_proxy(const struct load *load, struct client *client)
{
    const struct wire *wire = &load->wire;

    if (load->options->mode == LOADGEN_HTTP)
        return ask(client, CLIENT_ANSWER, wire->get, wire->get_len);
    switch (load->options->via) {
    case LOADGEN_VIA_CONNECT:
        return ask(client, CLIENT_ASKING, wire->tunnel, wire->tunnel_len);
    case LOADGEN_VIA_SOCKS:
        return ask(client, CLIENT_GREETING, "\5\1\0", 3);
    case LOADGEN_VIA_RELAY:
        return greet_origin(load, client);
    }
    return -1;
}

static void client_open(struct load *load, struct client *client)
{
    int said;

    client->start = now_ns();
    client->used = false;
    client->fd = loopback_connect(load->options->port);
    if (client->fd < 0) {
        load->tally.errors++;
        return;
    }
    load->closed--;
    load->tally.connections++;
    client->state = CLIENT_CONNECTING;
    said = greet_proxy(load, client); /* on loopback it is mostly there at once */
    if (said < 0)
        client_fail(load, client);
    else
        loopback_watch(load->epoll, EPOLL_CTL_ADD, client->fd, said ? EPOLLIN : EPOLLOUT, client);
}

static void client_connected(struct load *load, struct client *client)
{
    int said = greet_proxy(load, client);

    if (said < 0)
        client_fail(load, client);
    else if (said > 0)
        loopback_watch(load->epoll, EPOLL_CTL_MOD, client->fd, EPOLLIN, client);
}

static void client_done(struct load *load, struct client *client)
{
    uint64_t now = now_ns();

    load->tally.ops++;
    tally_add(&load->tally, now - client->start);
    if (load->options->mode == LOADGEN_IDLE) {
        client->state = CLIENT_HOLDING;
        load->holding++;
    } else if (load->options->mode == LOADGEN_HTTP && client->answer.lasting) {
        client->used = true;
        client->start = now;
        if (ask(client, CLIENT_ANSWER, load->wire.get, load->wire.get_len) <= 0)
            client_fail(load, client);
    } else {
        client_close(load, client);
        client_open(load, client);
    }
}

static void on_greeting(struct load *load, struct client *client)
{
    int ok = wire_greeting(client->in, client->have);

    if (ok < 0 ||
        (ok > 0 && ask(client, CLIENT_ASKING, load->wire.tunnel, load->wire.tunnel_len) <= 0))
        client_fail(load, client);
}

static void on_asked(struct load *load, struct client *client)
{
    int ok;

    if (load->options->via == LOADGEN_VIA_SOCKS)
        ok = wire_socks_reply(client->in, client->have);
    else
        ok = wire_http(&client->answer, client->in, client->have);
    if (ok < 0 || (ok > 0 && greet_origin(load, client) <= 0))
        client_fail(load, client);
}

/* Counts the body: `have` becomes what is there of it, and its bytes need no place. */
static void on_body(struct load *load, struct client *client)
{
    load->tally.bytes += client->have;
    client->answer.body -= client->have < client->answer.body ? client->have : client->answer.body;
    client->have = 0;
    if (client->answer.sized && client->answer.body == 0)
        client_done(load, client);
}

static void on_answer(struct load *load, struct client *client)
{
    int ok = wire_http(&client->answer, client->in, client->have);

    if (ok < 0) {
        client_fail(load, client);
    } else if (ok > 0) {
        client->state = CLIENT_BODY;
        client->have -= client->answer.head;
        on_body(load, client);
    }
}

/* A connection that ends between two requests is no failure, and a body may end with it. */
static void on_end(struct load *load, struct client *client)
{
    if (client->state == CLIENT_BODY && !client->answer.sized) {
        client->answer.lasting = false;
        client_done(load, client);
    } else if (client->state == CLIENT_ANSWER && client->used && client->have == 0) {
        client_close(load, client);
    } else {
        client_fail(load, client);
    }
}

static void on_bulk(struct load *load, struct client *client)
{
    ssize_t n = recv(client->fd, NULL, DISCARD, MSG_TRUNC);

    if (n > 0)
        load->tally.bytes += (uint64_t)n;
    else if (n == 0 || errno != EAGAIN)
        client_fail(load, client);
}

static void on_bytes(struct load *load, struct client *client)
{
    ssize_t n = recv(client->fd, client->in + client->have, sizeof(client->in) - client->have, 0);

    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            on_end(load, client);
        return;
    }
    client->have += (size_t)n;
    switch (client->state) {
    case CLIENT_GREETING:
        on_greeting(load, client);
        return;
    case CLIENT_ASKING:
        on_asked(load, client);
        return;
    case CLIENT_ECHOING:
        client_done(load, client);
        return;
    case CLIENT_ANSWER:
        on_answer(load, client);
        return;
    case CLIENT_BODY:
        on_body(load, client);
        return;
    case CLIENT_CLOSED:
    case CLIENT_CONNECTING:
    case CLIENT_BULK:
    case CLIENT_HOLDING: /* nobody has asked for anything */
        client_fail(load, client);
        return;
    }
}

static void client_step(struct load *load, struct client *client)
{
    if (client->state == CLIENT_CONNECTING)
        client_connected(load, client);
    else if (client->state == CLIENT_BULK)
        on_bulk(load, client);
    else
        on_bytes(load, client);
}

static void open_closed(struct load *load)
{
    for (unsigned i = 0; i < load->options->clients && load->closed > 0; i++)
        if (load->clients[i].state == CLIENT_CLOSED)
            client_open(load, &load->clients[i]);
}

/* Until the time is over; idle tunnels: until all of them stand. */
static void run(struct load *load, uint64_t end)
{
    const struct loadgen_options *options = load->options;
    struct epoll_event events[EVENTS];

    while (now_ns() < end && load->tally.errors < LOADGEN_ERRORS &&
           load->holding < options->clients) {
        int n;

        if (load->closed > 0)
            open_closed(load);
        n = epoll_wait(load->epoll, events, EVENTS, WAIT_MS);
        for (int i = 0; i < n; i++)
            client_step(load, events[i].data.ptr);
    }
}

static void count_stalled(struct load *load)
{
    uint64_t now = now_ns();

    for (unsigned i = 0; i < load->options->clients; i++) {
        const struct client *client = &load->clients[i];
        bool waits = client->state != CLIENT_CLOSED && client->state != CLIENT_HOLDING &&
                     client->state != CLIENT_BULK;

        if (waits && now - client->start > LOADGEN_STALL_S * NS_A_SECOND)
            load->tally.stalled++;
    }
}

int clients_run(const struct loadgen_options *options)
{
    struct load load = {
        .options = options, .epoll = epoll_create1(EPOLL_CLOEXEC), .closed = options->clients};
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    uint64_t start;

    load.clients = calloc(options->clients, sizeof(*load.clients));
    if (load.epoll < 0 || !load.clients || !wire_init(&load.wire, options)) {
        fprintf(stderr, "loadgen: no memory, or a name that is too long\n");
        free(load.clients);
        return 1;
    }
    start = now_ns();
    run(&load, start + options->seconds * NS_A_SECOND);
    load.tally.seconds = (double)(now_ns() - start) / 1e9;
    count_stalled(&load);
    tally_print(&load.tally, options);
    if (options->mode == LOADGEN_IDLE)
        poll(&input, 1, LOADGEN_SECONDS * 1000);
    free(load.clients);
    return 0;
}
