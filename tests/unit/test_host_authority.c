/* SPDX-License-Identifier: Apache-2.0
 * test_host_authority.c - host and port together: read, refused, written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/host.h"
#include "support/guard.h"

#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static const struct {
    const char *name;
    struct str text;
    int default_port;
    const char *host; /* NULL: refused, */
    int port;
    const char *why; /* with these words */
} AUTHORITY[] = {
    {"host and port", TEXT("Good.Test:443"), 0, "good.test", 443, NULL},
    {"final dot", TEXT("good.test.:443"), 0, "good.test", 443, NULL},
    {"port left out", TEXT("good.test"), 80, "good.test", 80, NULL},
    {"port given", TEXT("good.test:8080"), 80, "good.test", 8080, NULL},
    {"lowest port", TEXT("good.test:1"), 0, "good.test", 1, NULL},
    {"highest port", TEXT("good.test:65535"), 0, "good.test", 65535, NULL},
    {"IPv4", TEXT("127.0.0.1:80"), 0, "127.0.0.1", 80, NULL},
    {"IPv6", TEXT("[::1]:443"), 0, "::1", 443, NULL},
    {"IPv6 without port", TEXT("[::1]"), 443, "::1", 443, NULL},
    {"mapped", TEXT("[::ffff:127.0.0.1]:443"), 0, "127.0.0.1", 443, NULL},

    {"empty", TEXT(""), 80, NULL, 0, "empty"},
    {"empty, port needed", TEXT(""), 0, NULL, 0, "missing"},
    {"port missing", TEXT("good.test"), 0, NULL, 0, "host:port"},
    {"IPv6, port missing", TEXT("[::1]"), 0, NULL, 0, "host:port"},
    {"port alone", TEXT(":443"), 0, NULL, 0, "empty"},
    {"colon alone", TEXT(":"), 80, NULL, 0, "65535"},
    {"3A.7 NUL", TEXT("evil.test\0.good.test:443"), 0, NULL, 0, "holds"},
    {"3A.7 NUL in the port", TEXT("good.test:443\0"), 0, NULL, 0, "65535"},
    {"3A.9 userinfo", TEXT("good.test@evil.test:443"), 0, NULL, 0, "user name"},
    {"3A.9 userinfo with port", TEXT("evil.test:443@good.test:443"), 0, NULL, 0, "user name"},
    {"3A.9 userinfo before IPv6", TEXT("good.test@[::1]:443"), 0, NULL, 0, "user name"},
    {"3A.9 userinfo behind IPv6", TEXT("[::1]@evil.test:443"), 0, NULL, 0, "user name"},
    {"3A.9 empty userinfo", TEXT("@evil.test:443"), 0, NULL, 0, "user name"},
    {"3A.10 #", TEXT("evil.test#.good.test:443"), 0, NULL, 0, "holds"},
    {"3A.10 # behind the port", TEXT("evil.test:443#.good.test"), 0, NULL, 0, "65535"},
    {"3A.10 /", TEXT("evil.test/.good.test:443"), 0, NULL, 0, "holds"},
    {"3A.10 / behind the port", TEXT("evil.test:443/"), 0, NULL, 0, "65535"},
    {"3A.10 ?", TEXT("evil.test?.good.test:443"), 0, NULL, 0, "holds"},
    {"3A.10 backslash", TEXT("evil.test\\.good.test:443"), 0, NULL, 0, "holds"},
    {"3A.10 ;", TEXT("evil.test;.good.test:443"), 0, NULL, 0, "holds"},
    {"3A.10 ,", TEXT("evil.test,good.test:443"), 0, NULL, 0, "holds"},
    {"3A.10 |", TEXT("evil.test|good.test:443"), 0, NULL, 0, "holds"},
    {"3A.10 TAB", TEXT("good.test\t:443"), 0, NULL, 0, "holds"},
    {"3A.10 SP", TEXT(" good.test:443"), 0, NULL, 0, "holds"},
    {"3A.10 CR", TEXT("good.test\r:443"), 0, NULL, 0, "holds"},
    {"3A.10 LF", TEXT("good.test\n:443"), 0, NULL, 0, "holds"},
    {"3A.11 brackets around a name", TEXT("[good.test]:443"), 0, NULL, 0, "brackets"},
    {"3A.11 two brackets", TEXT("[[::1]]:443"), 0, NULL, 0, "']'"},
    {"3A.11 opening bracket", TEXT("[good.test:443"), 0, NULL, 0, "missing"},
    {"3A.11 opening bracket, default", TEXT("[good.test:443"), 80, NULL, 0, "']'"},
    {"3A.11 closing bracket", TEXT("good.test]:443"), 0, NULL, 0, "brackets"},
    {"3A.11 no brackets", TEXT("::1:443"), 0, NULL, 0, "brackets"},
    {"3A.11 no brackets, default", TEXT("2001:db8::1"), 80, NULL, 0, "brackets"},
    {"3A.11 name behind brackets", TEXT("[::1].good.test:443"), 0, NULL, 0, "']'"},
    {"3A.12 leading zero", TEXT("good.test:0443"), 0, NULL, 0, "65535"},
    {"3A.12 plus", TEXT("good.test:+443"), 0, NULL, 0, "65535"},
    {"3A.12 minus", TEXT("good.test:-1"), 0, NULL, 0, "65535"},
    {"3A.12 99999", TEXT("good.test:99999"), 0, NULL, 0, "65535"},
    {"3A.12 65536", TEXT("good.test:65536"), 0, NULL, 0, "65535"},
    {"3A.12 443 mod 65536", TEXT("good.test:65979"), 0, NULL, 0, "65535"},
    {"3A.12 443 mod 2^32", TEXT("good.test:4294967739"), 0, NULL, 0, "65535"},
    {"3A.12 443 mod 2^64", TEXT("good.test:18446744073709552059"), 0, NULL, 0, "65535"},
    {"3A.12 zero", TEXT("good.test:0"), 0, NULL, 0, "65535"},
    {"3A.12 empty", TEXT("good.test:"), 0, NULL, 0, "65535"},
    {"3A.12 empty, default", TEXT("good.test:"), 80, NULL, 0, "65535"},
    {"3A.12 trailing letters", TEXT("good.test:443evil"), 0, NULL, 0, "65535"},
    {"3A.12 name of a service", TEXT("good.test:http"), 0, NULL, 0, "65535"},
    {"3A.12 hexadecimal", TEXT("good.test:0x1bb"), 0, NULL, 0, "65535"},
    {"3A.12 leading space", TEXT("good.test: 443"), 0, NULL, 0, "65535"},
    {"3A.35 two ports", TEXT("good.test:80:80"), 0, NULL, 0, "more than one"},
    {"3A.14 integer", TEXT("2130706433:80"), 0, NULL, 0, "four decimal"},
};

static void test_authority(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(AUTHORITY); i++) {
        size_t len = AUTHORITY[i].text.len;
        char *copy = guard_copy(AUTHORITY[i].text.bytes, len);
        struct host h;
        uint16_t port = 7;
        const char *why;

        memset(&h, 0, sizeof h);
        why = host_parse_authority(&h, &port, (struct str){copy, len},
                                   (uint16_t)AUTHORITY[i].default_port);
        guard_free(copy, len);
        if (!AUTHORITY[i].host) {
            if (!why || !strstr(why, AUTHORITY[i].why))
                fail_msg("%s: %s", AUTHORITY[i].name, why ? why : "was taken");
            if (port != 7 || h.len != 0)
                fail_msg("%s: the result was touched", AUTHORITY[i].name);
        } else if (why || strcmp(h.text, AUTHORITY[i].host) != 0 || port != AUTHORITY[i].port) {
            fail_msg("%s: %s:%u", AUTHORITY[i].name, why ? why : h.text, port);
        }
    }
}

/* Every port, as text and back, and nothing but ports. */
static void test_port(void **state)
{
    (void)state;
    for (unsigned n = 0; n <= 70000; n++) {
        char text[8];
        uint16_t port = 7;
        const char *why;

        snprintf(text, sizeof text, "%u", n);
        why = host_parse_port(&port, str_of(text));
        if (n >= 1 && n <= 65535)
            assert_true(!why && port == n);
        else
            assert_true(why && port == 7);
    }
}

static void test_format(void **state)
{
    static const struct {
        const char *name, *text, *want;
        int default_port;
    } FORMAT[] = {
        {"port shown", "good.test:443", "good.test:443", 80},
        {"port left out", "good.test:80", "good.test", 80},
        {"no default", "good.test:80", "good.test:80", 0},
        {"one digit", "good.test:1", "good.test:1", 80},
        {"five digits", "good.test:65535", "good.test:65535", 80},
        {"zeros inside", "good.test:10080", "good.test:10080", 80},
        {"IPv4", "127.0.0.1:8080", "127.0.0.1:8080", 80},
        {"IPv6", "[::1]:443", "[::1]:443", 80},
        {"IPv6, port left out", "[::1]:80", "[::1]", 80},
        {"mapped", "[::ffff:1.2.3.4]:443", "1.2.3.4:443", 80},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(FORMAT); i++) {
        struct host h;
        uint16_t port;
        char out[HOST_AUTHORITY];
        size_t len;

        assert_null(host_parse_authority(&h, &port, str_of(FORMAT[i].text), 0));
        len = host_format_authority(out, &h, port, (uint16_t)FORMAT[i].default_port);
        if (strcmp(out, FORMAT[i].want) != 0 || len != strlen(out))
            fail_msg("%s: '%s'", FORMAT[i].name, out);
    }
}

/* The longest there is fills HOST_AUTHORITY but for the brackets, which no name has. */
static void test_format_longest(void **state)
{
    char text[LIMIT_HOST + 1], *out = malloc(HOST_AUTHORITY);
    struct host h;

    (void)state;
    memset(text, 'a', sizeof text);
    for (size_t i = 63; i < LIMIT_HOST; i += 64)
        text[i] = '.';
    assert_null(host_parse(&h, (struct str){text, LIMIT_HOST}));
    assert_int_equal(host_format_authority(out, &h, 65535, 0), LIMIT_HOST + 6);
    assert_string_equal(out + LIMIT_HOST, ":65535");
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_authority),
        cmocka_unit_test(test_port),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_format_longest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
