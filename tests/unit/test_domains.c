/* SPDX-License-Identifier: Apache-2.0
 * test_domains.c - which rule of a set a host meets: named rows, and many random sets against a
 * scan of all rules. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/domains_random.h"
#include "support/domains_scan.h"
#include "support/guard.h"

#define NONE -1
#define MAX  8

struct row {
    const char *name;
    const char *rules[MAX];
    const char *host;
    uint16_t port;
    int rule; /* its number, or NONE */
};

static const struct row ROWS[] = {
    {"no rules", {NULL}, "good.test", 443, NONE},
    {"exact", {"good.test"}, "good.test", 443, 0},
    {"another name", {"good.test"}, "evil.test", 443, NONE},
    {"a name below", {"good.test"}, "a.good.test", 443, NONE},
    {"a name above", {"a.good.test"}, "good.test", 443, NONE},
    {"3A.3 GOOD.TEST", {"good.test"}, "GOOD.TEST", 443, 0},
    {"final dot", {"good.test"}, "good.test.", 443, 0},
    {"rule with a final dot", {"good.test."}, "good.test", 443, 0},
    {"localhost", {"localhost"}, "localhost", 80, 0},
    {"a.localhost", {"localhost"}, "a.localhost", 80, NONE},
    {"3A.6 xgood.test", {"good.test", "*.good.test"}, "xgood.test", 443, NONE},
    {"3A.6 good.test.evil.test", {"good.test", "*.good.test"}, "good.test.evil.test", 443, NONE},
    {"3A.6 good-test", {"good.test", "*.good.test"}, "good-test", 443, NONE},

    {"wildcard", {"*.good.test"}, "a.good.test", 443, 0},
    {"wildcard at depth four", {"*.good.test"}, "a.b.c.d.good.test", 443, 0},
    {"wildcard and its own name", {"*.good.test"}, "good.test", 443, NONE},
    {"wildcard, label that ends alike", {"*.good.test"}, "a.xgood.test", 443, NONE},
    {"3A.34 *.co.uk", {"*.co.uk"}, "a.co.uk", 443, 0},
    {"exact before wildcard", {"*.good.test", "a.good.test"}, "a.good.test", 443, 1},
    {"longer suffix first", {"*.c.test", "*.b.c.test"}, "a.b.c.test", 443, 1},
    {"shorter suffix as well", {"*.c.test", "*.b.c.test"}, "x.c.test", 443, 0},
    {"first of equal rules", {"x.test", "good.test", "GOOD.test."}, "good.test", 443, 1},

    {"port", {"good.test:443"}, "good.test", 443, 0},
    {"another port", {"good.test:443"}, "good.test", 80, NONE},
    {"port before none", {"good.test", "good.test:443"}, "good.test", 443, 1},
    {"none for another port", {"good.test:443", "good.test"}, "good.test", 80, 1},
    {"third of three ports", {"good.test:1", "good.test:2", "good.test:3"}, "good.test", 3, 2},
    {"none of two ports", {"good.test:1", "good.test:2"}, "good.test", 3, NONE},
    {"equal rules with a port", {"a.test", "a.test:1", "a.test:1"}, "a.test", 1, 1},
    {"wildcard with a port", {"*.good.test:443"}, "a.good.test", 443, 0},
    {"wildcard with another port", {"*.good.test:443"}, "a.good.test", 80, NONE},
    {"exact without port before wildcard with", {"*.b.test:1", "a.b.test"}, "a.b.test", 1, 1},
    {"past an exact one of another port", {"a.b.test:2", "*.b.test"}, "a.b.test", 1, 1},
    {"past a longer one of another port",
     {"*.b.test:2", "*.b.c.test:3", "*.c.test"},
     "a.b.c.test",
     2,
     2},

    {"star", {"*"}, "good.test", 443, 0},
    {"star and a single label", {"*"}, "intranet", 443, 0},
    {"star and IPv4", {"*"}, "10.0.0.1", 443, 0},
    {"star and IPv6", {"*"}, "::1", 443, 0},
    {"star with a port", {"*:443"}, "good.test", 443, 0},
    {"star with another port", {"*:443"}, "good.test", 80, NONE},
    {"star with a port before star", {"*", "*:443"}, "good.test", 443, 1},
    {"star last", {"*:443", "*.good.test"}, "a.good.test", 443, 1},
    {"star behind networks", {"*", "10.0.0.0/8"}, "10.0.0.1", 443, 1},

    {"IPv4", {"10.1.2.3"}, "10.1.2.3", 443, 0},
    {"another IPv4", {"10.1.2.3"}, "10.1.2.4", 443, NONE},
    {"IPv4 with a port", {"10.1.2.3:80"}, "10.1.2.3", 80, 0},
    {"IPv4 with another port", {"10.1.2.3:80"}, "10.1.2.3", 443, NONE},
    {"IPv6", {"[fd00::1]:443"}, "fd00::1", 443, 0},
    {"IPv6 bare", {"fd00::1"}, "[fd00:0::1]", 443, 0},
    {"network, first address", {"10.0.0.0/8"}, "10.0.0.0", 443, 0},
    {"network, last address", {"10.0.0.0/8"}, "10.255.255.255", 443, 0},
    {"behind a network", {"10.0.0.0/8"}, "11.0.0.0", 443, NONE},
    {"network that ends inside a byte", {"172.16.0.0/12"}, "172.31.255.255", 1, 0},
    {"behind a network inside a byte", {"172.16.0.0/12"}, "172.32.0.0", 1, NONE},
    {"IPv6 network", {"fd00::/8"}, "fdff::1", 443, 0},
    {"behind an IPv6 network", {"fd00::/8"}, "fe00::1", 443, NONE},
    {"IPv6 network of 65 bits", {"fd00:0:0:0:8000::/65"}, "fd00::8000:0:0:1", 443, 0},
    {"longer prefix first", {"10.0.0.0/8", "10.1.0.0/16"}, "10.1.2.3", 443, 1},
    {"address before network", {"10.0.0.0/8", "10.1.2.3"}, "10.1.2.3", 443, 1},
    {"past an address of another port", {"10.1.2.3:80", "10.0.0.0/8"}, "10.1.2.3", 443, 1},
    {"all IPv4", {"0.0.0.0/0"}, "255.255.255.255", 443, 0},
    {"all IPv4 and a name", {"0.0.0.0/0"}, "good.test", 443, NONE},
    {"all IPv4 and IPv6", {"0.0.0.0/0"}, "::1", 443, NONE},
    {"all IPv6", {"::/0"}, "::1", 443, 0},
    {"an address and its network of one", {"10.1.2.3", "10.1.2.3/32"}, "10.1.2.3", 1, 0},
    {"3A.16 v4-mapped", {"127.0.0.1"}, "::ffff:127.0.0.1", 443, 0},
    {"3A.16 v4-mapped in hexadecimal", {"127.0.0.0/8"}, "[::ffff:7f00:1]", 443, 0},
    {"an address is no name", {"*.0.test", "10.0.0.0/8"}, "10.0.0.test", 443, 0},
};

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

static struct domains *build(const char *const *rules, size_t n)
{
    struct domains *set = domains_new(n);

    assert_non_null(set);
    for (size_t i = 0; i < n; i++)
        add(set, rules[i], (uint32_t)i);
    assert_int_equal(domains_compile(set), 0);
    return set;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        const struct row *row = &ROWS[i];
        struct host host = parse_host(row->host);
        struct domains *set;
        size_t n = 0;
        int rule;

        while (n < MAX && row->rules[n])
            n++;
        set = build(row->rules, n);
        rule = (int)domains_match(set, &host, row->port);
        if (rule != row->rule)
            fail_msg("%s: rule %d, not %d", row->name, rule, row->rule);
        domains_free(set);
    }
}

/* ---- addresses that names were resolved to ---- */

static void test_resolved_addresses(void **state)
{
    static const char *const rules[] = {"*", "*:80", "10.0.0.0/8", "10.1.2.3:80", "fd00::/8"};
    static const struct {
        const char *name, *addr;
        uint16_t port;
        int rule;
    } rows[] = {
        {"star is no address", "8.8.8.8", 80, NONE},
        {"network", "10.9.9.9", 80, 2},
        {"address and port", "10.1.2.3", 80, 3},
        {"another port", "10.1.2.3", 81, 2},
        {"IPv6", "fd00::1", 80, 4},
        {"IPv6 outside", "fe80::1", 80, NONE},
        {"v4-mapped", "::ffff:10.9.9.9", 80, 2},
    };
    struct domains *set = build(rules, ARRAY_LEN(rules));

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct addr addr;
        int rule;

        assert_true(addr_parse(&addr, str_of(rows[i].addr)));
        rule = (int)domains_match_addr(set, &addr, rows[i].port);
        if (rule != rows[i].rule)
            fail_msg("%s: rule %d, not %d", rows[i].name, rule, rows[i].rule);
    }
    domains_free(set);
}

/* ---- construction ---- */

static void test_refused_rule_leaves_the_set(void **state)
{
    struct domains *set = domains_new(0);
    struct host host = parse_host("good.test");
    const char *why = NULL;

    (void)state;
    assert_non_null(set);
    add(set, "good.test", 0);
    assert_int_equal(domains_add(set, STR("*.test"), 1, &why), -EINVAL);
    assert_non_null(why);
    add(set, "evil.test", 2);
    assert_int_equal(domains_compile(set), 0);
    assert_int_equal(domains_count(set), 2);
    assert_int_equal(domains_match(set, &host, 443), 0);
    domains_free(set);
    domains_free(NULL);
}

/* The set keeps no pointer into what it was given, and reads no byte behind it. */
static void test_rules_are_copied(void **state)
{
    struct domains *set = domains_new(1);
    char *copy = guard_copy("good.test", 9);
    struct host host = parse_host("good.test");
    const char *why = NULL;

    (void)state;
    assert_int_equal(domains_add(set, (struct str){copy, 9}, 7, &why), 0);
    guard_free(copy, 9);
    assert_int_equal(domains_match(set, &host, 1), DOMAINS_NO_RULE); /* not yet compiled */
    assert_int_equal(domains_compile(set), 0);
    assert_int_equal(domains_match(set, &host, 1), 7);
    domains_free(set);
}

/* Many rules for one name cost no more than many names, and each is found. */
static void test_every_port_of_one_name(void **state)
{
    struct domains *set = domains_new(65535);
    struct host host = parse_host("good.test");
    char rule[32];

    (void)state;
    assert_non_null(set);
    for (unsigned port = 1; port <= 65535; port++) {
        snprintf(rule, sizeof rule, "good.test:%u", port);
        add(set, rule, port);
    }
    assert_int_equal(domains_compile(set), 0);
    assert_int_equal(domains_count(set), 65535);
    for (unsigned port = 1; port <= 65535; port++) {
        if (domains_match(set, &host, (uint16_t)port) != port)
            fail_msg("port %u was not found", port);
    }
    domains_free(set);
}

static void test_equal_rules_cost_nothing(void **state)
{
    struct domains *set = domains_new(0);
    struct host host = parse_host("name3.good.test");
    char rule[32];

    (void)state;
    assert_non_null(set);
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(rule, sizeof rule, "name%u.good.test%s", i % 100, i % 2 ? ":443" : "");
        add(set, rule, i);
    }
    assert_int_equal(domains_compile(set), 0);
    assert_int_equal(domains_count(set), 100);
    assert_int_equal(domains_match(set, &host, 443), 3);
    assert_true(domains_memory(set) < 100 * 48);
    domains_free(set);
}

static void test_memory_for_each_rule(void **state)
{
    enum { COUNT = 10000 };
    struct domains *set = domains_new(COUNT);
    char rule[32];

    (void)state;
    assert_non_null(set);
    for (unsigned i = 0; i < COUNT; i++) {
        snprintf(rule, sizeof rule, "name-%06u.good.test", i); /* 21 bytes */
        add(set, rule, i);
    }
    assert_int_equal(domains_compile(set), 0);
    assert_int_equal(domains_count(set), COUNT);
    assert_true(domains_memory(set) <= COUNT * 48);
    domains_free(set);
}

static void test_more_than_can_be(void **state)
{
    (void)state;
    assert_null(domains_new(SIZE_MAX));
}

/* ---- random sets against the scan ---- */

#define RULES 64
#define SETS  400
#define ASKED 200

/* Whether there was a rule to meet. */
static bool compare(const struct domains *set, const struct domains_rule *rules, size_t n,
                    uint64_t *state)
{
    char text[128];
    struct host host;
    uint16_t port = (uint16_t)(1 + random_below(state, 3));
    uint32_t got, expected;

    random_host(text, state);
    host = parse_host(text);
    got = domains_match(set, &host, port);
    expected = scan_match(rules, n, &host, NULL, port);
    if (got != expected)
        fail_msg("%s:%u met rule %d, not %d", text, port, (int)got, (int)expected);
    if (!host.is_addr)
        return expected != DOMAINS_NO_RULE;
    got = domains_match_addr(set, &host.addr, port);
    expected = scan_match(rules, n, NULL, &host.addr, port);
    if (got != expected)
        fail_msg("the address %s:%u met rule %d, not %d", text, port, (int)got, (int)expected);
    return expected != DOMAINS_NO_RULE;
}

static void test_random_sets(void **state)
{
    uint64_t random = 20240229;
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
            hits += compare(set, rules, n, &random);
        domains_free(set);
    }
    assert_in_range(hits, SETS * ASKED / 10, SETS * ASKED * 9 / 10); /* else it compares little */
}

static void test_find_by_meaning(void **state)
{
    static const char *const rules[] = {"a.test", "*.a.test:443", "10.0.0.0/8", "[fd00::1]:80",
                                        "*"};
    static const struct {
        const char *name, *rule;
        uint32_t want;
    } rows[] = {
        {"the same", "a.test", 0},
        {"another spelling", "A.Test.", 0},
        {"another port", "a.test:80", DOMAINS_NO_RULE},
        {"a wildcard with its port", "*.A.test:443", 1},
        {"a wildcard without", "*.a.test", DOMAINS_NO_RULE},
        {"a network", "10.0.0.0/8", 2},
        {"an address in it", "10.0.0.1", DOMAINS_NO_RULE},
        {"an address, spelt out", "[fd00:0:0::0:1]:80", 3},
        {"everything", "*", 4},
        {"a name that only everything covers", "b.test", DOMAINS_NO_RULE},
        {"no rule at all", "a..test", DOMAINS_NO_RULE},
    };
    struct domains *set = domains_new(ARRAY_LEN(rules));
    const char *why;

    (void)state;
    for (uint32_t i = 0; i < ARRAY_LEN(rules); i++)
        assert_int_equal(domains_add(set, str_of(rules[i]), i, &why), 0);
    assert_int_equal(domains_compile(set), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (domains_find(set, str_of(rows[i].rule)) != rows[i].want)
            fail_msg("%s", rows[i].name);
    }
    domains_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_find_by_meaning),
        cmocka_unit_test(test_resolved_addresses),
        cmocka_unit_test(test_refused_rule_leaves_the_set),
        cmocka_unit_test(test_rules_are_copied),
        cmocka_unit_test(test_every_port_of_one_name),
        cmocka_unit_test(test_equal_rules_cost_nothing),
        cmocka_unit_test(test_memory_for_each_rule),
        cmocka_unit_test(test_more_than_can_be),
        cmocka_unit_test(test_random_sets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
