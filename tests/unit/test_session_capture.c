/* SPDX-License-Identifier: Apache-2.0
 * test_session_capture.c - clients that know of no proxy, led to a listener of ours: what they meet
 * is told from where they have connected to and from their first words. No namespace is needed: the
 * test says where each has connected to. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/base.h"
#include "proxy/listener.h"
#include "support/hello.h"
#include "support/sockets.h"

#define RULES                                                                                      \
    "{\"network\": {\"allowedDomains\": [\"good.test\", \"second.test\", \"198.51.100.7\"],"       \
    " \"deniedDomains\": [\"bad.test\"], \"hosts\": {\"good.test\": \"127.0.0.1\"}}}"
#define PATHS                                                                                      \
    "{\"network\": {\"rules\": [{\"action\": \"allow\", \"host\": \"good.test\","                  \
    " \"method\": \"GET\", \"path\": \"/ok\"}], \"hosts\": {\"good.test\": \"127.0.0.1\"}}}"

#define OK       "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
#define GET_GOOD "GET /ok HTTP/1.1\r\nHost: good.test\r\n\r\n"

#define POST_GOOD "POST /a HTTP/1.1\r\nHost: good.test\r\nContent-Length: 3\r\n\r\nabc"

/* ---- a place: an engine's inside, a server, and what the observer has seen ---- */

static struct {
    struct addr addr;
    uint16_t port;
    bool known;
} target; /* of the next client: a destination is a function without a payload */

static bool tell_target(struct addr *out, uint16_t *port, void *payload, int fd)
{
    (void)payload;
    (void)fd;
    *out = target.addr;
    *port = target.port;
    return target.known;
}

struct place {
    uv_loop_t loop;
    struct proxy proxy;
    struct listener_capture capture;
    struct listener *listener;
    int port;          /* of the listener */
    int server, there; /* a server of the test's, and its port */
    fence_request_kind kind;
    char host[300], message[300], program[LISTENER_PROGRAM];
    unsigned decisions, denied, alerts;
    char alert[512];
};

static bool tell_program(char out[LISTENER_PROGRAM], void *payload, const struct addr *from,
                         uint16_t from_port, const struct addr *to, uint16_t to_port)
{
    struct place *p = payload;

    snprintf(out, LISTENER_PROGRAM, "program:%u", from_port);
    assert_ptr_equal(p->capture.payload, p);
    assert_true(!target.known || (addr_equal(to, &target.addr) && to_port == target.port));
    return from->family == 4;
}

static void observe(const fence_event *event, void *payload)
{
    struct place *p = payload;

    if (event->kind == FENCE_EVENT_ALERT && ++p->alerts == 1)
        snprintf(p->alert, sizeof p->alert, "%s", event->text);
    if (event->kind != FENCE_EVENT_DECISION && event->kind != FENCE_EVENT_TLS)
        return;
    p->decisions += event->kind == FENCE_EVENT_DECISION;
    p->denied += event->decision->verdict == FENCE_DENY;
    p->kind = event->request->kind;
    snprintf(p->host, sizeof p->host, "%s", event->request->host);
    snprintf(p->program, sizeof p->program, "%s", event->program ? event->program : "");
    assert_int_equal(event->program != NULL, event->decision->verdict == FENCE_DENY);
    snprintf(p->message, sizeof p->message, "%s", event->decision->message);
}

static int listening(int *port)
{
    int fd = sockets_listen(port);

    assert_true(fd >= 0);
    return fd;
}

static void open_place(struct place *p, const char *json)
{
    fence_observer observer = {.on_event = observe, .payload = p};
    fence_config *config;
    fence_error err = {0};

    *p = (struct place){0};
    if (fence_config_parse(&config, "test", json, strlen(json), NULL, 0, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(uv_loop_init(&p->loop), 0);
    assert_int_equal(proxy_init(&p->proxy, &p->loop, config, &observer), 0);
    fence_config_unref(config);
    p->capture = (struct listener_capture){inside_names_new(), tell_target, tell_program, p, false};
    assert_non_null(p->capture.names);
    assert_int_equal(
        listener_adopt_capture(&p->listener, &p->proxy, &p->capture, listening(&p->port), &err), 0);
    p->server = listening(&p->there);
}

static void close_place(struct place *p)
{
    proxy_close(&p->proxy);
    uv_run(&p->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&p->loop), 0);
    proxy_deinit(&p->proxy);
    inside_names_free(p->capture.names);
    close(p->server);
}

/* "good.test", an address, or "": nobody knows. Port 0 is that of the server. */
static void aim(struct place *p, const char *where, uint16_t port)
{
    struct host host;

    target.known = *where != '\0';
    target.port = port ? port : (uint16_t)p->there;
    if (!target.known)
        return;
    assert_null(host_parse_bare(&host, str_of(where)));
    if (host.is_addr)
        target.addr = host.addr;
    else
        assert_int_equal(inside_names_addr(&target.addr, p->capture.names, &host, 4), 0);
}

static int client_of(struct place *p)
{
    int fd = sockets_connect(p->port);

    assert_true(fd >= 0);
    return fd;
}

static void turn(struct place *p)
{
    uv_run(&p->loop, UV_RUN_NOWAIT);
    poll(NULL, 0, 1);
}

static int accepted(struct place *p)
{
    long until = sockets_now() + SOCKETS_PATIENCE;
    int fd = -1;

    fcntl(p->server, F_SETFL, O_NONBLOCK);
    while (fd < 0 && sockets_now() < until) {
        turn(p);
        fd = accept(p->server, NULL, NULL);
    }
    assert_true(fd >= 0);
    return fd;
}

/* Reads until `want` stands in it; "" is the end, and "!" a reset. */
static void expect(struct place *p, int fd, const char *what, const char *want)
{
    long until = sockets_now() + SOCKETS_PATIENCE;
    char got[8192] = "";
    size_t len = 0;

    while (sockets_now() < until) {
        ssize_t rc;

        turn(p);
        rc = recv(fd, got + len, sizeof got - 1 - len, MSG_DONTWAIT);
        if (rc > 0)
            len += (size_t)rc;
        got[len] = '\0';
        if (*want && strcmp(want, "!") != 0 && strstr(got, want))
            return;
        if ((rc == 0 && !*want) || (rc < 0 && errno == ECONNRESET && strcmp(want, "!") == 0))
            return;
        if (rc == 0 || (rc < 0 && errno != EAGAIN))
            break;
    }
    fail_msg("%s: '%s' instead of '%s'", what, got, want);
}

/* ---- rows ---- */

/* What the client says; what the server hears of it and answers; what the client hears. NULL:
 * nothing of the kind. */
static const struct row {
    const char *name, *rules, *where;
    uint16_t port; /* 0: the server's */
    const char *says, *heard, *answer, *hears;
    fence_request_kind kind;
    const char *message; /* of the last decision, or NULL */
} rows[] = {
    {"a request", RULES, "good.test", 0, "GET /a HTTP/1.1\r\nHost: good.test\r\n\r\n",
     "GET /a HTTP/1.1\r\nHost: good.test\r\n", OK, "hi", FENCE_HTTP, NULL},
    {"a request with a body", RULES, "good.test", 0,
     "POST /a HTTP/1.1\r\nHost: good.test\r\nContent-Length: 3\r\n\r\nabc", "\r\n\r\nabc", OK, "hi",
     FENCE_HTTP, NULL},
    {"a request of HTTP/1.0 without Host", RULES, "good.test", 0, "GET / HTTP/1.0\r\n\r\n",
     "Host: good.test:", OK, "hi", FENCE_HTTP, NULL},
    {"absolute-form", RULES, "good.test", 0, "GET http://good.test/a HTTP/1.0\r\n\r\n",
     "GET /a HTTP/1.1\r\n", OK, "hi", FENCE_HTTP, NULL},
    {"another protocol", RULES, "good.test", 0, "PING\r\n", "PING\r\n", "PONG\r\n", "PONG",
     FENCE_CAPTURE, NULL},
    {"what could begin a method", RULES, "good.test", 0, "V", "V", "7", "7", FENCE_CAPTURE, NULL},
    {"another HTTP", RULES, "good.test", 0, "PRI * HTTP/2.0\r\n\r\n", "PRI * HTTP/2.0\r\n\r\n", "x",
     "x", FENCE_CAPTURE, NULL},
    {"a proxy of somebody's", RULES, "good.test", 0, "CONNECT x.test:443 HTTP/1.1\r\n\r\n",
     "CONNECT x.test:443 HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n\r\n", "200", FENCE_CAPTURE, NULL},
    {"a server that speaks first", RULES, "good.test", 0, NULL, NULL, "SSH-2.0-x\r\n", "SSH-2.0-x",
     FENCE_CAPTURE, NULL},
    {"a name that no rule allows", RULES, "other.test", 22, NULL, NULL, NULL, "!", FENCE_CAPTURE,
     NULL},
    {"a name that is denied", RULES, "bad.test", 443, NULL, NULL, NULL, "!", FENCE_CAPTURE, NULL},
    {"a request to a denied name", RULES, "bad.test", 80,
     "GET / HTTP/1.1\r\nHost: bad.test\r\n\r\n", NULL, NULL, "HTTP/1.1 403 ", FENCE_HTTP, NULL},
    {"a request to one on another port", RULES, "bad.test", 8080,
     "GET / HTTP/1.1\r\nHost: bad.test\r\n\r\n", NULL, NULL, "HTTP/1.1 403 ", FENCE_HTTP, NULL},
    {"TLS to a denied name", RULES, "bad.test", 443, "\x16\x03\x01", NULL, NULL, "\x15\x03\x01",
     FENCE_CAPTURE, NULL},
    {"another protocol to a denied name", RULES, "bad.test", 22, "SSH-2.0-x\r\n", NULL, NULL, "!",
     FENCE_CAPTURE, NULL},
    {"no request to a denied name", RULES, "bad.test", 80, "PING\r\n", NULL, NULL, "!",
     FENCE_CAPTURE, NULL},
    {"an address that no rule allows", RULES, "203.0.113.9", 443, NULL, NULL, NULL, "!",
     FENCE_CAPTURE, NULL},
    {"a request to it", RULES, "203.0.113.9", 80, "GET / HTTP/1.1\r\nHost: good.test\r\n\r\n", NULL,
     NULL, "HTTP/1.1 403 ", FENCE_HTTP, NULL},
    {"an allowed address under a denied name", RULES, "198.51.100.7", 80,
     "GET / HTTP/1.1\r\nHost: bad.test\r\n\r\n", NULL, NULL, "HTTP/1.1 403 ", FENCE_HTTP, NULL},
    {"another name that is allowed", RULES, "good.test", 0,
     "GET / HTTP/1.1\r\nHost: second.test\r\n\r\n", "Host: second.test\r\n", OK, "hi", FENCE_HTTP,
     NULL},
    {"another name that no rule allows", RULES, "good.test", 0,
     "GET / HTTP/1.1\r\nHost: other.test\r\n\r\n", NULL, NULL, "HTTP/1.1 403 ", FENCE_HTTP,
     "the request names another host, other.test, which no rule allows"},
    {"another name that is denied", RULES, "good.test", 0,
     "GET / HTTP/1.1\r\nHost: bad.test\r\n\r\n", NULL, NULL, "HTTP/1.1 403 ", FENCE_HTTP, NULL},
    {"no Host", RULES, "good.test", 0, "GET / HTTP/1.1\r\n\r\n", NULL, NULL, "HTTP/1.1 400 ",
     FENCE_CAPTURE, NULL},
    {"a path that is allowed", PATHS, "good.test", 0, GET_GOOD, "GET /ok ", OK, "hi", FENCE_HTTP,
     NULL},
    {"a path that is not", PATHS, "good.test", 0, "GET /no HTTP/1.1\r\nHost: good.test\r\n\r\n",
     NULL, NULL, "HTTP/1.1 403 ", FENCE_HTTP, NULL},
    {"a tunnel where only a path is allowed", PATHS, "good.test", 0, "PING\r\n", NULL, NULL, "!",
     FENCE_CAPTURE, NULL},
    {"metadata of a cloud", "{\"network\": {\"allowedDomains\": [\"*\"]}}", "169.254.169.254", 443,
     NULL, NULL, NULL, "!", FENCE_CAPTURE, NULL},
    {"a name that has been forgotten", RULES, "198.18.77.77", 443, NULL, NULL, NULL, "!",
     FENCE_CAPTURE, "the address stands for no name any more: look the name up again"},
    {"nobody knows where to", RULES, "", 443, NULL, NULL, NULL, "!", FENCE_CAPTURE,
     "nobody knows where this connection was to go"},
    {"our own port", RULES, "127.0.0.1", 3129, NULL, NULL, NULL, "!", FENCE_CAPTURE,
     "this port is fence's own, and serves what is led to it"},
    {"our own port, IPv6", RULES, "::1", 3129, NULL, NULL, NULL, "!", FENCE_CAPTURE,
     "this port is fence's own, and serves what is led to it"},
};

static void say(struct place *p, int fd, const char *text, size_t piece)
{
    for (size_t at = 0, len = strlen(text); at < len; at += piece) {
        size_t now = len - at < piece ? len - at : piece;

        assert_int_equal(send(fd, text + at, now, MSG_NOSIGNAL), now);
        if (now < len)
            turn(p);
    }
}

/* `piece`: the client says so many bytes at once. */
static void run_row(const struct row *row, size_t piece)
{
    struct place p;
    int client, server = -1;

    open_place(&p, row->rules);
    aim(&p, row->where, row->port);
    client = client_of(&p);
    if (row->says)
        say(&p, client, row->says, piece);
    if (row->heard || row->answer)
        server = accepted(&p);
    if (row->heard)
        expect(&p, server, row->name, row->heard);
    if (row->answer)
        assert_true(sockets_send(server, row->answer));
    expect(&p, client, row->name, row->hears);
    if (p.decisions > 0 && p.kind != row->kind)
        fail_msg("%s: the last decision was about kind %d", row->name, p.kind);
    if (p.denied > 0 && strncmp(p.program, "program:", 8) != 0)
        fail_msg("%s: it was '%s'", row->name, p.program);
    if (row->message && strcmp(p.message, row->message) != 0)
        fail_msg("%s: '%s'", row->name, p.message);
    close(client);
    if (server >= 0)
        close(server);
    close_place(&p);
}

static void serves_captured_clients(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        run_row(&rows[i], SIZE_MAX);
}

static void takes_their_words_in_any_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].says && strcmp(rows[i].hears, "!") != 0) /* a reset may come first */
            run_row(&rows[i], 1);
    }
}

/* Each request of a connection is judged. */
static void judges_each_request(void **state)
{
    struct place p;
    int client, server;

    (void)state;
    open_place(&p, PATHS);
    aim(&p, "good.test", 0);
    client = client_of(&p);
    say(&p, client, GET_GOOD, SIZE_MAX);
    server = accepted(&p);
    expect(&p, server, "the first", "GET /ok ");
    assert_true(sockets_send(server, OK));
    expect(&p, client, "the first", "hi");
    say(&p, client, "GET /no HTTP/1.1\r\nHost: good.test\r\n\r\n", SIZE_MAX);
    expect(&p, client, "the second", "HTTP/1.1 403 ");
    say(&p, client, GET_GOOD, SIZE_MAX);
    expect(&p, server, "the third", "GET /ok ");
    assert_int_equal(p.decisions, 3);
    assert_int_equal(p.denied, 1);
    close(client);
    close(server);
    close_place(&p);
}

/* One that turned out to be a request is served by the connection that was made for it. */
static void dials_once(void **state)
{
    struct place p;
    int client, server;

    (void)state;
    open_place(&p, RULES);
    aim(&p, "good.test", 0);
    client = client_of(&p);
    server = accepted(&p);
    say(&p, client, POST_GOOD, SIZE_MAX);
    expect(&p, server, "the same connection", "\r\n\r\nabc");
    close(client);
    close(server);
    close_place(&p);
}

static void looks_at_server_names(void **state)
{
    struct bytes extensions = {0}, hello, stream = {0};
    struct place p;
    int client, server;

    (void)state;
    hello_add_name(&extensions, "bad.test", 8);
    hello_build(&hello, extensions.data, extensions.len);
    hello_to_records(&stream, hello.data, hello.len, SIZE_MAX);
    open_place(&p, RULES);
    aim(&p, "good.test", 0);
    client = client_of(&p);
    server = accepted(&p);
    assert_int_equal(send(client, stream.data, stream.len, MSG_NOSIGNAL), stream.len);
    expect(&p, client, "an alert", "\x15\x03\x01");
    expect(&p, server, "nothing", "");
    assert_string_equal(p.host, "good.test");
    assert_int_equal(p.denied, 1);
    close(client);
    close(server);
    close_place(&p);
}

/* Who reads it once knows; an answer in HTTP says it itself. */
static void tells_of_the_first_refusal(void **state)
{
    static const char *const names[] = {"other.test", "third.test", "other.test"};
    struct place p;

    (void)state;
    open_place(&p, RULES);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        int client;

        aim(&p, names[i], 22);
        client = client_of(&p);
        expect(&p, client, names[i], "!");
        close(client);
    }
    assert_int_equal(p.alerts, 1);
    assert_non_null(
        strstr(p.alert, ": no rule allows other.test:22; allow it: --allow other.test"));
    assert_int_equal(p.denied, 3);
    close_place(&p);
}

static const struct {
    const char *name;
    bool client_ends;
} ends[] = {{"the client leaves without a word", true}, {"the server does", false}};

static void ends_when_one_of_them_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        struct place p;
        int client, server;

        open_place(&p, RULES);
        aim(&p, "good.test", 0);
        client = client_of(&p);
        server = accepted(&p);
        for (int turns = 0; turns < 5; turns++)
            turn(&p);
        shutdown(ends[i].client_ends ? client : server, SHUT_WR);
        expect(&p, ends[i].client_ends ? server : client, ends[i].name, "");
        close(client);
        close(server);
        for (int turns = 0; turns < 100 && p.proxy.nsessions > 0; turns++)
            turn(&p);
        assert_int_equal(p.proxy.nsessions, 0);
        close_place(&p);
    }
}

static void ends_with_its_listener(void **state)
{
    struct place p;
    int client, server;

    (void)state;
    open_place(&p, RULES);
    aim(&p, "good.test", 0);
    client = client_of(&p);
    server = accepted(&p);
    for (int turns = 0; turns < 5; turns++)
        turn(&p);
    listener_close(p.listener);
    expect(&p, client, "the end of the sandbox", "!");
    close(client);
    close(server);
    close_place(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serves_captured_clients),
        cmocka_unit_test(takes_their_words_in_any_pieces),
        cmocka_unit_test(judges_each_request),
        cmocka_unit_test(dials_once),
        cmocka_unit_test(looks_at_server_names),
        cmocka_unit_test(tells_of_the_first_refusal),
        cmocka_unit_test(ends_when_one_of_them_does),
        cmocka_unit_test(ends_with_its_listener),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
