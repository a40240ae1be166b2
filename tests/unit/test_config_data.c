/* SPDX-License-Identifier: Apache-2.0
 * test_config_data.c - the finished configuration: counted by threads, looked up, named. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "filter/config_build.h"

static void *count_up_and_down(void *config)
{
    for (int i = 0; i < 20000; i++)
        fence_config_unref(fence_config_ref(config));
    return fence_config_unref(config);
}

/* A sanitizer sees a count that goes wrong: as a leak, or as a use after free. */
static void test_count(void **state)
{
    fence_config *config = NULL;
    pthread_t threads[4];

    (void)state;
    assert_null(fence_config_unref(NULL));
    assert_int_equal(fence_config_load(&config, NULL, NULL, 0, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, count_up_and_down, fence_config_ref(config)), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&config->refs), 1);
    assert_null(fence_config_unref(config));
}

static void test_pinned(void **state)
{
    static const char json[] = "{\"network\": {\"hosts\": {\"m.test\": \"10.0.0.1\","
                               " \"b.test\": \"10.0.0.2\", \"Z.test\": \"::3\"}}}";
    static const struct {
        const char *host, *addr;
    } rows[] = {
        {"m.test", "10.0.0.1"},  {"b.test", "10.0.0.2"}, {"z.test", "::3"},
        {"M.TEST.", "10.0.0.1"}, {"a.test", NULL},       {"c.test", NULL},
        {"zz.test", NULL},       {"x.m.test", NULL},     {"10.0.0.1", NULL},
    };
    fence_config *config = NULL;

    (void)state;
    assert_int_equal(fence_config_parse(&config, "x", json, sizeof json - 1, NULL, 0, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct addr *addr;
        struct host host;
        char text[ADDR_TEXT] = "";

        assert_null(host_parse(&host, str_of(rows[i].host)));
        addr = config_pinned(config, &host);
        if (addr)
            addr_format(text, addr);
        if (!addr != !rows[i].addr || (addr && strcmp(text, rows[i].addr) != 0))
            fail_msg("%s: '%s'", rows[i].host, text);
    }
    fence_config_unref(config);
}

static void test_rule_name(void **state)
{
    char first[] = "--allow a.test", second[] = "--allow \x1b[2J";
    char *origins[] = {first, second};
    const struct config_domains list = {
        .key = "network.allowedDomains", .parts = {.total = 3}, .origins = origins, .norigins = 2};
    struct fence_config *config = config_new();
    static const struct {
        const char *name;
        uint32_t index;
        size_t cap;
        const char *expected;
    } rows[] = {
        {"the first of the file", 0, 96, "network.allowedDomains[0]"},
        {"the last of the file", 2, 96, "network.allowedDomains[2]"},
        {"the first origin", 3, 96, "--allow a.test"},
        {"the last origin, escaped", 4, 96, "--allow \\x1b[2J"},
        {"beyond all", 5, 96, "network.allowedDomains[5]"},
        {"cut", 0, 11, "network.al"},
        {"an origin, cut", 3, 11, "--allow..."},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char out[96];

        config_rule_name(out, rows[i].cap, config, &list, rows[i].index);
        if (strcmp(out, rows[i].expected) != 0)
            fail_msg("%s: '%s'", rows[i].name, out);
    }
    fence_config_unref(config);
}

static void test_needs_literal(void **state)
{
    static const struct {
        const char *name, *addr;
        bool expected;
    } rows[] = {
        {"3A.28 metadata", "169.254.169.254", true},
        {"3A.28 metadata by NAT64", "64:ff9b::a9fe:a9fe", true},
        {"3A.28 metadata, IPv6", "fd00:ec2::254", true},
        {"3A.15 unspecified", "0.0.0.0", true},
        {"3A.15 unspecified, IPv6", "::", true},
        {"loopback", "127.0.0.1", false},
        {"link-local beside metadata", "169.254.1.1", false},
        {"public", "8.8.8.8", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct addr addr;

        assert_true(addr_parse(&addr, str_of(rows[i].addr)));
        if (config_needs_literal(&addr) != rows[i].expected)
            fail_msg("%s", rows[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_count),
        cmocka_unit_test(test_pinned),
        cmocka_unit_test(test_rule_name),
        cmocka_unit_test(test_needs_literal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
