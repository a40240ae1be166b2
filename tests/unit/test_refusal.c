/* SPDX-License-Identifier: Apache-2.0
 * test_refusal.c - the answers of our own: their framing, their words, and how long they may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "proxy/refusal.h"

static const struct row {
    const char *name;
    fence_reason reason;
    const char *rule, *message, *cure;
    int status;
    bool keep_alive, to_head;
    const char *has[4]; /* of head and body */
    const char *hasnt[3];
} rows[] = {
    {"a denied host",
     FENCE_REASON_REQUEST_DENIED,
     "network.deniedDomains[2]",
     "evil.test is denied",
     "--allow evil.test",
     403,
     true,
     false,
     {"HTTP/1.1 403 Forbidden\r\n", "Proxy-Status: fence; error=http_request_denied",
      "Connection blocked by network allowlist\n\nfence: evil.test is denied "
      "(network.deniedDomains[2])\nallow it: --allow evil.test\n"},
     {"Connection: close", "Retry-After"}},
    {"an answer to HEAD",
     FENCE_REASON_REQUEST_DENIED,
     "",
     "no",
     "",
     403,
     true,
     true,
     {"HTTP/1.1 403 Forbidden\r\n", "Content-Length: "},
     {"fence: no"}},
    {"the last answer",
     FENCE_REASON_REQUEST_MALFORMED,
     "",
     "the head is malformed",
     "",
     400,
     false,
     false,
     {"HTTP/1.1 400 Bad Request\r\n", "Connection: close\r\n", "fence: the head is malformed\n"},
     {"blocked by network allowlist", "allow it", " ()"}},
    {"too many connections",
     FENCE_REASON_LIMIT_REACHED,
     "",
     "too many",
     "",
     503,
     false,
     false,
     {"HTTP/1.1 503 Service Unavailable\r\n", "Retry-After: 1\r\n",
      "error=connection_limit_reached"},
     {"blocked by"}},
    {"nothing to say",
     FENCE_REASON_DNS_ERROR,
     "",
     "",
     "",
     502,
     true,
     false,
     {"HTTP/1.1 502 Bad Gateway\r\n", "fence: Bad Gateway\n", "error=dns_error"},
     {0}},
    {"no reason",
     FENCE_REASON_NONE,
     "",
     "x",
     "",
     400,
     true,
     false,
     {"fence: x\n"},
     {"Proxy-Status"}},
    {"3B.64 quotes and a backslash in the details",
     FENCE_REASON_REQUEST_DENIED,
     "",
     "\"a\\b\"",
     "",
     403,
     true,
     false,
     {"details=\"\\\"a\\\\b\\\"\"", "fence: \"a\\b\""},
     {0}},
    {"3B.64 what is not ASCII",
     FENCE_REASON_REQUEST_DENIED,
     "",
     "caf\xc3\xa9",
     "",
     403,
     true,
     false,
     {"details=\"caf??\"", "fence: caf\xc3\xa9\n"},
     {0}},
    {"3B.64 a script stays text",
     FENCE_REASON_REQUEST_DENIED,
     "",
     "<script>",
     "",
     403,
     true,
     false,
     {"Content-Type: text/plain; charset=utf-8\r\n", "X-Content-Type-Options: nosniff\r\n"},
     {0}},
};

static void make(fence_decision *why, const struct row *row)
{
    *why = (fence_decision){.verdict = FENCE_DENY, .reason = row->reason};
    snprintf(why->rule, sizeof why->rule, "%s", row->rule);
    snprintf(why->message, sizeof why->message, "%s", row->message);
    snprintf(why->cure, sizeof why->cure, "%s", row->cure);
}

/* One head of lines that end in CRLF, and a body of just the length it names. */
static void check_framing(const char *name, const char *text, size_t len, bool to_head)
{
    const char *end = strstr(text, "\r\n\r\n");
    const char *field = strstr(text, "\r\nContent-Length: ");
    size_t body;

    if (!end || !field || field > end || strlen(text) != len)
        fail_msg("%s: no head with a length in '%s'", name, text);
    body = len - (size_t)(end + 4 - text);
    if (body != (to_head ? 0 : strtoul(field + 18, NULL, 10)))
        fail_msg("%s: a body of %zu bytes after '%s'", name, body, text);
    if (body > LIMIT_HTTP_ERROR)
        fail_msg("%s: a body of %zu bytes", name, body);
    for (const char *c = text; c < end; c++) {
        if ((*c == '\r') != (c[1] == '\n'))
            fail_msg("%s: a line does not end in CRLF: '%s'", name, text);
    }
}

static void test_rows(void **state)
{
    (void)state;
    for (const struct row *row = rows; row < rows + ARRAY_LEN(rows); row++) {
        auto_buf struct buf out = BUF_INIT(LIMIT_HTTP_HEAD);
        fence_decision why;

        make(&why, row);
        if (refusal_write(&out, &why, row->status, row->keep_alive, row->to_head) != 0 ||
            buf_append(&out, "", 1) != 0 || !out.bytes)
            fail_msg("%s: not written", row->name);
        check_framing(row->name, out.bytes, out.len - 1, row->to_head);
        for (size_t i = 0; i < ARRAY_LEN(row->has) && row->has[i]; i++) {
            if (!strstr(out.bytes, row->has[i]))
                fail_msg("%s: no '%s' in '%s'", row->name, row->has[i], out.bytes);
        }
        for (size_t i = 0; i < ARRAY_LEN(row->hasnt) && row->hasnt[i]; i++) {
            if (strstr(out.bytes, row->hasnt[i]))
                fail_msg("%s: '%s' in '%s'", row->name, row->hasnt[i], out.bytes);
        }
    }
}

/* 3B.64: everything a decision can hold fits into what an answer may have. */
static void test_longest(void **state)
{
    auto_buf struct buf out = BUF_INIT(LIMIT_HTTP_HEAD);
    fence_decision why = {.verdict = FENCE_DENY, .reason = FENCE_REASON_REQUEST_DENIED};

    (void)state;
    memset(why.rule, 'r', sizeof why.rule - 1);
    memset(why.message, '"', sizeof why.message - 1); /* twice as long in Proxy-Status */
    memset(why.cure, 'c', sizeof why.cure - 1);
    assert_int_equal(refusal_write(&out, &why, 403, false, false), 0);
    assert_int_equal(buf_append(&out, "", 1), 0);
    check_framing("the longest", out.bytes, out.len - 1, false);
}

static void test_no_room(void **state)
{
    auto_buf struct buf out = BUF_INIT(64);
    fence_decision why = {.verdict = FENCE_DENY, .reason = FENCE_REASON_REQUEST_DENIED};

    (void)state;
    assert_true(refusal_write(&out, &why, 403, false, false) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_longest),
        cmocka_unit_test(test_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
