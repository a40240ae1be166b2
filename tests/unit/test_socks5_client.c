/* SPDX-License-Identifier: Apache-2.0
 * test_socks5_client.c - what is said to a SOCKS5 server, and every answer, at every split. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "proto/socks5_client.h"
#include "support/guard.h"

#define BYTES(text) text, sizeof(text) - 1
#define A50         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A250        A50 A50 A50 A50 A50

static const struct {
    const char *name, *host;
    const char *user, *password;
    const char *answers; /* of the server, all of them */
    size_t nanswers;
    enum socks5_client_status status;
    uint8_t reply;
    const char *said; /* by us */
    size_t nsaid;
    size_t rest; /* bytes that belong to the tunnel */
} rows[] = {
    {"a name", "a.test", "", "", BYTES("\5\0\5\0\0\1\0\0\0\0\0\0"), SOCKS5_CLIENT_READY, 0,
     BYTES("\5\1\0\5\1\0\3\6a.test\1\273"), 0},
    {"IPv4", "10.1.2.3", "", "", BYTES("\5\0\5\0\0\1\0\0\0\0\0\0"), SOCKS5_CLIENT_READY, 0,
     BYTES("\5\1\0\5\1\0\1\12\1\2\3\1\273"), 0},
    {"IPv6, an IPv6 answer", "fd00::1", "", "",
     BYTES("\5\0\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), SOCKS5_CLIENT_READY, 0,
     BYTES("\5\1\0\5\1\0\4\375\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\1\273"), 0},
    {"a name in the answer", "a.test", "", "", BYTES("\5\0\5\0\0\3\2xy\0\1"), SOCKS5_CLIENT_READY,
     0, BYTES("\5\1\0\5\1\0\3\6a.test\1\273"), 0},
    {"an empty name in the answer", "a.test", "", "", BYTES("\5\0\5\0\0\3\0\0\1"),
     SOCKS5_CLIENT_READY, 0, BYTES("\5\1\0\5\1\0\3\6a.test\1\273"), 0},
    {"a name of 255 bytes in the answer", "a.test", "", "",
     BYTES("\5\0\5\0\0\3\377" A250 "aaaaa\0\1SSH-2.0"), SOCKS5_CLIENT_READY, 0,
     BYTES("\5\1\0\5\1\0\3\6a.test\1\273"), 7},
    {"the server speaks first", "a.test", "", "", BYTES("\5\0\5\0\0\1\0\0\0\0\0\0SSH-2.0"),
     SOCKS5_CLIENT_READY, 0, BYTES("\5\1\0\5\1\0\3\6a.test\1\273"), 7},
    {"a login", "a.test", "u", "pw", BYTES("\5\2\1\0\5\0\0\1\0\0\0\0\0\0"), SOCKS5_CLIENT_READY, 0,
     BYTES("\5\2\0\2\1\1u\2pw\5\1\0\3\6a.test\1\273"), 0},
    {"a login that is not wanted", "a.test", "u", "pw", BYTES("\5\0\5\0\0\1\0\0\0\0\0\0"),
     SOCKS5_CLIENT_READY, 0, BYTES("\5\2\0\2\5\1\0\3\6a.test\1\273"), 0},
    {"a wrong login", "a.test", "u", "pw", BYTES("\5\2\1\1"), SOCKS5_CLIENT_LOGIN, 0,
     BYTES("\5\2\0\2\1\1u\2pw"), 0},
    {"a login that is missing", "a.test", "", "", BYTES("\5\2"), SOCKS5_CLIENT_LOGIN, 0,
     BYTES("\5\1\0"), 0},
    {"no method", "a.test", "", "", BYTES("\5\377"), SOCKS5_CLIENT_LOGIN, 0, BYTES("\5\1\0"), 0},
    {"refused", "a.test", "", "", BYTES("\5\0\5\2\0\1\0\0\0\0\0\0"), SOCKS5_CLIENT_REFUSED, 2,
     BYTES("\5\1\0\5\1\0\3\6a.test\1\273"), 0},
    {"HTTP", "a.test", "", "", BYTES("HTTP/1.1 400"), SOCKS5_CLIENT_MALFORMED, 0, BYTES("\5\1\0"),
     10},
    {"another version", "a.test", "", "", BYTES("\5\0\4\0\0\1\0\0\0\0\0\0"),
     SOCKS5_CLIENT_MALFORMED, 0, BYTES("\5\1\0\5\1\0\3\6a.test\1\273"), 0},
    {"an unknown address", "a.test", "", "", BYTES("\5\0\5\0\0\2\0\0\0\0\0\0"),
     SOCKS5_CLIENT_MALFORMED, 0, BYTES("\5\1\0\5\1\0\3\6a.test\1\273"), 5},
    {"half an answer", "a.test", "", "", BYTES("\5\0\5\0\0\1\0\0"), SOCKS5_CLIENT_MORE, 0,
     BYTES("\5\1\0\5\1\0\3\6a.test\1\273"), 0},
};

/* Feeds `len` bytes, and says what is to be said; stops at the first final status. */
static enum socks5_client_status feed(struct socks5_client *client, const char *bytes, size_t len,
                                      size_t *left, struct buf *said)
{
    enum socks5_client_status status = SOCKS5_CLIENT_MORE;

    while (len > 0 && (status == SOCKS5_CLIENT_MORE || status == SOCKS5_CLIENT_SAY)) {
        size_t used = 0;

        status = socks5_client_feed(client, bytes, len, &used, said);
        bytes += used;
        len -= used;
    }
    *left = len;
    return status == SOCKS5_CLIENT_SAY ? SOCKS5_CLIENT_MORE : status;
}

static void check(size_t i, size_t split)
{
    auto_buf struct buf said = BUF_INIT(1024);
    struct host host;
    struct socks5_client client = {.host = &host,
                                   .port = 443,
                                   .user = str_of(rows[i].user),
                                   .password = str_of(rows[i].password)};
    size_t len = rows[i].nanswers, left = 0;
    char *copy = guard_copy(rows[i].answers, len);
    enum socks5_client_status status;

    assert_null(host_parse_bare(&host, str_of(rows[i].host)));
    assert_int_equal(socks5_client_greet(&said, &client), 0);
    status = feed(&client, copy, split, &left, &said);
    if (status == SOCKS5_CLIENT_MORE)
        status = feed(&client, copy + split, len - split, &left, &said);
    else
        left += len - split;
    guard_free(copy, len);
    if (status != rows[i].status || client.reply != rows[i].reply)
        fail_msg("%s, cut at %zu: %d, reply %d", rows[i].name, split, status, client.reply);
    if (!str_equal(buf_str(&said), (struct str){rows[i].said, rows[i].nsaid}))
        fail_msg("%s, cut at %zu: it said something else", rows[i].name, split);
    if (status == SOCKS5_CLIENT_READY && left != rows[i].rest)
        fail_msg("%s, cut at %zu: %zu bytes are left", rows[i].name, split, left);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (size_t split = 0; split <= rows[i].nanswers; split++)
            check(i, split);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
