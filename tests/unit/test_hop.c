/* SPDX-License-Identifier: Apache-2.0
 * test_hop.c - conversations with an upstream proxy: what it is asked, and what its answers mean.
 * Each comes in one piece, and byte by byte. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "proxy/hop.h"
#include "support/wire.h"

#define B(literal) "" literal, sizeof(literal) - 1
#define OK         "HTTP/1.1 200 OK\r\n\r\n"
#define CONTINUE   "HTTP/1.1 100 Continue\r\n\r\n"
#define FOUR(x)    x x x x
#define ASKED      "CONNECT good.test:443 HTTP/1.1\r\nHost: good.test:443\r\n\r\n"
#define ASKED_SO   "\5\1\0\5\1\0\3\11good.test\1\273"
#define REPLY(n)   "\5\0\5" n "\0\1\0\0\0\0\0\0"
#define HTTP       "http://p.test"
#define SOCKS      "socks5h://p.test"

#define NONE      FENCE_REASON_NONE
#define DENIED    FENCE_REASON_REQUEST_DENIED
#define LOST      FENCE_REASON_CONNECTION_LOST
#define MALFORMED FENCE_REASON_RESPONSE_MALFORMED

static const struct {
    const char *name, *upstream, *host;
    const char *answers; /* of the proxy; then it ends */
    size_t nanswers;
    fence_reason reason;
    const char *message; /* a part of it */
    const char *asked;   /* by us */
    size_t nasked;
    const char *rest; /* the server's first bytes */
} rows[] = {
    {"HTTP", HTTP, "good.test", B(OK), NONE, NULL, B(ASKED), ""},
    {"any 2xx", HTTP, "good.test", B("HTTP/1.0 299 x\r\n\r\n"), NONE, NULL, B(ASKED), ""},
    {"the server speaks first", HTTP, "good.test", B(OK "SSH-2.0\r\n"), NONE, NULL, B(ASKED),
     "SSH-2.0\r\n"},
    {"a length of 0", HTTP, "good.test", B("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nab"), NONE,
     NULL, B(ASKED), "ab"},
    {"a body where none can be", HTTP, "good.test",
     B("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd"), MALFORMED, "malformed", B(ASKED), NULL},
    {"an interim answer first", HTTP, "good.test", B(CONTINUE OK "x"), NONE, NULL, B(ASKED), "x"},
    {"as many as may be", HTTP, "good.test", B(FOUR(FOUR(CONTINUE)) OK), NONE, NULL, B(ASKED), ""},
    {"one too many", HTTP, "good.test", B(FOUR(FOUR(CONTINUE)) CONTINUE OK), LOST, "cannot reach",
     B(ASKED), NULL},
    {"IPv6", HTTP, "2001:db8::1", B(OK), NONE, NULL,
     B("CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n\r\n"), ""},
    {"a login", "http://user:pass@p.test", "a.test", B(OK), NONE, NULL,
     B("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n"
       "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n"),
     ""},
    {"line ends in a login stay in it", "http://u%0d%0a:p%0d%0ax@p.test", "a.test", B(OK), NONE,
     NULL,
     B("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n"
       "Proxy-Authorization: Basic dQ0KOnANCng=\r\n\r\n"),
     ""},
    {"3M.239 407", HTTP, "good.test", B("HTTP/1.1 407 x\r\n\r\n"), DENIED, "wants a name", B(ASKED),
     NULL},
    {"403", HTTP, "good.test", B("HTTP/1.1 403 x\r\n\r\n"), DENIED, "refuses", B(ASKED), NULL},
    {"502", HTTP, "good.test", B("HTTP/1.1 502 x\r\n\r\n"), LOST, "cannot reach", B(ASKED), NULL},
    {"302", HTTP, "good.test", B("HTTP/1.1 302 x\r\nLocation: http://evil.test/\r\n\r\n"), LOST,
     "cannot reach", B(ASKED), NULL},
    {"101", HTTP, "good.test", B("HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
     MALFORMED, "malformed", B(ASKED), NULL},
    {"3M.239 no HTTP", HTTP, "good.test", B("SSH-2.0-x\r\n\r\n"), MALFORMED, "malformed", B(ASKED),
     NULL},
    {"bare line feeds", HTTP, "good.test", B("HTTP/1.1 200 OK\n\n"), MALFORMED, "malformed",
     B(ASKED), NULL},
    {"an end in the head", HTTP, "good.test", B("HTTP/1.1 200 OK\r\n"), LOST, "closed", B(ASKED),
     NULL},
    {"3M.239 an end at once", HTTP, "good.test", B(""), LOST, "closed", B(ASKED), NULL},
    {"SOCKS5", SOCKS, "good.test", B(REPLY("\0")), NONE, NULL, B(ASKED_SO), ""},
    {"SOCKS5, the server speaks first", SOCKS, "good.test", B(REPLY("\0") "SSH"), NONE, NULL,
     B(ASKED_SO), "SSH"},
    {"SOCKS5, a login", "socks5://u:pw@p.test", "good.test", B("\5\2\1\0\5\0\0\1\0\0\0\0\0\0"),
     NONE, NULL, B("\5\2\0\2\1\1u\2pw\5\1\0\3\11good.test\1\273"), ""},
    {"SOCKS5, another login", "socks5://u:pw@p.test", "good.test", B("\5\2\1\1"), DENIED,
     "another name", B("\5\2\0\2\1\1u\2pw"), NULL},
    {"SOCKS5, a general failure", SOCKS, "good.test", B(REPLY("\1")), LOST, "cannot reach",
     B(ASKED_SO), NULL},
    {"SOCKS5, not allowed", SOCKS, "good.test", B(REPLY("\2")), DENIED, "cannot reach", B(ASKED_SO),
     NULL},
    {"SOCKS5, no network", SOCKS, "good.test", B(REPLY("\3")), FENCE_REASON_IP_UNROUTABLE,
     "cannot reach", B(ASKED_SO), NULL},
    {"SOCKS5, no such host", SOCKS, "good.test", B(REPLY("\4")), FENCE_REASON_IP_UNROUTABLE,
     "cannot reach", B(ASKED_SO), NULL},
    {"SOCKS5, refused", SOCKS, "good.test", B(REPLY("\5")), FENCE_REASON_CONNECTION_REFUSED,
     "cannot reach", B(ASKED_SO), NULL},
    {"SOCKS5, too late", SOCKS, "good.test", B(REPLY("\6")), FENCE_REASON_CONNECTION_TIMEOUT,
     "cannot reach", B(ASKED_SO), NULL},
    {"SOCKS5, an unknown reply", SOCKS, "good.test", B(REPLY("\377")), LOST, "cannot reach",
     B(ASKED_SO), NULL},
    {"SOCKS5, but it speaks HTTP", SOCKS, "good.test", B("HTTP/1.1 400"), MALFORMED,
     "does not speak SOCKS5", B("\5\1\0"), NULL},
    {"SOCKS5, an end in the reply", SOCKS, "good.test", B("\5\0\5\0\0"), LOST, "closed",
     B(ASKED_SO), NULL},
};

/* ---- one conversation ---- */

struct talk {
    struct hop hop;
    struct upstream upstream;
    struct host host;
    uv_loop_t loop;
    struct peer_buffer buffer;
    char room[4096];
    int far;
    unsigned done;
    fence_reason reason;
    const char *message;
};

static void on_done(struct hop *hop, fence_reason reason, const char *message)
{
    struct talk *talk = CONTAINER_OF(hop, struct talk, hop);

    talk->done++;
    talk->reason = reason;
    talk->message = message;
}

static void on_closed(struct peer *peer)
{
    free(peer);
}

/* Whether the proxy's end is still there when we begin to speak. */
static void begin(struct talk *talk, const char *upstream, const char *host, bool there)
{
    struct peer *peer;

    memset(talk, 0, sizeof *talk);
    talk->buffer = (struct peer_buffer){.bytes = talk->room, .size = sizeof talk->room};
    assert_null(upstream_parse(&talk->upstream, str_of(upstream)));
    assert_null(host_parse_bare(&talk->host, str_of(host)));
    talk->hop.upstream = &talk->upstream;
    talk->hop.host = &talk->host;
    talk->hop.port = 443;
    talk->hop.on_done = on_done;
    hop_deinit(&talk->hop); /* harmless before */
    assert_int_equal(uv_loop_init(&talk->loop), 0);
    peer = wire_new(&talk->loop, &talk->buffer, &talk->far);
    peer->on_closed = on_closed;
    if (!there)
        close(talk->far);
    hop_begin(&talk->hop, peer);
}

static void end(struct talk *talk)
{
    peer_close(talk->hop.peer);
    uv_run(&talk->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&talk->loop), 0);
    hop_deinit(&talk->hop);
    hop_deinit(&talk->hop); /* harmless */
}

static void answer(struct talk *talk, const char *bytes, size_t len, size_t piece)
{
    for (size_t at = 0; at < len && !talk->done; at += piece) {
        wire_say(talk->far, bytes + at, len - at < piece ? len - at : piece);
        uv_run(&talk->loop, UV_RUN_NOWAIT);
    }
    shutdown(talk->far, SHUT_WR);
    uv_run(&talk->loop, UV_RUN_NOWAIT);
}

static void check(size_t i, size_t piece)
{
    char asked[1024];
    struct talk talk;
    ssize_t nasked;

    begin(&talk, rows[i].upstream, rows[i].host, true);
    answer(&talk, rows[i].answers, rows[i].nanswers, piece);
    if (talk.done != 1 || talk.reason != rows[i].reason)
        fail_msg("%s, %zu at once: done %u times, %d", rows[i].name, piece, talk.done, talk.reason);
    if (talk.reason != NONE && !strstr(talk.message, rows[i].message))
        fail_msg("%s: '%s'", rows[i].name, talk.message);
    nasked = recv(talk.far, asked, sizeof asked, 0);
    if (nasked != (ssize_t)rows[i].nasked || memcmp(asked, rows[i].asked, rows[i].nasked) != 0)
        fail_msg("%s: asked '%.*s'", rows[i].name, (int)nasked, asked);
    if (piece > 1 && rows[i].rest && !str_equal(buf_str(&talk.hop.in), str_of(rows[i].rest)))
        fail_msg("%s: %zu bytes are left", rows[i].name, talk.hop.in.len);
    if (piece == 1 && talk.reason == NONE && talk.hop.in.len > 0)
        fail_msg("%s: an opened tunnel is still read", rows[i].name);
    assert_false(talk.hop.peer->closing); /* it is the owner's */
    end(&talk);
    close(talk.far);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        check(i, 4096);
        check(i, 1);
    }
}

/* ---- what no row can tell ---- */

static void test_gone_before(void **state)
{
    static const char *const upstreams[] = {HTTP, SOCKS};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(upstreams); i++) {
        struct talk talk;

        begin(&talk, upstreams[i], "good.test", false);
        uv_run(&talk.loop, UV_RUN_NOWAIT);
        assert_int_equal(talk.done, 1);
        assert_int_equal(talk.reason, LOST);
        end(&talk);
    }
}

/* A head without an end is not gathered for ever. */
static void test_endless_head(void **state)
{
    struct talk talk;
    size_t sent = 0;

    (void)state;
    begin(&talk, HTTP, "good.test", true);
    wire_say(talk.far, B("HTTP/1.1 200 OK\r\nX: "));
    for (; !talk.done && sent < 8 * LIMIT_HTTP_HEAD; sent += 1000) {
        char much[1000];

        memset(much, 'x', sizeof much);
        wire_say(talk.far, much, sizeof much);
        uv_run(&talk.loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(talk.done, 1);
    assert_int_equal(talk.reason, MALFORMED);
    assert_in_range(sent, LIMIT_HTTP_HEAD - 1000, LIMIT_HTTP_HEAD + 1000);
    end(&talk);
    close(talk.far);
}

static void test_longest_authorization(void **state)
{
    struct upstream upstream = {.kind = UPSTREAM_HTTP};
    char out[HOP_AUTHORIZATION];

    (void)state;
    assert_int_equal(hop_authorization(out, &upstream), 0);
    upstream.user_len = upstream.password_len = UPSTREAM_LOGIN;
    assert_int_equal(hop_authorization(out, &upstream), 6 + (2 * UPSTREAM_LOGIN + 1 + 2) / 3 * 4);
    assert_memory_equal(out, "Basic AAAA", 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_gone_before),
        cmocka_unit_test(test_endless_head),
        cmocka_unit_test(test_longest_authorization),
    };

    signal(SIGPIPE, SIG_IGN); /* as the header asks */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
