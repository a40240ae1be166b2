/* SPDX-License-Identifier: Apache-2.0
 * test_reason.c - the faces of every reason, and a Proxy-Status line that no detail can break. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "proto/reason.h"
#include "support/guard.h"

static const struct {
    fence_reason reason;
    const char *token;
    int status;
    uint8_t reply;
} FACES[] = {
    {FENCE_REASON_NONE, "", 200, 0},
    {FENCE_REASON_REQUEST_DENIED, "http_request_denied", 403, 2},
    {FENCE_REASON_IP_PROHIBITED, "destination_ip_prohibited", 403, 2},
    {FENCE_REASON_REQUEST_MALFORMED, "http_request_error", 400, 1},
    {FENCE_REASON_DNS_ERROR, "dns_error", 502, 4},
    {FENCE_REASON_DNS_TIMEOUT, "dns_timeout", 504, 4},
    {FENCE_REASON_IP_UNROUTABLE, "destination_ip_unroutable", 502, 3},
    {FENCE_REASON_CONNECTION_REFUSED, "connection_refused", 502, 5},
    {FENCE_REASON_CONNECTION_TIMEOUT, "connection_timeout", 504, 6},
    {FENCE_REASON_CONNECTION_LOST, "connection_terminated", 502, 1},
    {FENCE_REASON_RESPONSE_MALFORMED, "http_protocol_error", 502, 1},
    {FENCE_REASON_RESPONSE_TIMEOUT, "http_response_timeout", 504, 1},
    {FENCE_REASON_LIMIT_REACHED, "connection_limit_reached", 503, 1},
    {FENCE_REASON_INTERNAL_ERROR, "proxy_internal_error", 500, 1},
    {(fence_reason)99, "proxy_internal_error", 500, 1},
};

static void test_faces(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(FACES); i++) {
        fence_reason reason = FACES[i].reason;

        assert_string_equal(reason_token(reason), FACES[i].token);
        assert_int_equal(reason_http_status(reason), FACES[i].status);
        assert_int_equal(reason_socks_reply(reason), FACES[i].reply);
        assert_string_not_equal(reason_phrase(FACES[i].status), "Error");
    }
}

#define DENIED "fence; error=http_request_denied"

static const struct {
    const char *name;
    fence_reason reason;
    const char *details;
    size_t len;
    const char *want;
} LINES[] = {
    {"no details", FENCE_REASON_REQUEST_DENIED, "", 0, DENIED},
    {"details", FENCE_REASON_REQUEST_DENIED, "a rule", 6, DENIED "; details=\"a rule\""},
    {"no error", FENCE_REASON_NONE, "", 0, "fence"},
    {"quotes and backslashes", FENCE_REASON_DNS_ERROR, "\"\\\"", 3,
     "fence; error=dns_error; details=\"\\\"\\\\\\\"\""},
    {"3B.64 control characters", FENCE_REASON_DNS_ERROR, "a\r\nb\0\x1b\x7f", 7,
     "fence; error=dns_error; details=\"a\?\?b\?\?\?\""},
    {"not ASCII", FENCE_REASON_DNS_ERROR, "\xc3\xa4", 2,
     "fence; error=dns_error; details=\"\?\?\""},
};

static void test_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(LINES); i++) {
        auto_buf struct buf out = BUF_INIT(200);
        char *copy = guard_copy(LINES[i].details, LINES[i].len);
        int rc = reason_proxy_status(&out, LINES[i].reason, (struct str){copy, LINES[i].len});

        guard_free(copy, LINES[i].len);
        if (rc != 0 || !str_equal(buf_str(&out), str_of(LINES[i].want)))
            fail_msg("%s: %d, " STR_FMT, LINES[i].name, rc, STR_ARG(buf_str(&out)));
    }
}

static void test_no_room(void **state)
{
    auto_buf struct buf out = BUF_INIT(20);

    (void)state;
    assert_int_equal(reason_proxy_status(&out, FENCE_REASON_DNS_ERROR, STR("details")), -ENOSPC);
}

static void test_phrases(void **state)
{
    static const int REFUSALS[] = {400, 403, 405, 408, 417, 431, 500, 501, 502, 503, 504, 505};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(REFUSALS); i++)
        assert_string_not_equal(reason_phrase(REFUSALS[i]), "Error");
    assert_string_equal(reason_phrase(403), "Forbidden");
    assert_string_equal(reason_phrase(299), "Error");
    assert_string_equal(reason_phrase(-1), "Error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faces),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_phrases),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
