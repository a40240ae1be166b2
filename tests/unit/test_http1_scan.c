/* SPDX-License-Identifier: Apache-2.0
 * test_http1_scan.c - where a head ends, and which bytes end the attempt: in one piece, cut at
 * every offset, and byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/http1.h"
#include "support/guard.h"

#define B(literal) "" literal, sizeof(literal) - 1

static const struct row {
    const char *name, *bytes;
    size_t len;
    enum http1_scan_status want;
    size_t used; /* how many bytes are eaten */
} ROWS[] = {
    {"nothing", B(""), HTTP1_SCAN_MORE, 0},
    {"a whole head", B("GET / HTTP/1.1\r\nA: b\r\n\r\n"), HTTP1_SCAN_DONE, 24},
    {"no fields", B("GET / HTTP/1.1\r\n\r\n"), HTTP1_SCAN_DONE, 18},
    {"half a line", B("GET / HT"), HTTP1_SCAN_MORE, 8},
    {"all but the last byte", B("GET / HTTP/1.1\r\n\r"), HTTP1_SCAN_MORE, 17},
    {"the next message stays", B("a\r\n\r\nGET"), HTTP1_SCAN_DONE, 5},
    {"3B.47 pipelined", B("a\r\n\r\nb\r\n\r\n"), HTTP1_SCAN_DONE, 5},
    {"HTAB and obs-text", B("a\r\nb:\tc\x80\xff\r\n\r\n"), HTTP1_SCAN_DONE, 13},
    {"white space first", B(" a\r\n\r\n"), HTTP1_SCAN_DONE, 6},
    {"3B.44 bare LF", B("GET / HTTP/1.1\nA: b\r\n\r\n"), HTTP1_SCAN_MALFORMED, 14},
    {"3B.44 bare LF after a field", B("a\r\nA: b\n\r\n"), HTTP1_SCAN_MALFORMED, 7},
    {"3B.44 LF ends the head", B("a\r\n\n"), HTTP1_SCAN_MALFORMED, 3},
    {"3B.44 CR CR LF", B("a\r\r\n\r\n"), HTTP1_SCAN_MALFORMED, 2},
    {"3B.44 bare CR in a value", B("a\r\nA: b\rc\r\n\r\n"), HTTP1_SCAN_MALFORMED, 8},
    {"3B.44 bare CR ends the head", B("a\r\n\ra"), HTTP1_SCAN_MALFORMED, 4},
    {"3B.44 NUL in a name", B("a\r\nA\0: b\r\n\r\n"), HTTP1_SCAN_MALFORMED, 4},
    {"3B.44 NUL in a value", B("a\r\nA: b\0\r\n\r\n"), HTTP1_SCAN_MALFORMED, 7},
    {"3B.44 DEL", B("a\r\nA: \x7f\r\n\r\n"), HTTP1_SCAN_MALFORMED, 6},
    {"3B.42 vertical tab before a coding", B("a\r\nA: \x0b"), HTTP1_SCAN_MALFORMED, 6},
    {"3B.64 ESC", B("GET /\x1b[31m"), HTTP1_SCAN_MALFORMED, 5},
    {"3B.46 one leading CRLF", B("\r\na\r\n\r\n"), HTTP1_SCAN_DONE, 7},
    {"3B.46 two leading CRLF", B("\r\n\r\na\r\n\r\n"), HTTP1_SCAN_MALFORMED, 2},
    {"3B.46 leading LF", B("\na\r\n\r\n"), HTTP1_SCAN_MALFORMED, 0},
    {"3B.46 leading CR alone", B("\ra"), HTTP1_SCAN_MALFORMED, 1},
    {"TLS instead of HTTP", B("\x16\x03\x01\x02"), HTTP1_SCAN_MALFORMED, 0},
    {"SOCKS instead of HTTP", B("\x05\x01\x00"), HTTP1_SCAN_MALFORMED, 0},
};

/* Feeds `len` bytes, each piece against a guard page, and checks that nothing is left to eat. */
static enum http1_scan_status feed(struct http1_scan *scan, const char *bytes, size_t len,
                                   size_t *total)
{
    char *copy = guard_copy(bytes, len);
    size_t used = 0;
    enum http1_scan_status status = http1_scan_head(scan, copy, len, &used);

    guard_free(copy, len);
    *total += used;
    if (used > len || (status == HTTP1_SCAN_MORE && used != len))
        fail_msg("%zu bytes of %zu were used", used, len);
    return status;
}

static void check(const struct row *row, const char *how, enum http1_scan_status status,
                  size_t used, size_t head)
{
    if (status != row->want || used != row->used || head != row->used)
        fail_msg("%s, %s: status %d after %zu bytes, head of %zu", row->name, how, status, used,
                 head);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        const struct row *row = &ROWS[i];
        struct http1_scan scan = {0};
        size_t used = 0;
        enum http1_scan_status status = feed(&scan, row->bytes, row->len, &used);

        check(row, "whole", status, used, scan.len);
    }
}

static void test_rows_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        for (size_t cut = 0; cut <= ROWS[i].len; cut++) {
            const struct row *row = &ROWS[i];
            struct http1_scan scan = {0};
            size_t used = 0;
            enum http1_scan_status status = feed(&scan, row->bytes, cut, &used);

            if (status == HTTP1_SCAN_MORE)
                status = feed(&scan, row->bytes + cut, row->len - cut, &used);
            check(row, "cut in two", status, used, scan.len);
        }
    }
}

static void test_rows_by_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        const struct row *row = &ROWS[i];
        struct http1_scan scan = {0};
        enum http1_scan_status status = HTTP1_SCAN_MORE;
        size_t used = 0;

        for (size_t at = 0; at < row->len && status == HTTP1_SCAN_MORE; at++)
            status = feed(&scan, row->bytes + at, 1, &used);
        check(row, "byte by byte", status, used, scan.len);
    }
}

/* Every byte at every distance from the start of a line: the fast path sees eight at a time. */
static void test_every_byte(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        bool plain = c == '\t' || (c >= 0x20 && c != 0x7f);

        for (size_t at = 1; at < 24; at++) {
            char line[32];
            struct http1_scan scan = {0};
            size_t used = 0;
            enum http1_scan_status status;

            memset(line, 'a', sizeof line);
            line[at] = (char)c;
            status = feed(&scan, line, sizeof line, &used);
            if (c == '\r')
                plain = false, used--; /* eaten; the byte after it is the wrong one */
            if ((status == HTTP1_SCAN_MORE) != plain || used != (plain ? sizeof line : at))
                fail_msg("byte 0x%02x at %zu: status %d after %zu", c, at, status, used);
        }
    }
}

static void test_end_is_final(void **state)
{
    static const char *const ENDS[] = {"a\r\n\r\n", "a\n"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ENDS); i++) {
        struct http1_scan scan = {0};
        size_t used = 0, more = 0;
        enum http1_scan_status status = feed(&scan, ENDS[i], strlen(ENDS[i]), &used);

        assert_int_equal(feed(&scan, "GET", 3, &more), status);
        assert_int_equal(more, 0);
        assert_int_equal(scan.len, used);
    }
}

/* ---- 3B.56: how long a head may be ---- */

/* A head of exactly `len` bytes, after `lead`. */
static char *long_head(size_t len, const char *lead)
{
    char *head = malloc(len);

    assert_non_null(head);
    memset(head, 'a', len);
    memcpy(head, lead, strlen(lead));
    memcpy(head + len - 4, "\r\n\r\n", 4);
    return head;
}

static void test_limit(void **state)
{
    static const struct {
        const char *name, *lead;
        size_t len;
        enum http1_scan_status want;
    } LENGTHS[] = {
        {"one under the limit", "", LIMIT_HTTP_HEAD - 1, HTTP1_SCAN_DONE},
        {"at the limit", "", LIMIT_HTTP_HEAD, HTTP1_SCAN_DONE},
        {"3B.56 one over", "", LIMIT_HTTP_HEAD + 1, HTTP1_SCAN_TOO_LARGE},
        {"3B.46 a line of 64 KiB", "", 64 * 1024, HTTP1_SCAN_TOO_LARGE},
        {"a leading CRLF counts", "\r\n", LIMIT_HTTP_HEAD + 1, HTTP1_SCAN_TOO_LARGE},
        {"a bad last byte is malformed", "\r\r", LIMIT_HTTP_HEAD, HTTP1_SCAN_MALFORMED},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(LENGTHS); i++) {
        static const size_t STEPS[] = {1, 7, 4096, SIZE_MAX};
        char *head = long_head(LENGTHS[i].len, LENGTHS[i].lead);

        for (size_t k = 0; k < ARRAY_LEN(STEPS); k++) {
            struct http1_scan scan = {0};
            enum http1_scan_status status = HTTP1_SCAN_MORE;
            size_t at = 0;

            while (status == HTTP1_SCAN_MORE && at < LENGTHS[i].len) {
                size_t left = LENGTHS[i].len - at, used;

                status =
                    http1_scan_head(&scan, head + at, left < STEPS[k] ? left : STEPS[k], &used);
                at += used;
            }
            if (status != LENGTHS[i].want || at > LIMIT_HTTP_HEAD || scan.len != at)
                fail_msg("%s, by %zu: status %d after %zu", LENGTHS[i].name, STEPS[k], status, at);
        }
        free(head);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),          cmocka_unit_test(test_rows_cut),
        cmocka_unit_test(test_rows_by_bytes), cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_end_is_final),  cmocka_unit_test(test_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
