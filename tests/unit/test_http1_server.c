/* SPDX-License-Identifier: Apache-2.0
 * test_http1_server.c - requests that were meant for a server: whom they name, and every row cut at
 * every offset. What all requests share is in test_http1_request.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/http1.h"
#include "support/guard.h"

#define H    " HTTP/1.1\r\nHost: good.test\r\n\r\n"
#define BARE "400 HTTP/1.1 wants a Host field"

/* The client has connected to seen.test:81. `want`: method, host:port, path; or the refusal. */
static const struct {
    const char *name, *head, *want;
} rows[] = {
    {"origin-form", "GET /a?b" H, "GET good.test:80 /a?b"},
    {"the root", "GET /" H, "GET good.test:80 /"},
    {"two slashes", "GET //other.test/" H, "GET good.test:80 //other.test/"},
    {"a port in Host", "GET / HTTP/1.1\r\nHost: good.test:81\r\n\r\n", "GET good.test:81 /"},
    {"an address in Host", "GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n", "GET ::1:80 /"},
    {"upper case in Host", "GET / HTTP/1.1\r\nHost: GOOD.test.\r\n\r\n", "GET good.test:80 /"},
    {"OPTIONS for the whole server", "OPTIONS *" H, "OPTIONS good.test:80 *"},
    {"OPTIONS with a path", "OPTIONS /" H, "OPTIONS good.test:80 /"},
    {"absolute-form", "GET http://good.test/x" H, "GET good.test:80 /x"},
    {"absolute-form without a path", "GET http://good.test" H, "GET good.test:80 /"},
    {"absolute-form to another", "GET http://other.test/" H,
     "400 the Host field differs from the host in the target"},
    {"HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", "GET seen.test:81 /"},
    {"HTTP/1.0 with Host", "GET / HTTP/1.0\r\nHost: good.test\r\n\r\n", "GET good.test:80 /"},
    {"HTTP/1.0, absolute-form", "GET http://good.test/ HTTP/1.0\r\n\r\n", "GET good.test:80 /"},
    {"no Host", "GET / HTTP/1.1\r\n\r\n", BARE},
    {"an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n",
     "400 the Host field is not a host with an optional port"},
    {"two Hosts", "GET / HTTP/1.1\r\nHost: good.test\r\nHost: good.test\r\n\r\n",
     "400 Host stands there more than once"},
    {"a Host with a path", "GET / HTTP/1.1\r\nHost: good.test/x\r\n\r\n",
     "400 the Host field is not a host with an optional port"},
    {"a Host with a login", "GET / HTTP/1.1\r\nHost: a@good.test\r\n\r\n",
     "400 the Host field is not a host with an optional port"},
    {"CONNECT", "CONNECT good.test:443" H,
     "405 CONNECT is for proxies, and this connection is to a server"},
    {"CONNECT with a path", "CONNECT /" H,
     "405 CONNECT is for proxies, and this connection is to a server"},
    {"a star with GET", "GET *" H, "400 '*' is a target of OPTIONS alone"},
    {"https", "GET https://good.test/" H, "400 https:// goes through a tunnel: use CONNECT"},
    {"no form at all", "GET good.test" H,
     "400 this is a proxy: the request must name the whole http:// URL"},
    {"TRACE", "TRACE /" H, "405 TRACE is not passed on: it would send credentials back"},
    {"HTTP/2", "PRI * HTTP/2.0\r\n\r\n", "505 this proxy speaks HTTP/1.1 and HTTP/1.0 only"},
    {"two lengths",
     "POST / HTTP/1.1\r\nHost: good.test\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
     "400 "},
    {"a length and a coding",
     "POST / HTTP/1.1\r\nHost: good.test\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n"
     "\r\n",
     "400 "},
};

static void verdict(char out[512], const char *bytes, size_t len)
{
    struct http1_request request;
    struct http1_refusal why = {0};
    char *copy = guard_copy(bytes, len);
    struct host host;

    assert_null(host_parse(&host, STR("seen.test")));
    memset(&request, 0xa5, sizeof request);
    if (http1_parse_server_request(&request, (struct str){copy, len}, &host, 81, &why)) {
        assert_false(request.connect);
        snprintf(out, 512, STR_FMT " %s:%u " STR_FMT, STR_ARG(request.method), request.host.text,
                 request.port, STR_ARG(request.path));
    } else {
        snprintf(out, 512, "%d %s", why.status, why.text);
    }
    guard_free(copy, len);
}

static void reads_requests_to_a_server(void **state)
{
    char got[512];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        verdict(got, rows[i].head, strlen(rows[i].head));
        if (strncmp(got, rows[i].want, strlen(rows[i].want)) != 0)
            fail_msg("%s: %s", rows[i].name, got);
    }
}

static void refuses_cut_heads(void **state)
{
    char got[512];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (size_t len = 0; len < strlen(rows[i].head); len++) {
            verdict(got, rows[i].head, len);
            if (!ascii_digit(got[0]))
                fail_msg("%s, cut at %zu: %s", rows[i].name, len, got);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_requests_to_a_server),
                                       cmocka_unit_test(refuses_cut_heads)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
