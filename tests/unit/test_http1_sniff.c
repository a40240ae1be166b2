/* SPDX-License-Identifier: Apache-2.0
 * test_http1_sniff.c - what is taken for a request of HTTP/1, and when that is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/limits.h"
#include "proto/http1_sniff.h"
#include "support/guard.h"

/* `known`: how many bytes are needed for the answer. */
static const struct {
    const char *name, *bytes;
    enum http1_sniff want;
    size_t known;
} rows[] = {
    {"origin-form", "GET / HTTP/1.1\r\n", HTTP1_SNIFF_REQUEST, 13},
    {"HTTP/1.0", "POST /a?b HTTP/1.0\r\n", HTTP1_SNIFF_REQUEST, 17},
    {"a star", "OPTIONS * HTTP/1.1\r\n", HTTP1_SNIFF_REQUEST, 17},
    {"absolute-form", "GET http://a/ HTTP/1.1\r\n", HTTP1_SNIFF_REQUEST, 21},
    {"absolute-form, mixed case", "GET HtTp://a HTTP/1.1\r\n", HTTP1_SNIFF_REQUEST, 20},
    {"a method of two words", "VERSION-CONTROL / HTTP/1.1", HTTP1_SNIFF_REQUEST, 25},
    {"malformed behind it", "GET / HTTP/1.x", HTTP1_SNIFF_REQUEST, 13},
    {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HTTP1_SNIFF_OTHER, 12},
    {"HTTP/0.9", "GET /\r\n", HTTP1_SNIFF_OTHER, 6},
    {"CONNECT", "CONNECT a:443 HTTP/1.1", HTTP1_SNIFF_OTHER, 9},
    {"no target", "GET  HTTP/1.1", HTTP1_SNIFF_OTHER, 5},
    {"lower case", "get / HTTP/1.1", HTTP1_SNIFF_OTHER, 1},
    {"TLS", "\x16\x03\x01\x02", HTTP1_SNIFF_OTHER, 1},
    {"SSH", "SSH-2.0-OpenSSH_9.2\r\n", HTTP1_SNIFF_OTHER, 5},
    {"Redis", "*1\r\n$4\r\nPING\r\n", HTTP1_SNIFF_OTHER, 1},
    {"Redis by hand", "PING\r\n", HTTP1_SNIFF_OTHER, 5},
    {"Redis by hand, with a key", "GET /key\r\n", HTTP1_SNIFF_OTHER, 9},
    {"Redis by hand, with two", "SET /key HTTP\r\n", HTTP1_SNIFF_OTHER, 14},
    {"IMAP", "a1 LOGIN x y\r\n", HTTP1_SNIFF_OTHER, 1},
    {"FTP", "USER anonymous\r\n", HTTP1_SNIFF_OTHER, 6},
    {"a method that is too long", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1",
     HTTP1_SNIFF_OTHER, LIMIT_HTTP_METHOD + 1},
    {"a control character", "GET /\x01 HTTP/1.1", HTTP1_SNIFF_OTHER, 6},
    {"a fragment", "GET /#a HTTP/1.1", HTTP1_SNIFF_OTHER, 6},
    {"begins as one", "GET /abc", HTTP1_SNIFF_MORE, 0},
    {"begins as one, and as absolute-form", "GET htt", HTTP1_SNIFF_MORE, 0},
    {"nothing", "", HTTP1_SNIFF_MORE, 0},
};

static enum http1_sniff sniff(const char *bytes, size_t len)
{
    char *copy = guard_copy(bytes, len);
    enum http1_sniff got = http1_sniff((struct str){copy, len});

    guard_free(copy, len);
    return got;
}

static void tells_requests_from_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (size_t len = 0; len <= strlen(rows[i].bytes); len++) {
            bool known = rows[i].known > 0 && len >= rows[i].known;

            if (sniff(rows[i].bytes, len) != (known ? rows[i].want : HTTP1_SNIFF_MORE))
                fail_msg("%s, cut at %zu", rows[i].name, len);
        }
    }
}

static void has_an_end(void **state)
{
    static char text[LIMIT_HTTP_HEAD + 1] = "GET /";

    (void)state;
    memset(text + 5, 'a', sizeof text - 5);
    assert_int_equal(sniff(text, LIMIT_HTTP_HEAD - 1), HTTP1_SNIFF_MORE);
    assert_int_equal(sniff(text, LIMIT_HTTP_HEAD), HTTP1_SNIFF_REQUEST);
    assert_int_equal(sniff(text, LIMIT_HTTP_HEAD + 1), HTTP1_SNIFF_REQUEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tells_requests_from_others),
                                       cmocka_unit_test(has_an_end)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
