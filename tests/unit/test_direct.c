/* SPDX-License-Identifier: Apache-2.0
 * test_direct.c - which failed connects are worth a word, and the word. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sandbox/direct.h"

static socklen_t address(struct sockaddr_storage *out, const char *text, uint16_t port)
{
    struct sockaddr_in *in = (struct sockaddr_in *)(void *)out;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)out;

    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
        in->sin_family = AF_INET;
        in->sin_port = htons(port);
        return sizeof *in;
    }
    assert_int_equal(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(port);
    return sizeof *in6;
}

static void test_is(void **state)
{
    static const struct {
        const char *name, *to;
        uint16_t port;
        int error, type;
        bool direct;
    } rows[] = {
        {"3J.189 TCP", "192.0.2.1", 443, ENETUNREACH, SOCK_STREAM, true},
        {"3J.189 TCP by IPv6", "2001:db8::1", 443, ENETUNREACH, SOCK_STREAM, true},
        {"3J.189 no route to the host", "192.0.2.1", 443, EHOSTUNREACH, SOCK_STREAM, true},
        {"3J.189 a name server", "192.0.2.1", 53, ENETUNREACH, SOCK_DGRAM, true},
        {"a way of asking for one's own address", "192.0.2.1", 80, ENETUNREACH, SOCK_DGRAM, false},
        {"nobody listens", "127.0.0.1", 443, ECONNREFUSED, SOCK_STREAM, false},
        {"it worked", "127.0.0.1", 443, 0, SOCK_STREAM, false},
        {"another kind of socket", "192.0.2.1", 53, ENETUNREACH, SOCK_RAW, false},
        {"no socket", "192.0.2.1", 53, ENETUNREACH, -EBADF, false},
    };
    struct sockaddr_storage to;
    socklen_t len;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        len = address(&to, rows[i].to, rows[i].port);
        if (direct_is(rows[i].error, rows[i].type, (struct sockaddr *)&to, len) != rows[i].direct)
            fail_msg("%s", rows[i].name);
    }
    for (int v6 = 0; v6 < 2; v6++) { /* an address that is cut short */
        len = address(&to, v6 ? "::2" : "192.0.2.1", 443);
        assert_false(direct_is(ENETUNREACH, SOCK_STREAM, (struct sockaddr *)&to, len - 1));
    }
    to.ss_family = AF_UNIX;
    assert_false(direct_is(ENETUNREACH, SOCK_STREAM, (struct sockaddr *)&to, sizeof to));
}

static void test_hint(void **state)
{
    static const struct {
        const char *program, *to;
        uint16_t port;
        const char *says;
    } rows[] = {
        {"node", "192.0.2.1", 443,
         "node (7) connects to 192.0.2.1:443 by itself, and there is no way out but the proxy: set "
         "NODE_USE_ENV_PROXY=1, which Node 24 and newer know, or use undici's ProxyAgent"},
        {"curl", "2001:db8::1", 80,
         "curl (7) connects to [2001:db8::1]:80 by itself, and there is no way out but the proxy: "
         "leave out --noproxy"},
        {"own\x1b[2J", "192.0.2.1", 53,
         "own\\x1b[2J (7) asks the name server 192.0.2.1:53 by itself, and there is no way out but "
         "the proxy: have it use HTTP_PROXY or ALL_PROXY"},
    };
    struct sockaddr_storage to;
    char out[DIRECT_HINT], longest[256];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        address(&to, rows[i].to, rows[i].port);
        direct_hint(out, rows[i].program, 7, (struct sockaddr *)&to);
        assert_string_equal(out, rows[i].says);
    }
    memset(longest, '\x1b', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    direct_hint(out, longest, 2147483647, (struct sockaddr *)&to);
    assert_non_null(strstr(out, "HTTP_PROXY or ALL_PROXY")); /* nothing is cut off at the end */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is),
        cmocka_unit_test(test_hint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
