/* SPDX-License-Identifier: Apache-2.0
 * test_http1_body.c - where a body ends, what of it is data, and what breaks it.
 *
 * Every row is fed and stripped in one piece, cut at every offset, and byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/http1_body.h"
#include "support/guard.h"

#define B(literal) "" literal, sizeof(literal) - 1
#define MORE       HTTP1_BODY_MORE
#define DONE       HTTP1_BODY_DONE
#define BAD        HTTP1_BODY_MALFORMED

static const struct row {
    const char *name;
    enum http1_framing framing;
    uint64_t length;
    const char *bytes;
    size_t len;
    enum http1_body_status want;
    size_t used;
    const char *data; /* what strip leaves */
} ROWS[] = {
    {"no body", HTTP1_NO_BODY, 0, B("GET"), DONE, 0, ""},
    {"the length 0", HTTP1_LENGTH, 0, B("GET"), DONE, 0, ""},
    {"a length", HTTP1_LENGTH, 5, B("helloGET"), DONE, 5, "hello"},
    {"the length 1", HTTP1_LENGTH, 1, B("ab"), DONE, 1, "a"},
    {"a length, short of one", HTTP1_LENGTH, 5, B("hell"), MORE, 4, "hell"},
    {"a length looks at nothing", HTTP1_LENGTH, 4, B("\r\n\x7f\x1bx"), DONE, 4, "\r\n\x7f\x1b"},
    {"until close", HTTP1_UNTIL_CLOSE, 0, B("0\r\n\r\n"), MORE, 5, "0\r\n\r\n"},

    {"one chunk", HTTP1_CHUNKED, 0, B("5\r\nhello\r\n0\r\n\r\n"), DONE, 15, "hello"},
    {"two chunks", HTTP1_CHUNKED, 0, B("3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"), DONE, 20, "hello"},
    {"no chunk", HTTP1_CHUNKED, 0, B("0\r\n\r\n"), DONE, 5, ""},
    {"the next message stays", HTTP1_CHUNKED, 0, B("1\r\na\r\n0\r\n\r\nGET"), DONE, 11, "a"},
    {"data that looks like chunks", HTTP1_CHUNKED, 0, B("5\r\n0\r\n\r\n\r\n0\r\n\r\n"), DONE, 15,
     "0\r\n\r\n"},
    {"hexadecimal", HTTP1_CHUNKED, 0, B("0aA\r\n"), MORE, 5, ""},
    {"sixteen digits", HTTP1_CHUNKED, 0, B("0000000000000001\r\na\r\n0\r\n\r\n"), DONE, 26, "a"},
    {"sixteen zeros", HTTP1_CHUNKED, 0, B("0000000000000000\r\n\r\n"), DONE, 20, ""},
    {"2^63-1", HTTP1_CHUNKED, 0, B("7fffffffffffffff\r\nabc"), MORE, 21, "abc"},
    {"an extension", HTTP1_CHUNKED, 0, B("1;a=\"b;\t\x80\"\r\nc\r\n0;d\r\n\r\n"), DONE, 22, "c"},
    {"an empty extension", HTTP1_CHUNKED, 0, B("1;\r\nc\r\n0\r\n\r\n"), DONE, 12, "c"},
    {"trailers", HTTP1_CHUNKED, 0, B("0\r\nA: b\r\nDigest:\tx\x80\r\n\r\n"), DONE, 23, ""},
    {"a trailer with a long name", HTTP1_CHUNKED, 0,
     B("0\r\nx-amz-checksum-of-forty-characters-xxxxx: a\r\n\r\n"), DONE, 50, ""},
    {"a trailer that begins like another", HTTP1_CHUNKED, 0, B("0\r\nHosts: a\r\nHos: b\r\n\r\n"),
     DONE, 23, ""},
    {"cut in a size", HTTP1_CHUNKED, 0, B("5"), MORE, 1, ""},
    {"cut in data", HTTP1_CHUNKED, 0, B("5\r\nhe"), MORE, 5, "he"},
    {"cut before the last line end", HTTP1_CHUNKED, 0, B("0\r\n\r"), MORE, 4, ""},

    {"3B.43 1_0", HTTP1_CHUNKED, 0, B("1_0\r\n"), BAD, 1, ""},
    {"3B.43 0x5", HTTP1_CHUNKED, 0, B("0x5\r\nhello"), BAD, 1, ""},
    {"3B.43 +5", HTTP1_CHUNKED, 0, B("+5\r\nhello"), BAD, 0, ""},
    {"3B.43 -1", HTTP1_CHUNKED, 0, B("-1\r\n"), BAD, 0, ""},
    {"3B.43 17 digits", HTTP1_CHUNKED, 0, B("00000000000000001\r\na\r\n"), BAD, 16, ""},
    {"3B.43 2^63", HTTP1_CHUNKED, 0, B("8000000000000000\r\n"), BAD, 15, ""},
    {"3B.43 2^64-1", HTTP1_CHUNKED, 0, B("ffffffffffffffff\r\n"), BAD, 15, ""},
    {"3B.43 empty", HTTP1_CHUNKED, 0, B("\r\nhello"), BAD, 0, ""},
    {"3B.43 empty with an extension", HTTP1_CHUNKED, 0, B(";a\r\n"), BAD, 0, ""},
    {"3B.43 empty second size", HTTP1_CHUNKED, 0, B("1\r\na\r\n\r\n"), BAD, 6, "a"},
    {"3B.43 leading space", HTTP1_CHUNKED, 0, B(" 5\r\n"), BAD, 0, ""},
    {"3B.43 5 ;a", HTTP1_CHUNKED, 0, B("5 ;a\r\nhello"), BAD, 1, ""},
    {"3B.43 space before CRLF", HTTP1_CHUNKED, 0, B("5 \r\nhello"), BAD, 1, ""},
    {"3B.43 5 CR CR", HTTP1_CHUNKED, 0, B("5\r\r;\n"), BAD, 2, ""},
    {"3B.43 LF only", HTTP1_CHUNKED, 0, B("5\nhello"), BAD, 1, ""},
    {"3B.43 LF in an extension", HTTP1_CHUNKED, 0, B("5;a\nhello"), BAD, 3, ""},
    {"3B.43 bare CR in an extension", HTTP1_CHUNKED, 0, B("5;a\rb\r\n"), BAD, 4, ""},
    {"3B.43 NUL in an extension", HTTP1_CHUNKED, 0, B("5;\0\r\n"), BAD, 2, ""},
    {"3B.43 missing CRLF after data", HTTP1_CHUNKED, 0, B("1\r\na0\r\n\r\n"), BAD, 4, "a"},
    {"3B.43 LF after data", HTTP1_CHUNKED, 0, B("1\r\na\n0\r\n\r\n"), BAD, 4, "a"},
    {"3B.43 more data than announced", HTTP1_CHUNKED, 0, B("1\r\nab\r\n"), BAD, 4, "a"},
    {"3B.43 bare LF ends the trailers", HTTP1_CHUNKED, 0, B("0\r\n\n"), BAD, 3, ""},
    {"3B.43 bare CR ends the trailers", HTTP1_CHUNKED, 0, B("0\r\n\ra"), BAD, 4, ""},
    {"3B.43 a second body behind 0", HTTP1_CHUNKED, 0, B("0\r\n5\r\nhello"), BAD, 4, ""},
    {"3B.43 trailer Host", HTTP1_CHUNKED, 0, B("0\r\nHost: evil.test\r\n\r\n"), BAD, 7, ""},
    {"3B.43 trailer Content-Length", HTTP1_CHUNKED, 0, B("0\r\ncontent-LENGTH: 5\r\n\r\n"), BAD, 17,
     ""},
    {"3B.43 the second trailer", HTTP1_CHUNKED, 0, B("0\r\nA: b\r\nHost: c\r\n\r\n"), BAD, 13, ""},
    {"trailer with a space before the colon", HTTP1_CHUNKED, 0, B("0\r\nA : b\r\n\r\n"), BAD, 4,
     ""},
    {"trailer without a name", HTTP1_CHUNKED, 0, B("0\r\n: b\r\n\r\n"), BAD, 3, ""},
    {"trailer without a colon", HTTP1_CHUNKED, 0, B("0\r\nab\r\n\r\n"), BAD, 5, ""},
    {"folded trailer", HTTP1_CHUNKED, 0, B("0\r\nA: b\r\n c\r\n\r\n"), BAD, 9, ""},
    {"bare LF in a trailer", HTTP1_CHUNKED, 0, B("0\r\nA: b\nC: d\r\n\r\n"), BAD, 7, ""},
    {"control character in a trailer", HTTP1_CHUNKED, 0, B("0\r\nA: \x1b\r\n\r\n"), BAD, 6, ""},
};

/* ---- runs ---- */

struct run {
    struct http1_body body;
    enum http1_body_status status;
    size_t used, kept;
    char data[64];
};

static void run_init(struct run *run, const struct row *row)
{
    *run = (struct run){.status = HTTP1_BODY_MORE};
    http1_body_init(&run->body, row->framing, row->length);
}

/* One piece, against a guard page, unless the body has ended. */
static void run_piece(struct run *run, const char *bytes, size_t len, bool strip)
{
    char *copy = guard_copy(bytes, len);
    size_t used = 0, kept = 0;

    if (run->status != HTTP1_BODY_MORE) {
        guard_free(copy, len);
        return;
    }
    if (strip)
        run->status = http1_body_strip(&run->body, copy, len, &used, &kept);
    else
        run->status = http1_body_feed(&run->body, copy, len, &used);
    if (used > len || kept > used || (run->status == HTTP1_BODY_MORE && used != len))
        fail_msg("%zu bytes of %zu were used, %zu kept", used, len, kept);
    assert_true(run->kept + kept <= sizeof run->data);
    memcpy(run->data + run->kept, copy, kept);
    run->used += used;
    run->kept += kept;
    guard_free(copy, len);
}

static void run_check(const struct run *run, const struct row *row, bool strip, size_t cut)
{
    struct str data = {run->data, run->kept}, want = str_of(strip ? row->data : "");
    bool may_end = row->want == HTTP1_BODY_DONE || row->framing == HTTP1_UNTIL_CLOSE;

    if (run->status != row->want || run->used != row->used || !str_equal(data, want) ||
        http1_body_may_end(&run->body) != may_end)
        fail_msg("%s, cut at %zu: status %d after %zu bytes, data '" STR_FMT "'", row->name, cut,
                 run->status, run->used, STR_ARG(data));
}

static void cut_everywhere(bool strip)
{
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        const struct row *row = &ROWS[i];
        struct run run;

        for (size_t cut = 0; cut <= row->len; cut++) {
            run_init(&run, row);
            run_piece(&run, row->bytes, cut, strip);
            run_piece(&run, row->bytes + cut, row->len - cut, strip);
            run_check(&run, row, strip, cut);
        }
        run_init(&run, row);
        for (size_t at = 0; at < row->len; at++)
            run_piece(&run, row->bytes + at, 1, strip);
        run_check(&run, row, strip, SIZE_MAX);
    }
}

static void test_feed(void **state)
{
    (void)state;
    cut_everywhere(false);
}

static void test_strip(void **state)
{
    (void)state;
    cut_everywhere(true);
}

static void test_end_is_final(void **state)
{
    struct http1_body body;
    size_t used;

    (void)state;
    http1_body_init(&body, HTTP1_CHUNKED, 0);
    assert_int_equal(http1_body_feed(&body, "x", 1, &used), BAD);
    assert_int_equal(http1_body_feed(&body, "0\r\n\r\n", 5, &used), BAD);
    assert_int_equal(used, 0);
    http1_body_init(&body, HTTP1_CHUNKED, 0);
    assert_int_equal(http1_body_feed(&body, "0\r\n\r\n", 5, &used), DONE);
    assert_int_equal(http1_body_feed(&body, "5\r\n", 3, &used), DONE);
    assert_int_equal(used, 0);
}

/* ---- trailers that may not be (RFC 9110, section 6.5.1) ---- */

static void test_forbidden_trailers(void **state)
{
    static const char *const NAMES[] = {"Host",
                                        "Content-Length",
                                        "Transfer-Encoding",
                                        "Connection",
                                        "Trailer",
                                        "TE",
                                        "Upgrade",
                                        "Authorization",
                                        "Cookie",
                                        "Set-Cookie",
                                        "Proxy-Authorization",
                                        "Proxy-Authenticate",
                                        "Expect",
                                        "Content-Encoding",
                                        "Content-Type",
                                        "Content-Range",
                                        "Max-Forwards",
                                        "Cache-Control",
                                        "Range",
                                        "If-Match",
                                        "Location",
                                        "WWW-Authenticate",
                                        "Keep-Alive",
                                        "Proxy-Connection",
                                        "X-Forwarded-For"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
        struct http1_body body;
        size_t used, len = strlen(NAMES[i]);

        http1_body_init(&body, HTTP1_CHUNKED, 0);
        http1_body_feed(&body, "0\r\n", 3, &used);
        if (http1_body_feed(&body, NAMES[i], len, &used) != MORE || used != len ||
            http1_body_feed(&body, ":", 1, &used) != BAD || used != 0)
            fail_msg("%s is taken", NAMES[i]);
    }
}

/* ---- limits ---- */

static enum http1_body_status feed_many(struct http1_body *body, char c, size_t count)
{
    enum http1_body_status status = HTTP1_BODY_MORE;
    size_t used;

    for (size_t i = 0; i < count && status == HTTP1_BODY_MORE; i++)
        status = http1_body_feed(body, &c, 1, &used);
    return status;
}

static void test_3b_43_extension_limit(void **state)
{
    struct http1_body body;
    size_t used;

    (void)state;
    http1_body_init(&body, HTTP1_CHUNKED, 0);
    http1_body_feed(&body, "1", 1, &used);
    assert_int_equal(feed_many(&body, ';', LIMIT_HTTP_CHUNK_EXT), MORE);
    assert_int_equal(feed_many(&body, ';', 1), BAD);

    http1_body_init(&body, HTTP1_CHUNKED, 0); /* over the whole body, not in one chunk */
    for (size_t i = 0; i < LIMIT_HTTP_CHUNK_EXT / 2; i++)
        assert_int_equal(http1_body_feed(&body, "1;a\r\nb\r\n", 8, &used), MORE);
    assert_int_equal(http1_body_feed(&body, "1;a\r\nb\r\n", 8, &used), BAD);
    assert_int_equal(used, 1);
}

static void test_trailer_limit(void **state)
{
    struct http1_body body;
    size_t used;

    (void)state;
    http1_body_init(&body, HTTP1_CHUNKED, 0);
    http1_body_feed(&body, "0\r\na:", 5, &used);
    assert_int_equal(feed_many(&body, 'b', LIMIT_HTTP_TRAILER - 2), MORE);
    assert_int_equal(feed_many(&body, 'b', 1), BAD);

    http1_body_init(&body, HTTP1_CHUNKED, 0); /* many small ones */
    http1_body_feed(&body, "0\r\n", 3, &used);
    for (size_t i = 0; i < LIMIT_HTTP_TRAILER / 8; i++)
        assert_int_equal(http1_body_feed(&body, "aa:bbb\r\n", 8, &used), MORE);
    assert_int_equal(http1_body_feed(&body, "aa:bbb\r\n", 8, &used), BAD);
}

/* Lengths beyond what a buffer holds: twenty gigabytes go by in pieces, and the count is right. */
static void test_large(void **state)
{
    static const char PIECE[64 * 1024];
    struct http1_body body;
    uint64_t left = UINT64_C(5) << 32;
    size_t used;

    (void)state;
    http1_body_init(&body, HTTP1_CHUNKED, 0);
    assert_int_equal(http1_body_feed(&body, "500000000\r\n", 11, &used), MORE);
    for (; left > 0; left -= sizeof PIECE)
        assert_int_equal(http1_body_feed(&body, PIECE, sizeof PIECE, &used), MORE);
    assert_int_equal(http1_body_feed(&body, "\r\n0\r\n\r\n", 7, &used), DONE);
    assert_int_equal(used, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_feed),
        cmocka_unit_test(test_strip),
        cmocka_unit_test(test_end_is_final),
        cmocka_unit_test(test_forbidden_trailers),
        cmocka_unit_test(test_3b_43_extension_limit),
        cmocka_unit_test(test_trailer_limit),
        cmocka_unit_test(test_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
