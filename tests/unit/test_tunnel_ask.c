/* SPDX-License-Identifier: Apache-2.0
 * test_tunnel_ask.c - what is sent to a proxy, and what comes of its answer. The answer lies ready
 * at the other end of a socketpair, with the first bytes of the tunnel behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/str.h"
#include "cli/tunnel_ask.h"

static const struct proxy_url http = {.socks = false};
static const struct proxy_url http_login = {.has_login = true, .name = "u", .password = "pw"};
static const struct proxy_url socks = {.socks = true};
static const struct proxy_url socks_login = {
    .socks = true, .has_login = true, .name = "u", .password = "pw"};

#define OK   "HTTP/1.1 200 Connection established\r\n\r\n"
#define HEAD "CONNECT good.test:22 HTTP/1.1\r\nHost: good.test:22\r\n"

static const struct {
    const char *name;
    const struct proxy_url *proxy;
    const char *host;
    struct str answer, sent;
    const char *why; /* NULL: a tunnel */
} rows[] = {
    {"a tunnel", &http, "good.test", STR(OK), STR(HEAD "\r\n"), NULL},
    {"with a login", &http_login, "good.test", STR(OK),
     STR(HEAD "Proxy-Authorization: Basic dTpwdw==\r\n\r\n"), NULL},
    {"to an address", &http, "::1", STR(OK),
     STR("CONNECT [::1]:22 HTTP/1.1\r\nHost: [::1]:22\r\n\r\n"), NULL},
    {"a refusal of fence's", &http, "good.test",
     STR("HTTP/1.1 403 Forbidden\r\ncontent-LENGTH: 26\r\n\r\nBlocked\n\nfence: no\nallow it\n"),
     STR(HEAD "\r\n"), "403 Forbidden: no; allow i"},
    {"a refusal of another's", &http, "good.test",
     STR("HTTP/1.0 502 Bad Gateway\r\nContent-Length: 3\r\n\r\n\nx\n"), STR(HEAD "\r\n"),
     "502 Bad Gateway: x"},
    {"a refusal without a body", &http, "good.test",
     STR("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
     STR(HEAD "\r\n"), "407 Proxy Authentication Required"},
    {"no answer", &http, "good.test", STR(""), STR(HEAD "\r\n"),
     "the proxy closed the connection without an answer"},
    {"half an answer", &http, "good.test", STR("HTTP/1.1 200 OK\r\n"), STR(HEAD "\r\n"),
     "the proxy closed the connection without an answer"},
    {"no proxy", &http, "good.test", STR("SSH-2.0-OpenSSH\r\n\r\n"), STR(HEAD "\r\n"),
     "what answers is no HTTP proxy"},
    {"SOCKS5", &socks, "good.test", STR("\5\0\5\0\0\1\0\0\0\0\0\0"),
     STR("\5\1\0\5\1\0\3\11good.test\0\26"), NULL},
    {"SOCKS5 to an address", &socks, "192.0.2.1", STR("\5\0\5\0\0\1\0\0\0\0\0\0"),
     STR("\5\1\0\5\1\0\1\300\0\2\1\0\26"), NULL},
    {"SOCKS5 to an address of IPv6", &socks, "::1", STR("\5\0\5\0\0\3\2ab\0\0"),
     STR("\5\1\0\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\26"), NULL},
    {"SOCKS5 with a login", &socks_login, "good.test", STR("\5\2\1\0\5\0\0\1\0\0\0\0\0\0"),
     STR("\5\2\0\2\1\1u\2pw\5\1\0\3\11good.test\0\26"), NULL},
    {"SOCKS5 with a wrong login", &socks_login, "good.test", STR("\5\2\1\1"),
     STR("\5\2\0\2\1\1u\2pw"), "the proxy does not take this name and password"},
    {"SOCKS5 that wants a login", &socks, "good.test", STR("\5\377"), STR("\5\1\0"),
     "the proxy wants a name and a password"},
    {"SOCKS5 that refuses", &socks, "good.test", STR("\5\0\5\2\0\1\0\0\0\0\0\0"),
     STR("\5\1\0\5\1\0\3\11good.test\0\26"), "no rule allows it: see fence explain"},
    {"SOCKS5 with a reply of its own", &socks, "good.test", STR("\5\0\5\143\0\1\0\0\0\0\0\0"),
     STR("\5\1\0\5\1\0\3\11good.test\0\26"), "refused"},
    {"SOCKS5 that is none", &socks, "good.test", STR("HTTP/1.1 400"), STR("\5\1\0"),
     "what answers is no SOCKS5 proxy"},
    {"SOCKS5 with half an answer", &socks, "good.test", STR("\5\0\5\0\0\1\0\0"),
     STR("\5\1\0\5\1\0\3\11good.test\0\26"), "the proxy's answer is cut off"},
};

static void check(size_t i)
{
    static const char first[] = "SSH-2.0";
    char why[TUNNEL_WHY] = "", sent[1024], left[sizeof first] = "";
    int ends[2];
    ssize_t len;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(write(ends[1], rows[i].answer.bytes, rows[i].answer.len), rows[i].answer.len);
    if (!rows[i].why)
        assert_int_equal(write(ends[1], first, sizeof first - 1), sizeof first - 1);
    shutdown(ends[1], SHUT_WR);
    if (tunnel_ask(why, ends[0], rows[i].proxy, rows[i].host, 22) != (rows[i].why ? -1 : 0) ||
        strcmp(why, rows[i].why ? rows[i].why : "") != 0)
        fail_msg("%s: %s", rows[i].name, why);
    len = recv(ends[1], sent, sizeof sent, MSG_DONTWAIT);
    if (len != (ssize_t)rows[i].sent.len || memcmp(sent, rows[i].sent.bytes, (size_t)len) != 0)
        fail_msg("%s: sent %zd bytes: %.*s", rows[i].name, len, (int)len, sent);
    if (!rows[i].why) {
        assert_int_equal(read(ends[0], left, sizeof left), sizeof first - 1);
        assert_string_equal(left, first);
    }
    close(ends[0]);
    close(ends[1]);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check(i);
}

/* An answer without an end is not read for ever. */
static void test_endless(void **state)
{
    char why[TUNNEL_WHY] = "", junk[20000];
    int ends[2];

    (void)state;
    memset(junk, 'x', sizeof junk);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(write(ends[1], junk, sizeof junk), sizeof junk);
    assert_int_equal(tunnel_ask(why, ends[0], &http, "good.test", 22), -1);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_endless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
