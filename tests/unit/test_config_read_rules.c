/* SPDX-License-Identifier: Apache-2.0
 * test_config_read_rules.c - network.rules from JSON: what is no rule, and where; how many may be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/limits.h"
#include "support/rules_json.h"

#include <string.h>

static void test_errors(void **state)
{
    static const struct {
        const char *rules, *error;
    } cases[] = {
        {"1", "x:1:24: network.rules[0]: must be an object"},
        {"{\"action\": \"deny\"}",
         "x:1:24: network.rules[0]: \"host\" is missing; \"*\" is every host"},
        {"{" GOOD "}", "x:1:24: network.rules[0]: \"action\" is missing"},
        {EVERY ", {" GOOD ", \"action\": \"ask\"}",
         "x:1:90: network.rules[1].action: must be \"allow\" or \"deny\""},
        {ALLOW(GOOD ", \"ports\": 1"),
         "x:1:46: network.rules[0].ports: a rule has host, port, scheme,"},
        {ALLOW(GOOD ", " GOOD), "x:1:46: network.rules[0].host: this key stands here twice"},
        {ALLOW(HOST("good.test:443")),
         "x:1:33: network.rules[0].host: 'good.test:443': write the port"},
        {ALLOW(HOST("")), "x:1:33: network.rules[0].host: '': the rule is empty"},
        {ALLOW(HOST("http://*")),
         "x:1:33: network.rules[0].host: 'http://*': write the host without"},
        {ALLOW(HOST("a b*.test")), "network.rules[0].host: 'a b*.test': a pattern of hosts holds"},
        {ALLOW(HOST("10.*")), "network.rules[0].host: '10.*': end a pattern with letters"},
        {ALLOW(HOST("10.0.0.1/8")), "network.rules[0].host: '10.0.0.1/8': "},
        {ALLOW(HOST("127.1")), "network.rules[0].host: '127.1': "},
        {ALLOW(GOOD ", \"port\": 0"),
         "x:1:54: network.rules[0].port: a port is a whole number from 1"},
        {ALLOW(GOOD ", \"port\": 65536"), "network.rules[0].port: a port is a whole number from 1"},
        {ALLOW(GOOD ", \"port\": 1.5"), "network.rules[0].port: a port is a whole number from 1"},
        {ALLOW(GOOD ", \"port\": \"443\""),
         "network.rules[0].port: '443': a single port is a number"},
        {ALLOW(GOOD ", \"port\": \"9-8\""), "network.rules[0].port: '9-8': the range ends before"},
        {ALLOW(GOOD ", \"port\": \"1-\""), "network.rules[0].port: '1-': "},
        {ALLOW(GOOD ", \"port\": []"), "network.rules[0].port: an empty list matches nothing"},
        {ALLOW(GOOD ", \"port\": [1, null]"),
         "x:1:58: network.rules[0].port[1]: null is no value here"},
        {ALLOW(GOOD ", \"port\": true"), "network.rules[0].port: must be a port, a range"},
        {ALLOW(GOOD ", \"scheme\": \"ftp\""), "network.rules[0].scheme: 'ftp': must be \"http\""},
        {ALLOW(GOOD "," METHOD("get")),
         "network.rules[0].method: 'get': a method is a word of capital"},
        {ALLOW(GOOD "," METHOD("CONNECT")),
         "network.rules[0].method: 'CONNECT': tunnels have no method"},
        {ALLOW(GOOD ", \"method\": [\"GET\", 1]"), "network.rules[0].method[1]: must be a string"},
        {ALLOW(GOOD "," PATH("a")), "network.rules[0].path: 'a': a path begins with '/'"},
        {ALLOW(GOOD "," PATH("/a/../b")),
         "network.rules[0].path: '/a/../b': write a path as servers"},
        {ALLOW(GOOD "," PATH("/%61")), "network.rules[0].path: '/%61': write a path as servers"},
        {ALLOW(GOOD "," PATH("//*")), "network.rules[0].path: '//*': write a path as servers"},
        {ALLOW(GOOD "," HTTPS "," PATH("/a")),
         "x:1:24: network.rules[0]: method and path of a tunnel"},
        {ALLOW(GOOD ", \"message\": \"x\""),
         "network.rules[0]: a message is for those who are refused"},
        {DENY(GOOD ", \"message\": \"\""),
         "network.rules[0].message: '': a message has 1 to 199 bytes"},
        {DENY(GOOD ", \"message\": \"a\\nb\""),
         "network.rules[0].message: 'a\\x0ab': a message is one line"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        fence_config *config = NULL;
        fence_error err = {0, ""};
        char network[900];

        snprintf(network, sizeof network, "\"rules\": [%s]", cases[i].rules);
        if (rules_json_parse(&config, network, &err) != FENCE_ECONFIG || config)
            fail_msg("%s: taken", cases[i].rules);
        if (!strstr(err.message, cases[i].error))
            fail_msg("%s: '%s'", cases[i].rules, err.message);
    }
}

/* A list of so many rules, or of so many ports in one; the last comma is allowed. */
static int parse_many(const char *head, const char *item, size_t count, const char *tail,
                      fence_error *err)
{
    size_t size = strlen(head) + count * strlen(item) + strlen(tail) + 1;
    auto_free char *json = malloc(size);
    fence_config *config = NULL;
    char *at = stpcpy(json, head);
    int rc;

    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, item);
    at = stpcpy(at, tail);
    rc = fence_config_parse(&config, "x", json, (size_t)(at - json), NULL, 0, err);
    fence_config_unref(config);
    return rc;
}

static void test_bounds(void **state)
{
    static const struct {
        const char *head, *item, *tail;
        size_t most;
        const char *error;
    } cases[] = {
        {"{\"network\": {\"rules\": [", EVERY ",", "]}}", LIMIT_REQUEST_RULES,
         "x:1:14: network.rules: has more than 1000 rules"},
        {"{\"network\": {\"rules\": [{" GOOD ", \"action\": \"deny\", \"port\": [", "7,", "]}]}}",
         LIMIT_RULE_VALUES, "network.rules[0].port[64]: has more than 64 ports"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        fence_error err = {0, ""};

        assert_int_equal(
            parse_many(cases[i].head, cases[i].item, cases[i].most, cases[i].tail, &err), 0);
        assert_int_equal(
            parse_many(cases[i].head, cases[i].item, cases[i].most + 1, cases[i].tail, &err),
            FENCE_ECONFIG);
        if (!strstr(err.message, cases[i].error))
            fail_msg("%s", err.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
