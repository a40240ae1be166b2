/* SPDX-License-Identifier: Apache-2.0
 * test_http1_write.c - a head comes in, a head goes on: byte for byte what the other side sees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "proto/http1.h"
#include "support/guard.h"

#define GET  "GET http://good.test/ HTTP/1.1\r\nHost: good.test\r\n"
#define POST "POST http://good.test/ HTTP/1.1\r\nHost: good.test\r\n"
#define TO   " HTTP/1.1\r\nHost: good.test\r\n"
#define VIA  "Via: 1.1 fence\r\n"
#define END  VIA "\r\n"

static const struct {
    const char *name, *in, *out;
} REQUESTS[] = {
    {"plain", GET "\r\n", "GET /" TO END},
    {"path and query", "GET http://good.test/a?b=c" TO "\r\n", "GET /a?b=c" TO END},
    {"query without a path", "GET http://good.test?b" TO "\r\n", "GET /?b" TO END},
    {"no path", "GET http://good.test" TO "\r\n", "GET /" TO END},
    {"OPTIONS for the whole server", "OPTIONS http://good.test" TO "\r\n", "OPTIONS *" TO END},
    {"OPTIONS with a query", "OPTIONS http://good.test?a" TO "\r\n", "OPTIONS /?a" TO END},
    {"fields keep their order and their repeats", GET "A:  1 \r\nB:\r\na: 2\r\n\r\n",
     "GET /" TO "A: 1\r\nB: \r\na: 2\r\n" END},
    {"a port", "GET http://good.test:81/ HTTP/1.1\r\nHost: good.test:81\r\n\r\n",
     "GET / HTTP/1.1\r\nHost: good.test:81\r\n" END},
    {"IPv6", "GET http://[::0001]:81/ HTTP/1.1\r\nHost: [::1]:81\r\n\r\n",
     "GET / HTTP/1.1\r\nHost: [::1]:81\r\n" END},
    {"HTTP/1.0 becomes 1.1", "GET http://good.test/ HTTP/1.0\r\nA: b\r\n\r\n",
     "GET /" TO "A: b\r\nVia: 1.0 fence\r\n\r\n"},
    {"leading CRLF", "\r\n" GET "\r\n", "GET /" TO END},
    {"3A.3 one form of the name", "GET http://GOOD.test:80/ HTTP/1.1\r\nHost: Good.Test\r\n\r\n",
     "GET /" TO END},
    {"3B.37 Host from the target",
     "GET http://good.test/ HTTP/1.1\r\nA: b\r\nhOST: good.test:80\r\n\r\n",
     "GET /" TO "A: b\r\n" END},
    {"3B.41 a length", POST "Content-Length: 5\r\n\r\n", "POST /" TO "Content-Length: 5\r\n" END},
    {"3B.41 the length 0", POST "content-length:0\r\n\r\n",
     "POST /" TO "Content-Length: 0\r\n" END},
    {"3B.42 chunked", POST "TRANSFER-encoding: Chunked\r\nTrailer: A\r\n\r\n",
     "POST /" TO "Trailer: A\r\nTransfer-Encoding: chunked\r\n" END},
    {"3B.53 Connection: close, Host", GET "Connection: close, Host\r\n\r\n", "GET /" TO END},
    {"3B.53 framing is never hop-by-hop",
     POST "Connection: Content-Length, Transfer-Encoding\r\nContent-Length: 5\r\n\r\n",
     "POST /" TO "Content-Length: 5\r\n" END},
    {"3B.53 what Connection names",
     GET "Connection: A,,b\r\nA: 1\r\nAA: 2\r\nconnection: c\r\nB: 3\r\nC: 4\r\n\r\n",
     "GET /" TO "AA: 2\r\n" END},
    {"3B.53 proxy credentials",
     GET "Proxy-Authorization: Basic eA==\r\nAuthorization: Basic eQ==\r\n\r\n",
     "GET /" TO "Authorization: Basic eQ==\r\n" END},
    {"3B.53 hop-by-hop fields",
     GET "Keep-Alive: 5\r\nTE: trailers\r\nUpgrade: a\r\nProxy-Connection: keep-alive\r\n"
         "Proxy-Authenticate: x\r\nProxy-Authentication-Info: x\r\nTea: x\r\n\r\n",
     "GET /" TO "Tea: x\r\n" END},
    {"3B.54 websocket", GET "Connection: Upgrade\r\nUpgrade: websocket\r\nA: b\r\n\r\n",
     "GET /" TO "A: b\r\n" VIA "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n"},
    {"3B.54 h2c",
     GET "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: A\r\n\r\n",
     "GET /" TO END},
    {"Via is added to", GET "Via: 1.0 a, 1.1 b\r\n\r\n", "GET /" TO "Via: 1.0 a, 1.1 b\r\n" END},
    {"Max-Forwards of OPTIONS counts", "OPTIONS http://good.test/" TO "max-forwards: 10\r\n\r\n",
     "OPTIONS /" TO "Max-Forwards: 9\r\n" END},
    {"Max-Forwards of others is passed on", GET "Max-Forwards: 0\r\n\r\n",
     "GET /" TO "Max-Forwards: 0\r\n" END},
    {"3B.55 encoded CRLF", "GET http://good.test/%0d%0aHost:evil" TO "\r\n",
     "GET /%0d%0aHost:evil" TO END},
    {"3B.59 Expect", POST "Content-Length: 1\r\nExpect: 100-continue\r\n\r\n",
     "POST /" TO "Expect: 100-continue\r\nContent-Length: 1\r\n" END},
    {"3B.59 Expect in HTTP/1.0",
     "POST http://good.test/ HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n",
     "POST /" TO "Content-Length: 1\r\nVia: 1.0 fence\r\n\r\n"},
    {"3B.65 Connection: Connection", GET "Connection: Connection\r\nConnection: connection\r\n\r\n",
     "GET /" TO END},
};

/* The head goes through the scan and the parser, and comes out in `out`. */
static void pass_request(struct buf *out, const char *name, const char *in, size_t len)
{
    struct http1_request request;
    struct http1_refusal why;
    struct http1_scan scan = {0};
    char *copy = guard_copy(in, len);
    size_t used;
    int rc;

    if (http1_scan_head(&scan, copy, len, &used) != HTTP1_SCAN_DONE || used != len)
        fail_msg("%s: the head has no end", name);
    if (!http1_parse_request(&request, (struct str){copy, len}, &why))
        fail_msg("%s: %d %s", name, why.status, why.text);
    rc = http1_write_request(out, &request);
    assert_int_equal(rc, out->error);
    guard_free(copy, len);
}

static void check(const char *name, struct str got, const char *want)
{
    if (!str_equal(got, str_of(want)))
        fail_msg("%s: wrote\n" STR_FMT "\ninstead of\n%s", name, STR_ARG(got), want);
}

static void test_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(REQUESTS); i++) {
        auto_buf struct buf out = BUF_INIT(64 * 1024);

        pass_request(&out, REQUESTS[i].name, REQUESTS[i].in, strlen(REQUESTS[i].in));
        check(REQUESTS[i].name, buf_str(&out), REQUESTS[i].out);
    }
}

/* 3B.65: two hundred names of one letter, and a field for each letter. */
static void test_3b_65_200_tokens(void **state)
{
    auto_buf struct buf in = BUF_INIT(64 * 1024), out = BUF_INIT(64 * 1024);

    (void)state;
    buf_append_text(&in, GET "Connection: close");
    for (int i = 0; i < 200; i++)
        buf_printf(&in, ",%c", i % 2 ? 'a' + i % 26 : 'A' + i % 26);
    for (int c = 'a'; c <= 'z'; c++)
        buf_printf(&in, "\r\n%c: 1\r\n%c%c: 2", c, c, c);
    buf_append_text(&in, "\r\n\r\n");
    pass_request(&out, "200 tokens", in.bytes, in.len);
    assert_int_equal(memcmp(out.bytes, "GET /" TO "aa: 2\r\nbb: 2\r\n", 47), 0);
    assert_int_equal(out.len, strlen("GET /" TO END) + 26 * strlen("aa: 2\r\n"));
}

#define OK    "HTTP/1.1 200 OK\r\n"
#define SIZE  "Content-Length: 5\r\n"
#define CLOSE "Connection: close\r\n\r\n"
#define TE    "Transfer-Encoding: chunked\r\n"

static const struct {
    const char *name, *method, *in;
    enum http1_delivery delivery;
    bool keep_alive;
    const char *out;
} RESPONSES[] = {
    {"a length", "GET", OK "A: b\r\n" SIZE "C: d\r\n\r\n", HTTP1_AS_IS, true,
     OK "A: b\r\nC: d\r\n" VIA SIZE "\r\n"},
    {"the connection ends", "GET", OK SIZE "\r\n", HTTP1_AS_IS, false, OK VIA SIZE CLOSE},
    {"chunked", "GET", OK TE "Trailer: A\r\n\r\n", HTTP1_AS_IS, true,
     OK "Trailer: A\r\n" VIA TE "\r\n"},
    {"chunked for an old client", "GET", OK TE "Trailer: A\r\n\r\n", HTTP1_STRIPPED, true,
     OK VIA CLOSE},
    {"a length for an old client", "GET", OK SIZE "\r\n", HTTP1_STRIPPED, false, OK VIA SIZE CLOSE},
    {"until close", "GET", OK "\r\n", HTTP1_AS_IS, true, OK VIA CLOSE},
    {"HTTP/1.0 becomes 1.1", "GET", "HTTP/1.0 404 Not Found\r\n" SIZE "\r\n", HTTP1_AS_IS, true,
     "HTTP/1.1 404 Not Found\r\nVia: 1.0 fence\r\n" SIZE "\r\n"},
    {"no phrase", "GET", "HTTP/1.1 299\r\n" SIZE "\r\n", HTTP1_AS_IS, true,
     "HTTP/1.1 299 \r\n" VIA SIZE "\r\n"},
    {"HEAD keeps the length", "HEAD", OK SIZE "\r\n", HTTP1_AS_IS, true, OK SIZE VIA "\r\n"},
    {"HEAD keeps the length 0", "HEAD", OK "Content-Length: 0\r\n\r\n", HTTP1_AS_IS, true,
     OK "Content-Length: 0\r\n" VIA "\r\n"},
    {"HEAD keeps chunked", "HEAD", OK TE "\r\n", HTTP1_AS_IS, true, OK TE VIA "\r\n"},
    {"HEAD for an old client", "HEAD", OK TE "\r\n", HTTP1_STRIPPED, false, OK VIA CLOSE},
    {"304 keeps the length", "GET", "HTTP/1.1 304 x\r\n" SIZE "\r\n", HTTP1_AS_IS, true,
     "HTTP/1.1 304 x\r\n" SIZE VIA "\r\n"},
    {"204 says no length", "GET", "HTTP/1.1 204 x\r\nContent-Length: 0\r\n\r\n", HTTP1_AS_IS, true,
     "HTTP/1.1 204 x\r\n" VIA "\r\n"},
    {"3B.53 hop-by-hop fields", "GET",
     OK SIZE "Connection: keep-alive, A\r\nKeep-Alive: 5\r\nA: 1\r\nB: 2\r\nUpgrade: h2c\r\n"
             "Proxy-Connection: x\r\nTE: x\r\n\r\n",
     HTTP1_AS_IS, true, OK "B: 2\r\n" VIA SIZE "\r\n"},
    {"3B.53 framing is never hop-by-hop", "GET", OK "Connection: Content-Length\r\n" SIZE "\r\n",
     HTTP1_AS_IS, true, OK VIA SIZE "\r\n"},
    {"3B.53 proxy authentication is ours", "GET",
     "HTTP/1.1 407 x\r\nProxy-Authenticate: Basic\r\nProxy-Authentication-Info: x\r\n"
     "WWW-Authenticate: y\r\n" SIZE "\r\n",
     HTTP1_AS_IS, true, "HTTP/1.1 407 x\r\nWWW-Authenticate: y\r\n" VIA SIZE "\r\n"},
    {"3B.53 a field named Close", "GET", OK "Close: a\r\n\r\n", HTTP1_AS_IS, true, OK VIA CLOSE},
    {"Host means nothing here and stays", "GET", OK "Connection: Host\r\nHost: a\r\n\r\n",
     HTTP1_AS_IS, true, OK "Host: a\r\n" VIA CLOSE},
    {"3B.54 101", "GET",
     "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nA: b\r\n\r\n", HTTP1_AS_IS,
     false, "HTTP/1.1 101 x\r\nA: b\r\n" VIA "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n"},
    {"3B.59 100", "POST", "HTTP/1.1 100 Continue\r\nA: b\r\n\r\n", HTTP1_AS_IS, false,
     "HTTP/1.1 100 Continue\r\nA: b\r\n" VIA "\r\n"},
    {"3B.61 a redirect is passed on", "GET",
     "HTTP/1.1 302 Found\r\nLocation: http://evil.test/\r\n" SIZE "\r\n", HTTP1_AS_IS, true,
     "HTTP/1.1 302 Found\r\nLocation: http://evil.test/\r\n" VIA SIZE "\r\n"},
};

static void test_responses(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(RESPONSES); i++) {
        auto_buf struct buf out = BUF_INIT(64 * 1024);
        struct http1_response response;
        struct http1_refusal why;
        size_t len = strlen(RESPONSES[i].in);
        char *copy = guard_copy(RESPONSES[i].in, len);

        if (!http1_parse_response(&response, (struct str){copy, len}, str_of(RESPONSES[i].method),
                                  true, &why))
            fail_msg("%s: %d %s", RESPONSES[i].name, why.status, why.text);
        assert_int_equal(
            http1_write_response(&out, &response, RESPONSES[i].delivery, RESPONSES[i].keep_alive),
            0);
        guard_free(copy, len);
        check(RESPONSES[i].name, buf_str(&out), RESPONSES[i].out);
    }
}

/* Whatever the cap is, the result is the whole head or -ENOSPC. */
static void test_no_room(void **state)
{
    const char *in =
        "GET http://good.test?b" TO "Connection: Upgrade\r\nUpgrade: a\r\nA: b\r\n\r\n";
    size_t whole = strlen("GET /?b" TO "A: b\r\n" VIA "Connection: upgrade\r\nUpgrade: a\r\n\r\n");

    (void)state;
    for (size_t cap = 0; cap <= whole; cap++) {
        auto_buf struct buf out = BUF_INIT(cap);

        pass_request(&out, "no room", in, strlen(in));
        assert_int_equal(out.error, cap < whole ? -ENOSPC : 0);
        assert_true(out.len <= cap);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_3b_65_200_tokens),
        cmocka_unit_test(test_responses),
        cmocka_unit_test(test_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
