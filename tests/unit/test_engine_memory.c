/* SPDX-License-Identifier: Apache-2.0
 * test_engine_memory.c - whole conversations through an engine, in which the first allocation
 * fails, then the second, and so on until none is left that could: the client gets a whole answer
 * or sees an end, its neighbour notices nothing, and nothing is left. */
#include <errno.h>
#include <fence/fence.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/descriptors.h"
#include "support/memory.h"
#include "support/sockets.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

#define HANG_MS  5000 /* under LIMIT_HEAD_MS: what only a deadline ends has been forgotten */
#define MOST     400  /* allocations of one conversation                                   */
#define SERVED   16   /* connections to the server of one run                              */
#define PORT     '~'  /* in a row: the server's port, as digits                            */
#define PORT_RAW '#'  /* as two bytes                                                      */

#define S(text) text, sizeof(text) - 1
#define HOST    "Host: good.test:~\r\n"
#define GET     "GET http://good.test:~/ HTTP/1.1\r\n" HOST "\r\n"
#define GOOD    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"
#define SEEN    "HTTP/1.1 200 OK\r\nVia: 1.1 fence\r\nContent-Length: 4\r\n\r\ngood"
#define OPEN    "CONNECT good.test:~ HTTP/1.1\r\n" HOST "\r\n"
#define OPENED  "HTTP/1.1 200 Connection Established\r\n\r\n"
#define REPLY   "\5\0\0\1\0\0\0\0\0\0"
#define X32     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X128    X32 X32 X32 X32
#define HELLO                                                                                      \
    "\26\3\1\0\101\1\0\0\75\3\3rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr\0\0\2\23\1\1\0\0\22"               \
    "\0\0\0\16\0\14\0\0\11good.test"

/* ---- the server: HTTP, both kinds of proxy, or an echo, as the first byte has it ---- */

struct served {
    int fd;
    bool echo;
    size_t len;
    char in[8192];
};

struct site {
    fence *engine;
    int port, server, there;
    struct served served[SERVED];
    size_t nserved;
};

static void answer(struct served *c, const char *bytes, size_t len)
{
    (void)!send(c->fd, bytes, len, MSG_NOSIGNAL); /* it may be gone */
    c->len = 0;
}

static void serve_socks(struct served *c)
{
    if (c->len == 3) {
        answer(c, "\5\0", 2);
    } else if (c->len > 10) {
        c->echo = true;
        answer(c, "\5\0\0\1\0\0\0\0\0\0", 10);
    }
}

static void serve_http(struct served *c)
{
    static const char good[] = GOOD;
    const char *end = memmem(c->in, c->len, S("Length: 5")) ? "hello" : "\r\n\r\n";

    if (memmem(c->in, c->len, S("chunked")))
        end = "0\r\n\r\n";
    if (c->len < strlen(end) || memcmp(c->in + c->len - strlen(end), end, strlen(end)) != 0)
        return;
    c->echo = c->in[0] == 'C';
    answer(c, good, c->echo ? strlen("HTTP/1.1 200 OK\r\n") : sizeof good - 1);
    if (c->echo)
        answer(c, "\r\n", 2);
}

static void serve_bytes(struct served *c)
{
    if (c->echo)
        answer(c, c->in, c->len);
    else if (c->in[0] == 5)
        serve_socks(c);
    else if (strchr("GPC", c->in[0]))
        serve_http(c);
    else
        answer(c, c->in, c->len);
}

static void serve(struct site *site)
{
    int fd;

    while ((fd = accept4(site->server, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        assert_true(site->nserved < SERVED);
        site->served[site->nserved++] = (struct served){.fd = fd};
    }
    for (size_t i = 0; i < site->nserved; i++) {
        struct served *c = &site->served[i];
        ssize_t len = c->fd < 0 ? -1 : recv(c->fd, c->in + c->len, sizeof c->in - c->len, 0);

        if (c->fd >= 0 && (len == 0 || (len < 0 && errno != EAGAIN))) {
            close(c->fd);
            c->fd = -1;
        } else if (len > 0) {
            c->len += (size_t)len;
            serve_bytes(c);
        }
    }
}

/* ---- a site ---- */

static void resolve(fence_question *question, const char *name, void *payload)
{
    static const char *const here[] = {"127.0.0.1"};

    (void)name;
    (void)payload;
    assert_int_equal(fence_answer(question, here, 1), 0);
}

/* Copies `text` with the server's port filled in. */
static size_t fill(char *out, const struct site *site, const char *text, size_t len)
{
    size_t used = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == PORT) {
            used += (size_t)sprintf(out + used, "%d", site->there);
        } else if (text[i] == PORT_RAW) {
            out[used++] = (char)(site->there >> 8);
            out[used++] = (char)site->there;
        } else {
            out[used++] = text[i];
        }
    }
    out[used] = '\0';
    return used;
}

static void open_site(struct site *site, const char *more)
{
    char json[1024], text[1024];
    fence_config *config;
    fence_error err = {0};
    size_t len;

    memset(site, 0, sizeof *site);
    site->server = sockets_listen(&site->there);
    snprintf(json, sizeof json,
             "{\"network\": {\"allowedDomains\": [\"good.test\", \"named.test\"],"
             " \"allowedAddresses\": [\"127.0.0.0/8\"], \"hosts\": {\"good.test\": \"127.0.0.1\"}"
             " %s}}",
             more);
    len = fill(text, site, json, strlen(json));
    if (fence_config_parse(&config, "test", text, len, NULL, 0, &err) != 0 ||
        fence_new(&site->engine, config, NULL, &err) != 0 ||
        fence_listen(site->engine, FENCE_PROTOCOL_AUTO, "127.0.0.1:0", &err) != 0)
        fail_msg("%s", err.message);
    fence_config_unref(config);
    fence_set_resolver(site->engine, resolve, NULL);
    site->port = fence_port(site->engine, FENCE_PROTOCOL_AUTO);
}

static void close_site(struct site *site)
{
    fence_close(site->engine);
    for (size_t i = 0; i < site->nserved; i++) {
        if (site->served[i].fd >= 0)
            close(site->served[i].fd);
    }
    close(site->server);
}

/* ---- a client ---- */

enum outcome { SAID, REFUSED, ENDED, RESET, HUNG };

struct client {
    int fd;
    size_t len;
    char got[8192];
};

/* One turn of everything, at once where something is to be done. */
static void turn(struct site *site, const struct client *c)
{
    struct pollfd fds[SERVED + 3] = {
        {fence_fd(site->engine), POLLIN, 0}, {site->server, POLLIN, 0}, {c->fd, POLLIN, 0}};
    int wait = fence_timeout(site->engine);

    for (size_t i = 0; i < site->nserved; i++)
        fds[3 + i] = (struct pollfd){site->served[i].fd, POLLIN, 0};
    poll(fds, 3 + site->nserved, wait == 0 ? 0 : 2);
    fence_step(site->engine);
    serve(site);
}

/* What came behind a whole answer to the first of two requests. */
static const char *last_answer(const struct client *c)
{
    return strncmp(c->got, SEEN, strlen(SEEN)) == 0 ? c->got + strlen(SEEN) : c->got;
}

/* A refusal for want of memory, with all of its body. */
static bool is_refusal(const char *got)
{
    const char *length = strstr(got, "Content-Length: "), *body = strstr(got, "\r\n\r\nfence: ");

    return strncmp(got, "HTTP/1.1 500", 12) == 0 && length && body &&
           strlen(body + 4) == strtoul(length + 16, NULL, 10);
}

/* An end in order must not hide that something is missing. */
static bool may_end(const struct client *c)
{
    const char *got = last_answer(c);

    if (got[0] == 5) /* a method, a reply that is no success, or both */
        return c->len == 2 || (c->len == 10 && got[1] != 0) || (c->len == 12 && got[3] != 0);
    return got == c->got + c->len || is_refusal(got);
}

/* Turns everything until `want` has come, or a refusal that leaves the connection open, or the end.
 */
static enum outcome listen_for(struct site *site, struct client *c, const char *want, size_t len)
{
    long until = sockets_now() + HANG_MS;

    while (sockets_now() < until) {
        ssize_t n = recv(c->fd, c->got + c->len, sizeof c->got - 1 - c->len, 0);

        c->len += n > 0 ? (size_t)n : 0;
        c->got[c->len] = '\0';
        if (len > 0 && memmem(c->got, c->len, want, len))
            return SAID;
        if (is_refusal(last_answer(c)) && !strstr(last_answer(c), "Connection: close\r\n"))
            return REFUSED;
        if (n == 0)
            return ENDED;
        if (n < 0 && errno != EAGAIN)
            return RESET;
        if (n < 0)
            turn(site, c);
    }
    return HUNG;
}

/* One thing said and its answer; where none is wanted, what was said arrives by itself. */
static enum outcome converse(struct site *site, struct client *c, const char *say, size_t say_len,
                             const char *want, size_t want_len)
{
    char bytes[4096];
    size_t len = fill(bytes, site, say, say_len);

    c->len = 0;
    if (send(c->fd, bytes, len, MSG_NOSIGNAL) < 0)
        return RESET;
    if (want_len > 0)
        return listen_for(site, c, want, want_len);
    for (int i = 0; i < 3; i++)
        turn(site, c);
    return SAID;
}

/* ---- the conversations ---- */

static const struct talk_row {
    const char *name;
    const char *settings;
    struct {
        const char *say;
        size_t say_len;
        const char *want;
        size_t want_len;
    } lines[5];
} talks[] = {
    {"GET", "", {{S(GET), S("\r\n\r\ngood")}}},
    {"GET of a name that is looked up",
     "",
     {{S("GET http://named.test:~/ HTTP/1.1\r\nHost: named.test:~\r\n\r\n"), S("\r\n\r\ngood")}}},
    {"GET with a body, in two pieces",
     "",
     {{S("GET http://good.test:~/ HTTP/1.1\r\nContent-Length: 5\r\n" HOST), S("")},
      {S("\r\nhel"), S("")},
      {S("lo"), S("\r\n\r\ngood")}}},
    {"POST in chunks",
     "",
     {{S("POST http://good.test:~/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" HOST
         "\r\n5\r\nhello\r\n0\r\n\r\n"),
       S("\r\n\r\ngood")}}},
    {"POST with more than fits behind its head",
     "",
     {{S("POST http://good.test:~/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" HOST
         "\r\n200\r\n" X128 X128 X128 X128 "\r\n0\r\n\r\n"),
       S("\r\n\r\ngood")}}},
    {"a second request by a pooled connection",
     "",
     {{S(GET), S("\r\n\r\ngood")}, {S(GET), S("\r\n\r\ngood")}}},
    {"two requests in one breath", "", {{S(GET GET), S(SEEN SEEN)}}},
    {"a refusal, and a request after it",
     "",
     {{S("GET http://evil.test/ HTTP/1.1\r\nHost: evil.test\r\n\r\n"), S("allow it:")},
      {S(GET), S("\r\n\r\ngood")}}},
    {"no HTTP", "", {{S("nonsense\r\n\r\n"), S("400")}}},
    {"CONNECT", "", {{S(OPEN), S(OPENED)}, {S("one"), S("one")}, {S("two"), S("two")}}},
    {"CONNECT with early bytes", "", {{S(OPEN "early"), S("early")}}},
    {"a ClientHello in a tunnel", "", {{S(OPEN), S(OPENED)}, {S(HELLO), S(HELLO)}}},
    {"a ClientHello in two pieces",
     "",
     {{S(OPEN), S(OPENED)}, {HELLO, 40, S("")}, {&HELLO[40], sizeof HELLO - 41, S(HELLO)}}},
    {"SOCKS5",
     "",
     {{S("\5\1\0"), S("\5\0")}, {S("\5\1\0\3\11good.test#"), S(REPLY)}, {S("one"), S("one")}}},
    {"SOCKS5 in one breath, with a ClientHello",
     "",
     {{S("\5\1\0\5\1\0\3\11good.test#" HELLO), S(HELLO)}}},
    {"SOCKS5, byte by byte",
     "",
     {{S("\5"), S("")},
      {S("\1\0"), S("\5\0")},
      {S("\5\1\0\3\11good"), S("")},
      {S(".test#"), S(REPLY)},
      {S("one"), S("one")}}},
    {"GET behind an HTTP proxy",
     ", \"upstreamProxy\": \"http://me:secret@127.0.0.1:~\"",
     {{S("GET http://named.test:~/ HTTP/1.1\r\nHost: named.test:~\r\n\r\n"), S("\r\n\r\ngood")}}},
    {"CONNECT behind an HTTP proxy",
     ", \"upstreamProxy\": \"http://me:secret@127.0.0.1:~\"",
     {{S("CONNECT named.test:443 HTTP/1.1\r\nHost: named.test:443\r\n\r\n"), S(OPENED)},
      {S("one"), S("one")}}},
    {"CONNECT behind a SOCKS5 proxy",
     ", \"upstreamProxy\": \"socks5h://127.0.0.1:~\"",
     {{S("CONNECT named.test:443 HTTP/1.1\r\nHost: named.test:443\r\n\r\n"), S(OPENED)},
      {S("one"), S("one")}}},
};

/* ---- a run ---- */

/* Returns whether all of it was said and answered. */
static bool talk(struct site *site, const struct talk_row *row, size_t n)
{
    struct client c = {.fd = sockets_connect(site->port)};
    enum outcome outcome = SAID;

    for (size_t i = 0; i < LEN(row->lines) && row->lines[i].say && outcome == SAID; i++)
        outcome = converse(site, &c, row->lines[i].say, row->lines[i].say_len, row->lines[i].want,
                           row->lines[i].want_len);
    close(c.fd);
    if (outcome == HUNG)
        fail_msg("%s, allocation %zu: no answer and no end, but '%s'", row->name, n, c.got);
    if (outcome == ENDED && !may_end(&c))
        fail_msg("%s, allocation %zu: an end in order behind '%s'", row->name, n, c.got);
    return outcome == SAID;
}

static void expect_talk(struct site *site, const struct talk_row *row, size_t n, const char *who)
{
    if (!talk(site, row, n))
        fail_msg("%s, allocation %zu: %s is not served", row->name, n, who);
}

/* The same in a tunnel that was open before. */
static void expect_echo(struct site *site, struct client *neighbour, const struct talk_row *row,
                        size_t n)
{
    if (converse(site, neighbour, S("still here"), S("still here")) != SAID)
        fail_msg("%s, allocation %zu: the neighbour has lost its tunnel", row->name, n);
}

struct how {
    bool all_after; /* every later one fails too                           */
    bool busy;      /* whatever is written has to be kept for a while */
};

/* Returns whether an allocation has failed. */
static bool run(const struct talk_row *row, size_t n, struct how how)
{
    static const struct talk_row open = {"", "", {{S(OPEN), S(OPENED)}}};
    struct client neighbour;
    struct site site;
    bool failed, all_said;

    open_site(&site, row->settings);
    neighbour = (struct client){.fd = sockets_connect(site.port)};
    assert_int_equal(
        converse(&site, &neighbour, open.lines[0].say, open.lines[0].say_len, S(OPENED)), SAID);
    expect_echo(&site, &neighbour, row, n);
    memory_fail(n, how.all_after);
    memory.busy = how.busy;
    all_said = talk(&site, row, n);
    memory.busy = false;
    expect_echo(&site, &neighbour, row, n);
    failed = memory_failed();
    if (!failed && !all_said)
        fail_msg("%s: fails by itself", row->name);
    expect_echo(&site, &neighbour, row, n);
    expect_talk(&site, row, n, "the next one");
    close(neighbour.fd);
    close_site(&site);
    return failed;
}

static void test_each_allocation(struct how how)
{
    memory_fail(0, false);
    run(&talks[0], 0, (struct how){0}); /* libuv keeps some things from its first loop on */
    for (const struct talk_row *row = talks; row < talks + LEN(talks); row++) {
        size_t live = memory.live, descriptors = descriptors_open(), n = 1;

        while (run(row, n, how)) {
            if (memory.live != live)
                fail_msg("%s, allocation %zu: %zu blocks are left", row->name, n,
                         memory.live - live);
            if (descriptors_open() != descriptors)
                fail_msg("%s, allocation %zu: %zu descriptors instead of %zu", row->name, n,
                         descriptors_open(), descriptors);
            assert_true(n++ < MOST);
        }
        assert_true(n > 5); /* or nothing was tested */
    }
}

static void test_one_fails(void **state)
{
    (void)state;
    test_each_allocation((struct how){0});
}

static void test_all_fail(void **state)
{
    (void)state;
    test_each_allocation((struct how){.all_after = true});
}

static void test_fails_where_nothing_is_taken_at_once(void **state)
{
    (void)state;
    test_each_allocation((struct how){.busy = true});
    test_each_allocation((struct how){.busy = true, .all_after = true});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_fails),
        cmocka_unit_test(test_all_fail),
        cmocka_unit_test(test_fails_where_nothing_is_taken_at_once),
    };

    memory_begin();
    signal(SIGPIPE, SIG_IGN); /* as the header asks */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
