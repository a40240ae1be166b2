/* SPDX-License-Identifier: Apache-2.0
 * test_domains_any_port.c - does any rule meet a host on some port: named rows, and many random
 * sets against the question for each port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/domains_random.h"
#include "support/domains_scan.h"

#define NONE  -1
#define MAX   4
#define RULES 64
#define SETS  400
#define ASKED 200

static struct host parse_host(const char *text)
{
    struct host host;
    const char *why = host_parse_bare(&host, str_of(text));

    if (why)
        fail_msg("'%s' is no host: %s", text, why);
    return host;
}

static void add(struct domains *set, const char *rule, uint32_t index)
{
    const char *why = NULL;

    if (domains_add(set, str_of(rule), index, &why) != 0)
        fail_msg("'%s' was not added: %s", rule, why ? why : "no memory");
}

static void test_rows(void **state)
{
    static const struct {
        const char *name;
        const char *rules[MAX];
        const char *host;
        int some, every; /* the rule for some port, and the one for every port */
    } rows[] = {
        {"no rules", {NULL}, "good.test", NONE, NONE},
        {"a name", {"good.test"}, "good.test", 0, 0},
        {"a name with a port", {"good.test:443"}, "good.test", 0, NONE},
        {"another name", {"good.test:443"}, "a.good.test", NONE, NONE},
        {"the first of two ports",
         {"a.test", "good.test:443", "good.test:80"},
         "good.test",
         1,
         NONE},
        {"every port before one", {"good.test:443", "good.test"}, "good.test", 1, 1},
        {"every port of a wildcard before one of a name",
         {"a.b.test:1", "*.b.test"},
         "a.b.test",
         1,
         1},
        {"below, with a port", {"*.good.test:22"}, "x.y.good.test", 0, NONE},
        {"below is not itself", {"*.good.test:22"}, "good.test", NONE, NONE},
        {"everything on a port", {"*:443"}, "good.test", 0, NONE},
        {"everything on a port, and one label", {"*:443"}, "good", 0, NONE},
        {"a port of 64, whose bit is that of none", {"a.test:64"}, "a.test", 0, NONE},
        {"an address with a port", {"10.0.0.1:80"}, "10.0.0.1", 0, NONE},
        {"a network", {"10.0.0.0/8"}, "10.0.0.1", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct host host = parse_host(rows[i].host);
        struct domains *set = domains_new(0);

        for (uint32_t n = 0; n < MAX && rows[i].rules[n]; n++)
            add(set, rows[i].rules[n], n);
        assert_int_equal(domains_compile(set), 0);
        if ((int)domains_match_any_port(set, &host) != rows[i].some ||
            (int)domains_match(set, &host, 0) != rows[i].every)
            fail_msg("%s: %d, %d", rows[i].name, (int)domains_match_any_port(set, &host),
                     (int)domains_match(set, &host, 0));
        domains_free(set);
    }
}

/* A rule that is found meets the host on the port that it has; where none is, no port has one. */
static bool compare(const struct domains *set, const struct domains_rule *rules, uint64_t *state)
{
    char text[128];
    struct host host;
    uint32_t got, found = DOMAINS_NO_RULE;

    random_host(text, state);
    host = parse_host(text);
    got = domains_match_any_port(set, &host);
    for (uint16_t port = 1; port <= 4 && found == DOMAINS_NO_RULE; port++)
        found = domains_match(set, &host, port);
    if ((got == DOMAINS_NO_RULE) != (found == DOMAINS_NO_RULE))
        fail_msg("%s met rule %d on some port, not %d", text, (int)got, (int)found);
    if (got != DOMAINS_NO_RULE &&
        scan_weight(&rules[got], &host, host.is_addr ? &host.addr : NULL, rules[got].port) == 0)
        fail_msg("%s does not meet rule %d", text, (int)got);
    return got != DOMAINS_NO_RULE;
}

static void test_random_sets(void **state)
{
    uint64_t random = 20240301;
    size_t hits = 0;

    (void)state;
    for (size_t round = 0; round < SETS; round++) {
        struct domains_rule rules[RULES];
        size_t n = random_below(&random, RULES + 1);
        struct domains *set = domains_new(n / 2);
        char text[128];

        assert_non_null(set);
        for (size_t i = 0; i < n; i++) {
            random_rule(text, &random);
            add(set, text, (uint32_t)i);
            assert_null(domains_rule_parse(&rules[i], str_of(text)));
        }
        assert_int_equal(domains_compile(set), 0);
        for (size_t i = 0; i < ASKED; i++)
            hits += compare(set, rules, &random);
        domains_free(set);
    }
    assert_in_range(hits, SETS * ASKED / 10, SETS * ASKED * 9 / 10); /* else it compares little */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_random_sets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
