/* SPDX-License-Identifier: Apache-2.0
 * test_inside_names.c - names and the addresses that stand for them, and how they are forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "proxy/inside_names.h"

static struct host host_of(const char *text)
{
    struct host host;

    assert_null(host_parse(&host, str_of(text)));
    return host;
}

static void address(char out[ADDR_TEXT], struct inside_names *names, const char *name,
                    uint8_t family)
{
    struct host host = host_of(name);
    struct addr addr;

    assert_int_equal(inside_names_addr(&addr, names, &host, family), 0);
    addr_format(out, &addr);
}

static void expect(struct inside_names *names, const char *text, enum inside_name what,
                   const char *name)
{
    struct host host;
    struct addr addr;

    assert_true(addr_parse(&addr, str_of(text)));
    if (inside_names_find(&host, names, &addr) != what ||
        (what == INSIDE_NAME && strcmp(host.text, name) != 0))
        fail_msg("%s is not %s", text, name ? name : "what it should be");
}

static void test_addresses(void **state)
{
    struct inside_names *names = inside_names_new();
    char text[ADDR_TEXT];

    (void)state;
    address(text, names, "a.test", 4);
    assert_string_equal(text, "198.18.0.1");
    address(text, names, "b.test", 6);
    assert_string_equal(text, "fdfe:ce0::2");
    address(text, names, "a.test", 6);
    assert_string_equal(text, "fdfe:ce0::1");
    address(text, names, "a.test", 4);
    assert_string_equal(text, "198.18.0.1");
    expect(names, "198.18.0.1", INSIDE_NAME, "a.test");
    expect(names, "fdfe:ce0::2", INSIDE_NAME, "b.test");
    expect(names, "198.18.0.2", INSIDE_NAME, "b.test");
    inside_names_free(names);
}

static void test_none_of_ours(void **state)
{
    static const struct {
        const char *addr;
        enum inside_name what;
    } rows[] = {
        {"198.18.0.0", INSIDE_FORGOTTEN},
        {"198.18.0.2", INSIDE_FORGOTTEN},
        {"198.19.255.254", INSIDE_FORGOTTEN},
        {"198.19.255.255", INSIDE_FORGOTTEN},
        {"198.20.0.1", INSIDE_ADDRESS},
        {"198.17.255.255", INSIDE_ADDRESS},
        {"93.184.216.34", INSIDE_ADDRESS},
        {"127.0.0.1", INSIDE_ADDRESS},
        {"fdfe:ce0::", INSIDE_FORGOTTEN},
        {"fdfe:ce0::100:1", INSIDE_FORGOTTEN},
        {"fdfe:ce0::ffff:fffe", INSIDE_FORGOTTEN},
        {"fdfe:ce0::1:0:1", INSIDE_ADDRESS},
        {"fdfe:ce1::1", INSIDE_ADDRESS},
        {"2001:db8::1", INSIDE_ADDRESS},
    };
    struct inside_names *names = inside_names_new();
    char text[ADDR_TEXT];

    (void)state;
    address(text, names, "a.test", 4);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect(names, rows[i].addr, rows[i].what, NULL);
    inside_names_free(names);
}

/* 200,000 names: the latest are remembered, what went before means nothing, and never another. */
static void test_flood(void **state)
{
    struct inside_names *names = inside_names_new();
    char name[32], text[ADDR_TEXT], first[ADDR_TEXT];

    (void)state;
    address(first, names, "first.test", 4);
    for (unsigned i = 1; i <= 200000; i++) {
        snprintf(name, sizeof name, "n%u.test", i);
        address(text, names, name, i % 2 ? 4 : 6);
        expect(names, text, INSIDE_NAME, name);
        if (i < LIMIT_INSIDE_NAMES)
            expect(names, first, INSIDE_NAME, "first.test");
        else if (i < 131000)
            expect(names, first, INSIDE_FORGOTTEN, NULL);
    }
    for (unsigned i = 200000; i > 200000 - LIMIT_INSIDE_NAMES; i--) { /* all where they were */
        snprintf(name, sizeof name, "n%u.test", i);
        address(text, names, name, 4);
        expect(names, text, INSIDE_NAME, name);
    }
    address(text, names, "n200000.test", 4);
    address(first, names, "n150000.test", 4); /* long gone: it is a new one */
    assert_string_not_equal(text, first);
    expect(names, first, INSIDE_NAME, "n150000.test");
    inside_names_free(names);
}

static void test_own(void **state)
{
    char text[ADDR_TEXT];

    (void)state;
    addr_format(text, &inside_own4);
    assert_string_equal(text, "198.19.255.254");
    addr_format(text, &inside_own6);
    assert_string_equal(text, "fdfe:ce0::ffff:fffe");
    inside_names_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_none_of_ours),
        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
