/* SPDX-License-Identifier: Apache-2.0
 * clocked.h - an engine, a client and a server in a time of the test's own, which passes only when
 * it says so: a deadline of ten minutes takes no time. Include it once, behind <cmocka.h>. */
#ifndef FENCE_TESTS_CLOCKED_H
#define FENCE_TESTS_CLOCKED_H

#include "support/clock.h"
#include "support/sockets.h"

#define TURNS   20   /* what was said has come to the engine, and the answer back */
#define TRIES   1000 /* turns of a few milliseconds; a busy machine is no failure */
#define WAITING 8    /* connections that nobody accepts, in the queue of a server */

/* ---- an engine, a client, a server ---- */

struct site {
    fence *engine;
    int port, server, there;
    int client, upstream; /* the server's end of the connection; or -1                 */
    int waiting[WAITING]; /* in the server's queue, which is full then; 0: none */
    unsigned asked;       /* names                                                     */
    fence_question *question;
    unsigned closed; /* sessions */
};

static inline void on_event(const fence_event *event, void *payload)
{
    struct site *site = payload;

    site->closed += event->kind == FENCE_EVENT_CLOSE;
}

/* "silent.test" has no answer until the site is closed, the others two addresses. */
static inline void resolve(fence_question *question, const char *name, void *payload)
{
    static const char *const both[] = {"127.0.0.1", "127.0.0.2"};
    struct site *site = payload;

    site->asked++;
    if (strcmp(name, "silent.test") == 0)
        site->question = question;
    else
        assert_int_equal(fence_answer(question, both, 2), 0);
}

static inline void turn(struct site *site)
{
    struct pollfd engine = {fence_fd(site->engine), POLLIN, 0};

    poll(&engine, 1, fence_timeout(site->engine) == 0 ? 0 : 1);
    fence_step(site->engine);
}

static inline void pass_time(struct site *site, long ms)
{
    now_ms += ms;
    for (int i = 0; i < TURNS; i++)
        turn(site);
}

/* "@" is the server's port. */
static inline size_t fill(char *out, size_t cap, const struct site *site, const char *text)
{
    size_t len = 0;

    for (; *text; text++)
        len += (size_t)(*text == '@' ? snprintf(out + len, cap - len, "%d", site->there)
                                     : snprintf(out + len, cap - len, "%c", *text));
    return len;
}

static inline void open_site(struct site *site, const char *more)
{
    char json[512], text[512];
    size_t len;
    fence_observer observer = {.on_event = on_event, .payload = site};
    fence_config *config;
    fence_error err = {0};

    memset(site, 0, sizeof *site);
    site->client = site->upstream = -1;
    site->server = sockets_listen(&site->there);
    snprintf(json, sizeof json,
             "{\"network\": {\"allowedDomains\": [\"*\"], \"allowedAddresses\":"
             " [\"127.0.0.0/8\"], \"hosts\": {\"good.test\": \"127.0.0.1\"} %s}}",
             more);
    len = fill(text, sizeof text, site, json);
    if (fence_config_parse(&config, "test", text, len, NULL, 0, &err) != 0 ||
        fence_new(&site->engine, config, &observer, &err) != 0 ||
        fence_listen(site->engine, FENCE_PROTOCOL_AUTO, "127.0.0.1:0", &err) != 0)
        fail_msg("%s", err.message);
    fence_config_unref(config);
    fence_set_resolver(site->engine, resolve, site);
    site->port = fence_port(site->engine, FENCE_PROTOCOL_AUTO);
}

static inline void close_site(struct site *site)
{
    fence_close(site->engine);
    if (site->question)
        fence_answer(site->question, NULL, 0);
    for (size_t i = 0; i < WAITING; i++) {
        if (site->waiting[i] > 0)
            close(site->waiting[i]);
    }
    if (site->client >= 0)
        close(site->client);
    if (site->upstream >= 0)
        close(site->upstream);
    close(site->server);
}

static inline void say_raw(struct site *site, const char *bytes, size_t len)
{
    if (site->client < 0)
        site->client = sockets_connect(site->port);
    assert_int_equal(send(site->client, bytes, len, MSG_NOSIGNAL), len);
    pass_time(site, 0);
}

/* As fill() has it. */
static inline void say(struct site *site, const char *text)
{
    char bytes[1024];

    say_raw(site, bytes, fill(bytes, sizeof bytes, site, text));
}

/* Turns until `want` has come, or, where it is empty, the end or a reset. Returns 0, or the errno
 * that came instead. */
static inline int hear(struct site *site, int fd, const char *want)
{
    char text[4096];
    size_t len = 0;

    for (int i = 0; i < TRIES; i++) {
        ssize_t n = recv(fd, text + len, sizeof text - 1 - len, 0);

        len += n > 0 ? (size_t)n : 0;
        text[len] = '\0';
        if (want[0] ? strstr(text, want) != NULL : n == 0)
            return 0;
        if (n == 0)
            return EPIPE;
        if (n < 0 && errno != EAGAIN)
            return errno;
        if (n < 0)
            turn(site);
    }
    return EAGAIN;
}

static inline void accept_one(struct site *site)
{
    for (int i = 0; i < TRIES && site->upstream < 0; i++) {
        turn(site);
        site->upstream = accept4(site->server, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    }
    assert_true(site->upstream >= 0);
}

static inline void answer(struct site *site, const char *text)
{
    assert_true(sockets_send(site->upstream, text));
    pass_time(site, 0);
}

/* From here on the server's port answers no SYN. */
static inline void fill_queue(struct site *site)
{
    assert_int_equal(listen(site->server, 0), 0);
    for (size_t i = 0; i < WAITING; i++)
        site->waiting[i] = sockets_connect(site->there);
}

#endif
